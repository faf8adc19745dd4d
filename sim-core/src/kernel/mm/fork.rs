//! Copying an address space for fork(2): pages are shared, and written ones copied later.

use super::alloc::new_table;
use super::space::Heritage;
use super::tables::{TABLE_FLAGS, index, set_entry};
use super::{Backing, MmId, Rss, Vma, VmaTraits, new_space, release};
use crate::hw::{Contents, Pfn, Pte, PteFlags};
use crate::kernel::{Ctx, Errno, fs};
use std::ops::Range;
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

/// A copy on its way.
struct Copy<'a> {
    to: MmId,
    /// The parent's mappings, and the pages from the first that is copied to the last.
    vmas: &'a [Vma],
    span: (u64, u64),
    /// The child's tables on the way down to where the copy is, by level: made when the first
    /// entry is copied.
    tables: [Option<Pfn>; 4],
    rss: Rss,
    swapped: u64,
}

fn copy_pages(cx: &mut Ctx<'_>, pgd: Pfn, from: MmId, to: MmId, vmas: &[Vma]) -> Result<(), Errno> {
    let mut copied = vmas.iter().filter(|vma| needs_copy(vma));
    let Some(first) = copied.next() else {
        return Ok(());
    };
    let end = copied.next_back().map_or(first.end, |last| last.end);
    let root = cx.k.mm.spaces.get(to).map(|space| space.pgd);
    let mut copy = Copy {
        to,
        vmas,
        span: (first.start, end),
        tables: [None, None, None, root],
        rss: Rss::default(),
        swapped: 0,
    };
    let done = copy.below(cx, pgd, 3, 0);
    if let Some(space) = cx.k.mm.spaces.get_mut(to) {
        space.rss.add(copy.rss);
        space.swapped += copy.swapped;
    }
    // Translations that still allow writing are stale.
    cx.hw.invalidate_space(from.as_u64());
    done
}

impl Copy<'_> {
    /// Copies what is below a table of the parent. `base` is its first page.
    fn below(
        &mut self,
        cx: &mut Ctx<'_>,
        table: Pfn,
        level: usize,
        base: u64,
    ) -> Result<(), Errno> {
        let Contents::Table(entries) = cx.hw.ram.frame(table) else {
            return Ok(());
        };
        for (at, raw) in entries.clone().iter() {
            let (first, pages) = (base | u64::from(at) << (9 * level), 1 << (9 * level));
            if first + pages <= self.span.0 || first >= self.span.1 {
                continue;
            }
            if let Some(place) = self.tables.get_mut(level - 1) {
                *place = None;
            }
            match level {
                1 => self.leaf(cx, Pte(raw).pfn(), first)?,
                _ => self.below(cx, Pte(raw).pfn(), level - 1, first)?,
            }
        }
        Ok(())
    }

    /// Copies the entries of a table of the lowest level, as far as their mappings are copied. Both
    /// sides write to a copy from now on.
    fn leaf(&mut self, cx: &mut Ctx<'_>, table: Pfn, base: u64) -> Result<(), Errno> {
        let from = self.vmas.partition_point(|vma| vma.end <= base);
        let here = self.vmas.get(from..).unwrap_or_default().iter();
        let here = here.take_while(|vma| vma.start < base + 512);
        // Where they begin and end in the table.
        let place = |vpn: u64| vpn.clamp(base, base + 512).wrapping_sub(base) as u16;
        let ranges = here.filter(|vma| needs_copy(vma));
        let ranges = ranges.map(|vma| place(vma.start)..place(vma.end));
        let entries = cx.hw.ram.frame(table).as_table();
        let has_some = |range: Range<u16>| {
            let next = entries.and_then(|entries| entries.first_from(range.start));
            next.is_some_and(|(at, _)| at < range.end)
        };
        if !ranges.clone().any(has_some) {
            return Ok(());
        }
        let above = self.table_for(cx, 1, base)?;
        let frame = new_table(cx, self.to)?;
        let Some(entries) = cx.hw.ram.table_mut(table) else {
            return Ok(());
        };
        let (frames, swap) = (&mut cx.k.mm.frames, &mut cx.k.mm.swap);
        let mut copied = 0;
        for range in ranges.clone() {
            let entries = entries.values_mut(range);
            copied += entries.len();
            for raw in entries {
                let pte = Pte(*raw);
                if let Some(slot) = pte.swap_slot() {
                    swap.share(slot, self.to);
                    self.swapped += 1;
                } else {
                    frames.share_map(pte.pfn(), self.to, &mut self.rss);
                    *raw = pte.without(PteFlags::WRITE).0;
                }
            }
        }
        let mut copy = entries.clone();
        if copied < copy.len() {
            copy.retain(|at| ranges.clone().any(|range| range.contains(&at)));
        }
        for raw in copy.values_mut(0..512) {
            // The entry of a page that is swapped out says so still: it has no flags.
            *raw = Pte(*raw).without(PteFlags::ACCESSED).0;
        }
        if let Some(place) = cx.hw.ram.table_mut(frame) {
            *place = copy;
        }
        set_entry(cx, above, index(base, 1), Pte::new(frame, TABLE_FLAGS));
        Ok(())
    }

    /// The child's table of a level for a page.
    fn table_for(&mut self, cx: &mut Ctx<'_>, level: u32, vpn: u64) -> Result<Pfn, Errno> {
        if let Some(Some(table)) = self.tables.get(level as usize) {
            return Ok(*table);
        }
        let above = self.table_for(cx, level + 1, vpn)?;
        let table = new_table(cx, self.to)?;
        set_entry(
            cx,
            above,
            index(vpn, level + 1),
            Pte::new(table, TABLE_FLAGS),
        );
        if let Some(place) = self.tables.get_mut(level as usize) {
            *place = Some(table);
        }
        Ok(table)
    }
}
