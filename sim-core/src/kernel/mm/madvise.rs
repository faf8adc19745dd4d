//! madvise(2).

use super::mapping::{TASK_SIZE, merge, split, vmas_mut};
use super::syscalls::{PAGE, my_space, page_align};
use super::tables::drop_range;
use super::{Backing, MmId, Sharing, Vma, VmaTraits, populate};
use crate::hw::{FaultAccess, Mmu};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Errno, SysResult};

/// What is advised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Advice {
    Traits {
        set: VmaTraits,
        clear: VmaTraits,
    },
    DontNeed,
    Free,
    /// Fault in for reading or for writing.
    Populate(FaultAccess),
    /// Changes nothing that shows: there is no reading ahead and no swap.
    Nothing,
}

fn advice(number: i32) -> Option<Advice> {
    let none = VmaTraits::default();
    let set = |set| Advice::Traits { set, clear: none };
    let clear = |clear| Advice::Traits { set: none, clear };
    Some(match number {
        0 => clear(VmaTraits::RAND_READ.with(VmaTraits::SEQ_READ)),
        1 => Advice::Traits {
            set: VmaTraits::RAND_READ,
            clear: VmaTraits::SEQ_READ,
        },
        2 => Advice::Traits {
            set: VmaTraits::SEQ_READ,
            clear: VmaTraits::RAND_READ,
        },
        4 => Advice::DontNeed,
        8 => Advice::Free,
        10 => set(VmaTraits::DONTCOPY),
        11 => clear(VmaTraits::DONTCOPY),
        18 => set(VmaTraits::WIPEONFORK),
        19 => clear(VmaTraits::WIPEONFORK),
        // MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT.
        3 | 20 | 21 => Advice::Nothing,
        22 => Advice::Populate(FaultAccess::Read),
        23 => Advice::Populate(FaultAccess::Write),
        _ => return None,
    })
}

/// madvise(2). Holes are passed over, and told at the end.
///
/// # Errors
/// ENOSYS without an MMU; EINVAL for advice that is not known here or not for such a mapping, and for addresses that
/// are not aligned; ENOMEM if part of the range is not mapped.
pub fn sys_madvise(cx: &mut Ctx<'_>, addr: u64, length: u64, number: i32) -> SysResult {
    // Not built without an MMU (mm/Makefile).
    forbid!(cx.why, MmuPresent, if cx.hw.mmu == Mmu::None)?;
    let advice = advice(number).ok_or_else(|| refuse!(cx.why, MadviseAdvice, number))?;
    forbid!(cx.why, AddressAligned, addr, if !addr.is_multiple_of(PAGE))?;
    let end = page_align(length)
        .and_then(|length| addr.checked_add(length))
        .ok_or_else(|| refuse!(cx.why, AddressRange, addr => length))?;
    if end == addr {
        return done(0);
    }
    let id = my_space(cx)?;
    let (mut at, end) = (addr / PAGE, end.min(TASK_SIZE + PAGE) / PAGE);
    let mut holes = Ok(());
    while at < end {
        let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
        let next = space.vmas.partition_point(|v| v.end <= at);
        let Some(vma) = space.vmas.get(next).filter(|v| v.start < end).copied() else {
            return Err(refuse!(cx.why, RangeMapped, at));
        };
        if vma.start > at {
            holes = Err(refuse!(cx.why, RangeMapped, at));
            at = vma.start;
        }
        let stop = vma.end.min(end);
        apply(cx, id, &vma, at, stop, advice)?;
        at = stop;
    }
    holes?;
    done(0)
}

fn apply(
    cx: &mut Ctx<'_>,
    id: MmId,
    vma: &Vma,
    start: u64,
    end: u64,
    advice: Advice,
) -> Result<(), Errno> {
    match advice {
        Advice::DontNeed => drop_range(cx, id, start, end),
        // The pages stay as long as there is memory, with what is in them.
        Advice::Free if vma.backing != Backing::Anon => {
            return Err(refuse!(cx.why, MadviseFreeAnonymous, start));
        }
        Advice::Free | Advice::Nothing => {}
        Advice::Populate(access) => {
            if !vma.prot.has(match access {
                FaultAccess::Write => crate::kernel::syscall::Prot::WRITE,
                FaultAccess::Read | FaultAccess::Execute => crate::kernel::syscall::Prot::READ,
            }) {
                return Err(refuse!(cx.why, MadvisePopulateAllowed, start));
            }
            populate::range(cx, start, end, access)?;
        }
        Advice::Traits { set, clear } => {
            let is_wipe = set.has(VmaTraits::WIPEONFORK);
            forbid!(cx.why, MadviseWipePrivate, start, if is_wipe && (vma.backing != Backing::Anon || vma.sharing == Sharing::Shared))?;
            let traits = vma.traits.without(clear).with(set);
            if traits == vma.traits {
                return Ok(());
            }
            split(cx, id, start)?;
            split(cx, id, end)?;
            if let Some(vmas) = vmas_mut(cx.k, id) {
                let at = vmas.partition_point(|v| v.end <= start);
                if let Some(vma) = vmas.get_mut(at) {
                    vma.traits = traits;
                }
            }
            merge(cx, id, start, end);
        }
    }
    Ok(())
}
