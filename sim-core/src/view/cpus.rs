//! The CPUs: in which ring, at which instruction, with whom.

use crate::Machine;
use crate::hw::Ring;
use crate::kernel::sched::Phase;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuMode {
    Idle,
    User,
    Kernel,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuView {
    pub id: u8,
    pub mode: CpuMode,
    /// Protection ring: 0 in the kernel (and when idle), 3 in user mode.
    pub ring: u8,
    /// Instruction pointer of the task on it, a virtual address.
    pub ip: u64,
    pub task: Option<u64>,
    /// PID in the first PID namespace; 0 when idle.
    pub pid: i32,
    pub comm: String,
    /// What the kernel is doing for the task: a system call's name, or empty.
    pub syscall: String,
    /// Tasks waiting in its run queue.
    pub runnable: usize,
    /// Translations found in the TLB, and those that needed a walk, since boot.
    pub tlb_hits: u64,
    pub tlb_misses: u64,
}

/// One entry per CPU that takes part, in order.
pub fn cpus(machine: &Machine) -> Vec<CpuView> {
    let k = &machine.kernel;
    let each = machine.hw.cpus.iter().zip(&k.sched.cpus);
    each.filter(|(_, cpu)| cpu.phase != Phase::Offline)
        .map(|(hw, cpu)| {
            let task = cpu.current.and_then(|id| k.tasks.get(id));
            let mode = match (cpu.phase, task) {
                (_, None) => CpuMode::Idle,
                (Phase::User, Some(_)) => CpuMode::User,
                (_, Some(_)) => CpuMode::Kernel,
            };
            let call = task.and_then(|t| t.call.as_ref()).map(|c| c.call.name());
            CpuView {
                id: hw.id.0,
                mode,
                ring: match hw.ring {
                    Ring::User => 3,
                    Ring::Kernel => 0,
                },
                ip: task.map_or(0, |t| t.regs.ip),
                task: cpu.current.map(|id| id.as_u64()),
                pid: task.map_or(0, |t| super::tasks::first_pid_of(k, t)),
                comm: task.map_or(String::new(), |t| t.comm.to_string()),
                syscall: call.unwrap_or_default().to_string(),
                runnable: cpu.waiting(),
                tlb_hits: hw.tlb.hits,
                tlb_misses: hw.tlb.misses,
            }
        })
        .collect()
}
