//! What a task is isolated in, and how much it may use: its namespaces, and its control group's
//! limits.

use super::eyes::ns_of;
use crate::Machine;
use crate::hw::PAGE_BYTES;
use crate::kernel::{Errno, Kernel, NsKind, Task, TaskId};

/// Where a task is, for one kind of namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialState {
    /// With init.
    Shared,
    /// In another one than init.
    Own,
    /// Its children will be in another one than itself (pid, time).
    Children,
}

/// Usage of something that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub current: u64,
    pub max: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsolationView {
    /// One for each kind, in the order of [`NsKind::ALL`].
    pub dials: Vec<(NsKind, DialState)>,
    /// Bytes and memory.max of the group, or of the one above it that allows least; `None`
    /// without a limit.
    pub memory: Option<Usage>,
    /// Processes and pids.max, likewise.
    pub pids: Option<Usage>,
}

/// What the last call that was injected into a task came to; `None` while it is not done.
pub fn last_injected(machine: &Machine, task: u64) -> Option<Result<(), Errno>> {
    let task = machine.kernel.tasks.get(TaskId::from_u64(task))?;
    Some(task.injected.as_ref()?.result.map(drop))
}

/// `None` for a task that is gone or has ended.
pub fn isolation(machine: &Machine, task: u64) -> Option<IsolationView> {
    let k = &machine.kernel;
    let task = k.tasks.get(TaskId::from_u64(task))?;
    if task.has_exited() {
        return None;
    }
    let groups = &k.cgroups;
    let least = |of: crate::kernel::cgroup::CgroupId, pids: Measure| {
        let limits = groups.chain(of).filter_map(|id| {
            let group = groups.get(id)?;
            Some(match pids {
                Measure::Pids => Usage {
                    current: group.pids.current,
                    max: group.pids.max?,
                },
                Measure::Memory => Usage {
                    current: group.memory.current.saturating_mul(PAGE_BYTES as u64),
                    max: group.memory.max_bytes()?,
                },
            })
        });
        limits.min_by_key(|usage| usage.max)
    };
    let dials = NsKind::ALL
        .into_iter()
        .map(|kind| (kind, dial(k, task, kind)));
    Some(IsolationView {
        dials: dials.collect(),
        memory: least(task.cgroups.memory, Measure::Memory),
        pids: least(task.cgroups.pids, Measure::Pids),
    })
}

#[derive(Clone, Copy)]
enum Measure {
    Memory,
    Pids,
}

fn dial(k: &Kernel, task: &Task, kind: NsKind) -> DialState {
    let own = ns_of(k, task, kind);
    let for_children = match kind {
        NsKind::Pid => Some(task.ns.pid_for_children),
        NsKind::Time => Some(task.ns.time_for_children),
        NsKind::Mnt | NsKind::Uts | NsKind::Ipc | NsKind::Net | NsKind::User | NsKind::Cgroup => {
            own
        }
    };
    let first = match kind {
        NsKind::User => Some(k.init_user_ns),
        NsKind::Mnt
        | NsKind::Uts
        | NsKind::Ipc
        | NsKind::Net
        | NsKind::Pid
        | NsKind::Cgroup
        | NsKind::Time => k.init_ns.get(kind),
    };
    if for_children != own {
        DialState::Children
    } else if own == first {
        DialState::Shared
    } else {
        DialState::Own
    }
}
