//! The way into the kernel and out again: system calls, faults, interrupts.
//!
//! Forced and free running share this: a call injected from outside waits in the task's mailbox
//! and takes the same path.

use super::cgroup::Freeze;
use super::cred::{self, SeccompAction};
use super::injection::{Answer, Injection};
use super::sched::{CpuSched, Phase, Resched, SliceUsed};
use super::signal::Delivered;
use super::syscall::{self, Syscall};
use super::task::{ActiveCall, CallOrigin, RunState, Task};
use super::{BlockReason, Ctx, Errno, Outcome, Reply, Signal, SysResult, fs, mm};
use crate::event::{Event, InterruptSource};
use crate::hw::Ring;
use std::rc::Rc;

/// Puts something to do into the mailbox of the process with this number in the first PID namespace.
///
/// # Errors
/// ESRCH if there is none, or if it is dead or about to be: that one never returns to ring 3.
pub fn inject(cx: &mut Ctx<'_>, pid: i32, act: Injection) -> Result<(), Errno> {
    let ns = cx.k.init_ns.pid_for_children;
    let id = cx.k.task_by_number(ns, pid).ok_or(Errno::ESRCH)?;
    let task = cx.k.tasks.get_mut(id).ok_or(Errno::ESRCH)?;
    task.injected = None;
    if task.exiting.is_some() {
        return Err(Errno::ESRCH);
    }
    match task.state {
        RunState::Zombie => return Err(Errno::ESRCH),
        RunState::Blocked(reason) if reason.is_interruptible() => {
            task.mailbox.push_back(act);
            cx.wake(id);
        }
        RunState::Runnable | RunState::Running | RunState::Stopped | RunState::Blocked(_) => {
            task.mailbox.push_back(act);
        }
    }
    Ok(())
}

/// Charges time to a task and to the CPU that it is on. A used-up slice asks for the scheduler if
/// others wait.
#[inline(always)]
pub fn charge_tick(task: &mut Task, this: &mut CpuSched, ring: Ring, ns: u64) {
    match ring {
        Ring::User => {
            task.utime_ns += ns;
            this.times.user_ns += ns;
        }
        Ring::Kernel => {
            task.stime_ns += ns;
            this.times.system_ns += ns;
        }
    }
    if task.sched.run_for(ns) == SliceUsed::Yes {
        let others = this.queue_at(task.sched_group);
        if others.is_some_and(|queue| !queue.is_empty()) {
            this.need_resched = Resched::Yes;
        }
    }
}

/// Ends the call that a task is in: a program finds the answer in its register, who called from
/// outside finds it beside the task.
#[inline(always)]
pub fn answer(task: &mut Task, result: Result<i64, Errno>) {
    match task.call.take().map(|active| active.origin) {
        Some(CallOrigin::Program) => {
            task.regs.ax = match result {
                Ok(value) => value,
                Err(errno) => -i64::from(errno.nr()),
            }
        }
        Some(CallOrigin::Mailbox) => match (&mut task.injected, &task.told) {
            // Mostly nothing is beside the number, and nothing was: it is written where it lies.
            (
                Some(Answer {
                    result: last,
                    reply: Reply::None,
                }),
                Reply::None,
            ) => *last = result,
            (injected, _) => {
                let reply = std::mem::take(&mut task.told);
                *injected = Some(Answer { result, reply });
            }
        },
        None => {}
    }
}

impl Ctx<'_> {
    /// The `syscall` instruction: from ring 3 to the kernel.
    pub fn enter(&mut self, call: Rc<Syscall>, origin: CallOrigin) -> Phase {
        self.charge(self.k.costs.syscall_entry_ns);
        self.hw.cpu_mut(self.cpu).ring = Ring::Kernel;
        let id = self.task;
        if self.sink.listens() {
            self.sink
                .entered(self.now_ns, self.tick, self.cpu, id, call.clone());
        }
        let Some(task) = self.k.tasks.get_mut(id) else {
            return Phase::Schedule;
        };
        task.call = Some(ActiveCall {
            call,
            entries: 0,
            progress: 0,
            origin,
            is_interrupted: false,
        });
        Phase::Call
    }

    /// Runs the handler of the current call, for the first time or after a wake-up.
    #[inline(never)]
    pub fn run_call(&mut self) -> Phase {
        self.charge(self.k.costs.syscall_work_ns);
        mm::balance(self);
        let id = self.task;
        let Some(task) = self.k.tasks.get_mut(id) else {
            return Phase::Schedule;
        };
        let Some(active) = task.call.as_mut() else {
            return Phase::Return;
        };
        let is_resumed = active.entries > 0;
        if is_resumed && active.origin == CallOrigin::Program && !task.mailbox.is_empty() {
            // As under ptrace: the sleeping call is laid aside, and begins again afterwards.
            task.suspended = task.call.take();
            return Phase::Return;
        }
        let nr = active.call.nr();
        if std::mem::take(&mut active.is_interrupted) && task.signals.is_pending() {
            // It has been stopped or frozen meanwhile, and more has come.
            return self.interrupt_call(nr);
        }
        active.entries = active.entries.saturating_add(1);
        let call = active.call.clone();
        let is_killed = task.signals.deliverable() & Signal::SIGKILL.bit() != 0;
        if is_resumed && is_killed && task.exiting.is_none() {
            return self.finish_call(nr, Err(Errno::EINTR));
        }
        // Whatever has come, a frozen one takes it once it is thawed.
        if is_resumed && task.freeze == Freeze::Yes && task.exiting.is_none() {
            return Phase::Return;
        }
        let data = task.answer_data();
        if !matches!(data, Reply::None) {
            *data = Reply::None;
        }
        // secure_computing: asked once, before anything of the call happens.
        if !is_resumed && task.security.seccomp.is_some() {
            let action = cred::check_seccomp(task);
            if action != SeccompAction::Allow {
                refuse!(self.why, SeccompFilter, nr);
            }
            match action {
                SeccompAction::Allow => {}
                SeccompAction::Errno(errno) => return self.finish_call(nr, Err(errno)),
                SeccompAction::Trap => {
                    self.force_signal(id, Signal::SIGSYS);
                    // The registers are as they were: the number of the call is in the place of
                    // its answer (syscall_rollback).
                    return self.finish_call(nr, Ok(i64::from(nr)));
                }
                SeccompAction::KillProcess => {
                    self.force_fatal_signal(id, Signal::SIGSYS);
                    return self.finish_call(nr, Ok(i64::from(nr)));
                }
            }
        }
        let result = syscall::dispatch(self, &call);
        self.conclude(nr, result)
    }

    /// What follows a handler.
    pub fn conclude(&mut self, nr: u16, result: SysResult) -> Phase {
        match result {
            Ok(Outcome::Done(value)) => self.finish_call(nr, Ok(value)),
            // do_exit() ends in schedule(). Whoever waits may free the task at once, so it must be
            // off its CPU by then.
            Ok(Outcome::NoReturn) => self.schedule(),
            Ok(Outcome::Block(reason)) => self.block_call(nr, reason),
            Err(errno) => self.finish_call(nr, Err(errno)),
        }
    }

    /// The handler waits for something, unless a signal came first.
    fn block_call(&mut self, nr: u16, reason: BlockReason) -> Phase {
        let id = self.task;
        let Some(task) = self.k.tasks.get_mut(id) else {
            return Phase::Schedule;
        };
        let is_interrupted = task.signals.is_pending() || task.freeze == Freeze::Yes;
        if reason.is_interruptible() && is_interrupted {
            return self.interrupt_call(nr);
        }
        task.state = RunState::Blocked(reason);
        self.emit(Event::SyscallBlock {
            task: id,
            on: reason,
        });
        Phase::Schedule
    }

    /// A signal ends a wait: the call begins again after SA_RESTART handlers and after signals
    /// that turn out to do nothing, and is EINTR otherwise (signal(7)).
    fn interrupt_call(&mut self, nr: u16) -> Phase {
        let Some(task) = self.k.tasks.get_mut(self.task) else {
            return Phase::Schedule;
        };
        let restarts = (task.call.as_ref()).is_none_or(|call| task.signals.restarts(&call.call));
        if restarts {
            // Delivered with the call still in its frame; Return then finds it and re-enters.
            if let Some(call) = &mut task.call {
                call.is_interrupted = true;
            }
            return Phase::Return;
        }
        self.finish_call(nr, Err(Errno::EINTR))
    }

    fn finish_call(&mut self, nr: u16, result: Result<i64, Errno>) -> Phase {
        let id = self.task;
        let Some(task) = self.k.tasks.get_mut(id) else {
            return Phase::Schedule;
        };
        answer(task, result);
        if self.sink.listens() {
            self.sink
                .answered(self.now_ns, self.tick, self.cpu, id, nr, result);
        }
        Phase::Return
    }

    /// The way back to ring 3: signals first, then the scheduler if it wants the CPU.
    pub fn return_to_user(&mut self) -> Phase {
        match self.deliver_signals() {
            Delivered::Continue => {}
            Delivered::Stopped => return Phase::Schedule,
            Delivered::Fatal => return Phase::Call,
        }
        let at = usize::from(self.cpu.0);
        let id = self.task;
        let (Some(task), Some(this), Some(hw)) = (
            self.k.tasks.get_mut(id),
            self.k.sched.cpus.get(at),
            self.hw.cpus.get_mut(at),
        ) else {
            return Phase::Schedule;
        };
        if task.call.is_none() && task.suspended.is_some() && task.mailbox.is_empty() {
            task.call = task.suspended.take();
        }
        if this.need_resched == Resched::Yes {
            return Phase::Schedule;
        }
        if task.call.is_some() {
            return Phase::Call;
        }
        hw.ring = Ring::User;
        hw.ip = task.regs.ip;
        if self.sink.listens() {
            self.sink.returned(self.now_ns, self.tick, self.cpu, id);
        }
        self.charge(self.k.costs.syscall_exit_ns);
        Phase::User
    }

    /// Exception 14.
    pub fn page_fault(&mut self) -> Phase {
        let Some(fault) = self.hw.cpu_mut(self.cpu).fault else {
            return Phase::Return;
        };
        self.charge(self.k.costs.page_fault_ns);
        mm::balance(self);
        match mm::handle_fault(self, fault, mm::FaultFrom::User) {
            mm::FaultOutcome::Segv => {
                let task = self.task;
                // A handler's frame would lie beyond the end of the stack too.
                match mm::is_below_stack(self, fault.addr) {
                    true => self.force_fatal_signal(task, Signal::SIGSEGV),
                    false => self.force_signal(task, Signal::SIGSEGV),
                }
                Phase::Return
            }
            mm::FaultOutcome::Bus => {
                let task = self.task;
                self.force_signal(task, Signal::SIGBUS);
                Phase::Return
            }
            mm::FaultOutcome::SwapRead => Phase::Schedule,
            mm::FaultOutcome::OutOfMemory => mm::out_of_memory(self),
            mm::FaultOutcome::NewFrame
            | mm::FaultOutcome::ZeroFrame
            | mm::FaultOutcome::FilePage
            | mm::FaultOutcome::SwapIn
            | mm::FaultOutcome::CopyOnWrite
            | mm::FaultOutcome::MadeWritable => Phase::Return,
        }
    }

    /// A device wants attention: the local timer, or the keyboard.
    pub fn interrupt(&mut self) -> Phase {
        self.charge(self.k.costs.interrupt_ns);
        let (cpu, now_ns) = (self.cpu, self.now_ns);
        self.hw.cpu_mut(cpu).ring = Ring::Kernel;
        if std::mem::take(&mut self.hw.cpu_mut(cpu).irq_pending) {
            self.emit(Event::Interrupt {
                source: InterruptSource::Keyboard,
            });
            fs::keyboard_interrupt(self);
        }
        if std::mem::take(&mut self.hw.cpu_mut(cpu).ipi_pending) {
            self.emit(Event::Interrupt {
                source: InterruptSource::Reschedule,
            });
        }
        if self.hw.cpu_mut(cpu).timer_ns <= now_ns {
            self.emit(Event::Interrupt {
                source: InterruptSource::Timer,
            });
            while let Some((_, _, task)) = self
                .k
                .sched
                .cpu_mut(cpu)
                .and_then(|c| c.timers.pop_due(now_ns))
            {
                self.wake(task);
            }
            if cpu == crate::hw::CpuId(0) {
                self.end_periods();
            }
        }
        match self.k.sched.cpu(cpu).and_then(|c| c.current) {
            Some(_) => Phase::Return,
            None => Phase::Schedule,
        }
    }

    /// Charges for what this tick cost: the CPU is busy until the time returned, and goes on with
    /// `next`.
    #[inline(always)]
    pub fn end_tick(&mut self, ring: Ring, next: Phase) -> u64 {
        let ns = self.cost_ns;
        let free_at_ns = self.now_ns.saturating_add(ns);
        let at = usize::from(self.cpu.0);
        let (Some(hw), Some(this)) = (self.hw.cpus.get_mut(at), self.k.sched.cpus.get_mut(at))
        else {
            return free_at_ns;
        };
        this.phase = next;
        hw.free_at_ns = free_at_ns;
        let Some(id) = this.current else {
            return free_at_ns;
        };
        let Some(task) = self.k.tasks.get_mut(id) else {
            return free_at_ns;
        };
        charge_tick(task, this, ring, ns);
        if task.cgroups.v2 != self.k.cgroups.roots.v2 {
            self.account_groups(id, ring, ns);
        }
        free_at_ns
    }
}
