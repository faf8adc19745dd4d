//! What a machine is made of.

use crate::Machine;
use crate::hw::Mmu;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineView {
    pub cpus: usize,
    pub ram_frames: u64,
    pub free_frames: u64,
    /// Whether addresses of programs are translated.
    pub mmu: Mmu,
}

pub fn machine(machine: &Machine) -> MachineView {
    MachineView {
        cpus: machine.hw.cpus.len(),
        ram_frames: machine.ram_frames(),
        free_frames: machine.kernel.mm.frames.free(),
        mmu: machine.mmu(),
    }
}
