//! cgroup.freeze: processes stop at the next return to ring 3 and answer nothing until they are
//! thawed; what kills still does.

use super::{CgroupId, Freeze};
use crate::kernel::task::{RunState, TaskId};
use crate::kernel::{BlockReason, Ctx, Kernel};

impl Ctx<'_> {
    /// Freezes or thaws everybody below a group, as the groups now say.
    pub(super) fn freeze_members(&mut self, id: CgroupId) {
        for group in self.k.cgroups.subtree(id) {
            let freeze = self.k.cgroups.freezes(group);
            for task in self.k.cgroup_members(group) {
                self.freeze_task(task, freeze);
            }
        }
    }

    /// cgroup_freeze_task.
    pub(super) fn freeze_task(&mut self, id: TaskId, freeze: Freeze) {
        let Some(task) = self.k.tasks.get_mut(id) else {
            return;
        };
        if task.freeze == freeze {
            return;
        }
        task.freeze = freeze;
        match freeze {
            Freeze::Yes => self.wake_if(id, BlockReason::is_interruptible),
            Freeze::No => self.wake_if(id, |reason| reason == BlockReason::Frozen),
        }
    }
}

impl Kernel {
    /// Whether everybody in a group and below it has come to rest (cgroup.events).
    pub(super) fn is_frozen(&self, id: CgroupId) -> bool {
        if self.cgroups.freezes(id) == Freeze::No {
            return false;
        }
        let groups = self.cgroups.subtree(id);
        let mut members = groups.into_iter().flat_map(|id| self.cgroup_members(id));
        members.all(|id| {
            let state = self.tasks.get(id).map(|task| task.state);
            matches!(
                state,
                Some(
                    RunState::Blocked(BlockReason::Frozen | BlockReason::Vfork(_))
                        | RunState::Stopped
                )
            )
        })
    }
}
