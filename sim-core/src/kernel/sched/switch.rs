//! Waking, choosing and switching.

use super::{CpuSched, Resched, SchedEntity, Who};
use crate::event::Event;
use crate::hw::{Cpu, CpuId, Hardware, Mmu, Ring};
use crate::kernel::task::{RunState, TaskId, WaitQueue};
use crate::kernel::{BlockReason, Ctx, Kernel};

/// What a CPU does at its next tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing, until an interrupt.
    Idle,
    /// A step of the current task in ring 3.
    User,
    /// The handler of the current task's system call.
    Call,
    /// The page-fault handler.
    Fault,
    /// The way back to ring 3: signals, and perhaps the scheduler.
    Return,
    /// `schedule()`.
    Schedule,
    /// Nothing at all: it was taken out.
    Offline,
}

impl super::Sched {
    pub fn cpu(&self, cpu: CpuId) -> Option<&super::CpuSched> {
        self.cpus.get(usize::from(cpu.0))
    }

    pub fn cpu_mut(&mut self, cpu: CpuId) -> Option<&mut super::CpuSched> {
        self.cpus.get_mut(usize::from(cpu.0))
    }
}

/// Sets the local timer of a CPU to what is due first: a sleeper, or the end of the slice if others
/// wait. Returns whether that is earlier than it was.
#[inline]
fn program_timer(k: &Kernel, hw: &mut Hardware, cpu: CpuId, now_ns: u64) -> bool {
    let at = usize::from(cpu.0);
    let (Some(hw), Some(this)) = (hw.cpus.get_mut(at), k.sched.cpus.get(at)) else {
        return false;
    };
    // Mostly nobody waits, and the timer stands where it stood.
    let left_ns = match this.queue.is_empty() && this.groups.is_empty() {
        true => u64::MAX,
        false => slice_left_ns(k, cpu),
    };
    set_timer(
        hw,
        this,
        k.sched.next_period_ns,
        now_ns.saturating_add(left_ns),
    )
}

/// The same for a CPU whose task is at hand and belongs to no group.
#[inline(always)]
pub fn program_own_timer(
    hw: &mut Cpu,
    this: &CpuSched,
    running: &SchedEntity,
    next_period_ns: u64,
    now_ns: u64,
) {
    let left_ns = match this.queue.is_empty() {
        true => u64::MAX,
        false => running.slice_left_ns(),
    };
    set_timer(hw, this, next_period_ns, now_ns.saturating_add(left_ns));
}

#[inline(always)]
fn set_timer(hw: &mut Cpu, this: &CpuSched, next_period_ns: u64, slice_end_ns: u64) -> bool {
    let mut at = this.timers.next_ns().unwrap_or(u64::MAX).min(slice_end_ns);
    if hw.id == CpuId(0) {
        at = at.min(next_period_ns);
    }
    at < std::mem::replace(&mut hw.timer_ns, at)
}

/// Until somebody's time is over for whom others wait, or which is limited.
#[inline(never)]
fn slice_left_ns(k: &Kernel, cpu: CpuId) -> u64 {
    let Some(this) = k.sched.cpu(cpu) else {
        return u64::MAX;
    };
    let mut left_ns = u64::MAX;
    if !this.queue.is_empty()
        && let Some(entity) = k.running_at(cpu, None)
    {
        left_ns = entity.slice_left_ns();
    }
    if !this.groups.is_empty() {
        left_ns = left_ns.min(k.groups_left_ns(cpu));
    }
    left_ns
}

impl Ctx<'_> {
    /// Sets the local timer of a CPU. Another one's that is due earlier than before may end the
    /// turn of this one.
    #[inline]
    pub fn program_timer(&mut self, cpu: CpuId, now_ns: u64) {
        if program_timer(self.k, self.hw, cpu, now_ns) && cpu != self.cpu {
            self.hw.is_due_earlier = true;
        }
    }

    /// Wakes a blocked task: it will check again whether what it waits for has come. Waking a
    /// task that does not wait is harmless.
    pub fn wake(&mut self, id: TaskId) {
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        if !matches!(task.state, RunState::Blocked(_)) {
            return;
        }
        self.emit(Event::Wake { task: id });
        self.activate(id);
    }

    /// Lets a task go on that slept or was stopped: on its CPU, if it has not left that yet
    /// (`ttwu_runnable`), or in a run queue.
    pub fn activate(&mut self, id: TaskId) {
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        let last = task.cpu;
        let has_left = self.k.sched.cpu(last).is_none_or(|c| c.current != Some(id));
        if !has_left {
            // schedule() finds it as if it had never slept.
            task.state = RunState::Running;
            return;
        }
        task.state = RunState::Runnable;
        let cpu = self.select_cpu(last);
        self.enqueue(id, cpu);
    }

    pub fn wake_all(&mut self, tasks: WaitQueue) {
        tasks.iter().for_each(|task| self.wake(task));
    }

    /// Wakes the task if it waits for this very thing.
    pub fn wake_if(&mut self, id: TaskId, waits: impl Fn(BlockReason) -> bool) {
        if let Some(RunState::Blocked(reason)) = self.k.tasks.get(id).map(|t| t.state)
            && waits(reason)
        {
            self.wake(id);
        }
    }

    /// Where a waking task goes: its last CPU if that is idle, else any idle one, else its last.
    fn select_cpu(&self, last: CpuId) -> CpuId {
        let idle = |cpu: &super::CpuSched| {
            cpu.current.is_none() && cpu.queue.is_empty() && cpu.phase != Phase::Offline
        };
        if self.k.sched.cpu(last).is_some_and(idle) {
            return last;
        }
        match self.k.sched.cpus.iter().position(idle) {
            Some(at) => CpuId(at as u8),
            None if self.k.sched.is_online(last) => last,
            None => self.select_cpu_for_new(),
        }
    }

    /// Where a new task goes: an idle CPU, else the least loaded.
    pub fn select_cpu_for_new(&self) -> CpuId {
        let load = |cpu: &super::CpuSched| cpu.waiting() + usize::from(cpu.current.is_some());
        let best = self
            .k
            .sched
            .cpus
            .iter()
            .enumerate()
            .filter(|(_, cpu)| cpu.phase != Phase::Offline)
            .min_by_key(|(at, cpu)| (load(cpu), *at));
        CpuId(best.map_or(0, |(at, _)| at as u8))
    }

    /// Puts a runnable task into a run queue and lets it preempt if it is owed the CPU.
    pub fn enqueue(&mut self, id: TaskId, cpu: CpuId) {
        let group = self.k.sched_level(id);
        if group.is_some() {
            return self.enqueue_grouped(id, cpu);
        }
        let running = self.k.running_at(cpu, None);
        let now_ns = self.now_ns;
        let Some(this) = self.k.sched.cpu_mut(cpu) else {
            return;
        };
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        task.cpu = cpu;
        this.queue.place(&mut task.sched, running.as_ref());
        this.queue.insert(Who::Task(id), &task.sched);
        let preempts = match running {
            // Idle, or on its way out: schedule() will see it.
            None => this.current.is_none(),
            Some(entity) => {
                task.sched.deadline < entity.deadline
                    && task.sched.vruntime <= this.queue.average(Some(&entity))
            }
        };
        if preempts {
            self.resched(cpu);
        }
        self.program_timer(cpu, now_ns);
    }

    /// Arms a timer of this CPU for the calling task.
    pub fn arm_timer(&mut self, at_ns: u64) {
        let (cpu, task) = (self.cpu, self.task);
        let seq = self.k.sched.next_seq;
        self.k.sched.next_seq += 1;
        if let Some(this) = self.k.sched.cpu_mut(cpu) {
            this.timers.arm(at_ns, seq, task);
        }
    }

    /// `schedule()`: puts the current task where its state says and switches to the next.
    pub fn schedule(&mut self) -> Phase {
        let cpu = self.cpu;
        let from = self.k.sched.cpu(cpu).and_then(|c| c.current);
        if let Some(id) = from {
            self.put_previous(id);
        }
        let to = match self.k.sched.cpu_mut(cpu) {
            Some(this) => {
                this.need_resched = Resched::No;
                this.current = None;
                self.hw.cpu_mut(cpu).ipi_pending = false;
                this.pick()
            }
            None => None,
        };
        let to = to.or_else(|| self.pull());
        if from != to {
            self.charge(self.k.costs.context_switch_ns);
            self.emit(Event::Switch { from, to });
        }
        let Some(id) = to else {
            self.hw.cpu_mut(cpu).ring = Ring::Kernel;
            return Phase::Idle;
        };
        if let Some(this) = self.k.sched.cpu_mut(cpu) {
            this.current = Some(id);
        }
        let Some(task) = self.k.tasks.get_mut(id) else {
            return Phase::Schedule;
        };
        task.state = RunState::Running;
        task.cpu = cpu;
        let phase = if task.call.is_some() {
            Phase::Call
        } else {
            Phase::Return
        };
        self.task = id;
        self.load_space();
        phase
    }

    /// A task that leaves the CPU goes into the run queue if it could go on; one that sleeps
    /// takes its lag along.
    pub(super) fn put_previous(&mut self, id: TaskId) {
        let Some(this) = self.k.sched.cpu_mut(self.cpu) else {
            return;
        };
        let Some(task) = self.k.tasks.get_mut(id) else {
            // It ended and nobody waits for it: its groups go on without it.
            let group = this.innermost_running();
            if group.is_some() {
                self.put_groups(group);
                self.k.share_out();
            }
            return;
        };
        match task.state {
            RunState::Running => {
                task.state = RunState::Runnable;
                if let Some(queue) = this.queue_at_mut(task.sched_group) {
                    queue.insert(Who::Task(id), &task.sched);
                }
            }
            // Never while it is on a CPU.
            RunState::Runnable => {}
            RunState::Blocked(_) | RunState::Stopped | RunState::Zombie => {
                if let Some(queue) = this.queue_at(task.sched_group) {
                    task.sched.vlag = queue.lag(&task.sched);
                }
            }
        }
        let group = task.sched_group;
        if group.is_some() {
            self.put_groups(group);
            self.k.share_out();
        }
    }

    /// An idle CPU takes a task from the longest queue (newidle balance).
    fn pull(&mut self) -> Option<TaskId> {
        let busiest = (self.k.sched.cpus.iter().enumerate())
            .max_by_key(|(at, cpu)| (cpu.takeable(), usize::MAX - at))?
            .0;
        let (stolen, group) = self.k.sched.cpus.get_mut(busiest)?.steal()?;
        self.program_timer(CpuId(busiest as u8), self.now_ns);
        if group.is_some() {
            self.enqueue_grouped(stolen, self.cpu);
            let this = self.k.sched.cpu_mut(self.cpu)?;
            this.need_resched = Resched::No;
            return this.pick();
        }
        let this = self.k.sched.cpu_mut(self.cpu)?;
        let task = self.k.tasks.get_mut(stolen)?;
        // Virtual times of two queues have nothing to do with one another.
        this.queue.place(&mut task.sched, None);
        Some(stolen)
    }

    /// Loads the page-table root of the current task into the CPU.
    pub fn load_space(&mut self) {
        let Some(mm) = self.k.tasks.get(self.task).and_then(|t| t.mm) else {
            return;
        };
        let Some(space) = self.k.mm.spaces.get(mm) else {
            return;
        };
        let (pgd, mmu) = (space.pgd, self.hw.mmu);
        let cpu = self.hw.cpu_mut(self.cpu);
        cpu.cr3 = (mmu == Mmu::Paging).then_some(pgd);
        cpu.asid = mm.as_u64();
    }
}
