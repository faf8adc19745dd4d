//! Memory: frames, address spaces, mappings, faults.

mod alloc;
mod fault;
mod fork;
mod frames;
mod invariants;
mod limits;
mod madvise;
mod mapping;
mod nommu;
mod oom;
mod populate;
mod protect;
mod reclaim;
mod shm;
mod space;
mod swap;
mod syscalls;
mod tables;
mod user_copy;
mod vma;

pub use alloc::{alloc, mark_shmem, unpin};
pub use fault::{FaultOutcome, handle_fault, is_below_stack};
pub use fork::{fork, share};
pub use frames::{FrameInfo, FrameOrder, FrameState, FrameUse, Frames};
pub use invariants::check;
pub use limits::{is_within_limits, may_promise};
pub use madvise::sys_madvise;
pub use mapping::unmap_file;
pub use nommu::{Place, load};
pub use oom::{OOM_SCORE_ADJ_MIN, out_of_memory};
use populate::populate;
pub use protect::sys_mprotect;
pub use reclaim::balance;
pub use shm::{ShmAccess, ShmPlace, attach, detach};
pub use space::{AddressSpace, MmId, Rss, map_program, new_space, release};
pub use swap::{FaultFrom, Slot, Swap};
pub use syscalls::{sys_brk, sys_mmap, sys_munmap};
pub use tables::{drop_page, each_entry, entry_of};
pub use vma::{AnonOrigin, AnonVma, Backing, MappedBy, Sharing, Vma, VmaName, VmaTraits};

use crate::hw::{Mmu, Pfn};
use crate::store::Slab;

/// The first byte of program text, as ld(1) places it.
pub const TEXT_START: u64 = 0x40_0000;
/// One past the top of the user's addresses for the stack (x86-64, no randomization).
pub const STACK_TOP: u64 = 0x7fff_ffff_f000;
/// Pages of a fresh stack's mapping (128 KiB and one, as execve(2) leaves it).
pub const STACK_PAGES: u64 = 33;
/// Where mmap(2) places from, downwards.
pub const MMAP_TOP: u64 = 0x7fff_f7ff_f000;
/// Frames that the kernel's image takes. A real one takes about 30 MiB.
pub const KERNEL_FRAMES: u64 = 16;

/// All address spaces and all frames.
#[derive(Clone, Debug, Hash)]
pub struct Memory {
    pub spaces: Slab<AddressSpace>,
    pub frames: Frames,
    pub swap: Swap,
    /// The frame that every first read of anonymous memory maps; without an MMU nothing maps it.
    pub zero: Pfn,
    /// Tasks that wait for a frame.
    pub waiting: super::task::WaitQueue,
    /// The anon_vma made last; they are never reused.
    pub next_anon: u64,
}

impl Memory {
    /// Bytes that this takes beside `other`: what both share counts for nothing.
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        self.spaces.bytes_beside(other.map(|other| &other.spaces))
            + self.frames.bytes_beside(other.map(|other| &other.frames))
            + self.swap.bytes_beside(other.map(|other| &other.swap))
    }

    /// RAM with the kernel's image and the zero frame in it.
    pub fn boot(hw: &crate::hw::Hardware, order: FrameOrder, seed: u64) -> Self {
        let mut frames = match hw.mmu {
            Mmu::Paging => Frames::new(&hw.ram, order, seed),
            // Programs find their places free as long as there is anything else.
            Mmu::None => Frames::in_runs(&hw.ram, hw.disk.end_of_places()),
        };
        for pfn in 0..KERNEL_FRAMES {
            frames.reserve(Pfn(pfn), FrameUse::Kernel);
        }
        let zero = Pfn(KERNEL_FRAMES);
        frames.reserve(zero, FrameUse::Zero);
        Self {
            spaces: Slab::default(),
            frames,
            swap: Swap::new(0, 0),
            zero,
            waiting: Default::default(),
            next_anon: 0,
        }
    }
}
