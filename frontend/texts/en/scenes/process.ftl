title = Program and process
lead = A program is a file; a process is that file come to life. If you start Word twice, what is there two of?

start =
    Word lies on the disk as a file. A file does nothing by itself. That is a *program*.

    When you start it, the kernel makes a *process*: a running program, with memory and open files of its own. For every process the kernel keeps a row in its [list](tasks) and gives it a number, the *PID* (process ID).
start-do = Start [Word](launcher).
start-hint = Among the buttons for programs, press Word.
start-done = There is a process now, with PID { $pid }. The squares of [RAM](frames:word) that it uses have its colour.
start-deeper =
    On Linux a new process usually comes about in two moves. The parent copies itself with fork(2); the child, which is new, exchanges its program with execve(2). The PID is given at the fork and stays the same through execve. The parent here is init, the first process of all.

    Manual: fork(2), execve(2). On Linux: `ps -ef`, `pstree -p`, `ls -l /proc/self/exe`

again =
    There is one Word file on the disk. What happens if it is started once more?
again-bet = Start Word again. What becomes of the process?
again-bet-one = One process, with two windows
again-bet-same = Two processes with the same PID, since it is the same program
again-bet-other = Two processes with different PIDs
again-do = Start [Word](launcher) once more.
again-hint = Press the same button again, and compare the PIDs in the list.
again-done = Word processes: { $count }, with the numbers { $a } and { $b }. There may be one program; every start makes a process of its own.
again-deeper =
    Some squares of RAM are used by both Words. Nobody writes to the part that holds the instructions, so the kernel reads it from the file once and shows it to both processes. There are programs that, started a second time, hand their work to the process already there and end. That is how those programs are written; the kernel does no such thing.

    On Linux: `pgrep -l bash`, `cat /proc/self/maps`

apart =
    Both Words came from the same file. Do they share a document, too?

    At the bottom of each window you see [memory](bytes:word) of its process. Type, and the bytes in there change.
apart-do = Type a few letters into one of the Word windows only.
apart-hint = Click a window to choose it, then type anything.
apart-done = The letters went into the memory of PID { $typed }, and the two documents now differ. Every process has memory of its own.

end =
    Time now stands still. Closing a window ends its process, and that moment is worth watching step by step.

    When a process ends, the kernel takes its memory back. What about its row in the [list](tasks)?
end-bet = In the very moment in which the process ends, its row in the list...
end-bet-gone = is gone
end-bet-stays = is still there
end-do = Close one [Word window](window:word). Then go forward tick by tick in the [time bar](time), and watch the state in its row.
end-hint = If you went too far, go back a tick. Look for the tick in which the state turns to Z.
end-done = Free squares of memory went from { $before } to { $after }, yet the row of PID { $dead } is still there. Such a process is called a *zombie*: until its parent asks how it ended, the kernel keeps the answer.
end-deeper =
    Closing the window cuts its terminal, and the kernel sends the signal SIGHUP to the process on it. When a process has ended, the kernel tells its parent with SIGCHLD; only when the parent has fetched the exit status with wait(2) is the PID free. If the parent ends first, init does it instead.

    Manual: wait(2), _exit(2). On Linux: `ps -eo pid,ppid,stat,comm` (state Z, the name followed by defunct)

reuse =
    Time runs again. As soon as the parent, [init](row:init), asks for the exit status, the kernel removes the zombie's row, and number { $old } is free.

    Now start Word again. Which number will it get?
reuse-bet = Does the new Word inherit the number that has just become free?
reuse-bet-same = It gets the free number
reuse-bet-new = It gets another one
reuse-do = Start [Word](launcher) again.
reuse-hint = Press Word, and look at the PIDs in the list.
reuse-done = The new Word has PID { $new }. Linux hands out ascending numbers, and goes back to the free ones at the beginning only when it has reached the end. So a new process is not taken for one that has just ended.
reuse-deeper =
    `cat /proc/sys/kernel/pid_max` tells where the end is. After wrapping around, numbers below 300 are left out. Since numbers do come back some day, pidfd_open(2) exists for holding on to one process for certain.

    Manual: proc_sys_kernel(5), pidfd_open(2)
