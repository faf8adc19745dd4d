//! The kernel's task list: one, for everybody.

use crate::Machine;
use crate::kernel::task::RunState;
use crate::kernel::{Kernel, NsKind, Task, TaskId};
use crate::store::sorted;
use std::rc::Rc;

/// Linux's state letters (proc_pid_stat(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// R, and on a CPU right now.
    Running,
    /// R, waiting for a CPU.
    Runnable,
    /// S
    Sleeping,
    /// D
    Uninterruptible,
    /// T
    Stopped,
    /// Z
    Zombie,
}

impl TaskState {
    /// The letter of ps(1).
    pub fn letter(self) -> char {
        match self {
            TaskState::Running | TaskState::Runnable => 'R',
            TaskState::Sleeping => 'S',
            TaskState::Uninterruptible => 'D',
            TaskState::Stopped => 'T',
            TaskState::Zombie => 'Z',
        }
    }
}

/// What a yellow box is derived from: the namespaces in which a task is not with init.
/// Two tasks with the same `group` see the same PID namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerMark {
    /// Stable id of the task's PID namespace.
    pub group: u64,
    /// Host name in the task's UTS namespace.
    pub hostname: String,
    pub kinds: Vec<NsKind>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// Stable id, never reused.
    pub task: u64,
    /// PID in the first PID namespace.
    pub pid: i32,
    /// PID in the task's own PID namespace, where that is not the first.
    pub inner_pid: Option<i32>,
    pub ppid: i32,
    pub comm: Rc<str>,
    pub state: TaskState,
    /// What it sleeps on, as Linux's wchan names it; empty when it does not sleep.
    pub wchan: &'static str,
    /// The system call that it is in, or nothing.
    pub call: &'static str,
    /// CPU that it runs on now.
    pub cpu: Option<u8>,
    pub rss_pages: u64,
    pub vm_pages: u64,
    /// Frames that its page tables take.
    pub table_frames: u64,
    pub minor_faults: u64,
    /// Faults that had to wait for the disk.
    pub major_faults: u64,
    pub cpu_time_ns: u64,
    pub nice: i8,
    pub weight: u32,
    /// Virtual run time, by which the scheduler chooses.
    pub vruntime_ns: u64,
    /// Terminal that controls it.
    pub tty: Option<u16>,
    /// Kinds of namespaces in which it is not with init.
    pub namespaces: Vec<NsKind>,
    pub container: Option<ContainerMark>,
}

/// A task's number in the first PID namespace.
pub(super) fn first_pid_of(k: &Kernel, task: &Task) -> i32 {
    k.number_of(task, k.init_ns.pid_for_children).unwrap_or(0)
}

/// Its number in its own PID namespace, where that is not the first.
pub(super) fn inner_pid_of(k: &Kernel, task: &Task) -> Option<i32> {
    let own = k.pid_ns_of(task)?;
    if own == k.init_ns.pid_for_children {
        None
    } else {
        k.number_of(task, own)
    }
}

/// Every kind of namespace in which a task is not with the first one.
pub(super) fn namespaces_of(k: &Kernel, task: &Task) -> Vec<NsKind> {
    let differs = |kind: &NsKind| match kind {
        NsKind::User => task.cred.user_ns != k.init_user_ns,
        NsKind::Pid => inner_pid_of(k, task).is_some(),
        NsKind::Mnt | NsKind::Uts | NsKind::Ipc | NsKind::Net | NsKind::Cgroup | NsKind::Time => {
            task.ns.get(*kind) != k.init_ns.get(*kind)
        }
    };
    NsKind::ALL.into_iter().filter(differs).collect()
}

/// The box around a task: drawn where it has a PID namespace of its own, whoever made that.
pub(super) fn container_of(k: &Kernel, task: &Task) -> Option<ContainerMark> {
    inner_pid_of(k, task)?;
    Some(ContainerMark {
        group: k.pid_ns_of(task)?.as_u64(),
        hostname: k
            .ns
            .nodename(task.ns.uts)
            .map(|n| n.to_string())
            .unwrap_or_default(),
        kinds: namespaces_of(k, task),
    })
}

/// A task's name and its PID in the first PID namespace; `None` for one that is gone.
pub fn name(machine: &Machine, task: u64) -> Option<(String, i32)> {
    let k = &machine.kernel;
    let task = k.tasks.get(TaskId::from_u64(task))?;
    Some(((&*task.comm).into(), first_pid_of(k, task)))
}

/// Every task, by PID in the first PID namespace.
pub fn tasks(machine: &Machine) -> Vec<TaskRow> {
    let k = &machine.kernel;
    let by_pid = k.tasks.iter().map(|(id, task)| (first_pid_of(k, task), id));
    let rows = sorted(by_pid.collect()).into_iter();
    rows.filter_map(|(pid, id)| Some(row(k, id, k.tasks.get(id)?, pid)))
        .collect()
}

fn row(k: &Kernel, id: TaskId, task: &Task, pid: i32) -> TaskRow {
    let space = task.mm.and_then(|mm| k.mm.spaces.get(mm));
    let (state, wchan) = match task.state {
        RunState::Running => (TaskState::Running, ""),
        RunState::Runnable => (TaskState::Runnable, ""),
        RunState::Stopped => (TaskState::Stopped, "do_signal_stop"),
        RunState::Zombie => (TaskState::Zombie, ""),
        RunState::Blocked(on) if on.is_interruptible() => (TaskState::Sleeping, on.wchan()),
        RunState::Blocked(on) => (TaskState::Uninterruptible, on.wchan()),
    };
    let parent = task.parent.and_then(|p| k.tasks.get(p));
    let inner_pid = inner_pid_of(k, task);
    let is_apart =
        inner_pid.is_some() || task.cred.user_ns != k.init_user_ns || *task.ns != k.init_ns;
    TaskRow {
        task: id.as_u64(),
        pid,
        inner_pid,
        ppid: parent.map_or(0, |p| first_pid_of(k, p)),
        comm: task.comm.clone(),
        state,
        wchan,
        call: task.call.as_ref().map_or("", |frame| frame.call.name()),
        cpu: (task.state == RunState::Running).then_some(task.cpu.0),
        rss_pages: space.map_or(0, |s| s.rss.total()),
        vm_pages: space.map_or(0, |s| s.size_pages()),
        table_frames: space.map_or(0, |s| s.table_frames),
        minor_faults: task.minor_faults,
        major_faults: task.major_faults,
        cpu_time_ns: task.utime_ns + task.stime_ns,
        nice: task.sched.nice,
        weight: task.sched.weight,
        vruntime_ns: task.sched.vruntime,
        tty: task.tty.map(|t| t.0),
        namespaces: if is_apart {
            namespaces_of(k, task)
        } else {
            Vec::new()
        },
        container: inner_pid.and_then(|_| container_of(k, task)),
    }
}
