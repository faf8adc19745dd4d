//! Which group a process is in: at fork and exit, and when it is moved.

use super::files::CgroupFile;
use super::{CgroupId, CgroupSet, Freeze, Hierarchy, Layout, Presence};
use crate::kernel::task::{PidId, RunState, TaskId};
use crate::kernel::{Ctx, Errno, Kernel, NsId};
use crate::store::sorted;

impl Kernel {
    /// The different groups of a set.
    fn groups_of(&self, set: CgroupSet) -> impl Iterator<Item = CgroupId> + use<> {
        let hierarchies = self.cgroups.hierarchies();
        hierarchies.iter().map(move |h| set.get(*h))
    }

    /// cgroup_post_fork: the child is in its parent's groups. Its number was charged already.
    pub fn cgroup_fork(&mut self, id: TaskId, set: CgroupSet) {
        if set == self.cgroups.roots {
            return;
        }
        for group in self.groups_of(set) {
            self.enter(id, group);
        }
        let freeze = self.cgroups.freezes(set.v2);
        let sched_group = self.cgroups.sched_group(set.v2);
        if let Some(task) = self.tasks.get_mut(id) {
            task.freeze = freeze;
            task.sched_group = sched_group;
        }
    }

    fn enter(&mut self, id: TaskId, group: CgroupId) {
        if let Some(group) = self.cgroups.table.get_mut(group)
            && group.parent.is_some()
        {
            group.members.push(id);
            group.tasks += 1;
        }
    }

    /// cgroup_exit: a dead process counts no longer as somebody in the group.
    pub fn cgroup_exit(&mut self, id: TaskId) {
        let Some(set) = self.tasks.get(id).map(|t| t.cgroups) else {
            return;
        };
        if set == self.cgroups.roots {
            return;
        }
        for group in self.groups_of(set) {
            if let Some(group) = self.cgroups.table.get_mut(group) {
                group.members.retain(|member| *member != id);
            }
        }
    }

    /// cgroup_release: a reaped one gives back its number.
    pub fn cgroup_release(&mut self, set: CgroupSet) {
        if set == self.cgroups.roots {
            return;
        }
        self.cgroups.drop_pid(set.pids);
        for group in self.groups_of(set) {
            self.forget(group);
        }
    }

    /// One task less refers to a group; a removed one goes with the last.
    fn forget(&mut self, id: CgroupId) {
        let Some(group) = self.cgroups.table.get_mut(id) else {
            return;
        };
        group.tasks = group.tasks.saturating_sub(1);
        let is_last = group.tasks == 0 && group.presence == Presence::Removed;
        if is_last && !self.is_shown(id) {
            if let Some(parent) = self.cgroups.table.get(id).and_then(|group| group.parent) {
                self.cgroups.inherit_times(id, parent);
            }
            self.cgroups.table.remove(id);
            self.forget_group_queues(id);
        }
    }

    /// Moves a process to a group of one hierarchy. One that has ended stays where it was.
    pub fn cgroup_move(&mut self, id: TaskId, to: CgroupId) {
        let Some(task) = self.tasks.get(id) else {
            return;
        };
        let old = task.cgroups;
        if task.has_exited() || task.state == RunState::Zombie {
            return;
        }
        let Some(hierarchy) = self.cgroups.get(to).map(|c| c.hierarchy) else {
            return;
        };
        let from = old.get(hierarchy);
        if from == to {
            return;
        }
        let mut set = old;
        match (self.cgroups.layout, hierarchy) {
            (Layout::Unified, _) => {
                set = CgroupSet {
                    v2: to,
                    memory: to,
                    pids: to,
                }
            }
            (Layout::Hybrid, Hierarchy::V2) => set.v2 = to,
            (Layout::Hybrid, Hierarchy::Memory) => set.memory = to,
            (Layout::Hybrid, Hierarchy::Pids) => set.pids = to,
        }
        if set.pids != old.pids {
            self.cgroups.drop_pid(old.pids);
            self.cgroups.add_pid(set.pids);
        }
        if let Some(group) = self.cgroups.table.get_mut(from) {
            group.members.retain(|member| *member != id);
        }
        self.forget(from);
        self.enter(id, to);
        if let Some(task) = self.tasks.get_mut(id) {
            task.cgroups = set;
        }
    }
}

/// Who asks to move a process: whoever opened the file that is written to.
#[derive(Clone, Copy, Debug)]
pub struct Opener {
    /// The cgroup namespace at that time.
    pub ns: NsId,
}

/// __cgroup_procs_write: moves the process with a number, as the caller sees it.
///
/// # Errors
/// ENODEV for a removed group, EINVAL, ESRCH; version 1: EACCES for others' processes; version 2:
/// EACCES without the right to write the common ancestor's file, ENOENT outside the namespace,
/// EBUSY for a group that has handed on controllers, EOPNOTSUPP where threads would leave their
/// domain.
pub(super) fn attach(
    cx: &mut Ctx<'_>,
    to: CgroupId,
    text: &str,
    opener: Opener,
    file: CgroupFile,
) -> Result<(), Errno> {
    let group = cx.k.cgroups.get(to).ok_or(lost!(ENODEV))?;
    forbid!(cx.why, CgroupPresent, if group.presence == Presence::Removed)?;
    let hierarchy = group.hierarchy;
    // What is out of range is no number here.
    let pid: i32 = super::write::number(&cx.why, text).unwrap_or(-1);
    forbid!(cx.why, CgroupPid, pid, if pid < 0)?;
    let id = match pid {
        0 => cx.task,
        _ => {
            let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
            cx.k.task_by_number(ns, pid)
                .ok_or_else(|| refuse!(cx.why, ProcessExists, pid))?
        }
    };
    match hierarchy {
        Hierarchy::V2 => {
            may_attach(cx, id, to, opener)?;
            let from = cx.k.tasks.get(id).map_or(to, |task| task.cgroups.v2);
            let groups = &cx.k.cgroups;
            let leaves = groups.domain_of(from) != groups.domain_of(to);
            forbid!(cx.why, CgroupThreads, id, if file == CgroupFile::Threads && leaves)?;
        }
        Hierarchy::Memory | Hierarchy::Pids => may_attach_v1(cx, id)?,
    }
    cx.cgroup_attach(id, to);
    Ok(())
}

impl Ctx<'_> {
    /// Moves a process, whoever may ask for it; it freezes or thaws as its new group says.
    pub fn cgroup_attach(&mut self, id: TaskId, to: CgroupId) {
        self.k.cgroup_move(id, to);
        self.sched_regroup(id);
        let set = self.k.tasks.get(id).map(|task| task.cgroups);
        if let Some(set) = set {
            let freeze = self.k.cgroups.freezes(set.v2);
            self.freeze_task(id, freeze);
        }
    }
}

/// Version 1: one's own processes, or anybody's for root.
fn may_attach_v1(cx: &Ctx<'_>, id: TaskId) -> Result<(), Errno> {
    let me = &cx.me()?.cred;
    let task = &cx.k.tasks.get(id).ok_or(lost!(ESRCH))?.cred;
    if me.euid == 0 || me.euid == task.uid || me.euid == task.suid {
        Ok(())
    } else {
        Err(refuse!(cx.why, CgroupV1Attach, id => task.uid))
    }
}

/// cgroup_procs_write_permission and cgroup_migrate_vet_dst.
fn may_attach(cx: &Ctx<'_>, id: TaskId, to: CgroupId, opener: Opener) -> Result<(), Errno> {
    let groups = &cx.k.cgroups;
    let from = cx.k.tasks.get(id).ok_or(lost!(ESRCH))?.cgroups.v2;
    let mut above = std::iter::successors(Some(from), |id| groups.get(*id)?.parent);
    let common = above.find(|common| groups.is_within(to, *common));
    cx.may_write_cgroup(common.ok_or(lost!(ENOENT))?, CgroupFile::Procs)?;
    // Without `nsdelegate`, which an init gives, namespaces are no border.
    let root = match groups.layout {
        Layout::Unified => cx.k.ns.cgroup_root(opener.ns).map(|set| set.v2),
        Layout::Hybrid => None,
    };
    let sees = |id| root.is_none_or(|root| groups.is_within(id, root));
    forbid!(cx.why, CgroupVisible, id, if !sees(from) || !sees(to))?;
    cx.may_host(id, to)
}

impl Kernel {
    /// The processes of a group that have not ended, as cgroup.procs lists them: numbers as the
    /// reader sees them.
    pub fn cgroup_members(&self, id: CgroupId) -> Vec<TaskId> {
        let Some(group) = self.cgroups.get(id) else {
            return Vec::new();
        };
        if group.parent.is_some() {
            return group.members.clone();
        }
        let all: Vec<(u64, TaskId)> = (self.tasks.iter())
            .filter(|(_, task)| task.cgroups.get(group.hierarchy) == id && !task.has_exited())
            .map(|(id, task)| (task.born, id))
            .collect();
        sorted(all).into_iter().map(|(_, id)| id).collect()
    }

    /// The `Pid` of a task.
    pub(super) fn pid_of(&self, id: TaskId) -> Option<PidId> {
        Some(self.tasks.get(id)?.pid)
    }
}

impl super::Cgroups {
    /// Whether a task in this group is to be frozen: some group above says so.
    pub fn freezes(&self, id: CgroupId) -> Freeze {
        let is_frozen = self
            .chain(id)
            .any(|id| self.get(id).is_some_and(|c| c.freeze == Freeze::Yes));
        if is_frozen { Freeze::Yes } else { Freeze::No }
    }

    pub fn is_populated(&self, id: CgroupId) -> bool {
        self.subtree(id)
            .into_iter()
            .any(|id| self.get(id).is_some_and(|c| !c.members.is_empty()))
    }
}
