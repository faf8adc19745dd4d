//! The scheduler: EEVDF, one run queue per CPU (Documentation/scheduler/sched-eevdf.rst).

mod entity;
mod queue;
mod switch;

pub use entity::{SchedEntity, SliceUsed, weight_of_nice};
pub use queue::RunQueue;
pub use switch::{Phase, program_timer};

use super::task::TaskId;
use super::timer::Timers;

/// What the kernel keeps per CPU.
#[derive(Clone, Debug, Hash)]
pub struct CpuSched {
    pub current: Option<TaskId>,
    pub phase: Phase,
    pub queue: RunQueue,
    pub need_resched: Resched,
    pub timers: Timers,
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
    /// Order of arming, among timers due at the same time.
    pub next_seq: u64,
}

impl Sched {
    pub fn new(cpus: usize) -> Self {
        let idle = CpuSched {
            current: None,
            phase: Phase::Idle,
            queue: RunQueue::default(),
            need_resched: Resched::No,
            timers: Timers::default(),
        };
        Self {
            cpus: vec![idle; cpus],
            next_seq: 0,
        }
    }
}
