//! An address space (struct mm_struct): mappings and the root of the page tables.

use super::Vma;
use crate::hw::Pfn;
use crate::store::Key;
use std::rc::Rc;

pub type MmId = Key<AddressSpace>;

/// Resident pages, by kind (/proc/PID/status: RssAnon, RssFile).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rss {
    pub anon: u64,
    pub file: u64,
}

impl Rss {
    pub fn total(self) -> u64 {
        self.anon + self.file
    }
}

#[derive(Clone, Debug, Hash)]
pub struct AddressSpace {
    /// Root of the page tables; lies in RAM like all of them.
    pub pgd: Pfn,
    /// Frames that page tables take, the root included.
    pub table_frames: u64,
    /// By address. Shared with a forked child until one of the two changes it.
    pub vmas: Rc<Vec<Vma>>,
    pub rss: Rss,
    /// Tasks that use it (more than one between vfork and exec).
    pub users: u32,
    /// The heap, in bytes: first address and present end.
    pub brk_start: u64,
    pub brk: u64,
}

impl AddressSpace {
    /// The mapping that a page lies in.
    pub fn find(&self, vpn: u64) -> Option<&Vma> {
        let at = self.vmas.partition_point(|vma| vma.end <= vpn);
        self.vmas.get(at).filter(|vma| vma.start <= vpn)
    }

    /// Mapped pages (VmSize).
    pub fn size_pages(&self) -> u64 {
        self.vmas.iter().map(Vma::pages).sum()
    }
}
