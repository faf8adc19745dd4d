title = Addresses and frames
lead = Two processes write to the same address. Does it end up in the same place in RAM?

same =
    [Word's](window:word) document has an address, and the address lies in some [frame](frames:word) of RAM. Both are noted at the bottom of the window.

    Start another Word. Being the same program, it will choose the same address for its document.
same-bet = You write something in the second Word. Compare its document with the first one's.
same-bet-both = Same address, same frame
same-bet-frame = Same address, different frame
same-bet-address = The address differs already
same-do = Start another [Word](launcher), and write something in its window.
same-hint = Choose the new window and type anything. There is no frame before you have written.
same-done = The first Word's document is at { $a1 }, in frame { $f1 }; the second Word's is at { $a2 }, in frame { $f2 }. An address as programs use it is not a place in RAM. That is why it is called a *virtual address*.
same-deeper =
    A real Linux scatters addresses on purpose, differently at each start (ASLR), so that two processes hardly ever have the same ones. This computer does not; hence they can be compared.

    Manual: proc_pid_maps(5), personality(2). On Linux: `setarch -R cat /proc/self/maps`, twice

table =
    What translates addresses into frames is a part of the CPU, the *MMU*. It looks them up in a *page table*. Every process has its own, kept in RAM by the kernel.

    The [way](panel) through the table is laid out in the panel.
table-do = Choose the second [Word](row:word), and follow the same address through its table.
table-hint = In the list, click the Word with the higher PID.
table-done = The table of PID { $p1 } leads to frame { $f1 }, that of PID { $p2 } to frame { $f2 }. Tables take memory, too: the one of PID { $p2 } uses { $tables } frames.
table-deeper =
    The CPU knows where a table begins from one of its registers (CR3 on x86). When the kernel switches to another process it puts that one's table there, and from then on the same addresses lead elsewhere.

    Kernel documentation: Documentation/mm/page_tables.rst. On Linux: `grep VmPTE /proc/self/status`

walk =
    The table is not in one piece. An address is cut into four numbers of 9 bits and a rest of 12. The first number chooses a row in the first table; that row names the frame of the next table; and so on down to the page.

    Every table is a frame of RAM itself. [The panel](panel) shows the one row that is read in each.
walk-bet = To find the frame of one address, in how many tables does the MMU read a row?
walk-do = Click the frame numbers in [the panel](panel) one after the other, PGD, PUD, PMD, PTE, and follow the way in [RAM](ram) to the page.
walk-hint = The number behind "in frame" is where a table lies. The last number, in the row of the PTE, is the page's frame.
walk-done = From the first table in frame { $t1 } the way leads to the fourth in frame { $t4 }, and from there to the page in frame { $page }. Below each row stand its flags: P says that the row leads somewhere, A that it has been used, D that the page has been written to.
walk-deeper =
    On x86-64 the levels are called PGD, PUD, PMD and PTE in Linux. A row is 8 bytes, and 512 rows fill a frame exactly. With four levels, tables are needed only where something is mapped: a single flat table for 47 bits would have 2^35 rows in every process.

    Kernel documentation: Documentation/arch/x86/x86_64/mm.rst; Intel SDM vol. 3, 4.5

tlb =
    Four reads for each access would make every program several times slower. So the CPU remembers the translations it has found in a small memory, the *TLB* (translation lookaside buffer). It stands at the bottom of the [panel](tlb).

    Now you type one letter. Word reads its page, changes it, draws its window: all of that needs addresses.
tlb-bet = For how many of these accesses does the CPU have to go through the tables?
tlb-bet-each = For most of them
tlb-bet-few = For a few
tlb-bet-none = For none at all
tlb-do = Type one letter in the [second Word](window:word), and watch [hits and misses](tlb).
tlb-hint = Choose the window with the higher PID and press any key.
tlb-done = Hits, found in the TLB: { $hit }. Misses, looked up in the four tables: { $missed }. A program uses few pages at a time and the same ones again and again; that is why so small a memory is enough.
tlb-deeper =
    Here a TLB has 64 places, and each page has one place where it can be remembered. Real ones have a first level of about as many and a second of one or two thousand. What a program does has a great effect on this: one that jumps about in memory walks the tables much more often.

    On Linux: `perf stat -e dTLB-loads,dTLB-load-misses ls`

switch =
    The TLB now remembers pages of the second Word. The first one uses *the same addresses*, and means other frames by them.

    When the CPU goes over to the first Word, what it remembers must not be used for that one.
switch-bet = Does the CPU have to forget everything when it switches?
switch-bet-forget = Yes, the TLB is emptied
switch-bet-keep = No, it stays
switch-do = Type a letter in the first Word, so that the CPU has to switch to it.
switch-hint = Choose the window with the lower PID and press any key.
switch-done = The TLB remembers { $r1 } translations of the first Word and { $r2 } of the second, side by side. Each entry carries the *tag* of its address space, and only entries with the tag in use count.
switch-deeper =
    The tag is called PCID on x86 and ASID on ARM. Without it every switch empties the TLB, and the first accesses after it are all slow. So it was on x86 until PCID came in 2010, and with Linux until 2017. Real tags are few (Linux uses 6 per CPU on x86) and are given out anew; here they never run out.

    Kernel source: arch/x86/mm/tlb.c. On Linux: `grep -o pcid /proc/cpuinfo | head -1`

flags =
    So far the page was Word's document. But Word's program, too, lies in pages: at the address `400000`.

    The row in the last table says not only *where* a page is but also *what may be done* with it. The CPU checks that at each access.
flags-bet = Which flag is missing in the row of a page of the program?
flags-bet-P = P: it is there
flags-bet-write = R/W: it may be written to
flags-bet-user = U/S: programs may use it
flags-do = In [the panel](panel), click `400000`, where the program begins, and look at the flags of its PTE.
flags-hint = In the list of mappings the program is the first line. Flags that are struck out are not set.
flags-done = The PTE has the flags { $flags }. A store to this page is stopped by the CPU, and the kernel ends the process with SIGSEGV. The page of the document had XD instead: its contents may not be executed. What can be written to and what can be executed are kept apart.
flags-deeper =
    That is called W^X. XD (NX at AMD) is the highest bit of the 64. U/S keeps programs out of the kernel's pages, which on a real Linux are mapped in the same tables; this machine leaves those out.

    Manual: mprotect(2). On Linux: `cat /proc/self/maps` (r-xp, rw-p)

shared =
    What stands in the tables is up to the kernel. So it could as well let two tables lead to *the same* frame.

    What you wrote in the two Words is separate, but both run the same program from the same file.
shared-bet = Is there any frame that both Words use?
shared-bet-yes = There is
shared-bet-no = There is none
shared-do = Choose the [first Word](row:word), and compare the frame of its program page with that of the second.
shared-hint = Click the row or the window with the lower PID. The panel follows the same address in its table.
shared-done = At 400000 the first Word's table leads to frame { $s1 }, the second one's to frame { $s2 }. Pages that the first Word shares: { $sharing }. In RAM such frames have stripes.
shared-deeper =
    Of libraries that all programs use, such as the C library, there is only one copy in RAM for all of them. What is read-only can be shared without anyone noticing.

    Manual: mmap(2) (MAP_PRIVATE, MAP_SHARED). On Linux: `grep -A 8 libc /proc/self/smaps`

count =
    The list says that each Word has { $rss0 } pages in RAM. That number is called *RSS*, and it counts shared pages fully for everyone: { $both } together. But really there are { $really } frames.

    *PSS* counts a page that n processes share as 1/n for each. For the first Word that makes { $pss0 } KiB.
count-bet = If you close the second Word, which number of the first one changes?
count-bet-rss = RSS
count-bet-pss = PSS
count-bet-none = Neither
count-do = Close the second [Word](window:word), and look at RSS and PSS in [the panel](panel).
count-hint = Close the window with the higher PID.
count-done = Before: RSS { $rss0 } pages, PSS { $pss0 } KiB. Now: RSS { $rss } pages, PSS { $pss } KiB. Added up over all processes, PSS gives what is really used; RSS gives more.
count-deeper =
    So what does a process cost? What would come free if it ended is only what it has for itself (USS, the Private lines).

    Manual: proc_pid_smaps(5). On Linux: `grep -E "Rss|Pss|Private" /proc/self/smaps_rollup`, `smem`

fork =
    One Word is left, and time stands still. When this Word saves (Ctrl-S) it does what databases do, so that you need not wait: it *forks*. A second process comes about, a copy as of this moment. The copy writes the file; the original goes on.

    A copy has the same contents: { $pages0 } pages.
fork-bet = How much does the kernel copy at the moment of the fork?
fork-bet-all = All { $pages0 } pages
fork-bet-tables = Only the page tables
fork-bet-none = Nothing at all
fork-do = Let Word save, and step forward until [a second Word](tasks) is in the list.
fork-button = Save (Ctrl-S)
fork-hint = After the button, press the step to the next system call a few times. Watch RAM for stripes.
fork-done = PID { $child } came out of PID { $parent }. { $taken } frames were taken: { $childtables } for page tables, the rest for the kernel's own notes. Of { $pages0 } pages, { $forkshared } are in both tables now, and in both the kernel has taken away the R/W flag. A page of the program file is not even entered: the child will find it when it needs it.
fork-deeper =
    Redis saves its database in just this way (BGSAVE). Since the rows changed, the CPU must not go by what its TLB remembers of them: { $dropped } entries were thrown out.

    Manual: fork(2). On Linux: `strace -f -e trace=clone,fork sh -c "ls; true"`

store =
    Both tables lead to the same frames, and neither Word may write. Still, both believe that the memory is theirs alone.

    Now you go on typing in the Word that has the [window](window:word). The document lies in frame { $was }.
store-bet = A store to a page without the R/W flag faults. What does the kernel do then?
store-bet-writer = It gives the writer a copy of that page
store-bet-child = It gives the child a copy of that page
store-bet-both = It copies all pages for both
store-do = Type a letter into Word, and step forward until the document's page has parted.
store-hint = Click into the window and type; then step tick by tick, or play. If the child has ended already, step back.
store-done = PID { $parent } has written, and its document is in frame { $pf } now; that of PID { $child } is still in frame { $cf }. Still shared: { $left }. Each page is copied when somebody writes to it, not before: *copy-on-write*. Those that have parted as well are the ones in which Word puts its window together.
store-deeper =
    When only one process is left that has the page, nothing needs to be copied: the next store faults, and the kernel only sets the flag again.

    Manual: fork(2). Kernel source: mm/memory.c, do_wp_page(). On Linux: `perf stat -e minor-faults sh -c true`

file =
    Time runs again. The child writes its document into the file `/tmp/word.txt` and ends.

    In the window your document reads "{ $now }".
file-bet = Does the file contain what you typed after the fork?
file-bet-before = No, it stands as it was at the fork
file-bet-after = Yes, everything up to now
file-do = In [the terminal](worlds), enter `cat /tmp/word.txt`.
file-hint = Type the command, with "host" chosen, and press Run.
file-done = At the fork the document was "{ $saved }". Whoever forks freezes a picture of the memory, and pays only for what changes afterwards.
file-deeper =
    How much memory a fork will need cannot be known beforehand. That is why Linux lets programs map more than there is (overcommit).

    Manual: proc_sys_vm(5), overcommit_memory. On Linux: `cat /proc/sys/vm/overcommit_memory`

fill =
    { $room } frames are free. Now a greedy program comes along, memhog, and writes to 60 pages more than that.

    This computer has a *swap* area on its disk, where the kernel may put pages. [Word](window:word) sleeps meanwhile and does nothing.
fill-bet = Whose pages go to the disk?
fill-bet-hog = Only those of memhog: it wanted too much
fill-bet-word = Only those of Word: it sleeps
fill-bet-both = Those of both
fill-do = Start memhog, and watch [RAM](ram) fill up.
fill-button = Start memhog
fill-hint = Press the button and wait. The [swap area](disk) appears below RAM.
fill-done = { $out } pages are on the disk: { $hogout } of memhog, { $wordout } of Word, the rest of others. The kernel does not ask who is greedy but which pages were not *used lately*. The A flag tells it: it clears the flag and comes by again; who has no A by then must go. That is called the second chance.
fill-deeper =
    Linux keeps pages in lists and has a thread for this (kswapd), which begins earlier. Here whoever needs a frame does it. Pages of files need no swap: they can be read again from their file.

    Kernel documentation: Documentation/mm/page_reclaim.rst, multigen_lru.rst. On Linux: `swapon --show`, `vmstat 1` (si, so)

back =
    [Word's window](window:word) looks as before, but that is only what it drew last. Its pages are on the disk, the document too. The rows in its table have no P any more and say instead where on the disk the page is.

    Now you type a letter. Word knows nothing of all this.
back-bet = Where will the document be then? It was in frame { $home }.
back-bet-same = In the same frame again
back-bet-other = In another frame
back-bet-lost = What was written is lost
back-do = Type a letter in [Word](window:word).
back-hint = Click into the window and press any key. It takes a little longer than usual: the disk is read.
back-done = { $majors } pages were read back from the disk: *major faults*. The document is in frame { $back } now and reads "{ $text2 }". Word has not noticed anything but that it took long. As long as the address stays, the frame may change.
back-deeper =
    While the disk is being read Word sleeps in state D and cannot be interrupted. A read from an SSD takes about a thousand times as long as one from RAM. A computer that does hardly anything else is said to thrash.

    Manual: getrusage(2) (ru_majflt). On Linux: `ps -o maj_flt,min_flt,comm`
