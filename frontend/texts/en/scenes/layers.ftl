title = Three layers, two boundaries
lead = You type a letter. Which way does it go from the keyboard to the screen? Count how often it crosses a boundary.

bands =
    There are three layers. Programs run in [USER](band:user), on top. CPU, RAM and devices such as the keyboard are in [HARDWARE](band:hardware), at the bottom. Between the two, in [KERNEL](band:kernel), is the *kernel*.

    A program cannot touch a device. It asks the kernel to, and to ask is to make a *system call*.
bands-do = Choose [Word](row:word), and see what it is asking for at this moment.
bands-hint = Click Word's window, or its row in the task list.
bands-done = Word has called { $call } and is asleep. It has asked for a letter from the keyboard and waits. While it waits, it uses no CPU.
bands-deeper =
    Computing, and reading or writing its own memory, a program can do without asking: the CPU does it directly. It asks when it needs something outside itself: a device, a file, another process.

    Manual: syscalls(2), read(2). On Linux: `strace -p PID`, `cat /proc/PID/syscall`

letter =
    Now type a letter. The keyboard is at the bottom, [Word's window](window:word) on top. What goes from one to the other has to cross the [boundary](gate-above) between USER and KERNEL.
letter-bet = Until the letter stands in the window and Word waits for the next one, how often is this boundary crossed? Count up and down separately.
letter-do = Type one letter into [Word's window](window:word).
letter-hint = Click Word's window, and type any one letter.
letter-done = Crossings: { $crossings }. All of it in the twinkling of an eye. Now stop the clock, and follow a letter on its way.
letter-deeper =
    In UTF-8 a Korean letter takes three bytes, and still one call reads it; the same goes for a long text pasted at once. As crossing takes time, programs ask for as much as they can in one call.

    On Linux: `strace -c cat /etc/hostname`

up =
    When a key goes down, the keyboard sends the CPU [a signal](gate-below), an *interrupt*. At once the CPU runs code of the kernel, which takes the letter in and wakes up [Word](row:word), which has been waiting for one.

    When Word gets the CPU, its read is over, and it comes up across the [boundary](gate-above) with the letter in its hands.
up-bet = Where does the letter appear first?
up-bet-screen = In Word's window
up-bet-memory = In Word's memory
up-do = Type a letter, go forward tick by tick, and compare the [window](window:word) with the [memory](bytes:word) at its bottom.
up-hint = Time stands still, so typing alone does nothing. Press the button for one tick in the time bar. If you went past it, go back a tick.
up-done = Word's [memory](bytes:word) now says “{ $now }”. Word first notes the letter down in its own memory. To show it, there is more to do.
up-deeper =
    When the letter came in, another process than Word might have been on the CPU. An interrupt cuts in, whoever is running. Here the CPU was idle.

    On Linux: `cat /proc/interrupts`, `cat /proc/PID/wchan`

screen =
    The screen is a device, too. So Word prepares in its memory what is to be seen, and asks the kernel to draw it, with `write`: down across the [boundary](gate-above) and up again.

    Then it goes down once more, to ask for the next letter with `read`.
screen-do = Press 'To the next crossing' and cross the [boundary](gate-above), one crossing at a time, until Word is asleep again.
screen-hint = The button 'To the next crossing' is in the time bar; tick by tick works, too. When Word's state is S (sleeping), the round is complete.
screen-done = The round is complete. Crossings since the letter was in memory: { $lower }. Add the one that brought it up, and compare with your first count.
screen-deeper =
    With write(2) the kernel reads bytes from Word's memory and sends them to the terminal. On today's desktops there is one more program in between, which draws the windows. To talk to it takes system calls as well.

    Manual: write(2), termios(3). On Linux: `strace -e trace=read,write cat`

same =
    One question is left. The kernel's code that does the work of a system call: who runs it? This computer has just one [CPU](cpus).
same-bet = While the kernel works on Word's write, which task is on the CPU?
same-bet-word = Still Word
same-bet-kernel = Another task, the kernel's
same-do = Type a letter, go on to the system call write, and look at the [CPU](cpus).
same-hint = Use the button that goes to the next system call. If you went past it, go back tick by tick.
same-done = The kernel's code is being run, and the task on the CPU is { $current }. The kernel is no program running next to the others. When a process crosses the boundary, the same CPU switches to *kernel mode* and runs the kernel's code. Instructions that deal with devices work in this mode only.
same-deeper =
    On x86, user mode is called ring 3 and kernel mode ring 0; that is where Ringside has its name from. A real Linux also has kernel threads (in brackets in a list) for work of its own, but a system call is carried out by the very process that made it, in kernel mode.

    On Linux: `time ls` (user and sys are the times spent in the two modes)
