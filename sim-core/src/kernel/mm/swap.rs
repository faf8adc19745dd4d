//! The swap area: which page lies in which slot, and how it comes back (mm/swapfile.c,
//! mm/swap_state.c).

use super::fault::{Bad, Writable, flags};
use super::tables::map;
use super::{FaultOutcome, FrameState, FrameUse, MmId, Vma, alloc, unpin};
use crate::event::Event;
use crate::hw::{FaultAccess, Pfn, Pte, PteFlags};
use crate::kernel::task::RunState;
use crate::kernel::{BlockReason, Ctx, TaskId};
use crate::store::{Blank, Sparse};

/// The swap cache: the frame that a slot is being read into. It stays for all who share the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cached {
    pub pfn: Pfn,
    /// When the disk is done.
    pub ready_ns: u64,
    /// Who asked for it; its fault is counted already.
    pub by: TaskId,
}

/// One page of the swap area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Page-table entries that name it; 0 for a free one. Invariant: equals a recount.
    pub maps: u32,
    /// Exclusive-or of the keys of their address spaces, as for frames.
    pub map_xor: u64,
    pub cached: Option<Cached>,
}

impl Blank for Slot {
    fn is_blank(&self) -> bool {
        *self == Slot::default()
    }
}

/// The swap area, and where reclaim goes on.
#[derive(Clone, Debug, Hash)]
pub struct Swap {
    slots: Sparse<Slot>,
    used: u64,
    /// Where the search for a free slot goes on.
    next: u64,
    /// Reclaim begins with fewer free frames than this, and goes on up to twice as many. 0 without
    /// a swap area: then nothing is reclaimed.
    pub low_frames: u64,
    /// The hand of the clock: an address space, and the page that is looked at next.
    pub(super) hand: (Option<MmId>, u64),
    /// The frame that is looked at next for a clean page of a file.
    pub(super) file_hand: u64,
}

impl Swap {
    /// A swap area of this many pages, for a machine with so many frames.
    pub fn new(slots: u64, ram_frames: u64) -> Self {
        Self {
            slots: Sparse::new(slots),
            used: 0,
            next: 0,
            low_frames: match slots {
                0 => 0,
                _ => (ram_frames / 64).max(4),
            },
            hand: (None, 0),
            file_hand: 0,
        }
    }

    pub fn total(&self) -> u64 {
        self.slots.len()
    }

    pub fn used(&self) -> u64 {
        self.used
    }

    pub fn slot(&self, slot: u64) -> Slot {
        self.slots.get(slot).copied().unwrap_or_default()
    }

    /// Slots in use, with what is known of them.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Slot)> + '_ {
        let used = self.slots.iter().filter(|(_, slot)| slot.maps > 0);
        used.map(|(at, slot)| (at, *slot))
    }

    /// As [`Sparse::bytes_beside`].
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        let other = other.map(|other| &other.slots);
        self.slots.bytes_beside(other, |_, _| 0)
    }

    /// A free slot, from where the last one was found on.
    fn find(&self) -> Option<u64> {
        if self.used >= self.total() {
            return None;
        }
        let mut places = (self.next..self.total()).chain(0..self.next);
        places.find(|at| self.slot(*at).maps == 0)
    }

    /// One more entry that names a slot.
    pub(super) fn share(&mut self, slot: u64, space: MmId) {
        let Some(slot) = self.slots.get_mut(slot) else {
            return;
        };
        self.used += u64::from(slot.maps == 0);
        slot.maps += 1;
        slot.map_xor ^= space.as_u64();
    }
}

/// Writes a page of a space to the disk: its slot, if there is a free one.
pub(super) fn write_out(cx: &mut Ctx<'_>, space: MmId, pfn: Pfn) -> Option<u64> {
    let slot = cx.k.mm.swap.find()?;
    let contents = cx.hw.ram.frame(pfn).clone();
    cx.hw.swap.set(Pfn(slot), contents);
    cx.charge(cx.k.costs.disk_page_ns);
    let swap = &mut cx.k.mm.swap;
    swap.next = slot + 1;
    swap.share(slot, space);
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.swapped += 1;
    }
    Some(slot)
}

/// An entry that named a slot is gone; with the last one the slot is free.
pub(super) fn drop_slot(cx: &mut Ctx<'_>, space: MmId, at: u64) {
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.swapped = space.swapped.saturating_sub(1);
    }
    let swap = &mut cx.k.mm.swap;
    let Some(slot) = swap.slots.get_mut(at) else {
        return;
    };
    slot.maps = slot.maps.saturating_sub(1);
    slot.map_xor ^= space.as_u64();
    if slot.maps > 0 {
        return;
    }
    let cached = std::mem::take(slot).cached;
    swap.used = swap.used.saturating_sub(1);
    cx.hw.swap.set(Pfn(at), crate::hw::Contents::Zero);
    if let Some(cached) = cached {
        unpin(cx, cached.pfn);
    }
}

/// Who touches a page: a task that can sleep until the disk is done, or the kernel in the middle
/// of a call, whose time it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultFrom {
    User,
    Kernel,
}

/// do_swap_page: reads the page back, or takes what has been read.
pub(super) fn read_in(
    cx: &mut Ctx<'_>,
    (space, vpn): (MmId, u64),
    vma: &Vma,
    at: u64,
    access: FaultAccess,
    from: FaultFrom,
) -> Result<FaultOutcome, Bad> {
    let cached = match cx.k.mm.swap.slot(at).cached {
        Some(cached) => {
            if cached.by != cx.task {
                cx.me_mut()?.minor_faults += 1;
            }
            cached
        }
        None => start(cx, at)?,
    };
    let left_ns = cached
        .ready_ns
        .saturating_sub(cx.now_ns.saturating_add(cx.cost_ns));
    match from {
        FaultFrom::User if left_ns > 0 => {
            let until_ns = cached.ready_ns;
            cx.arm_timer(until_ns);
            cx.me_mut()?.state = RunState::Blocked(BlockReason::Disk { until_ns });
            return Ok(FaultOutcome::SwapRead);
        }
        FaultFrom::User => {}
        FaultFrom::Kernel => cx.charge(left_ns),
    }
    let is_last = cx.k.mm.swap.slot(at).maps == 1;
    let mut bits = flags(vma, Writable::No);
    if is_last {
        cx.k.mm.frames.set_state(cached.pfn, FrameState::Exclusive);
        if access == FaultAccess::Write {
            bits |= flags(vma, Writable::Yes) | PteFlags::DIRTY;
        }
    }
    // The entry that it replaces gives up the slot.
    map(cx, space, vpn, Pte::new(cached.pfn, bits))?;
    Ok(FaultOutcome::SwapIn)
}

/// Asks the disk for a slot: a major fault.
fn start(cx: &mut Ctx<'_>, at: u64) -> Result<Cached, Bad> {
    let pfn = alloc(cx, FrameUse::Anon)?;
    let contents = cx.hw.swap.frame(Pfn(at)).clone();
    cx.hw.ram.set(pfn, contents);
    let now_ns = cx.now_ns.saturating_add(cx.cost_ns);
    let cached = Cached {
        pfn,
        ready_ns: now_ns.saturating_add(cx.k.costs.disk_page_ns),
        by: cx.task,
    };
    if let Some(slot) = cx.k.mm.swap.slots.get_mut(at) {
        slot.cached = Some(cached);
    }
    let task = cx.task;
    cx.me_mut()?.major_faults += 1;
    cx.emit(Event::SwapIn {
        task,
        slot: at,
        pfn,
    });
    Ok(cached)
}
