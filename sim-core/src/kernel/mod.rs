//! The kernel, after Linux: names, numbers and rules.
//!
//! Invariant: nothing here names a container. There is no such thing in Linux either.

#[macro_use]
pub mod rule;

pub mod boot;
pub mod cgroup;
pub mod cred;
pub mod entry;
mod errno;
pub mod fs;
mod injection;
pub mod invariants;
pub mod ipc;
pub mod mm;
pub mod net;
pub mod ns;
pub mod sched;
pub mod signal;
pub mod syscall;
pub mod task;
pub mod timer;

pub use errno::Errno;
pub use injection::{Answer, Injection, UserStep};
pub use mm::{FaultOutcome, FrameOrder};
pub use ns::{NsId, NsKind};
pub use signal::Signal;
pub use syscall::{Ctx, Outcome, Reply, SysResult, Syscall};
pub use task::{BlockReason, ProgramId, Task, TaskId};

use crate::hw::cost::Costs;

/// Everything that the kernel knows. Each part guards its own tables; what crosses them is a
/// function over [`Ctx`].
#[derive(Clone, Debug, Hash)]
pub struct Kernel {
    pub costs: Costs,
    pub tasks: task::Tasks,
    pub pids: task::Pids,
    pub sched: sched::Sched,
    pub mm: mm::Memory,
    pub vfs: fs::Vfs,
    pub ns: ns::Namespaces,
    pub cgroups: cgroup::Cgroups,
    pub net: net::Net,
    /// The namespaces that the first task was born in; user namespace last.
    pub init_ns: ns::NsProxy,
    pub init_user_ns: ns::NsId,
    /// The first task. Invariant: it never ends; if it does, the machine halts as Linux panics.
    pub init: Option<TaskId>,
    /// Tasks made so far.
    pub born: u64,
    /// Times that a task became somebody's child.
    pub adopted: u64,
    pub world: boot::World,
    /// What the programs' side has to hear of: forks, execs, exits since it last looked.
    pub notices: Vec<UserNotice>,
    /// A broken invariant; nothing runs any more.
    pub panic: Option<syscall::Str>,
}

/// News for whoever keeps the programs' own state beside the registers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserNotice {
    /// The child is a copy of the parent.
    Forked { parent: TaskId, child: TaskId },
    /// The task starts anew as its program.
    Execed { task: TaskId },
    /// The task will not run again.
    Gone { task: TaskId },
}
