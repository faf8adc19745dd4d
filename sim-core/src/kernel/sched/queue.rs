//! The run queue of a CPU: runnable tasks by virtual deadline.
//!
//! EEVDF: among the tasks that are owed time (vruntime not after the weighted average), the one
//! with the earliest virtual deadline runs.

use super::SchedEntity;
use super::entity::BASE_SLICE_NS;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::task::TaskId;

/// What stands in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Task(TaskId),
    /// A group, for all its tasks that are runnable on this CPU.
    Group(CgroupId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Queued {
    deadline: u64,
    /// Order of arrival, among equal deadlines.
    seq: u64,
    vruntime: u64,
    weight: u32,
    who: Who,
}

/// Invariant: sorted by (deadline, seq); the queues of a CPU and of its groups hold exactly the
/// `Runnable` tasks of the CPU.
#[derive(Clone, Debug, Default, Hash)]
pub struct RunQueue {
    queued: Vec<Queued>,
    /// Sum of weight times vruntime, and of weights.
    weighted: u128,
    load: u64,
    next_seq: u64,
    /// Virtual time never runs backwards, even when the queue was empty.
    floor: u64,
}

impl RunQueue {
    pub fn len(&self) -> usize {
        self.queued.len()
    }

    pub fn is_empty(&self) -> bool {
        self.queued.is_empty()
    }

    pub fn load(&self) -> u64 {
        self.load
    }

    pub fn iter(&self) -> impl Iterator<Item = Who> + '_ {
        self.queued.iter().map(|q| q.who)
    }

    /// The one that would run last here.
    pub fn last(&self) -> Option<Who> {
        self.queued.last().map(|q| q.who)
    }

    /// Weighted average vruntime of the queue and the task that runs beside it.
    pub fn average(&self, running: Option<&SchedEntity>) -> u64 {
        // Alone, without a division.
        if let (Some(entity), true) = (running, self.queued.is_empty()) {
            return entity.vruntime;
        }
        let (mut weighted, mut load) = (self.weighted, self.load);
        if let Some(entity) = running {
            weighted += u128::from(entity.vruntime) * u128::from(entity.weight);
            load += u64::from(entity.weight);
        }
        if load == 0 {
            return self.floor;
        }
        // The usual case: a division of 128 bits is many of 64.
        match u64::try_from(weighted) {
            Ok(weighted) => weighted / load,
            Err(_) => (weighted / u128::from(load)) as u64,
        }
    }

    /// Gives an entity that joins a vruntime as far from the average as it left with, and a
    /// deadline one slice later (place_entity).
    pub fn place(&self, entity: &mut SchedEntity, running: Option<&SchedEntity>) {
        let average = self.average(running);
        entity.vruntime = average.saturating_add_signed(entity.vlag.saturating_neg());
        entity.deadline = entity
            .vruntime
            .saturating_add(entity.to_virtual(BASE_SLICE_NS));
    }

    /// What it takes along to sleep: its lag, bounded by two slices (update_entity_lag).
    pub fn lag(&self, entity: &SchedEntity) -> i64 {
        let bound = entity.to_virtual(2 * BASE_SLICE_NS).min(i64::MAX as u64) as i64;
        let average = self.average(Some(entity));
        (average as i128 - i128::from(entity.vruntime)).clamp(-i128::from(bound), i128::from(bound))
            as i64
    }

    /// The same for one that is still in the queue.
    pub fn lag_of_queued(&self, entity: &SchedEntity) -> i64 {
        let bound = entity.to_virtual(2 * BASE_SLICE_NS).min(i64::MAX as u64) as i64;
        let lag = i128::from(self.average(None)) - i128::from(entity.vruntime);
        lag.clamp(-i128::from(bound), i128::from(bound)) as i64
    }

    pub fn insert(&mut self, who: Who, entity: &SchedEntity) {
        let seq = self.next_seq;
        self.next_seq += 1;
        let item = Queued {
            deadline: entity.deadline,
            seq,
            vruntime: entity.vruntime,
            weight: entity.weight,
            who,
        };
        let at = self
            .queued
            .partition_point(|q| (q.deadline, q.seq) < (item.deadline, seq));
        self.queued.insert(at, item);
        self.weighted += u128::from(item.vruntime) * u128::from(item.weight);
        self.load += u64::from(item.weight);
    }

    /// Takes somebody out; `None` if it was not there.
    pub fn remove(&mut self, who: Who) -> Option<()> {
        let at = self.queued.iter().position(|q| q.who == who)?;
        self.take(at);
        Some(())
    }

    fn take(&mut self, at: usize) -> Who {
        let item = self.queued.remove(at);
        self.floor = self.floor.max(self.average(None).min(item.vruntime));
        self.weighted -= u128::from(item.vruntime) * u128::from(item.weight);
        self.load -= u64::from(item.weight);
        item.who
    }

    /// Takes who runs next: the earliest deadline among the eligible.
    pub fn pick(&mut self) -> Option<Who> {
        if self.queued.is_empty() {
            return None;
        }
        let average = self.average(None);
        let at = self
            .queued
            .iter()
            .position(|q| q.vruntime <= average)
            .unwrap_or(0);
        Some(self.take(at))
    }
}
