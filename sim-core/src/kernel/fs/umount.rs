//! Taking mounts away: umount2(2), its propagation, and the end of a namespace.

use super::links::LinkId;
use super::mount::{MountId, MountLock, free_mount_if_unused};
use super::mount_calls::{is_mine, is_mounted_root, may_mount};
use super::path::{Node, PathRef};
use super::propagation::Propagation;
use super::walk::Follow;
use crate::kernel::syscall::{MountFlags, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, Kernel};
use crate::store::SortedMap;

const MNT_FORCE: i32 = 1;
const MNT_DETACH: i32 = 2;
const MNT_EXPIRE: i32 = 4;
const UMOUNT_NOFOLLOW: i32 = 8;

/// Why a tree is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Umount {
    /// umount2(2).
    Now,
    /// `MNT_DETACH`.
    Lazily,
    /// Its mount point was removed: it stays whole for those who are in it.
    MountPointGone,
    /// Its namespace is gone.
    NamespaceGone,
}

/// umount2(2).
///
/// # Errors
/// EPERM without privilege, EINVAL for what is no mount point of the caller's namespace, for
/// locked mounts and for other flags, EBUSY while it is in use.
pub fn sys_umount2(cx: &mut Ctx<'_>, target: Str, flags: i32) -> SysResult {
    forbid!(cx.why, UmountFlags, flags, if flags & !(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW) != 0)?;
    let follow = if flags & UMOUNT_NOFOLLOW != 0 {
        Follow::No
    } else {
        Follow::Yes
    };
    // LOOKUP_MOUNTPOINT: the walk goes up the stack of mounts, even from "." (pivot_root(2), NOTES).
    let found = cx.resolve(&target, follow)?;
    let place = cx.cover(found);
    may_mount(cx)?;
    let id = place.mount;
    let mount = cx.k.mount(id).ok_or(lost!(EINVAL))?;
    forbid!(cx.why, UmountRoot, id, if !is_mounted_root(cx.k, place) || !is_mine(cx, id)? || mount.lock == MountLock::Locked)?;
    if flags & MNT_EXPIRE != 0 {
        return Err(expire(cx, id, flags));
    }
    if id == cx.me()?.fs.root.mount && flags & MNT_DETACH == 0 {
        // "Unmounting" the root makes its file system read-only instead (do_umount).
        let sb = mount.sb;
        super::mount_calls::make_super_read_only(cx, sb)?;
        return done(0);
    }
    if mount.at.is_none() {
        return Err(lost!(EINVAL));
    }
    if flags & MNT_DETACH != 0 {
        umount_tree(cx, id, Umount::Lazily);
    } else if cx.k.is_mount_busy(id) {
        return Err(refuse!(cx.why, UmountBusy, id));
    } else {
        umount_tree(cx, id, Umount::Now);
    }
    done(0)
}

/// `MNT_EXPIRE`: the mark that a first call leaves is not modelled, so there is never one.
fn expire(cx: &Ctx<'_>, id: MountId, flags: i32) -> Errno {
    let is_root = cx.me().is_ok_and(|me| me.fs.root.mount == id);
    if is_root || flags & (MNT_FORCE | MNT_DETACH) != 0 {
        refuse!(cx.why, UmountExpire, id)
    } else if cx.k.mount(id).is_some_and(|m| m.holds > 0) {
        refuse!(cx.why, UmountBusy, id)
    } else {
        refuse!(cx.why, UmountExpiring, id)
    }
}

/// umount_tree: takes a mount and all below it out of their namespace, and what goes with them
/// elsewhere.
pub(super) fn umount_tree(cx: &mut Ctx<'_>, top: MountId, why: Umount) {
    let mut gone = cx.k.subtree(top);
    match why {
        Umount::Now | Umount::Lazily => {
            let more = propagate_umount(cx.k, &gone);
            gone.extend(more);
        }
        Umount::MountPointGone | Umount::NamespaceGone => {}
    }
    for id in &gone {
        cx.k.leave_ns(*id);
    }
    for id in &gone {
        cx.k.change_propagation(*id, Propagation::Private);
    }
    for id in &gone {
        if is_disconnected(cx.k, *id, why) {
            cx.k.unhang(*id);
        }
    }
    for id in gone {
        free_mount_if_unused(cx, id);
    }
}

/// disconnect_mount.
fn is_disconnected(k: &Kernel, id: MountId, why: Umount) -> bool {
    let Some(mount) = k.mount(id) else {
        return true;
    };
    let parent = mount.at.and_then(|at| k.mount(at.mount));
    // Only what was unmounted together can stay together.
    if parent.is_none_or(|p| p.ns.is_some()) {
        return true;
    }
    match why {
        Umount::Now => true,
        Umount::MountPointGone => false,
        Umount::Lazily | Umount::NamespaceGone => mount.lock == MountLock::Free,
    }
}

/// The mounts elsewhere that go when `set` goes (propagate_umount; see also
/// Documentation/filesystems/propagate_umount.txt).
fn propagate_umount(k: &mut Kernel, set: &[MountId]) -> Vec<MountId> {
    let mut gone: SortedMap<MountId, ()> = set.iter().map(|id| (*id, ())).collect();
    let mut candidates = SortedMap::default();
    for id in set {
        let Some(at) = k.mount(*id).and_then(|m| m.at) else {
            continue;
        };
        for receiver in k.receivers(at.mount) {
            let there = PathRef {
                mount: receiver,
                ..at
            };
            let Some(child) = k.mounted_at(there) else {
                continue;
            };
            // propagate_mount_unlock: who could see behind the first may see behind its copies.
            if set.first() == Some(id)
                && let Some(mount) = k.vfs.mounts.get_mut(child)
            {
                mount.lock = MountLock::Free;
            }
            if !gone.contains_key(&child) {
                candidates.insert(child, ());
            }
        }
    }
    remove_shifting(k, &gone, &mut candidates);
    let mut more = Vec::new();
    while let Some(first) = candidates.first().copied() {
        // The mounts from here upwards that are candidates, and where the chain ends.
        let mut chain = Vec::new();
        let mut at = Some(first);
        while let Some(id) = at.filter(|id| candidates.remove(id).is_some()) {
            chain.push(id);
            at = k.parent_mount(id);
        }
        // A locked mount goes only with the one that it is on.
        let is_free = |id: &MountId| k.mount(*id).is_some_and(|m| m.lock == MountLock::Free);
        let count = if at.is_some_and(|end| gone.contains_key(&end)) {
            chain.len()
        } else {
            chain.iter().rposition(is_free).map_or(0, |last| last + 1)
        };
        for id in chain.into_iter().take(count) {
            gone.insert(id, ());
            more.push(id);
        }
    }
    for id in &more {
        let over = k.overmount(*id).filter(|over| !gone.contains_key(over));
        if let Some(over) = over
            && let Some(place) = first_surviving_place(k, over, &gone)
        {
            k.hang(over, place);
        }
    }
    more
}

/// Takes out candidates that something else is mounted on, other than on their root: it would
/// have to be moved to another path.
fn remove_shifting(
    k: &Kernel,
    gone: &SortedMap<MountId, ()>,
    candidates: &mut SortedMap<MountId, ()>,
) {
    loop {
        let stays = |id: &MountId| {
            let over = k.overmount(*id);
            k.mount(*id).is_none_or(|m| {
                let mut others = m.children.iter().filter(|c| Some(**c) != over);
                others.any(|c| !gone.contains_key(c) && leaves_something(k, *c, gone, candidates))
            })
        };
        let staying: Vec<MountId> = candidates.keys().copied().filter(stays).collect();
        if staying.is_empty() {
            return;
        }
        for id in staying {
            candidates.remove(&id);
        }
    }
}

/// Whether a mount, or one that covers it, would still be there.
fn leaves_something(
    k: &Kernel,
    mut id: MountId,
    gone: &SortedMap<MountId, ()>,
    candidates: &SortedMap<MountId, ()>,
) -> bool {
    while candidates.contains_key(&id) || gone.contains_key(&id) {
        match k.overmount(id) {
            Some(over) => id = over,
            None => return false,
        }
    }
    true
}

/// Where a mount comes to lie whose mount and those below it go.
fn first_surviving_place(
    k: &Kernel,
    id: MountId,
    gone: &SortedMap<MountId, ()>,
) -> Option<PathRef> {
    let mut place = k.mount(id)?.at?;
    while gone.contains_key(&place.mount) {
        place = k.mount(place.mount)?.at?;
    }
    Some(place)
}

/// Whether something is mounted on a node in the caller's namespace (is_local_mountpoint).
pub(super) fn is_local_mountpoint(cx: &Ctx<'_>, node: Node, name: Option<LinkId>) -> bool {
    let tree = cx.me().ok().and_then(|me| cx.k.ns.mnt(me.ns.mnt));
    let covers = |id: &MountId| {
        let at = cx.k.mount(*id).and_then(|m| m.at);
        at.is_some_and(|at| (at.node, at.name) == (node, name))
    };
    tree.is_some_and(|tree| tree.mounts.iter().any(covers))
}

/// A directory or file was removed: what other namespaces have mounted on it is unmounted
/// (detach_mounts).
pub(super) fn detach_mounts(cx: &mut Ctx<'_>, node: Node, name: Option<LinkId>) {
    let all = cx.k.vfs.mounts.iter();
    let covering: Vec<MountId> = all
        .filter(|(_, m)| m.at.is_some_and(|at| (at.node, at.name) == (node, name)))
        .map(|(id, _)| id)
        .collect();
    for id in covering {
        match cx.k.mount(id).map(|m| m.ns) {
            Some(Some(_)) => umount_tree(cx, id, Umount::MountPointGone),
            // It was unmounted before and only stayed connected.
            Some(None) => {
                cx.k.unhang(id);
                free_mount_if_unused(cx, id);
            }
            None => {}
        }
    }
}

/// The flags of a mount and its file system that say read-only.
pub(super) fn is_read_only(k: &Kernel, id: MountId) -> bool {
    k.mount(id)
        .is_some_and(|m| m.flags.has(MountFlags::RDONLY) || k.is_super_read_only(m.sb))
}
