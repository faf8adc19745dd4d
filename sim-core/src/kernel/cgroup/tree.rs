//! Making and removing groups.

use super::{Cgroup, CgroupId, CgroupNode, Cgroups, Hierarchy, Owner, Presence};
use crate::kernel::rule::Why;
use crate::kernel::syscall::Str;
use crate::kernel::{Errno, Kernel};

/// cgroup_mkdir.
///
/// # Errors
/// EINVAL for a name with a line feed, ENODEV in a removed group, EEXIST, EAGAIN where
/// cgroup.max.depth or cgroup.max.descendants of some group above is reached.
pub fn mkdir(
    k: &mut Kernel,
    why: &Why,
    parent: CgroupId,
    name: &str,
    owner: Owner,
) -> Result<CgroupId, Errno> {
    forbid!(why, CgroupName, if name.contains('\n'))?;
    let groups = &mut k.cgroups;
    let group = groups.get(parent).ok_or(lost!(ENODEV))?;
    // The walk has seen to these.
    if group.presence == Presence::Removed {
        return Err(lost!(ENODEV));
    }
    let hierarchy = group.hierarchy;
    let (notifies, clones) = (group.notifies, group.clones);
    if groups.child(parent, name).is_some() {
        return Err(lost!(EEXIST));
    }
    let above = std::iter::successors(Some(parent), |id| groups.get(*id)?.parent);
    for (level, id) in above.enumerate() {
        let Some(group) = groups.get(id) else { break };
        let descendants = groups.subtree(id).len() - 1;
        let is_full = (group.max_descendants).is_some_and(|max| descendants >= max as usize);
        let is_deep = group.max_depth.is_some_and(|max| level >= max as usize);
        forbid!(why, CgroupDescendants, level => descendants, if is_full || is_deep)?;
    }
    let new = Cgroup {
        owner,
        maker: (owner.uid, owner.gid),
        notifies,
        clones,
        ..Cgroup::new(hierarchy, Some(parent), Str::from(name))
    };
    let id = groups.table.insert(new);
    if let Some(group) = groups.table.get_mut(parent) {
        group.children.push(id);
    }
    Ok(id)
}

/// cgroup_rmdir.
///
/// # Errors
/// EBUSY with children or processes that have not ended, and for a hierarchy's root.
pub fn rmdir(k: &mut Kernel, why: &Why, id: CgroupId) -> Result<(), Errno> {
    let groups = &mut k.cgroups;
    let group = groups.get(id).ok_or(lost!(ENODEV))?;
    let parent = group.parent.ok_or(lost!(EBUSY))?;
    forbid!(why, CgroupEmpty, if !group.members.is_empty() || !group.children.is_empty())?;
    let is_unused = group.tasks == 0 && !k.is_shown(id);
    let groups = &mut k.cgroups;
    if let Some(group) = groups.table.get_mut(parent) {
        group.children.retain(|child| *child != id);
    }
    groups.inherit_times(id, parent);
    if is_unused {
        groups.table.remove(id);
        k.forget_group_queues(id);
    } else if let Some(group) = groups.table.get_mut(id) {
        group.presence = Presence::Removed;
    }
    Ok(())
}

/// cgroup1_rename: within its directory. Version 2 has none.
///
/// # Errors
/// EPERM, EINVAL for a line feed, ENOTDIR, EIO for another directory, EEXIST.
pub fn rename(
    k: &mut Kernel,
    why: &Why,
    (from, node): (CgroupNode, CgroupNode),
    (to, name): (CgroupNode, &str),
) -> Result<(), Errno> {
    let group = k.cgroups.get(node.group).ok_or(lost!(ENODEV))?;
    forbid!(why, CgroupNoFiles, if group.hierarchy == Hierarchy::V2)?;
    forbid!(why, CgroupName, if name.contains('\n'))?;
    forbid!(why, CgroupFileNotDir, if node.file.is_some())?;
    forbid!(why, CgroupRenameParent, if from != to)?;
    forbid!(why, NameFree, if k.cgroups.child(to.group, name).is_some())?;
    if let Some(group) = k.cgroups.table.get_mut(node.group) {
        group.name = name.into();
    }
    Ok(())
}

impl Kernel {
    /// Whether the place of a group is still told of once it was removed: as a cgroup namespace's
    /// root, as what a mount shows, as where somebody is or what is open, or because something
    /// below it is.
    pub(super) fn is_shown(&self, id: CgroupId) -> bool {
        if self.cgroups.get(id).is_some_and(|group| group.holds > 0) {
            return true;
        }
        self.ns.iter().any(|(ns, _)| {
            let roots = self.ns.cgroup_root(ns);
            roots.is_some_and(|set| [set.v2, set.pids, set.memory].contains(&id))
        }) || (self.cgroups.table.iter()).any(|(_, group)| group.parent == Some(id))
    }
}

impl Cgroups {
    /// The child with a name.
    pub fn child(&self, parent: CgroupId, name: &str) -> Option<CgroupId> {
        let children = &self.get(parent)?.children;
        let is_it = |id: &&CgroupId| self.get(**id).is_some_and(|c| c.name.as_ref() == name);
        children.iter().find(is_it).copied()
    }

    /// The group at a path below another; no name is the group itself.
    pub fn at_path(&self, from: CgroupId, path: &str) -> Option<CgroupId> {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        names.try_fold(from, |id, name| self.child(id, name))
    }
}
