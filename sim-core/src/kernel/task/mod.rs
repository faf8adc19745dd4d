//! Tasks: the one list that everything else hangs on.

mod clone;
mod exec;
mod exit;
mod ids;
mod links;
mod lookup;
mod pid;
mod prctl;
mod reparent;
mod state;
mod time;
mod wait;

pub(crate) use clone::first_pid;
pub use clone::{sys_clone, sys_fork};
pub use exec::{load_descriptor, load_program, sys_execve, sys_execveat};
pub use exit::sys_exit_group;
pub use ids::{
    sys_getpgid, sys_getpid, sys_getppid, sys_getsid, sys_gettid, sys_setpgid, sys_setsid,
};
pub use prctl::sys_prctl;
pub use time::{sys_getrusage, sys_nanosleep, sys_sched_yield, sys_setpriority};
pub use wait::{WaitedFor, sys_wait4, sys_waitid};

pub use super::cred::Cred;
pub use links::{Links, List};
pub use pid::{PID_MAX, Pid, PidId, PidMap, Pids};
pub use state::{ActiveCall, BlockReason, CallOrigin, RunState, WaitQueue};

use super::cgroup::{CgroupId, CgroupSet, Freeze};
use super::cred::Security;
use super::fs::{FdTable, FsStruct, InodeId};
use super::injection::{Answer, Injection};
use super::mm::MmId;
use super::ns::NsProxy;
use super::sched::SchedEntity;
use super::signal::Signal;
use super::signal::SignalState;
use super::syscall::{Reply, Str};
use crate::hw::{CpuId, Pfn, TtyId};
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
    pub r: [u64; 10],
}

/// struct task_struct, as far as modelled. One thread per process; threads are refused.
#[derive(Clone, Debug, Hash)]
pub struct Task {
    /// Its numbers, one per PID namespace that it is visible in.
    pub pid: PidId,
    /// Process group and session, by the pid of their leader.
    pub pgrp: PidId,
    pub session: PidId,
    /// Its place in the member lists of those two.
    pub pgrp_place: u32,
    pub session_place: u32,
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
    /// When it became its parent's child, among all children: adopted ones come last.
    pub links_order: u64,
    /// Order of creation: which sibling is older.
    pub born: u64,
    /// Signal that the parent gets when it ends; 0 for none.
    pub exit_signal: i32,
    /// wait(2) status, once it is a zombie.
    pub exit_status: i32,
    pub cred: Rc<Cred>,
    pub security: Security,
    pub ns: Rc<NsProxy>,
    pub fs: Rc<FsStruct>,
    pub files: Rc<FdTable>,
    /// `None` once it has exited.
    pub mm: Option<MmId>,
    pub signals: SignalState,
    /// The system call that it is in.
    pub call: Option<ActiveCall>,
    /// The program's call, laid aside while one from the mailbox is made.
    pub suspended: Option<ActiveCall>,
    /// What the last thing from the mailbox came to; `None` while it is not done.
    pub injected: Option<Answer>,
    /// Data of the answer to a call from the mailbox, until it is done: the program's own lies in
    /// `reply`, and it may not have looked at that yet.
    pub told: Reply,
    /// The wait(2) status that it is exiting with.
    pub exiting: Option<i32>,
    /// A stop or continuation that the parent has not waited for.
    pub job: JobReport,
    /// Its kernel stack and task structure.
    pub kernel_frame: Pfn,
    /// Data of the last answer, beside `regs.ax`.
    pub reply: Reply,
    /// Injected from outside, to be done before its own next step.
    pub mailbox: VecDeque<Injection>,
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
    /// PR_SET_PDEATHSIG: what it gets when its parent ends.
    pub pdeath_signal: Option<Signal>,
    pub subreaper: Subreaper,
    pub cgroups: CgroupSet,
    /// The nearest of its groups with the cpu controller; `None` for the root.
    pub sched_group: Option<CgroupId>,
    /// JOBCTL_TRAP_FREEZE: it is to stop at the next return to ring 3.
    pub freeze: Freeze,
}

impl Task {
    /// Whether it has given back its memory, files and namespaces: a zombie, or an init that
    /// still waits for its namespace to be empty.
    pub fn has_exited(&self) -> bool {
        self.mm.is_none() && self.exiting.is_some()
    }

    /// Where the data of the current call's answer goes, beside its return value.
    pub fn answer_data(&mut self) -> &mut Reply {
        match self.call.as_ref().map(|call| call.origin) {
            Some(CallOrigin::Mailbox) => &mut self.told,
            Some(CallOrigin::Program) | None => &mut self.reply,
        }
    }
}

/// Whether a child has already become another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DidExec {
    No,
    Yes,
}

/// PR_SET_CHILD_SUBREAPER: whether orphans among its descendants become its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subreaper {
    No,
    Yes,
}

/// What wait4(2) with WUNTRACED and WCONTINUED has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobReport {
    Nothing,
    Stopped(Signal),
    Continued,
}

pub type Tasks = Slab<Task>;
