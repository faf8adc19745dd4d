title = The unit that resources are given to
lead = The kernel hands out resources by the process. What becomes of them when the process ends?

account =
    CPU time, memory, open files: such resources the kernel gives *to processes*, and it keeps account of who uses how much in its [list](tasks). The process is the unit in which they are handed out.

    Open the account of one of them, Word.
account-do = Choose [Word](row:word), and look at the [details](details).
account-hint = Click Word's window or its row in the list.
account-done = Word uses { $pages } pages. To note down where these pages are took another { $tables } frames, for page tables.
account-deeper =
    The memory in this account (RSS) includes pages that others use as well. Add up the RSS of all processes, and you get more than the RAM in use. With shared pages divided by the number of users, it is called PSS.

    Manual: proc_pid_smaps(5), getrusage(2). On Linux: `ps -eo pid,time,rss,comm`, `grep Pss /proc/self/smaps_rollup`

close =
    Even if Word does not tidy up: when a process ends, the kernel takes back all that it gave.

    By the account, Word's pages are { $wordpages }.
close-bet = Close Word. How many more frames will be free?
close-bet-less = Fewer than { $wordpages }
close-bet-same = Exactly { $wordpages }
close-bet-more = More than { $wordpages }
close-do = Close [Word's window](window:word), and watch [RAM](ram).
close-hint = Press the window's close button, or Ctrl-Q.
close-done = Frames that became free: { $back }. Word's pages were { $wordpages }; its page tables ({ $wordtables } frames) and the stack that the kernel used on its behalf go with them. Frames that are not Word's alone do not come back.
close-deeper =
    The row and the PID stay until the parent calls wait(2). Memory comes back before that. Open files are closed at that time, too, and locks on files are released.

    Manual: _exit(2). On Linux: `ls -l /proc/self/fd`

kill =
    Now end Excel without warning. After `kill -9 { $number }` in the host's terminal, Excel does not run one instruction more. It gets no chance to return its memory.
kill-bet = What becomes of the { $excelpages } pages that Excel used?
kill-bet-lost = Nobody returned them: lost until the next boot
kill-bet-back = They come back all the same
kill-do = Run `kill -9 { $number }` in the [terminal](worlds).
kill-hint = The number is Excel's PID in the task list.
kill-done = Frames that became free: { $back1 }. To return resources is not a courtesy of programs, it is the kernel's work. The kernel knows what it gave to whom.
kill-deeper =
    SIGKILL can be neither caught nor put off. What lives longer than a process is not its resource, though, and stays: temporary files, System V shared memory, files in a tmpfs.

    Manual: signal(7), sysvipc(7). On Linux: `ipcs -m`, `df /dev/shm`

stay =
    PPT is left. Among its { $pptpages } pages there is the program itself, read from a file on the disk.
stay-bet = When PPT has ended, will the frame that holds the file's contents be emptied?
stay-bet-gone = It will
stay-bet-stays = The contents stay
stay-do = Close [PPT](window:ppt), and look for a square of RAM that changes its colour.
stay-hint = Find the colour of the page cache in the line that explains the colours.
stay-done = Frames that nobody uses but that hold contents of files went from { $cached0 } to { $cached }. They are the *page cache*. Whoever wants that file again need not go to the disk, and if memory runs short the kernel can empty them at any time.
stay-deeper =
    Most of what `free` calls buff/cache is this. It is why little free memory is no reason to worry on Linux: the column available says how much more can be used.

    Manual: free(1), proc_meminfo(5). On Linux: `free -h`, `grep -E "^(Cached|MemAvailable)" /proc/meminfo`
