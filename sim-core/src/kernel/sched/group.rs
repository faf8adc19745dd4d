//! Group scheduling (CONFIG_FAIR_GROUP_SCHED): a group with the cpu controller stands in the
//! queue above it as one entity, for all its tasks of that CPU.
//!
//! Where the controller is off nobody has a group, and nothing here is called.

use super::queue::Who;
use super::{CpuSched, NICE_0_WEIGHT, RunQueue, SchedEntity};
use crate::hw::CpuId;
use crate::kernel::Kernel;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::task::{RunState, TaskId};

/// Whose queue: a group's, or the CPU's own.
pub type Level = Option<CgroupId>;

/// Where a group is on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In no queue: none of its tasks may run here.
    Out,
    /// In the queue above. Invariant: its own queue is not empty.
    Queued,
    /// The task on the CPU is one of its tasks.
    Running,
}

/// A group on one CPU (struct cfs_rq with its sched_entity).
#[derive(Clone, Debug, Hash)]
pub struct GroupQueue {
    pub group: CgroupId,
    /// The queue that it stands in.
    pub above: Level,
    /// Its weight is its part of the group's shares: that of its tasks on this CPU.
    pub entity: SchedEntity,
    pub queue: RunQueue,
    pub place: Place,
    /// Since when it is kept out for lack of bandwidth.
    pub throttled_since_ns: Option<u64>,
}

impl CpuSched {
    pub fn group(&self, id: CgroupId) -> Option<&GroupQueue> {
        self.groups.iter().find(|g| g.group == id)
    }

    pub fn group_mut(&mut self, id: CgroupId) -> Option<&mut GroupQueue> {
        self.groups.iter_mut().find(|g| g.group == id)
    }

    pub fn queue_at(&self, level: Level) -> Option<&RunQueue> {
        match level {
            None => Some(&self.queue),
            Some(id) => self.group(id).map(|g| &g.queue),
        }
    }

    pub fn queue_at_mut(&mut self, level: Level) -> Option<&mut RunQueue> {
        match level {
            None => Some(&mut self.queue),
            Some(id) => self.group_mut(id).map(|g| &mut g.queue),
        }
    }

    /// Tasks in its queues, also of groups that are kept out.
    pub fn waiting(&self) -> usize {
        let is_task = |who: &Who| matches!(who, Who::Task(_));
        if self.groups.is_empty() {
            return self.queue.len();
        }
        let queues = self.groups.iter().map(|g| &g.queue).chain([&self.queue]);
        queues.map(|q| q.iter().filter(is_task).count()).sum()
    }

    /// Of them, those that another CPU may take.
    pub fn takeable(&self) -> usize {
        let is_task = |who: &Who| matches!(who, Who::Task(_));
        if self.groups.is_empty() {
            return self.queue.len();
        }
        let groups = self.groups.iter().filter(|g| g.place != Place::Out);
        let queues = groups.map(|g| &g.queue).chain([&self.queue]);
        queues.map(|q| q.iter().filter(is_task).count()).sum()
    }

    /// Every queue with its level, the CPU's own first.
    pub fn levels(&self) -> impl Iterator<Item = (Level, &RunQueue)> {
        let groups = self.groups.iter().map(|g| (Some(g.group), &g.queue));
        std::iter::once((None, &self.queue)).chain(groups)
    }

    /// The group of the task on this CPU, by what the groups say of themselves.
    pub fn innermost_running(&self) -> Level {
        let mut running = self.groups.iter().filter(|g| g.place == Place::Running);
        let is_above = |id| {
            let mut groups = self.groups.iter();
            groups.any(|g| g.place == Place::Running && g.above == Some(id))
        };
        running.find(|g| !is_above(g.group)).map(|g| g.group)
    }

    /// Takes a group out of the queue above, and those above it that are empty then.
    pub fn take_out(&mut self, id: CgroupId) {
        let mut next = Some(id);
        while let Some(id) = next {
            next = None;
            let Some(group) = self.group(id) else { return };
            if group.place != Place::Queued {
                return;
            }
            let (above, mut entity) = (group.above, group.entity);
            let Some(queue) = self.queue_at_mut(above) else {
                return;
            };
            entity.vlag = queue.lag_of_queued(&entity);
            queue.remove(Who::Group(id));
            if queue.is_empty() {
                next = above;
            }
            if let Some(group) = self.group_mut(id) {
                group.entity = entity;
                group.place = Place::Out;
            }
        }
    }

    /// Takes a task out of its queue, and its groups if they are empty then.
    pub fn dequeue(&mut self, task: TaskId, level: Level) -> Option<()> {
        let queue = self.queue_at_mut(level)?;
        queue.remove(Who::Task(task))?;
        if queue.is_empty()
            && let Some(group) = level
        {
            self.take_out(group);
        }
        Some(())
    }

    /// Takes who runs next, down to a task.
    pub fn pick(&mut self) -> Option<TaskId> {
        let mut who = self.queue.pick()?;
        loop {
            match who {
                Who::Task(task) => return Some(task),
                Who::Group(id) => {
                    let group = self.group_mut(id)?;
                    group.place = Place::Running;
                    who = group.queue.pick()?;
                }
            }
        }
    }

    /// Takes a task that would run last here, of those that may run.
    pub fn steal(&mut self) -> Option<(TaskId, Level)> {
        let mut level: Level = None;
        loop {
            match self.queue_at(level)?.last() {
                Some(Who::Task(task)) => {
                    self.dequeue(task, level)?;
                    return Some((task, level));
                }
                Some(Who::Group(id)) => level = Some(id),
                // Nobody waits beside the group that runs; its own tasks may.
                None => {
                    let above = level;
                    let running = |g: &&GroupQueue| g.above == above && g.place == Place::Running;
                    level = Some(self.groups.iter().find(running)?.group);
                }
            }
        }
    }
}

impl Kernel {
    /// The level of a task: its nearest group with the cpu controller.
    pub fn sched_level(&self, task: TaskId) -> Level {
        self.tasks.get(task).and_then(|t| t.sched_group)
    }

    /// The entity that runs in a queue: the task on the CPU, or the group that it runs for.
    pub fn running_at(&self, cpu: CpuId, level: Level) -> Option<SchedEntity> {
        let this = self.sched.cpu(cpu)?;
        let task = this.current.and_then(|id| self.tasks.get(id));
        let task = task.filter(|t| t.state == RunState::Running)?;
        if task.sched_group == level {
            return Some(task.sched);
        }
        let is_it = |g: &&GroupQueue| g.above == level && g.place == Place::Running;
        this.groups.iter().find(is_it).map(|g| g.entity)
    }

    /// Makes a group and those above it known to a CPU.
    pub(super) fn know_groups(&mut self, cpu: CpuId, level: Level) {
        let mut next = level;
        while let Some(id) = next {
            let above = self.cgroups.level_above(id);
            let shares = self.cgroups.shares(id);
            let Some(this) = self.sched.cpu_mut(cpu) else {
                return;
            };
            if this.group(id).is_some() {
                return;
            }
            this.groups.push(GroupQueue {
                group: id,
                above,
                entity: SchedEntity {
                    weight: shares,
                    ..SchedEntity::default()
                },
                queue: RunQueue::default(),
                place: Place::Out,
                throttled_since_ns: None,
            });
            next = above;
        }
    }

    /// Forgets a group that has no tasks any more.
    pub fn forget_group_queues(&mut self, id: CgroupId) {
        for cpu in &mut self.sched.cpus {
            cpu.groups.retain(|g| g.group != id);
        }
    }

    /// calc_group_shares: a group's shares are divided among the CPUs as its load is.
    pub fn share_out(&mut self) {
        let mut all: Vec<CgroupId> = Vec::new();
        for cpu in &self.sched.cpus {
            for group in &cpu.groups {
                if !all.contains(&group.group) {
                    all.push(group.group);
                }
            }
        }
        for id in all {
            let shares = u64::from(self.cgroups.shares(id));
            let load = |k: &Kernel, at: usize| {
                let queued = k.sched.cpus.get(at).and_then(|c| c.queue_at(Some(id)));
                let running = k.running_at(CpuId(at as u8), Some(id));
                queued.map_or(0, RunQueue::load) + running.map_or(0, |e| u64::from(e.weight))
            };
            let loads: Vec<u64> = (0..self.sched.cpus.len())
                .map(|at| load(self, at))
                .collect();
            let total: u64 = loads.iter().sum();
            for (at, load) in loads.into_iter().enumerate() {
                if load > 0 {
                    let weight = (shares * load / total.max(1)).clamp(2, shares.max(2));
                    self.reweight(at, id, weight as u32);
                }
            }
        }
    }

    /// reweight_entity: the group keeps what it is owed.
    fn reweight(&mut self, at: usize, id: CgroupId, weight: u32) {
        let Some(group) = self.sched.cpus.get(at).and_then(|c| c.group(id)) else {
            return;
        };
        let (above, place, old) = (group.above, group.place, group.entity);
        if old.weight == weight {
            return;
        }
        let running = self.running_at(CpuId(at as u8), above);
        let Some(this) = self.sched.cpus.get_mut(at) else {
            return;
        };
        let Some(queue) = this.queue_at_mut(above) else {
            return;
        };
        let average = queue.average(running.as_ref());
        let scale = |ns: i128| ns * i128::from(old.weight) / i128::from(weight.max(1));
        let lag = scale(i128::from(average) - i128::from(old.vruntime));
        let vruntime = match place {
            Place::Out => old.vruntime,
            Place::Queued | Place::Running => (i128::from(average) - lag).max(0) as u64,
        };
        let left = scale(i128::from(old.deadline) - i128::from(old.vruntime));
        let new = SchedEntity {
            weight,
            vruntime,
            deadline: vruntime.saturating_add_signed(left as i64),
            vlag: scale(i128::from(old.vlag)) as i64,
            ..old
        };
        if place == Place::Queued {
            queue.remove(Who::Group(id));
            queue.insert(Who::Group(id), &new);
        }
        if let Some(group) = this.group_mut(id) {
            group.entity = new;
        }
    }

    /// The levels of a task with what stands for it in each, innermost first.
    fn path(&self, cpu: CpuId, task: TaskId) -> Vec<(Level, SchedEntity, Place)> {
        let (Some(this), Some(task)) = (self.sched.cpu(cpu), self.tasks.get(task)) else {
            return Vec::new();
        };
        let mut path = vec![(task.sched_group, task.sched, Place::Queued)];
        let mut next = task.sched_group;
        while let Some(group) = next.and_then(|id| this.group(id)) {
            path.push((group.above, group.entity, group.place));
            next = group.above;
        }
        path
    }

    /// Whether a queued task is to take the CPU from the one that runs: decided where their ways
    /// to the top meet.
    pub(super) fn preempts(&self, cpu: CpuId, id: TaskId) -> bool {
        let Some(this) = self.sched.cpu(cpu) else {
            return false;
        };
        let new = self.path(cpu, id);
        if new.iter().any(|(_, _, place)| *place == Place::Out) {
            return false;
        }
        let Some(current) = this.current else {
            return true;
        };
        if self.tasks.get(current).map(|t| t.state) != Some(RunState::Running) {
            return false;
        }
        let old = self.path(cpu, current);
        let meet = new.iter().find_map(|(level, one, _)| {
            let (_, other, _) = old.iter().find(|(l, _, _)| l == level)?;
            Some((level, one, other))
        });
        meet.is_some_and(|(level, one, other)| {
            let average = this.queue_at(*level).map(|q| q.average(Some(other)));
            one.deadline < other.deadline && average.is_some_and(|at| one.vruntime <= at)
        })
    }
}

/// sched_weight_from_cgroup: cpu.weight 100 is the weight of nice 0.
pub fn shares_of_weight(weight: u64) -> u32 {
    ((weight.clamp(1, 10_000) * NICE_0_WEIGHT + 50) / 100) as u32
}

/// sched_weight_to_cgroup.
pub fn weight_of_shares(shares: u32) -> u64 {
    ((u64::from(shares) * 100 + NICE_0_WEIGHT / 2) / NICE_0_WEIGHT).clamp(1, 10_000)
}
