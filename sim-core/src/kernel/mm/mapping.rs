//! The list of mappings: adding, splitting, joining, finding room.

use super::space::Heritage;
use super::tables::drop_range;
use super::vma::{AnonOrigin, AnonVma};
use super::{AddressSpace, Backing, MMAP_TOP, MmId, STACK_TOP, Vma, VmaName};
use crate::hw::PAGE_BYTES;
use crate::kernel::{Ctx, Errno, Kernel, fs, ipc};
use std::rc::Rc;

const PAGE: u64 = PAGE_BYTES as u64;
/// Lowest address that may be mapped (vm.mmap_min_addr).
pub(super) const MIN_ADDR: u64 = 0x1_0000;
/// TASK_SIZE.
pub(super) const TASK_SIZE: u64 = STACK_TOP;
/// vm.max_map_count.
pub(super) const MAX_MAP_COUNT: usize = 65530;
/// TASK_UNMAPPED_BASE, in pages: where placing goes up from when nothing is free below.
const BOTTOM_UP_PAGE: u64 = (TASK_SIZE / 3) / PAGE;

/// The mappings, for changing. A forked child's get anon_vmas of their own first
/// (anon_vma_fork), which waits until here because most children never change any.
pub(super) fn vmas_mut(k: &mut Kernel, id: MmId) -> Option<&mut Vec<Vma>> {
    let next = &mut k.mm.next_anon;
    let space = k.mm.spaces.get_mut(id)?;
    let vmas = Rc::make_mut(&mut space.vmas);
    if std::mem::replace(&mut space.heritage, Heritage::Own) == Heritage::OfParent {
        for vma in vmas.iter_mut() {
            if let Some(anon) = &mut vma.anon {
                *next += 1;
                *anon = AnonVma {
                    id: *next,
                    origin: AnonOrigin::Inherited,
                };
            }
        }
    }
    Some(vmas)
}

/// anon_vma_prepare: the mapping that a page lies in is about to get its first anonymous page.
pub(super) fn prepare_anon(k: &mut Kernel, id: MmId, vpn: u64) {
    let Some(vmas) = vmas_mut(k, id) else { return };
    let at = vmas.partition_point(|vma| vma.end <= vpn);
    let Some(vma) = vmas.get(at).filter(|vma| vma.anon.is_none()) else {
        return;
    };
    let own = |anon: &AnonVma| anon.origin == AnonOrigin::Own;
    let next = vmas.get(at + 1).filter(|next| vma.shares_anon(next));
    let before = at.checked_sub(1).and_then(|below| vmas.get(below));
    let before = before.filter(|before| before.shares_anon(vma));
    let near = next
        .and_then(|next| next.anon)
        .filter(own)
        .or(before.and_then(|before| before.anon).filter(own));
    let anon = near.unwrap_or_else(|| {
        k.mm.next_anon += 1;
        AnonVma {
            id: k.mm.next_anon,
            origin: AnonOrigin::Own,
        }
    });
    if let Some(vma) = vmas_mut(k, id).and_then(|vmas| vmas.get_mut(at)) {
        vma.anon = Some(anon);
    }
}

/// The highest gap below the mmap base that is big enough, else the lowest above
/// TASK_UNMAPPED_BASE (arch_get_unmapped_area_topdown). Pages.
pub(super) fn find_room(space: &AddressSpace, count: u64) -> Option<u64> {
    let mut top = MMAP_TOP / PAGE;
    for vma in space.vmas.iter().rev() {
        if vma.start >= top {
            continue;
        }
        if top >= vma.end && top - vma.end >= count {
            return Some(top - count);
        }
        top = top.min(vma.start_with_gap());
    }
    if let Some(start) = top.checked_sub(count)
        && start >= MIN_ADDR / PAGE
    {
        return Some(start);
    }
    let mut low = BOTTOM_UP_PAGE;
    for vma in space.vmas.iter() {
        if vma.end > low {
            if vma.start_with_gap() >= low + count {
                return Some(low);
            }
            low = vma.end;
        }
    }
    (low + count <= TASK_SIZE / PAGE).then_some(low)
}

/// Adds a mapping to a gap. The caller has held its file.
pub(super) fn insert(cx: &mut Ctx<'_>, id: MmId, vma: Vma) {
    if let Some(vmas) = vmas_mut(cx.k, id) {
        let at = vmas.partition_point(|v| v.end <= vma.start);
        vmas.insert(at, vma);
    }
    merge(cx, id, vma.start, vma.end);
}

/// Joins what may be joined at the edges of `start..end` and within.
pub(super) fn merge(cx: &mut Ctx<'_>, id: MmId, start: u64, end: u64) {
    let Some(space) = cx.k.mm.spaces.get(id) else {
        return;
    };
    let first = space.vmas.partition_point(|v| v.end < start);
    let is_near = |pair: &[Vma]| match pair {
        [a, b] => a.end <= end && a.end == b.start,
        _ => false,
    };
    let mut near = space.vmas.get(first..).unwrap_or_default().windows(2);
    if !near.any(is_near) {
        return;
    }
    let mut released = Vec::new();
    let Some(vmas) = vmas_mut(cx.k, id) else {
        return;
    };
    let mut at = first;
    while let (Some(a), Some(b)) = (vmas.get(at).copied(), vmas.get(at + 1).copied()) {
        if a.end > end {
            break;
        }
        if !a.can_merge(&b) {
            at += 1;
            continue;
        }
        if let Some(vma) = vmas.get_mut(at) {
            vma.end = b.end;
            vma.anon = a.anon.or(b.anon);
        }
        vmas.remove(at + 1);
        if let Backing::File { inode, .. } = b.backing {
            released.push(inode);
        }
    }
    for inode in released {
        fs::release_mapped(cx, inode);
    }
}

/// Makes a mapping begin at `vpn` if one reaches over it (split_vma).
///
/// # Errors
/// ENOMEM with too many mappings.
pub(super) fn split(cx: &mut Ctx<'_>, id: MmId, vpn: u64) -> Result<(), Errno> {
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let Some(vma) = space.find(vpn).filter(|vma| vma.start < vpn).copied() else {
        return Ok(());
    };
    forbid!(cx.why, MapCount, space.vmas.len() => MAX_MAP_COUNT, if space.vmas.len() >= MAX_MAP_COUNT)?;
    if let Backing::File { inode, .. } = vma.backing {
        fs::hold_mapped(cx.k, inode);
    }
    let vmas = vmas_mut(cx.k, id).ok_or(lost!(ENOMEM))?;
    let at = vmas.partition_point(|v| v.end <= vpn);
    // Its anon_vma may have been renewed just now.
    let Some(whole) = vmas.get(at).copied() else {
        return Ok(());
    };
    vmas.insert(at + 1, whole.cut(vpn, u64::MAX));
    if let Some(low) = vmas.get_mut(at) {
        *low = whole.cut(0, vpn);
    }
    Ok(())
}

/// Takes `start..end` out of the mappings and drops its pages (do_vmi_munmap).
///
/// # Errors
/// ENOMEM if a split would make too many mappings; nothing is unmapped then.
pub(super) fn unmap(cx: &mut Ctx<'_>, id: MmId, start: u64, end: u64) -> Result<(), Errno> {
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let first = space.vmas.partition_point(|v| v.end <= start);
    if space.vmas.get(first).is_none_or(|v| v.start >= end) {
        return Ok(());
    }
    split(cx, id, start)?;
    split(cx, id, end)?;
    let vmas = vmas_mut(cx.k, id).ok_or(lost!(ENOMEM))?;
    let first = vmas.partition_point(|v| v.end <= start);
    let last = vmas.partition_point(|v| v.start < end);
    let gone: Vec<Vma> = vmas.drain(first..last.max(first)).collect();
    drop_range(cx, id, start, end);
    for vma in gone {
        forget(cx, &vma);
    }
    Ok(())
}

/// A mapping is gone: its file is let go.
pub(super) fn forget(cx: &mut Ctx<'_>, vma: &Vma) {
    if let Backing::File { inode, .. } = vma.backing {
        fs::release_mapped(cx, inode);
        if matches!(vma.name, VmaName::Shm { .. }) {
            ipc::detached(cx, inode);
        }
    }
}

/// unmap_mapping_range: takes a file's pages from `page` on out of every address space, copies
/// that were made of them too, because the file ends before.
pub fn unmap_file(cx: &mut Ctx<'_>, file: crate::kernel::fs::InodeId, from: u64) {
    let mut ranges = Vec::new();
    for (id, space) in cx.k.mm.spaces.iter() {
        for vma in space.vmas.iter() {
            if let Backing::File { inode, page, .. } = vma.backing
                && inode == file
                && page + vma.pages() > from
            {
                ranges.push((id, vma.start + from.saturating_sub(page), vma.end));
            }
        }
    }
    for (id, start, end) in ranges {
        drop_range(cx, id, start, end);
    }
}
