title = In somebody else's memory
lead = What if programs could reach into each other's memory? Try it, on a computer without walls.

bare =
    This computer has no part that keeps memory apart. Old computers were like that, and small devices still are. The address that a program uses is the place in [RAM](ram).

    [Word](frames:word) and [Excel](frames:excel) share this RAM. They have agreed not to disturb each other; nothing would stop them.
bare-do = Write something in [Word](window:word).
bare-hint = Choose Word's window and type anything.
bare-done = What you wrote lies in RAM at { $address }.
bare-deeper =
    The part in question is called *MMU* (memory management unit). Linux can run without one, but then there is no fork(2), only vfork, and one program's mistake may break the kernel itself.

    Documentation/admin-guide/mm/nommu-mmap.rst in the kernel's sources

wrong =
    This Excel has a bug: it does not check whether a cell is beyond the end of its table. Told to fill a cell that is not there, it computes where that cell would be, and writes to that address.

    Put something into `A257`, far below the last row.
wrong-bet = You fill a cell that Excel's table does not have. What happens?
wrong-bet-nothing = Nothing
wrong-bet-ends = Excel ends
wrong-bet-word = The text in Word changes
wrong-do = Type `A257=BANG` into [Excel](window:excel) and press Enter.
wrong-hint = If the windows look as before, look at Word's [memory](bytes:word).
wrong-done = Word's [memory](bytes:word) now says “{ $now }”. Do you see where your input for Excel went? Word has no way to find out who did it.
wrong-deeper =
    To write beyond the end of an array is called an out-of-bounds write, or buffer overflow. It is a common bug in programs written in C, and often a hole in security.

    To find one on Linux: `gcc -fsanitize=address prog.c`

seen =
    [Word's window](window:word) still has the old text: a window shows what Word drew last.

    Each time Word draws, it reads the text from its memory. Whatever it finds there, it takes for its own.
seen-do = Type a letter into [Word](window:word), so that it draws again.
seen-hint = Choose Word's window and press any key.
seen-done = What you put into Excel has turned up in Word's text.

wall =
    The same programs, the same bug. This time, press every key again just as you did, from the start, on a computer *with an MMU*.
wall-bet = What will happen now?
wall-bet-again = The text in Word changes again
wall-bet-nothing = Both go on as if nothing had happened
wall-bet-ends = Excel ends, and Word is safe
wall-do = Press the button below.
wall-button = Do it again on a computer with an MMU
wall-hint = The button boots a new machine and enters the same keys in the same order.
wall-done = Running now: Word { $words }, Excel { $excels }; Word's memory says “{ $fresh }”. When a process writes to an address that it was never given, the CPU calls the kernel. To the kernel this is an invalid operation, and it ends that process, and only that one, with the signal *SIGSEGV*.
wall-deeper =
    SIGSEGV stands for segmentation violation; it is the signal behind the familiar 'Segmentation fault'. In order: the MMU finds no frame for the address in the table, the CPU raises a page fault, the kernel looks among the mappings, and if there is none it sends the signal.

    Manual: signal(7), mmap(2). On Linux: segfault in `dmesg`, `coredumpctl list`

alive =
    An MMU translates the addresses of programs into places in [RAM](ram). Every process has its own table for that, and only the kernel can change it. The memory of others is not in the table, so there is no way even to point at it.

    This is *virtual memory*. It separates all processes, in a container or not.
alive-do = Go on writing in [Word](window:word).
alive-hint = Choose Word's window and type anything.
alive-done = Word's text: “{ $mine }”. Whatever its neighbour did wrong, Word goes on with its work.
alive-deeper =
    Separate processes can still share memory if they want to: on request the kernel enters the same frame in both tables. A debugger, too, must ask the kernel before it looks into the memory of another, and needs permission.

    Manual: shm_overview(7), ptrace(2), process_vm_readv(2)
