//! read(2), write(2), lseek(2).

use super::fd::{FileId, OpenKind, inode_of};
use super::inode::{Device, InodeData, InodeId};
use super::pagecache::page;
use super::path::Node;
use super::{pipe, procfs, tty};
use crate::hw::{FaultAccess, PAGE_BYTES};
use crate::kernel::cred::{Cred, INFINITY, Resource};
use crate::kernel::net;
use crate::kernel::syscall::{FileKind, InBuf, OpenFlags, OutBuf, SeekWhence, SysResult, done};
use crate::kernel::{Ctx, Errno, Reply, Signal};
use std::borrow::Cow;
use std::rc::Rc;

/// Most bytes that one call moves; more is a short read or write.
const MAX_BYTES: u64 = 64 * 1024;

impl Ctx<'_> {
    /// Hands bytes to the caller of read(2): into its memory, or by value.
    ///
    /// # Errors
    /// EFAULT.
    pub(super) fn deliver(&mut self, buf: &OutBuf, bytes: &[u8]) -> SysResult {
        match buf {
            OutBuf::User { addr, .. } => self.copy_to_user(*addr, bytes)?,
            OutBuf::Value { .. } => self.reply(Reply::Bytes(bytes.into()))?,
        }
        done(bytes.len() as i64)
    }

    /// Makes sure that [`Ctx::deliver`] cannot fail, before anything is taken from its source.
    pub(super) fn prepare(&mut self, buf: &OutBuf, len: u64) -> Result<(), Errno> {
        match buf {
            OutBuf::User { addr, .. } => self.fault_in(*addr, len, FaultAccess::Write),
            OutBuf::Value { .. } => Ok(()),
        }
    }

    pub(super) fn take<'b>(&mut self, buf: &'b InBuf) -> Result<Cow<'b, [u8]>, Errno> {
        match buf {
            InBuf::User { addr, len } => {
                let bytes = self.copy_from_user(*addr, (*len).min(MAX_BYTES))?;
                Ok(Cow::Owned(bytes))
            }
            InBuf::Value(bytes) => {
                let most = bytes.len().min(MAX_BYTES as usize);
                Ok(Cow::Borrowed(bytes.get(..most).unwrap_or_default()))
            }
        }
    }
}

/// read(2).
///
/// # Errors
/// EBADF, EISDIR, EFAULT, EAGAIN, EINTR, EIO as read(2) says.
pub fn sys_read(cx: &mut Ctx<'_>, fd: i32, buf: OutBuf) -> SysResult {
    let (id, file) = cx.file(fd)?;
    forbid!(cx.why, FdReadable, fd => file.flags.0, if !matches!(file.flags.0 & 3, 0 | 2))?;
    let (offset, flags) = (file.offset, file.flags);
    within_positions(cx, offset, buf.len())?;
    let len = buf.len().min(MAX_BYTES);
    match &file.kind {
        OpenKind::Inode => {
            let inode = cx.k.real_inode(inode_of(file).ok_or(lost!(EBADF))?);
            let bytes = read_inode(cx, inode, offset, len)?;
            let answer = cx.deliver(&buf, &bytes)?;
            advance(cx, id, bytes.len() as u64);
            Ok(answer)
        }
        OpenKind::Proc { text, cred, .. } => {
            let (text, cred, place) = (text.clone(), cred.clone(), file.path);
            let mut text = text.ok_or_else(|| refuse!(cx.why, ReadDirectory, fd))?;
            if let Some(Node::Proc(node)) = place.map(|place| place.node) {
                procfs::may_read_on(cx, node)?;
                if offset == 0 {
                    match as_opener(cx, cred, |cx, _| procfs::text(cx, node)) {
                        Ok(now) => text = now.into(),
                        Err(errno) if !procfs::is_read_at_open(node) => return Err(errno),
                        // What is kept of a process that is gone is as it was.
                        Err(_) => {}
                    }
                }
                if let Some(file) = cx.k.vfs.files.get_mut(id)
                    && let OpenKind::Proc { text: kept, .. } = &mut file.kind
                {
                    *kept = Some(text.clone());
                }
            }
            let rest = text.get(offset as usize..).unwrap_or_default();
            let part: Vec<u8> = rest.iter().take(len as usize).copied().collect();
            let answer = cx.deliver(&buf, &part)?;
            advance(cx, id, part.len() as u64);
            Ok(answer)
        }
        OpenKind::Cgroup { node, .. } => {
            let text = super::cgroupfs::text(cx, *node)?;
            let rest = text.get(offset as usize..).unwrap_or_default();
            let part: Vec<u8> = rest.iter().take(len as usize).copied().collect();
            let answer = cx.deliver(&buf, &part)?;
            advance(cx, id, part.len() as u64);
            Ok(answer)
        }
        OpenKind::Device(Device::Null) => done(0),
        OpenKind::Device(Device::Zero | Device::Full) => cx.deliver(&buf, &vec![0; len as usize]),
        OpenKind::Device(Device::Tty(tty)) => tty::read(cx, *tty, flags, &buf, len),
        OpenKind::Device(Device::OwnTty | Device::Other { .. }) => Err(lost!(EIO)),
        OpenKind::PipeRead(pipe) | OpenKind::PipeBoth(pipe) => {
            pipe::read(cx, *pipe, flags, &buf, len)
        }
        OpenKind::Socket(socket) => net::read(cx, *socket, flags, &buf, len),
        OpenKind::Path => Err(lost!(EBADF)),
        OpenKind::PipeWrite(_) => Err(lost!(EBADF)),
        OpenKind::Namespace(_) | OpenKind::Pidfd(_) => Err(refuse!(cx.why, ReadKind, fd)),
    }
}

/// write(2).
///
/// # Errors
/// EBADF, EFAULT, EFBIG, ENOSPC, EPIPE, EAGAIN, EINTR, EIO as write(2) says.
pub fn sys_write(cx: &mut Ctx<'_>, fd: i32, buf: InBuf) -> SysResult {
    let (id, file) = cx.file(fd)?;
    forbid!(cx.why, FdWritable, fd => file.flags.0, if !matches!(file.flags.0 & 3, 1 | 2))?;
    let (offset, flags, inode) = (file.offset, file.flags, inode_of(file));
    within_positions(cx, offset, buf.len())?;
    match &file.kind {
        OpenKind::Inode => {
            let seen = inode.ok_or(lost!(EBADF))?;
            let inode = cx.k.real_inode(seen);
            let bytes = cx.take(&buf)?;
            if bytes.is_empty() {
                // generic_write_checks: not even a gap before it comes to be.
                return done(0);
            }
            super::attributes::remove_privileges(cx, seen)?;
            let size = cx.k.vfs.inodes.get(inode).map_or(0, |i| i.size_bytes());
            let at = if flags.has(OpenFlags::APPEND) {
                size
            } else {
                offset
            };
            let bytes = within_fsize(cx, inode, at, &bytes)?;
            let written = write_inode(cx, inode, at, bytes)?;
            if let Some(file) = cx.k.vfs.files.get_mut(id) {
                file.offset = at + written;
            }
            done(written as i64)
        }
        OpenKind::Device(Device::Null | Device::Zero) => done(cx.take(&buf)?.len() as i64),
        OpenKind::Device(Device::Full) => Err(refuse!(cx.why, DeviceFull, fd)),
        OpenKind::Device(Device::Tty(tty)) => {
            let tty = *tty;
            let bytes = cx.take(&buf)?;
            tty::write(cx, tty, &bytes)
        }
        OpenKind::Path => Err(lost!(EBADF)),
        OpenKind::PipeWrite(pipe) | OpenKind::PipeBoth(pipe) => {
            let pipe = *pipe;
            let bytes = cx.take(&buf)?;
            pipe::write(cx, pipe, flags, &bytes)
        }
        OpenKind::Socket(socket) => {
            let socket = *socket;
            let bytes = cx.take(&buf)?;
            net::write(cx, socket, flags, &bytes)
        }
        OpenKind::Device(Device::OwnTty | Device::Other { .. }) => Err(lost!(EIO)),
        OpenKind::Cgroup { node, ns, cred } => {
            let (node, ns, cred) = (*node, *ns, cred.clone());
            let bytes = cx.take(&buf)?;
            if bytes.is_empty() {
                return done(0);
            }
            let written = as_opener(cx, cred, |cx, _| {
                super::cgroupfs::write(cx, node, &bytes, ns)
            });
            if written.is_ok() {
                advance(cx, id, bytes.len() as u64);
            }
            written
        }
        OpenKind::Proc { cred, user_ns, .. } => {
            let (cred, user_ns, place) = (cred.clone(), *user_ns, file.path);
            let place = place.ok_or(lost!(EIO))?;
            let Node::Proc(node) = place.node else {
                return Err(lost!(EIO));
            };
            let bytes = cx.take(&buf)?;
            // Settings look at who writes, not at who opened them.
            let is_setting =
                procfs::is_setting(node) || procfs::may_write_setting(cx, node).is_some();
            let may_write = !is_setting || cx.permit(place, super::access::Access::Write).is_ok();
            forbid!(cx.why, SysctlPermission, place.node, if !may_write)?;
            if procfs::may_write_setting(cx, node).is_some() {
                return done(procfs::write_setting(cx, node, &bytes)? as i64);
            }
            let taken = as_opener(cx, cred, |cx, writer| {
                procfs::write(cx, node, user_ns, (offset, &bytes), writer)
            })?;
            if procfs::moves_on(node) {
                advance(cx, id, taken as u64);
            }
            done(taken as i64)
        }
        OpenKind::PipeRead(_) => Err(lost!(EBADF)),
        OpenKind::Namespace(_) | OpenKind::Pidfd(_) => Err(refuse!(cx.why, ReadKind, fd)),
    }
}

/// rw_verify_area: what is read or written ends within the positions of a file.
fn within_positions(cx: &Ctx<'_>, offset: u64, len: u64) -> Result<(), Errno> {
    let end = offset.saturating_add(len);
    forbid!(cx.why, SeekOffset, offset, if end > i64::MAX as u64)
}

/// override_creds: does something with the credentials of who opened the file. It is given the
/// caller's own.
fn as_opener<T>(
    cx: &mut Ctx<'_>,
    opener: Rc<Cred>,
    act: impl FnOnce(&mut Ctx<'_>, &Cred) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let mine = std::mem::replace(&mut cx.me_mut()?.cred, opener);
    let done = act(cx, &mine);
    cx.me_mut()?.cred = mine;
    done
}

fn advance(cx: &mut Ctx<'_>, id: FileId, by: u64) {
    if let Some(file) = cx.k.vfs.files.get_mut(id) {
        file.offset = file.offset.saturating_add(by);
    }
}

pub(super) fn read_inode(
    cx: &mut Ctx<'_>,
    id: InodeId,
    offset: u64,
    len: u64,
) -> Result<Vec<u8>, Errno> {
    let inode = cx.k.vfs.inodes.get(id).ok_or(lost!(EBADF))?;
    let size = match &inode.data {
        InodeData::Regular { size, .. } => *size,
        InodeData::Directory { .. } => return Err(refuse!(cx.why, ReadDirectory, id)),
        InodeData::Symlink { .. }
        | InodeData::Device(_)
        | InodeData::Fifo(_)
        | InodeData::Socket
        | InodeData::Overlay
        | InodeData::Process(_) => {
            return Err(lost!(EINVAL));
        }
    };
    let end = size.min(offset.saturating_add(len));
    let mut bytes = vec![0; end.saturating_sub(offset) as usize];
    let mut done = 0;
    while done < bytes.len() {
        let at = offset + done as u64;
        let within = at as usize % PAGE_BYTES;
        let n = (PAGE_BYTES - within).min(bytes.len() - done);
        let pfn = page(cx, id, at / PAGE_BYTES as u64)?;
        cx.charge(cx.k.costs.copy_page_ns);
        if let Some(part) = bytes.get_mut(done..done + n) {
            cx.hw.ram.frame(pfn).read(within, part);
        }
        done += n;
    }
    Ok(bytes)
}

/// generic_write_check_limits: RLIMIT_FSIZE cuts a write of a regular file short. One that begins
/// at or beyond it gets SIGXFSZ.
///
/// # Errors
/// EFBIG.
pub(super) fn within_fsize<'b>(
    cx: &mut Ctx<'_>,
    id: InodeId,
    at: u64,
    bytes: &'b [u8],
) -> Result<&'b [u8], Errno> {
    let limit = cx.me()?.security.rlimits.get(Resource::Fsize).soft;
    let is_regular = cx.k.vfs.inodes.get(id).map(|i| i.kind()) == Some(FileKind::Regular);
    if limit == INFINITY || bytes.is_empty() || !is_regular {
        return Ok(bytes);
    }
    if at >= limit {
        cx.send_signal(cx.task, Signal::SIGXFSZ);
        return Err(refuse!(cx.why, FsizeLimit, at => limit));
    }
    let room = usize::try_from(limit - at).unwrap_or(usize::MAX);
    Ok(bytes.get(..room).unwrap_or(bytes))
}

/// Returns how many bytes there was room for.
fn write_inode(cx: &mut Ctx<'_>, id: InodeId, offset: u64, bytes: &[u8]) -> Result<u64, Errno> {
    let mut done = 0;
    while done < bytes.len() {
        let at = offset
            .checked_add(done as u64)
            .ok_or_else(|| refuse!(cx.why, FileSize, offset))?;
        let within = at as usize % PAGE_BYTES;
        let n = (PAGE_BYTES - within).min(bytes.len() - done);
        let pfn = match page(cx, id, at / PAGE_BYTES as u64) {
            Ok(pfn) => pfn,
            Err(_) if done > 0 => break,
            // tmpfs says so when it is full.
            Err(Errno::ENOMEM) => return Err(refuse!(cx.why, TmpfsFull)),
            Err(errno) => return Err(errno),
        };
        cx.charge(cx.k.costs.copy_page_ns);
        if let (Some(frame), Some(part)) = (cx.hw.ram.frame_mut(pfn), bytes.get(done..done + n)) {
            frame.write(within, part);
        }
        done += n;
    }
    let end = offset + done as u64;
    if let Some(InodeData::Regular { size, .. }) = cx.k.vfs.inodes.get_mut(id).map(|i| &mut i.data)
    {
        *size = (*size).max(end);
    }
    Ok(done as u64)
}

/// lseek(2).
///
/// # Errors
/// EBADF, ESPIPE for terminals and pipes, EINVAL for a negative result.
pub fn sys_lseek(cx: &mut Ctx<'_>, fd: i32, offset: i64, whence: SeekWhence) -> SysResult {
    let (id, file) = cx.file(fd)?;
    match file.kind {
        OpenKind::Inode | OpenKind::Proc { .. } => {}
        OpenKind::Cgroup { node, .. } => {
            let is_gone = node.is_removed(&cx.k.cgroups);
            forbid!(cx.why, CgroupPresent, fd, if is_gone && node.file.is_some())?;
        }
        // They have no position (null_lseek).
        OpenKind::Device(Device::Null | Device::Zero | Device::Full) => return done(0),
        OpenKind::Device(_)
        | OpenKind::PipeRead(_)
        | OpenKind::PipeWrite(_)
        | OpenKind::PipeBoth(_)
        | OpenKind::Socket(_)
        | OpenKind::Path
        | OpenKind::Namespace(_)
        | OpenKind::Pidfd(_) => return Err(refuse!(cx.why, FdSeekable, fd)),
    }
    let size = inode_of(file)
        .and_then(|i| cx.k.vfs.inodes.get(cx.k.real_inode(i)))
        .map_or(0, |i| i.size_bytes());
    let base = match whence {
        SeekWhence::Set => 0,
        SeekWhence::Cur => file.offset,
        SeekWhence::End => size,
    };
    let at = base
        .checked_add_signed(offset)
        .filter(|at| *at <= i64::MAX as u64)
        .ok_or_else(|| refuse!(cx.why, SeekOffset, offset))?;
    if let Some(file) = cx.k.vfs.files.get_mut(id) {
        file.offset = at;
    }
    done(at as i64)
}

/// Fills a new file with another's bytes.
///
/// # Errors
/// ENOMEM, ENOSPC.
pub(super) fn copy_contents(
    cx: &mut Ctx<'_>,
    from: InodeId,
    to: InodeId,
    size: u64,
) -> Result<(), Errno> {
    let mut at = 0;
    while at < size {
        let bytes = read_inode(cx, from, at, PAGE_BYTES as u64)?;
        let written = write_inode(cx, to, at, &bytes)?;
        forbid!(cx.why, TmpfsFull, if written == 0 || written < bytes.len() as u64)?;
        at += written;
    }
    Ok(())
}
