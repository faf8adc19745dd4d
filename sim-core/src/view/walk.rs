//! One translation, table by table, as the MMU would do it now.

use crate::Machine;
use crate::hw::{Contents, PAGE_BYTES, Pfn, Pte, PteFlags, table_index};
use crate::kernel::fs::file_pages;
use crate::kernel::mm::{Backing, FrameInfo, FrameUse, Sharing, Vma, VmaName};
use crate::kernel::syscall::Prot;
use crate::kernel::{Kernel, TaskId};

/// The levels of a 4-level walk, in Linux's names. The P4D between the first two is folded: with
/// four levels it is the entry of the PGD itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableLevel {
    Pgd,
    Pud,
    Pmd,
    Pte,
}

impl TableLevel {
    pub const ALL: [TableLevel; 4] = [Self::Pgd, Self::Pud, Self::Pmd, Self::Pte];

    pub fn name(self) -> &'static str {
        match self {
            TableLevel::Pgd => "PGD",
            TableLevel::Pud => "PUD",
            TableLevel::Pmd => "PMD",
            TableLevel::Pte => "PTE",
        }
    }
}

/// The bits of an entry that decide, by their names in Intel's manual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryBits(pub u64);

impl EntryBits {
    /// Every modelled bit with its name: P, R/W, U/S, A, D, XD.
    pub const NAMED: [(&'static str, u64); 6] = [
        ("P", PteFlags::PRESENT),
        ("R/W", PteFlags::WRITE),
        ("U/S", PteFlags::USER),
        ("A", PteFlags::ACCESSED),
        ("D", PteFlags::DIRTY),
        ("XD", PteFlags::NO_EXEC),
    ];

    pub fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }
}

/// One entry that the walk reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkStep {
    pub level: TableLevel,
    /// The frame that the table lies in.
    pub table: u64,
    /// Which of its 512 entries: 9 bits of the address.
    pub index: u16,
    /// The entry as it lies in RAM, 8 bytes.
    pub raw: u64,
    /// The frame that it names: the next table, or the page. None if it is not present.
    pub frame: Option<u64>,
}

impl WalkStep {
    pub fn bits(&self) -> EntryBits {
        EntryBits(self.raw)
    }
}

/// How the walk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkEnd {
    /// The address lies in this frame, at this physical address.
    Frame { pfn: u64, physical: u64 },
    /// No entry, but a mapping: the page has not been touched yet. The first access makes it.
    Untouched,
    /// The page is on the disk, in this slot of the swap area.
    Swapped { slot: u64 },
    /// No entry and no mapping, but the next one above is the stack: an access may grow it.
    BelowStack,
    /// No entry and no mapping.
    Unmapped,
}

/// What a store to the address would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFate {
    /// It goes through.
    Writes,
    /// A fault, a frame of its own with nothing in it, and then it goes through.
    NewFrame,
    /// A fault, a copy of the frame for the writer alone, and then it goes through.
    Copies,
    /// A fault that only sets the write bit: nobody else has the frame.
    MadeWritable,
    /// A fault that finds the page of a shared file, or brings the page in.
    BringsIn,
    /// The stack grows down to there, if limits and neighbours allow; else SIGSEGV.
    MayGrow,
    /// SIGSEGV, or SIGBUS behind the end of a file.
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    pub addr: u64,
    /// Offset of the address in its page: its lowest 12 bits.
    pub offset: u16,
    /// The first bytes from the address on, as they lie in the frame; none without one.
    pub bytes: Vec<u8>,
    /// From the root to where it ends: one to four.
    pub steps: Vec<WalkStep>,
    pub end: WalkEnd,
    pub store: StoreFate,
    /// How many page-table entries of all processes map the frame; 0 without one, and for the
    /// frame of zeros, which is not counted.
    pub mapped_by: u32,
    /// Whether the frame is the one of zeros that all untouched memory reads as.
    pub is_zero_frame: bool,
}

impl Walk {
    /// The frames on the way: the tables in order, then the page.
    pub fn way(&self) -> impl Iterator<Item = u64> + '_ {
        let end = self.steps.last().filter(|_| self.steps.len() == 4);
        let tables = self.steps.iter().map(|step| step.table);
        tables.chain(end.and_then(|step| step.frame))
    }
}

/// Bytes that a walk shows.
const WALK_BYTES: usize = 8;

/// The walk for an address of a task; none for a task without page tables, as all are on a machine
/// without an MMU.
pub fn walk(machine: &Machine, task: u64, addr: u64) -> Option<Walk> {
    let k = &machine.kernel;
    let mm = k.tasks.get(TaskId::from_u64(task))?.mm?;
    let space = k.mm.spaces.get(mm)?;
    let vpn = addr / PAGE_BYTES as u64;
    let offset = addr % PAGE_BYTES as u64;
    let steps = steps(machine, space.pgd, addr);
    let vma = space.find(vpn);
    let last = steps.last()?;
    let info = last.frame.map(|pfn| k.mm.frames.info(Pfn(pfn)));
    let found = match (last.level, last.frame) {
        (TableLevel::Pte, Some(pfn)) => Some(WalkEnd::Frame {
            pfn,
            physical: pfn * PAGE_BYTES as u64 + offset,
        }),
        (_, _) => None,
    };
    let above = space.vmas.iter().find(|vma| vma.end > vpn);
    let swapped = match last.level {
        TableLevel::Pte => Pte(last.raw)
            .swap_slot()
            .map(|slot| WalkEnd::Swapped { slot }),
        TableLevel::Pgd | TableLevel::Pud | TableLevel::Pmd => None,
    };
    let end = found.or(swapped).unwrap_or(match (vma, above) {
        (Some(_), _) => WalkEnd::Untouched,
        (None, Some(above)) if above.name == VmaName::Stack => WalkEnd::BelowStack,
        (None, _) => WalkEnd::Unmapped,
    });
    let info = info.filter(|_| matches!(end, WalkEnd::Frame { .. }));
    let mut bytes = vec![0; (PAGE_BYTES - offset as usize).min(WALK_BYTES)];
    match end {
        WalkEnd::Frame { pfn, .. } => {
            let frame = machine.hw.ram.frame(Pfn(pfn));
            frame.read(offset as usize, &mut bytes);
        }
        WalkEnd::Untouched | WalkEnd::Swapped { .. } | WalkEnd::BelowStack | WalkEnd::Unmapped => {
            bytes.clear()
        }
    }
    Some(Walk {
        addr,
        bytes,
        offset: offset as u16,
        store: store_fate(k, vma, vpn, Pte(last.raw), (end, info)),
        mapped_by: info.map_or(0, |info| info.maps),
        is_zero_frame: info.is_some_and(|info| info.usage == FrameUse::Zero),
        steps,
        end,
    })
}

fn steps(machine: &Machine, root: Pfn, addr: u64) -> Vec<WalkStep> {
    let mut steps = Vec::with_capacity(4);
    let mut table = root;
    for (n, level) in TableLevel::ALL.into_iter().enumerate() {
        let Contents::Table(entries) = machine.hw.ram.frame(table) else {
            break;
        };
        let index = table_index(addr, 3 - n as u32);
        let entry = Pte(entries.get(index));
        let frame = entry.has(PteFlags::PRESENT).then(|| entry.pfn());
        steps.push(WalkStep {
            level,
            table: table.0,
            index,
            raw: entry.0,
            frame: frame.map(|pfn| pfn.0),
        });
        match frame {
            Some(next) => table = next,
            None => break,
        }
    }
    steps
}

/// As the page-fault handler decides: `tests/paging.rs` holds it to that.
fn store_fate(
    k: &Kernel,
    vma: Option<&Vma>,
    vpn: u64,
    entry: Pte,
    (end, info): (WalkEnd, Option<FrameInfo>),
) -> StoreFate {
    let vma = match (vma, end) {
        (None, WalkEnd::BelowStack) => return StoreFate::MayGrow,
        (Some(vma), _) if vma.prot.has(Prot::WRITE) => vma,
        (_, _) => return StoreFate::Refused,
    };
    match (end, info, vma.sharing) {
        (WalkEnd::Unmapped | WalkEnd::BelowStack, _, _) => StoreFate::Refused,
        (WalkEnd::Frame { .. }, _, _) if entry.has(PteFlags::WRITE) => StoreFate::Writes,
        (WalkEnd::Frame { .. }, Some(info), sharing) => {
            match (info.usage, info.maps + info.pins, sharing) {
                (_, _, Sharing::Shared) | (FrameUse::Anon, 1, _) => StoreFate::MadeWritable,
                (FrameUse::Zero, _, _) => StoreFate::NewFrame,
                (_, _, Sharing::Private) => StoreFate::Copies,
            }
        }
        (WalkEnd::Frame { .. }, None, _) | (WalkEnd::Swapped { .. }, _, _) => StoreFate::BringsIn,
        (WalkEnd::Untouched, _, sharing) => match (vma.backing, sharing) {
            (Backing::Anon, _) => StoreFate::NewFrame,
            (Backing::File { inode, page, .. }, _)
                if page + (vpn - vma.start) >= file_pages(k, inode) =>
            {
                StoreFate::Refused
            }
            (Backing::File { .. }, Sharing::Shared) => StoreFate::BringsIn,
            (Backing::File { .. }, Sharing::Private) => StoreFate::Copies,
        },
    }
}
