//! The silicon: CPUs, RAM, MMU and TLB, terminals, a disk, and what things cost.
//!
//! Invariant: nothing here knows of processes, files or users. It holds no policy; a CPU does
//! what the kernel's registers and page tables say.

mod bus;
pub mod cost;
mod cpu;
mod disk;
mod mmu;
mod ram;
mod table;
mod tty;

pub use bus::{Bus, Stored};
pub use cpu::{Cpu, CpuId, Ring};
pub use disk::{Disk, DiskFile, DiskNode, Load};
pub use mmu::{
    FaultAccess, Mmu, PageFault, Pte, PteFlags, TLB_ENTRIES, Tlb, VirtAddr, table_index, translate,
    walk, walk_steps,
};
pub use ram::{Contents, PAGE_BYTES, Pfn, Ram, pattern_word};
pub use table::Table;
pub use tty::{Screen, TERMINALS, Terminal, Terminals, TtyId};

/// CPUs that a machine can have.
pub const CPUS_MAX: u8 = 64;

/// Everything that a kernel runs on. One handle: a machine inside a machine would get another.
#[derive(Clone, Debug, Hash)]
pub struct Hardware {
    pub cpus: Vec<Cpu>,
    /// Since the present CPU's turn began, something may have become due earlier on another one.
    pub is_due_earlier: bool,
    pub mmu: Mmu,
    pub ram: Ram,
    pub terminals: Terminals,
    /// The disk's swap area: pages, addressed by slot.
    pub swap: Ram,
    /// Read-only, so every clone shares it.
    pub disk: std::rc::Rc<Disk>,
}

impl Hardware {
    /// Powers a machine on. `cpus` is clamped to 1..=64, `ram_frames` to 256..=24 GiB.
    pub fn new(cpus: u8, mmu: Mmu, ram_frames: u64, disk: std::rc::Rc<Disk>) -> Self {
        Self {
            cpus: (0..cpus.clamp(1, CPUS_MAX))
                .map(|id| Cpu::new(CpuId(id)))
                .collect(),
            is_due_earlier: false,
            mmu,
            ram: Ram::new(ram_frames.clamp(256, 24 << 18)),
            terminals: Terminals::default(),
            swap: Ram::new(0),
            disk,
        }
    }

    /// The CPU with this number; machines have at least one, so a wrong number is CPU 0.
    pub fn cpu_mut(&mut self, id: CpuId) -> &mut Cpu {
        let last = self.cpus.len() - 1;
        &mut self.cpus[usize::from(id.0).min(last)]
    }

    /// Drops a translation from every CPU's TLB (x86 `invlpg` with a shoot-down).
    pub fn invalidate(&mut self, asid: u64, vpn: u64) {
        for cpu in &mut self.cpus {
            cpu.tlb.invalidate(asid, vpn);
        }
    }

    /// A table of an address space goes: no CPU may look into it any more.
    pub fn forget_tables(&mut self, asid: u64) {
        for cpu in &mut self.cpus {
            cpu.tlb.forget_tables(asid);
        }
    }

    /// Drops all translations of an address space from every CPU's TLB.
    pub fn invalidate_space(&mut self, asid: u64) {
        for cpu in &mut self.cpus {
            cpu.tlb.invalidate_space(asid);
        }
    }
}
