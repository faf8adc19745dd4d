//! mprotect(2).

use super::limits::{Charge, may_expand};
use super::mapping::{merge, split, vmas_mut};
use super::syscalls::{PAGE, my_space, page_align};
use super::tables::{change_range, leaf_tables};
use super::{Backing, FrameState, FrameUse, MmId, Sharing, Vma, VmaTraits};
use crate::hw::{Mmu, PteFlags};
use crate::kernel::syscall::{Prot, done};
use crate::kernel::{Ctx, Errno, SysResult};

/// PROT_SEM means nothing, and is accepted.
const PROT_SEM: u32 = 8;

/// mprotect(2). What comes before a hole is changed all the same.
///
/// # Errors
/// ENOSYS without an MMU; EINVAL for an unaligned address and unknown bits, ENOMEM if part of the range is not mapped
/// or a limit is passed, EACCES for writing to a shared mapping of a file that was not opened so.
pub fn sys_mprotect(cx: &mut Ctx<'_>, addr: u64, length: u64, prot: Prot) -> SysResult {
    // Not built without an MMU (mm/Makefile).
    forbid!(cx.why, MmuPresent, if cx.hw.mmu == Mmu::None)?;
    forbid!(cx.why, AddressAligned, addr, if !addr.is_multiple_of(PAGE))?;
    if length == 0 {
        return done(0);
    }
    let end = page_align(length)
        .and_then(|length| addr.checked_add(length))
        .filter(|end| *end > addr)
        .ok_or_else(|| refuse!(cx.why, AddressEnd, addr => length))?;
    forbid!(cx.why, ProtKnown, prot.0, if prot.0 & !(Prot::ALL.0 | PROT_SEM) != 0)?;
    let prot = Prot(prot.0 & Prot::ALL.0);
    let id = my_space(cx)?;
    let (mut at, end) = (addr / PAGE, end / PAGE);
    while at < end {
        let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
        let vma = *space
            .find(at)
            .ok_or_else(|| refuse!(cx.why, RangeMapped, at))?;
        forbid!(cx.why, MprotectAllowed, at => vma.may.0, if prot.0 & !vma.may.0 != 0)?;
        let stop = vma.end.min(end);
        fixup(cx, id, &vma, at, stop, prot)?;
        at = stop;
    }
    done(0)
}

/// mprotect_fixup, for `start..end` of one mapping.
fn fixup(
    cx: &mut Ctx<'_>,
    id: MmId,
    vma: &Vma,
    start: u64,
    end: u64,
    prot: Prot,
) -> Result<(), Errno> {
    if vma.prot == prot {
        return Ok(());
    }
    let mut traits = vma.traits;
    if prot.has(Prot::WRITE) {
        // The size does not change, only what counts as data.
        let (new, pages) = (Vma { prot, ..*vma }, end - start);
        forbid!(cx.why, AddressSpaceLimit, pages, if may_expand(cx, id, &new, pages).is_err() && may_expand(cx, id, vma, pages).is_ok())?;
        let is_charged = vma.prot.has(Prot::WRITE)
            || vma.sharing == Sharing::Shared
            || traits.has(VmaTraits::ACCOUNT)
            || traits.has(VmaTraits::NORESERVE);
        if !is_charged {
            Charge::pages(cx, end - start)?;
            traits = traits.with(VmaTraits::ACCOUNT);
        }
    } else if vma.backing == Backing::Anon && vma.anon.is_none() {
        traits = traits.without(VmaTraits::ACCOUNT);
    }
    split(cx, id, start)?;
    split(cx, id, end)?;
    if let Some(vmas) = vmas_mut(cx.k, id) {
        let at = vmas.partition_point(|v| v.end <= start);
        if let Some(vma) = vmas.get_mut(at) {
            (vma.prot, vma.traits) = (prot, traits);
        }
    }
    merge(cx, id, start, end);
    change_protection(cx, id, vma.sharing, start, end, prot);
    Ok(())
}

/// change_protection: entries that are there get the new rights. A private page becomes
/// writable at once only if it is nobody else's (can_change_pte_writable).
fn change_protection(
    cx: &mut Ctx<'_>,
    id: MmId,
    sharing: Sharing,
    start: u64,
    end: u64,
    prot: Prot,
) {
    let Some(pgd) = cx.k.mm.spaces.get(id).map(|s| s.pgd) else {
        return;
    };
    let (mut set, mut clear) = (0, PteFlags::WRITE | PteFlags::KEY);
    if prot == Prot::EXEC {
        set = PteFlags::KEY;
    }
    match prot.has(Prot::EXEC) {
        true => clear |= PteFlags::NO_EXEC,
        false => set |= PteFlags::NO_EXEC,
    }
    match prot.0 {
        0 => clear |= PteFlags::USER,
        _ => set |= PteFlags::USER,
    }
    let is_writable = prot.has(Prot::WRITE);
    for (base, table) in leaf_tables(&cx.hw.ram, pgd, start, end) {
        let frames = &cx.k.mm.frames;
        change_range(&mut cx.hw.ram, table, base, start, end, |pte| {
            if !pte.has(PteFlags::PRESENT) {
                return pte;
            }
            let info = frames.info(pte.pfn());
            let is_own = match sharing {
                Sharing::Shared => info.usage != FrameUse::Zero,
                Sharing::Private => {
                    info.usage == FrameUse::Anon && info.state == FrameState::Exclusive
                }
            };
            let write = match is_writable && is_own {
                true => PteFlags::WRITE,
                false => 0,
            };
            pte.without(clear).with(set | write)
        });
    }
    cx.hw.invalidate_space(id.as_u64());
}
