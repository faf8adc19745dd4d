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

    Beside the stage you see [the way through the table](panel).
table-do = Choose the second [Word](row:word), and follow the same address through its table.
table-hint = In the list, click the Word with the higher PID.
table-done = The table of PID { $p1 } leads to frame { $f1 }, that of PID { $p2 } to frame { $f2 }. Tables take memory, too: the one of PID { $p2 } uses { $tables } frames.
table-deeper =
    On x86-64 the table has four levels: PGD, PUD, PMD, PTE. At each, 9 bits of the address choose one of 512 entries; the last 12 bits are the place within the frame. To read four entries for every address would be slow, so the CPU remembers recent translations in its TLB.

    Kernel documentation: Documentation/mm/page_tables.rst. On Linux: `grep VmPTE /proc/self/status`, `perf stat -e dTLB-load-misses ls`

shared =
    What stands in the tables is up to the kernel. So it could as well let two tables point at the same frame.

    What you wrote in the two Words is separate, but both run the same program from the same file.
shared-bet = Is there any frame that the two Words share?
shared-bet-yes = There is
shared-bet-no = There is none
shared-do = Look in [RAM](ram) for squares in the colour for shared ones, then close one of the Words.
shared-hint = Press the close button of one Word.
shared-done = Pages that the first Word shared with other processes: { $sharing }. Now: { $sharednow }. To be separate or to share, all depends on what is written in the page tables.
shared-deeper =
    fork(2) uses this, too: instead of the parent's memory it copies the tables, and marks the pages read-only in both. Who wants to write gets a copy of that one page, at that time (copy-on-write). And when RAM runs short, pages not used for long go to the disk, and the table notes where (swap).

    Manual: fork(2), mmap(2), proc_pid_smaps(5). On Linux: `grep -E "Shared|Private" /proc/self/smaps_rollup`, `swapon --show`
