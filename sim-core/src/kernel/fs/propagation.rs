//! Peer groups and slaves (mount_namespaces(7); fs/pnode.c).

use super::copy_tree::{CopyKind, copy_tree};
use super::mount::{Binding, MountId};
use super::path::PathRef;
use crate::kernel::rule::Why;
use crate::kernel::{Errno, Kernel};

/// What a mount is asked to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Propagation {
    Shared,
    Private,
    Slave,
    Unbindable,
}

impl Kernel {
    /// Members of a peer group, in their order.
    fn peers(&self, group: u32) -> &[MountId] {
        self.vfs.peer_groups.get(&group).map_or(&[], Vec::as_slice)
    }

    /// Members of a mount's peer group from the next one on; itself, if it is asked for, comes
    /// last.
    fn peers_after(&self, id: MountId, group: u32) -> Vec<MountId> {
        let all = self.peers(group);
        let at = all.iter().position(|peer| *peer == id).unwrap_or(0);
        let (before, after) = all.split_at(at);
        after.iter().skip(1).chain(before).copied().collect()
    }

    /// Enters a mount in a peer group, behind its original.
    pub(super) fn join_group(&mut self, id: MountId, group: u32, behind: Option<MountId>) {
        if let Some(mount) = self.vfs.mounts.get_mut(id) {
            mount.group = group;
        }
        let groups = &mut self.vfs.peer_groups;
        if !groups.contains_key(&group) {
            groups.insert(group, Vec::new());
        }
        let Some(members) = groups.get_mut(&group) else {
            return;
        };
        let at = members.iter().position(|peer| Some(*peer) == behind);
        members.insert(at.map_or(members.len(), |at| at + 1), id);
    }

    fn slaves(&self, group: u32) -> Vec<MountId> {
        let all = self.vfs.mounts.iter();
        let members = all.filter(|(_, m)| group != 0 && m.master == group);
        members.map(|(id, _)| id).collect()
    }

    /// The lowest number that no peer group has (mnt_alloc_group_id).
    pub(super) fn free_group(&self) -> u32 {
        let taken = &self.vfs.peer_groups;
        (1..).find(|nr| !taken.contains_key(nr)).unwrap_or(u32::MAX)
    }

    /// Mounts that receive what happens on one: its peers, their slaves, the slaves' peers and
    /// so on (propagation_next).
    pub(super) fn receivers(&self, from: MountId) -> Vec<MountId> {
        let group = self.mount(from).map_or(0, |m| m.group);
        let mut found: Vec<MountId> = self.peers_after(from, group);
        let mut groups = vec![group];
        while let Some(group) = groups.pop() {
            for slave in self.slaves(group) {
                let of = self.mount(slave).map_or(0, |m| m.group);
                let is_new = !found.contains(&slave);
                if is_new {
                    found.push(slave);
                }
                if of != 0 && is_new {
                    found.extend(self.peers_after(slave, of));
                    groups.push(of);
                }
            }
        }
        found
    }

    /// A shared mount leaves its peer group. The slaves of a group that is gone follow its
    /// master (transfer_propagation).
    fn leave_group(&mut self, id: MountId) {
        let Some(mount) = self.vfs.mounts.get_mut(id) else {
            return;
        };
        let group = std::mem::take(&mut mount.group);
        let master = mount.master;
        let Some(members) = self.vfs.peer_groups.get_mut(&group) else {
            return;
        };
        members.retain(|member| *member != id);
        if !members.is_empty() {
            return;
        }
        self.vfs.peer_groups.remove(&group);
        for slave in self.slaves(group) {
            if let Some(slave) = self.vfs.mounts.get_mut(slave) {
                slave.master = master;
            }
        }
    }

    /// change_mnt_propagation.
    pub(super) fn change_propagation(&mut self, id: MountId, to: Propagation) {
        let Some(group) = self.mount(id).map(|m| m.group) else {
            return;
        };
        if to == Propagation::Shared {
            if group == 0 {
                self.join_group(id, self.free_group(), None);
            }
            if let Some(mount) = self.vfs.mounts.get_mut(id) {
                mount.binding = Binding::Bindable;
            }
            return;
        }
        self.leave_group(id);
        let has_peers = !self.peers(group).is_empty();
        let Some(mount) = self.vfs.mounts.get_mut(id) else {
            return;
        };
        match to {
            Propagation::Slave if has_peers => mount.master = group,
            // Alone in its group: it follows whom the group followed, if anybody.
            Propagation::Slave | Propagation::Shared => {}
            Propagation::Private => {
                mount.master = 0;
                mount.binding = Binding::Bindable;
            }
            Propagation::Unbindable => {
                mount.master = 0;
                mount.binding = Binding::Unbindable;
            }
        }
    }

    /// The nearest peer group up the chain of masters that has a member in this namespace below
    /// this root (get_dominating_id).
    pub(super) fn dominating_group(&self, id: MountId, root: PathRef) -> Option<u32> {
        let mount = self.mount(id)?;
        let mut group = mount.master;
        while group != 0 {
            let peers = self.peers(group);
            let is_seen = |peer: &MountId| {
                self.mount(*peer).is_some_and(|p| p.ns == mount.ns)
                    && self
                        .mount_root(*peer)
                        .is_some_and(|r| self.is_reachable(r, root))
            };
            if peers.iter().any(is_seen) {
                return Some(group);
            }
            group = peers.first().and_then(|p| self.mount(*p))?.master;
        }
        None
    }

    /// Whether a mount has to get a copy of what is mounted on `place` (need_secondary).
    fn needs_secondary(&self, receiver: MountId, place: PathRef) -> bool {
        self.mount(receiver)
            .is_some_and(|m| m.ns.is_some() && self.is_within(place.node, m.root))
    }

    /// Copies of `source`, a tree of shared mounts, for all who receive from the mount that it
    /// will be mounted on. The copies have their places, but their parents do not know them yet.
    ///
    /// # Errors
    /// Those of copying; the copies made so far are in `copies`.
    pub(super) fn propagate_mnt(
        &mut self,
        why: &Why,
        place: PathRef,
        source: MountId,
        copies: &mut Vec<(MountId, PathRef)>,
    ) -> Result<(), Errno> {
        let group = self.mount(place.mount).map_or(0, |m| m.group);
        let peers = self.peers_after(place.mount, group);
        self.copy_to(why, peers, place, source, CopyKind::Peer, copies)?;
        // Each group with the copy that its slaves' copies are slaves of.
        let mut groups = vec![(group, source)];
        let mut seen = vec![group];
        while let Some((group, copied)) = groups.pop() {
            for slave in self.slaves(group) {
                let of = self.mount(slave).map_or(0, |m| m.group);
                if of == 0 {
                    self.copy_to(why, vec![slave], place, copied, CopyKind::Slave, copies)?;
                } else if !seen.contains(&of) {
                    seen.push(of);
                    let kind = CopyKind::SharedSlave;
                    let mut members = vec![slave];
                    members.extend(self.peers_after(slave, of));
                    let last = self.copy_to(why, members, place, copied, kind, copies)?;
                    groups.push((of, last));
                }
            }
        }
        Ok(())
    }

    /// Gives copies to the members of one group: the first is a copy of `source`, the others are
    /// its peers. Returns the last copy, or `source` if nobody needed one.
    fn copy_to(
        &mut self,
        why: &Why,
        receivers: Vec<MountId>,
        place: PathRef,
        source: MountId,
        mut kind: CopyKind,
        copies: &mut Vec<(MountId, PathRef)>,
    ) -> Result<MountId, Errno> {
        let mut last = source;
        for receiver in receivers {
            if !self.needs_secondary(receiver, place) {
                continue;
            }
            let root = self.mount(last).ok_or(lost!(EINVAL))?.root;
            let copy = copy_tree(self, why, last, root, kind)?;
            let at = PathRef {
                mount: receiver,
                node: place.node,
                name: place.name,
            };
            copies.push((copy, at));
            last = copy;
            kind = CopyKind::Peer;
        }
        Ok(last)
    }

    /// Whether unmounting a mount or what goes with it elsewhere would take it from somebody
    /// (propagate_mount_busy).
    pub(super) fn is_mount_busy(&self, id: MountId) -> bool {
        let Some(mount) = self.mount(id) else {
            return false;
        };
        // A mapping keeps the file that was mapped, and so its mount.
        if !mount.children.is_empty() || mount.holds > 0 || self.is_mapped_on(id) {
            return true;
        }
        let Some(at) = mount.at else { return false };
        self.receivers(at.mount).into_iter().any(|receiver| {
            let there = PathRef {
                mount: receiver,
                ..at
            };
            let Some(child) = self.mounted_at(there).and_then(|id| self.mount(id)) else {
                return false;
            };
            // What has mounts on it stays; a single one on its root would be moved down.
            let covered = self.mounted_at(there).and_then(|id| self.overmount(id));
            let goes =
                child.children.is_empty() || (child.children.len() == 1 && covered.is_some());
            goes && child.holds > 0
        })
    }
}
