//! copy_to_user and copy_from_user: the kernel's way to a process's memory.

use super::fault::{FaultOutcome, handle_fault};
use super::swap::FaultFrom;
use crate::hw::{FaultAccess, Mmu, PAGE_BYTES, PageFault, Pfn, PteFlags, walk};
use crate::kernel::{Ctx, Errno};

/// Most bytes that one call may move (MAX_RW_COUNT is 2 GiB on Linux; what a model can hold).
pub const MAX_RW_BYTES: u64 = 1 << 20;

impl Ctx<'_> {
    /// The frame behind an address of the calling task, faulted in if need be.
    fn user_frame(&mut self, addr: u64, access: FaultAccess) -> Result<Pfn, Errno> {
        if self.hw.mmu == Mmu::None {
            return self.physical_frame(addr, access);
        }
        forbid!(self.why, UserAddress, addr, if addr >> 47 != 0)?;
        // One fault may find the page missing, a second one find it shared.
        for _ in 0..3 {
            let mm = self.me()?.mm.ok_or(lost!(EFAULT))?;
            let pgd = self.k.mm.spaces.get(mm).ok_or(lost!(EFAULT))?.pgd;
            let pte = walk(&self.hw.ram, pgd, addr).map(|(_, _, pte)| pte);
            let present = pte.filter(|p| p.has(PteFlags::PRESENT));
            if let Some(pte) = present
                && pte.has(PteFlags::USER)
                && (access != FaultAccess::Write || pte.has(PteFlags::WRITE))
            {
                if access == FaultAccess::Write {
                    super::tables::set_flags(self, mm, addr >> 12, PteFlags::DIRTY, 0);
                }
                return Ok(pte.pfn());
            }
            self.charge(self.k.costs.page_fault_ns);
            match handle_fault(
                self,
                PageFault {
                    addr,
                    access,
                    present: present.is_some(),
                },
                FaultFrom::Kernel,
            ) {
                FaultOutcome::Segv | FaultOutcome::Bus | FaultOutcome::OutOfMemory => {
                    return Err(refuse!(self.why, UserPage, addr));
                }
                FaultOutcome::NewFrame
                | FaultOutcome::ZeroFrame
                | FaultOutcome::FilePage
                | FaultOutcome::SwapRead
                | FaultOutcome::SwapIn
                | FaultOutcome::CopyOnWrite
                | FaultOutcome::MadeWritable => {}
            }
        }
        Err(lost!(EFAULT))
    }

    /// Faults in every page of a range, so that nothing can fail once something has happened.
    ///
    /// # Errors
    /// EFAULT if one of them cannot be accessed so.
    pub fn fault_in(&mut self, addr: u64, len: u64, access: FaultAccess) -> Result<(), Errno> {
        let end = addr
            .checked_add(len)
            .ok_or_else(|| refuse!(self.why, UserAddress, addr => len))?;
        // No call moves as much.
        if len > MAX_RW_BYTES {
            return Err(lost!(EFAULT));
        }
        let mut at = addr;
        while at < end {
            self.user_frame(at, access)?;
            at = (at | (PAGE_BYTES as u64 - 1)) + 1;
        }
        Ok(())
    }

    /// Writes bytes into the calling task's memory.
    ///
    /// # Errors
    /// EFAULT; nothing has been written then.
    pub fn copy_to_user(&mut self, addr: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.fault_in(addr, bytes.len() as u64, FaultAccess::Write)?;
        let mut done = 0;
        while done < bytes.len() {
            let at = addr + done as u64;
            let offset = at as usize % PAGE_BYTES;
            let n = (PAGE_BYTES - offset).min(bytes.len() - done);
            let pfn = self.user_frame(at, FaultAccess::Write)?;
            if let (Some(frame), Some(part)) =
                (self.hw.ram.frame_mut(pfn), bytes.get(done..done + n))
            {
                frame.write(offset, part);
            }
            done += n;
        }
        Ok(())
    }

    /// Reads bytes from the calling task's memory.
    ///
    /// # Errors
    /// EFAULT.
    pub fn copy_from_user(&mut self, addr: u64, len: u64) -> Result<Vec<u8>, Errno> {
        self.fault_in(addr, len, FaultAccess::Read)?;
        let mut bytes = vec![0; len as usize];
        let mut done = 0;
        while done < bytes.len() {
            let at = addr + done as u64;
            let offset = at as usize % PAGE_BYTES;
            let n = (PAGE_BYTES - offset).min(bytes.len() - done);
            let pfn = self.user_frame(at, FaultAccess::Read)?;
            if let Some(part) = bytes.get_mut(done..done + n) {
                self.hw.ram.frame(pfn).read(offset, part);
            }
            done += n;
        }
        Ok(bytes)
    }
}
