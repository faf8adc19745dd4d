//! Limits on address space: RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, overcommit.

use super::{MmId, STACK_LIMIT_PAGES, Vma};
use crate::kernel::{Ctx, Errno};

/// Limits of getrlimit(2) that memory looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    As,
    Data,
    Stack,
}

/// A soft limit of the calling task, in pages.
pub(super) fn limit_pages(cx: &Ctx<'_>, limit: Limit) -> u64 {
    let _ = cx;
    match limit {
        Limit::As | Limit::Data => u64::MAX,
        Limit::Stack => STACK_LIMIT_PAGES,
    }
}

/// may_expand_vm: whether `pages` more of a mapping like this are within the limits.
///
/// # Errors
/// ENOMEM.
pub(super) fn may_expand(cx: &Ctx<'_>, id: MmId, vma: &Vma, pages: u64) -> Result<(), Errno> {
    let space = cx.k.mm.spaces.get(id).ok_or(Errno::ENOMEM)?;
    let (most, most_data) = (limit_pages(cx, Limit::As), limit_pages(cx, Limit::Data));
    let is_beyond = most != u64::MAX && space.size_pages().saturating_add(pages) > most;
    let is_data_beyond = most_data != u64::MAX
        && vma.is_data()
        && space.data_pages().saturating_add(pages) > most_data;
    match is_beyond || is_data_beyond {
        true => Err(Errno::ENOMEM),
        false => Ok(()),
    }
}

/// Committed memory under the heuristic (vm.overcommit_memory 0).
pub(super) struct Charge;

impl Charge {
    /// __vm_enough_memory: only an obvious overcommit is refused.
    ///
    /// # Errors
    /// ENOMEM for more than all RAM at once.
    pub(super) fn pages(cx: &Ctx<'_>, pages: u64) -> Result<(), Errno> {
        match pages > cx.k.mm.frames.total() {
            true => Err(Errno::ENOMEM),
            false => Ok(()),
        }
    }
}
