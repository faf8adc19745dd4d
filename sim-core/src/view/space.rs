//! The address space of one process: its mappings, with what of them lies where.

use super::windows::document;
use super::{DocumentBytes, StripCell};
use crate::Machine;
use crate::hw::{PAGE_BYTES, Pte, PteFlags};
use crate::kernel::fs::{Node, PathRef};
use crate::kernel::mm::{self, Backing, FrameUse, Sharing, Vma, VmaName};
use crate::kernel::syscall::Prot;
use crate::kernel::{Kernel, Task, TaskId};

/// What a mapping is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingKind {
    Text,
    Data,
    Heap,
    Stack,
    /// mmap(2) of a file.
    File,
    /// mmap(2) of zero-filled memory of its own.
    Anon,
    /// Memory without a file that other processes may map: MAP_SHARED, System V.
    SharedMemory,
}

/// Pages of a mapping by where they are, as /proc/PID/smaps counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Pages in frames (Rss). The frame of zeros is nobody's and does not count.
    pub rss: u64,
    /// Of them, those that one page-table entry maps in all.
    pub private: u64,
    /// Of them, those that several map.
    pub shared: u64,
    /// Bytes of the pages in frames, each divided by how often its frame is mapped (Pss).
    pub pss_bytes: u64,
    /// Pages that were read and never written: the frame of zeros.
    pub zero: u64,
    /// Pages on the disk.
    pub swapped: u64,
}

impl PageCounts {
    fn add(&mut self, other: PageCounts) {
        self.rss += other.rss;
        self.private += other.private;
        self.shared += other.shared;
        self.pss_bytes += other.pss_bytes;
        self.zero += other.zero;
        self.swapped += other.swapped;
    }
}

/// A line of /proc/PID/maps, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingView {
    /// Addresses: the first, and the one behind the last.
    pub start: u64,
    pub end: u64,
    pub kind: MappingKind,
    /// As in /proc/PID/maps: `rw-p`.
    pub rights: String,
    /// The file; empty where there is none.
    pub path: String,
    pub counts: PageCounts,
}

impl MappingView {
    pub fn pages(&self) -> u64 {
        (self.end - self.start) / PAGE_BYTES as u64
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceView {
    pub task: u64,
    /// By address.
    pub mappings: Vec<MappingView>,
    /// All mappings together.
    pub counts: PageCounts,
    /// Frames that the page tables take; they are not part of the resident pages.
    pub table_frames: u64,
    pub document: Option<DocumentBytes>,
}

/// The address space of a task; none for one without memory.
pub fn address_space(machine: &Machine, task: u64) -> Option<SpaceView> {
    let k = &machine.kernel;
    let owner = k.tasks.get(TaskId::from_u64(task))?;
    let space = k.mm.spaces.get(owner.mm?)?;
    let mut view = SpaceView {
        task,
        mappings: space
            .vmas
            .iter()
            .map(|vma| mapping(k, owner, vma))
            .collect(),
        counts: PageCounts::default(),
        table_frames: space.table_frames,
        document: document(machine, space),
    };
    let mut at = 0;
    // Both are by address.
    mm::each_entry(&machine.hw, space, |vpn, pte| {
        let addr = vpn * PAGE_BYTES as u64;
        while view.mappings.get(at).is_some_and(|m| m.end <= addr) {
            at += 1;
        }
        if let Some(mapping) = view.mappings.get_mut(at) {
            count(k, &mut mapping.counts, pte);
        }
    });
    for mapping in &view.mappings {
        view.counts.add(mapping.counts);
    }
    Some(view)
}

fn count(k: &Kernel, counts: &mut PageCounts, pte: Pte) {
    match place(k, pte) {
        StripCell::Absent => return,
        StripCell::ZeroPage => {
            counts.zero += 1;
            return;
        }
        StripCell::Swapped => {
            counts.swapped += 1;
            return;
        }
        StripCell::File | StripCell::Shared | StripCell::Private => {}
    }
    let maps = u64::from(k.mm.frames.info(pte.pfn()).maps.max(1));
    counts.rss += 1;
    counts.pss_bytes += PAGE_BYTES as u64 / maps;
    match maps {
        1 => counts.private += 1,
        _ => counts.shared += 1,
    }
}

/// Where the page of an entry is.
pub(super) fn place(k: &Kernel, pte: Pte) -> StripCell {
    if pte.swap_slot().is_some() {
        return StripCell::Swapped;
    }
    if !pte.has(PteFlags::PRESENT) {
        return StripCell::Absent;
    }
    let info = k.mm.frames.info(pte.pfn());
    match (info.usage, info.maps) {
        (FrameUse::Zero, _) => StripCell::ZeroPage,
        (FrameUse::PageCache { .. }, _) => StripCell::File,
        (_, 0 | 1) => StripCell::Private,
        (_, _) => StripCell::Shared,
    }
}

/// Where each of `count` pages from `addr` on is.
pub fn pages(machine: &Machine, task: u64, addr: u64, count: usize) -> Vec<StripCell> {
    let k = &machine.kernel;
    let mm = k.tasks.get(TaskId::from_u64(task)).and_then(|t| t.mm);
    let Some(space) = mm.and_then(|mm| k.mm.spaces.get(mm)) else {
        return Vec::new();
    };
    let first = addr / PAGE_BYTES as u64;
    let end = first.saturating_add(count as u64).min(1 << 35);
    (first..end)
        .map(|vpn| place(k, mm::entry_of(&machine.hw, space, vpn)))
        .collect()
}

fn mapping(k: &Kernel, owner: &Task, vma: &Vma) -> MappingView {
    let kind = match (vma.name, vma.backing) {
        (VmaName::Text, _) => MappingKind::Text,
        (VmaName::Data, _) => MappingKind::Data,
        (VmaName::Heap, _) => MappingKind::Heap,
        (VmaName::Stack, _) => MappingKind::Stack,
        (VmaName::SharedAnon | VmaName::Shm { .. }, _) => MappingKind::SharedMemory,
        (VmaName::Mapping, Backing::Anon) => MappingKind::Anon,
        (VmaName::Mapping, Backing::File { .. }) => MappingKind::File,
    };
    let path = match (kind, vma.backing) {
        (MappingKind::SharedMemory, _) | (_, Backing::Anon) => None,
        (_, Backing::File { inode, .. }) => {
            let root = owner.fs.root;
            let node = Node::Inode(inode);
            k.path_below(root, PathRef { node, ..root })
        }
    };
    MappingView {
        start: vma.start * PAGE_BYTES as u64,
        end: vma.end * PAGE_BYTES as u64,
        kind,
        rights: rights(vma),
        path: path.unwrap_or_default(),
        counts: PageCounts::default(),
    }
}

fn rights(vma: &Vma) -> String {
    let bit = |flag, letter| if vma.prot.has(flag) { letter } else { '-' };
    [
        bit(Prot::READ, 'r'),
        bit(Prot::WRITE, 'w'),
        bit(Prot::EXEC, 'x'),
        match vma.sharing {
            Sharing::Shared => 's',
            Sharing::Private => 'p',
        },
    ]
    .iter()
    .collect()
}
