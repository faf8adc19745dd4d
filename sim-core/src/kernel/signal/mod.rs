//! Signals (signal(7)): dispositions, masks, what is pending.

mod deliver;
mod send;
mod syscalls;

mod pgrp;
mod pidfd;

pub use deliver::Delivered;
pub use pgrp::OrphanedBy;
pub use pidfd::{sys_pidfd_open, sys_pidfd_send_signal};
pub use send::{Origin, QUEUED_MAX};
pub(super) use syscalls::kill_ok;
pub use syscalls::{sys_kill, sys_pause, sys_rt_sigaction, sys_rt_sigpending, sys_rt_sigprocmask};

use super::syscall::{SaFlags, SigAct};
use std::rc::Rc;

macro_rules! signals {
    ($($name:ident = $nr:literal, $action:ident;)*) => {
        /// Signals of x86-64 Linux; the real-time ones as strace(1) calls them.
        #[allow(non_camel_case_types)]
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
    SIGRT_0 = 32, Terminate;
    SIGRT_1 = 33, Terminate;
    SIGRT_2 = 34, Terminate;
    SIGRT_3 = 35, Terminate;
    SIGRT_4 = 36, Terminate;
    SIGRT_5 = 37, Terminate;
    SIGRT_6 = 38, Terminate;
    SIGRT_7 = 39, Terminate;
    SIGRT_8 = 40, Terminate;
    SIGRT_9 = 41, Terminate;
    SIGRT_10 = 42, Terminate;
    SIGRT_11 = 43, Terminate;
    SIGRT_12 = 44, Terminate;
    SIGRT_13 = 45, Terminate;
    SIGRT_14 = 46, Terminate;
    SIGRT_15 = 47, Terminate;
    SIGRT_16 = 48, Terminate;
    SIGRT_17 = 49, Terminate;
    SIGRT_18 = 50, Terminate;
    SIGRT_19 = 51, Terminate;
    SIGRT_20 = 52, Terminate;
    SIGRT_21 = 53, Terminate;
    SIGRT_22 = 54, Terminate;
    SIGRT_23 = 55, Terminate;
    SIGRT_24 = 56, Terminate;
    SIGRT_25 = 57, Terminate;
    SIGRT_26 = 58, Terminate;
    SIGRT_27 = 59, Terminate;
    SIGRT_28 = 60, Terminate;
    SIGRT_29 = 61, Terminate;
    SIGRT_30 = 62, Terminate;
    SIGRT_31 = 63, Terminate;
    SIGRT_32 = 64, Terminate;
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

    /// By its name, `SIGTERM`.
    pub fn named(name: &str) -> Option<Signal> {
        let mut all = (1..=COUNT as i32).filter_map(Signal::from_nr);
        all.find(|signal| signal.name() == name)
    }
    pub fn nr(self) -> i32 {
        self as i32
    }
    /// Its bit in a set.
    pub const fn bit(self) -> u64 {
        1 << (self as u32 - 1)
    }
    /// Its place among [`SignalState::actions`].
    pub const fn place(self) -> usize {
        (self as usize - 1) % COUNT
    }
    /// Whether it is pending as often as it was sent (signal(7)).
    pub fn is_queued(self) -> bool {
        self >= Signal::SIGRT_0
    }
    /// The first of a set, in the order in which they are acted on: those of faults, then by
    /// number (next_signal).
    pub fn first_of(set: SignalSet) -> Option<Signal> {
        let first = match set & SYNCHRONOUS {
            0 => set,
            synchronous => synchronous,
        };
        Signal::from_nr(first.trailing_zeros() as i32 + 1)
    }
}

/// How many there are.
pub const COUNT: usize = 64;

/// A set of signals, bit N - 1 for number N.
pub type SignalSet = u64;

/// What a task does about signals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignalState {
    pub pending: SignalSet,
    /// Real-time signals that are pending once more, in the order of their sending.
    pub queued: Vec<Signal>,
    pub blocked: SignalSet,
    /// By [`Signal::place`]. Shared with forked children until one of them changes it.
    pub actions: Rc<[SigAct; COUNT]>,
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
            queued: Vec::new(),
            blocked: 0,
            actions: Rc::new([SigAct::Default; COUNT]),
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
            queued: Vec::new(),
            blocked: self.blocked,
            actions: self.actions.clone(),
            frames: Vec::new(),
            group_exit: None,
            shield: Shield::Down,
            child_flags: self.child_flags,
        }
    }

    pub fn action(&self, signal: Signal) -> SigAct {
        self.actions[signal.place()]
    }

    /// Pending and not blocked. SIGKILL and SIGSTOP cannot be blocked (signal(7)).
    pub fn deliverable(&self) -> SignalSet {
        let never = Signal::SIGKILL.bit() | Signal::SIGSTOP.bit();
        self.pending & !(self.blocked & !never)
    }

    /// What is ignored from now on is not pending any more, blocked or not (sigaction(2)).
    pub fn discard(&mut self, signal: Signal) {
        self.pending &= !signal.bit();
        self.queued.retain(|queued| *queued != signal);
    }

    /// Whether a blocking call must give up.
    pub fn is_pending(&self) -> bool {
        self.deliverable() != 0
    }
}
