title = Seen from the host
lead = From inside, a container looks like a computer of one's own. What does the host see?

find =
    [PPT](window:ppt) runs in a container. In there it seems to be alone on a new computer.

    And on the host? The command `ps` lists processes. Try it in the [two terminals](worlds).
find-bet = How does PPT appear in the host's ps?
find-bet-hidden = Not at all: it is in a container
find-bet-group = Under the container's name, deck
find-bet-row = As a row like any other
find-do = Run `ps` in [both worlds](worlds), and compare.
find-hint = Write ps into the field and press Run.
find-done = Rows on the host: { $hostlines }; rows in the container: { $insidelines }. All that ps does is copy from /proc, and /proc shows a namespace. On the host there is no special row for a container.
find-deeper =
    The host's PID namespace is an ancestor of all others, so it sees everything below. Nothing above is seen from below. Who knows about containers is Docker, not the kernel: in its books stands the PID of the first process.

    Manual: pid_namespaces(7). On Linux: `docker ps`, `docker top deck`, `ps -ef --forest`

shield =
    Both worlds have a process number 1. On the host it is [init](row:init), the ancestor of everybody; in the container it is PPT.

    `kill 1` sends process 1 a *signal* that asks it to end.
shield-bet = Run kill 1 in both worlds. What happens?
shield-bet-none = Nobody ends
shield-bet-inside = Only the container's number 1 ends
shield-bet-both = Both end
shield-do = Run `kill 1` in [both worlds](worlds).
shield-hint = Write kill 1 into the field and press Run: both terminals get it.
shield-done = Running now: init { $inits }, PPT { $ppts }. Number 1 of a PID namespace is special: the kernel hands it only those signals that it has said it wants. So from inside, nobody can end it by accident.
shield-deeper =
    A signal for which number 1 has no handler is dropped if it comes from the same namespace, even that of `kill -9 1`. From outside, that is from an ancestor namespace, SIGKILL and SIGSTOP do get through. This is why `docker stop` waits ten seconds and then sends SIGKILL, if number 1 has no handler for SIGTERM; `docker run --init` is the remedy.

    Manual: pid_namespaces(7), kill(2). On Linux: `grep Sig /proc/1/status`

limit =
    A container may hold many processes. One that is started inside belongs to the namespaces of its parent, and to its *control group* (cgroup). In a cgroup it is written how much may be used.

    From the host, limit this container to 3 processes. Then, inside, start a process that only sleeps, `sleep 1000 &`, twice.
limit-bet = How many sleeps will there be?
limit-bet-0 = None
limit-bet-1 = 1
limit-bet-2 = 2
limit-do = In the [host's terminal](worlds) run `echo 3 > /sys/fs/cgroup/docker/deck/pids.max`, then twice `sleep 1000 &` in the one inside.
limit-hint = Set 'Where' to the host for the first command, and to the inside for the other. pids.max is how many processes may be in this cgroup. PPT and the shell inside count, too.
limit-done = Sleeps running: { $sleeping }; processes in the container: { $many }. Beyond the limit, the kernel refuses to make a process. Namespaces decide *what is seen*, cgroups decide *how much is used*.
limit-deeper =
    fork(2) fails with EAGAIN, which the shell reports as 'Resource temporarily unavailable'. The limit for memory, memory.max, and the shares of CPU, cpu.max and cpu.weight, are in the same place. Docker's options come down to writing into these files.

    Manual: cgroups(7). On Linux: `docker run --pids-limit 100 …`, `docker update --memory 512m deck`, `systemd-cgls`

whole =
    Now end the container from the host. The host's shell is in an ancestor namespace: it can call [PPT](row:ppt) by the number { $number }, and `kill -9` goes through the shield of a number 1.

    But PPT is not alone in the container: there is [sleep](row:sleep).
whole-bet = You end PPT, and only PPT. What about sleep?
whole-bet-stay = It sleeps on
whole-bet-gone = It ends, too
whole-do = Run `kill -9 { $number }` in the [host's terminal](worlds).
whole-hint = Set 'Where' to the host and run it.
whole-done = Processes in the container before: { $before }. Now PPTs: { $pptsleft }, sleeps: { $sleeps }, yellow borders: { $left }. When number 1 of a namespace ends, the kernel ends all others in it.
whole-deeper =
    Number 1 also becomes the parent of orphans in its namespace, so without it a namespace cannot go on. The kernel sends SIGKILL to the others, and from then on no process can be made in there (ENOMEM).

    Manual: pid_namespaces(7). On Linux: `docker kill deck`

ten =
    To end a container was to end processes. To start one is to start them. Start ten, and see what happens in the [list](tasks) and in [RAM](ram).
ten-do = Start ten containers at once with the button below.
ten-button = Start ten PPT containers
ten-hint = Press the button and wait until all the yellow borders are there.
ten-done = Containers: { $boxes }; PPTs running: { $ppts10 }; squares of RAM still free: { $free }. No computer was switched on. One kernel runs a few more processes.
ten-deeper =
    The containers even share the squares with PPT's program, since it is the same file of the same image. Virtual machines would each bring a kernel of their own, and RAM set aside for it.

    On Linux: `docker stats`, `uname -r` (inside and outside)

close =
    To the host a container is nothing special: ordinary [processes](tasks) with other namespaces. They get CPU time and memory like everyone.

    One thing more: a container puts up no new wall in [RAM](ram). What keeps memory apart is virtual memory, and every process has that.
