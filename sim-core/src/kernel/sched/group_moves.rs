//! Tasks of groups in and out of the queues, with the groups that this wakes or lays to rest.

use super::Resched;
use super::group::{Level, Place};
use super::queue::Who;
use crate::hw::CpuId;
use crate::kernel::Ctx;
use crate::kernel::task::{RunState, TaskId};

impl Ctx<'_> {
    /// Puts a runnable task into its group's queue, and the groups that this wakes into theirs.
    pub(super) fn enqueue_grouped(&mut self, id: TaskId, cpu: CpuId) {
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        task.cpu = cpu;
        let level = task.sched_group;
        self.k.know_groups(cpu, level);
        self.insert_upwards(Who::Task(id), level, cpu);
        self.k.share_out();
        if self.k.preempts(cpu, id) {
            self.resched(cpu);
        }
        self.program_timer(cpu, self.now_ns);
    }

    pub(super) fn insert_upwards(&mut self, who: Who, level: Level, cpu: CpuId) {
        let (mut who, mut level) = (who, level);
        loop {
            let running = self.k.running_at(cpu, level);
            let is_throttled = level.is_some_and(|id| self.k.cgroups.is_throttled(id));
            let Some(this) = self.k.sched.cpu_mut(cpu) else {
                return;
            };
            let mut entity = match who {
                Who::Task(id) => self.k.tasks.get(id).map(|t| t.sched),
                Who::Group(id) => this.group(id).map(|g| g.entity),
            }
            .unwrap_or_default();
            let Some(queue) = this.queue_at_mut(level) else {
                return;
            };
            queue.place(&mut entity, running.as_ref());
            queue.insert(who, &entity);
            match who {
                Who::Task(id) => {
                    if let Some(task) = self.k.tasks.get_mut(id) {
                        task.sched = entity;
                    }
                }
                Who::Group(id) => {
                    if let Some(group) = this.group_mut(id) {
                        group.entity = entity;
                        group.place = Place::Queued;
                    }
                }
            }
            let Some(group) = level.and_then(|id| this.group_mut(id)) else {
                return;
            };
            if group.place != Place::Out {
                return;
            }
            if is_throttled {
                group.throttled_since_ns.get_or_insert(self.now_ns);
                return;
            }
            (who, level) = (Who::Group(group.group), group.above);
        }
    }

    /// The groups that the task on the CPU ran for go back into their queues, or rest.
    pub(super) fn put_groups(&mut self, level: Level) {
        let mut next = level;
        while let Some(id) = next {
            let is_throttled = self.k.cgroups.is_throttled(id);
            let now_ns = self.now_ns;
            let Some(this) = self.k.sched.cpu_mut(self.cpu) else {
                return;
            };
            let Some(group) = this.group_mut(id) else {
                return;
            };
            next = group.above;
            let (above, mut entity, is_empty) = (group.above, group.entity, group.queue.is_empty());
            if group.place != Place::Running {
                continue;
            }
            group.place = match (is_empty, is_throttled) {
                (false, false) => Place::Queued,
                (_, _) => Place::Out,
            };
            if is_throttled && !is_empty {
                group.throttled_since_ns.get_or_insert(now_ns);
            }
            let place = group.place;
            let Some(queue) = this.queue_at_mut(above) else {
                return;
            };
            match place {
                Place::Queued => queue.insert(Who::Group(id), &entity),
                Place::Out | Place::Running => entity.vlag = queue.lag(&entity),
            }
            if let Some(group) = this.group_mut(id) {
                group.entity = entity;
            }
        }
    }

    /// The groups above the task that gets the CPU, when it was not picked from their queues.
    fn run_groups(&mut self, level: Level) {
        let cpu = self.cpu;
        self.k.know_groups(cpu, level);
        let mut next = level;
        while let Some(id) = next {
            let Some(this) = self.k.sched.cpu_mut(cpu) else {
                return;
            };
            let Some(group) = this.group(id) else { return };
            next = group.above;
            let (above, place, mut entity) = (group.above, group.place, group.entity);
            let Some(queue) = this.queue_at_mut(above) else {
                return;
            };
            match place {
                Place::Running => return,
                Place::Queued => {
                    queue.remove(Who::Group(id));
                }
                Place::Out => queue.place(&mut entity, None),
            }
            if let Some(group) = this.group_mut(id) {
                group.entity = entity;
                group.place = Place::Running;
            }
        }
    }

    /// sched_move_task: the groups around a task have changed.
    pub fn sched_regroup(&mut self, id: TaskId) {
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        let (old, cpu, state) = (task.sched_group, task.cpu, task.state);
        let new = self.k.cgroups.sched_group(task.cgroups.v2);
        if old == new {
            return;
        }
        // Virtual times of two queues have nothing to do with one another.
        task.sched.vlag = 0;
        let is_current = self.k.sched.cpu(cpu).and_then(|c| c.current) == Some(id);
        if is_current {
            let at = std::mem::replace(&mut self.cpu, cpu);
            self.put_groups(old);
            if let Some(task) = self.k.tasks.get_mut(id) {
                task.sched_group = new;
            }
            self.run_groups(new);
            let queue = self.k.sched.cpu(cpu).and_then(|c| c.queue_at(new));
            if let (Some(queue), Some(task)) = (queue, self.k.tasks.get_mut(id)) {
                queue.place(&mut task.sched, None);
            }
            self.k.share_out();
            self.resched(cpu);
            self.cpu = at;
            return;
        }
        if state == RunState::Runnable
            && let Some(this) = self.k.sched.cpu_mut(cpu)
        {
            this.dequeue(id, old);
        }
        if let Some(task) = self.k.tasks.get_mut(id) {
            task.sched_group = new;
        }
        if state == RunState::Runnable {
            self.enqueue_grouped(id, cpu);
        }
    }

    /// resched_curr: the CPU is to call the scheduler, by an interrupt if it is in ring 3.
    pub fn resched(&mut self, cpu: CpuId) {
        if let Some(this) = self.k.sched.cpu_mut(cpu) {
            this.need_resched = Resched::Yes;
            self.hw.is_due_earlier |= cpu != self.cpu;
            if this.phase == super::Phase::User {
                self.hw.cpu_mut(cpu).ipi_pending = true;
            }
        }
    }
}
