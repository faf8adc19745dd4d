//! MAP_POPULATE: faulting pages in before they are asked for.

use super::syscalls::PAGE;
use super::{MmId, Sharing};
use crate::hw::FaultAccess;
use crate::kernel::syscall::Prot;
use crate::kernel::{Ctx, Errno};

/// mm_populate: private pages that may be written are written to, all others are read. What
/// cannot be had is left for later, or fails then.
pub(super) fn populate(cx: &mut Ctx<'_>, id: MmId, start: u64, end: u64) {
    let mut at = start;
    while at < end {
        let space = cx.k.mm.spaces.get(id);
        let Some(vma) = space.and_then(|space| space.find(at)).copied() else {
            return;
        };
        if !vma.is_accessible() {
            return;
        }
        let is_written = vma.prot.has(Prot::WRITE) && vma.sharing == Sharing::Private;
        let access = match is_written {
            true => FaultAccess::Write,
            false => FaultAccess::Read,
        };
        let stop = vma.end.min(end);
        if range(cx, at, stop, access).is_err() {
            return;
        }
        at = stop;
    }
}

/// Faults in every page of a range.
///
/// # Errors
/// EFAULT for one that cannot be accessed so.
pub(super) fn range(
    cx: &mut Ctx<'_>,
    start: u64,
    end: u64,
    access: FaultAccess,
) -> Result<(), Errno> {
    (start..end).try_for_each(|vpn| cx.fault_in(vpn * PAGE, 1, access))
}
