//! Tasks by their stable id.

use crate::Machine;
use crate::kernel::task::RunState;
use crate::kernel::{Answer, Signal, Task, TaskId};

/// A process as its parent and the first namespaces see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its numbers, from the first PID namespace to its own.
    pub numbers: Vec<i32>,
    /// Stable id of the parent.
    pub parent: Option<u64>,
    pub state: char,
    /// Real, effective, saved, file system.
    pub uids: [u32; 4],
    pub gids: [u32; 4],
}

fn task(machine: &Machine, id: u64) -> Option<&Task> {
    machine.kernel.tasks.get(TaskId::from_u64(id))
}

/// The task with a number in the first PID namespace.
pub fn task_with_pid(machine: &Machine, pid: i32) -> Option<u64> {
    let k = &machine.kernel;
    k.task_by_number(k.init_ns.pid_for_children, pid)
        .map(TaskId::as_u64)
}

/// What the last injection came to; `None` while it is not done.
pub fn answer(machine: &Machine, id: u64) -> Option<Answer> {
    task(machine, id)?.injected.clone()
}

/// As [`answer`], but only of a task that is on its way back to ring 3 with it: no signal may still
/// end or stop it before.
pub fn returned(machine: &Machine, id: u64) -> Option<Answer> {
    let task = task(machine, id)?;
    let is_kept = task.signals.is_pending()
        || task.state == RunState::Stopped
        || task.exiting.is_some()
        || task.has_exited();
    task.injected.clone().filter(|_| !is_kept)
}

/// Whether a task is a zombie or gone.
pub fn is_dead(machine: &Machine, id: u64) -> bool {
    task(machine, id).is_none_or(|task| task.state == RunState::Zombie)
}

/// Linux's state letter (proc_pid_stat(5)); `None` for one that is gone.
pub fn state(machine: &Machine, id: u64) -> Option<char> {
    Some(match task(machine, id)?.state {
        RunState::Runnable | RunState::Running => 'R',
        RunState::Blocked(reason) => reason.letter(),
        RunState::Stopped => 'T',
        RunState::Zombie => 'Z',
    })
}

/// Stable id of the namespace behind a file of /proc/PID/ns; `None` for a task that is gone, and
/// for a name that there is not. A zombie has a number and a user still, and nothing else.
pub fn namespace(machine: &Machine, id: u64, file: &str) -> Option<u64> {
    let k = &machine.kernel;
    let task = task(machine, id)?;
    if task.has_exited() && !matches!(file, "pid" | "user") {
        return None;
    }
    let ns = &task.ns;
    let found = match file {
        "pid" => k.pid_ns_of(task)?,
        "pid_for_children" => k.pid_ns_for_children(task)?,
        "mnt" => ns.mnt,
        "uts" => ns.uts,
        "ipc" => ns.ipc,
        "net" => ns.net,
        "user" => task.cred.user_ns,
        "cgroup" => ns.cgroup,
        "time" => ns.time,
        "time_for_children" => ns.time_for_children,
        _ => return None,
    };
    Some(found.as_u64())
}

/// Names of the interfaces that a task sees.
pub fn interfaces(machine: &Machine, id: u64) -> Vec<String> {
    let k = &machine.kernel;
    let space = task(machine, id).and_then(|task| k.net_space(task.ns.net));
    let devices = space.into_iter().flat_map(|id| k.net.devices_of(id));
    devices.map(|(_, device)| device.name.to_string()).collect()
}

pub fn process(machine: &Machine, id: u64) -> Option<Process> {
    let k = &machine.kernel;
    let task = task(machine, id)?;
    let cred = &task.cred;
    Some(Process {
        numbers: k
            .pids
            .get(task.pid)?
            .numbers
            .iter()
            .map(|(_, nr)| *nr)
            .collect(),
        parent: task.parent.map(TaskId::as_u64),
        state: state(machine, id)?,
        uids: [cred.uid, cred.euid, cred.suid, cred.fsuid],
        gids: [cred.gid, cred.egid, cred.sgid, cred.fsgid],
    })
}

/// Whether a task has a handler for a signal.
pub fn is_handled(machine: &Machine, id: u64, signal: Signal) -> bool {
    task(machine, id).is_some_and(|task| task.signals.action(signal).is_handler())
}
