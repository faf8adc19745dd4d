//! The scheduler: EEVDF, one run queue per CPU (Documentation/scheduler/sched-eevdf.rst).

mod entity;
mod queue;
mod switch;

pub use entity::{SchedEntity, weight_of_nice};
pub use queue::RunQueue;
pub use switch::Phase;

use super::task::TaskId;
use crate::store::CowVec;

/// A timer that is due at a moment, for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    pub at_ns: u64,
    pub seq: u64,
    pub task: TaskId,
}

/// What the kernel keeps per CPU.
#[derive(Clone, Debug, Hash)]
pub struct CpuSched {
    pub current: Option<TaskId>,
    pub phase: Phase,
    pub queue: RunQueue,
    pub need_resched: Resched,
    /// When the running task was put on, or last accounted.
    pub exec_start_ns: u64,
    pub timers: super::timer::Timers,
}

/// TIF_NEED_RESCHED.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Resched {
    #[default]
    No,
    Yes,
}

/// All CPUs.
#[derive(Clone, Debug, Hash)]
pub struct Sched {
    pub cpus: Vec<CpuSched>,
    pub next_seq: u64,
}
#[allow(unused)]
type Unused = CowVec<u8>;
