//! The translations that each CPU remembers.

use super::ram::owners;
use crate::Machine;
use crate::hw::{PteFlags, TLB_ENTRIES};
use crate::kernel::mm::MmId;

/// One remembered translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlbEntryView {
    /// Which of the TLB's places it takes.
    pub slot: u8,
    /// The tag of its address space (x86 PCID). Tags are never used again.
    pub asid: u64,
    /// Stable id of the first task with that address space; none if the space is gone.
    pub task: Option<u64>,
    /// Virtual page number, and the frame it stands for.
    pub vpn: u64,
    pub pfn: u64,
    pub is_writable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlbView {
    pub cpu: u8,
    /// Places in all.
    pub slots: u8,
    /// The tag in use: entries with another one wait for their process to come back.
    pub asid: u64,
    pub entries: Vec<TlbEntryView>,
    /// Since power-on: found here, looked up in the tables, and invalidations that dropped something.
    pub hits: u64,
    pub misses: u64,
    pub flushes: u64,
}

/// One entry per CPU, in order.
pub fn tlb(machine: &Machine) -> Vec<TlbView> {
    let owners = owners(&machine.kernel);
    let each = machine.hw.cpus.iter().map(|cpu| {
        let entries = cpu.tlb.iter().map(|(slot, asid, vpn, pte)| TlbEntryView {
            slot: slot as u8,
            asid,
            task: owners.get(&MmId::from_u64(asid)).map(|id| id.as_u64()),
            vpn,
            pfn: pte.pfn().0,
            is_writable: pte.has(PteFlags::WRITE),
        });
        TlbView {
            cpu: cpu.id.0,
            slots: TLB_ENTRIES as u8,
            asid: cpu.asid,
            entries: entries.collect(),
            hits: cpu.tlb.hits,
            misses: cpu.tlb.misses,
            flushes: cpu.tlb.flushes,
        }
    });
    each.collect()
}
