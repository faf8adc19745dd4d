//! Making a signal pending, and waking whom it concerns.

use super::{DefaultAction, Signal};
use crate::event::Event;
use crate::kernel::syscall::SigAct;
use crate::kernel::task::{JobReport, RunState, TaskId};
use crate::kernel::{BlockReason, Ctx, Kernel};

const STOPS: u64 = 1 << 19 | 1 << 20 | 1 << 21 | 1 << 22;

impl Kernel {
    /// Whether `signal` would do nothing to the task. The first process of a PID namespace is
    /// shielded from signals that it has no handler for (pid_namespaces(7)); only from outside,
    /// and only by SIGKILL and SIGSTOP, is the shield passed.
    fn is_ignored(&self, id: TaskId, signal: Signal, from: Origin) -> bool {
        let Some(task) = self.tasks.get(id) else {
            return true;
        };
        // A blocked signal stays pending, whatever its disposition: that may change.
        if task.signals.blocked & signal.bit() != 0 {
            return false;
        }
        let action = task.signals.action(signal);
        if self.is_child_reaper(id) && action == SigAct::Default && from == Origin::Inside {
            return true;
        }
        if self.is_child_reaper(id)
            && action == SigAct::Default
            && !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP)
        {
            return true;
        }
        match action {
            SigAct::Ignore => true,
            SigAct::Default => signal.default_action() == DefaultAction::Ignore,
            SigAct::Handle { .. } => false,
        }
    }
}

/// Where a signal comes from, as the receiver's PID namespace sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A process of the same or an inner namespace, or the receiver itself.
    Inside,
    /// An ancestor namespace.
    Outside,
    /// The kernel: a fault cannot be shielded from.
    Kernel,
}

impl Ctx<'_> {
    /// Sends a signal from the calling task.
    pub fn send_signal(&mut self, to: TaskId, signal: Signal) {
        let from = self.origin_for(to);
        self.send_signal_from(to, signal, from);
    }

    /// Where the calling task stands to the receiver's PID namespace.
    fn origin_for(&self, to: TaskId) -> Origin {
        let ns = self.k.tasks.get(to).and_then(|t| self.k.pid_ns_of(t));
        let me = self.k.tasks.get(self.task);
        match (ns, me) {
            (Some(ns), Some(me)) => match self.k.pids.get(me.pid).and_then(|p| p.number_in(ns)) {
                Some(_) => Origin::Inside,
                None => Origin::Outside,
            },
            (None, _) | (_, None) => Origin::Inside,
        }
    }

    /// Makes a signal pending and wakes the task if it can act on it (prepare_signal,
    /// complete_signal in kernel/signal.c).
    pub fn send_signal_from(&mut self, to: TaskId, signal: Signal, from: Origin) {
        let Some(task) = self.k.tasks.get_mut(to) else {
            return;
        };
        if task.state == RunState::Zombie || task.exiting.is_some() {
            return;
        }
        // SIGCONT and the stop signals cancel each other before anything else is looked at.
        if signal == Signal::SIGCONT {
            task.signals.pending &= !STOPS;
        } else if STOPS & signal.bit() != 0 {
            task.signals.pending &= !Signal::SIGCONT.bit();
        }
        let is_resumed =
            matches!(signal, Signal::SIGCONT | Signal::SIGKILL) && task.state == RunState::Stopped;
        if is_resumed {
            self.resume(to, signal);
        }
        if from != Origin::Kernel && self.k.is_ignored(to, signal, from) {
            return;
        }
        let Some(task) = self.k.tasks.get_mut(to) else {
            return;
        };
        task.signals.pending |= signal.bit();
        let is_deliverable = task.signals.is_pending();
        self.emit(Event::SignalSend { task: to, signal });
        if is_deliverable {
            self.wake_if(to, |reason| {
                reason.is_interruptible()
                    || (signal == Signal::SIGKILL && reason != BlockReason::PidNsEmpty)
            });
            self.kick(to);
        }
    }

    /// A signal of the kernel's own making, which no shield or mask keeps off.
    pub fn force_signal(&mut self, to: TaskId, signal: Signal) {
        if let Some(task) = self.k.tasks.get_mut(to) {
            let is_masked = task.signals.blocked & signal.bit() != 0;
            let action = task.signals.action(signal);
            if is_masked || action == SigAct::Ignore {
                std::rc::Rc::make_mut(&mut task.signals.actions)[signal as usize % 32] =
                    SigAct::Default;
                task.signals.blocked &= !signal.bit();
            }
        }
        self.send_signal_from(to, signal, Origin::Kernel);
    }

    fn resume(&mut self, id: TaskId, signal: Signal) {
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        if signal == Signal::SIGCONT {
            task.job = JobReport::Continued;
            self.tell_parent_of_job(id);
        }
        self.activate(id);
    }

    /// A task that runs in ring 3 on some CPU looks at its signals soon: its CPU is interrupted.
    fn kick(&mut self, id: TaskId) {
        let Some(task) = self.k.tasks.get(id) else {
            return;
        };
        if task.state == RunState::Running && task.cpu != self.cpu {
            self.hw.cpu_mut(task.cpu).irq_pending = true;
        }
    }

    /// SIGCHLD to the parent, and a wake-up if it waits for stopped or continued children.
    pub(super) fn tell_parent_of_job(&mut self, id: TaskId) {
        let Some(parent) = self.k.tasks.get(id).and_then(|t| t.parent) else {
            return;
        };
        self.send_signal_from(parent, Signal::SIGCHLD, Origin::Inside);
        self.wake_if(parent, |reason| reason == BlockReason::Child);
    }
}
