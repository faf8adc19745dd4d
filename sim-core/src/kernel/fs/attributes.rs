//! System calls about what stands in an inode: stat(2), chmod(2), chown(2), truncate(2).

use super::fd::OpenKind;
use super::inode::{Device, InodeData};
use super::path::{Node, PathRef};
use super::walk::Follow;
use super::{overlay, pagecache, procfs};
use crate::kernel::cred::Cap;
use crate::kernel::syscall::{FileKind, OpenFlags, Stat, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, Kernel, Reply, cgroup};

/// stat(2), in [`Reply::Stat`].
///
/// # Errors
/// Those of the walk.
pub fn sys_newfstatat(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let place = cx.resolve(&path, Follow::Yes)?;
    answer(cx, place)
}

/// lstat(2): a link itself.
///
/// # Errors
/// Those of the walk.
pub fn sys_lstat(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let place = cx.resolve(&path, Follow::No)?;
    answer(cx, place)
}

/// fstat(2).
///
/// # Errors
/// EBADF.
pub fn sys_fstat(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let (id, file) = cx.file_or_path(fd)?;
    if let Some(place) = file.path {
        return answer(cx, place);
    }
    // A socket; it belongs to whoever asks, as far as is modelled.
    let stat = Stat {
        dev: 0,
        inode: id.as_u64(),
        kind: FileKind::Socket,
        mode: 0o777,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: (0, 0),
        size_bytes: 0,
    };
    cx.reply(Reply::Stat(stat))?;
    done(0)
}

fn answer(cx: &mut Ctx<'_>, place: PathRef) -> SysResult {
    procfs::may_stat(cx, place)?;
    let mut stat = stat_of(cx.k, place)?;
    // cp_new_stat: ids as the caller's user namespace shows them.
    let ns = cx.k.ns.user(cx.me()?.cred.user_ns).ok_or(lost!(EINVAL))?;
    stat.uid = ns.uid_map.shown(stat.uid);
    stat.gid = ns.gid_map.shown(stat.gid);
    cx.reply(Reply::Stat(stat))?;
    done(0)
}

fn stat_of(k: &Kernel, place: PathRef) -> Result<Stat, Errno> {
    // ovl_getattr asks the layer, where they may have been changed directly.
    let owner = k.owner_of(overlay::shown(k, place.node))?;
    let (inode, nlink, size_bytes) = match place.node {
        Node::Inode(id) => {
            let real = k.real_inode(id);
            let size = k.vfs.inodes.get(real).map_or(0, |i| i.size_bytes());
            (id.as_u64(), k.nlink(id), size)
        }
        Node::Proc(node) => (procfs::inode_number(node), 1, 0),
        Node::Cgroup(node) => (node.inode_number(), 1, 0),
        Node::Ns(ns) => (k.ns.get(ns).map_or(0, |ns| u64::from(ns.inum)), 1, 0),
    };
    let rdev = match place.node {
        Node::Inode(id) => match k.vfs.inodes.get(id).map(|i| &i.data) {
            Some(InodeData::Device(device)) => device.numbers(),
            Some(_) | None => (0, 0),
        },
        Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => (0, 0),
    };
    Ok(Stat {
        dev: u64::from(k.dev_of(place)),
        inode,
        kind: owner.kind,
        mode: owner.mode,
        nlink,
        uid: owner.uid,
        gid: owner.gid,
        rdev,
        size_bytes,
    })
}

/// chmod(2).
///
/// # Errors
/// EPERM for other than the owner, EROFS and those of the walk.
pub fn sys_chmod(cx: &mut Ctx<'_>, path: Str, mode: u16) -> SysResult {
    let place = cx.resolve(&path, Follow::Yes)?;
    change_mode(cx, place, mode)
}

/// fchmod(2).
///
/// # Errors
/// EBADF, and those of chmod(2).
pub fn sys_fchmod(cx: &mut Ctx<'_>, fd: i32, mode: u16) -> SysResult {
    let place = cx.file(fd)?.1.path.ok_or(lost!(EINVAL))?;
    change_mode(cx, place, mode)
}

fn change_mode(cx: &mut Ctx<'_>, place: PathRef, mode: u16) -> SysResult {
    cx.want_write(place)?;
    let (Node::Inode(_) | Node::Cgroup(_)) = place.node else {
        return Err(refuse!(cx.why, FileComputed, place.node));
    };
    cx.owner_or_capable(place.node)?;
    let gid = cx.k.owner_of(place.node)?.gid;
    let mut mode = mode & 0o7777;
    if !cx.in_group_or_capable(gid)? {
        mode &= !0o2000;
    }
    let id = match place.node {
        Node::Inode(id) => id,
        Node::Cgroup(node) => {
            let owner = node.owner(&cx.k.cgroups);
            node.set_owner(&mut cx.k.cgroups, cgroup::Owner { mode, ..owner });
            return done(0);
        }
        Node::Proc(_) | Node::Ns(_) => return Err(refuse!(cx.why, FileComputed, place.node)),
    };
    overlay::copy_up(cx, id)?;
    for id in overlay::both(cx.k, id) {
        if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
            inode.mode = mode;
        }
    }
    done(0)
}

/// chown(2). -1 leaves an id as it is.
///
/// # Errors
/// EPERM without privilege, EROFS and those of the walk.
pub fn sys_chown(cx: &mut Ctx<'_>, path: Str, uid: u32, gid: u32) -> SysResult {
    let place = cx.resolve(&path, Follow::Yes)?;
    change_owner(cx, place, uid, gid)
}

/// lchown(2): a link itself.
///
/// # Errors
/// Those of chown(2).
pub fn sys_lchown(cx: &mut Ctx<'_>, path: Str, uid: u32, gid: u32) -> SysResult {
    let place = cx.resolve(&path, Follow::No)?;
    change_owner(cx, place, uid, gid)
}

/// fchown(2).
///
/// # Errors
/// EBADF, and those of chown(2).
pub fn sys_fchown(cx: &mut Ctx<'_>, fd: i32, uid: u32, gid: u32) -> SysResult {
    let place = cx.file(fd)?.1.path.ok_or(lost!(EINVAL))?;
    change_owner(cx, place, uid, gid)
}

fn change_owner(cx: &mut Ctx<'_>, place: PathRef, uid: u32, gid: u32) -> SysResult {
    const UNCHANGED: u32 = u32::MAX;
    cx.want_write(place)?;
    let me = cx.me()?.cred.user_ns;
    let ns = cx.k.ns.user(me).ok_or(lost!(EINVAL))?;
    let lower = |map: &crate::kernel::cred::IdMap, id: u32| match id {
        UNCHANGED => Ok(UNCHANGED),
        _ => map.down(id).ok_or_else(|| refuse!(cx.why, IdMapped, id)),
    };
    let (uid, gid) = (lower(&ns.uid_map, uid)?, lower(&ns.gid_map, gid)?);
    // Files of a process let it happen and forget it at the next look (pid_revalidate).
    let is_kept = match place.node {
        Node::Inode(_) | Node::Cgroup(_) => true,
        Node::Proc(node) => procfs::is_of_process(node),
        Node::Ns(_) => false,
    };
    forbid!(cx.why, FileComputed, place.node, if !is_kept)?;
    cx.may_chown(
        place.node,
        Some(uid).filter(|id| *id != UNCHANGED),
        Some(gid).filter(|id| *id != UNCHANGED),
    )?;
    let before = cx.k.owner_of(place.node)?;
    let mut mode = before.mode;
    if before.kind != FileKind::Directory {
        // Programs lose what made them privileged (chown(2)).
        mode &= !0o4000;
        if mode & 0o010 != 0 {
            mode &= !0o2000;
        }
    }
    let id = match place.node {
        Node::Inode(id) => id,
        Node::Cgroup(node) => {
            let owner = cgroup::Owner {
                mode,
                uid: if uid == UNCHANGED { before.uid } else { uid },
                gid: if gid == UNCHANGED { before.gid } else { gid },
            };
            node.set_owner(&mut cx.k.cgroups, owner);
            return done(0);
        }
        Node::Proc(_) | Node::Ns(_) => return done(0),
    };
    overlay::copy_up(cx, id)?;
    for id in overlay::both(cx.k, id) {
        if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
            inode.mode = mode;
            inode.uid = if uid == UNCHANGED { inode.uid } else { uid };
            inode.gid = if gid == UNCHANGED { inode.gid } else { gid };
        }
    }
    done(0)
}

/// file_remove_privs: what somebody writes without CAP_FSETID loses its set-id bits.
pub(super) fn remove_privileges(cx: &mut Ctx<'_>, id: super::InodeId) -> Result<(), Errno> {
    let Some(inode) = cx.k.vfs.inodes.get(id).filter(|i| i.mode & 0o6000 != 0) else {
        return Ok(());
    };
    let (mode, gid) = (inode.mode, inode.gid);
    let keeps_gid = mode & 0o010 == 0 && cx.in_group_or_capable(gid)?;
    if mode & 0o6000 == 0o2000 && keeps_gid || cx.is_capable(Cap::FSETID) {
        return Ok(());
    }
    let lost = if keeps_gid { 0o4000 } else { 0o6000 };
    for id in overlay::both(cx.k, id) {
        if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
            inode.mode &= !lost;
        }
    }
    Ok(())
}

/// truncate(2).
///
/// # Errors
/// EINVAL for a negative size and other than regular files, EISDIR, EROFS, EACCES, ETXTBSY,
/// EFBIG, and those of the walk.
pub fn sys_truncate(cx: &mut Ctx<'_>, path: Str, length: i64) -> SysResult {
    let size = u64::try_from(length).map_err(|_| refuse!(cx.why, LengthValid, length))?;
    let place = cx.resolve(&path, Follow::Yes)?;
    match (cx.kind_of(place.node), place.node) {
        (Some(FileKind::Directory), _) => Err(refuse!(cx.why, TruncateDirectory, place.node)),
        (Some(FileKind::Regular), Node::Inode(id)) => {
            cx.want_write(place)?;
            cx.permit(place, super::access::Access::Write)?;
            cx.get_write_access(cx.k.real_inode(id))?;
            overlay::copy_up(cx, id)?;
            remove_privileges(cx, id)?;
            pagecache::resize(cx, cx.k.real_inode(id), size)?;
            done(0)
        }
        _ => Err(refuse!(cx.why, TruncateKind, place.node)),
    }
}

/// ftruncate(2).
///
/// # Errors
/// EINVAL for a negative size, other than regular files and those not open for writing, EBADF,
/// EFBIG.
pub fn sys_ftruncate(cx: &mut Ctx<'_>, fd: i32, length: i64) -> SysResult {
    let size = u64::try_from(length).map_err(|_| refuse!(cx.why, LengthValid, length))?;
    let (_, file) = cx.file(fd)?;
    // pidfs_setattr.
    forbid!(cx.why, TruncatePidfd, fd, if matches!(file.kind, OpenKind::Pidfd(_)))?;
    let writes = file.flags.any(OpenFlags::WRONLY.with(OpenFlags::RDWR));
    let id = super::fd::inode_of(file).filter(|_| writes && file.kind == OpenKind::Inode);
    let id = id.ok_or_else(|| refuse!(cx.why, TruncateWritable, fd))?;
    forbid!(cx.why, TruncateWritable, id, if cx.kind_of(Node::Inode(id)) != Some(FileKind::Regular))?;
    remove_privileges(cx, id)?;
    pagecache::resize(cx, cx.k.real_inode(id), size)?;
    done(0)
}

impl Device {
    /// Major and minor number (Documentation/admin-guide/devices.txt).
    pub fn numbers(self) -> (u32, u32) {
        match self {
            Device::Null => (1, 3),
            Device::Zero => (1, 5),
            Device::Full => (1, 7),
            Device::OwnTty => (5, 0),
            Device::Tty(tty) if tty.0 == 0 => (5, 1),
            Device::Tty(tty) => (4, u32::from(tty.0)),
            Device::Other { major, minor } => (major, minor),
        }
    }

    /// The device behind a number as makedev(3) makes it.
    pub fn numbered(dev: u32) -> Device {
        let (major, minor) = ((dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xf_ff00));
        match (major, minor) {
            (1, 3) => Device::Null,
            (1, 5) => Device::Zero,
            (1, 7) => Device::Full,
            (5, 0) => Device::OwnTty,
            (5, 1) => Device::Tty(crate::hw::TtyId(0)),
            (4, nr) if nr > 0 && nr < u32::from(crate::hw::TERMINALS) => {
                Device::Tty(crate::hw::TtyId(nr as u16))
            }
            (major, minor) => Device::Other { major, minor },
        }
    }
}
