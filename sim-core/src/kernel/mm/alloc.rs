//! Taking frames and giving them back.

use super::frames::{TOUCHED_MAX, Unused};
use super::reclaim::swap_out;
use super::{FrameInfo, FrameState, FrameUse, MmId, Rss};
use crate::event::Event;
use crate::hw::{Contents, Pfn};
use crate::kernel::{Ctx, Errno, Kernel, cgroup};
use std::rc::Rc;

/// A zeroed frame with one pin: the reference of whoever asked. Mapping it is counted apart.
///
/// # Errors
/// ENOMEM when no frame is free.
pub fn alloc(cx: &mut Ctx<'_>, usage: FrameUse) -> Result<Pfn, Errno> {
    // What a process gets has been cleared (__GFP_ZERO), and so it is cheap to see that it was.
    alloc_as(cx, pinned(usage), Contents::Zero)
}

fn pinned(usage: FrameUse) -> FrameInfo {
    FrameInfo {
        usage,
        pins: 1,
        ..FrameInfo::default()
    }
}

/// A frame holding an empty page table of this space.
///
/// # Errors
/// ENOMEM when no frame is free.
pub(super) fn new_table(cx: &mut Ctx<'_>, space: MmId) -> Result<Pfn, Errno> {
    let usage = FrameUse::PageTable { space };
    let pfn = alloc_as(cx, pinned(usage), Contents::Table(Rc::default()))?;
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.table_frames += 1;
    }
    Ok(pfn)
}

/// A zeroed frame for this anonymous page of a space, whose entry the caller sets: counted as
/// mapped, and the space's own.
///
/// # Errors
/// ENOMEM when no frame is free.
pub(super) fn alloc_anon(cx: &mut Ctx<'_>, space: MmId) -> Result<Pfn, Errno> {
    let mapped = FrameInfo {
        usage: FrameUse::Anon,
        state: FrameState::Exclusive,
        maps: 1,
        map_xor: space.as_u64(),
        ..FrameInfo::default()
    };
    let pfn = alloc_as(cx, mapped, Contents::Zero)?;
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.rss.anon += 1;
    }
    Ok(pfn)
}

/// A frame with this record, into which the group that it is charged to is put.
fn alloc_as(cx: &mut Ctx<'_>, taken: FrameInfo, contents: Contents) -> Result<Pfn, Errno> {
    let charged = match taken.usage {
        FrameUse::Anon | FrameUse::PageCache { .. } => cgroup::charge(cx)?,
        FrameUse::Untouched
        | FrameUse::Free { .. }
        | FrameUse::Kernel
        | FrameUse::Zero
        | FrameUse::PageTable { .. } => None,
    };
    if cx.k.mm.frames.free() < cx.k.mm.swap.low_frames / 2 {
        swap_out(cx);
    }
    let taken = FrameInfo { charged, ..taken };
    let Some(pfn) = cx.k.mm.frames.take(taken) else {
        if let Some(group) = charged {
            cgroup::uncharge(cx.k, group);
        }
        return Err(out_of_bounds(cx));
    };
    cx.hw.ram.set(pfn, contents);
    cx.emit(Event::FrameAlloc { pfn });
    Ok(pfn)
}

/// What there being no frame comes to; the machine halts if it is the model's own limit.
pub(super) fn out_of_bounds(cx: &mut Ctx<'_>) -> Errno {
    if cx.k.mm.frames.is_out_of_bounds() {
        let gib = TOUCHED_MAX >> 18;
        let limit = format!("no machine of this model uses more than {gib} GiB of its RAM");
        cx.k.panic = Some(limit.into());
    }
    refuse!(cx.why, FrameFree, () => cx.k.mm.frames.total())
}

/// A page of the page cache belongs to a file that lives in memory.
pub fn mark_shmem(k: &mut Kernel, pfn: Pfn) {
    k.mm.frames.set_state(pfn, FrameState::Shmem);
}

/// Gives up a pin; a frame without pins and mappings is free again.
pub fn unpin(cx: &mut Ctx<'_>, pfn: Pfn) {
    if cx.k.mm.frames.unpin(pfn) == Unused::Yes {
        free_if_unused(cx, pfn);
    }
}

/// Counts a page-table entry that maps the frame, and the page with the space.
pub(super) fn count_map(cx: &mut Ctx<'_>, pfn: Pfn, space: MmId) {
    let mut more = Rss::default();
    cx.k.mm.frames.count_map(pfn, space, &mut more);
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.rss.add(more);
    }
}

/// Uncounts one; the frame is freed if it was the last reference.
pub(super) fn uncount_map(cx: &mut Ctx<'_>, pfn: Pfn, space: MmId) {
    let mut gone = Rss::default();
    let unused = cx.k.mm.frames.uncount_map(pfn, space, &mut gone);
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.rss.take_away(gone);
    }
    if unused == Unused::Yes {
        free_if_unused(cx, pfn);
    }
}

pub(super) fn free_if_unused(cx: &mut Ctx<'_>, pfn: Pfn) {
    let Some(was) = cx.k.mm.frames.put_back(pfn) else {
        return;
    };
    if let Some(group) = was.charged {
        cgroup::uncharge(cx.k, group);
    }
    cx.hw.ram.set(pfn, Contents::Zero);
    cx.emit(Event::FrameFree { pfn });
    if !cx.k.mm.waiting.is_empty() {
        let waiting = cx.k.mm.waiting.take();
        cx.wake_all(waiting);
    }
}
