//! The page-fault handler (mm/memory.c, handle_mm_fault).

use super::tables::{lookup, map, set_flags};
use super::{
    Backing, FrameUse, MmId, STACK_LIMIT_PAGES, STACK_TOP, Sharing, Vma, VmaName, alloc, unpin,
};
use crate::event::Event;
use crate::hw::{FaultAccess, PageFault, Pte, PteFlags};
use crate::kernel::syscall::Prot;
use crate::kernel::{Ctx, Errno, fs};
use std::rc::Rc;

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
    /// No mapping, or one that forbids this: SIGSEGV.
    Segv,
    OutOfMemory,
}

/// Deals with a fault of the calling task. A retry of the access then succeeds, unless the
/// outcome is `Segv` or `OutOfMemory`.
pub fn handle_fault(cx: &mut Ctx<'_>, fault: PageFault) -> FaultOutcome {
    let outcome = match resolve(cx, fault) {
        Ok(outcome) => outcome,
        Err(Errno::ENOMEM) => FaultOutcome::OutOfMemory,
        Err(_) => FaultOutcome::Segv,
    };
    let task = cx.task;
    if let Ok(task) = cx.me_mut()
        && !matches!(outcome, FaultOutcome::Segv | FaultOutcome::OutOfMemory)
    {
        task.minor_faults += 1;
    }
    let PageFault { addr, access, .. } = fault;
    cx.emit(Event::PageFault {
        task,
        addr,
        access,
        outcome,
    });
    outcome
}

fn resolve(cx: &mut Ctx<'_>, fault: PageFault) -> Result<FaultOutcome, Errno> {
    let space = cx.me()?.mm.ok_or(Errno::EFAULT)?;
    let vpn = fault.addr >> 12;
    let vma = match find(cx, space, vpn) {
        Some(vma) => vma,
        None => grow_stack(cx, space, vpn)?,
    };
    let needed = match fault.access {
        FaultAccess::Read => Prot::READ,
        FaultAccess::Write => Prot::WRITE,
        FaultAccess::Execute => Prot::EXEC,
    };
    if !vma.prot.has(needed) {
        return Err(Errno::EFAULT);
    }
    let pte = lookup(cx, space, vpn);
    let is_write = fault.access == FaultAccess::Write;
    match (pte.has(PteFlags::PRESENT), is_write) {
        (true, true) => write_protected(cx, space, vpn, &vma, pte),
        // Another task with the same tables was quicker, or the TLB was behind.
        (true, false) => {
            cx.hw.invalidate(space.as_u64(), vpn);
            Ok(FaultOutcome::MadeWritable)
        }
        (false, _) => match vma.backing {
            Backing::Anon => anonymous(cx, space, vpn, &vma, fault.access),
            Backing::File { inode, page } => {
                let page = page + (vpn - vma.start);
                let cached = fs::page(cx, inode, page)?;
                file(cx, space, vpn, &vma, cached, fault.access)
            }
        },
    }
}

fn find(cx: &Ctx<'_>, space: MmId, vpn: u64) -> Option<Vma> {
    cx.k.mm.spaces.get(space)?.find(vpn).copied()
}

/// Entry flags for a mapping; the write bit only where a write needs no more looking after.
fn flags(vma: &Vma, writable: Writable) -> u64 {
    let mut flags = PteFlags::PRESENT | PteFlags::USER | PteFlags::ACCESSED;
    if writable == Writable::Yes && vma.prot.has(Prot::WRITE) {
        flags |= PteFlags::WRITE;
    }
    if !vma.prot.has(Prot::EXEC) {
        flags |= PteFlags::NO_EXEC;
    }
    flags
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Writable {
    No,
    Yes,
}

fn anonymous(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    access: FaultAccess,
) -> Result<FaultOutcome, Errno> {
    if access != FaultAccess::Write {
        let zero = cx.k.mm.zero;
        map(cx, space, vpn, Pte::new(zero, flags(vma, Writable::No)))?;
        return Ok(FaultOutcome::ZeroFrame);
    }
    let pfn = alloc(cx, FrameUse::Anon)?;
    map_new(cx, space, vpn, Pte::new(pfn, flags(vma, Writable::Yes)))?;
    Ok(FaultOutcome::NewFrame)
}

/// Maps a frame that was just allocated; from now on the mapping alone keeps it.
fn map_new(cx: &mut Ctx<'_>, space: MmId, vpn: u64, pte: Pte) -> Result<(), Errno> {
    let mapped = map(cx, space, vpn, pte);
    unpin(cx, pte.pfn());
    mapped
}

fn file(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    cached: crate::hw::Pfn,
    access: FaultAccess,
) -> Result<FaultOutcome, Errno> {
    match (access, vma.sharing) {
        (FaultAccess::Write, Sharing::Private) => {
            let pfn = alloc(cx, FrameUse::Anon)?;
            cx.charge(cx.k.costs.copy_page_ns);
            cx.hw.ram.copy(cached, pfn);
            map_new(cx, space, vpn, Pte::new(pfn, flags(vma, Writable::Yes)))?;
            Ok(FaultOutcome::CopyOnWrite)
        }
        (_, Sharing::Shared) => {
            map(cx, space, vpn, Pte::new(cached, flags(vma, Writable::Yes)))?;
            Ok(FaultOutcome::FilePage)
        }
        (_, Sharing::Private) => {
            map(cx, space, vpn, Pte::new(cached, flags(vma, Writable::No)))?;
            Ok(FaultOutcome::FilePage)
        }
    }
}

/// do_wp_page: the frame is reused if nobody else has it, and copied otherwise.
fn write_protected(
    cx: &mut Ctx<'_>,
    space: MmId,
    vpn: u64,
    vma: &Vma,
    pte: Pte,
) -> Result<FaultOutcome, Errno> {
    let info = cx.k.mm.frames.info(pte.pfn());
    let is_own = info.usage == FrameUse::Anon && info.maps == 1;
    if is_own || vma.sharing == Sharing::Shared {
        set_flags(cx, space, vpn, PteFlags::WRITE, 0);
        return Ok(FaultOutcome::MadeWritable);
    }
    let pfn = alloc(cx, FrameUse::Anon)?;
    cx.charge(cx.k.costs.copy_page_ns);
    cx.hw.ram.copy(pte.pfn(), pfn);
    map_new(cx, space, vpn, Pte::new(pfn, flags(vma, Writable::Yes)))?;
    Ok(FaultOutcome::CopyOnWrite)
}

/// An access below the stack's mapping extends it down to there, within RLIMIT_STACK.
fn grow_stack(cx: &mut Ctx<'_>, id: MmId, vpn: u64) -> Result<Vma, Errno> {
    let space = cx.k.mm.spaces.get_mut(id).ok_or(Errno::EFAULT)?;
    let at = space.vmas.partition_point(|vma| vma.end <= vpn);
    let stack = *space
        .vmas
        .get(at)
        .filter(|v| v.name == VmaName::Stack)
        .ok_or(Errno::EFAULT)?;
    let gap = at
        .checked_sub(1)
        .and_then(|below| space.vmas.get(below))
        .map_or(0, |v| v.end);
    if vpn + STACK_LIMIT_PAGES < STACK_TOP >> 12 || vpn < gap {
        return Err(Errno::EFAULT);
    }
    let grown = Vma {
        start: vpn,
        ..stack
    };
    if let Some(vma) = Rc::make_mut(&mut space.vmas).get_mut(at) {
        *vma = grown;
    }
    Ok(grown)
}
