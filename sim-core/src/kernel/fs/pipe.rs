//! Pipes (pipe(7)).

use super::fd::{OpenFile, OpenKind, nameless, sys_close};
use super::fifo::{Opener, prune};
use super::inode::{InodeData, InodeId};
use super::path::{Node, release_path};
use crate::kernel::syscall::{OpenFlags, OutBuf, SysResult, done};
use crate::kernel::task::WaitQueue;
use crate::kernel::{BlockReason, Ctx, Outcome, Reply, Signal};
use crate::store::Key;
use std::collections::VecDeque;
use std::rc::Rc;

pub type PipeId = Key<Pipe>;

/// Bytes that a pipe holds (pipe(7)).
const CAPACITY: usize = 65536;
/// Writes of at most this many bytes are atomic.
const PIPE_BUF: usize = 4096;

#[derive(Clone, Debug, Default, Hash)]
pub struct Pipe {
    pub bytes: VecDeque<u8>,
    /// Open files of each end.
    pub readers: u32,
    pub writers: u32,
    pub read_wait: WaitQueue,
    pub write_wait: WaitQueue,
    /// What has it: a FIFO, or an inode without a name.
    pub fifo: Option<InodeId>,
    /// Tasks that wait in open(2).
    pub openers: Vec<Opener>,
}

/// pipe2(2), in [`Reply::Pipe`].
///
/// # Errors
/// EINVAL for unknown flags, EMFILE.
pub fn sys_pipe2(cx: &mut Ctx<'_>, flags: OpenFlags) -> SysResult {
    forbid!(cx.why, PipeFlags, flags.0, if flags.0 & !(OpenFlags::CLOEXEC.0 | OpenFlags::NONBLOCK.0) != 0)?;
    let pipe = cx.k.vfs.pipes.insert(Pipe {
        readers: 1,
        writers: 1,
        ..Pipe::default()
    });
    let place = nameless(cx, 0o600, InodeData::Fifo(Some(pipe)))?;
    if let (Node::Inode(id), Some(pipe)) = (place.node, cx.k.vfs.pipes.get_mut(pipe)) {
        pipe.fifo = Some(id);
    }
    // Once for each end.
    cx.k.hold_path(place);
    cx.k.hold_path(place);
    let open = |kind, access: OpenFlags| OpenFile {
        kind,
        path: Some(place),
        flags: flags.with(access),
        offset: 0,
        refs: 1,
    };
    let read = match cx.install(open(OpenKind::PipeRead(pipe), OpenFlags::default())) {
        Ok(fd) => fd,
        Err(errno) => {
            // The read end is closed already; the write end was never opened.
            close_writer(cx, pipe);
            release_path(cx, place);
            return Err(errno);
        }
    };
    let write = match cx.install(open(OpenKind::PipeWrite(pipe), OpenFlags::WRONLY)) {
        Ok(fd) => fd,
        Err(errno) => {
            sys_close(cx, read)?;
            return Err(errno);
        }
    };
    cx.reply(Reply::Pipe { read, write })?;
    done(0)
}

pub(super) fn read(
    cx: &mut Ctx<'_>,
    id: PipeId,
    flags: OpenFlags,
    buf: &OutBuf,
    len: u64,
) -> SysResult {
    let pipe = cx.k.vfs.pipes.get(id).ok_or(lost!(EBADF))?;
    if len == 0 {
        return done(0);
    }
    if pipe.bytes.is_empty() {
        if pipe.writers_now() == 0 {
            return done(0);
        }
        forbid!(cx.why, WouldBlock, if flags.has(OpenFlags::NONBLOCK))?;
        let task = cx.task;
        if let Some(pipe) = cx.k.vfs.pipes.get_mut(id) {
            pipe.read_wait.add(task);
        }
        return Ok(Outcome::Block(BlockReason::PipeRead(id)));
    }
    let n = pipe.bytes.len().min(len as usize);
    cx.prepare(buf, n as u64)?;
    let pipe = cx.k.vfs.pipes.get_mut(id).ok_or(lost!(EBADF))?;
    let bytes: Rc<[u8]> = pipe
        .bytes
        .make_contiguous()
        .get(..n)
        .unwrap_or_default()
        .into();
    pipe.bytes.drain(..n);
    let woken = pipe.write_wait.take();
    cx.wake_all(woken);
    match buf {
        OutBuf::User { addr, .. } => cx.copy_to_user(*addr, &bytes)?,
        OutBuf::Value { .. } => cx.reply(Reply::Bytes(bytes))?,
    }
    done(n as i64)
}

pub(super) fn write(cx: &mut Ctx<'_>, id: PipeId, flags: OpenFlags, bytes: &[u8]) -> SysResult {
    let already = cx.me()?.call.as_ref().map_or(0, |c| c.progress) as usize;
    let pipe = cx.k.vfs.pipes.get_mut(id).ok_or(lost!(EBADF))?;
    if bytes.is_empty() {
        return done(0);
    }
    if pipe.readers_now() == 0 {
        let task = cx.task;
        cx.send_signal(task, Signal::SIGPIPE);
        // What was taken before counts.
        return if already > 0 {
            done(already as i64)
        } else {
            Err(refuse!(cx.why, PipeReaders))
        };
    }
    let rest = bytes.get(already..).unwrap_or_default();
    let room = CAPACITY - pipe.bytes.len().min(CAPACITY);
    // Small writes go whole or not at all.
    let n = if rest.len() <= PIPE_BUF && room < rest.len() {
        0
    } else {
        room.min(rest.len())
    };
    pipe.bytes.extend(rest.get(..n).unwrap_or_default());
    let woken = if n > 0 {
        pipe.read_wait.take()
    } else {
        WaitQueue::default()
    };
    cx.wake_all(woken);
    let total = already + n;
    if total == bytes.len() || (flags.has(OpenFlags::NONBLOCK) && total > 0) {
        return done(total as i64);
    }
    forbid!(cx.why, WouldBlock, if flags.has(OpenFlags::NONBLOCK))?;
    let task = cx.task;
    let me = cx.me_mut()?;
    if me.signals.is_pending() && total > 0 {
        return done(total as i64);
    }
    if let Some(call) = me.call.as_mut() {
        call.progress = total as u64;
    }
    if let Some(pipe) = cx.k.vfs.pipes.get_mut(id) {
        pipe.write_wait.add(task);
    }
    Ok(Outcome::Block(BlockReason::PipeWrite(id)))
}

pub(super) fn close_reader(cx: &mut Ctx<'_>, id: PipeId) {
    if let Some(pipe) = cx.k.vfs.pipes.get_mut(id) {
        pipe.readers = pipe.readers.saturating_sub(1);
    }
    closed(cx, id);
}

pub(super) fn close_writer(cx: &mut Ctx<'_>, id: PipeId) {
    if let Some(pipe) = cx.k.vfs.pipes.get_mut(id) {
        pipe.writers = pipe.writers.saturating_sub(1);
    }
    closed(cx, id);
}

/// The other end hears of it; a pipe without ends is gone.
fn closed(cx: &mut Ctx<'_>, id: PipeId) {
    let Some(pipe) = cx.k.vfs.pipes.get_mut(id) else {
        return;
    };
    let mut woken = pipe.read_wait.take();
    woken.append(pipe.write_wait.take());
    if pipe.readers == 0 && pipe.writers == 0 {
        free_if_unused(cx, id);
    }
    cx.wake_all(woken);
}

/// Nobody has an end open; a FIFO may still have somebody who waits to.
fn free_if_unused(cx: &mut Ctx<'_>, id: PipeId) {
    prune(cx.k, id);
    let Some(pipe) = cx.k.vfs.pipes.get_mut(id) else {
        return;
    };
    // What was written and not read is lost.
    pipe.bytes.clear();
    if !pipe.openers.is_empty() {
        return;
    }
    let fifo = pipe.fifo;
    cx.k.vfs.pipes.remove(id);
    if let Some(inode) = fifo.and_then(|fifo| cx.k.vfs.inodes.get_mut(fifo)) {
        inode.data = InodeData::Fifo(None);
    }
}

/// F_GETPIPE_SZ.
pub(super) fn capacity_of(kind: &OpenKind) -> Option<i64> {
    match kind {
        OpenKind::PipeRead(_) | OpenKind::PipeWrite(_) | OpenKind::PipeBoth(_) => {
            Some(CAPACITY as i64)
        }
        OpenKind::Inode
        | OpenKind::Proc { .. }
        | OpenKind::Device(_)
        | OpenKind::Socket(_)
        | OpenKind::Namespace(_)
        | OpenKind::Cgroup { .. }
        | OpenKind::Pidfd(_)
        | OpenKind::Path => None,
    }
}
