//! mount(2).

use super::copy_tree::{CopyKind, attach_recursive_mnt, clone_mnt, copy_tree, discard_tree};
use super::mount::{Binding, MountId, MountLock};
use super::new_mount::do_new_mount;
use super::overlay;
use super::path::{Node, PathRef};
use super::propagation::Propagation;
use super::superblock::SuperId;
use super::umount::is_read_only;
use super::walk::Follow;
use crate::kernel::cred::Cap;
use crate::kernel::syscall::{FileKind, MountFlags, OpenFlags, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, Kernel, NsId};

const PROPAGATION: MountFlags = MountFlags(
    MountFlags::SHARED.0 | MountFlags::SLAVE.0 | MountFlags::PRIVATE.0 | MountFlags::UNBINDABLE.0,
);

/// may_mount: privilege over the caller's mount namespace.
///
/// # Errors
/// EPERM.
pub(super) fn may_mount(cx: &Ctx<'_>) -> Result<(), Errno> {
    cx.capable_over(cx.me()?.ns.mnt, Cap::SYS_ADMIN)
}

/// mount(2).
///
/// # Errors
/// EPERM without privilege or against locked flags, ENODEV for file systems that are not
/// modelled, EINVAL, ENOTDIR, ENOENT, ELOOP, EBUSY as mount(2) says.
pub fn sys_mount(
    cx: &mut Ctx<'_>,
    source: Str,
    target: Str,
    fstype: Str,
    flags: MountFlags,
    data: Str,
) -> SysResult {
    let path = cx.resolve(&target, Follow::Yes)?;
    may_mount(cx)?;
    let kept = mount_flags(flags);
    if flags.has(MountFlags::REMOUNT.with(MountFlags::BIND)) {
        reconfigure_mnt(cx, path, kept)?;
    } else if flags.has(MountFlags::REMOUNT) {
        remount(cx, path, flags, kept, &data)?;
    } else if flags.has(MountFlags::BIND) {
        loopback(cx, &source, path, flags)?;
    } else if flags.any(PROPAGATION) {
        change_type(cx, path, flags)?;
    } else if flags.has(MountFlags::MOVE) {
        move_mount(cx, &source, path)?;
    } else {
        do_new_mount(cx, path, &source, &fstype, flags, kept, &data)?;
    }
    done(0)
}

/// The per-mount flags of a call; access times are relative unless something else is said.
fn mount_flags(flags: MountFlags) -> MountFlags {
    let kept = MountFlags(flags.0 & MountFlags::PER_MOUNT.0);
    let strict = flags.any(MountFlags::NOATIME.with(MountFlags::STRICTATIME));
    if strict {
        kept.without(MountFlags::RELATIME)
    } else {
        kept.with(MountFlags::RELATIME)
    }
}

/// Whether a place is the root of the mount that it is on (path_mounted).
pub(super) fn is_mounted_root(k: &Kernel, place: PathRef) -> bool {
    k.mount_root(place.mount) == Some(place)
}

/// Whether a mount is in the caller's namespace (check_mnt).
pub(super) fn is_mine(cx: &Ctx<'_>, id: MountId) -> Result<bool, Errno> {
    let mine = cx.me()?.ns.mnt;
    Ok(cx.k.mount(id).is_some_and(|m| m.ns == Some(mine)))
}

/// Where a mount on `path` really goes: on top of what is mounted there (lock_mount).
///
/// # Errors
/// ENOENT for a directory that was removed, or whose mount was unmounted.
pub(super) fn lock_mount(cx: &Ctx<'_>, path: PathRef) -> Result<PathRef, Errno> {
    let place = cx.cover(path);
    let is_mounted = cx.k.mount(place.mount).is_some_and(|m| m.ns.is_some());
    if cx.k.is_unlinked(place.node) || !is_mounted {
        Err(refuse!(cx.why, MountpointExists, place.node))
    } else {
        Ok(place)
    }
}

pub(super) fn is_dir(cx: &Ctx<'_>, place: PathRef) -> bool {
    cx.kind_of(place.node) == Some(FileKind::Directory)
}

/// graft_tree: mounts a new tree; it is thrown away if that fails.
///
/// # Errors
/// ENOTDIR for a file on a directory or the other way round, and those of attaching.
pub(super) fn graft_tree(cx: &mut Ctx<'_>, top: MountId, place: PathRef) -> Result<(), Errno> {
    let root = cx.k.mount_root(top).ok_or(lost!(EINVAL))?;
    let grafted = if is_dir(cx, root) == is_dir(cx, place) {
        attach_recursive_mnt(cx, top, place)
    } else {
        Err(refuse!(cx.why, MountpointKind, place.node))
    };
    if grafted.is_err() {
        discard_tree(cx, top);
    }
    grafted
}

/// do_loopback: shows a place elsewhere; with `MS_REC` also what is mounted below it.
fn loopback(cx: &mut Ctx<'_>, source: &str, path: PathRef, flags: MountFlags) -> Result<(), Errno> {
    forbid!(cx.why, MountSource, if source.is_empty())?;
    let from = cx.resolve(source, Follow::Yes)?;
    forbid!(cx.why, MountNsLoop, from.node, if is_mnt_ns_loop(cx, from.node)?)?;
    let place = lock_mount(cx, path)?;
    forbid!(cx.why, MountMine, place.mount, if !is_mine(cx, place.mount)?)?;
    let old = cx.k.mount(from.mount).ok_or(lost!(EINVAL))?;
    let is_namespace = matches!(from.node, Node::Ns(_));
    forbid!(cx.why, BindSource, from.mount, if old.binding == Binding::Unbindable || !(is_mine(cx, from.mount)? || is_namespace))?;
    let top = if flags.has(MountFlags::REC) {
        copy_tree(cx.k, &cx.why, from.mount, from.node, CopyKind::Bind)?
    } else {
        forbid!(cx.why, BindLockedChildren, from.mount, if has_locked_children(cx.k, from))?;
        clone_mnt(cx.k, from.mount, from.node, CopyKind::Bind)?
    };
    graft_tree(cx, top, place)
}

/// Whether a mount namespace would hold itself: only younger ones may be bound (mnt_ns_loop).
fn is_mnt_ns_loop(cx: &Ctx<'_>, node: Node) -> Result<bool, Errno> {
    let Node::Ns(ns) = node else {
        return Ok(false);
    };
    let mine = cx.me()?.ns.mnt;
    let age = |ns: NsId| cx.k.ns.get(ns).map(|ns| ns.inum);
    Ok(cx.k.ns.mnt(ns).is_some() && age(ns) <= age(mine))
}

/// Whether something is mounted below a place that must not be taken off.
pub(super) fn has_locked_children(k: &Kernel, place: PathRef) -> bool {
    let children = k.mount(place.mount).map(|m| &m.children);
    let is_locked = |id: &MountId| {
        k.mount(*id).is_some_and(|m| {
            m.lock == MountLock::Locked && m.at.is_some_and(|at| k.is_within(at.node, place.node))
        })
    };
    children.is_some_and(|all| all.iter().any(is_locked))
}

/// do_change_type.
fn change_type(cx: &mut Ctx<'_>, path: PathRef, flags: MountFlags) -> Result<(), Errno> {
    forbid!(cx.why, PropagationRoot, path.mount, if !is_mounted_root(cx.k, path))?;
    let asked = flags.without(MountFlags::REC).without(MountFlags::SILENT);
    let to = match asked {
        MountFlags::SHARED => Propagation::Shared,
        MountFlags::SLAVE => Propagation::Slave,
        MountFlags::PRIVATE => Propagation::Private,
        MountFlags::UNBINDABLE => Propagation::Unbindable,
        _ => return Err(refuse!(cx.why, PropagationFlags, flags.0)),
    };
    forbid!(cx.why, PropagationMounted, path.mount, if cx.k.mount(path.mount).is_none_or(|m| m.ns.is_none()))?;
    let tree = if flags.has(MountFlags::REC) {
        cx.k.subtree(path.mount)
    } else {
        vec![path.mount]
    };
    for id in tree {
        cx.k.change_propagation(id, to);
    }
    Ok(())
}

/// do_move_mount.
fn move_mount(cx: &mut Ctx<'_>, source: &str, path: PathRef) -> Result<(), Errno> {
    forbid!(cx.why, MountSource, if source.is_empty())?;
    let from = cx.resolve(source, Follow::Yes)?;
    let old = from.mount;
    forbid!(cx.why, MoveRoot, from.mount, if !is_mounted_root(cx.k, from) || is_dir(cx, from) != is_dir(cx, path))?;
    let place = lock_mount(cx, path)?;
    let mount = cx.k.mount(old).ok_or(lost!(EINVAL))?;
    let parent = mount.at.and_then(|at| cx.k.mount(at.mount));
    // It has to be ours, and one that can be taken from a parent that does not tell others.
    let is_movable = is_mine(cx, old)?
        && mount.lock == MountLock::Free
        && parent.is_some_and(|p| !p.is_shared());
    forbid!(cx.why, MoveParent, old, if !is_movable || !is_mine(cx, place.mount)?)?;
    let to_shared = cx.k.mount(place.mount).is_some_and(|m| m.is_shared());
    let is_unbindable = |id: &MountId| {
        let mount = cx.k.mount(*id);
        mount.is_some_and(|m| m.binding == Binding::Unbindable)
    };
    forbid!(cx.why, MoveUnbindable, old, if to_shared && cx.k.subtree(old).iter().any(is_unbindable))?;
    forbid!(cx.why, MoveBelowItself, old => place.mount, if cx.k.is_below(place.mount, old))?;
    attach_recursive_mnt(cx, old, place)
}

/// What a remount may change at all.
///
/// # Errors
/// EINVAL for what is no mount point of ours, EPERM for clearing a locked flag.
fn may_reconfigure(cx: &Ctx<'_>, path: PathRef, flags: MountFlags) -> Result<(), Errno> {
    forbid!(cx.why, RemountRoot, path.mount, if !is_mine(cx, path.mount)? || !is_mounted_root(cx.k, path))?;
    let mount = cx.k.mount(path.mount).ok_or(lost!(EINVAL))?;
    let locked = mount.locked_flags;
    let atime = MountFlags::ATIME;
    // Of the access time flags not one may change (can_change_locked_flags).
    let is_time_kept =
        !locked.has(MountFlags::RELATIME) || mount.flags.0 & atime.0 == flags.0 & atime.0;
    if flags.has(locked.without(atime)) && is_time_kept {
        Ok(())
    } else {
        Err(refuse!(cx.why, MountFlagsLocked, path.mount => locked.0))
    }
}

/// do_reconfigure_mnt: the flags of one mount.
fn reconfigure_mnt(cx: &mut Ctx<'_>, path: PathRef, flags: MountFlags) -> Result<(), Errno> {
    may_reconfigure(cx, path, flags)?;
    let becomes_read_only = flags.has(MountFlags::RDONLY) && !is_read_only(cx.k, path.mount);
    forbid!(cx.why, RemountWritten, path.mount, if becomes_read_only && is_written(cx.k, |mount| mount == path.mount))?;
    set_flags(cx.k, path.mount, flags);
    Ok(())
}

fn set_flags(k: &mut Kernel, id: MountId, flags: MountFlags) {
    if let Some(mount) = k.vfs.mounts.get_mut(id) {
        mount.flags = flags;
    }
}

/// do_remount: the file system and the mount.
fn remount(
    cx: &mut Ctx<'_>,
    path: PathRef,
    flags: MountFlags,
    kept: MountFlags,
    data: &str,
) -> Result<(), Errno> {
    may_reconfigure(cx, path, kept)?;
    let (read_only, data) = super::superblock::sb_flags(data);
    let flags = match read_only {
        Some(read_only) => flags.without(MountFlags::RDONLY).with(read_only),
        None => flags,
    };
    let data = data.as_str();
    let sb = cx.k.mount(path.mount).ok_or(lost!(EINVAL))?.sb;
    super::new_mount::check_options(cx.k, &cx.why, sb, data)?;
    // Over the file system, not only over the mount.
    let owner = cx.k.vfs.supers.get(sb).ok_or(lost!(EINVAL))?.user_ns;
    cx.ns_capable(owner, Cap::SYS_ADMIN)?;
    if flags.has(MountFlags::RDONLY) {
        may_be_read_only(cx, sb)?;
    } else {
        // ovl_reconfigure.
        let stays = overlay::is_without_upper(cx.k, sb);
        forbid!(cx.why, FilesystemReadOnly, path.mount, if stays)?;
    }
    super::new_mount::reconfigure(cx.k, &cx.why, sb, data)?;
    if flags.has(MountFlags::RDONLY) {
        make_super_read_only(cx, sb)?;
    } else if let Some(sb) = cx.k.vfs.supers.get_mut(sb) {
        sb.flags = sb.flags.without(MountFlags::RDONLY);
    }
    set_flags(cx.k, path.mount, kept);
    Ok(())
}

/// # Errors
/// EBUSY while a file of it is open for writing, or open and removed.
fn may_be_read_only(cx: &Ctx<'_>, id: SuperId) -> Result<(), Errno> {
    let sb = cx.k.vfs.supers.get(id).ok_or(lost!(EINVAL))?;
    let is_of = |mount| cx.k.mount(mount).is_some_and(|m| m.sb == id);
    // What was removed goes when it is closed, and that is a write (s_remove_count).
    let removes = || {
        let mut inodes = cx.k.vfs.inodes.iter();
        inodes.any(|(_, i)| i.sb == Some(id) && i.links == 0 && i.parent.is_some())
    };
    let is_written = || is_written(cx.k, is_of) || removes();
    forbid!(cx.why, RemountWritten, if !sb.flags.has(MountFlags::RDONLY) && is_written())
}

/// # Errors
/// As [`may_be_read_only`].
pub(super) fn make_super_read_only(cx: &mut Ctx<'_>, id: SuperId) -> Result<(), Errno> {
    may_be_read_only(cx, id)?;
    if let Some(sb) = cx.k.vfs.supers.get_mut(id) {
        sb.flags = sb.flags.with(MountFlags::RDONLY);
    }
    Ok(())
}

/// Whether a regular file or directory on such a mount is open for writing, or mapped by one that was.
fn is_written(k: &Kernel, on: impl Fn(MountId) -> bool) -> bool {
    let writes = |access: OpenFlags| access.any(OpenFlags::WRONLY.with(OpenFlags::RDWR));
    let is_open = k.vfs.files.iter().any(|(_, file)| {
        let is_there = file.path.is_some_and(|path| on(path.mount));
        is_there && writes(file.flags) && matches!(file.kind, super::OpenKind::Inode)
    });
    is_open || k.mapped_by().any(|by| on(by.mount) && writes(by.flags))
}
