//! Mounts and the trees that mount namespaces are made of (mount_namespaces(7)).

use super::inode::release_inode;
use super::path::{Node, PathRef};
use super::superblock::{SuperId, release_super};
use crate::kernel::syscall::{MountFlags, Str};
use crate::kernel::{Ctx, Kernel, NsId};
use crate::store::Key;

pub type MountId = Key<Mount>;

/// struct mount. Invariant: a place is covered by at most one mount; another one on the same
/// path lies on the root of the first.
#[derive(Clone, Debug, Hash)]
pub struct Mount {
    /// Order of creation, never reused.
    pub id: u64,
    /// What is seen at the mount point; a bind mount shows any directory or file. Held.
    pub root: Node,
    pub sb: SuperId,
    /// The place that it covers; none for the root of a namespace and for what is unmounted.
    pub at: Option<PathRef>,
    /// Mounts on it, oldest first.
    pub children: Vec<MountId>,
    /// The namespace whose tree it is in; none before it is mounted and after it is unmounted.
    pub ns: Option<NsId>,
    pub source: Str,
    /// The per-mount flags.
    pub flags: MountFlags,
    /// Those of the flags that this namespace may not clear (mount_namespaces(7)).
    pub locked_flags: MountFlags,
    /// MNT_LOCKED.
    pub lock: MountLock,
    /// Peer group; 0 unless it is shared.
    pub group: u32,
    /// Peer group that it receives from; 0 unless it is a slave.
    pub master: u32,
    pub binding: Binding,
    /// Open files, working directories and roots on it.
    pub holds: u32,
    pub internal: Internal,
}

/// Whether the kernel itself keeps a mount (MNT_INTERNAL).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Internal {
    Yes,
    No,
}

/// Whether a mount may be taken off what it covers, on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MountLock {
    Free,
    Locked,
}

/// MS_UNBINDABLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binding {
    Bindable,
    Unbindable,
}

/// A mount namespace's tree. `mounts` is in the order of creation.
#[derive(Clone, Debug, Default, Hash)]
pub struct MountNs {
    pub root: Option<MountId>,
    pub mounts: Vec<MountId>,
    /// The user namespace that owns it; none for the first, which the first one owns.
    pub user_ns: Option<NsId>,
}

impl Mount {
    pub fn is_shared(&self) -> bool {
        self.group != 0
    }
}

impl Kernel {
    pub(super) fn mount(&self, id: MountId) -> Option<&Mount> {
        self.vfs.mounts.get(id)
    }

    /// The mount that covers a place, if one does (__lookup_mnt).
    pub(super) fn mounted_at(&self, place: PathRef) -> Option<MountId> {
        let parent = self.mount(place.mount)?;
        let covers = |id: &MountId| self.mount(*id).is_some_and(|m| m.at == Some(place));
        parent.children.iter().copied().find(covers)
    }

    /// The mount on a mount's root.
    pub(super) fn overmount(&self, id: MountId) -> Option<MountId> {
        self.mounted_at(self.mount_root(id)?)
    }

    /// The uppermost of the mounts on a mount's root, or itself.
    pub(super) fn topmost_overmount(&self, mut id: MountId) -> MountId {
        while let Some(over) = self.overmount(id) {
            id = over;
        }
        id
    }

    /// Adds a mount that belongs nowhere yet; it holds its root and its superblock.
    pub(super) fn new_mount(&mut self, sb: SuperId, root: Node, source: Str) -> MountId {
        self.vfs.next_mount += 1;
        let id = self.vfs.next_mount;
        self.hold_node(root);
        if let Some(sb) = self.vfs.supers.get_mut(sb) {
            sb.mounts += 1;
        }
        self.vfs.mounts.insert(Mount {
            id,
            root,
            sb,
            at: None,
            children: Vec::new(),
            ns: None,
            source,
            flags: MountFlags::RELATIME,
            locked_flags: MountFlags::default(),
            lock: MountLock::Free,
            group: 0,
            master: 0,
            binding: Binding::Bindable,
            holds: 0,
            internal: Internal::No,
        })
    }

    /// The root of a mount, as a place.
    pub(super) fn mount_root(&self, id: MountId) -> Option<PathRef> {
        Some(PathRef {
            mount: id,
            node: self.mount(id)?.root,
            name: None,
        })
    }

    /// Hangs a mount on a place (mnt_set_mountpoint and attaching to the parent).
    pub(super) fn hang(&mut self, id: MountId, place: PathRef) {
        self.unhang(id);
        if let Some(mount) = self.vfs.mounts.get_mut(id) {
            mount.at = Some(place);
        }
        if let Some(parent) = self.vfs.mounts.get_mut(place.mount) {
            parent.children.push(id);
        }
    }

    /// Takes a mount off its place (umount_mnt).
    pub(super) fn unhang(&mut self, id: MountId) {
        let at = self.vfs.mounts.get_mut(id).and_then(|m| m.at.take());
        if let Some(parent) = at.and_then(|at| self.vfs.mounts.get_mut(at.mount)) {
            parent.children.retain(|child| *child != id);
        }
    }

    /// Enters a mount in a namespace's list, in the order of creation.
    pub(super) fn enter_ns(&mut self, id: MountId, ns: NsId) {
        let Some(mount) = self.vfs.mounts.get_mut(id) else {
            return;
        };
        let number = mount.id;
        mount.ns = Some(ns);
        let Some(list) = self.ns.mnt(ns).map(|tree| &tree.mounts) else {
            return;
        };
        let earlier = |m: &MountId| self.mount(*m).is_none_or(|m| m.id <= number);
        let place = list.partition_point(earlier);
        if let Some(tree) = self.ns.mnt_mut(ns) {
            tree.mounts.insert(place, id);
        }
    }

    /// Takes a mount out of its namespace's list.
    pub(super) fn leave_ns(&mut self, id: MountId) {
        let ns = self.vfs.mounts.get_mut(id).and_then(|m| m.ns.take());
        if let Some(tree) = ns.and_then(|ns| self.ns.mnt_mut(ns)) {
            tree.mounts.retain(|m| *m != id);
        }
    }

    /// A mount and all below it, parents first (next_mnt).
    pub(super) fn subtree(&self, id: MountId) -> Vec<MountId> {
        let mut found = Vec::new();
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            found.push(id);
            if let Some(mount) = self.mount(id) {
                next.extend(mount.children.iter().rev());
            }
        }
        found
    }

    /// The device number of the file system that a place is on.
    pub(super) fn dev_of(&self, place: PathRef) -> u32 {
        let sb = self.mount(place.mount).map(|m| m.sb);
        sb.and_then(|sb| self.vfs.supers.get(sb))
            .map_or(0, |sb| sb.dev)
    }

    /// The mount that a mount hangs on.
    pub(super) fn parent_mount(&self, id: MountId) -> Option<MountId> {
        Some(self.mount(id)?.at?.mount)
    }

    /// Whether a mount is another or hangs below it.
    pub(super) fn is_below(&self, mut id: MountId, above: MountId) -> bool {
        loop {
            if id == above {
                return true;
            }
            match self.parent_mount(id) {
                Some(parent) => id = parent,
                None => return false,
            }
        }
    }

    /// Whether a place is at or below another (is_path_reachable).
    pub(super) fn is_reachable(&self, mut place: PathRef, from: PathRef) -> bool {
        while place.mount != from.mount {
            match self.mount(place.mount).and_then(|m| m.at) {
                Some(at) => place = at,
                None => return false,
            }
        }
        self.is_within(place.node, from.node)
    }

    /// Whether a node is another or in the tree below it, on one file system (is_subdir).
    pub(super) fn is_within(&self, mut node: Node, above: Node) -> bool {
        loop {
            if node == above {
                return true;
            }
            match self.parent_node(node) {
                Some(parent) => node = parent,
                None => return false,
            }
        }
    }
}

/// Gives up a hold on a mount; one that is unmounted and that nobody uses is gone.
pub(super) fn release_mount(cx: &mut Ctx<'_>, id: MountId) {
    if let Some(mount) = cx.k.vfs.mounts.get_mut(id) {
        mount.holds = mount.holds.saturating_sub(1);
    }
    free_mount_if_unused(cx, id);
}

/// Frees an unmounted mount without users, and what stayed connected below it.
pub(super) fn free_mount_if_unused(cx: &mut Ctx<'_>, id: MountId) {
    let unused =
        |m: &Mount| m.holds == 0 && m.ns.is_none() && m.at.is_none() && m.internal == Internal::No;
    // The usual case, which allocates nothing.
    if !cx.k.mount(id).is_some_and(unused) {
        return;
    }
    let mut doubtful = vec![id];
    while let Some(id) = doubtful.pop() {
        if !cx.k.mount(id).is_some_and(unused) {
            continue;
        }
        let Some(mount) = cx.k.vfs.mounts.remove(id) else {
            continue;
        };
        for child in mount.children {
            if let Some(child) = cx.k.vfs.mounts.get_mut(child) {
                child.at = None;
            }
            doubtful.push(child);
        }
        release_node(cx, mount.root);
        release_super(cx, mount.sb);
    }
}

pub(super) fn release_node(cx: &mut Ctx<'_>, node: Node) {
    match node {
        Node::Inode(id) => release_inode(cx, id),
        Node::Proc(_) => {}
        Node::Cgroup(node) => {
            if let Some(group) = cx.k.cgroups.table.get_mut(node.group) {
                group.holds = group.holds.saturating_sub(1);
            }
        }
        Node::Ns(ns) => {
            let gone = cx.k.ns.release(ns);
            cx.tear_down(gone.into_iter().collect());
        }
    }
}
