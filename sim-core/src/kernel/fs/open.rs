//! openat(2), relative to the working directory, and what execve(2) and mmap(2) ask of files.

use super::fd::{OpenFile, OpenKind, inode_of};
use super::inode::{Device, Inode, InodeData, InodeId, Source};
use super::pagecache::truncate;
use super::path::{Node, PathRef};
use super::procfs;
use super::tty;
use super::walk::{Access, Follow};
use crate::hw::{DiskFile, DiskNode};
use crate::kernel::mm::Sharing;
use crate::kernel::syscall::{FileKind, MountFlags, OpenFlags, Prot, Str, SysResult, done_fd};
use crate::kernel::{Ctx, Errno, ProgramId};
use std::rc::Rc;

/// openat(2) with AT_FDCWD.
///
/// # Errors
/// Those of the walk; EEXIST, EISDIR, ENOTDIR, EACCES, EROFS, ENXIO, EMFILE as open(2) says.
pub fn sys_openat(cx: &mut Ctx<'_>, path: Str, flags: OpenFlags, mode: u16) -> SysResult {
    let place = locate(cx, &path, flags, mode)?;
    let kind = cx.kind_of(place.node).ok_or(Errno::ENOENT)?;
    let writes = flags.any(OpenFlags(3));
    match kind {
        FileKind::Directory if writes || flags.has(OpenFlags::CREAT) => return Err(Errno::EISDIR),
        FileKind::Symlink => return Err(Errno::ELOOP),
        _ if flags.has(OpenFlags::DIRECTORY) && kind != FileKind::Directory => {
            return Err(Errno::ENOTDIR);
        }
        _ => {}
    }
    if flags.0 & 3 != 1 {
        cx.permit(place, Access::Read)?;
    }
    if writes {
        cx.permit(place, Access::Write)?;
        if kind == FileKind::Regular {
            cx.writable(place)?;
        }
    }
    let kind = open_kind(cx, place, flags)?;
    cx.k.hold_path(place);
    let terminal = match kind {
        OpenKind::Device(Device::Tty(tty)) => Some(tty),
        _ => None,
    };
    if let Some(tty) = terminal {
        tty::opened(cx, tty, flags);
    }
    let fd = cx.install(OpenFile {
        kind,
        path: Some(place),
        flags,
        offset: 0,
        refs: 1,
    })?;
    if flags.has(OpenFlags::TRUNC)
        && writes
        && let Node::Inode(id) = place.node
    {
        truncate(cx, id);
    }
    done_fd(fd)
}

/// The file that is meant, made if need be and wanted.
fn locate(cx: &mut Ctx<'_>, path: &str, flags: OpenFlags, mode: u16) -> Result<PathRef, Errno> {
    let follow = if flags.has(OpenFlags::NOFOLLOW) {
        Follow::No
    } else {
        Follow::Yes
    };
    if !flags.has(OpenFlags::CREAT) {
        return cx.resolve(path, follow);
    }
    match cx.resolve(path, follow) {
        Ok(_) if flags.has(OpenFlags::EXCL) => Err(Errno::EEXIST),
        Ok(place) => Ok(place),
        Err(Errno::ENOENT) => {
            let parent = cx.resolve_parent(path)?;
            if parent.wants_dir {
                return Err(Errno::EISDIR);
            }
            let Node::Inode(dir) = parent.dir.node else {
                return Err(Errno::ENOENT);
            };
            if cx.k.entry(dir, &parent.name).is_some() {
                // A dangling link.
                return Err(if flags.has(OpenFlags::EXCL) {
                    Errno::EEXIST
                } else {
                    Errno::ENOENT
                });
            }
            cx.writable(parent.dir)?;
            cx.permit(parent.dir, Access::Write)?;
            let data = InodeData::Regular {
                size: 0,
                pages: Rc::default(),
                source: Source::Memory,
            };
            let inode = new_inode(cx, mode, data)?;
            let id = cx.k.create(dir, &parent.name, inode);
            Ok(PathRef {
                mount: parent.dir.mount,
                node: Node::Inode(id),
            })
        }
        Err(errno) => Err(errno),
    }
}

/// An inode of the caller's, with the mode that its umask leaves.
pub(super) fn new_inode(cx: &Ctx<'_>, mode: u16, data: InodeData) -> Result<Inode, Errno> {
    let me = cx.me()?;
    let (uid, gid) = (me.cred.euid, me.cred.egid);
    let mode = mode & 0o7777 & !me.fs.umask;
    Ok(Inode {
        sb: None,
        mode,
        uid,
        gid,
        links: 0,
        holds: 0,
        parent: None,
        data,
    })
}

fn open_kind(cx: &mut Ctx<'_>, place: PathRef, flags: OpenFlags) -> Result<OpenKind, Errno> {
    match place.node {
        Node::Proc(node) => {
            let text = match procfs::kind(node) {
                FileKind::Directory => None,
                _ => Some(procfs::text(cx, node)?.into()),
            };
            Ok(OpenKind::Proc { text })
        }
        Node::Ns(ns) => Ok(OpenKind::Namespace(ns)),
        Node::Inode(id) => match cx.k.vfs.inodes.get(id).ok_or(Errno::ENOENT)?.data {
            InodeData::Device(device) => {
                let flags_of =
                    cx.k.vfs
                        .mounts
                        .get(place.mount)
                        .map(|m| m.flags)
                        .unwrap_or_default();
                if flags_of.has(MountFlags::NODEV) {
                    return Err(Errno::EACCES);
                }
                match device {
                    Device::OwnTty => {
                        let tty = cx.me()?.tty.ok_or(Errno::ENXIO)?;
                        Ok(OpenKind::Device(Device::Tty(tty)))
                    }
                    Device::Null | Device::Zero | Device::Full | Device::Tty(_) => {
                        Ok(OpenKind::Device(device))
                    }
                }
            }
            InodeData::Regular { .. } | InodeData::Directory { .. } => Ok(OpenKind::Inode),
            // Opening a FIFO by name is not modelled; nothing makes one.
            InodeData::Fifo(_) | InodeData::Symlink { .. } => {
                let _ = flags;
                Err(Errno::ENXIO)
            }
        },
    }
}

/// What execve(2) needs of a program's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExecFile {
    pub inode: InodeId,
    pub program: ProgramId,
    pub text_pages: u16,
    pub data_pages: u16,
}

/// Finds a program.
///
/// # Errors
/// Those of the walk, EACCES without the x bit, for other than regular files and on a noexec
/// mount, ENOEXEC for what is not a program.
pub fn open_exec(cx: &mut Ctx<'_>, path: &str) -> Result<ExecFile, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    exec_file(cx, place)
}

/// The program behind a descriptor (execveat(2) with AT_EMPTY_PATH).
///
/// # Errors
/// EBADF, and those of [`open_exec`] but for the path walk.
pub fn exec_of_fd(cx: &mut Ctx<'_>, fd: i32) -> Result<ExecFile, Errno> {
    let place = cx.file(fd)?.1.path.ok_or(Errno::EACCES)?;
    exec_file(cx, place)
}

fn exec_file(cx: &mut Ctx<'_>, place: PathRef) -> Result<ExecFile, Errno> {
    let flags =
        cx.k.vfs
            .mounts
            .get(place.mount)
            .map(|m| m.flags)
            .unwrap_or_default();
    let Node::Inode(id) = place.node else {
        return Err(Errno::EACCES);
    };
    let inode = cx.k.vfs.inodes.get(id).ok_or(Errno::ENOENT)?;
    let InodeData::Regular { source, .. } = &inode.data else {
        return Err(Errno::EACCES);
    };
    if flags.has(MountFlags::NOEXEC) {
        return Err(Errno::EACCES);
    }
    cx.permit(place, Access::Execute)?;
    let node = match source {
        Source::Disk(node) => cx.hw.disk.nodes.get(*node as usize),
        Source::Memory => None,
    };
    match node {
        Some(DiskNode::File {
            file:
                DiskFile::Program {
                    program,
                    text_pages,
                    data_pages,
                },
            ..
        }) => {
            let (text_pages, data_pages) = (*text_pages, *data_pages);
            Ok(ExecFile {
                inode: id,
                program: ProgramId(*program),
                text_pages,
                data_pages,
            })
        }
        Some(_) | None => Err(Errno::ENOEXEC),
    }
}

/// The file behind a descriptor, for mmap(2).
///
/// # Errors
/// EBADF, EACCES if it was not opened for what the mapping needs, ENODEV for other than regular
/// files.
pub fn mappable(cx: &mut Ctx<'_>, fd: i32, prot: Prot, sharing: Sharing) -> Result<InodeId, Errno> {
    let (_, file) = cx.file(fd)?;
    let access = file.flags.0 & 3;
    let shares_writes = sharing == Sharing::Shared && prot.has(Prot::WRITE);
    if access == OpenFlags::WRONLY.0 || (shares_writes && access != OpenFlags::RDWR.0) {
        return Err(Errno::EACCES);
    }
    let id = inode_of(file).ok_or(Errno::ENODEV)?;
    match cx.k.vfs.inodes.get(id).map(Inode::kind) {
        Some(FileKind::Regular) => Ok(id),
        Some(_) | None => Err(Errno::ENODEV),
    }
}
