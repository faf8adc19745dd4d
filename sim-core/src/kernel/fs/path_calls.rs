//! System calls about names: directories, links, working directory, root.

use super::fd::{OpenKind, inode_of};
use super::inode::{InodeData, remove_entry};
use super::open::new_inode;
use super::path::{FsStruct, Node, PathRef, release_path};
use super::path_text::Top;
use super::procfs::{self, ProcTarget};
use super::walk::{Access, Follow, Parent};
use crate::kernel::syscall::{Dirent, FileKind, Stat, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, Reply};
use std::rc::Rc;

/// A directory that the caller may change, and a name in it that is not taken.
fn vacant(cx: &Ctx<'_>, path: &str) -> Result<(Parent, super::InodeId), Errno> {
    let parent = cx.resolve_parent(path)?;
    if matches!(parent.name.as_str(), "" | "." | "..") {
        return Err(Errno::EEXIST);
    }
    if cx.step(parent.dir, &parent.name).is_ok() {
        return Err(Errno::EEXIST);
    }
    // proc takes no new names.
    let Node::Inode(dir) = parent.dir.node else {
        return Err(Errno::ENOENT);
    };
    cx.writable(parent.dir)?;
    cx.permit(parent.dir, Access::Write)?;
    Ok((parent, dir))
}

/// mkdir(2).
///
/// # Errors
/// EEXIST, EROFS, EACCES and those of the walk.
pub fn sys_mkdir(cx: &mut Ctx<'_>, path: Str, mode: u16) -> SysResult {
    let (parent, dir) = vacant(cx, &path)?;
    let data = InodeData::Directory {
        entries: Rc::default(),
    };
    let inode = new_inode(cx, mode & 0o1777, data)?;
    cx.k.create(dir, &parent.name, inode);
    done(0)
}

/// symlink(2).
///
/// # Errors
/// EEXIST, ENOENT for an empty target, EROFS, EACCES and those of the walk.
pub fn sys_symlink(cx: &mut Ctx<'_>, target: Str, path: Str) -> SysResult {
    if target.is_empty() {
        return Err(Errno::ENOENT);
    }
    let (parent, dir) = vacant(cx, &path)?;
    if parent.wants_dir {
        return Err(Errno::ENOENT);
    }
    let mut inode = new_inode(cx, 0o777, InodeData::Symlink { target })?;
    inode.mode = 0o777;
    cx.k.create(dir, &parent.name, inode);
    done(0)
}

/// Whether something is mounted on a place, in the caller's namespace.
fn is_mount_point(cx: &Ctx<'_>, place: PathRef) -> bool {
    super::umount::is_local_mountpoint(cx, place.node)
}

/// rmdir(2).
///
/// # Errors
/// ENOTDIR, ENOTEMPTY, EBUSY for mount points and roots, EINVAL for `.`, EROFS, EACCES.
pub fn sys_rmdir(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let parent = cx.resolve_parent(&path)?;
    match parent.name.as_str() {
        "" => return Err(Errno::EBUSY),
        "." => return Err(Errno::EINVAL),
        ".." => return Err(Errno::ENOTEMPTY),
        _ => {}
    }
    let Node::Inode(dir) = parent.dir.node else {
        return Err(Errno::EPERM);
    };
    let id = cx.k.entry(dir, &parent.name).ok_or(Errno::ENOENT)?;
    cx.writable(parent.dir)?;
    cx.permit(parent.dir, Access::Write)?;
    match &cx.k.vfs.inodes.get(id).ok_or(Errno::ENOENT)?.data {
        InodeData::Directory { entries } if !entries.is_empty() => return Err(Errno::ENOTEMPTY),
        InodeData::Directory { .. } => {}
        InodeData::Regular { .. }
        | InodeData::Symlink { .. }
        | InodeData::Device(_)
        | InodeData::Fifo(_) => return Err(Errno::ENOTDIR),
    }
    if is_mount_point(
        cx,
        PathRef {
            mount: parent.dir.mount,
            node: Node::Inode(id),
        },
    ) {
        return Err(Errno::EBUSY);
    }
    remove_entry(cx, dir, &parent.name);
    super::umount::detach_mounts(cx, Node::Inode(id));
    done(0)
}

/// unlink(2).
///
/// # Errors
/// EISDIR, EBUSY for mount points, EROFS, EACCES and those of the walk.
pub fn sys_unlink(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let parent = cx.resolve_parent(&path)?;
    if matches!(parent.name.as_str(), "" | "." | "..") {
        return Err(Errno::EISDIR);
    }
    let Node::Inode(dir) = parent.dir.node else {
        return Err(Errno::EPERM);
    };
    let id = cx.k.entry(dir, &parent.name).ok_or(Errno::ENOENT)?;
    cx.writable(parent.dir)?;
    cx.permit(parent.dir, Access::Write)?;
    if cx.kind_of(Node::Inode(id)) == Some(FileKind::Directory) {
        return Err(Errno::EISDIR);
    }
    if parent.wants_dir {
        return Err(Errno::ENOTDIR);
    }
    if is_mount_point(
        cx,
        PathRef {
            mount: parent.dir.mount,
            node: Node::Inode(id),
        },
    ) {
        return Err(Errno::EBUSY);
    }
    remove_entry(cx, dir, &parent.name);
    super::umount::detach_mounts(cx, Node::Inode(id));
    done(0)
}

/// readlink(2), in [`Reply::Text`].
///
/// # Errors
/// EINVAL for what is not a link, and those of the walk.
pub fn sys_readlink(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let place = cx.resolve(&path, Follow::No)?;
    let text: Str = match place.node {
        Node::Inode(id) => match cx.k.vfs.inodes.get(id).map(|i| &i.data) {
            Some(InodeData::Symlink { target }) => target.clone(),
            Some(_) | None => return Err(Errno::EINVAL),
        },
        Node::Proc(node) => match procfs::target(cx, node)? {
            ProcTarget::Text(text) => text,
            ProcTarget::Place(place) => cx.d_path(place).into(),
            ProcTarget::Namespace(ns) => procfs::namespace_name(cx.k, ns).into(),
        },
        Node::Ns(_) => return Err(Errno::EINVAL),
    };
    let len = text.len() as i64;
    cx.reply(Reply::Text(text))?;
    done(len)
}

/// stat(2), in [`Reply::Stat`].
///
/// # Errors
/// Those of the walk.
pub fn sys_newfstatat(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let place = cx.resolve(&path, Follow::Yes)?;
    let stat = match place.node {
        Node::Inode(id) => {
            let inode = cx.k.vfs.inodes.get(id).ok_or(Errno::ENOENT)?;
            Stat {
                dev: u64::from(cx.k.dev_of(place)),
                inode: id.as_u64(),
                kind: inode.kind(),
                mode: inode.mode,
                nlink: inode.links,
                uid: inode.uid,
                gid: inode.gid,
                size_bytes: inode.size_bytes(),
            }
        }
        Node::Proc(node) => Stat {
            dev: u64::from(cx.k.dev_of(place)),
            inode: procfs::inode_number(node),
            kind: procfs::kind(node),
            mode: procfs::mode(node),
            nlink: 1,
            uid: 0,
            gid: 0,
            size_bytes: 0,
        },
        Node::Ns(ns) => Stat {
            dev: u64::from(cx.k.dev_of(place)),
            inode: cx.k.ns.get(ns).map_or(0, |ns| u64::from(ns.inum)),
            kind: FileKind::Regular,
            mode: 0o444,
            nlink: 1,
            uid: 0,
            gid: 0,
            size_bytes: 0,
        },
    };
    cx.reply(Reply::Stat(stat))?;
    done(0)
}

/// getdents64(2), in [`Reply::Dirents`]: everything that is left of the directory; returns the
/// number of entries, 0 at the end.
///
/// # Errors
/// EBADF, ENOTDIR, ENOENT for a directory that was removed.
pub fn sys_getdents64(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let (id, file) = cx.file(fd)?;
    let offset = file.offset as usize;
    let place = file.path.ok_or(Errno::ENOTDIR)?;
    let all = match (&file.kind, place.node) {
        (OpenKind::Proc { text: None }, Node::Proc(node)) => procfs::list(cx, node)?,
        (OpenKind::Inode, Node::Inode(_)) => {
            let inode = inode_of(file)
                .and_then(|i| cx.k.vfs.inodes.get(i))
                .ok_or(Errno::ENOENT)?;
            let InodeData::Directory { entries } = &inode.data else {
                return Err(Errno::ENOTDIR);
            };
            let each = entries.iter().filter_map(|(name, entry)| {
                let kind = cx.kind_of(Node::Inode(*entry))?;
                Some(Dirent {
                    inode: entry.as_u64(),
                    kind,
                    name: name.clone(),
                })
            });
            each.collect()
        }
        _ => return Err(Errno::ENOTDIR),
    };
    let rest: Rc<[Dirent]> = all.into_iter().skip(offset).collect();
    let count = rest.len();
    if let Some(file) = cx.k.vfs.files.get_mut(id) {
        file.offset += count as u64;
    }
    cx.reply(Reply::Dirents(rest))?;
    done(count as i64)
}

/// getcwd(2), in [`Reply::Text`]; a directory outside the root is told as `(unreachable)`.
///
/// # Errors
/// ENOENT if it was removed.
pub fn sys_getcwd(cx: &mut Ctx<'_>) -> SysResult {
    let cwd = cx.me()?.fs.cwd;
    if let Node::Inode(id) = cwd.node
        && cx
            .k
            .vfs
            .inodes
            .get(id)
            .is_none_or(|i| i.links == 0 && i.parent.is_some())
    {
        return Err(Errno::ENOENT);
    }
    let text: Str = match cx.k.path_from(cx.me()?.fs.root, cwd) {
        (path, Top::Root) => path.into(),
        (path, Top::Elsewhere) => format!("(unreachable){path}").into(),
    };
    let len = text.len() as i64 + 1;
    cx.reply(Reply::Text(text))?;
    done(len)
}

fn directory(cx: &Ctx<'_>, path: &str) -> Result<PathRef, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    if cx.kind_of(place.node) != Some(FileKind::Directory) {
        return Err(Errno::ENOTDIR);
    }
    cx.permit(place, Access::Execute)?;
    Ok(place)
}

/// Changes root or working directory of the caller.
pub(super) fn change(cx: &mut Ctx<'_>, new: FsStruct) -> Result<(), Errno> {
    let old = cx.me()?.fs.clone();
    cx.k.hold_path(new.root);
    cx.k.hold_path(new.cwd);
    cx.me_mut()?.fs = Rc::new(new);
    release_path(cx, old.root);
    release_path(cx, old.cwd);
    Ok(())
}

/// chdir(2).
///
/// # Errors
/// ENOTDIR, EACCES and those of the walk.
pub fn sys_chdir(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let cwd = directory(cx, &path)?;
    let old = cx.me()?.fs.as_ref().clone();
    change(cx, FsStruct { cwd, ..old })?;
    done(0)
}

/// chroot(2). The working directory stays where it is.
///
/// # Errors
/// EPERM without privilege, ENOTDIR, EACCES and those of the walk.
pub fn sys_chroot(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let root = directory(cx, &path)?;
    if !cx.me()?.cred.is_capable() {
        return Err(Errno::EPERM);
    }
    let old = cx.me()?.fs.as_ref().clone();
    change(cx, FsStruct { root, ..old })?;
    done(0)
}
