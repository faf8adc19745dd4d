//! Tasks: the one list that everything else hangs on.

mod cred;
mod links;
mod pid;
mod state;

pub use cred::Cred;
pub use links::{List, Links};
pub use pid::{Pid, PidId, PidMap, Pids};
pub use state::{ActiveCall, BlockReason, CallOrigin, RunState, WaitQueue};

use super::fs::{FdTable, FsStruct, InodeId};
use super::mm::MmId;
use super::ns::NsProxy;
use super::sched::SchedEntity;
use super::signal::SignalState;
use super::syscall::{Reply, Str, Syscall};
use crate::hw::{CpuId, TtyId};
use crate::store::{Key, Slab};
use std::collections::VecDeque;
use std::rc::Rc;

pub type TaskId = Key<Task>;

/// Number of a program, as its file's header says. The kernel does not know what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramId(pub u16);

/// The registers of a task while it is not on a CPU. Programs have nothing but these and memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Regs {
    pub ip: u64,
    pub sp: u64,
    /// Return value of the last system call: negative is minus errno.
    pub ax: i64,
    /// General registers.
    pub r: [u64; 8],
}

/// struct task_struct, as far as modelled. One thread per process; threads are refused.
#[derive(Clone, Debug, Hash)]
pub struct Task {
    /// Its numbers, one per PID namespace that it is visible in.
    pub pid: PidId,
    /// Process group and session, by the pid of their leader.
    pub pgrp: PidId,
    pub session: PidId,
    /// At most 15 bytes, from the file name at execve(2).
    pub comm: Str,
    pub argv: Rc<[Str]>,
    pub program: ProgramId,
    pub exe: Option<InodeId>,
    pub regs: Regs,
    /// What runs next when it gets a CPU, and what it waits for.
    pub state: RunState,
    /// The CPU that it runs on or last ran on.
    pub cpu: CpuId,
    pub sched: SchedEntity,
    /// `None` for the first task only.
    pub parent: Option<TaskId>,
    /// Living children, oldest first.
    pub children: List,
    /// Dead children that were not waited for, oldest first.
    pub zombies: List,
    /// Its place in the parent's `children` or `zombies`.
    pub links: Links,
    /// Order of creation: which sibling is older.
    pub born: u64,
    /// Signal that the parent gets when it ends; 0 for none.
    pub exit_signal: i32,
    /// wait(2) status, once it is a zombie.
    pub exit_status: i32,
    pub cred: Rc<Cred>,
    pub ns: Rc<NsProxy>,
    pub fs: Rc<FsStruct>,
    pub files: Rc<FdTable>,
    /// `None` once it has exited.
    pub mm: Option<MmId>,
    pub signals: SignalState,
    /// The system call that it is in.
    pub call: Option<ActiveCall>,
    /// Data of the last answer, beside `regs.ax`.
    pub reply: Reply,
    /// Calls injected from outside, to be made before its own next step.
    pub mailbox: VecDeque<Syscall>,
    /// Controlling terminal.
    pub tty: Option<TtyId>,
    pub utime_ns: u64,
    pub stime_ns: u64,
    pub start_ns: u64,
    pub minor_faults: u64,
    pub major_faults: u64,
    /// vfork(2): the parent that sleeps until this one execs or exits.
    pub vfork_parent: Option<TaskId>,
    /// It has exec'ed since fork (setpgid(2) answers EACCES then).
    pub did_exec: DidExec,
}

/// Whether a child has already become another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DidExec {
    No,
    Yes,
}

pub type Tasks = Slab<Task>;
