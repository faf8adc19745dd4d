//! What a program sees of memory: addresses, loads and stores.

use super::mmu::Walked;
use super::{
    Contents, Cpu, FaultAccess, PAGE_BYTES, PageFault, Pfn, Ram, Ring, VirtAddr, pattern_word,
    translate,
};

/// A store that nothing checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub addr: u64,
    pub bytes: u64,
}

/// The bus of one CPU during one step. Every access is translated for ring 3, if there is an MMU.
pub struct Bus<'a> {
    ram: &'a mut Ram,
    cpu: &'a mut Cpu,
    /// Root of the page tables; none without an MMU.
    root: Option<Pfn>,
    /// What was stored without an MMU; a step stores once.
    pub stored: Option<Stored>,
    /// Page-table walks so far; the step is charged for them.
    pub walks: u64,
}

impl<'a> Bus<'a> {
    pub fn new(ram: &'a mut Ram, cpu: &'a mut Cpu, root: Pfn) -> Self {
        Self {
            ram,
            cpu,
            root: Some(root),
            stored: None,
            walks: 0,
        }
    }

    /// The bus of a CPU without an MMU.
    pub fn physical(ram: &'a mut Ram, cpu: &'a mut Cpu) -> Self {
        Self {
            ram,
            cpu,
            root: None,
            stored: None,
            walks: 0,
        }
    }

    #[inline]
    fn frame(&mut self, addr: VirtAddr, access: FaultAccess) -> Result<Pfn, PageFault> {
        let Some(root) = self.root else {
            return Ok(Pfn(addr / PAGE_BYTES as u64));
        };
        let (tlb, asid) = (&mut self.cpu.tlb, self.cpu.asid);
        let (pfn, walked) = translate(self.ram, tlb, root, asid, Ring::User, addr, access)?;
        if walked == Walked::Yes {
            self.walks += 1;
        }
        Ok(pfn)
    }

    /// The text word at `addr`, as the instruction fetch reads it.
    pub fn fetch(&mut self, addr: VirtAddr) -> Result<u64, PageFault> {
        let pfn = self.frame(addr, FaultAccess::Execute)?;
        Ok(read_word(self.ram, pfn, addr))
    }

    /// Whether the text word at `addr`, as the instruction fetch reads it, is that of page `page`
    /// in the pattern of `seed`.
    #[inline]
    pub fn fetches(&mut self, addr: VirtAddr, seed: u32, page: u32) -> Result<bool, PageFault> {
        let pfn = self.frame(addr, FaultAccess::Execute)?;
        // Mostly it lies there as it came from the disk, and no word has to be worked out.
        let is_there = matches!(
            self.ram.frame(pfn),
            Contents::Pattern { seed: of, page: at } if (*of, *at) == (seed, page)
        );
        Ok(is_there
            || read_word(self.ram, pfn, addr)
                == pattern_word(seed, page, addr as usize % PAGE_BYTES))
    }

    /// 8 bytes, little-endian, from an address rounded down to 8.
    pub fn load(&mut self, addr: VirtAddr) -> Result<u64, PageFault> {
        let pfn = self.frame(addr, FaultAccess::Read)?;
        Ok(read_word(self.ram, pfn, addr))
    }

    /// 8 bytes, little-endian, to an address rounded down to 8.
    pub fn store(&mut self, addr: VirtAddr, word: u64) -> Result<(), PageFault> {
        if self.root.is_none() {
            return self.store_bytes(addr & !7, &word.to_le_bytes());
        }
        let pfn = self.frame(addr, FaultAccess::Write)?;
        if let Some(frame) = self.ram.frame_mut(pfn) {
            frame.write_word(addr as usize % PAGE_BYTES, word);
        }
        Ok(())
    }

    /// Bytes from anywhere; may cross pages.
    pub fn load_bytes(&mut self, addr: VirtAddr, to: &mut [u8]) -> Result<(), PageFault> {
        let mut done = 0;
        while done < to.len() {
            let at = addr.wrapping_add(done as u64);
            let offset = at as usize % PAGE_BYTES;
            let n = (PAGE_BYTES - offset).min(to.len() - done);
            let pfn = self.frame(at, FaultAccess::Read)?;
            self.ram.frame(pfn).read(offset, &mut to[done..done + n]);
            done += n;
        }
        Ok(())
    }

    /// Bytes to anywhere; may cross pages. All pages are translated before any byte is written,
    /// so a step that faults has stored nothing and is simply tried again.
    pub fn store_bytes(&mut self, addr: VirtAddr, from: &[u8]) -> Result<(), PageFault> {
        let offset = addr as usize % PAGE_BYTES;
        if self.root.is_some() && !from.is_empty() && offset + from.len() <= PAGE_BYTES {
            let pfn = self.frame(addr, FaultAccess::Write)?;
            if let Some(frame) = self.ram.frame_mut(pfn) {
                frame.write(offset, from);
            }
            return Ok(());
        }
        let mut at = addr;
        let end = addr.wrapping_add(from.len() as u64);
        while at < end && self.root.is_some() {
            self.frame(at, FaultAccess::Write)?;
            at = (at | (PAGE_BYTES as u64 - 1)) + 1;
        }
        let mut done = 0;
        while done < from.len() {
            let at = addr.wrapping_add(done as u64);
            let offset = at as usize % PAGE_BYTES;
            let n = (PAGE_BYTES - offset).min(from.len() - done);
            let pfn = self.frame(at, FaultAccess::Write)?;
            if let Some(frame) = self.ram.frame_mut(pfn) {
                frame.write(offset, &from[done..done + n]);
            }
            done += n;
        }
        if self.root.is_none() {
            let bytes = from.len() as u64;
            self.stored = Some(Stored { addr, bytes });
        }
        Ok(())
    }
}

fn read_word(ram: &Ram, pfn: Pfn, addr: VirtAddr) -> u64 {
    let offset = (addr as usize % PAGE_BYTES) & !7;
    let frame = ram.frame(pfn);
    if let Contents::Pattern { seed, page } = frame {
        return pattern_word(*seed, *page, offset);
    }
    let mut bytes = [0; 8];
    frame.read(offset, &mut bytes);
    u64::from_le_bytes(bytes)
}
