//! Limits on address space: RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, overcommit.

use super::mapping::TASK_SIZE;
use super::{MmId, Vma};
use crate::hw::PAGE_BYTES;
use crate::kernel::cred::Resource;
use crate::kernel::{Ctx, Errno};

/// A soft limit of the calling task, in pages.
pub(super) fn limit_pages(cx: &Ctx<'_>, limit: Resource) -> u64 {
    let soft = cx.me().map(|me| me.security.rlimits.get(limit).soft);
    soft.unwrap_or(u64::MAX) / PAGE_BYTES as u64
}

/// may_expand_vm: whether `pages` more of a mapping like this are within the limits.
///
/// # Errors
/// ENOMEM.
pub(super) fn may_expand(cx: &Ctx<'_>, id: MmId, vma: &Vma, pages: u64) -> Result<(), Errno> {
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let (most, most_data) = (
        limit_pages(cx, Resource::As),
        limit_pages(cx, Resource::Data),
    );
    // No limit is more than there are addresses.
    let none = TASK_SIZE / PAGE_BYTES as u64;
    let is_beyond = most < none && space.size_pages().saturating_add(pages) > most;
    let is_data_beyond =
        most_data < none && vma.is_data() && space.data_pages().saturating_add(pages) > most_data;
    match is_beyond || is_data_beyond {
        true => Err(refuse!(cx.why, AddressSpaceLimit, pages)),
        false => Ok(()),
    }
}

/// Whether a program that has just been loaded is within the limits.
pub fn is_within_limits(cx: &Ctx<'_>, id: MmId) -> bool {
    let space = cx.k.mm.spaces.get(id);
    space.is_some_and(|space| {
        space.size_pages() <= limit_pages(cx, Resource::As)
            && space.data_pages() <= limit_pages(cx, Resource::Data)
    })
}

/// Committed memory under the heuristic (vm.overcommit_memory 0).
pub(super) struct Charge;

/// Whether a segment of shared memory can be promised.
///
/// # Errors
/// ENOMEM.
pub fn may_promise(cx: &Ctx<'_>, pages: u64) -> Result<(), Errno> {
    Charge::pages(cx, pages)
}

impl Charge {
    /// __vm_enough_memory: only an obvious overcommit is refused.
    ///
    /// # Errors
    /// ENOMEM for more than all RAM and swap at once.
    pub(super) fn pages(cx: &Ctx<'_>, pages: u64) -> Result<(), Errno> {
        let most = cx.k.mm.frames.total() + cx.k.mm.swap.total();
        match pages > most {
            true => Err(refuse!(cx.why, Overcommit, pages => most)),
            false => Ok(()),
        }
    }
}
