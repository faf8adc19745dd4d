//! What lies at the addresses of a process.

use crate::Machine;
use crate::hw::PteFlags;
use crate::kernel::TaskId;
use crate::kernel::mm::{AddressSpace, FrameUse, Sharing, entry_of};
use crate::kernel::syscall::Prot;

/// A page as /proc/PID/pagemap and /proc/kpagecount show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageSeen {
    Absent,
    /// The shared frame of zeros.
    Zero,
    Frame {
        pfn: u64,
        /// Page-table entries of all processes that map it.
        maps: u32,
    },
}

/// Consecutive pages of one mapping, within a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRun {
    pub first: u64,
    pub pages: u64,
    /// As in /proc/PID/maps: `rw-p`.
    pub rights: String,
}

fn space(machine: &Machine, id: u64) -> Option<&AddressSpace> {
    let k = &machine.kernel;
    k.mm.spaces.get(k.tasks.get(TaskId::from_u64(id))?.mm?)
}

/// The pages of `addr..addr + count * 4096` of a task.
pub fn pages(machine: &Machine, id: u64, addr: u64, count: u64) -> Vec<PageSeen> {
    let space = space(machine, id);
    let see = |page: u64| {
        let pte = entry_of(&machine.hw, space?, addr / 4096 + page);
        if !pte.has(PteFlags::PRESENT) {
            return None;
        }
        let info = machine.kernel.mm.frames.info(pte.pfn());
        Some(match info.usage {
            FrameUse::Zero => PageSeen::Zero,
            FrameUse::Untouched
            | FrameUse::Free { .. }
            | FrameUse::Kernel
            | FrameUse::PageTable { .. }
            | FrameUse::Anon
            | FrameUse::PageCache { .. } => PageSeen::Frame {
                pfn: pte.pfn().0,
                maps: info.maps,
            },
        })
    };
    (0..count)
        .map(|page| see(page).unwrap_or(PageSeen::Absent))
        .collect()
}

/// The mappings of a task within `addr..addr + count * 4096`, counted in pages from `addr`;
/// neighbours with equal rights are one.
pub fn mappings(machine: &Machine, id: u64, addr: u64, count: u64) -> Vec<MappedRun> {
    let (start, end) = (addr / 4096, addr / 4096 + count);
    let mut runs: Vec<MappedRun> = Vec::new();
    for vma in space(machine, id)
        .iter()
        .flat_map(|space| space.vmas.iter())
    {
        let part = vma.cut(start, end);
        if vma.start >= end || vma.end <= start {
            continue;
        }
        let letter = |prot, letter| if vma.prot.has(prot) { letter } else { '-' };
        let rights = [
            letter(Prot::READ, 'r'),
            letter(Prot::WRITE, 'w'),
            letter(Prot::EXEC, 'x'),
            match vma.sharing {
                Sharing::Shared => 's',
                Sharing::Private => 'p',
            },
        ];
        let rights: String = rights.into_iter().collect();
        let first = part.start - start;
        match runs.last_mut() {
            Some(run) if run.rights == rights && run.first + run.pages == first => {
                run.pages += part.pages();
            }
            Some(_) | None => runs.push(MappedRun {
                first,
                pages: part.pages(),
                rights,
            }),
        }
    }
    runs
}
