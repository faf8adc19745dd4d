//! Opening a FIFO (fifo(7)): whoever opens one end waits for the other.

use super::fd::OpenKind;
use super::inode::{InodeData, InodeId};
use super::open::Opened;
use super::pipe::{Pipe, PipeId};
use crate::kernel::syscall::{OpenFlags, Syscall};
use crate::kernel::task::{RunState, WaitQueue};
use crate::kernel::{BlockReason, Ctx, Errno, Kernel, TaskId};

/// A task that waits in open(2). It counts as having its end open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Opener {
    pub task: TaskId,
    pub end: End,
    pub partner: Partner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    Read,
    Write,
}

/// Whether the other end was opened since: then the wait is over, even if it was closed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partner {
    Awaited,
    Came,
}

/// The pipe of a FIFO, made when the first one opens it.
fn pipe_of(k: &mut Kernel, id: InodeId) -> Result<PipeId, Errno> {
    let inode = k.vfs.inodes.get(id).ok_or(lost!(ENOENT))?;
    if let InodeData::Fifo(Some(pipe)) = inode.data {
        return Ok(pipe);
    }
    let pipe = k.vfs.pipes.insert(Pipe {
        fifo: Some(id),
        ..Pipe::default()
    });
    if let Some(inode) = k.vfs.inodes.get_mut(id) {
        inode.data = InodeData::Fifo(Some(pipe));
    }
    Ok(pipe)
}

/// Forgets openers that a signal took out of their call.
pub(super) fn prune(k: &mut Kernel, id: PipeId) {
    let tasks = &k.tasks;
    let waits = |opener: &Opener| {
        tasks.get(opener.task).is_some_and(|task| {
            let call = task.call.as_ref().map(|call| &*call.call);
            match opener.partner {
                Partner::Came => matches!(call, Some(Syscall::Openat { .. })),
                // One that has been stopped begins again.
                Partner::Awaited => task.state == RunState::Blocked(BlockReason::FifoOpen(id)),
            }
        })
    };
    if let Some(pipe) = k.vfs.pipes.get_mut(id)
        && !pipe.openers.is_empty()
    {
        pipe.openers.retain(waits);
    }
}

/// fifo_open.
///
/// # Errors
/// ENXIO for writing without a reader and `O_NONBLOCK`.
pub(super) fn open(cx: &mut Ctx<'_>, id: InodeId, flags: OpenFlags) -> Result<Opened, Errno> {
    let pipe = pipe_of(cx.k, id)?;
    let me = cx.task;
    let waiting = cx.k.vfs.pipes.get(pipe).ok_or(lost!(ENXIO))?;
    let is_resumed = (cx.me()?.call.as_ref()).is_some_and(|call| call.entries > 1);
    let mine = waiting.openers.iter().position(|o| o.task == me);
    let mine = mine.filter(|_| is_resumed);
    if let Some(at) = mine {
        return Ok(come_back(cx, pipe, at));
    }
    prune(cx.k, pipe);
    match flags.0 & 3 {
        0 => open_end(cx, pipe, End::Read, flags),
        1 => open_end(cx, pipe, End::Write, flags),
        _ => {
            if let Some(pipe) = cx.k.vfs.pipes.get_mut(pipe) {
                pipe.readers += 1;
                pipe.writers += 1;
            }
            greet(cx, pipe, End::Read);
            greet(cx, pipe, End::Write);
            Ok(Opened::Kind(OpenKind::PipeBoth(pipe)))
        }
    }
}

/// The wait is over, or was for nothing.
fn come_back(cx: &mut Ctx<'_>, id: PipeId, at: usize) -> Opened {
    let Some(pipe) = cx.k.vfs.pipes.get_mut(id) else {
        return Opened::Block(BlockReason::FifoOpen(id));
    };
    match pipe.openers.get(at).copied() {
        Some(opener) if opener.partner == Partner::Came => {
            pipe.openers.remove(at);
            Opened::Kind(pipe.opened(id, opener.end))
        }
        Some(_) | None => Opened::Block(BlockReason::FifoOpen(id)),
    }
}

fn open_end(cx: &mut Ctx<'_>, id: PipeId, end: End, flags: OpenFlags) -> Result<Opened, Errno> {
    let task = cx.task;
    let pipe = cx.k.vfs.pipes.get_mut(id).ok_or(lost!(ENXIO))?;
    let has_partner = match end {
        End::Read => pipe.writers_now() > 0,
        End::Write => pipe.readers_now() > 0,
    };
    let is_patient = !flags.has(OpenFlags::NONBLOCK);
    forbid!(cx.why, FifoReader, if end == End::Write && !has_partner && !is_patient)?;
    if !has_partner && is_patient {
        pipe.openers.push(Opener {
            task,
            end,
            partner: Partner::Awaited,
        });
        greet(cx, id, end);
        return Ok(Opened::Block(BlockReason::FifoOpen(id)));
    }
    let kind = pipe.opened(id, end);
    greet(cx, id, end);
    Ok(Opened::Kind(kind))
}

/// An end was opened: who waits at the other may go on.
fn greet(cx: &mut Ctx<'_>, id: PipeId, opened: End) {
    let mut woken = WaitQueue::default();
    if let Some(pipe) = cx.k.vfs.pipes.get_mut(id) {
        for opener in pipe.openers.iter_mut().filter(|o| o.end != opened) {
            opener.partner = Partner::Came;
            woken.add(opener.task);
        }
    }
    cx.wake_all(woken);
}

impl Pipe {
    fn opened(&mut self, id: PipeId, end: End) -> OpenKind {
        match end {
            End::Read => {
                self.readers += 1;
                OpenKind::PipeRead(id)
            }
            End::Write => {
                self.writers += 1;
                OpenKind::PipeWrite(id)
            }
        }
    }

    fn waiting(&self, end: End) -> u32 {
        self.openers.iter().filter(|o| o.end == end).count() as u32
    }

    /// Readers, those included that are about to be.
    pub(super) fn readers_now(&self) -> u32 {
        self.readers + self.waiting(End::Read)
    }

    /// Writers, those included that are about to be.
    pub(super) fn writers_now(&self) -> u32 {
        self.writers + self.waiting(End::Write)
    }
}
