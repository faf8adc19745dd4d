//! Copies of mounts and of trees of mounts (clone_mnt, copy_tree and attach_recursive_mnt in
//! fs/namespace.c).

use super::mount::{Binding, MountId, MountLock, free_mount_if_unused};
use super::path::{Node, PathRef};
use super::propagation::Propagation;
use crate::kernel::rule::Why;
use crate::kernel::syscall::MountFlags;
use crate::kernel::{Ctx, Errno, Kernel, NsId};

/// Mounts that a namespace may have (fs.mount-max).
const MOUNT_MAX: usize = 100_000;

/// What a copy is to its original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyKind {
    /// A peer if the original is shared, a fellow slave if it is one.
    Bind,
    /// A peer.
    Peer,
    Slave,
    SharedSlave,
    /// As `Bind`, for a new mount namespace: unbindable mounts come along.
    Namespace,
    /// The same for a namespace of a less privileged user namespace: it only receives.
    SlaveNamespace,
}

impl CopyKind {
    fn is_slave(self) -> bool {
        match self {
            CopyKind::Slave | CopyKind::SharedSlave | CopyKind::SlaveNamespace => true,
            CopyKind::Bind | CopyKind::Peer | CopyKind::Namespace => false,
        }
    }
    fn is_made_shared(self) -> bool {
        match self {
            CopyKind::Peer | CopyKind::SharedSlave => true,
            CopyKind::Bind | CopyKind::Slave | CopyKind::Namespace | CopyKind::SlaveNamespace => {
                false
            }
        }
    }
    fn takes_unbindable(self) -> bool {
        match self {
            CopyKind::Namespace | CopyKind::SlaveNamespace => true,
            CopyKind::Bind | CopyKind::Peer | CopyKind::Slave | CopyKind::SharedSlave => false,
        }
    }
    /// Bind mounts of mount namespaces are left out, lest namespaces keep each other alive.
    fn takes_mnt_ns(self) -> bool {
        self == CopyKind::Bind
    }
}

fn is_mnt_ns_file(k: &Kernel, node: Node) -> bool {
    match node {
        Node::Ns(ns) => k.ns.mnt(ns).is_some(),
        Node::Inode(_) | Node::Proc(_) | Node::Cgroup(_) => false,
    }
}

/// clone_mnt: a copy of one mount that shows `root`.
///
/// # Errors
/// EINVAL for a mount that is gone.
pub(super) fn clone_mnt(
    k: &mut Kernel,
    old: MountId,
    root: Node,
    kind: CopyKind,
) -> Result<MountId, Errno> {
    let original = k.mount(old).ok_or(lost!(EINVAL))?.clone();
    let mut group = if kind.is_slave() { 0 } else { original.group };
    if group == 0 && kind.is_made_shared() {
        group = k.free_group();
    }
    let master = if kind.is_slave() && original.group != 0 {
        original.group
    } else {
        original.master
    };
    let id = k.new_mount(original.sb, root, original.source);
    if let Some(mount) = k.vfs.mounts.get_mut(id) {
        mount.flags = original.flags;
        mount.locked_flags = original.locked_flags;
        // That it is unbindable is not copied.
        mount.master = master;
    }
    if group != 0 {
        k.join_group(id, group, Some(old));
    }
    Ok(id)
}

/// copy_tree: a mount, showing `root`, and what is mounted below `root`.
///
/// # Errors
/// EINVAL for an unbindable mount, EPERM for one below that is locked besides.
pub(super) fn copy_tree(
    k: &mut Kernel,
    why: &Why,
    source: MountId,
    root: Node,
    kind: CopyKind,
) -> Result<MountId, Errno> {
    let is_unbindable = |k: &Kernel, id| {
        k.mount(id)
            .is_some_and(|m| m.binding == Binding::Unbindable)
    };
    // Whoever asks for a copy has seen to that.
    if is_unbindable(k, source) && !kind.takes_unbindable() {
        return Err(lost!(EINVAL));
    }
    forbid!(why, MountNsLoop, source, if !kind.takes_mnt_ns() && is_mnt_ns_file(k, root))?;
    let top = clone_mnt(k, source, root, kind)?;
    let children = k.mount(source).map(|m| m.children.clone());
    // Each mount with the copy that its own will hang on; the first is to be done next.
    let mut next: Vec<(MountId, MountId)> = Vec::new();
    for child in children.into_iter().flatten().rev() {
        let at = k.mount(child).and_then(|m| m.at);
        if at.is_some_and(|at| k.is_within(at.node, root)) {
            next.push((child, top));
        }
    }
    while let Some((old, parent)) = next.pop() {
        let Some(mount) = k.mount(old).cloned() else {
            continue;
        };
        if is_unbindable(k, old) && !kind.takes_unbindable() {
            if mount.lock == MountLock::Locked {
                discard_copies(k, top);
                return Err(refuse!(why, MountLockedCopy, old));
            }
            continue;
        }
        if !kind.takes_mnt_ns() && is_mnt_ns_file(k, mount.root) {
            continue;
        }
        let Some(at) = mount.at else { continue };
        let copy = clone_mnt(k, old, mount.root, kind)?;
        if let Some(copied) = k.vfs.mounts.get_mut(copy) {
            copied.lock = mount.lock;
        }
        let place = PathRef {
            mount: parent,
            node: at.node,
            name: at.name,
        };
        k.hang(copy, place);
        next.extend(mount.children.iter().rev().map(|child| (*child, copy)));
    }
    Ok(top)
}

/// Takes copies that were never mounted apart; [`free_mount_if_unused`] frees them.
fn discard_copies(k: &mut Kernel, top: MountId) -> Vec<MountId> {
    let all = k.subtree(top);
    for id in all.iter().rev() {
        k.change_propagation(*id, Propagation::Private);
        k.unhang(*id);
    }
    all
}

/// Throws away a tree that was never mounted.
pub(super) fn discard_tree(cx: &mut Ctx<'_>, top: MountId) {
    for id in discard_copies(cx.k, top) {
        free_mount_if_unused(cx, id);
    }
}

/// attach_recursive_mnt: mounts a tree on a place that nothing covers, and copies of it wherever
/// the place's mount propagates to. A tree that hangs elsewhere is moved.
///
/// # Errors
/// ENOSPC for more mounts than a namespace may have; EINVAL, EPERM of copying. The tree stays
/// where it was.
pub(super) fn attach_recursive_mnt(
    cx: &mut Ctx<'_>,
    source: MountId,
    place: PathRef,
) -> Result<(), Errno> {
    let parent = cx.k.mount(place.mount).ok_or(lost!(EINVAL))?;
    let is_shared = parent.is_shared();
    let ns = parent.ns.ok_or(lost!(EINVAL))?;
    let is_moved = cx.k.mount(source).is_some_and(|m| m.at.is_some());
    // Its root becomes a mount point, should something come to lie beneath.
    let root = cx.k.mount_root(cx.k.topmost_overmount(source));
    forbid!(cx.why, MountpointExists, source, if root.is_none_or(|root| cx.k.is_unlinked(root.node)))?;
    let tree = cx.k.subtree(source);
    // Mounts to come, by namespace (pending_mounts).
    let mut pending = vec![(ns, 0)];
    if !is_moved {
        has_room(cx.k, &cx.why, &mut pending, ns, tree.len())?;
    }
    let mut copies = Vec::new();
    if is_shared {
        let before: Vec<u32> = tree.iter().map(|id| group_of(cx.k, *id)).collect();
        for id in &tree {
            cx.k.change_propagation(*id, Propagation::Shared);
        }
        let mut copied = cx.k.propagate_mnt(&cx.why, place, source, &mut copies);
        for (copy, at) in &copies {
            let count = cx.k.subtree(*copy).len();
            let ns = cx.k.mount(at.mount).and_then(|m| m.ns);
            copied = copied.and_then(|()| {
                let ns = ns.ok_or(lost!(EINVAL))?;
                has_room(cx.k, &cx.why, &mut pending, ns, count)
            });
        }
        if let Err(errno) = copied {
            for (copy, _) in copies {
                discard_tree(cx, copy);
            }
            for (id, group) in tree.iter().zip(before) {
                if group == 0 {
                    cx.k.change_propagation(*id, Propagation::Slave);
                }
            }
            return Err(errno);
        }
    }
    if is_moved {
        cx.k.unhang(source);
    }
    let user_ns = cx.k.owner_of_mnt(ns_of_caller(cx)?);
    copies.push((source, place));
    for (copy, at) in copies.into_iter().rev() {
        commit(cx.k, copy, at, user_ns);
    }
    Ok(())
}

fn group_of(k: &Kernel, id: MountId) -> u32 {
    k.mount(id).map_or(0, |m| m.group)
}

fn ns_of_caller(cx: &Ctx<'_>) -> Result<NsId, Errno> {
    Ok(cx.me()?.ns.mnt)
}

/// count_mounts: adds some to those that are to come.
fn has_room(
    k: &Kernel,
    why: &Why,
    pending: &mut Vec<(NsId, usize)>,
    ns: NsId,
    more: usize,
) -> Result<(), Errno> {
    let mut all = k.ns.mnt(ns).map_or(0, |tree| tree.mounts.len()) + more;
    match pending.iter_mut().find(|(of, _)| *of == ns) {
        Some((_, count)) => {
            *count += more;
            all += *count - more;
        }
        None => pending.push((ns, more)),
    }
    forbid!(why, MountMax, all => MOUNT_MAX, if all > MOUNT_MAX)
}

/// Puts a tree in its place. What covered the place already comes to lie on top.
fn commit(k: &mut Kernel, top: MountId, place: PathRef, user_ns: NsId) {
    let Some(ns) = k.mount(place.mount).and_then(|m| m.ns) else {
        return;
    };
    if k.owner_of_mnt(ns) != user_ns {
        lock_tree(k, top);
    }
    let covering = k.mounted_at(place);
    for id in k.subtree(top) {
        if k.mount(id).is_some_and(|m| m.ns.is_none()) {
            k.enter_ns(id, ns);
        }
    }
    let topmost = k.topmost_overmount(top);
    k.hang(top, place);
    if let Some(covering) = covering
        && let Some(over) = k.mount_root(topmost)
    {
        k.hang(covering, over);
    }
}

/// lock_mnt_tree: what comes from a more privileged namespace stays as it is, and only all of it
/// can be taken off.
pub(super) fn lock_tree(k: &mut Kernel, top: MountId) {
    for id in k.subtree(top) {
        if let Some(mount) = k.vfs.mounts.get_mut(id) {
            mount.locked_flags = mount
                .locked_flags
                .with(MountFlags(mount.flags.0 & MountFlags::LOCKABLE.0))
                .with(MountFlags::RELATIME);
            if id != top {
                mount.lock = MountLock::Locked;
            }
        }
    }
}
