//! Memory: frames, address spaces, mappings, faults.

mod fault;
mod frames;
mod invariants;
mod oom;
mod space;
mod syscalls;
mod tables;
mod user_copy;
mod vma;

pub use fault::FaultOutcome;
pub use frames::{FrameInfo, FrameOrder, FrameUse, Frames};
pub use space::{AddressSpace, MmId, Rss};
pub use syscalls::{sys_brk, sys_mmap, sys_mprotect, sys_munmap};
pub use vma::{Backing, Sharing, Vma};

use crate::store::Slab;

/// The first byte of program text, as ld(1) places it.
pub const TEXT_START: u64 = 0x40_0000;
/// One past the top of the user's addresses for the stack (x86-64, no randomization).
pub const STACK_TOP: u64 = 0x7fff_ffff_f000;
/// Pages that a stack may grow to (RLIMIT_STACK, 8 MiB).
pub const STACK_LIMIT_PAGES: u64 = 2048;
/// Where mmap(2) places from, downwards.
pub const MMAP_TOP: u64 = 0x7fff_f7ff_f000;

/// All address spaces and all frames.
#[derive(Clone, Debug, Hash)]
pub struct Memory {
    pub spaces: Slab<AddressSpace>,
    pub frames: Frames,
    /// The frame that every first read of anonymous memory maps.
    pub zero: crate::hw::Pfn,
    /// Tasks that wait for a frame.
    pub waiting: super::task::WaitQueue,
}
