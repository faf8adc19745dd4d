//! Translation: 4-level x86-64 page tables that lie in frames, and the TLB before them.
//!
//! Source: Intel SDM vol. 3, 4.5 (4-level paging) and 4.10 (caching).

use super::{Contents, Pfn, Ram, Ring};
use std::hash::{Hash, Hasher};

/// A virtual address of a process: 47 bits, as on x86-64 Linux.
pub type VirtAddr = u64;

/// Whether a machine has a memory management unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mmu {
    /// Addresses of programs are virtual.
    #[default]
    Paging,
    /// Addresses are physical. Nothing is translated and nothing faults: what does not lie in RAM
    /// reads as zero, and a store to it is lost.
    None,
}

/// Bits of a page-table entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PteFlags(pub u64);

impl PteFlags {
    pub const PRESENT: u64 = 1;
    pub const WRITE: u64 = 1 << 1;
    pub const USER: u64 = 1 << 2;
    pub const ACCESSED: u64 = 1 << 5;
    pub const DIRTY: u64 = 1 << 6;
    /// The lowest bit of the protection key. Key 1 is kept for pages that may be executed only: nobody's PKRU allows it.
    pub const KEY: u64 = 1 << 59;
    pub const NO_EXEC: u64 = 1 << 63;
}

/// A page-table entry: frame number in bits 12 to 51, flags around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pte(pub u64);

impl Pte {
    pub fn new(pfn: Pfn, flags: u64) -> Self {
        Pte(pfn.0 << 12 | flags)
    }
    /// The entry of a page in this slot of the swap area. The MMU reads nothing of it but that it
    /// is not present; what else it says is between the kernel and itself.
    pub fn in_swap(slot: u64) -> Self {
        Pte((slot + 1) << 12)
    }
    /// The slot that its page lies in, if it lies in one.
    pub fn swap_slot(self) -> Option<u64> {
        match self.has(PteFlags::PRESENT) {
            true => None,
            false => self.pfn().0.checked_sub(1),
        }
    }
    pub fn pfn(self) -> Pfn {
        Pfn((self.0 & 0x000f_ffff_ffff_f000) >> 12)
    }
    pub fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }
    pub fn with(self, flag: u64) -> Self {
        Pte(self.0 | flag)
    }
    pub fn without(self, flag: u64) -> Self {
        Pte(self.0 & !flag)
    }
}

/// What an access wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultAccess {
    Read,
    Write,
    Execute,
}

/// Exception 14: the access could not be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageFault {
    pub addr: VirtAddr,
    pub access: FaultAccess,
    /// The page is there, but its flags forbid this.
    pub present: bool,
}

/// Places in a TLB.
pub const TLB_ENTRIES: usize = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct TlbEntry {
    asid: u64,
    vpn: u64,
    pte: u64,
}

/// Where the walk for 512 pages ended last: a paging-structure cache of one entry (Intel SDM
/// 4.10.3). It says nothing that the tables do not say, and so is no part of the state.
#[derive(Clone, Copy, Debug, Default)]
struct LastLeaf {
    asid: u64,
    /// Virtual page divided by 512.
    span: u64,
    table: Option<Pfn>,
}

impl Hash for LastLeaf {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A direct-mapped TLB of 64 entries, tagged by address space so that a switch needs no flush.
#[derive(Clone, Debug, Hash)]
pub struct Tlb {
    entries: [TlbEntry; TLB_ENTRIES],
    /// A bit for every address space with an entry, shared by those 64 apart: one whose bit is
    /// not set has none, and is dropped without a look.
    spaces: u64,
    last_leaf: LastLeaf,
    pub hits: u64,
    pub misses: u64,
    /// Invalidations that dropped something.
    pub flushes: u64,
}

impl Default for Tlb {
    fn default() -> Self {
        Self {
            entries: [TlbEntry::default(); TLB_ENTRIES],
            spaces: 0,
            last_leaf: LastLeaf::default(),
            hits: 0,
            misses: 0,
            flushes: 0,
        }
    }
}

impl Tlb {
    fn slot(asid: u64, vpn: u64) -> usize {
        ((vpn ^ (vpn >> 9) ^ asid.wrapping_mul(7)) % TLB_ENTRIES as u64) as usize
    }

    fn lookup(&self, asid: u64, vpn: u64) -> Option<Pte> {
        let entry = &self.entries[Self::slot(asid, vpn)];
        (entry.pte != 0 && entry.asid == asid && entry.vpn == vpn).then_some(Pte(entry.pte))
    }

    fn fill(&mut self, asid: u64, vpn: u64, pte: Pte) {
        self.entries[Self::slot(asid, vpn)] = TlbEntry {
            asid,
            vpn,
            pte: pte.0,
        };
        self.spaces |= Self::mark(asid);
    }

    pub fn invalidate(&mut self, asid: u64, vpn: u64) {
        let entry = &mut self.entries[Self::slot(asid, vpn)];
        if entry.asid == asid && entry.vpn == vpn {
            *entry = TlbEntry::default();
            self.flushes += 1;
        }
    }

    pub fn invalidate_space(&mut self, asid: u64) {
        if self.spaces & Self::mark(asid) == 0 {
            return;
        }
        let mut dropped = 0;
        self.spaces = 0;
        for entry in &mut self.entries {
            if entry.asid == asid {
                dropped |= u64::from(entry.pte != 0);
                *entry = TlbEntry::default();
            } else if entry.pte != 0 {
                self.spaces |= Self::mark(entry.asid);
            }
        }
        self.flushes += dropped;
    }

    /// The table with the entry for a page, if that is remembered.
    #[inline]
    pub fn known_leaf(&self, asid: u64, vpn: u64) -> Option<Pfn> {
        let last = &self.last_leaf;
        (last.asid == asid && last.span == vpn >> 9).then_some(last.table)?
    }

    /// Space, a page and its table, if one is remembered.
    pub fn remembered(&self) -> Option<(u64, u64, Pfn)> {
        let LastLeaf { asid, span, table } = self.last_leaf;
        Some((asid, span << 9, table?))
    }

    /// A table of this space is none any more.
    pub fn forget_tables(&mut self, asid: u64) {
        if self.last_leaf.asid == asid {
            self.last_leaf.table = None;
        }
    }

    fn mark(asid: u64) -> u64 {
        1 << (asid % 64)
    }

    /// What it remembers: place, tag, virtual page, entry.
    pub fn iter(&self) -> impl Iterator<Item = (usize, u64, u64, Pte)> + '_ {
        let used = self.entries.iter().enumerate().filter(|(_, e)| e.pte != 0);
        used.map(|(slot, e)| (slot, e.asid, e.vpn, Pte(e.pte)))
    }
}

/// Index into the table of `level` (3 is the root, 0 holds the pages).
#[inline]
pub fn table_index(addr: VirtAddr, level: u32) -> u16 {
    (addr >> (12 + 9 * level) & 511) as u16
}

/// Reads the tables as the hardware would, without rights or the TLB: the leaf entry for `addr`,
/// with the frame and the index that it lies at. `None` where a table is missing.
pub fn walk(ram: &Ram, root: Pfn, addr: VirtAddr) -> Option<(Pfn, u16, Pte)> {
    let table = leaf_table(ram, root, addr)?;
    let (at, pte) = leaf_entry(ram, table, addr)?;
    Some((table, at, pte))
}

fn leaf_entry(ram: &Ram, table: Pfn, addr: VirtAddr) -> Option<(u16, Pte)> {
    let at = table_index(addr, 0);
    let Contents::Table(entries) = ram.frame(table) else {
        return None;
    };
    Some((at, Pte(entries.get(at))))
}

/// The table of the lowest level for `addr`.
fn leaf_table(ram: &Ram, root: Pfn, addr: VirtAddr) -> Option<Pfn> {
    let mut table = root;
    for level in (1..=3).rev() {
        let Contents::Table(entries) = ram.frame(table) else {
            return None;
        };
        let entry = Pte(entries.get(table_index(addr, level)));
        if !entry.has(PteFlags::PRESENT) {
            return None;
        }
        table = entry.pfn();
    }
    Some(table)
}

/// The same way, told: level (3 to 0), table, index and entry of each table that was read, down to
/// the first entry that leads nowhere.
pub fn walk_steps(ram: &Ram, root: Pfn, addr: VirtAddr) -> Vec<(usize, Pfn, u16, u64)> {
    let mut steps = Vec::new();
    let mut table = root;
    for level in (0..=3).rev() {
        let Contents::Table(entries) = ram.frame(table) else {
            break;
        };
        let at = table_index(addr, level);
        let entry = Pte(entries.get(at));
        steps.push((level as usize, table, at, entry.0));
        if !entry.has(PteFlags::PRESENT) {
            break;
        }
        table = entry.pfn();
    }
    steps
}

/// Whether the flags of an entry allow an access.
#[inline(always)]
fn allows(pte: Pte, ring: Ring, access: FaultAccess) -> bool {
    let user = ring == Ring::Kernel || pte.has(PteFlags::USER);
    let way = match access {
        FaultAccess::Read => !pte.has(PteFlags::KEY),
        // A clean page goes through the walk once more, which marks it dirty.
        FaultAccess::Write => pte.has(PteFlags::WRITE),
        FaultAccess::Execute => !pte.has(PteFlags::NO_EXEC),
    };
    user && way
}

/// Translates for a CPU: TLB first, then a walk that sets the accessed and dirty bits.
/// Returns the frame and whether the tables had to be walked.
#[inline(always)]
pub fn translate(
    ram: &mut Ram,
    tlb: &mut Tlb,
    root: Pfn,
    asid: u64,
    ring: Ring,
    addr: VirtAddr,
    access: FaultAccess,
) -> Result<(Pfn, Walked), PageFault> {
    if let Some(pte) = tlb.lookup(asid, addr >> 12)
        && allows(pte, ring, access)
        && (access != FaultAccess::Write || pte.has(PteFlags::DIRTY))
    {
        tlb.hits += 1;
        return Ok((pte.pfn(), Walked::No));
    }
    let pfn = walk_and_fill(ram, tlb, root, asid, ring, addr, access)?;
    Ok((pfn, Walked::Yes))
}

#[inline(never)]
fn walk_and_fill(
    ram: &mut Ram,
    tlb: &mut Tlb,
    root: Pfn,
    asid: u64,
    ring: Ring,
    addr: VirtAddr,
    access: FaultAccess,
) -> Result<Pfn, PageFault> {
    let vpn = addr >> 12;
    tlb.misses += 1;
    let fault = |present| PageFault {
        addr,
        access,
        present,
    };
    if addr >> 47 != 0 {
        return Err(fault(false));
    }
    let table = match tlb.known_leaf(asid, vpn) {
        Some(table) => table,
        None => {
            let table = leaf_table(ram, root, addr).ok_or(fault(false))?;
            tlb.last_leaf = LastLeaf {
                asid,
                span: vpn >> 9,
                table: Some(table),
            };
            table
        }
    };
    let (at, pte) = leaf_entry(ram, table, addr).ok_or(fault(false))?;
    if !pte.has(PteFlags::PRESENT) {
        return Err(fault(false));
    }
    if !allows(pte, ring, access) {
        return Err(fault(true));
    }
    let mut marked = pte.with(PteFlags::ACCESSED);
    if access == FaultAccess::Write {
        marked = marked.with(PteFlags::DIRTY);
    }
    if marked != pte
        && let Some(entries) = ram.table_mut(table)
    {
        entries.set(at, marked.0);
    }
    tlb.fill(asid, vpn, marked);
    Ok(marked.pfn())
}

/// Whether a translation needed the page tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    No,
    Yes,
}
