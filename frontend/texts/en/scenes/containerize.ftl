title = How a container is made
lead = Same kernel, same hardware, and yet PPT alone gets to see another world. What does the kernel actually do?

isolate =
    [PPT](window:ppt) is an ordinary process now. The computer's name, the directories, the network and the list of processes look to it as they do to [the others](row:word).

    Such things, seen in common, are kept by kind in *namespaces*. Give PPT, alive as it is, a namespace of its own for the computer's name.
isolate-bet = With a name of its own, does PPT move to another PID or another place in memory?
isolate-bet-same = It stays where it is
isolate-bet-moved = It moves
isolate-do = Press the button below, and watch [PPT's row](row:ppt).
isolate-button = Give PPT a computer name of its own (UTS)
isolate-hint = The button makes PPT call unshare, a system call.
isolate-done = Before the button and now: PID { $pid } → { $nowpid }, square of RAM that the document lies in { $frame } → { $nowframe }. Namespaces other than the host's: { $kinds }. A namespace is no place that a process enters; it is a mark that says what the process sees.
isolate-deeper =
    A UTS namespace holds the host name and the domain name. The other kinds are mount, PID, network, IPC, user, cgroup and time: eight in all. A new UTS namespace begins as a copy, so the name looks the same until somebody changes it.

    Manual: namespaces(7), unshare(2). On Linux: `sudo unshare --uts sh`

pid =
    Next, the *PID namespace*. In every PID namespace, numbers start at 1 again.
pid-bet = If PPT gets a PID namespace of its own, will it be number 1 in there?
pid-bet-one = It will be number 1
pid-bet-same = Its number stays as it is
pid-do = Press the button below.
pid-button = Give PPT a PID namespace of its own
pid-hint = It is unshare again. See whether PPT gets a second number in the list.
pid-done = Now that the kernel has answered, PPT's number on the host is { $nowpid }. A new PID namespace is for the children that PPT will have. A living process is known by its number, to itself and to others; it cannot change halfway.
pid-deeper =
    That is why `unshare --pid` hardly ever comes without `--fork`. And ps shows the new numbers only if /proc is mounted afresh, hence `--mount-proc`.

    Manual: pid_namespaces(7), unshare(1). On Linux: `sudo unshare --pid --fork --mount-proc sh`

run =
    So Docker does not put a living process into a container. It makes a *new* process, with new namespaces from birth.

    Close the old PPT and start a new one in a container. The clock is stopped, so that you can see the [system calls](gate-above) one by one.
run-do = Close [PPT](window:ppt), press [PPT in a container](launcher), and let time pass until a yellow border appears.
run-hint = Press the button to the next system call several times. The one to look for is clone. Play works as well.
run-done = Yellow borders: { $boxes }. Docker's worker, runc, made a child with the system call clone, and asked for new namespaces for it in the same call. The border is drawn by this page, which looks at namespaces. To the kernel there is no such thing as a container.
run-deeper =
    clone(2) is like fork(2), except that the caller chooses what is new and what is shared. With a real Docker, dockerd and containerd stand between the command docker and runc.

    Manual: clone(2). On Linux: `sudo strace -f -e trace=clone,clone3,unshare,setns -p "$(pgrep -x containerd)"`

root =
    The newborn child is not PPT yet. First it furnishes its world: an *image*, a bundle of files, becomes its topmost directory, a fresh /proc will list its processes, and the computer gets a name.

    When all is ready, it turns into PPT with `execve`.
root-do = Follow the [system calls](gate-above): find mount, pivot_root, sethostname and execve. You are through when PPT appears.
root-hint = Keep pressing the button to the next system call, or press Play.
root-done = PPT was born with { $deckkinds } kinds of namespaces of its own. The list has two numbers for it. It is one process: { $outer } in the host's namespace, { $inner } in its own.
root-deeper =
    pivot_root(2) exchanges the whole tree of directories that a process sees. The old root is taken off at once, so that from inside no path leads to the host's files. Here the image is bind-mounted; Docker usually has an overlay file system of several layers.

    Manual: pivot_root(2), mount_namespaces(7). On Linux: `docker inspect deck`, `findmnt`

end =
    One process, PPT, with two numbers. Now you want to end it from the [host's terminal](worlds).

    `kill -9 NUMBER` ends the process of that number, whatever it is doing.
end-bet = In the host's shell, which number ends PPT?
end-bet-inside = { $pptinner }
end-bet-outside = { $pptpid }
end-do = End PPT: type `kill -9` and a number into the [host's terminal](worlds).
end-hint = Which namespace is this shell in? To run the command there, set 'Where' to the host.
end-done = In the host's namespace PPT was number { $fromhost }. Yellow borders left: { $boxesleft }. Which process a number means depends on who says it.
end-deeper =
    A process has a number in its PID namespace and in every one above. Nothing above can be seen from below. The line NSpid in /proc/PID/status has all its numbers.

    Manual: pid_namespaces(7), proc_pid_status(5). On Linux: `docker top deck`, `grep NSpid /proc/PID/status`

parts =
    A container adds three things to a process. *Namespaces* decide what it sees: they separate names. *Control groups* (cgroups) decide how much it may use: they limit amounts. *Capabilities* and *seccomp* decide what it may ask the kernel for.

    All of them are attached to processes, and one container may hold many. There is one kernel, and one set of hardware.
parts-deeper =
    Here root in a container keeps the few capabilities that Docker leaves it, and a seccomp filter answers calls such as mount and unshare with EPERM. `cat /proc/self/status` on both sides tells (CapEff, Seccomp).

    Manual: cgroups(7), capabilities(7), seccomp(2). On Linux: `systemd-cgls`, `getpcaps PID`, `grep Seccomp /proc/PID/status`
