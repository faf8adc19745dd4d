//! Acting on pending signals, on the way back to ring 3.

use super::{DefaultAction, SYNCHRONOUS, Shield, Signal, SignalState};
use crate::event::Event;
use crate::kernel::cgroup::Freeze;
use crate::kernel::syscall::{Restart, SigAct, Syscall};
use crate::kernel::task::{ActiveCall, CallOrigin, JobReport, RunState};
use crate::kernel::{BlockReason, Ctx};
use std::rc::Rc;

/// What the signals did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The task goes on.
    Continue,
    Stopped,
    /// The task ends: its frame now holds the call that ends it.
    Fatal,
}

impl SignalState {
    /// The next signal to act on: those of faults first, then by number (next_signal).
    fn next(&self) -> Option<Signal> {
        let set = self.deliverable();
        let first = match set & SYNCHRONOUS {
            0 => set,
            synchronous => synchronous,
        };
        Signal::from_nr(first.trailing_zeros() as i32)
    }

    /// Whether nothing of this keeps a task from going back to ring 3: the usual case.
    #[inline]
    pub fn is_quiet(&self) -> bool {
        self.deliverable() == 0 && self.frames.is_empty() && self.group_exit.is_none()
    }

    /// Whether a call that these signals interrupt begins again rather than failing with EINTR:
    /// the first handler that is set up decides, and without one it begins again.
    pub fn restarts(&self, call: &Syscall) -> bool {
        let mut rest = self.deliverable();
        while rest != 0 {
            let first = match rest & SYNCHRONOUS {
                0 => rest,
                synchronous => synchronous,
            };
            let bit = first & first.wrapping_neg();
            let signal = Signal::from_nr(first.trailing_zeros() as i32);
            match signal.map(|signal| self.action(signal)) {
                Some(SigAct::Handle { restart }) => {
                    // signal(7): these fail even with SA_RESTART.
                    let is_never = matches!(
                        call,
                        Syscall::Pause {}
                            | Syscall::Nanosleep { .. }
                            | Syscall::Msgsnd { .. }
                            | Syscall::Msgrcv { .. }
                    );
                    return restart == Restart::Restart && !is_never;
                }
                Some(SigAct::Default | SigAct::Ignore) | None => rest &= !bit,
            }
        }
        true
    }
}

impl Ctx<'_> {
    /// Takes pending signals one by one until none is left or one ends or stops the task.
    pub fn deliver_signals(&mut self) -> Delivered {
        let id = self.task;
        loop {
            let Some(task) = self.k.tasks.get_mut(id) else {
                return Delivered::Continue;
            };
            // Exiting tasks take no signals any more.
            if task.exiting.is_some() || task.freeze == Freeze::No && task.signals.is_quiet() {
                return Delivered::Continue;
            }
            if let Some(signal) = task.signals.group_exit {
                self.emit(Event::SignalDeliver { task: id, signal });
                self.die_of(signal);
                return Delivered::Fatal;
            }
            if task.freeze == Freeze::Yes {
                // do_freezer_trap: what is pending waits until the group is thawed.
                task.state = RunState::Blocked(BlockReason::Frozen);
                return Delivered::Stopped;
            }
            let Some(signal) = task.signals.next() else {
                self.run_handlers();
                return Delivered::Continue;
            };
            task.signals.pending &= !signal.bit();
            let action = task.signals.action(signal);
            let is_shielded = task.signals.shield == Shield::Up && !signal.is_kernel_only();
            self.emit(Event::SignalDeliver { task: id, signal });
            match action {
                SigAct::Ignore => {}
                SigAct::Handle { .. } => {
                    if let Some(task) = self.k.tasks.get_mut(id) {
                        task.signals.noted |= signal.bit();
                        task.signals.frames.push(signal);
                    }
                }
                SigAct::Default => match signal.default_action() {
                    DefaultAction::Ignore | DefaultAction::Continue => {}
                    _ if is_shielded => {}
                    // A group that nobody could continue does not stop (setpgid(2), NOTES).
                    DefaultAction::Stop
                        if signal != Signal::SIGSTOP && self.is_own_group_orphaned() => {}
                    DefaultAction::Stop => {
                        self.stop(signal);
                        return Delivered::Stopped;
                    }
                    DefaultAction::Terminate => {
                        self.die_of(signal);
                        return Delivered::Fatal;
                    }
                },
            }
        }
    }

    /// Back in ring 3 the frame on top runs first: the handler of the signal taken last.
    fn run_handlers(&mut self) {
        let id = self.task;
        while let Some(signal) = self
            .k
            .tasks
            .get_mut(id)
            .and_then(|task| task.signals.frames.pop())
        {
            self.emit(Event::SignalHandle { task: id, signal });
        }
    }

    /// Ends the current task as a signal does: through the same exit as `exit_group`, with the
    /// signal in the status.
    fn die_of(&mut self, signal: Signal) {
        let Some(task) = self.k.tasks.get_mut(self.task) else {
            return;
        };
        task.exiting = Some(signal.nr());
        task.suspended = None;
        task.call = Some(ActiveCall {
            call: Rc::new(Syscall::ExitGroup { status: 0 }),
            entries: 0,
            progress: 0,
            origin: CallOrigin::Program,
        });
    }

    fn stop(&mut self, signal: Signal) {
        let id = self.task;
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        task.state = RunState::Stopped;
        task.job = JobReport::Stopped(signal);
        self.tell_parent_of_job(id);
    }
}
