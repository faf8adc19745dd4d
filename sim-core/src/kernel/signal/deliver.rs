//! Acting on pending signals, on the way back to ring 3.

use super::{DefaultAction, Shield, Signal, SignalState};
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
    /// Takes the next signal to act on. One whose handler's frame is on the stack is blocked
    /// until that has run.
    fn take(&mut self) -> Option<Signal> {
        let handled = self.frames.iter().fold(0, |set, s| set | s.bit());
        let signal = Signal::first_of(self.deliverable() & !handled)?;
        match self.queued.iter().position(|queued| *queued == signal) {
            Some(at) => drop(self.queued.remove(at)),
            None => self.pending &= !signal.bit(),
        }
        Some(signal)
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
        while let Some(signal) = Signal::first_of(rest) {
            match self.action(signal) {
                SigAct::Handle { restart } => {
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
                SigAct::HandleOnce => return false,
                SigAct::Default | SigAct::Ignore => rest &= !signal.bit(),
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
                // get_signal takes the SIGKILL that complete_signal gave the thread. What was sent
                // to the process stays pending.
                if signal != Signal::SIGKILL {
                    task.signals.pending &= !Signal::SIGKILL.bit();
                }
                self.emit(Event::SignalDeliver { task: id, signal });
                self.die_of(signal);
                return Delivered::Fatal;
            }
            if task.freeze == Freeze::Yes {
                // do_freezer_trap: what is pending waits until the group is thawed.
                task.state = RunState::Blocked(BlockReason::Frozen);
                return Delivered::Stopped;
            }
            let Some(signal) = task.signals.take() else {
                self.run_handler();
                continue;
            };
            let action = task.signals.action(signal);
            let is_shielded = task.signals.shield == Shield::Up && !signal.is_kernel_only();
            self.emit(Event::SignalDeliver { task: id, signal });
            match action {
                SigAct::Ignore => {}
                SigAct::Handle { .. } | SigAct::HandleOnce => {
                    if let Some(task) = self.k.tasks.get_mut(id) {
                        if action == SigAct::HandleOnce {
                            // get_signal: SA_ONESHOT.
                            let actions = Rc::make_mut(&mut task.signals.actions);
                            actions[signal.place()] = SigAct::Default;
                        }
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
    fn run_handler(&mut self) {
        let id = self.task;
        let task = self.k.tasks.get_mut(id);
        if let Some(signal) = task.and_then(|task| task.signals.frames.pop()) {
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
            is_interrupted: false,
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
