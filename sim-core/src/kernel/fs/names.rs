//! System calls that make, remove and change names (fs/namei.c).

use super::access::{Access, Victim};
use super::inode::{Device, InodeData, InodeId, Source};
use super::open::new_inode;
use super::path::{Node, PathRef};
use super::umount::{detach_mounts, is_local_mountpoint};
use super::vfs_ops::{enter, remove};
use super::walk::{Follow, Last, Parent, Slash};
use crate::kernel::cred::Cap;
use crate::kernel::rule::Why;
use crate::kernel::syscall::{FileKind, Str, SysResult, done};
use crate::kernel::{Ctx, Errno};
use std::rc::Rc;

const S_IFMT: u16 = 0o170_000;
const S_IFIFO: u16 = 0o010_000;
const S_IFCHR: u16 = 0o020_000;
const S_IFDIR: u16 = 0o040_000;
const S_IFBLK: u16 = 0o060_000;
const S_IFREG: u16 = 0o100_000;
const S_IFSOCK: u16 = 0o140_000;

/// A directory that the caller may add to, and a name in it that is not taken.
pub(super) struct Vacant {
    pub dir: InodeId,
    pub name: String,
    pub mount: super::MountId,
}

/// filename_create, and may_create after it: a trailing slash is for directories only.
pub(super) fn vacant(cx: &Ctx<'_>, path: &str, makes: FileKind) -> Result<Vacant, Errno> {
    let parent = cx.resolve_parent(path)?;
    let Last::Name(name) = &parent.last else {
        return Err(refuse!(cx.why, NameFree));
    };
    match cx.lookup(parent.dir, name) {
        Ok(_) => return Err(refuse!(cx.why, NameFree)),
        Err(Errno::ENOENT) => {}
        Err(errno) => return Err(errno),
    }
    // Control groups take no files.
    forbid!(cx.why, CgroupNoFiles, parent.dir.node, if matches!(parent.dir.node, Node::Cgroup(_)))?;
    // proc knows no names that are not there.
    let Node::Inode(dir) = parent.dir.node else {
        return Err(refuse!(cx.why, ProcNoFiles, parent.dir.node));
    };
    forbid!(cx.why, NameTrailingSlash, if parent.slash == Slash::Trailing && makes != FileKind::Directory)?;
    cx.want_write(parent.dir)?;
    cx.may_create(parent.dir)?;
    Ok(Vacant {
        dir,
        name: name.clone(),
        mount: parent.dir.mount,
    })
}

/// Where a new control group is to be made, if the path leads there.
fn in_cgroup(cx: &Ctx<'_>, path: &str) -> Result<Option<(PathRef, String)>, Errno> {
    let parent = cx.resolve_parent(path)?;
    let (Node::Cgroup(dir), Last::Name(name)) = (parent.dir.node, &parent.last) else {
        return Ok(None);
    };
    forbid!(cx.why, NameFree, if dir.lookup(cx.k, &cx.why, name).is_ok())?;
    cx.want_write(parent.dir)?;
    cx.may_create(parent.dir)?;
    Ok(Some((parent.dir, name.clone())))
}

/// mkdir(2).
///
/// # Errors
/// EEXIST, EROFS, EACCES and those of the walk.
pub fn sys_mkdir(cx: &mut Ctx<'_>, path: Str, mode: u16) -> SysResult {
    if let Some((dir, name)) = in_cgroup(cx, &path)? {
        return super::cgroupfs::mkdir(cx, dir, &name, mode);
    }
    let place = vacant(cx, &path, FileKind::Directory)?;
    let entries = Rc::default();
    let inode = new_inode(
        cx,
        place.dir,
        mode & 0o1777,
        InodeData::Directory { entries },
    )?;
    enter(cx, place.dir, &place.name, inode)?;
    done(0)
}

/// symlink(2).
///
/// # Errors
/// EEXIST, ENOENT for an empty target, ENAMETOOLONG, EROFS, EACCES and those of the walk.
pub fn sys_symlink(cx: &mut Ctx<'_>, target: Str, path: Str) -> SysResult {
    cx.start(&target)?;
    let place = vacant(cx, &path, FileKind::Symlink)?;
    let mut inode = new_inode(cx, place.dir, 0o777, InodeData::Symlink { target })?;
    inode.mode = 0o777;
    enter(cx, place.dir, &place.name, inode)?;
    done(0)
}

/// mknod(2): regular files, FIFOs and character devices.
///
/// # Errors
/// EPERM for devices without privilege and for directories, EINVAL for other kinds, and those of
/// making a name. Block devices and sockets are not modelled (EPERM).
pub fn sys_mknod(cx: &mut Ctx<'_>, path: Str, mode: u16, dev: u32) -> SysResult {
    let data = match mode & S_IFMT {
        0 | S_IFREG => InodeData::Regular {
            size: 0,
            pages: Rc::default(),
            source: Source::Memory,
        },
        S_IFIFO => InodeData::Fifo(None),
        S_IFCHR => InodeData::Device(Device::numbered(dev)),
        S_IFDIR | S_IFBLK | S_IFSOCK => return Err(refuse!(cx.why, MknodKind, mode)),
        _ => return Err(refuse!(cx.why, MknodType, mode)),
    };
    let place = vacant(cx, &path, FileKind::Regular)?;
    // A whiteout, 0:0, is free to all.
    if matches!(data, InodeData::Device(device) if device != Device::WHITEOUT) {
        may_mknod(cx)?;
    }
    let inode = new_inode(cx, place.dir, mode & 0o7777, data)?;
    enter(cx, place.dir, &place.name, inode)?;
    done(0)
}

/// CAP_MKNOD in the first user namespace.
fn may_mknod(cx: &Ctx<'_>) -> Result<(), Errno> {
    if cx.is_capable(Cap::MKNOD) {
        Ok(())
    } else {
        Err(refuse!(cx.why, MknodPermission))
    }
}

/// A name that is there, on a mount that may be written.
fn present(cx: &Ctx<'_>, parent: &Parent, name: &str) -> Result<Node, Errno> {
    cx.want_write(parent.dir)?;
    cx.lookup(parent.dir, name)
}

/// A directory and something in it that can go: proc gives nothing away.
fn removable(why: &Why, parent: &Parent, victim: Node) -> Result<(InodeId, InodeId), Errno> {
    match (parent.dir.node, victim) {
        (Node::Inode(dir), Node::Inode(id)) => Ok((dir, id)),
        _ => Err(refuse!(why, NameComputed, victim)),
    }
}

/// rmdir(2).
///
/// # Errors
/// EBUSY for mount points and roots, EINVAL for `.`, ENOTDIR, ENOTEMPTY, EROFS, EACCES, EPERM.
pub fn sys_rmdir(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let parent = cx.resolve_parent(&path)?;
    let name = match &parent.last {
        Last::Root => return Err(refuse!(cx.why, RmdirRoot)),
        Last::Dot => return Err(refuse!(cx.why, RmdirDot)),
        Last::DotDot => return Err(refuse!(cx.why, RmdirDotDot)),
        Last::Name(name) => name,
    };
    if matches!(parent.dir.node, Node::Cgroup(_)) {
        return super::cgroupfs::rmdir(cx, parent.dir, name);
    }
    let victim = present(cx, &parent, name)?;
    cx.may_delete(parent.dir, victim, Victim::Directory)?;
    let (dir, id) = removable(&cx.why, &parent, victim)?;
    forbid!(cx.why, Mountpoint, id, if is_local_mountpoint(cx, Node::Inode(id), None))?;
    forbid!(cx.why, DirectoryEmpty, id, if !cx.k.is_empty_dir(id))?;
    remove_and_detach(cx, dir, name, id)?;
    done(0)
}

/// unlink(2).
///
/// # Errors
/// EISDIR, EBUSY for mount points, EROFS, EACCES, EPERM and those of the walk.
pub fn sys_unlink(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let parent = cx.resolve_parent(&path)?;
    let Last::Name(name) = &parent.last else {
        return Err(refuse!(cx.why, UnlinkDirectory));
    };
    let victim = present(cx, &parent, name)?;
    if parent.slash == Slash::Trailing {
        let is_dir = cx.kind_of(victim) == Some(FileKind::Directory);
        return Err(if is_dir {
            refuse!(cx.why, UnlinkDirectory, victim)
        } else {
            refuse!(cx.why, NameIsDirectory, victim)
        });
    }
    cx.may_delete(parent.dir, victim, Victim::Other)?;
    let (dir, id) = removable(&cx.why, &parent, victim)?;
    let link = cx.k.link_at(dir, name);
    forbid!(cx.why, Mountpoint, id, if is_local_mountpoint(cx, Node::Inode(id), link))?;
    remove_and_detach(cx, dir, name, id)?;
    done(0)
}

/// Takes a name away. What other namespaces have mounted there goes too.
fn remove_and_detach(cx: &mut Ctx<'_>, dir: InodeId, name: &str, id: InodeId) -> Result<(), Errno> {
    // The inode is kept until the mounts on it are gone.
    cx.k.hold_inode(id);
    let link = cx.k.link_at(dir, name);
    let removed = remove(cx, dir, name);
    if removed.is_ok() {
        detach_mounts(cx, Node::Inode(id), link);
    }
    super::inode::release_inode(cx, id);
    removed
}

/// link(2).
///
/// # Errors
/// EXDEV to another mount, EPERM for directories, ENOENT, EEXIST, EROFS, EACCES.
pub fn sys_link(cx: &mut Ctx<'_>, from: Str, to: Str) -> SysResult {
    let old = cx.resolve(&from, Follow::No)?;
    let place = vacant_for_link(cx, &to, old)?;
    let Node::Inode(id) = old.node else {
        // Where such nodes are nobody makes names.
        return Err(lost!(EPERM));
    };
    forbid!(cx.why, LinkDirectory, old.node, if cx.kind_of(old.node) == Some(FileKind::Directory))?;
    super::vfs_ops::link(cx, id, place.dir, &place.name)?;
    done(0)
}

/// The checks of link(2) in their order: the name must be free, then the mount the same, then
/// the directory writable for the caller.
fn vacant_for_link(cx: &Ctx<'_>, to: &str, old: PathRef) -> Result<Vacant, Errno> {
    let found = vacant(cx, to, FileKind::Regular);
    match found {
        Ok(place) if place.mount != old.mount => {
            Err(refuse!(cx.why, LinkMount, place.mount => old.mount))
        }
        // What the directory says comes after the comparison of mounts, and after what the file says.
        Err(errno) if matches!(errno, Errno::EACCES | Errno::EPERM) => {
            let other = cx.resolve_parent(to)?.dir.mount;
            forbid!(cx.why, LinkMount, other => old.mount, if other != old.mount)?;
            may_linkat(cx, old)?;
            Err(errno)
        }
        Ok(place) => {
            may_linkat(cx, old)?;
            Ok(place)
        }
        found => found,
    }
}

/// With fs.protected_hardlinks, names are given by the owner, or to a plain file that the caller may
/// read and write (proc_sys_fs(5)).
fn may_linkat(cx: &Ctx<'_>, old: PathRef) -> Result<(), Errno> {
    let mode = cx.k.owner_of(old.node)?.mode;
    let is_plain = cx.kind_of(old.node) == Some(FileKind::Regular)
        && mode & 0o4000 == 0
        && mode & 0o2010 != 0o2010;
    if is_plain
        && cx
            .permit(old, Access::Read)
            .and_then(|()| cx.permit(old, Access::Write))
            .is_ok()
    {
        return Ok(());
    }
    cx.owner_or_capable(old.node)
}

impl Device {
    /// What overlayfs hides a name with.
    pub const WHITEOUT: Device = Device::Other { major: 0, minor: 0 };
}
