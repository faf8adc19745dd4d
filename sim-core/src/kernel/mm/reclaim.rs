//! Getting frames back when few are free (mm/vmscan.c): pages of files that the disk still has are
//! dropped, and processes' own pages go to the swap area, those first that were not used lately.
//!
//! Linux finds the entries of a page by a reverse map. There is none here, so the hand of the
//! clock goes over the page tables of one process after another, as Linux 2.2 did.

use super::alloc::uncount_map;
use super::swap::write_out;
use super::tables::{leaf_tables, set_entry};
use super::{FrameState, FrameUse, MmId};
use crate::event::Event;
use crate::hw::{Contents, Pfn, Pte, PteFlags};
use crate::kernel::{Ctx, fs};

/// Most pages that go at once (SWAP_CLUSTER_MAX).
const CLUSTER: u64 = 32;
/// One past the highest page.
const PAGES_END: u64 = 1 << 35;

/// Where nobody holds a frame by its number: files' pages may go too.
#[inline]
pub fn balance(cx: &mut Ctx<'_>) {
    if cx.k.mm.frames.free() < cx.k.mm.swap.low_frames {
        reclaim(cx);
    }
}

fn reclaim(cx: &mut Ctx<'_>) {
    let dropped = drop_clean(cx, wanted(cx));
    if dropped > 0 {
        cx.emit(Event::CacheDrop { pages: dropped });
    }
    swap_out(cx);
}

/// In the middle of anything: only pages that a process alone has, which nobody can be holding.
pub(super) fn swap_out(cx: &mut Ctx<'_>) {
    let wanted = wanted(cx);
    if wanted > 0 && cx.k.mm.swap.used() < cx.k.mm.swap.total() {
        turn_clock(cx, wanted);
    }
}

fn wanted(cx: &Ctx<'_>) -> u64 {
    let high = cx.k.mm.swap.low_frames * 2;
    high.saturating_sub(cx.k.mm.frames.free()).min(CLUSTER)
}

/// Drops pages of files that nobody maps and that are as they are on the disk.
fn drop_clean(cx: &mut Ctx<'_>, wanted: u64) -> u64 {
    let total = cx.k.mm.frames.total();
    let mut dropped = 0;
    for _ in 0..total {
        if dropped >= wanted {
            break;
        }
        let pfn = Pfn(cx.k.mm.swap.file_hand % total);
        cx.k.mm.swap.file_hand = pfn.0 + 1;
        let info = cx.k.mm.frames.info(pfn);
        if let FrameUse::PageCache { inode, page } = info.usage
            && (info.state, info.maps, info.pins) == (FrameState::Plain, 0, 1)
        {
            dropped += fs::drop_clean_page(cx, inode, page);
        }
    }
    dropped
}

/// The clock: an accessed page loses the mark and gets a second chance, one without it goes.
/// Two rounds find whatever there is.
fn turn_clock(cx: &mut Ctx<'_>, wanted: u64) {
    let mut spaces: Vec<MmId> = cx.k.mm.spaces.iter().map(|(id, _)| id).collect();
    let (at, mut from) = cx.k.mm.swap.hand;
    match spaces.iter().position(|id| Some(*id) == at) {
        Some(first) => spaces.rotate_left(first),
        None => from = 0,
    }
    let mut gone = 0;
    for space in spaces.iter().chain(&spaces).chain(spaces.first()) {
        gone += sweep(cx, *space, from, wanted - gone);
        if gone >= wanted || cx.k.mm.swap.used() >= cx.k.mm.swap.total() {
            return;
        }
        from = 0;
    }
}

/// Moves the hand over the pages of one space from `from` on. Returns how many went.
fn sweep(cx: &mut Ctx<'_>, space: MmId, from: u64, wanted: u64) -> u64 {
    let Some(pgd) = cx.k.mm.spaces.get(space).map(|s| s.pgd) else {
        return 0;
    };
    let mut gone = 0;
    for (base, table) in leaf_tables(&cx.hw.ram, pgd, from, PAGES_END) {
        let Contents::Table(entries) = cx.hw.ram.frame(table) else {
            continue;
        };
        let pages: Vec<(u16, u64)> = entries.iter().collect();
        for (at, raw) in pages {
            let (vpn, pte) = (base | u64::from(at), Pte(raw));
            if vpn < from || !is_candidate(cx, pte) {
                continue;
            }
            cx.k.mm.swap.hand = (Some(space), vpn + 1);
            if pte.has(PteFlags::ACCESSED) {
                set_entry(cx, table, at, pte.without(PteFlags::ACCESSED));
                cx.hw.invalidate(space.as_u64(), vpn);
                continue;
            }
            let Some(slot) = write_out(cx, space, pte.pfn()) else {
                return gone;
            };
            set_entry(cx, table, at, Pte::in_swap(slot));
            cx.hw.invalidate(space.as_u64(), vpn);
            tell(cx, space, vpn, slot, pte.pfn());
            uncount_map(cx, pte.pfn(), space);
            gone += 1;
            if gone >= wanted {
                return gone;
            }
        }
    }
    gone
}

/// A page of one process alone, and in nobody's hands.
fn is_candidate(cx: &Ctx<'_>, pte: Pte) -> bool {
    let info = cx.k.mm.frames.info(pte.pfn());
    pte.has(PteFlags::PRESENT) && (info.usage, info.maps, info.pins) == (FrameUse::Anon, 1, 0)
}

fn tell(cx: &mut Ctx<'_>, space: MmId, vpn: u64, slot: u64, pfn: Pfn) {
    if !cx.sink.listens() {
        return;
    }
    let owner = (cx.k.tasks.iter()).find_map(|(id, task)| (task.mm == Some(space)).then_some(id));
    let Some(task) = owner else {
        return;
    };
    let addr = vpn << 12;
    cx.emit(Event::SwapOut {
        task,
        addr,
        slot,
        pfn,
    });
}
