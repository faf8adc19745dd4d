//! What a task is doing: running, waiting for a CPU, waiting for something, dead.

use super::{TaskId, WaitedFor};
use crate::hw::TtyId;
use crate::kernel::NsId;
use crate::kernel::fs::PipeId;
use crate::kernel::net::SocketId;
use crate::kernel::syscall::Syscall;
use std::rc::Rc;

/// Every task is in exactly one of these, and in the queue that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunState {
    /// In the run queue of its CPU.
    Runnable,
    /// On its CPU.
    Running,
    /// In the wait queue that the reason names.
    Blocked(BlockReason),
    /// Stopped by a signal, until SIGCONT.
    Stopped,
    /// Dead, in its parent's list of zombies.
    Zombie,
}

/// What a blocked task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockReason {
    /// wait4(2), waitid(2): one of these children to change state.
    Child(WaitedFor),
    /// nanosleep(2).
    Sleep {
        until_ns: u64,
    },
    /// pause(2): a signal.
    Signal,
    PipeRead(PipeId),
    PipeWrite(PipeId),
    /// connect(2), accept(2).
    SocketConnection(SocketId),
    /// recv(2).
    SocketData(SocketId),
    /// send(2).
    SocketRoom(SocketId),
    /// open(2) of a FIFO: the other end.
    FifoOpen(PipeId),
    /// msgsnd(2): room in a queue.
    MsgSend {
        ns: NsId,
        id: i32,
    },
    /// msgrcv(2): a message.
    MsgReceive {
        ns: NsId,
        id: i32,
    },
    /// Keys from a terminal.
    Tty(TtyId),
    /// The child of vfork(2) to exec or exit.
    Vfork(TaskId),
    /// An init that exits: the members of its PID namespace to be gone.
    PidNsEmpty,
    /// A frozen group to be thawed.
    Frozen,
    /// A page frame to become free, after the OOM killer chose somebody.
    Memory,
    /// The disk to have read a page.
    Disk {
        until_ns: u64,
    },
}

impl BlockReason {
    /// Whether a signal ends the wait (`TASK_INTERRUPTIBLE`, state S) or only SIGKILL does (D).
    pub fn is_interruptible(self) -> bool {
        match self {
            BlockReason::Child(_)
            | BlockReason::Sleep { .. }
            | BlockReason::Signal
            | BlockReason::PipeRead(_)
            | BlockReason::PipeWrite(_)
            | BlockReason::SocketConnection(_)
            | BlockReason::SocketData(_)
            | BlockReason::SocketRoom(_)
            | BlockReason::FifoOpen(_)
            | BlockReason::MsgSend { .. }
            | BlockReason::MsgReceive { .. }
            | BlockReason::Tty(_) => true,
            BlockReason::Vfork(_)
            | BlockReason::PidNsEmpty
            | BlockReason::Frozen
            | BlockReason::Disk { .. }
            | BlockReason::Memory => false,
        }
    }

    /// Linux's state letter (proc_pid_stat(5)). An init that waits for its namespace to be empty
    /// sleeps interruptibly, but takes no signals any more.
    pub fn letter(self) -> char {
        match self {
            BlockReason::PidNsEmpty | BlockReason::Frozen => 'S',
            _ if self.is_interruptible() => 'S',
            _ => 'D',
        }
    }

    /// The kernel function that it sleeps in, as /proc/PID/wchan names it.
    pub fn wchan(self) -> &'static str {
        match self {
            BlockReason::Child(_) => "do_wait",
            BlockReason::Sleep { .. } => "hrtimer_nanosleep",
            BlockReason::Signal => "do_sys_pause",
            BlockReason::PipeRead(_) => "pipe_read",
            BlockReason::PipeWrite(_) => "pipe_write",
            BlockReason::SocketConnection(_) => "inet_csk_accept",
            BlockReason::SocketData(_) => "wait_woken",
            BlockReason::SocketRoom(_) => "sk_stream_wait_memory",
            BlockReason::FifoOpen(_) => "wait_for_partner",
            BlockReason::MsgSend { .. } => "do_msgsnd",
            BlockReason::MsgReceive { .. } => "do_msgrcv",
            BlockReason::Tty(_) => "n_tty_read",
            BlockReason::Vfork(_) => "kernel_clone",
            BlockReason::PidNsEmpty => "zap_pid_ns_processes",
            BlockReason::Frozen => "do_freezer_trap",
            BlockReason::Memory => "out_of_memory",
            BlockReason::Disk { .. } => "folio_wait_bit_common",
        }
    }
}

/// The frame of a system call: its arguments, and how far it has got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActiveCall {
    /// Shared with whoever hears of it: it never changes.
    pub call: Rc<Syscall>,
    /// How often the handler has been called; more than once after a wake-up.
    pub entries: u32,
    /// The handler's own note: a deadline in ns, bytes already written.
    pub progress: u64,
    pub origin: CallOrigin,
    /// It waits no more, for signals: they are looked at before it begins again (ERESTARTSYS).
    pub is_interrupted: bool,
}

/// Who made the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallOrigin {
    Program,
    /// Injected from outside.
    Mailbox,
}

/// Tasks waiting for one thing, in order of arrival. A woken task checks again for itself, so
/// an entry may be out of date and waking it is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WaitQueue {
    /// Mostly there is one, for whom nothing is allocated.
    first: Option<TaskId>,
    rest: Vec<TaskId>,
}

impl WaitQueue {
    pub fn add(&mut self, task: TaskId) {
        match self.first {
            None => self.first = Some(task),
            Some(_) if self.contains(task) => {}
            Some(_) => self.rest.push(task),
        }
    }
    pub fn remove(&mut self, task: TaskId) {
        self.rest.retain(|&t| t != task);
        if self.first == Some(task) {
            self.first = (!self.rest.is_empty()).then(|| self.rest.remove(0));
        }
    }
    pub fn contains(&self, task: TaskId) -> bool {
        self.first == Some(task) || self.rest.contains(&task)
    }
    /// Empties the queue; the caller wakes what was in it ([`crate::kernel::Ctx::wake_all`]).
    pub fn take(&mut self) -> WaitQueue {
        std::mem::take(self)
    }
    /// Those of another queue come after these.
    pub fn append(&mut self, other: WaitQueue) {
        other.iter().for_each(|task| self.add(task));
    }
    pub fn iter(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.first.into_iter().chain(self.rest.iter().copied())
    }
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}
