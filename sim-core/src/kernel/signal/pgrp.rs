//! Orphaned process groups: nobody outside the group, but in its session, would continue it
//! (setpgid(2), NOTES; kernel/exit.c).

use super::{Origin, Signal};
use crate::kernel::task::{PidId, RunState, Task, TaskId};
use crate::kernel::{Ctx, Kernel};

impl Kernel {
    /// Whether a member's parent ties the group to the rest of its session.
    fn ties(&self, group: PidId, task: &Task) -> bool {
        let parent = task.parent.and_then(|p| self.tasks.get(p));
        parent.is_some_and(|p| p.pgrp != group && p.session == task.session)
    }

    /// will_become_orphaned_pgrp.
    fn is_orphaned(&self, group: PidId, ignored: Option<TaskId>) -> bool {
        let Some(pid) = self.pids.get(group) else {
            return true;
        };
        let mut members = pid
            .pgrp
            .iter()
            .filter_map(|id| Some((*id, self.tasks.get(*id)?)));
        !members.any(|(id, task)| {
            let counts = Some(id) != ignored
                && task.state != RunState::Zombie
                && !task.parent.is_some_and(|p| self.is_global_init(p));
            counts && self.ties(group, task)
        })
    }

    fn has_stopped_jobs(&self, group: PidId) -> bool {
        let members = self.pids.get(group).into_iter().flat_map(|p| &p.pgrp);
        members
            .filter_map(|id| self.tasks.get(*id))
            .any(|task| task.state == RunState::Stopped)
    }
}

/// Whose end makes a group an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanedBy {
    /// The task itself ends.
    Itself,
    /// Its father does; the task has its new parent already.
    Father(TaskId),
}

impl Ctx<'_> {
    pub(super) fn is_own_group_orphaned(&self) -> bool {
        let me = self.k.tasks.get(self.task);
        me.is_none_or(|me| self.k.is_orphaned(me.pgrp, None))
    }

    /// kill_orphaned_pgrp: a group with stopped members that becomes an orphan gets SIGHUP and
    /// SIGCONT.
    pub fn kill_orphaned_pgrp(&mut self, id: TaskId, by: OrphanedBy) {
        let Some(task) = self.k.tasks.get(id) else {
            return;
        };
        let (group, session) = (task.pgrp, task.session);
        let (parent, ignored) = match by {
            OrphanedBy::Itself => (task.parent, Some(id)),
            OrphanedBy::Father(father) => (Some(father), None),
        };
        let Some(parent) = parent.and_then(|p| self.k.tasks.get(p)) else {
            return;
        };
        let was_tied = parent.pgrp != group && parent.session == session;
        if !was_tied || !self.k.has_stopped_jobs(group) || !self.k.is_orphaned(group, ignored) {
            return;
        }
        let members = self.k.pids.get(group).map(|p| p.pgrp.clone());
        for signal in [Signal::SIGHUP, Signal::SIGCONT] {
            // As kill(2): who joined last comes first.
            for member in members.iter().flatten().rev() {
                self.send_signal_from(*member, signal, Origin::Outside);
            }
        }
    }
}
