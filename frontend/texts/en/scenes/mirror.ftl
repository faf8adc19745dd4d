title = The world in the mirror
lead = Word and PPT run on one computer. Does it look that way to PPT, too?

look =
    [Word](window:word) and [PPT](window:ppt) run on the same computer. Each has a row in the [task list](tasks), and both take their memory from the same [RAM](ram).

    But around PPT there is a [yellow border](box). It says that PPT was started in a *container*. How does the world look from in there? Borrow PPT's eyes.
look-bet = Does PPT see Word?
look-bet-yes = It does
look-bet-no = It does not
look-do = Press and hold the title of [PPT's window](window:ppt). Let go, and the usual picture is back.
look-hint = Keep the mouse button or your finger down on the title of PPT's window. The [eye button](eyes) does the same.
look-done = Processes on this computer: { $all }. Processes that PPT sees: { $seen }. The kernel and the RAM are what they were; only the eyes have changed.
look-deeper =
    For every process the kernel keeps several *namespaces*: they decide what this process gets to see. The picture is computed from PPT's namespaces, its root directory and its page table.

    Manual: namespaces(7). On Linux: `lsns`, `ls -l /proc/self/ns`

word =
    Now borrow the eyes of [Word](window:word). Word is in no container. It is an ordinary program, as on any computer.

    So does Word see everything there is?
word-bet = Does Word see PPT?
word-bet-yes = It does
word-bet-no = It does not
word-do = Hold the title of [Word's window](window:word), and look at the [task list](tasks) and the [RAM](ram).
word-hint = Is PPT in the task list? And which squares are left in RAM?
word-done = Of { $all } processes, Word sees { $wordsees }. Of { $frames } squares of RAM, it sees the { $pages } that it uses itself. So where memory is concerned, every process lives in a world of its own, container or not. A container extends this to other things.
word-deeper =
    What gives every process its own view of memory is *virtual memory*. An ordinary program cannot even find out which squares of physical memory it uses. The scene 'Addresses and frames' takes this apart.

    Manual: proc_pid_maps(5). On Linux: `cat /proc/self/maps`

ask =
    What you have seen can also be asked for. Of the [two terminals](worlds), one has a shell of this computer, the *host*; the other has a shell inside PPT's container.

    `hostname` asks for the computer's name, `ls /` for what is in the topmost directory.
ask-do = Run `hostname` in [both worlds](worlds), then `ls /`.
ask-hint = Write hostname into the field and press Run: both terminals get the command. Then do the same with ls /.
ask-done = Asked for the computer's name, the host's shell says { $outside }, the one in the container says { $inside }. One kernel gave both answers.
ask-deeper =
    The shell inside was started with `docker exec deck sh`. That command enters PPT's namespaces with setns(2) and runs a shell there. The name depends on the UTS namespace, the directory on the mount namespace and pivot_root(2).

    Manual: uts_namespaces(7), mount_namespaces(7). On Linux: `docker exec deck hostname`

world =
    Nothing has been moved anywhere. PPT is still [one row](row:ppt) of the same [list](tasks) and uses the same [RAM](ram). It lives in our world and sees another one, as in a mirror.

    To find out how the mirror is made, begin with who stands before it: the *process*.
