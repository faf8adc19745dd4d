//! The kernel's task list: one, for everybody.

use crate::Machine;
use crate::kernel::NsKind;

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
    pub comm: String,
    pub state: TaskState,
    /// What it sleeps on, as Linux's wchan names it; empty when it does not sleep.
    pub wchan: String,
    /// CPU that it runs on now.
    pub cpu: Option<u8>,
    pub rss_pages: u64,
    pub vm_pages: u64,
    pub cpu_time_ns: u64,
    pub nice: i8,
    pub weight: u32,
    /// Terminal that controls it.
    pub tty: Option<u16>,
    /// Kinds of namespaces in which it is not with init.
    pub namespaces: Vec<NsKind>,
    pub container: Option<ContainerMark>,
}

/// Every task, by PID in the first PID namespace.
pub fn tasks(machine: &Machine) -> Vec<TaskRow> {
    let _ = machine;
    Vec::new()
}
