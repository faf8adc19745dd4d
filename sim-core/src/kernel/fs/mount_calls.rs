//! mount(2) and umount2(2).

use super::inode::InodeData;
use super::mount::{Attached, FsType, Mount, MountId, detach};
use super::open::new_inode;
use super::path::{Node, PathRef};
use super::procfs::ProcNode;
use super::walk::Follow;
use crate::kernel::syscall::{FileKind, MountFlags, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, NsId};
use std::rc::Rc;

/// Flags that are kept with the mount.
const KEPT: MountFlags = MountFlags(0xf);
const PROPAGATION: MountFlags = MountFlags(
    MountFlags::SHARED.0 | MountFlags::SLAVE.0 | MountFlags::PRIVATE.0 | MountFlags::UNBINDABLE.0,
);
const MNT_DETACH: i32 = 2;

pub(super) fn my_ns(cx: &Ctx<'_>) -> Result<NsId, Errno> {
    Ok(cx.me()?.ns.mnt)
}

/// mount(2). Kinds: tmpfs and proc, bind mounts, remounting, and making private, which every
/// mount is already: other propagation is not modelled (EINVAL).
///
/// # Errors
/// EPERM without privilege, ENODEV for other file systems, EINVAL, ENOTDIR, ENOENT, ELOOP,
/// EBUSY as mount(2) says.
pub fn sys_mount(
    cx: &mut Ctx<'_>,
    source: Str,
    target: Str,
    fstype: Str,
    flags: MountFlags,
) -> SysResult {
    // Even "." and "/" mean what is on top there (lock_mount in fs/namespace.c).
    let place = cx.cover(cx.resolve(&target, Follow::Yes)?);
    if !cx.me()?.cred.is_capable() {
        return Err(Errno::EPERM);
    }
    if flags.has(MountFlags::REMOUNT) {
        return remount(cx, place, flags);
    }
    if flags.has(MountFlags::BIND) {
        return bind(cx, &source, place, flags);
    }
    if flags.any(PROPAGATION) {
        return propagation(cx, place, flags);
    }
    if flags.has(MountFlags::MOVE) {
        return move_mount(cx, &source, place);
    }
    let fs = match fstype.as_ref() {
        "tmpfs" | "ramfs" => FsType::Tmpfs,
        "proc" => FsType::Proc,
        "" => return Err(Errno::EINVAL),
        _ => return Err(Errno::ENODEV),
    };
    if cx.kind_of(place.node) != Some(FileKind::Directory) {
        return Err(Errno::ENOTDIR);
    }
    let root = match fs {
        // The instance shows the PID namespace that the mounter is in.
        FsType::Proc => {
            let ns = cx.k.pid_ns_of(cx.me()?).ok_or(Errno::EINVAL)?;
            Node::Proc(ProcNode::root(ns))
        }
        FsType::Tmpfs | FsType::Devtmpfs => {
            let inode = new_inode(
                cx,
                0o1777,
                InodeData::Directory {
                    entries: Rc::default(),
                },
            )?;
            cx.k.vfs.next_dev += 1;
            let dev = cx.k.vfs.next_dev;
            Node::Inode(cx.k.vfs.inodes.insert(super::Inode {
                dev,
                links: 0,
                mode: 0o1777,
                ..inode
            }))
        }
    };
    let source = if source.is_empty() {
        "none".into()
    } else {
        source
    };
    let flags = MountFlags(flags.0 & KEPT.0);
    let mount = Mount {
        root,
        at: None,
        fs,
        source,
        flags,
        holds: 0,
        attached: Attached::Yes,
    };
    attach(cx, mount, place)?;
    done(0)
}

/// Puts a new mount on a place.
pub(super) fn attach(cx: &mut Ctx<'_>, mount: Mount, place: PathRef) -> Result<MountId, Errno> {
    let ns = my_ns(cx)?;
    let id = cx.k.new_mount(Mount {
        at: Some(place),
        ..mount
    });
    if let Some(tree) = cx.k.ns.mnt_mut(ns) {
        tree.mounts.push(id);
    }
    Ok(id)
}

/// Whether a mount is in the caller's namespace.
pub(super) fn is_mine(cx: &Ctx<'_>, id: MountId) -> Result<bool, Errno> {
    Ok(cx
        .k
        .ns
        .mnt(my_ns(cx)?)
        .is_some_and(|tree| tree.mounts.contains(&id)))
}

/// The mount that a place is the root of, in the caller's namespace.
fn mount_of(cx: &Ctx<'_>, place: PathRef) -> Result<MountId, Errno> {
    let is_root = cx.k.mount_root(place.mount) == Some(place);
    if is_root && is_mine(cx, place.mount)? {
        Ok(place.mount)
    } else {
        Err(Errno::EINVAL)
    }
}

fn remount(cx: &mut Ctx<'_>, place: PathRef, flags: MountFlags) -> SysResult {
    let id = mount_of(cx, place)?;
    if let Some(mount) = cx.k.vfs.mounts.get_mut(id) {
        mount.flags = MountFlags(flags.0 & KEPT.0);
    }
    done(0)
}

fn propagation(cx: &mut Ctx<'_>, place: PathRef, flags: MountFlags) -> SysResult {
    mount_of(cx, place)?;
    let asked = MountFlags(flags.0 & PROPAGATION.0);
    if asked == MountFlags::PRIVATE {
        done(0)
    } else {
        Err(Errno::EINVAL)
    }
}

fn move_mount(cx: &mut Ctx<'_>, source: &str, place: PathRef) -> SysResult {
    let from = cx.resolve(source, Follow::Yes)?;
    let id = mount_of(cx, from)?;
    let is_dir = |node| cx.kind_of(node) == Some(FileKind::Directory);
    if is_dir(from.node) != is_dir(place.node) {
        return Err(Errno::EINVAL);
    }
    if cx.k.vfs.mounts.get(id).is_none_or(|m| m.at.is_none()) {
        return Err(Errno::EINVAL);
    }
    if is_below(cx, place.mount, id) {
        return Err(Errno::ELOOP);
    }
    if let Some(mount) = cx.k.vfs.mounts.get_mut(id) {
        mount.at = Some(place);
    }
    done(0)
}

/// Whether a mount is another or hangs below it.
pub(super) fn is_below(cx: &Ctx<'_>, mut id: MountId, above: MountId) -> bool {
    loop {
        if id == above {
            return true;
        }
        match cx.k.vfs.mounts.get(id).and_then(|m| m.at) {
            Some(place) => id = place.mount,
            None => return false,
        }
    }
}

/// Shows a place elsewhere; with `MS_REC` also what is mounted below it.
fn bind(cx: &mut Ctx<'_>, source: &str, place: PathRef, flags: MountFlags) -> SysResult {
    let from = cx.resolve(source, Follow::Yes)?;
    let is_dir = |node| cx.kind_of(node) == Some(FileKind::Directory);
    if is_dir(from.node) != is_dir(place.node) {
        return Err(Errno::ENOTDIR);
    }
    let original =
        cx.k.vfs
            .mounts
            .get(from.mount)
            .ok_or(Errno::EINVAL)?
            .clone();
    if !is_mine(cx, from.mount)? {
        return Err(Errno::EINVAL);
    }
    let below = if flags.has(MountFlags::REC) {
        submounts(cx, from)?
    } else {
        Vec::new()
    };
    let copy = Mount {
        root: from.node,
        holds: 0,
        ..original
    };
    let top = attach(cx, copy, place)?;
    copy_below(cx, from.mount, top, below)?;
    done(0)
}

/// Mounts below a place, parents first, as far as they can be seen from it.
fn submounts(cx: &Ctx<'_>, from: PathRef) -> Result<Vec<MountId>, Errno> {
    let tree = cx.k.ns.mnt(my_ns(cx)?).ok_or(Errno::EINVAL)?;
    let hangs = |id: &&MountId| {
        let at = cx.k.vfs.mounts.get(**id).and_then(|m| m.at);
        **id != from.mount
            && is_below(cx, **id, from.mount)
            && at.is_some_and(|at| at.mount != from.mount || is_within(cx, at.node, from.node))
    };
    Ok(tree.mounts.iter().filter(hangs).copied().collect())
}

/// Whether a node is in the tree below another, on one file system.
pub(super) fn is_within(cx: &Ctx<'_>, mut node: Node, above: Node) -> bool {
    loop {
        if node == above {
            return true;
        }
        node = match node {
            Node::Inode(id) => match cx.k.vfs.inodes.get(id).and_then(|i| i.parent) {
                Some(parent) => Node::Inode(parent),
                None => return false,
            },
            Node::Proc(proc) => {
                let parent = super::procfs::parent(proc);
                if parent == proc {
                    return false;
                }
                Node::Proc(parent)
            }
        };
    }
}

fn copy_below(
    cx: &mut Ctx<'_>,
    from: MountId,
    top: MountId,
    below: Vec<MountId>,
) -> Result<(), Errno> {
    let mut copies = vec![(from, top)];
    for id in below {
        let mount = cx.k.vfs.mounts.get(id).ok_or(Errno::EINVAL)?.clone();
        let Some(at) = mount.at else { continue };
        let Some((_, parent)) = copies.iter().find(|(old, _)| *old == at.mount) else {
            continue;
        };
        let place = PathRef {
            mount: *parent,
            node: at.node,
        };
        let copy = attach(cx, Mount { holds: 0, ..mount }, place)?;
        copies.push((id, copy));
    }
    Ok(())
}

/// umount2(2) with 0 or `MNT_DETACH`.
///
/// # Errors
/// EPERM without privilege, EINVAL for what is no mount point of the caller's namespace and for
/// other flags, EBUSY while it is in use.
pub fn sys_umount2(cx: &mut Ctx<'_>, target: Str, flags: i32) -> SysResult {
    if flags & !MNT_DETACH != 0 {
        return Err(Errno::EINVAL);
    }
    // LOOKUP_MOUNTPOINT: the walk goes up the stack of mounts, even from "." (pivot_root(2), NOTES).
    let place = cx.cover(cx.resolve(&target, Follow::Yes)?);
    let id = mount_of(cx, place)?;
    if !cx.me()?.cred.is_capable() {
        return Err(Errno::EPERM);
    }
    let tree = cx.k.ns.mnt(my_ns(cx)?).ok_or(Errno::EINVAL)?;
    // The root of the namespace stays.
    if cx.k.vfs.mounts.get(id).is_none_or(|m| m.at.is_none()) {
        return Err(Errno::EINVAL);
    }
    let below: Vec<MountId> = tree
        .mounts
        .iter()
        .filter(|m| is_below(cx, **m, id))
        .copied()
        .collect();
    if flags & MNT_DETACH == 0 {
        let in_use = below.len() > 1 || cx.k.vfs.mounts.get(id).is_some_and(|m| m.holds > 0);
        if in_use {
            return Err(Errno::EBUSY);
        }
    }
    let ns = my_ns(cx)?;
    if let Some(tree) = cx.k.ns.mnt_mut(ns) {
        tree.mounts.retain(|m| !below.contains(m));
    }
    for mount in below.into_iter().rev() {
        detach(cx, mount);
    }
    done(0)
}
