//! Acting on pending signals, on the way back to ring 3.

use super::{DefaultAction, Signal, SignalState};
use crate::event::Event;
use crate::kernel::Ctx;
use crate::kernel::syscall::{Restart, SigAct, Syscall};
use crate::kernel::task::{ActiveCall, CallOrigin, JobReport, RunState};

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
    /// The next signal to act on: SIGKILL first, then by number.
    fn next(&self) -> Option<Signal> {
        let set = self.deliverable();
        if set & Signal::SIGKILL.bit() != 0 {
            return Some(Signal::SIGKILL);
        }
        Signal::from_nr(set.trailing_zeros() as i32)
    }

    /// Whether a call that these signals interrupt begins again rather than failing with EINTR.
    pub fn restarts(&self) -> bool {
        let set = self.deliverable();
        (1..32)
            .filter_map(Signal::from_nr)
            .filter(|s| set & s.bit() != 0)
            .all(|signal| {
                self.action(signal)
                    != SigAct::Handle {
                        restart: Restart::Interrupt,
                    }
            })
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
            if task.exiting.is_some() {
                return Delivered::Continue;
            }
            let Some(signal) = task.signals.next() else {
                return Delivered::Continue;
            };
            task.signals.pending &= !signal.bit();
            let action = task.signals.action(signal);
            self.emit(Event::SignalDeliver { task: id, signal });
            match action {
                SigAct::Ignore => {}
                SigAct::Handle { .. } => {
                    if let Some(task) = self.k.tasks.get_mut(id) {
                        task.signals.noted |= signal.bit();
                    }
                    self.emit(Event::SignalHandle { task: id, signal });
                }
                SigAct::Default => match signal.default_action() {
                    DefaultAction::Ignore | DefaultAction::Continue => {}
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

    /// Ends the current task as a signal does: through the same exit as `exit_group`, with the
    /// signal in the status.
    fn die_of(&mut self, signal: Signal) {
        let Some(task) = self.k.tasks.get_mut(self.task) else {
            return;
        };
        task.exiting = Some(signal.nr());
        task.suspended = None;
        task.call = Some(ActiveCall {
            call: Syscall::ExitGroup { status: 0 },
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
