//! Copying an address space for fork(2): pages are shared, and written ones copied later.

use super::alloc::count_map;
use super::tables::{Step, count_resident, index, leaf_table, set_entry};
use super::{Backing, FrameUse, MmId, Sharing, Vma, new_space, release};
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
                copy_leaf(cx, table, from, to, vma, vpn, next)?;
            }
            vpn = next;
        }
    }
    Ok(())
}

/// Copies the entries for `start..end` of one leaf table.
fn copy_leaf(
    cx: &mut Ctx<'_>,
    table: Pfn,
    from: MmId,
    to: MmId,
    vma: &Vma,
    start: u64,
    end: u64,
) -> Result<(), Errno> {
    let Contents::Table(entries) = cx.hw.ram.frame(table) else {
        return Ok(());
    };
    let (first, last) = (index(start, 0), index(end - 1, 0));
    let within: Vec<(u16, Pte)> = entries
        .iter()
        .filter(|(at, _)| (first..=last).contains(at))
        .map(|(at, raw)| (at, Pte(raw)))
        .collect();
    let base = start & !511;
    let mut target = None;
    for (at, pte) in within {
        let usage = cx.k.mm.frames.info(pte.pfn()).usage;
        let is_file = matches!(usage, FrameUse::PageCache { .. });
        if is_file {
            continue;
        }
        let shared = match vma.sharing {
            Sharing::Shared => pte,
            Sharing::Private => pte.without(PteFlags::WRITE),
        };
        if shared != pte {
            set_entry(cx, table, at, shared);
            cx.hw.invalidate(from.as_u64(), base | u64::from(at));
        }
        let copy = match target {
            Some(copy) => copy,
            None => *target.insert(leaf_table(cx, to, start)?),
        };
        set_entry(cx, copy, at, shared.without(PteFlags::ACCESSED));
        count_map(cx, pte.pfn(), to);
        count_resident(cx, to, pte.pfn(), Step::Up);
    }
    Ok(())
}
