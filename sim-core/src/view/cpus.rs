//! The CPUs: in which ring, at which instruction, with whom.

use crate::Machine;

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
    pub pid: i32,
    pub comm: String,
    /// What the kernel is doing for the task: a system call's name, or empty.
    pub syscall: String,
    /// Tasks waiting in its run queue.
    pub runnable: usize,
}

/// One entry per CPU, in order.
pub fn cpus(machine: &Machine) -> Vec<CpuView> {
    let _ = machine;
    Vec::new()
}
