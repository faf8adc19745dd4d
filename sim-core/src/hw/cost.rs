//! What things cost, in simulated nanoseconds: one table, with its sources.
//!
//! Costs never change an answer; they only place it in time.

use std::hash::Hash;

/// The cost table of a machine. All zero and all tenfold are used in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Costs {
    /// One coarse instruction of a modelled program. It stands for about 6,000 machine
    /// instructions at 3 GHz: our programs have tens of steps where real ones have millions.
    pub user_step_ns: u64,
    /// Entering the kernel and leaving it again: `getppid` in a loop takes about 100 ns on a
    /// current x86-64 with mitigations (lmbench, lat_syscall).
    pub syscall_entry_ns: u64,
    pub syscall_exit_ns: u64,
    /// The work of a plain handler.
    pub syscall_work_ns: u64,
    /// Copying one page in the kernel, at about 10 GB/s.
    pub copy_page_ns: u64,
    /// Page-table walk of 4 levels that misses the TLB but hits the caches (Intel SDM vol. 3, 4.10).
    pub tlb_miss_ns: u64,
    /// Exception, handler and return of a minor fault (lmbench, lat_pagefault: 0.1 to 0.5 µs).
    pub page_fault_ns: u64,
    /// Reading one page from a disk (a fast NVMe drive).
    pub disk_page_ns: u64,
    /// Timer interrupt, in and out.
    pub interrupt_ns: u64,
    /// `__schedule` with a switch of address space (lmbench, lat_ctx: about 1 µs).
    pub context_switch_ns: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            user_step_ns: 2_000,
            syscall_entry_ns: 50,
            syscall_exit_ns: 50,
            syscall_work_ns: 200,
            copy_page_ns: 400,
            tlb_miss_ns: 20,
            page_fault_ns: 500,
            disk_page_ns: 20_000,
            interrupt_ns: 700,
            context_switch_ns: 1_200,
        }
    }
}

macro_rules! named {
    ($($field:ident),*) => {
        impl Costs {
            /// Every cost with its name.
            pub fn named(&self) -> [(&'static str, u64); [$(stringify!($field)),*].len()] {
                [$((stringify!($field), self.$field)),*]
            }

            /// The same, to be changed.
            pub fn named_mut(&mut self) -> [(&'static str, &mut u64); [$(stringify!($field)),*].len()] {
                [$((stringify!($field), &mut self.$field)),*]
            }
        }
    };
}

named! {
    user_step_ns, syscall_entry_ns, syscall_exit_ns, syscall_work_ns, copy_page_ns, tlb_miss_ns,
    page_fault_ns, disk_page_ns, interrupt_ns, context_switch_ns
}

impl Costs {
    /// Every cost multiplied; 0 makes everything instantaneous.
    pub fn scaled(mut self, factor: u64) -> Self {
        for (_, cost_ns) in self.named_mut() {
            *cost_ns = cost_ns.saturating_mul(factor);
        }
        self
    }
}
