//! An address space (struct mm_struct): mappings and the root of the page tables.

use super::alloc::new_table;
use super::mapping::forget;
use super::tables::drop_all;
use super::{
    Backing, FrameInfo, FrameState, FrameUse, STACK_PAGES, STACK_TOP, Sharing, Vma, VmaName,
    VmaTraits, nommu,
};
use crate::hw::{Mmu, Pfn};
use crate::kernel::fs::{self, InodeId};
use crate::kernel::syscall::Prot;
use crate::kernel::{Ctx, Errno};
use crate::store::Key;
use std::rc::Rc;

pub type MmId = Key<AddressSpace>;

/// Resident pages, by kind (/proc/PID/status: RssAnon, RssFile, RssShmem).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rss {
    pub anon: u64,
    pub file: u64,
    /// Shared memory, and files that live in memory.
    pub shmem: u64,
}

impl Rss {
    pub fn total(self) -> u64 {
        self.anon + self.file + self.shmem
    }

    pub(super) fn add(&mut self, more: Rss) {
        self.anon += more.anon;
        self.file += more.file;
        self.shmem += more.shmem;
    }

    pub(super) fn take_away(&mut self, gone: Rss) {
        self.anon = self.anon.saturating_sub(gone.anon);
        self.file = self.file.saturating_sub(gone.file);
        self.shmem = self.shmem.saturating_sub(gone.shmem);
    }

    /// The counter that pages of a frame go to; the zero frame counts for nothing.
    #[inline]
    pub(super) fn counter(&mut self, info: &FrameInfo) -> Option<&mut u64> {
        match info.usage {
            FrameUse::Anon => Some(&mut self.anon),
            FrameUse::PageCache { .. } if info.state == FrameState::Shmem => Some(&mut self.shmem),
            FrameUse::PageCache { .. } => Some(&mut self.file),
            FrameUse::Zero
            | FrameUse::Untouched
            | FrameUse::Free { .. }
            | FrameUse::Kernel
            | FrameUse::PageTable { .. } => None,
        }
    }
}

/// Whose anon_vmas the mappings name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Heritage {
    #[default]
    Own,
    /// The parent's still, as fork(2) left them.
    OfParent,
}

#[derive(Clone, Debug, Hash)]
pub struct AddressSpace {
    /// Root of the page tables; lies in RAM like all of them. Without an MMU there are none, and
    /// this is frame 0, which the kernel lies in and which never holds a table.
    pub pgd: Pfn,
    /// Frames that page tables take, the root included.
    pub table_frames: u64,
    /// By address. Shared with a forked child until one of the two changes it.
    pub vmas: Rc<Vec<Vma>>,
    pub heritage: Heritage,
    pub rss: Rss,
    /// Pages on the disk (VmSwap).
    pub swapped: u64,
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

    /// Private pages that may be written, the stack aside (VmData).
    pub fn data_pages(&self) -> u64 {
        let data = self.vmas.iter().filter(|vma| vma.is_data());
        data.map(Vma::pages).sum()
    }
}

/// An address space with one user and no pages yet.
///
/// # Errors
/// ENOMEM.
pub fn new_space(cx: &mut Ctx<'_>, vmas: Rc<Vec<Vma>>) -> Result<MmId, Errno> {
    let id = cx.k.mm.spaces.insert(AddressSpace {
        pgd: Pfn(0),
        table_frames: 0,
        vmas,
        heritage: Heritage::Own,
        rss: Rss::default(),
        swapped: 0,
        users: 1,
        brk_start: 0,
        brk: 0,
    });
    if cx.hw.mmu == Mmu::None {
        return Ok(id);
    }
    match new_table(cx, id) {
        Ok(pgd) => {
            if let Some(space) = cx.k.mm.spaces.get_mut(id) {
                space.pgd = pgd;
            }
            Ok(id)
        }
        Err(errno) => {
            cx.k.mm.spaces.remove(id);
            Err(errno)
        }
    }
}

/// The mappings of a fresh program: text from the file, data, an empty heap and a stack. All in
/// virtual page numbers.
///
/// # Errors
/// ENOMEM if the space is gone.
pub fn map_program(
    cx: &mut Ctx<'_>,
    id: MmId,
    inode: InodeId,
    text: u64,
    data: u64,
    heap: u64,
) -> Result<(), Errno> {
    let anon = |start, end, name| Vma {
        start,
        end,
        prot: Prot::READ.with(Prot::WRITE),
        may: Prot::ALL,
        traits: VmaTraits::ACCOUNT,
        anon: None,
        sharing: Sharing::Private,
        backing: Backing::Anon,
        name,
    };
    let mut vmas = vec![Vma {
        prot: Prot::READ.with(Prot::EXEC),
        traits: VmaTraits::default(),
        backing: Backing::File {
            inode,
            page: 0,
            by: None,
        },
        ..anon(text, data, VmaName::Text)
    }];
    if heap > data {
        vmas.push(anon(data, heap, VmaName::Data));
    }
    let top = STACK_TOP >> 12;
    vmas.push(anon(top - STACK_PAGES, top, VmaName::Stack));
    for vma in &vmas {
        if let Backing::File { inode, .. } = vma.backing {
            fs::hold_mapped(cx.k, inode);
        }
    }
    let space = cx.k.mm.spaces.get_mut(id).ok_or(lost!(ENOMEM))?;
    space.vmas = Rc::new(vmas);
    (space.brk_start, space.brk) = (heap << 12, heap << 12);
    Ok(())
}

/// Gives up one use of a space; the last one frees pages, tables and files (exit_mmap).
pub fn release(cx: &mut Ctx<'_>, id: MmId) {
    let Some(space) = cx.k.mm.spaces.get_mut(id) else {
        return;
    };
    space.users = space.users.saturating_sub(1);
    if space.users > 0 {
        return;
    }
    let pgd = space.pgd;
    match cx.hw.mmu {
        Mmu::Paging => drop_all(cx, id, pgd),
        Mmu::None => {
            let vmas = space.vmas.clone();
            let all = vmas.iter();
            all.for_each(|vma| nommu::give_back(cx, id, vma.start, vma.end));
        }
    }
    if let Some(space) = cx.k.mm.spaces.remove(id) {
        space.vmas.iter().for_each(|vma| forget(cx, vma));
    }
}
