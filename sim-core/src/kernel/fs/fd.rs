//! Descriptors and open files (open(2), NOTES: open file descriptions).

use super::inode::{Device, Inode, InodeData};
use super::path::{Node, PathRef, release_path};
use super::pipe::{self, PipeId};
use super::tty;
use crate::kernel::cgroup::CgroupNode;
use crate::kernel::cred::{Cred, Resource};
use crate::kernel::net::{self, SocketId};
use crate::kernel::rule::Why;
use crate::kernel::syscall::{OpenFlags, SysResult, done, done_fd};
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, Errno, Kernel, NsId};
use crate::store::Key;
use std::rc::Rc;

pub type FileId = Key<OpenFile>;

/// struct file. Invariant: `refs` equals the descriptors that refer to it.
#[derive(Clone, Debug, Hash)]
pub struct OpenFile {
    pub kind: OpenKind,
    /// Held while it is open; sockets have none.
    pub path: Option<PathRef>,
    pub flags: OpenFlags,
    pub offset: u64,
    pub refs: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OpenKind {
    /// A regular file or directory of a file system that keeps inodes.
    Inode,
    /// A file of proc with its text, made when its beginning is read; a directory has none.
    Proc {
        text: Option<Rc<[u8]>>,
        /// Who opened it: what it shows and takes is judged by that one (f_cred).
        cred: Rc<Cred>,
        /// The user namespace whose map it is. Invariant: a reference is held.
        user_ns: Option<NsId>,
    },
    Device(Device),
    PipeRead(PipeId),
    PipeWrite(PipeId),
    /// A FIFO that was opened for both.
    PipeBoth(PipeId),
    /// `O_PATH`: a place, nothing more.
    Path,
    /// A control group or a file of one, opened in this cgroup namespace.
    Cgroup {
        node: CgroupNode,
        ns: NsId,
        /// Who opened it: writing is allowed to that one.
        cred: Rc<Cred>,
    },
    /// A file of /proc/PID/ns: it keeps the namespace alive.
    Namespace(NsId),
    Socket(SocketId),
    /// pidfd_open(2). It keeps nothing: once the process was reaped it means nobody.
    Pidfd(PidId),
}

/// What happens to a descriptor at execve(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnExec {
    Keep,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fd {
    pub file: FileId,
    pub on_exec: OnExec,
}

/// Descriptors of a task (struct files_struct), by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FdTable {
    slots: Vec<Option<Fd>>,
}

/// Descriptors that a table has room for, whatever RLIMIT_NOFILE allows (a simplification).
const FDS_MAX: usize = 65_536;

impl FdTable {
    pub fn get(&self, fd: i32) -> Option<Fd> {
        *self.slots.get(usize::try_from(fd).ok()?)?
    }

    /// Open descriptors by number.
    pub fn iter(&self) -> impl Iterator<Item = (i32, Fd)> + '_ {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(nr, fd)| Some((nr as i32, (*fd)?)))
    }

    /// The lowest free number from `least` on.
    fn free_from(&self, least: usize) -> usize {
        let mut taken = self.slots.iter().skip(least);
        let free = taken.position(Option::is_none).map(|at| at + least);
        free.unwrap_or(self.slots.len().max(least))
    }

    /// Whether another descriptor can be had, below `limit`.
    ///
    /// # Errors
    /// EMFILE.
    pub(super) fn check_free(&self, why: &Why, limit: usize) -> Result<(), Errno> {
        let free = self.free_from(0);
        check!(why, NofileLimit, free => limit, if free < limit)
    }

    /// Takes the lowest free number from `least` on and below `limit`, if there is one.
    pub(super) fn insert_from(&mut self, least: usize, limit: usize, fd: Fd) -> Option<i32> {
        let free = self.free_from(least);
        if free >= limit {
            return None;
        }
        self.set(free, Some(fd))?;
        Some(free as i32)
    }

    /// `None` for a number that no table has.
    pub(super) fn set(&mut self, at: usize, fd: Option<Fd>) -> Option<()> {
        if at >= FDS_MAX {
            return None;
        }
        if self.slots.len() <= at {
            self.slots.resize(at + 1, None);
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = fd;
        }
        Some(())
    }
}

impl Ctx<'_> {
    /// RLIMIT_NOFILE: one more than the highest descriptor that the caller may have.
    pub(super) fn fd_limit(&self) -> usize {
        let limit = self
            .me()
            .map(|me| me.security.rlimits.get(Resource::Nofile).soft);
        let limit = limit.map_or(0, |limit| usize::try_from(limit).unwrap_or(FDS_MAX));
        limit.min(FDS_MAX)
    }

    /// The open file behind a descriptor.
    ///
    /// # Errors
    /// EBADF.
    pub(in crate::kernel) fn file(&self, fd: i32) -> Result<(FileId, &OpenFile), Errno> {
        let (id, file) = self.file_or_path(fd)?;
        match file.kind {
            OpenKind::Path => Err(refuse!(self.why, PathFd, fd)),
            _ => Ok((id, file)),
        }
    }

    /// The same, `O_PATH` descriptors included.
    ///
    /// # Errors
    /// EBADF.
    pub(super) fn file_or_path(&self, fd: i32) -> Result<(FileId, &OpenFile), Errno> {
        let fd = self
            .me()?
            .files
            .get(fd)
            .ok_or_else(|| refuse!(self.why, FdOpen, fd))?;
        Ok((fd.file, self.k.vfs.files.get(fd.file).ok_or(lost!(EBADF))?))
    }

    /// Gives an open file the lowest free descriptor; on failure the file is closed again.
    pub(super) fn install(&mut self, file: OpenFile) -> Result<i32, Errno> {
        let on_exec = if file.flags.has(OpenFlags::CLOEXEC) {
            OnExec::Close
        } else {
            OnExec::Keep
        };
        let id = self.k.vfs.files.insert(OpenFile { refs: 1, ..file });
        let fd = Fd { file: id, on_exec };
        let limit = self.fd_limit();
        let me = self.me_mut().ok();
        match me.and_then(|me| Rc::make_mut(&mut me.files).insert_from(0, limit, fd)) {
            Some(nr) => Ok(nr),
            None => {
                release_file(self, id);
                Err(refuse!(self.why, NofileLimit, () => limit))
            }
        }
    }
}

/// For a child's copy of a table: every open file has one reference more.
pub fn hold_files(k: &mut Kernel, files: &FdTable) {
    for (_, fd) in files.iter() {
        if let Some(file) = k.vfs.files.get_mut(fd.file) {
            file.refs += 1;
        }
    }
}

/// Closes every descriptor of a table.
pub fn release_files(cx: &mut Ctx<'_>, files: &FdTable) {
    for (_, fd) in files.iter() {
        release_file(cx, fd.file);
    }
}

/// Closes what was opened with `O_CLOEXEC`.
pub fn close_on_exec(cx: &mut Ctx<'_>) {
    let Ok(me) = cx.me() else { return };
    let closing: Vec<i32> = me
        .files
        .iter()
        .filter(|(_, fd)| fd.on_exec == OnExec::Close)
        .map(|(nr, _)| nr)
        .collect();
    for nr in closing {
        // It is there: it has just been listed.
        let _closed = sys_close(cx, nr);
    }
}

/// Gives up a reference; the last one closes the file.
pub(super) fn release_file(cx: &mut Ctx<'_>, id: FileId) {
    let Some(file) = cx.k.vfs.files.get_mut(id) else {
        return;
    };
    file.refs = file.refs.saturating_sub(1);
    if file.refs > 0 {
        return;
    }
    let Some(file) = cx.k.vfs.files.remove(id) else {
        return;
    };
    match file.kind {
        OpenKind::Proc { user_ns, .. } => user_ns.into_iter().for_each(|ns| cx.k.release_ns(ns)),
        OpenKind::Inode
        | OpenKind::Namespace(_)
        | OpenKind::Cgroup { .. }
        | OpenKind::Pidfd(_)
        | OpenKind::Path => {}
        OpenKind::Device(Device::Tty(tty)) => tty::closed(cx, tty),
        OpenKind::Device(_) => {}
        OpenKind::Socket(socket) => net::close_socket(cx, socket),
        OpenKind::PipeRead(pipe) => pipe::close_reader(cx, pipe),
        OpenKind::PipeWrite(pipe) => pipe::close_writer(cx, pipe),
        OpenKind::PipeBoth(pipe) => {
            pipe::close_reader(cx, pipe);
            pipe::close_writer(cx, pipe);
        }
    }
    if let Some(path) = file.path {
        release_path(cx, path);
    }
}

/// The namespace behind a descriptor of a /proc/PID/ns file.
///
/// # Errors
/// EBADF, EINVAL for any other file.
pub fn ns_of_fd(cx: &Ctx<'_>, fd: i32) -> Result<NsId, Errno> {
    match cx.file(fd)?.1.kind {
        OpenKind::Namespace(ns) => Ok(ns),
        OpenKind::Inode
        | OpenKind::Proc { .. }
        | OpenKind::Device(_)
        | OpenKind::PipeRead(_)
        | OpenKind::PipeWrite(_)
        | OpenKind::PipeBoth(_)
        | OpenKind::Socket(_)
        | OpenKind::Path
        | OpenKind::Cgroup { .. }
        | OpenKind::Pidfd(_) => Err(refuse!(cx.why, FdNamespace, fd)),
    }
}

/// What a pipe or a process's descriptor stands on: an inode that no directory has, found again
/// only behind /proc/PID/fd.
pub(super) fn nameless(cx: &mut Ctx<'_>, mode: u16, data: InodeData) -> Result<PathRef, Errno> {
    let mount = cx.k.vfs.nsfs.ok_or(lost!(ENOENT))?;
    let inode = super::open::bare_inode(cx, mode, data)?;
    let node = Node::Inode(cx.k.vfs.inodes.insert(Inode { mode, ..inode }));
    Ok(PathRef {
        mount,
        node,
        name: None,
    })
}

/// A descriptor of a process, closed on exec.
///
/// # Errors
/// EMFILE.
pub fn open_pidfd(cx: &mut Ctx<'_>, pid: PidId) -> SysResult {
    let place = nameless(cx, 0o700, InodeData::Process(pid))?;
    cx.k.hold_path(place);
    done_fd(cx.install(OpenFile {
        kind: OpenKind::Pidfd(pid),
        path: Some(place),
        flags: OpenFlags::RDWR.with(OpenFlags::CLOEXEC),
        offset: 0,
        refs: 1,
    })?)
}

/// The process behind a descriptor of pidfd_open(2), reaped or not.
///
/// # Errors
/// EBADF, also for any other file.
pub fn pid_of_fd(cx: &Ctx<'_>, fd: i32) -> Result<PidId, Errno> {
    match cx.file(fd)?.1.kind {
        OpenKind::Pidfd(pid) => Ok(pid),
        OpenKind::Inode
        | OpenKind::Proc { .. }
        | OpenKind::Device(_)
        | OpenKind::PipeRead(_)
        | OpenKind::PipeWrite(_)
        | OpenKind::PipeBoth(_)
        | OpenKind::Socket(_)
        | OpenKind::Path
        | OpenKind::Cgroup { .. }
        | OpenKind::Namespace(_) => Err(refuse!(cx.why, FdPidfd, fd)),
    }
}

/// close(2).
///
/// # Errors
/// EBADF.
pub fn sys_close(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let open = cx
        .me()?
        .files
        .get(fd)
        .ok_or_else(|| refuse!(cx.why, FdOpen, fd))?;
    Rc::make_mut(&mut cx.me_mut()?.files).set(fd as usize, None);
    release_file(cx, open.file);
    done(0)
}

/// The inode that an open file stands on, if any.
pub(super) fn inode_of(file: &OpenFile) -> Option<super::InodeId> {
    match file.path?.node {
        Node::Inode(id) => Some(id),
        Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => None,
    }
}
