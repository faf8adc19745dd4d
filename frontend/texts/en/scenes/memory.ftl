title = Where memory comes from
lead = Word asks for more memory. From which part of RAM does the kernel take it?

frames =
    [RAM](ram) is divided into squares of one size. A square is 4 KiB and is called a *frame*. The memory of a process is cut into pieces of the same size, called *pages*.

    To every page the kernel assigns a frame. Who uses which frame, only the kernel knows.
frames-do = Choose [Word](window:word), and find the frames that it uses.
frames-hint = Click Word's window or its row: in RAM its frames are outlined.
frames-done = Word uses { $pages } pages now. Of { $total } frames of RAM, { $free } are free.
frames-deeper =
    Some outlined squares are marked as page tables. They hold the table that assigns frames to Word's pages. It is the kernel that uses them, but on account of Word.

    On Linux: `free`, `grep -E "VmRSS|VmPTE" /proc/self/status`, `getconf PAGESIZE`

ask =
    Now Word asks for more, say for a picture that you insert. To ask is a system call again, called `mmap`.

    Time stands still, so go just as far as the moment in which the kernel says yes.
ask-bet = At that moment, how many new frames does Word have?
ask-bet-all = As many as it asked for
ask-bet-none = Fewer
ask-do = Press [More memory](window:word) in Word's window, and go on until [mmap](gate-above) is over.
ask-hint = Ctrl-O in Word's window does the same. Then go forward with the buttons of the time bar.
ask-done = Word may use { $asked } more pages. Frames received so far: { $got }. What the kernel gave is a promise: you may use these addresses.
ask-deeper =
    So the size of the addresses that a process may use (VSZ) is not the size of the RAM that it occupies (RSS). If everybody cashed in the promises at once, RAM might not suffice; up to a point the kernel promises all the same (overcommit).

    Manual: mmap(2), proc_sys_vm(5). On Linux: `ps -o pid,vsz,rss,comm`

touch =
    When Word writes to a promised page for the first time, no frame is assigned to it. The CPU stops at that instruction and calls the kernel. This is a *page fault*.

    The kernel finds a free frame, fills it with zeros and assigns it, and Word goes on as if nothing had happened.
touch-do = Go forward until Word sleeps again, and see when squares of [RAM](frames:word) change.
touch-hint = Go tick by tick; when you have seen the rule, press Play.
touch-done = Page faults: { $faults }; frames that came: { $came }. The kernel does not give away memory before it is used.
touch-deeper =
    Such a fault is no error. One that is dealt with without reading the disk is a minor fault. The zeros are there so that no data leaks from the process that had the frame before.

    Manual: getrusage(2). On Linux: `ps -o pid,min_flt,maj_flt,comm`

excel =
    Start another program. The kernel picks from the free frames and gives them to the new process. To make it easy to see, this computer has been told to take the free ones from the front.
excel-do = Start [Excel](launcher), and see where its frames lie.
excel-hint = Press Excel. A new colour appears in RAM.
excel-done = Excel began with { $excelpages } pages. Compare the places of [Excel's frames](frames:excel) and [Word's frames](frames:word).

again =
    Word asks for memory once more. Behind the place where its frames lie, there are now those of somebody else.
again-bet = Where will the new frames lie?
again-bet-beside = Right beside Word's other frames
again-bet-apart = In another place, apart from them
again-do = Press [More memory](window:word) in Word's window once more.
again-hint = Ctrl-O in Word's window does the same.
again-done = With { $more } more, Word's frames lie in { $runs } separate places of RAM. Word does not know. Through [Word's eyes](eyes) its pages are simply one row. So the kernel may give it any frame that is free.
again-deeper =
    An address as a program sees it is a *virtual address*; a place in RAM is a *physical address*. The table that links them is in the scene 'Addresses and frames'. A real Linux keeps frames in blocks of neighbours (the buddy allocator) and does not simply start from the front as this computer does.

    On Linux: `cat /proc/buddyinfo`, `sudo cat /proc/iomem`
