//! Sockets among the files: descriptors, and inodes that Unix sockets are bound to.

use super::access::Access;
use super::fd::{OpenFile, OpenKind};
use super::inode::{InodeData, InodeId};
use super::names::{Vacant, vacant};
use super::open::new_inode;
use super::path::{Node, PathRef, release_path};
use super::procfs;
use super::vfs_ops::enter;
use super::walk::Follow;
use crate::kernel::net::SocketId;
use crate::kernel::syscall::{FileKind, InBuf, OpenFlags, OutBuf, SysResult};
use crate::kernel::{Ctx, Errno};

/// The socket behind a descriptor, and the flags of its open file.
///
/// # Errors
/// EBADF, ENOTSOCK for any other file.
pub fn socket_of_fd(cx: &Ctx<'_>, fd: i32) -> Result<(SocketId, OpenFlags), Errno> {
    let (_, file) = cx.file(fd)?;
    match file.kind {
        OpenKind::Socket(id) => Ok((id, file.flags)),
        OpenKind::Path => Err(lost!(EBADF)),
        OpenKind::Inode
        | OpenKind::Proc { .. }
        | OpenKind::Device(_)
        | OpenKind::PipeRead(_)
        | OpenKind::PipeWrite(_)
        | OpenKind::PipeBoth(_)
        | OpenKind::Cgroup { .. }
        | OpenKind::Namespace(_)
        | OpenKind::Pidfd(_) => Err(refuse!(cx.why, FdSocket, fd)),
    }
}

/// accept(2) takes its descriptor before it looks what it is asked of (__sys_accept4_file).
///
/// # Errors
/// EBADF, EMFILE.
pub fn may_accept_at(cx: &Ctx<'_>, fd: i32) -> Result<(), Errno> {
    cx.file(fd)?;
    cx.me()?.files.check_free(&cx.why, cx.fd_limit())
}

/// A descriptor of a socket; without one the socket is closed.
///
/// # Errors
/// EMFILE.
pub fn install_socket(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags) -> Result<i32, Errno> {
    cx.install(OpenFile {
        kind: OpenKind::Socket(id),
        path: None,
        flags: flags.with(OpenFlags::RDWR),
        offset: 0,
        refs: 1,
    })
}

fn place(cx: &Ctx<'_>, path: &str) -> Result<Vacant, Errno> {
    vacant(cx, path, FileKind::Socket)
}

/// Whether a socket can be made there.
///
/// # Errors
/// EEXIST, and those of mknod(2).
pub fn may_make_socket(cx: &Ctx<'_>, path: &str) -> Result<(), Errno> {
    place(cx, path).map(|_| ())
}

/// Makes the inode that a Unix socket is bound to, and holds it (unix_bind_bsd).
///
/// # Errors
/// Those of mknod(2).
pub fn make_socket(cx: &mut Ctx<'_>, path: &str) -> Result<PathRef, Errno> {
    let at = place(cx, path)?;
    let inode = new_inode(cx, at.dir, 0o777, InodeData::Socket)?;
    let id = enter(cx, at.dir, &at.name, inode)?;
    let place = PathRef {
        mount: at.mount,
        node: Node::Inode(id),
        name: None,
    };
    cx.k.hold_path(place);
    Ok(place)
}

/// The socket's inode that a path leads to; `None` for any other file.
///
/// # Errors
/// Those of the walk, EACCES without permission to write.
pub fn socket_inode(cx: &Ctx<'_>, path: &str) -> Result<Option<InodeId>, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    // What is immutable cannot be written, whatever its mode says (inode_permission).
    let is_immutable = match place.node {
        Node::Ns(_) => true,
        Node::Proc(node) => matches!(node.entry, procfs::Entry::Pid(_)),
        Node::Inode(_) | Node::Cgroup(_) => false,
    };
    forbid!(cx.why, ConnectImmutable, place.node, if is_immutable)?;
    cx.permit(place, Access::Write)?;
    Ok(match place.node {
        Node::Inode(id) => {
            let inode = cx.k.vfs.inodes.get(id).ok_or(lost!(ENOENT))?;
            (inode.kind() == FileKind::Socket).then_some(id)
        }
        Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => None,
    })
}

/// The socket lets go of its inode.
pub fn release_socket_path(cx: &mut Ctx<'_>, place: PathRef) {
    release_path(cx, place);
}

impl Ctx<'_> {
    /// The bytes that the caller sends.
    ///
    /// # Errors
    /// EFAULT.
    pub fn take_in(&mut self, buf: &InBuf) -> Result<Vec<u8>, Errno> {
        Ok(self.take(buf)?.into_owned())
    }

    /// Makes sure that [`Ctx::deliver_out`] cannot fail.
    ///
    /// # Errors
    /// EFAULT.
    pub fn prepare_out(&mut self, buf: &OutBuf, len: u64) -> Result<(), Errno> {
        self.prepare(buf, len)
    }

    /// Hands bytes to the caller.
    ///
    /// # Errors
    /// EFAULT.
    pub fn deliver_out(&mut self, buf: &OutBuf, bytes: &[u8]) -> SysResult {
        self.deliver(buf, bytes)
    }
}
