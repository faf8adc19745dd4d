//! Making a signal pending, and waking whom it concerns.

use super::{DefaultAction, Shield, Signal};
use crate::event::Event;
use crate::kernel::syscall::{SaFlags, SigAct};
use crate::kernel::task::{JobReport, RunState, Task, TaskId};
use crate::kernel::{BlockReason, Ctx, Kernel};

/// RLIMIT_SIGPENDING of a machine of this size.
pub const QUEUED_MAX: usize = 127_457;

const STOPS: u64 =
    Signal::SIGSTOP.bit() | Signal::SIGTSTP.bit() | Signal::SIGTTIN.bit() | Signal::SIGTTOU.bit();

impl Kernel {
    /// sig_ignored: whether `signal` would do nothing to the task. The first process of a PID
    /// namespace is shielded from signals that it has no handler for (pid_namespaces(7)); only
    /// from outside, and only by SIGKILL and SIGSTOP, is the shield passed.
    fn is_ignored(&self, id: TaskId, signal: Signal, from: Origin) -> bool {
        let Some(task) = self.tasks.get(id) else {
            return true;
        };
        // A blocked signal stays pending, whatever its disposition: that may change.
        if task.signals.blocked & signal.bit() != 0 {
            return false;
        }
        if self.is_global_init(id) && signal.is_kernel_only() {
            return true;
        }
        let action = task.signals.action(signal);
        let is_forced = from != Origin::Inside && signal.is_kernel_only();
        if task.signals.shield == Shield::Up && action == SigAct::Default && !is_forced {
            return true;
        }
        signal.is_ignored_by(action)
    }
}

impl Signal {
    /// Whether it does nothing with this disposition (sig_handler_ignored).
    pub fn is_ignored_by(self, action: SigAct) -> bool {
        match action {
            SigAct::Ignore => true,
            SigAct::Default => matches!(
                self.default_action(),
                DefaultAction::Ignore | DefaultAction::Continue
            ),
            SigAct::Handle { .. } | SigAct::HandleOnce => false,
        }
    }
}

/// Where a signal comes from, as the receiver's PID namespace sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A process of the same or an inner namespace, or the receiver itself.
    Inside,
    /// An ancestor namespace, or the kernel on behalf of nobody.
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
        if task.state == RunState::Zombie
            || task.exiting.is_some()
            || task.signals.group_exit.is_some()
        {
            return;
        }
        // SIGCONT and the stop signals cancel each other before anything else is looked at.
        if signal == Signal::SIGCONT {
            task.signals.pending &= !STOPS;
            if task.state == RunState::Stopped {
                task.job = JobReport::Continued;
                self.tell_parent_of_job(to);
                self.activate(to);
            }
        } else if STOPS & signal.bit() != 0 {
            task.signals.pending &= !Signal::SIGCONT.bit();
        }
        if from != Origin::Kernel && self.k.is_ignored(to, signal, from) {
            return;
        }
        let Some(task) = self.k.tasks.get_mut(to) else {
            return;
        };
        // A standard signal is pending once, however often it is sent.
        let is_pending = task.signals.pending & signal.bit() != 0;
        if is_pending && !signal.is_queued() {
            return;
        }
        // Beyond the limit kill(2) leaves it at that one (__send_signal_locked).
        if is_pending && task.signals.queued.len() < QUEUED_MAX {
            task.signals.queued.push(signal);
        }
        // Who is frozen does not look at what is pending, and is woken by each (do_freezer_trap).
        let is_first =
            !task.signals.is_pending() || task.state == RunState::Blocked(BlockReason::Frozen);
        task.signals.pending |= signal.bit();
        let wants = task.signals.deliverable() & signal.bit() != 0
            && (signal == Signal::SIGKILL || (task.state != RunState::Stopped && is_first));
        if wants && is_fatal(task, signal) {
            task.signals.group_exit = Some(signal);
            task.signals.pending |= Signal::SIGKILL.bit();
        }
        let is_dying = task.signals.group_exit.is_some();
        let is_stopped = task.state == RunState::Stopped;
        let is_deliverable = task.signals.is_pending();
        self.emit(Event::SignalSend { task: to, signal });
        if is_dying && is_stopped {
            if let Some(task) = self.k.tasks.get_mut(to) {
                task.job = JobReport::Nothing;
            }
            self.activate(to);
        } else if is_deliverable {
            self.wake_if(to, |reason| {
                reason.is_interruptible() || (is_dying && reason != BlockReason::PidNsEmpty)
            });
            self.kick(to);
        }
    }

    /// force_fatal_sig: one that ends the task, even if it has a handler.
    pub fn force_fatal_signal(&mut self, to: TaskId, signal: Signal) {
        if let Some(task) = self.k.tasks.get_mut(to) {
            std::rc::Rc::make_mut(&mut task.signals.actions)[signal.place()] = SigAct::Default;
        }
        self.force_signal(to, signal);
    }

    /// A signal of the kernel's own making, which no shield or mask keeps off.
    pub fn force_signal(&mut self, to: TaskId, signal: Signal) {
        if let Some(task) = self.k.tasks.get_mut(to) {
            let is_masked = task.signals.blocked & signal.bit() != 0;
            let action = task.signals.action(signal);
            if is_masked || action == SigAct::Ignore {
                std::rc::Rc::make_mut(&mut task.signals.actions)[signal.place()] = SigAct::Default;
                task.signals.blocked &= !signal.bit();
            }
            if task.signals.action(signal) == SigAct::Default {
                task.signals.shield = Shield::Down;
            }
        }
        self.send_signal_from(to, signal, Origin::Kernel);
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

    /// do_notify_parent_cldstop: SIGCHLD to the parent, unless it wants to hear of the dead only,
    /// and a wake-up if it waits for stopped or continued children.
    pub(super) fn tell_parent_of_job(&mut self, id: TaskId) {
        let Some(task) = self.k.tasks.get(id) else {
            return;
        };
        let (Some(parent), pgrp) = (task.parent, task.pgrp) else {
            return;
        };
        let hears = self.k.tasks.get(parent).is_some_and(|p| {
            p.signals.action(Signal::SIGCHLD) != SigAct::Ignore
                && !p.signals.child_flags.has(SaFlags::NOCLDSTOP)
        });
        if hears {
            self.send_signal_from(parent, Signal::SIGCHLD, Origin::Inside);
        }
        self.wake_parent(parent, id, pgrp);
    }
}

/// Whether it kills at once: terminating signals without a core dump do (sig_fatal).
fn is_fatal(task: &Task, signal: Signal) -> bool {
    task.signals.action(signal) == SigAct::Default
        && signal.default_action() == DefaultAction::Terminate
        && !signal.dumps_core()
}
