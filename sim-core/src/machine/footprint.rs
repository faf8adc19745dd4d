//! How much of the host's memory a machine takes. An estimate, for the bounds of a history.

use super::Machine;

/// What a task points to beside what is counted elsewhere: argv, namespaces, descriptors.
const TASK_HEAP_BYTES: usize = 256;
/// The rest of a machine: queues, terminals that changed, mounts.
const REST_BYTES: usize = 8 << 10;

impl Machine {
    /// Estimated bytes that this machine takes beside `other`: what both share counts for
    /// nothing.
    pub fn bytes_beside(&self, other: Option<&Machine>) -> usize {
        let hw = &self.hw;
        let k = &self.kernel;
        let cpus = size_of_val(hw.cpus.as_slice()) + size_of_val(k.sched.cpus.as_slice());
        let queued: usize = k.sched.cpus.iter().map(|cpu| cpu.waiting()).sum();
        let tasks = k.tasks.bytes_beside(other.map(|o| &o.kernel.tasks));
        let own_tasks = tasks / size_of::<crate::kernel::Task>();
        size_of::<Self>()
            + REST_BYTES
            + cpus
            + queued * 64
            + tasks
            + own_tasks * TASK_HEAP_BYTES
            + hw.ram.bytes_beside(other.map(|o| &o.hw.ram))
            + hw.swap.bytes_beside(other.map(|o| &o.hw.swap))
            + k.pids.bytes_beside(other.map(|o| &o.kernel.pids))
            + k.mm.bytes_beside(other.map(|o| &o.kernel.mm))
            + self.programs.bytes_beside(other.map(|o| &o.programs))
    }
}
