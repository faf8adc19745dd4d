//! The kernel's record of every page frame (struct page), and the allocator.

use super::{MmId, Rss};
use crate::hw::{Pfn, Ram};
use crate::kernel::cgroup::CgroupId;
use crate::kernel::fs::InodeId;
use crate::store::{Blank, Sparse};

/// What a frame is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FrameUse {
    /// Nobody's; `next` is the next free frame plus one, 0 at the end.
    #[default]
    Untouched,
    Free {
        next: u64,
    },
    /// The kernel's image and its structures.
    Kernel,
    /// The zero frame.
    Zero,
    PageTable {
        space: MmId,
    },
    /// Anonymous memory of processes.
    Anon,
    /// Page `page` of a file.
    PageCache {
        inode: InodeId,
        page: u64,
    },
}

/// What more is known of a frame in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FrameState {
    #[default]
    Plain,
    /// PageAnonExclusive: anonymous, and never shared since it was last written to.
    Exclusive,
    /// Of shared memory or of a file that lives in memory (RssShmem).
    Shmem,
}

/// struct page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FrameInfo {
    pub usage: FrameUse,
    pub state: FrameState,
    /// How many page-table entries map it. Invariant: equals a recount of all page tables.
    pub maps: u32,
    /// Exclusive-or of the raw keys of the address spaces that map it: with `maps == 1` the one
    /// that does, found without a list. It stands in for a reverse map.
    pub map_xor: u64,
    /// References beside mappings: the page cache's own.
    pub pins: u32,
    /// The control group that it counts for; none for the root.
    pub charged: Option<CgroupId>,
}

impl FrameInfo {
    fn count_map(&mut self, space: MmId, rss: &mut Rss) {
        if let Some(count) = rss.counter(self) {
            *count += 1;
        }
        if self.usage != FrameUse::Zero {
            self.maps += 1;
            self.map_xor ^= space.as_u64();
        }
    }

    fn is_unused(&self) -> Unused {
        match self.maps == 0 && self.pins == 0 {
            true => Unused::Yes,
            false => Unused::No,
        }
    }
}

impl Blank for FrameInfo {
    fn is_blank(&self) -> bool {
        *self == FrameInfo::default()
    }
}

/// Whether nobody refers to a frame any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unused {
    No,
    Yes,
}

/// In which order frames are first given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FrameOrder {
    /// Ascending.
    Linear,
    /// Scattered (Linux's `page_alloc.shuffle=1`), by the machine's seed.
    #[default]
    Shuffled,
}

/// How free frames are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Search {
    /// Singly: those freed last first, then those never used.
    Singly,
    /// By looking at them one after another, so that they can be had in a row.
    InRuns,
}

/// Every frame, and which are free. Frames that were never used cost nothing.
#[derive(Clone, Debug, Hash)]
pub struct Frames {
    info: Sparse<FrameInfo>,
    search: Search,
    total: u64,
    free: u64,
    /// First of the list of freed frames, plus one.
    first_free: u64,
    /// Frames given out at least once, in the order of `place`.
    fresh: u64,
    /// The shuffle is `place * step + offset` modulo `block` within each block of so many frames,
    /// with `step` coprime to it.
    block: u64,
    step: u64,
    offset: u64,
}

/// Frames are scattered within so many, 4 MiB (SHUFFLE_ORDER of mm/shuffle.h): what is used
/// together lies near together, in the host's memory too.
const BLOCK_FRAMES: u64 = 1024;

/// Frames that a machine may ever use: 4 GiB. A larger one is sparse, not bottomless; what holds
/// the model itself (a browser's page) would run out before it.
pub const TOUCHED_MAX: u64 = 1 << 20;

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Frames {
    /// As [`Sparse::bytes_beside`].
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        let other = other.map(|other| &other.info);
        self.info.bytes_beside(other, |_, _| 0)
    }

    /// All of `ram` free.
    pub fn new(ram: &Ram, order: FrameOrder, seed: u64) -> Self {
        let total = ram.frames();
        let block = total.min(BLOCK_FRAMES);
        let (step, offset) = match order {
            FrameOrder::Linear => (1, 0),
            FrameOrder::Shuffled => {
                // About 0.618 of the whole scatters neighbours evenly; then the next coprime.
                let mut step = (block * 618 / 1000 + seed % 97).max(1);
                while gcd(step, block) != 1 {
                    step += 1;
                }
                (step, seed.wrapping_mul(0x9e37_79b9) % block)
            }
        };
        Self {
            info: Sparse::new(total),
            search: Search::Singly,
            total,
            free: total,
            first_free: 0,
            fresh: 0,
            block,
            step,
            offset,
        }
    }

    /// All of `ram` free, to be had in rows. Single frames lie from `first` on as long as there
    /// are any.
    pub fn in_runs(ram: &Ram, first: u64) -> Self {
        Self {
            search: Search::InRuns,
            offset: first % ram.frames().max(1),
            ..Self::new(ram, FrameOrder::Linear, 0)
        }
    }

    fn is_free(&self, pfn: u64) -> bool {
        matches!(
            self.info(Pfn(pfn)).usage,
            FrameUse::Untouched | FrameUse::Free { .. }
        )
    }

    /// Takes `count` free frames in a row: from `at` on, or the highest there are, so that single
    /// frames come from the other end.
    pub(super) fn take_run(&mut self, at: Option<u64>, count: u64, info: FrameInfo) -> Option<u64> {
        if count == 0 || count > self.free || self.used() + count > TOUCHED_MAX {
            return None;
        }
        let first = match at {
            Some(first) => {
                let end = first.checked_add(count).filter(|end| *end <= self.total)?;
                (first..end).all(|pfn| self.is_free(pfn)).then_some(first)?
            }
            None => {
                let mut end = self.total;
                loop {
                    let first = end.checked_sub(count)?;
                    // The highest frame in the way; the run must end below it.
                    match (first..end).rev().find(|pfn| !self.is_free(*pfn)) {
                        Some(taken) => end = taken,
                        None => break first,
                    }
                }
            }
        };
        for pfn in first..first + count {
            *self.info_mut(Pfn(pfn))? = info;
        }
        self.free -= count;
        Some(first)
    }

    fn used(&self) -> u64 {
        self.total - self.free
    }

    /// The lowest free frame from `offset` on, and the lowest of all after that.
    fn take_lowest(&mut self, info: FrameInfo) -> Option<Pfn> {
        let mut places = (self.offset..self.total).chain(0..self.offset);
        let pfn = places.find(|pfn| self.is_free(*pfn))?;
        self.take_run(Some(pfn), 1, info).map(Pfn)
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn free(&self) -> u64 {
        self.free
    }

    /// Whether frames are free that may not be used: [`TOUCHED_MAX`].
    pub(super) fn is_out_of_bounds(&self) -> bool {
        match self.search {
            Search::Singly => self.free > 0 && self.first_free == 0 && self.fresh >= TOUCHED_MAX,
            Search::InRuns => self.free > 0 && self.used() >= TOUCHED_MAX,
        }
    }

    /// A frame's record; frames never used are `Untouched`.
    pub fn info(&self, pfn: Pfn) -> FrameInfo {
        self.info.get(pfn.0).copied().unwrap_or_default()
    }

    /// The record of every frame, by its number.
    pub fn records(&self) -> &Sparse<FrameInfo> {
        &self.info
    }

    #[inline(never)]
    pub(super) fn info_mut(&mut self, pfn: Pfn) -> Option<&mut FrameInfo> {
        self.info.get_mut(pfn.0)
    }

    /// Counts a page-table entry that maps the frame, and the resident page that it is. The zero
    /// frame is neither.
    pub(super) fn count_map(&mut self, pfn: Pfn, space: MmId, rss: &mut Rss) {
        if let Some(info) = self.info_mut(pfn) {
            info.count_map(space, rss);
        }
    }

    /// As `count_map`, for a forked child: the page is nobody's own any more.
    #[inline(always)]
    pub(super) fn share_map(&mut self, pfn: Pfn, space: MmId, rss: &mut Rss) {
        if let Some(info) = self.info.get_mut(pfn.0) {
            info.count_map(space, rss);
            if info.state == FrameState::Exclusive {
                info.state = FrameState::Plain;
            }
        }
    }

    /// Uncounts an entry. `gone` counts the resident page that it was.
    #[inline(always)]
    pub(super) fn uncount_map(&mut self, pfn: Pfn, space: MmId, gone: &mut Rss) -> Unused {
        let Some(info) = self.info.get_mut(pfn.0) else {
            return Unused::No;
        };
        if let Some(count) = gone.counter(info) {
            *count += 1;
        }
        if info.usage == FrameUse::Zero {
            return Unused::No;
        }
        info.maps = info.maps.saturating_sub(1);
        info.map_xor ^= space.as_u64();
        info.is_unused()
    }

    pub(super) fn set_state(&mut self, pfn: Pfn, state: FrameState) {
        if let Some(info) = self.info_mut(pfn) {
            info.state = state;
        }
    }

    /// Takes a free frame: the one freed last, else the next that was never used. `taken` is its
    /// record from now on.
    pub(super) fn take(&mut self, taken: FrameInfo) -> Option<Pfn> {
        if self.search == Search::InRuns {
            return self.take_lowest(taken);
        }
        if self.first_free != 0 {
            let pfn = Pfn(self.first_free - 1);
            let info = self.info_mut(pfn)?;
            let FrameUse::Free { next } = info.usage else {
                return None;
            };
            *info = taken;
            self.first_free = next;
            self.free -= 1;
            return Some(pfn);
        }
        let end = self.total.next_multiple_of(self.block);
        while self.fresh < end.min(TOUCHED_MAX) {
            let (block, place) = (self.fresh / self.block, self.fresh % self.block);
            let place = (place * self.step + self.offset) % self.block;
            let pfn = Pfn(block * self.block + place);
            self.fresh += 1;
            // The last block may be cut short, and the kernel's image was taken by number.
            if let Some(info) = self.info_mut(pfn)
                && info.usage == FrameUse::Untouched
            {
                *info = taken;
                self.free -= 1;
                return Some(pfn);
            }
        }
        None
    }

    /// Takes a frame by number, at boot.
    pub(super) fn reserve(&mut self, pfn: Pfn, usage: FrameUse) {
        if let Some(info) = self.info_mut(pfn)
            && info.usage == FrameUse::Untouched
        {
            info.usage = usage;
            self.free -= 1;
        }
    }

    /// Gives up a pin.
    pub(super) fn unpin(&mut self, pfn: Pfn) -> Unused {
        match self.info_mut(pfn) {
            Some(info) => {
                info.pins = info.pins.saturating_sub(1);
                info.is_unused()
            }
            None => Unused::No,
        }
    }

    /// Puts a frame back if nobody refers to it. Returns its record until now.
    pub(super) fn put_back(&mut self, pfn: Pfn) -> Option<FrameInfo> {
        let next = self.first_free;
        let info = self.info_mut(pfn)?;
        let is_frame = !matches!(
            info.usage,
            FrameUse::Untouched | FrameUse::Free { .. } | FrameUse::Zero
        );
        if !is_frame || info.is_unused() == Unused::No {
            return None;
        }
        let free = FrameInfo {
            usage: FrameUse::Free { next },
            ..FrameInfo::default()
        };
        let was = std::mem::replace(info, free);
        if self.search == Search::Singly {
            self.first_free = pfn.0 + 1;
        }
        self.free += 1;
        Some(was)
    }

    /// All frames that were ever used, with their records.
    pub fn iter(&self) -> impl Iterator<Item = (Pfn, FrameInfo)> + '_ {
        self.info.iter().map(|(pfn, info)| (Pfn(pfn), *info))
    }
}
