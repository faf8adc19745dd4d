//! System calls about where a path leads: links, directories' contents, working directory, root.

use super::access::Access;
use super::fd::{OpenKind, inode_of};
use super::inode::InodeData;
use super::path::{FsStruct, Node, PathRef, release_path};
use super::path_text::Top;
use super::procfs::{self, ProcTarget};
use super::walk::Follow;
use crate::kernel::cred::Cap;
use crate::kernel::syscall::{Dirent, FileKind, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, Reply};
use std::rc::Rc;

/// readlink(2), in [`Reply::Text`].
///
/// # Errors
/// EINVAL for what is not a link, and those of the walk.
pub fn sys_readlink(cx: &mut Ctx<'_>, path: Str) -> SysResult {
    let place = cx.resolve(&path, Follow::No)?;
    let text: Str = match place.node {
        Node::Inode(id) => match cx.k.vfs.inodes.get(id).map(|i| &i.data) {
            Some(InodeData::Symlink { target }) => target.clone(),
            Some(_) | None => return Err(refuse!(cx.why, ReadlinkKind, place.node)),
        },
        Node::Proc(node) => match procfs::target(cx, node)? {
            ProcTarget::Text(text) => text,
            ProcTarget::Place(place) => cx.d_path(place).into(),
            ProcTarget::Namespace(ns) => procfs::namespace_name(cx.k, ns).into(),
            ProcTarget::Nameless(text) => text,
        },
        Node::Ns(_) | Node::Cgroup(_) => return Err(refuse!(cx.why, ReadlinkKind, place.node)),
    };
    let len = text.len() as i64;
    cx.reply(Reply::Text(text))?;
    done(len)
}

/// getdents64(2), in [`Reply::Dirents`]: everything that is left of the directory; returns the
/// number of entries, 0 at the end.
///
/// # Errors
/// EBADF, ENOTDIR, ENOENT for a directory that was removed.
pub fn sys_getdents64(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let (id, file) = cx.file(fd)?;
    let offset = file.offset as usize;
    let place = file.path.ok_or_else(|| refuse!(cx.why, FdDirectory, fd))?;
    let all = match (&file.kind, place.node) {
        (OpenKind::Proc { text: None, .. }, Node::Proc(node)) => procfs::list(cx, place, node)?,
        (OpenKind::Cgroup { .. }, Node::Cgroup(node)) => super::cgroupfs::list(cx, node),
        (OpenKind::Inode, Node::Inode(_)) => {
            let inode = inode_of(file)
                .and_then(|i| cx.k.vfs.inodes.get(i))
                .ok_or(lost!(ENOENT))?;
            let InodeData::Directory { entries } = &inode.data else {
                return Err(refuse!(cx.why, FdDirectory, fd));
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
        _ => return Err(refuse!(cx.why, FdDirectory, fd)),
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
    forbid!(cx.why, CwdRemoved, if cx.k.is_unlinked(cwd.node))?;
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
    forbid!(cx.why, NameIsDirectory, place.node, if cx.kind_of(place.node) != Some(FileKind::Directory))?;
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
    cx.ns_capable(cx.me()?.cred.user_ns, Cap::SYS_CHROOT)?;
    let old = cx.me()?.fs.as_ref().clone();
    change(cx, FsStruct { root, ..old })?;
    done(0)
}

/// fchdir(2).
///
/// # Errors
/// EBADF, ENOTDIR, EACCES.
pub fn sys_fchdir(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let place = cx
        .file_or_path(fd)?
        .1
        .path
        .ok_or_else(|| refuse!(cx.why, FdDirectory, fd))?;
    forbid!(cx.why, FdDirectory, fd, if cx.kind_of(place.node) != Some(FileKind::Directory))?;
    cx.permit(place, Access::Execute)?;
    let old = cx.me()?.fs.as_ref().clone();
    change(cx, FsStruct { cwd: place, ..old })?;
    done(0)
}

/// umask(2): the old one.
pub fn sys_umask(cx: &mut Ctx<'_>, mask: u16) -> SysResult {
    let me = cx.me_mut()?;
    let old = me.fs.umask;
    let umask = mask & 0o777;
    if umask != old {
        Rc::make_mut(&mut me.fs).umask = umask;
    }
    done(old)
}
