//! Signals (signal(7)): dispositions, masks, what is pending.

mod deliver;
mod send;
mod syscalls;

mod pgrp;
mod pidfd;

pub use deliver::Delivered;
pub use pgrp::OrphanedBy;
pub use pidfd::{sys_pidfd_open, sys_pidfd_send_signal};
pub use send::Origin;
pub(super) use syscalls::kill_ok;
pub use syscalls::{sys_kill, sys_pause, sys_rt_sigaction, sys_rt_sigpending, sys_rt_sigprocmask};

use super::syscall::{SaFlags, SigAct};
use std::rc::Rc;

macro_rules! signals {
    ($($name:ident = $nr:literal, $action:ident;)*) => {
        /// Standard signals of x86-64 Linux.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Signal { $($name = $nr,)* }

        impl Signal {
            pub fn from_nr(nr: i32) -> Option<Signal> {
                match nr { $($nr => Some(Signal::$name),)* _ => None }
            }
            pub fn name(self) -> &'static str {
                match self { $(Signal::$name => stringify!($name),)* }
            }
            /// What happens when nothing else was asked for.
            pub fn default_action(self) -> DefaultAction {
                match self { $(Signal::$name => DefaultAction::$action,)* }
            }
        }
    };
}

signals! {
    SIGHUP = 1, Terminate;
    SIGINT = 2, Terminate;
    SIGQUIT = 3, Terminate;
    SIGILL = 4, Terminate;
    SIGTRAP = 5, Terminate;
    SIGABRT = 6, Terminate;
    SIGBUS = 7, Terminate;
    SIGFPE = 8, Terminate;
    SIGKILL = 9, Terminate;
    SIGUSR1 = 10, Terminate;
    SIGSEGV = 11, Terminate;
    SIGUSR2 = 12, Terminate;
    SIGPIPE = 13, Terminate;
    SIGALRM = 14, Terminate;
    SIGTERM = 15, Terminate;
    SIGSTKFLT = 16, Terminate;
    SIGCHLD = 17, Ignore;
    SIGCONT = 18, Continue;
    SIGSTOP = 19, Stop;
    SIGTSTP = 20, Stop;
    SIGTTIN = 21, Stop;
    SIGTTOU = 22, Stop;
    SIGURG = 23, Ignore;
    SIGXCPU = 24, Terminate;
    SIGXFSZ = 25, Terminate;
    SIGVTALRM = 26, Terminate;
    SIGPROF = 27, Terminate;
    SIGWINCH = 28, Ignore;
    SIGIO = 29, Terminate;
    SIGPWR = 30, Terminate;
    SIGSYS = 31, Terminate;
}

/// Default dispositions. Core dumps are not modelled: they are plain termination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    Terminate,
    Ignore,
    Stop,
    Continue,
}

/// Sent by faults: taken before all others (SYNCHRONOUS_MASK).
pub const SYNCHRONOUS: SignalSet = Signal::SIGSEGV.bit()
    | Signal::SIGBUS.bit()
    | Signal::SIGILL.bit()
    | Signal::SIGTRAP.bit()
    | Signal::SIGFPE.bit()
    | Signal::SIGSYS.bit();

impl Signal {
    /// SIGKILL and SIGSTOP, which nobody can handle, block or ignore.
    pub fn is_kernel_only(self) -> bool {
        matches!(self, Signal::SIGKILL | Signal::SIGSTOP)
    }

    /// Whether its default action dumps core: it kills only when it is delivered, while the
    /// others that terminate kill when they are sent.
    pub fn dumps_core(self) -> bool {
        matches!(
            self,
            Signal::SIGQUIT
                | Signal::SIGILL
                | Signal::SIGTRAP
                | Signal::SIGABRT
                | Signal::SIGBUS
                | Signal::SIGFPE
                | Signal::SIGSEGV
                | Signal::SIGXCPU
                | Signal::SIGXFSZ
                | Signal::SIGSYS
        )
    }

    pub fn nr(self) -> i32 {
        self as i32
    }
    /// Its bit in a set.
    pub const fn bit(self) -> u64 {
        1 << (self as u32)
    }
}

/// A set of signals, bit N for number N.
pub type SignalSet = u64;

/// What a task does about signals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignalState {
    pub pending: SignalSet,
    pub blocked: SignalSet,
    /// By number; index 0 is unused. Shared with forked children until one of them changes it.
    pub actions: Rc<[SigAct; 32]>,
    /// Handled signals that the program has not looked at.
    pub noted: SignalSet,
    /// Handlers whose frames are on the stack and that have not run yet, in the order in which
    /// they were pushed: the last one runs first.
    pub frames: Vec<Signal>,
    /// SIGNAL_GROUP_EXIT: the signal that it is dying of. Nothing else reaches it any more.
    pub group_exit: Option<Signal>,
    /// SIGNAL_UNKILLABLE: an init, until a fault of its own.
    pub shield: Shield,
    /// SA_NOCLDSTOP and SA_NOCLDWAIT of SIGCHLD.
    pub child_flags: SaFlags,
}

/// Whether signals that would kill or stop are kept off (pid_namespaces(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shield {
    #[default]
    Down,
    Up,
}

impl Default for SignalState {
    fn default() -> Self {
        Self {
            pending: 0,
            blocked: 0,
            actions: Rc::new([SigAct::Default; 32]),
            noted: 0,
            frames: Vec::new(),
            group_exit: None,
            shield: Shield::Down,
            child_flags: SaFlags::default(),
        }
    }
}

impl SignalState {
    /// What a child begins with: the mask and the dispositions, nothing pending (fork(2)).
    pub fn forked(&self) -> Self {
        Self {
            pending: 0,
            blocked: self.blocked,
            actions: self.actions.clone(),
            noted: 0,
            frames: Vec::new(),
            group_exit: None,
            shield: Shield::Down,
            child_flags: self.child_flags,
        }
    }

    pub fn action(&self, signal: Signal) -> SigAct {
        self.actions[signal as usize % 32]
    }

    /// Pending and not blocked. SIGKILL and SIGSTOP cannot be blocked (signal(7)).
    pub fn deliverable(&self) -> SignalSet {
        let never = Signal::SIGKILL.bit() | Signal::SIGSTOP.bit();
        self.pending & !(self.blocked & !never)
    }

    /// Whether a blocking call must give up.
    pub fn is_pending(&self) -> bool {
        self.deliverable() != 0
    }
}
