//! Copying an address space for fork(2): pages are shared, and written ones copied later.

use super::space::Heritage;
use super::tables::{leaf_table, leaf_tables};
use super::{Backing, MmId, Rss, Vma, VmaTraits, new_space, release};
use crate::hw::{Contents, Pfn, Pte, PteFlags};
use crate::kernel::{Ctx, Errno, fs};
use std::rc::Rc;

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
    let old = cx.k.mm.spaces.get(from).ok_or(lost!(ENOMEM))?;
    let (brk_start, brk, pgd) = (old.brk_start, old.brk, old.pgd);
    let parents = old.vmas.clone();
    let vmas = inherited(&parents);
    let to = new_space(cx, vmas.clone())?;
    for vma in vmas.iter() {
        if let Backing::File { inode, .. } = vma.backing {
            fs::hold_mapped(cx.k, inode);
        }
    }
    if let Some(new) = cx.k.mm.spaces.get_mut(to) {
        (new.brk_start, new.brk) = (brk_start, brk);
        new.heritage = Heritage::OfParent;
    }
    match copy_pages(cx, pgd, from, to, &parents) {
        Ok(()) => Ok(to),
        Err(errno) => {
            release(cx, to);
            Err(errno)
        }
    }
}

/// The child's mappings (dup_mmap): without VM_DONTCOPY, and without pages if VM_WIPEONFORK.
fn inherited(parents: &Rc<Vec<Vma>>) -> Rc<Vec<Vma>> {
    let is_special =
        |vma: &Vma| vma.traits.has(VmaTraits::DONTCOPY) || vma.traits.has(VmaTraits::WIPEONFORK);
    if !parents.iter().any(is_special) {
        return parents.clone();
    }
    let copied = parents
        .iter()
        .filter(|vma| !vma.traits.has(VmaTraits::DONTCOPY));
    let vmas = copied.map(|vma| Vma {
        anon: vma.anon.filter(|_| !vma.traits.has(VmaTraits::WIPEONFORK)),
        ..*vma
    });
    Rc::new(vmas.collect())
}

/// Whether a child gets a mapping's entries. Without anonymous pages it faults them in again.
fn needs_copy(vma: &Vma) -> bool {
    vma.anon.is_some()
        && !vma.traits.has(VmaTraits::DONTCOPY)
        && !vma.traits.has(VmaTraits::WIPEONFORK)
}

fn copy_pages(cx: &mut Ctx<'_>, pgd: Pfn, from: MmId, to: MmId, vmas: &[Vma]) -> Result<(), Errno> {
    let mut copied = vmas.iter().filter(|vma| needs_copy(vma));
    let Some(first) = copied.next() else {
        return Ok(());
    };
    let end = copied.next_back().map_or(first.end, |last| last.end);
    for (base, table) in leaf_tables(&cx.hw.ram, pgd, first.start, end) {
        let from = vmas.partition_point(|vma| vma.end <= base);
        let here = vmas.get(from..).unwrap_or_default().iter();
        let here = here.take_while(|vma| vma.start < base + 512).count();
        let here = vmas.get(from..from + here).unwrap_or_default();
        copy_leaf(cx, base, table, to, here)?;
    }
    // Translations that still allow writing are stale.
    cx.hw.invalidate_space(from.as_u64());
    Ok(())
}

/// Copies the entries of one leaf table, as far as their mappings are copied. Both sides write to
/// a copy from now on.
fn copy_leaf(cx: &mut Ctx<'_>, base: u64, table: Pfn, to: MmId, vmas: &[Vma]) -> Result<(), Errno> {
    // Where they begin and end in the table.
    let ranges = || {
        let copied = vmas.iter().filter(|vma| needs_copy(vma));
        let place = |vpn: u64| vpn.clamp(base, base + 512).wrapping_sub(base) as u16;
        copied.map(move |vma| (place(vma.start), place(vma.end)))
    };
    let Contents::Table(entries) = cx.hw.ram.frame(table) else {
        return Ok(());
    };
    let has_some = |(first, end)| entries.first_from(first).is_some_and(|(at, _)| at < end);
    if !ranges().any(has_some) {
        return Ok(());
    }
    let target = leaf_table(cx, to, base)?;
    let Contents::Table(entries) = cx.hw.ram.frame(table) else {
        return Ok(());
    };
    // All of it, and then what is not copied is taken out: mostly there is nothing.
    let mut copy = entries.clone();
    let (mut rss, mut swapped) = (Rss::default(), 0);
    let mut left = ranges();
    let (mut first, mut end) = (0, 0);
    for (at, raw) in entries.iter() {
        while end <= at {
            (first, end) = left.next().unwrap_or((512, 512));
        }
        if at < first {
            copy.set(at, 0);
            continue;
        }
        let pte = Pte(raw);
        if let Some(slot) = pte.swap_slot() {
            cx.k.mm.swap.share(slot, to);
            swapped += 1;
        } else {
            cx.k.mm.frames.share_map(pte.pfn(), to, &mut rss);
        }
    }
    copy.change(0..=511, |raw| match Pte(raw).has(PteFlags::PRESENT) {
        true => Pte(raw).without(PteFlags::WRITE | PteFlags::ACCESSED).0,
        false => raw,
    });
    cx.hw.ram.set(target, Contents::Table(copy));
    if let Some(Contents::Table(entries)) = cx.hw.ram.frame_mut(table) {
        for (first, end) in ranges() {
            entries.change(first..=end - 1, |raw| Pte(raw).without(PteFlags::WRITE).0);
        }
    }
    if let Some(space) = cx.k.mm.spaces.get_mut(to) {
        space.rss.add(rss);
        space.swapped += swapped;
    }
    Ok(())
}
