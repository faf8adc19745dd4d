//! The scheduler: EEVDF, one run queue per CPU (Documentation/scheduler/sched-eevdf.rst).

mod bandwidth;
mod entity;
mod group;
mod group_moves;
mod hotplug;
mod queue;
mod switch;

pub use entity::{NICE_0_WEIGHT, SchedEntity, SliceUsed, nice_of_weight, weight_of_nice};
pub use group::{GroupQueue, Level, Place, shares_of_weight, weight_of_shares};
pub use queue::{RunQueue, Who};
pub use switch::{Phase, program_own_timer};

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
    pub times: CpuTimes,
    /// Groups with tasks of this CPU, in no order. None as long as the cpu controller is not on.
    pub groups: Vec<GroupQueue>,
}

/// What a CPU spent its time on (struct kernel_cpustat).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CpuTimes {
    pub user_ns: u64,
    pub system_ns: u64,
    /// How long it took part before it was plugged in last, and since when it does now.
    was_in_ns: u64,
    in_since_ns: u64,
}

impl CpuTimes {
    /// What is left of the time in which it took part.
    pub fn idle_ns(&self, phase: Phase, now_ns: u64) -> u64 {
        let since_ns = match phase {
            Phase::Offline => 0,
            Phase::Idle
            | Phase::User
            | Phase::Call
            | Phase::Fault
            | Phase::Return
            | Phase::Schedule => now_ns.saturating_sub(self.in_since_ns),
        };
        (self.was_in_ns + since_ns).saturating_sub(self.user_ns + self.system_ns)
    }
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
    /// When a period of some group's bandwidth ends next; `u64::MAX` when none runs. CPU 0's timer
    /// knows it.
    pub next_period_ns: u64,
}

impl Sched {
    pub fn new(cpus: usize) -> Self {
        Self {
            cpus: vec![CpuSched::idle(); cpus],
            next_seq: 0,
            next_period_ns: u64::MAX,
        }
    }
}

impl CpuSched {
    fn idle() -> Self {
        Self {
            current: None,
            phase: Phase::Idle,
            queue: RunQueue::default(),
            need_resched: Resched::No,
            timers: Timers::default(),
            times: CpuTimes::default(),
            groups: Vec::new(),
        }
    }
}
