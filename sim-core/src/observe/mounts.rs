//! What a task has mounted.

use crate::Machine;
use crate::kernel::TaskId;
use crate::kernel::fs::procfs;

/// /proc/PID/mountinfo of a task; empty for one that is gone.
pub fn mountinfo(machine: &Machine, id: u64) -> String {
    let k = &machine.kernel;
    let task = k.tasks.get(TaskId::from_u64(id));
    task.map(|task| procfs::mountinfo(k, task))
        .unwrap_or_default()
}
