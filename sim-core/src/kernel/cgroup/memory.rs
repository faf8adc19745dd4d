//! The memory controller: page frames by the group whose process asked for them first.

use super::{CgroupId, Cgroups, Hierarchy};
use crate::hw::{PAGE_BYTES, Pfn};
use crate::kernel::task::TaskId;
use crate::kernel::{Ctx, Errno, Kernel};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MemoryState {
    /// In pages; `None` is no limit.
    pub max: Option<u64>,
    pub current: u64,
    pub peak: u64,
    /// memory.events: allocations at the limit, times out of memory, processes killed for it.
    pub at_max: u64,
    pub oom: u64,
    pub oom_kill: u64,
}

impl MemoryState {
    pub fn max_bytes(self) -> Option<u64> {
        self.max
            .map(|pages| pages.saturating_mul(PAGE_BYTES as u64))
    }
}

/// Charges a frame that the calling task asks for to its group and all above it.
///
/// # Errors
/// ENOMEM at a limit, which [`Cgroups::over_limit`] then names: the OOM killer looks there.
pub fn charge(cx: &mut Ctx<'_>) -> Result<Option<CgroupId>, Errno> {
    let Some(task) = cx.k.tasks.get(cx.task) else {
        return Ok(None);
    };
    let id = task.cgroups.memory;
    let groups = &mut cx.k.cgroups;
    if id == groups.roots.memory {
        return Ok(None);
    }
    // A task that dies may pass its limit, so that it can die (try_charge_memcg).
    let is_dying = task.exiting.is_some() || task.signals.group_exit.is_some();
    let over = groups.chain(id).find(|id| {
        let memory = groups.get(*id).map(|c| c.memory).unwrap_or_default();
        memory.max.is_some_and(|max| memory.current >= max)
    });
    if let Some(over) = over
        && !is_dying
    {
        let max = groups.get(over).and_then(|group| group.memory.max);
        groups.over_limit = Some(over);
        groups.tell(over, |memory| memory.at_max += 1);
        return Err(refuse!(cx.why, CgroupMemoryMax, over => max.unwrap_or(0)));
    }
    let mut at = Some(id);
    while let Some(group) = at.and_then(|id| groups.table.get_mut(id)) {
        at = group.parent;
        group.memory.current += 1;
        group.memory.peak = group.memory.peak.max(group.memory.current);
    }
    Ok(Some(id))
}

/// Gives a charge back.
pub fn uncharge(k: &mut Kernel, id: CgroupId) {
    let mut at = Some(id);
    while let Some(group) = at.and_then(|id| k.cgroups.table.get_mut(id)) {
        at = group.parent;
        group.memory.current = group.memory.current.saturating_sub(1);
    }
}

impl Cgroups {
    /// memory.events of a group, and of all above it in version 2.
    fn tell(&mut self, id: CgroupId, event: impl Fn(&mut MemoryState)) {
        let mut at = Some(id);
        while let Some(group) = at.and_then(|id| self.table.get_mut(id)) {
            event(&mut group.memory);
            at = match group.hierarchy {
                Hierarchy::V2 => group.parent,
                Hierarchy::Memory | Hierarchy::Pids => None,
            };
        }
    }

    /// The group is out of memory, and this task will be killed for it, if there is one.
    pub fn note_oom(&mut self, id: CgroupId, victim: Option<CgroupId>) {
        self.tell(id, |memory| memory.oom += 1);
        if let Some(victim) = victim {
            self.tell(victim, |memory| memory.oom_kill += 1);
        }
    }
}

impl Kernel {
    /// Whether a task is charged to a group or to one below it.
    pub fn is_charged_within(&self, task: TaskId, id: CgroupId) -> bool {
        let task = self.tasks.get(task);
        task.is_some_and(|task| self.cgroups.is_within(task.cgroups.memory, id))
    }

    /// The group that a frame is charged to.
    pub fn charged_to(&self, pfn: Pfn) -> Option<CgroupId> {
        self.mm.frames.info(pfn).charged
    }
}
