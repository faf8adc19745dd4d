//! cpu.max (Documentation/scheduler/sched-bwc.rst): in each period a group may run for its quota,
//! on all CPUs together; then it is kept out of the queues until the next one.
//!
//! The kernel hands the quota out to CPUs in slices of 5 ms; here they take it as they use it.

use super::Level;
use super::group::Place;
use super::queue::Who;
use crate::hw::{CpuId, Ring};
use crate::kernel::cgroup::{CgroupId, Throttle};
use crate::kernel::task::TaskId;
use crate::kernel::{Ctx, Kernel};

impl Ctx<'_> {
    /// Charges the groups of the task on this CPU for the time that it ran.
    pub(in crate::kernel) fn account_groups(&mut self, id: TaskId, ring: Ring, ns: u64) {
        let Some(task) = self.k.tasks.get(id) else {
            return;
        };
        let (own, level) = (task.cgroups.v2, task.sched_group);
        if let Some(group) = self.k.cgroups.table.get_mut(own) {
            match ring {
                Ring::User => group.cpu.user_ns += ns,
                Ring::Kernel => group.cpu.system_ns += ns,
            }
        }
        let mut next: Level = level;
        while let Some(id) = next {
            let cpu = self.cpu;
            let Some(group) = self.k.sched.cpu_mut(cpu).and_then(|c| c.group_mut(id)) else {
                return;
            };
            next = group.above;
            let used = group.entity.run_for(ns);
            if used == super::SliceUsed::Yes
                && let Some(this) = self.k.sched.cpu_mut(cpu)
                && this.queue_at(next).is_some_and(|q| !q.is_empty())
            {
                this.need_resched = super::Resched::Yes;
            }
            self.use_bandwidth(id, ns);
        }
    }

    fn use_bandwidth(&mut self, id: CgroupId, ns: u64) {
        let now_ns = self.now_ns;
        let Some(state) = self.k.cgroups.table.get_mut(id).map(|g| &mut g.cpu) else {
            return;
        };
        if state.quota_ns.is_none() {
            return;
        }
        if state.period_end_ns == u64::MAX {
            state.period_end_ns = now_ns.saturating_add(state.period_ns);
            let end_ns = state.period_end_ns;
            if end_ns < self.k.sched.next_period_ns {
                self.k.sched.next_period_ns = end_ns;
                self.program_timer(CpuId(0), now_ns);
            }
        }
        let Some(state) = self.k.cgroups.table.get_mut(id).map(|g| &mut g.cpu) else {
            return;
        };
        state.is_used = true;
        state.runtime_ns -= ns as i64;
        if state.runtime_ns > 0 || state.throttle == Throttle::Yes {
            return;
        }
        state.throttle = Throttle::Yes;
        for at in 0..self.k.sched.cpus.len() {
            let cpu = CpuId(at as u8);
            let Some(this) = self.k.sched.cpu_mut(cpu) else {
                continue;
            };
            match this.group(id).map(|g| g.place) {
                Some(Place::Queued) => {
                    this.take_out(id);
                    if let Some(group) = this.group_mut(id) {
                        group.throttled_since_ns = Some(now_ns);
                    }
                }
                // put_groups does not put it back.
                Some(Place::Running) => self.resched(cpu),
                Some(Place::Out) | None => {}
            }
        }
    }

    /// sched_cfs_period_timer, for all groups whose period is over.
    pub(in crate::kernel) fn end_periods(&mut self) {
        if self.k.sched.next_period_ns > self.now_ns {
            return;
        }
        let now_ns = self.now_ns;
        let due: Vec<CgroupId> = (self.k.cgroups.table.iter())
            .filter(|(_, g)| g.cpu.period_end_ns <= now_ns)
            .map(|(id, _)| id)
            .collect();
        for id in due {
            let Some(state) = self.k.cgroups.table.get_mut(id).map(|g| &mut g.cpu) else {
                continue;
            };
            let late_ns = now_ns - state.period_end_ns;
            let over = late_ns / state.period_ns.max(1) + 1;
            state.nr_periods += over;
            state.refill();
            let was_throttled = state.throttle == Throttle::Yes;
            if !was_throttled && !state.is_used {
                // Nobody ran for a whole period: the timer rests.
                state.period_end_ns = u64::MAX;
                continue;
            }
            state.is_used = false;
            state.period_end_ns += over * state.period_ns;
            if was_throttled {
                state.nr_throttled += over;
                if state.runtime_ns > 0 {
                    self.unthrottle(id);
                }
            }
        }
        self.k.next_period();
    }

    /// unthrottle_cfs_rq, on all CPUs.
    pub(in crate::kernel) fn unthrottle(&mut self, id: CgroupId) {
        let now_ns = self.now_ns;
        if let Some(group) = self.k.cgroups.table.get_mut(id) {
            group.cpu.throttle = Throttle::No;
        }
        for at in 0..self.k.sched.cpus.len() {
            let cpu = CpuId(at as u8);
            let Some(group) = self.k.sched.cpu_mut(cpu).and_then(|c| c.group_mut(id)) else {
                continue;
            };
            let Some(since_ns) = group.throttled_since_ns.take() else {
                continue;
            };
            let (above, place, is_empty) = (group.above, group.place, group.queue.is_empty());
            if let Some(group) = self.k.cgroups.table.get_mut(id) {
                group.cpu.throttled_ns += now_ns.saturating_sub(since_ns);
            }
            if place == Place::Out && !is_empty {
                self.insert_upwards(Who::Group(id), above, cpu);
                self.k.share_out();
                self.resched(cpu);
            }
            self.program_timer(cpu, now_ns);
        }
    }
}

impl Kernel {
    /// Looks up when the next period ends.
    pub(in crate::kernel) fn next_period(&mut self) {
        let ends = self.cgroups.table.iter().map(|(_, g)| g.cpu.period_end_ns);
        self.sched.next_period_ns = ends.min().unwrap_or(u64::MAX);
    }

    /// CPU time until a group of the task on the CPU has used its slice while others wait beside
    /// it, or its quota.
    pub(super) fn groups_left_ns(&self, cpu: CpuId) -> u64 {
        let mut left_ns = u64::MAX;
        let Some(this) = self.sched.cpu(cpu) else {
            return left_ns;
        };
        for group in this.groups.iter().filter(|g| g.place == Place::Running) {
            if !group.queue.is_empty()
                && let Some(entity) = self.running_at(cpu, Some(group.group))
            {
                left_ns = left_ns.min(entity.slice_left_ns());
            }
            let state = self.cgroups.get(group.group).map(|g| g.cpu);
            if let Some(state) = state.filter(|s| s.quota_ns.is_some()) {
                left_ns = left_ns.min(state.runtime_ns.max(1) as u64);
            }
        }
        left_ns
    }
}
