//! The swap area of the disk.

use super::ram::owners;
use crate::Machine;
use crate::kernel::mm::MmId;

/// A slot in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotView {
    pub slot: u64,
    /// Stable id of the task whose page lies there; none if several share it.
    pub owner: Option<u64>,
    /// Whether the disk is being read: the page has a frame already.
    pub is_read: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskView {
    /// Pages that the swap area has room for; 0 without one.
    pub slots: u64,
    /// Those in use, by number.
    pub used: Vec<SlotView>,
}

pub fn disk(machine: &Machine) -> DiskView {
    let owners = owners(&machine.kernel);
    let swap = &machine.kernel.mm.swap;
    let used = swap.iter().map(|(at, slot)| SlotView {
        slot: at,
        owner: match slot.maps {
            1 => owners
                .get(&MmId::from_u64(slot.map_xor))
                .map(|id| id.as_u64()),
            _ => None,
        },
        is_read: slot.cached.is_some(),
    });
    DiskView {
        slots: swap.total(),
        used: used.collect(),
    }
}
