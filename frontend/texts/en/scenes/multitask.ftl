title = All at once, in turns
lead = Three programs at work, one CPU. How many of them run at this very instant?

work =
    Word checks the spelling, Excel recalculates, PPT shows its slides. What the kernel puts on a CPU to be run is a *task*; to have several going is *multitasking*.

    This computer has one [CPU](cpus). Give all three something to do, and stop the clock.
work-bet = All three are at work. At one instant, how many tasks are really running on the CPU?
work-do = In the [three windows](band:user) press *Keep checking*, *Keep calculating* and *Slide show*; then move [time](time) forward until all three are ready to run.
work-hint = Ctrl-L inside a window does the same. Time stands still, so move it a little with the buttons of the time bar.
work-done = Tasks ready to run: { $ready }. Tasks on the CPU: { $on }. The others wait for their [turn](tasks).
work-deeper =
    In Linux every single thread is a task. All processes here have just one thread, so that process and task are the same. State R means 'running, or ready to run'.

    Manual: proc_pid_stat(5). On Linux: `ps -eLo pid,tid,stat,psr,comm`, `vmstat 1` (column r: tasks that run or wait for a CPU)

switch =
    Part of the kernel, the *scheduler*, decides who runs next. The kernel sets a timer; when a task has used up its share of time, the kernel puts its registers aside and loads those of another.

    This is a *context switch*.
switch-do = Press the button to the next switch a few times. Who takes over the [CPU](cpus)?
switch-hint = In the time bar there is a button 'To the next switch'. Press it about five times.
switch-done = The CPU changed hands { $times } times within { $ms } milliseconds. To a human eye, all three run at once.
switch-deeper =
    A task may also leave the CPU before its time is up: when it has to wait for a key or for the disk, and sleeps. Such voluntary switches are counted apart from the others. The scheduler chooses by a rule called EEVDF.

    Manual: sched(7). On Linux: `grep ctxt /proc/self/status`, `sudo perf sched timehist`

fair =
    Now let time run, and watch the [CPU times](tasks). What the kernel hands out is not CPUs but *CPU time*.

    Word and Excel work without a break, and neither of them has claimed to be in a hurry.
fair-bet = After a while, who has used more CPU time?
fair-bet-word = Word
fair-bet-excel = Excel
fair-bet-even = About the same
fair-do = Watch until a bit more than 200 milliseconds have passed.
fair-hint = If time stands still, press Play. With a higher speed while busy, it is over sooner.
fair-done = In { $took } milliseconds Word used { $word } and Excel { $excel }. The rest went to PPT and to the kernel.
fair-deeper =
    Shares are changed with the nice value: with each step up, the weight falls to about 1/1.25. What cpu.weight does for a container works on the same principle.

    Manual: nice(2), sched(7). On Linux: `ps -eo pid,ni,time,comm`, `renice -n 10 -p PID`

plug =
    What if you plug in another CPU? Three programs have begun to work. No program gets a CPU to itself.
plug-bet = With two CPUs, how many tasks run at one instant, at most?
plug-do = Plug in another [CPU](cpus), and go forward until it has something to do.
plug-hint = Press 'Plug a CPU in', where the CPU is drawn.
plug-done = CPUs: { $cpus }; tasks running at this instant: { $running }. Now it is not just an impression: they do run at the same time. But tasks outnumber CPUs, so they still take turns.
plug-deeper =
    Linux, too, can take CPUs away and add them while it runs. The scheduler has a queue for every CPU; when one becomes idle, it takes over tasks from a busy one.

    On Linux: `nproc`, `lscpu`, `echo 0 | sudo tee /sys/devices/system/cpu/cpu1/online`

rest =
    Press the same button again, and a program stops working and waits for a key. Such a task does not even queue for the CPU. It *sleeps*, until a key comes and the kernel wakes it.
rest-do = Press the buttons in the [three windows](band:user) again, so that all of them stop.
rest-hint = Press *Keep checking*, *Keep calculating* and *Slide show* once each.
rest-done = Tasks ready to run now: { $resting }. The windows are still there. This is how a computer with dozens of programs open can have nothing to do.
rest-deeper =
    Most processes sleep nearly all the time (state S). When waiting for something soon to come, such as the disk, they may sleep so that nothing disturbs them (state D). A CPU with nothing to do executes a halt instruction and waits for the next interrupt.

    On Linux: `top` (id is the idle part), `ps -eo stat,wchan:20,comm`
