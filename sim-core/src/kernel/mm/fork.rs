//! Copying an address space for fork(2): pages are shared, and written ones copied later.

use super::tables::{index, leaf_table};
use super::{Backing, FrameUse, MmId, Rss, Sharing, Vma, new_space, release};
use crate::hw::{Contents, Pfn, Pte, PteFlags};
use crate::kernel::{Ctx, Errno, fs};

/// One more user of the same space (CLONE_VM).
pub fn share(cx: &mut Ctx<'_>, id: MmId) {
    if let Some(space) = cx.k.mm.spaces.get_mut(id) {
        space.users += 1;
    }
}

/// A copy that shares all frames. Private pages lose the write bit on both sides; what a file
/// can give again is not copied (vma_needs_copy in mm/memory.c).
///
/// # Errors
/// ENOMEM; the copy is undone then.
pub fn fork(cx: &mut Ctx<'_>, from: MmId) -> Result<MmId, Errno> {
    let to = new_space(cx)?;
    let Some(old) = cx.k.mm.spaces.get(from) else {
        release(cx, to);
        return Err(Errno::ENOMEM);
    };
    let (vmas, brk_start, brk, pgd) = (old.vmas.clone(), old.brk_start, old.brk, old.pgd);
    for vma in vmas.iter() {
        if let Backing::File { inode, .. } = vma.backing {
            fs::hold_mapped(cx.k, inode);
        }
    }
    if let Some(new) = cx.k.mm.spaces.get_mut(to) {
        (new.vmas, new.brk_start, new.brk) = (vmas.clone(), brk_start, brk);
    }
    match copy_pages(cx, pgd, from, to, &vmas) {
        Ok(()) => Ok(to),
        Err(errno) => {
            release(cx, to);
            Err(errno)
        }
    }
}

fn copy_pages(cx: &mut Ctx<'_>, pgd: Pfn, from: MmId, to: MmId, vmas: &[Vma]) -> Result<(), Errno> {
    for vma in vmas {
        let mut vpn = vma.start;
        while vpn < vma.end {
            // Whole leaf tables that are not there are skipped.
            let next = ((vpn | 511) + 1).min(vma.end);
            if let Some((table, _, _)) = crate::hw::walk(&cx.hw.ram, pgd, vpn << 12) {
                copy_leaf(cx, table, to, vma, vpn, next)?;
            }
            vpn = next;
        }
    }
    // Translations that still allow writing are stale.
    cx.hw.invalidate_space(from.as_u64());
    Ok(())
}

/// Copies the entries for `start..end` of one leaf table.
fn copy_leaf(
    cx: &mut Ctx<'_>,
    table: Pfn,
    to: MmId,
    vma: &Vma,
    start: u64,
    end: u64,
) -> Result<(), Errno> {
    let range = index(start, 0)..=index(end - 1, 0);
    // What a private mapping may write is written to a copy from now on, on both sides.
    let lost = match vma.sharing {
        Sharing::Shared => 0,
        Sharing::Private => PteFlags::WRITE,
    };
    let Contents::Table(entries) = cx.hw.ram.frame(table) else {
        return Ok(());
    };
    let is_copied = |(at, raw): (u16, u64)| {
        let usage = cx.k.mm.frames.info(Pte(raw).pfn()).usage;
        range.contains(&at) && !matches!(usage, FrameUse::PageCache { .. })
    };
    if !entries.iter().any(is_copied) {
        return Ok(());
    }
    let target = leaf_table(cx, to, start)?;
    let Contents::Table(entries) = cx.hw.ram.frame(table) else {
        return Ok(());
    };
    let mut copy = match cx.hw.ram.frame(target) {
        Contents::Table(there) => there.clone(),
        _ => return Ok(()),
    };
    let mut rss = Rss::default();
    for (at, raw) in entries.iter().filter(|(at, _)| range.contains(at)) {
        let pte = Pte(raw);
        let frame = pte.pfn();
        match cx.k.mm.frames.info(frame).usage {
            FrameUse::PageCache { .. } => continue,
            FrameUse::Anon => rss.anon += 1,
            FrameUse::Zero
            | FrameUse::Untouched
            | FrameUse::Free { .. }
            | FrameUse::Kernel
            | FrameUse::PageTable { .. } => {}
        }
        cx.k.mm.frames.count_map(frame, to);
        copy.push(at, pte.without(lost | PteFlags::ACCESSED).0);
    }
    cx.hw.ram.set(target, Contents::Table(copy));
    if lost != 0
        && let Some(Contents::Table(entries)) = cx.hw.ram.frame_mut(table)
    {
        entries.change(range, |raw| Pte(raw).without(lost).0);
    }
    if let Some(space) = cx.k.mm.spaces.get_mut(to) {
        space.rss.anon += rss.anon;
    }
    Ok(())
}
