//! A CPU: a ring, an instruction pointer, a page-table root and a TLB.

use super::{PageFault, Pfn, Tlb};

/// Number of a CPU, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuId(pub u8);

/// x86 protection ring (Intel SDM vol. 3, 5.5). Rings 1 and 2 are unused, as on Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ring {
    Kernel = 0,
    User = 3,
}

#[derive(Clone, Debug, Hash)]
pub struct Cpu {
    pub id: CpuId,
    pub ring: Ring,
    /// Virtual address of the next instruction, while in ring 3.
    pub ip: u64,
    /// Root of the page tables in use; none without an MMU.
    pub cr3: Option<Pfn>,
    /// Tag of the address space in use, never reused (x86 PCID, but 64 bits wide).
    pub asid: u64,
    pub tlb: Tlb,
    /// The last page fault: its address (CR2) and its error code.
    pub fault: Option<PageFault>,
    /// When it is free to do its next tick, simulated ns since boot.
    pub free_at_ns: u64,
    /// When its local timer interrupts next; `u64::MAX` when it is off.
    pub timer_ns: u64,
    /// A device asked for attention.
    pub irq_pending: bool,
    /// Another CPU asked it to call the scheduler.
    pub ipi_pending: bool,
}

impl Cpu {
    pub fn new(id: CpuId) -> Self {
        Self {
            id,
            ring: Ring::Kernel,
            ip: 0,
            cr3: None,
            asid: 0,
            tlb: Tlb::default(),
            fault: None,
            free_at_ns: 0,
            timer_ns: u64::MAX,
            irq_pending: false,
            ipi_pending: false,
        }
    }

    /// Exception 14: to ring 0, with the fault in its register.
    pub fn raise(&mut self, fault: PageFault) {
        self.ring = Ring::Kernel;
        self.fault = Some(fault);
    }
}
