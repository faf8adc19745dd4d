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

impl Costs {
    /// Every cost multiplied; 0 makes everything instantaneous.
    pub fn scaled(self, factor: u64) -> Self {
        Self {
            user_step_ns: self.user_step_ns * factor,
            syscall_entry_ns: self.syscall_entry_ns * factor,
            syscall_exit_ns: self.syscall_exit_ns * factor,
            syscall_work_ns: self.syscall_work_ns * factor,
            copy_page_ns: self.copy_page_ns * factor,
            tlb_miss_ns: self.tlb_miss_ns * factor,
            page_fault_ns: self.page_fault_ns * factor,
            disk_page_ns: self.disk_page_ns * factor,
            interrupt_ns: self.interrupt_ns * factor,
            context_switch_ns: self.context_switch_ns * factor,
        }
    }
}
