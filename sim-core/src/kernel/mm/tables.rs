//! Building and clearing page tables, in frames of RAM.

use super::alloc::{count_map, free_if_unused, new_table, uncount_map};
use super::frames::Unused;
use super::swap::drop_slot;
use super::{AddressSpace, MmId, Rss, unpin};
use crate::hw::{Contents, Hardware, Mmu, Pfn, Pte, PteFlags, Ram, walk};
use crate::kernel::{Ctx, Errno};

/// Flags of an entry that names a table.
pub(super) const TABLE_FLAGS: u64 = PteFlags::PRESENT | PteFlags::WRITE | PteFlags::USER;

/// Index into the table of `level` for a virtual page.
pub(super) fn index(vpn: u64, level: u32) -> u16 {
    (vpn >> (9 * level) & 511) as u16
}

fn entry(ram: &Ram, table: Pfn, at: u16) -> Pte {
    match ram.frame(table) {
        Contents::Table(entries) => Pte(entries.get(at)),
        _ => Pte(0),
    }
}

/// Returns what the entry was.
pub(super) fn set_entry(cx: &mut Ctx<'_>, table: Pfn, at: u16, pte: Pte) -> Pte {
    match cx.hw.ram.table_mut(table) {
        Some(entries) => Pte(entries.set(at, pte.0)),
        None => Pte(0),
    }
}

/// The entry for a page, wherever it is; zero if there is none.
pub(super) fn lookup(cx: &Ctx<'_>, space: MmId, vpn: u64) -> Pte {
    if let Some(table) = known_leaf(cx, space, vpn) {
        return entry(&cx.hw.ram, table, index(vpn, 0));
    }
    let pgd = cx.k.mm.spaces.get(space).map(|s| s.pgd);
    pgd.and_then(|pgd| walk(&cx.hw.ram, pgd, vpn << 12))
        .map_or(Pte(0), |(_, _, pte)| pte)
}

/// The table that holds the entry for a page, if this CPU was there just now.
fn known_leaf(cx: &Ctx<'_>, space: MmId, vpn: u64) -> Option<Pfn> {
    let cpu = cx.hw.cpus.get(usize::from(cx.cpu.0))?;
    cpu.tlb.known_leaf(space.as_u64(), vpn)
}

/// The table that holds the entry for a page, with what is missing above it.
///
/// # Errors
/// ENOMEM.
pub(super) fn leaf_table(cx: &mut Ctx<'_>, space: MmId, vpn: u64) -> Result<Pfn, Errno> {
    if let Some(table) = known_leaf(cx, space, vpn) {
        return Ok(table);
    }
    let mut table = cx.k.mm.spaces.get(space).ok_or(lost!(ENOMEM))?.pgd;
    for level in (1..=3).rev() {
        let at = index(vpn, level);
        let next = entry(&cx.hw.ram, table, at);
        table = if next.has(PteFlags::PRESENT) {
            next.pfn()
        } else {
            let new = new_table(cx, space)?;
            set_entry(cx, table, at, Pte::new(new, TABLE_FLAGS));
            new
        };
    }
    Ok(table)
}

/// Maps a page, replacing what was mapped there. Resident counts follow the frame's use.
///
/// # Errors
/// ENOMEM for a table; nothing has changed then but tables.
pub(super) fn map(cx: &mut Ctx<'_>, space: MmId, vpn: u64, pte: Pte) -> Result<(), Errno> {
    let table = leaf_table(cx, space, vpn)?;
    count_map(cx, pte.pfn(), space);
    put_entry(cx, space, vpn, table, pte);
    Ok(())
}

/// Sets the entry for a page in its table; what was there is given up. The frame that it names has
/// been counted.
pub(super) fn put_entry(cx: &mut Ctx<'_>, space: MmId, vpn: u64, table: Pfn, pte: Pte) {
    let old = set_entry(cx, table, index(vpn, 0), pte);
    if old.0 != 0 {
        cx.hw.invalidate(space.as_u64(), vpn);
        forget_page(cx, space, old);
    }
}

/// Changes the flags of an entry that is there.
pub(super) fn set_flags(cx: &mut Ctx<'_>, space: MmId, vpn: u64, set: u64, clear: u64) {
    let Some(pgd) = cx.k.mm.spaces.get(space).map(|s| s.pgd) else {
        return;
    };
    let Some((table, at, pte)) = walk(&cx.hw.ram, pgd, vpn << 12) else {
        return;
    };
    if pte.has(PteFlags::PRESENT) {
        set_entry(cx, table, at, pte.with(set).without(clear));
        cx.hw.invalidate(space.as_u64(), vpn);
    }
}

/// Unmaps one page if it is mapped.
pub fn drop_page(cx: &mut Ctx<'_>, space: MmId, vpn: u64) {
    let Some(pgd) = cx.k.mm.spaces.get(space).map(|s| s.pgd) else {
        return;
    };
    let Some((table, at, pte)) = walk(&cx.hw.ram, pgd, vpn << 12) else {
        return;
    };
    if pte.0 != 0 {
        set_entry(cx, table, at, Pte(0));
        cx.hw.invalidate(space.as_u64(), vpn);
        forget_page(cx, space, pte);
    }
}

/// What an entry named is not this space's any more: a frame, or a slot of the swap area.
fn forget_page(cx: &mut Ctx<'_>, space: MmId, pte: Pte) {
    match pte.swap_slot() {
        Some(slot) => drop_slot(cx, space, slot),
        None => uncount_map(cx, pte.pfn(), space),
    }
}

/// Every entry that is there, by address: virtual page, table frame, index, entry.
fn each_page(ram: &Ram, pgd: Pfn, mut visit: impl FnMut(u64, Pfn, u16, Pte)) {
    descend(ram, pgd, 3, 0, &mut visit, &mut |_| {});
}

/// The entry for a page; zero if there is none. Without an MMU there are no entries, and this is
/// the one that would say the same: each page of a mapping is the frame of that number.
pub fn entry_of(hw: &Hardware, space: &AddressSpace, vpn: u64) -> Pte {
    match hw.mmu {
        Mmu::Paging => walk(&hw.ram, space.pgd, vpn << 12).map_or(Pte(0), |(_, _, pte)| pte),
        Mmu::None => space.find(vpn).map_or(Pte(0), |_| identity(vpn)),
    }
}

fn identity(page: u64) -> Pte {
    Pte::new(
        Pfn(page),
        PteFlags::PRESENT | PteFlags::WRITE | PteFlags::USER,
    )
}

/// Every entry of a space, by address: virtual page and entry. Without an MMU as [`entry_of`].
pub fn each_entry(hw: &Hardware, space: &AddressSpace, mut visit: impl FnMut(u64, Pte)) {
    match hw.mmu {
        Mmu::Paging => each_page(&hw.ram, space.pgd, |vpn, _, _, pte| visit(vpn, pte)),
        Mmu::None => {
            let pages = space.vmas.iter().flat_map(|vma| vma.start..vma.end);
            pages.for_each(|page| visit(page, identity(page)));
        }
    }
}

/// Every frame that holds a table of the tree, the root included.
pub(super) fn each_table(ram: &Ram, pgd: Pfn, mut visit: impl FnMut(Pfn)) {
    descend(ram, pgd, 3, 0, &mut |_, _, _, _| {}, &mut visit);
}

fn descend(
    ram: &Ram,
    table: Pfn,
    level: u32,
    base: u64,
    page: &mut impl FnMut(u64, Pfn, u16, Pte),
    on_table: &mut impl FnMut(Pfn),
) {
    on_table(table);
    let Contents::Table(entries) = ram.frame(table) else {
        return;
    };
    for (at, raw) in entries.iter() {
        let (vpn, pte) = (base | u64::from(at) << (9 * level), Pte(raw));
        if level == 0 {
            page(vpn, table, at, pte);
        } else {
            descend(ram, pte.pfn(), level - 1, vpn, page, on_table);
        }
    }
}

/// The leaf tables with pages of `start..end`: first page of each, and its frame.
pub(super) fn leaf_tables(ram: &Ram, pgd: Pfn, start: u64, end: u64) -> Vec<(u64, Pfn)> {
    let mut tables = Vec::with_capacity(8);
    leaves_below(ram, pgd, 3, 0, (start, end), &mut tables);
    tables
}

fn leaves_below(
    ram: &Ram,
    table: Pfn,
    level: u32,
    base: u64,
    range: (u64, u64),
    found: &mut Vec<(u64, Pfn)>,
) {
    let Contents::Table(entries) = ram.frame(table) else {
        return;
    };
    for (at, raw) in entries.iter() {
        let first = base | u64::from(at) << (9 * level);
        if first >= range.1 || first + (1 << (9 * level)) <= range.0 {
            continue;
        }
        match level {
            0 => {}
            1 => found.push((first, Pte(raw).pfn())),
            _ => leaves_below(ram, Pte(raw).pfn(), level - 1, first, range, found),
        }
    }
}

/// Changes the entries of a leaf table for the pages of `start..end`; none may become zero.
/// `base` is the table's first page.
pub(super) fn change_range(
    ram: &mut Ram,
    table: Pfn,
    base: u64,
    start: u64,
    end: u64,
    change: impl Fn(Pte) -> Pte,
) {
    let (first, last) = (start.max(base), end.min(base + 512));
    if first < last
        && let Some(entries) = ram.table_mut(table)
    {
        let range = (first - base) as u16..(last - base) as u16;
        for raw in entries.values_mut(range) {
            *raw = change(Pte(*raw)).0;
        }
    }
}

/// Unmaps every page of `start..end` and frees tables that held nothing else.
pub(super) fn drop_range(cx: &mut Ctx<'_>, space: MmId, start: u64, end: u64) {
    let Some(pgd) = cx.k.mm.spaces.get(space).map(|s| s.pgd) else {
        return;
    };
    clear_below(cx, space, pgd, 3, 0, start, end);
}

/// Unmaps everything and frees all tables: the space ends.
pub(super) fn drop_all(cx: &mut Ctx<'_>, id: MmId, pgd: Pfn) {
    let mut gone = Rss::default();
    cx.hw.invalidate_space(id.as_u64());
    cx.hw.forget_tables(id.as_u64());
    let tables = drop_tree(cx, id, pgd, 3, &mut gone);
    if let Some(space) = cx.k.mm.spaces.get_mut(id) {
        space.table_frames = space.table_frames.saturating_sub(tables);
        space.rss.take_away(gone);
    }
}

/// Returns how many tables there were.
fn drop_tree(cx: &mut Ctx<'_>, id: MmId, table: Pfn, level: u32, gone: &mut Rss) -> u64 {
    let Contents::Table(entries) = cx.hw.ram.take(table) else {
        return 0;
    };
    let mut tables = 1;
    for (_, raw) in entries.iter() {
        let pte = Pte(raw);
        if level > 0 {
            tables += drop_tree(cx, id, pte.pfn(), level - 1, gone);
        } else {
            drop_entry(cx, id, pte, gone);
        }
    }
    unpin(cx, table);
    tables
}

/// An entry is gone; what it was counts among `gone`.
#[inline(always)]
fn drop_entry(cx: &mut Ctx<'_>, id: MmId, pte: Pte, gone: &mut Rss) {
    if let Some(slot) = pte.swap_slot() {
        drop_slot(cx, id, slot);
    } else if cx.k.mm.frames.uncount_map(pte.pfn(), id, gone) == Unused::Yes {
        free_if_unused(cx, pte.pfn());
    }
}

/// Returns whether the table is empty afterwards.
fn clear_below(
    cx: &mut Ctx<'_>,
    space: MmId,
    table: Pfn,
    level: u32,
    base: u64,
    start: u64,
    end: u64,
) -> bool {
    let is_whole = start <= base && base + (512 << (9 * level)) <= end;
    if level > 0 || !is_whole {
        // The first entry that may belong to the range; above this table's span there is none.
        let mut from = (start.saturating_sub(base) >> (9 * level)).min(512) as u16;
        while let Contents::Table(entries) = cx.hw.ram.frame(table)
            && let Some((at, raw)) = entries.first_from(from)
            && let vpn = base | u64::from(at) << (9 * level)
            && vpn < end
        {
            from = at + 1;
            let pte = Pte(raw);
            if level == 0 {
                set_entry(cx, table, at, Pte(0));
                cx.hw.invalidate(space.as_u64(), vpn);
                forget_page(cx, space, pte);
            } else if clear_below(cx, space, pte.pfn(), level - 1, vpn, start, end) {
                set_entry(cx, table, at, Pte(0));
                free_table(cx, space, pte.pfn());
            }
        }
        return matches!(cx.hw.ram.frame(table), Contents::Table(entries) if entries.is_empty());
    }
    let Some(entries) = cx.hw.ram.table_mut(table) else {
        return false;
    };
    // All of a leaf table: taken out at once, and the space's translations dropped once.
    let entries = std::mem::take(entries);
    cx.hw.invalidate_space(space.as_u64());
    let mut gone = Rss::default();
    for (_, raw) in entries.iter() {
        drop_entry(cx, space, Pte(raw), &mut gone);
    }
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.rss.take_away(gone);
    }
    true
}

fn free_table(cx: &mut Ctx<'_>, space: MmId, table: Pfn) {
    if let Some(space) = cx.k.mm.spaces.get_mut(space) {
        space.table_frames = space.table_frames.saturating_sub(1);
    }
    cx.hw.forget_tables(space.as_u64());
    unpin(cx, table);
}
