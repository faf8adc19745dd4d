//! The pids controller: how many processes a group may have, zombies included.

use super::{CgroupId, Cgroups, Layout};
use crate::kernel::Errno;
use crate::kernel::rule::Why;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PidsState {
    /// `None` is no limit.
    pub max: Option<u64>,
    pub current: u64,
    pub peak: u64,
    /// Forks that were refused: pids.events.
    pub refused: u64,
}

impl Cgroups {
    /// pids_can_fork: one process more in a group and all above it.
    ///
    /// # Errors
    /// EAGAIN at a limit. Nothing is counted then.
    pub fn charge_pid(&mut self, why: &Why, id: CgroupId) -> Result<(), Errno> {
        let over = self.chain(id).find(|id| {
            let pids = self.get(*id).map(|c| c.pids).unwrap_or_default();
            pids.max.is_some_and(|max| pids.current >= max)
        });
        let Some(over) = over else {
            self.add_pid(id);
            return Ok(());
        };
        // Version 1 tells the group whose fork failed, version 2 the one with the limit and those
        // above it.
        let told: Vec<CgroupId> = match self.layout {
            Layout::Hybrid => vec![id],
            Layout::Unified => self.chain(over).collect(),
        };
        for id in told {
            if let Some(group) = self.table.get_mut(id) {
                group.pids.refused += 1;
            }
        }
        let max = self.get(over).and_then(|group| group.pids.max);
        Err(refuse!(why, CgroupPidsMax, over => max.unwrap_or(0)))
    }

    /// One process more, whatever the limits are: it moves here.
    pub(super) fn add_pid(&mut self, id: CgroupId) {
        let mut at = Some(id);
        while let Some(group) = at.and_then(|id| self.table.get_mut(id)) {
            at = group.parent;
            if at.is_some() {
                group.pids.current += 1;
                group.pids.peak = group.pids.peak.max(group.pids.current);
            }
        }
    }

    pub(super) fn drop_pid(&mut self, id: CgroupId) {
        let mut at = Some(id);
        while let Some(group) = at.and_then(|id| self.table.get_mut(id)) {
            at = group.parent;
            if at.is_some() {
                group.pids.current = group.pids.current.saturating_sub(1);
            }
        }
    }
}
