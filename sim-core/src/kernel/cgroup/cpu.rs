//! The cpu controller: a group's weight among its siblings, its bandwidth, and the time that it
//! used. What the scheduler does with them is in [`crate::kernel::sched`].

use super::write::{signed, unsigned};
use super::{CgroupId, Cgroups, Controllers, Layout};
use crate::kernel::sched::{NICE_0_WEIGHT, nice_of_weight, weight_of_nice};
use crate::kernel::sched::{shares_of_weight, weight_of_shares};
use crate::kernel::{Ctx, Errno, Kernel};

/// min_cfs_quota_period and max_cfs_quota_period.
const MIN_NS: u64 = 1_000_000;
const MAX_PERIOD_NS: u64 = 1_000_000_000;
/// max_cfs_runtime: 44 bits of microseconds.
const MAX_QUOTA_NS: u64 = ((1 << 44) - 1) * 1_000;

/// Whether a group is kept out of the run queues until its next period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Throttle {
    #[default]
    No,
    Yes,
}

/// struct task_group and its cfs_bandwidth, with the group's own times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CpuState {
    /// Weight as the scheduler has it: 1024 is cpu.weight 100.
    pub shares: u32,
    /// Without it, as much as there is.
    pub quota_ns: Option<u64>,
    pub period_ns: u64,
    /// What is left of the quota; negative after a tick that took more.
    pub runtime_ns: i64,
    /// `u64::MAX` while no period runs.
    pub period_end_ns: u64,
    /// Somebody ran in this period.
    pub is_used: bool,
    pub throttle: Throttle,
    pub nr_periods: u64,
    pub nr_throttled: u64,
    pub throttled_ns: u64,
    /// Of tasks while they were in the group, and of groups below it that are gone.
    pub user_ns: u64,
    pub system_ns: u64,
}

impl Default for CpuState {
    fn default() -> Self {
        Self {
            shares: NICE_0_WEIGHT as u32,
            quota_ns: None,
            period_ns: 100_000_000,
            runtime_ns: 0,
            period_end_ns: u64::MAX,
            is_used: false,
            throttle: Throttle::No,
            nr_periods: 0,
            nr_throttled: 0,
            throttled_ns: 0,
            user_ns: 0,
            system_ns: 0,
        }
    }
}

impl CpuState {
    /// __refill_cfs_bandwidth_runtime: what was taken too much is paid back.
    pub fn refill(&mut self) {
        let quota = self.quota_ns.unwrap_or(0).min(MAX_QUOTA_NS) as i64;
        self.runtime_ns = self.runtime_ns.saturating_add(quota).min(quota);
    }

    /// The file cpu.max.
    pub fn max_text(self) -> String {
        let period_us = self.period_ns / 1_000;
        match self.quota_ns {
            None => format!("max {period_us}\n"),
            Some(ns) => format!("{} {period_us}\n", ns / 1_000),
        }
    }

    pub fn weight(self) -> u64 {
        weight_of_shares(self.shares)
    }

    pub fn nice(self) -> i8 {
        nice_of_weight(self.shares)
    }
}

impl Cgroups {
    /// The nearest group with the cpu controller, from a group upwards; `None` is the root.
    pub fn sched_group(&self, id: CgroupId) -> Option<CgroupId> {
        if self.layout == Layout::Hybrid || id == self.roots.v2 {
            return None;
        }
        self.chain(id)
            .find(|id| self.controllers(*id).has(Controllers::CPU))
    }

    /// The queue that such a group stands in.
    pub fn level_above(&self, id: CgroupId) -> Option<CgroupId> {
        self.sched_group(self.get(id)?.parent?)
    }

    pub fn shares(&self, id: CgroupId) -> u32 {
        self.get(id).map_or(NICE_0_WEIGHT as u32, |g| g.cpu.shares)
    }

    /// What a group that is removed has used stays with the one above.
    pub(super) fn inherit_times(&mut self, id: CgroupId, parent: CgroupId) {
        let Some(state) = self.table.get_mut(id).map(|g| &mut g.cpu) else {
            return;
        };
        let user_ns = std::mem::take(&mut state.user_ns);
        let system_ns = std::mem::take(&mut state.system_ns);
        if let Some(parent) = self.table.get_mut(parent) {
            parent.cpu.user_ns += user_ns;
            parent.cpu.system_ns += system_ns;
        }
    }

    pub fn is_throttled(&self, id: CgroupId) -> bool {
        self.get(id)
            .is_some_and(|g| g.cpu.throttle == Throttle::Yes)
    }
}

/// What a group and those below it have used: time in ring 3, in ring 0.
fn used_ns(k: &Kernel, id: CgroupId) -> (u64, u64) {
    if k.cgroups.get(id).is_some_and(|g| g.parent.is_none()) {
        // root_cgroup_cputime: what the CPUs have done.
        let times = k.sched.cpus.iter().map(|cpu| cpu.times);
        return times.fold((0, 0), |(user, system), t| {
            (user + t.user_ns, system + t.system_ns)
        });
    }
    let groups = k.cgroups.subtree(id).into_iter();
    let states = groups.filter_map(|id| k.cgroups.get(id)).map(|g| g.cpu);
    states.fold((0, 0), |(user, system), s| {
        (user + s.user_ns, system + s.system_ns)
    })
}

/// The file cpu.stat.
pub(super) fn stat(k: &Kernel, id: CgroupId) -> String {
    let (user, system) = used_ns(k, id);
    let mut text = format!(
        "usage_usec {}\nuser_usec {}\nsystem_usec {}\nnice_usec 0\n",
        (user + system) / 1_000,
        user / 1_000,
        system / 1_000
    );
    let has_controller = k.cgroups.controllers(id).has(Controllers::CPU);
    if let Some(state) = k.cgroups.get(id).map(|g| g.cpu).filter(|_| has_controller) {
        text += &format!(
            "nr_periods {}\nnr_throttled {}\nthrottled_usec {}\nnr_bursts 0\nburst_usec 0\n",
            state.nr_periods,
            state.nr_throttled,
            state.throttled_ns / 1_000
        );
    }
    text
}

/// The file cpu.stat.local: time that run queues were kept out, those that are now included.
pub(super) fn stat_local(cx: &Ctx<'_>, id: CgroupId) -> String {
    let k = &cx.k;
    if !k.cgroups.controllers(id).has(Controllers::CPU) {
        return String::new();
    }
    let before = k.cgroups.get(id).map_or(0, |g| g.cpu.throttled_ns);
    let since = |cpu: &crate::kernel::sched::CpuSched| cpu.group(id)?.throttled_since_ns;
    let now: u64 = (k.sched.cpus.iter().filter_map(since))
        .map(|ns| cx.now_ns.saturating_sub(ns))
        .sum();
    format!("throttled_usec {}\n", (before + now) / 1_000)
}

fn set_shares(cx: &mut Ctx<'_>, id: CgroupId, shares: u32) {
    if let Some(group) = cx.k.cgroups.table.get_mut(id) {
        group.cpu.shares = shares;
    }
    cx.k.share_out();
}

/// cpu.weight.
///
/// # Errors
/// ERANGE outside 1 to 10000; EINVAL for what is no number.
pub(super) fn set_weight(cx: &mut Ctx<'_>, id: CgroupId, text: &str) -> Result<(), Errno> {
    let weight = unsigned(&cx.why, text)?;
    forbid!(cx.why, CgroupCpuRange, weight, if !(1..=10_000).contains(&weight))?;
    set_shares(cx, id, shares_of_weight(weight));
    Ok(())
}

/// cpu.weight.nice.
///
/// # Errors
/// ERANGE outside -20 to 19; EINVAL for what is no number.
pub(super) fn set_nice(cx: &mut Ctx<'_>, id: CgroupId, text: &str) -> Result<(), Errno> {
    let nice = signed(&cx.why, text)?;
    forbid!(cx.why, CgroupCpuRange, nice, if !(-20..=19).contains(&nice))?;
    set_shares(cx, id, weight_of_nice(nice as i8));
    Ok(())
}

/// The digits that a text begins with, as `%llu` of sscanf reads them.
fn leading_number(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..digits)?.parse().ok()
}

/// cpu.max: `MAX` or `MAX PERIOD`, in microseconds (cpu_period_quota_parse).
///
/// # Errors
/// EINVAL for a quota that is neither a number nor `max`, for less than a millisecond, and for a
/// period of more than a second.
pub(super) fn set_max(cx: &mut Ctx<'_>, id: CgroupId, text: &str) -> Result<(), Errno> {
    let mut words = text.split_ascii_whitespace();
    let quota = words.next().ok_or_else(|| refuse!(cx.why, CgroupCpuMax))?;
    let mut state = cx.k.cgroups.get(id).ok_or(lost!(ENODEV))?.cpu;
    if let Some(period_us) = words.next().and_then(leading_number) {
        state.period_ns = period_us.saturating_mul(1_000);
    }
    state.quota_ns = match (leading_number(quota), quota) {
        (Some(us), _) => Some(us.saturating_mul(1_000)),
        (None, "max") => None,
        (None, _) => return Err(refuse!(cx.why, CgroupCpuMax)),
    };
    forbid!(cx.why, CgroupCpuMax, if state
        .quota_ns
        .is_some_and(|ns| !(MIN_NS..=MAX_QUOTA_NS).contains(&ns))
        || !(MIN_NS..=MAX_PERIOD_NS).contains(&state.period_ns))?;
    state.runtime_ns = 0;
    state.refill();
    state.period_end_ns = u64::MAX;
    if let Some(group) = cx.k.cgroups.table.get_mut(id) {
        group.cpu = state;
    }
    cx.unthrottle(id);
    cx.k.next_period();
    Ok(())
}

/// After the controller was turned on or off below a group: its tasks have other levels, and
/// what the controller was told is forgotten.
pub(super) fn switched(cx: &mut Ctx<'_>, id: CgroupId) {
    let children = cx.k.cgroups.get(id).map(|g| g.children.clone());
    let children = children.unwrap_or_default();
    for child in &children {
        cx.unthrottle(*child);
        if let Some(group) = cx.k.cgroups.table.get_mut(*child) {
            group.cpu = CpuState {
                user_ns: group.cpu.user_ns,
                system_ns: group.cpu.system_ns,
                ..CpuState::default()
            };
        }
    }
    let tasks: Vec<_> = cx.k.tasks.iter().map(|(id, _)| id).collect();
    for task in tasks {
        cx.sched_regroup(task);
    }
    for child in children {
        if cx.k.cgroups.sched_group(child) != Some(child) {
            cx.k.forget_group_queues(child);
        }
    }
    cx.k.next_period();
}
