//! The page-fault handler (mm/memory.c, handle_mm_fault).

use super::alloc::alloc_anon;
use super::limits::{limit_pages, may_expand};
use super::mapping::{MIN_ADDR, prepare_anon, vmas_mut};
use super::swap::{FaultFrom, read_in};
use super::tables::{leaf_table, lookup, map, put_entry, set_flags};
use super::vma::STACK_GUARD_PAGES;
use super::{Backing, FrameState, FrameUse, MmId, Sharing, Vma, VmaName};
use crate::event::Event;
use crate::hw::{FaultAccess, PAGE_BYTES, PageFault, Pfn, Pte, PteFlags};
use crate::kernel::cred::Resource;
use crate::kernel::fs::InodeId;
use crate::kernel::syscall::Prot;
use crate::kernel::{Ctx, Errno, fs};

/// How a fault was dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultOutcome {
    /// A fresh zeroed frame: the first write to anonymous memory.
    NewFrame,
    /// The zero frame: the first read of anonymous memory.
    ZeroFrame,
    /// A frame of the page cache.
    FilePage,
    /// A shared frame was copied for the writer.
    CopyOnWrite,
    /// The frame was the writer's alone; only the write bit was missing.
    MadeWritable,
    /// The page is being read from the swap area; the task sleeps, and tries again then.
    SwapRead,
    /// The page is back from the swap area.
    SwapIn,
    /// No mapping, or one that forbids this: SIGSEGV.
    Segv,
    /// Behind the end of the mapped file: SIGBUS.
    Bus,
    OutOfMemory,
}

/// Why a fault cannot be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Access,
    Bus,
    Memory,
}

impl From<Errno> for Bad {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ENOMEM => Bad::Memory,
            // A page that the file system does not give.
            Errno::EFBIG | Errno::ENOSPC | Errno::EIO => Bad::Bus,
            _ => Bad::Access,
        }
    }
}

/// Deals with a fault of the calling task. A retry of the access then succeeds, unless the
/// outcome is `Segv`, `Bus` or `OutOfMemory`; those are not counted (mm_account_fault).
pub fn handle_fault(cx: &mut Ctx<'_>, fault: PageFault, from: FaultFrom) -> FaultOutcome {
    let outcome = match resolve(cx, fault, from) {
        // Counted where the disk is asked.
        Ok(outcome @ (FaultOutcome::SwapRead | FaultOutcome::SwapIn)) => outcome,
        Ok(outcome) => {
            if let Ok(task) = cx.me_mut() {
                task.minor_faults += 1;
            }
            outcome
        }
        Err(Bad::Memory) => FaultOutcome::OutOfMemory,
        Err(Bad::Access) => FaultOutcome::Segv,
        Err(Bad::Bus) => FaultOutcome::Bus,
    };
    let PageFault { addr, access, .. } = fault;
    cx.emit(Event::PageFault {
        task: cx.task,
        addr,
        access,
        outcome,
    });
    outcome
}

fn resolve(cx: &mut Ctx<'_>, fault: PageFault, from: FaultFrom) -> Result<FaultOutcome, Bad> {
    let space = cx.me()?.mm.ok_or(Bad::Access)?;
    let vpn = fault.addr >> 12;
    let vma = match cx.k.mm.spaces.get(space).and_then(|s| s.find(vpn)).copied() {
        Some(vma) => vma,
        None => grow_stack(cx, space, vpn)?,
    };
    // access_error of x86: all that may be accessed may be read, and a jump is a read until the
    // page is there.
    let is_write = fault.access == FaultAccess::Write;
    let is_allowed = match fault.access {
        FaultAccess::Write => vma.prot.has(Prot::WRITE),
        FaultAccess::Read => vma.is_accessible() && vma.prot != Prot::EXEC,
        FaultAccess::Execute => vma.prot.has(Prot::EXEC) || (!fault.present && vma.is_accessible()),
    };
    check!(cx.why, FaultAllowed, fault.addr => vma.prot.0, if is_allowed)?;
    let pte = lookup(cx, space, vpn);
    if let Some(slot) = pte.swap_slot() {
        return read_in(cx, (space, vpn), &vma, slot, fault.access, from);
    }
    match (pte.has(PteFlags::PRESENT), is_write) {
        (true, true) => write_protected(cx, space, vpn, &vma, pte),
        // Another task with the same tables was quicker, or the TLB was behind.
        (true, false) => {
            cx.hw.invalidate(space.as_u64(), vpn);
            Ok(FaultOutcome::MadeWritable)
        }
        (false, _) => match vma.backing {
            Backing::Anon => anonymous(cx, space, vpn, &vma, fault.access),
            Backing::File { inode, page, .. } => {
                let page = page + (vpn - vma.start);
                file(cx, space, vpn, &vma, (inode, page), fault.access)
            }
        },
    }
}

/// Entry flags for a mapping; the write bit only where a write needs no more looking after.
pub(super) fn flags(vma: &Vma, writable: Writable) -> u64 {
    let mut flags = PteFlags::PRESENT | PteFlags::USER | PteFlags::ACCESSED;
    if writable == Writable::Yes && vma.prot.has(Prot::WRITE) {
        flags |= PteFlags::WRITE;
    }
    if !vma.prot.has(Prot::EXEC) {
        flags |= PteFlags::NO_EXEC;
    } else if vma.prot == Prot::EXEC {
        flags |= PteFlags::KEY;
    }
    flags
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Writable {
    No,
    Yes,
}

/// do_anonymous_page.
fn anonymous(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    access: FaultAccess,
) -> Result<FaultOutcome, Bad> {
    if access != FaultAccess::Write {
        let zero = cx.k.mm.zero;
        map(cx, space, vpn, Pte::new(zero, flags(vma, Writable::No)))?;
        return Ok(FaultOutcome::ZeroFrame);
    }
    own_page(cx, space, vpn, vma, None)?;
    Ok(FaultOutcome::NewFrame)
}

/// Maps a fresh anonymous frame, with what another one holds if there is one. The table comes
/// first, as in do_anonymous_page.
fn own_page(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    copied: Option<Pfn>,
) -> Result<(), Bad> {
    if vma.anon.is_none() {
        prepare_anon(cx.k, space, vpn);
    }
    let table = leaf_table(cx, space, vpn)?;
    let pfn = alloc_anon(cx, space)?;
    if let Some(from) = copied {
        cx.charge(cx.k.costs.copy_page_ns);
        cx.hw.ram.copy(from, pfn);
    }
    let flags = flags(vma, Writable::Yes) | PteFlags::DIRTY;
    put_entry(cx, space, vpn, table, Pte::new(pfn, flags));
    Ok(())
}

/// do_read_fault, do_cow_fault, do_shared_fault. `place` is the file and its page.
fn file(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    place: (InodeId, u64),
    access: FaultAccess,
) -> Result<FaultOutcome, Bad> {
    let (inode, page) = place;
    let end = fs::file_pages(cx.k, inode);
    // The mappings of System V segments have no map_pages.
    let is_alone = matches!(vma.name, VmaName::Shm { .. });
    check!(cx.why, FaultInFile, page => end, if page < end).map_err(|_| Bad::Bus)?;
    let is_private_write = access == FaultAccess::Write && vma.sharing == Sharing::Private;
    if access != FaultAccess::Write && !is_alone {
        // Neighbours that are there come along even if this page is not.
        map_around(cx, space, vpn, vma, place)?;
        if fs::cached_page(cx.k, inode, page).is_some() {
            return Ok(FaultOutcome::FilePage);
        }
    }
    let cached = fs::page(cx, inode, page)?;
    if is_private_write {
        own_page(cx, space, vpn, vma, Some(cached))?;
        return Ok(FaultOutcome::CopyOnWrite);
    }
    let mut flags = file_flags(vma);
    if access == FaultAccess::Write {
        flags |= PteFlags::DIRTY;
    }
    map(cx, space, vpn, Pte::new(cached, flags))?;
    Ok(FaultOutcome::FilePage)
}

fn file_flags(vma: &Vma) -> u64 {
    match vma.sharing {
        Sharing::Shared => flags(vma, Writable::Yes),
        Sharing::Private => flags(vma, Writable::No),
    }
}

/// fault_around_bytes, in pages.
const AROUND_PAGES: u64 = 16;

/// do_fault_around: a read maps what is in the page cache of the window about it, within the
/// mapping, the page table and the file.
fn map_around(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    (inode, page): (InodeId, u64),
) -> Result<(), Bad> {
    let from = (vpn & !(AROUND_PAGES - 1)).max(vma.start);
    let table_end = (vpn | 511) + 1;
    let to = (from + AROUND_PAGES).min(table_end).min(vma.end);
    let file_end = fs::file_pages(cx.k, inode);
    for near in from..to {
        // The window may reach below the file's page by no more than the mapping does.
        let at = (page + near).saturating_sub(vpn);
        if at >= file_end {
            break;
        }
        let Some(cached) = fs::cached_page(cx.k, inode, at) else {
            continue;
        };
        if lookup(cx, space, near).0 == 0 {
            map(cx, space, near, Pte::new(cached, file_flags(vma)))?;
        }
    }
    Ok(())
}

/// do_wp_page: the frame is reused if nobody else has it, and copied otherwise.
fn write_protected(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    pte: Pte,
) -> Result<FaultOutcome, Bad> {
    let info = cx.k.mm.frames.info(pte.pfn());
    let is_own = info.usage == FrameUse::Anon && (info.maps, info.pins) == (1, 0);
    if is_own || vma.sharing == Sharing::Shared {
        if is_own {
            cx.k.mm.frames.set_state(pte.pfn(), FrameState::Exclusive);
        }
        set_flags(cx, space, vpn, PteFlags::WRITE | PteFlags::DIRTY, 0);
        return Ok(FaultOutcome::MadeWritable);
    }
    own_page(cx, space, vpn, vma, Some(pte.pfn()))?;
    Ok(match info.usage {
        FrameUse::Zero => FaultOutcome::NewFrame,
        FrameUse::Untouched
        | FrameUse::Free { .. }
        | FrameUse::Kernel
        | FrameUse::PageTable { .. }
        | FrameUse::Anon
        | FrameUse::PageCache { .. } => FaultOutcome::CopyOnWrite,
    })
}

/// Whether the next mapping above an address is the stack.
pub fn is_below_stack(cx: &Ctx<'_>, addr: u64) -> bool {
    let space = cx.me().ok().and_then(|me| cx.k.mm.spaces.get(me.mm?));
    space.is_some_and(|space| {
        let at = space.vmas.partition_point(|vma| vma.end <= addr >> 12);
        let above = space.vmas.get(at);
        above.is_some_and(|vma| vma.name == VmaName::Stack && addr >> 12 < vma.start)
    })
}

/// expand_stack: an access below the stack's mapping extends it down to there, within
/// RLIMIT_STACK and with a gap to what is below.
fn grow_stack(cx: &mut Ctx<'_>, id: MmId, vpn: u64) -> Result<Vma, Bad> {
    let space = cx.k.mm.spaces.get(id).ok_or(Bad::Access)?;
    let at = space.vmas.partition_point(|vma| vma.end <= vpn);
    let stack = space.vmas.get(at).filter(|v| v.name == VmaName::Stack);
    let stack = *stack.ok_or_else(|| Bad::from(refuse!(cx.why, FaultMapped, vpn << 12)))?;
    let below = at.checked_sub(1).and_then(|below| space.vmas.get(below));
    let is_near = below.is_some_and(|below| {
        below.is_accessible() && below.name != VmaName::Stack && vpn - below.end < STACK_GUARD_PAGES
    });
    let is_long = stack.end - vpn > limit_pages(cx, Resource::Stack);
    let is_low = vpn < MIN_ADDR / PAGE_BYTES as u64;
    forbid!(cx.why, StackGrowth, vpn << 12 => stack.start << 12, if is_near || is_long || is_low)?;
    may_expand(cx, id, &stack, stack.start - vpn).map_err(|_| Bad::Access)?;
    let vmas = vmas_mut(cx.k, id).ok_or(Bad::Access)?;
    let vma = vmas.get_mut(at).ok_or(Bad::Access)?;
    vma.start = vpn;
    Ok(*vma)
}
