//! RAM as a grid of frames, by owner.

use crate::Machine;
use crate::kernel::mm::{FrameInfo, FrameUse, MmId, each_entry};
use crate::kernel::{Kernel, TaskId};
use crate::store::SortedMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameKind {
    Free,
    /// The kernel's own: its image, task structures.
    Kernel,
    PageTable,
    /// A file's page, mapped by nobody or read through read(2).
    PageCache,
    /// Mapped by more than one process (or more than once).
    Shared,
    /// Mapped by one process.
    Process,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameCell {
    pub kind: FrameKind,
    /// For `Process` and `PageTable`: the stable id of the owning task.
    pub owner: Option<u64>,
    /// Whether the asked-for task maps it or keeps its page table in it.
    pub selected: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RamView {
    pub total_frames: u64,
    pub free_frames: u64,
    /// First frame shown.
    pub first: u64,
    pub cells: Vec<FrameCell>,
}

/// Who uses an address space: the first of its tasks. Built once per view, in the number of
/// tasks; a frame then finds its owner without a search.
pub(super) fn owners(k: &Kernel) -> SortedMap<MmId, TaskId> {
    let mut owners = SortedMap::default();
    for (id, task) in k.tasks.iter() {
        if let Some(mm) = task.mm
            && !owners.contains_key(&mm)
        {
            owners.insert(mm, id);
        }
    }
    owners
}

fn classify(info: FrameInfo, owners: &SortedMap<MmId, TaskId>) -> (FrameKind, Option<u64>) {
    let owner = |mm: MmId| owners.get(&mm).map(|id| id.as_u64());
    match (info.usage, info.maps) {
        (FrameUse::Untouched | FrameUse::Free { .. }, _) => (FrameKind::Free, None),
        (FrameUse::Kernel | FrameUse::Zero, _) => (FrameKind::Kernel, None),
        (FrameUse::PageTable { space }, _) => (FrameKind::PageTable, owner(space)),
        // An anonymous page that nobody maps is being read from the swap area.
        (FrameUse::PageCache { .. } | FrameUse::Anon, 0) => (FrameKind::PageCache, None),
        (FrameUse::Anon | FrameUse::PageCache { .. }, 1) => {
            (FrameKind::Process, owner(MmId::from_u64(info.map_xor)))
        }
        (FrameUse::Anon | FrameUse::PageCache { .. }, _) => (FrameKind::Shared, None),
    }
}

/// `count` frames from `first`, with the frames of `selected` (a task's stable id) marked.
pub fn ram(machine: &Machine, first: u64, count: usize, selected: Option<u64>) -> RamView {
    let k = &machine.kernel;
    let owners = owners(k);
    let mine = selected
        .map(|id| frames_of(machine, TaskId::from_u64(id)))
        .unwrap_or_default();
    let total = k.mm.frames.total();
    let end = total.min(first.saturating_add(count as u64));
    let free = FrameCell {
        kind: FrameKind::Free,
        owner: None,
        selected: false,
    };
    // Most of a large RAM was never touched: of that there is nothing to be asked.
    let mut cells = vec![free; end.saturating_sub(first) as usize];
    let place = |pfn: u64| pfn.checked_sub(first).unwrap_or(u64::MAX) as usize;
    for (pfn, info) in k.mm.frames.records() {
        if let Some(cell) = cells.get_mut(place(pfn.0)) {
            (cell.kind, cell.owner) = classify(info, &owners);
            let is_table = cell.kind == FrameKind::PageTable;
            cell.selected = is_table && cell.owner == selected && selected.is_some();
        }
    }
    for pfn in mine {
        if let Some(cell) = cells.get_mut(place(pfn)) {
            cell.selected = true;
        }
    }
    RamView {
        total_frames: total,
        free_frames: k.mm.frames.free(),
        first,
        cells,
    }
}

/// Frames that a task's pages lie in.
fn frames_of(machine: &Machine, id: TaskId) -> Vec<u64> {
    let k = &machine.kernel;
    let mut frames = Vec::new();
    let space = k
        .tasks
        .get(id)
        .and_then(|t| t.mm)
        .and_then(|mm| k.mm.spaces.get(mm));
    if let Some(space) = space {
        each_entry(&machine.hw, space, |_, pte| {
            if pte.swap_slot().is_none() {
                frames.push(pte.pfn().0);
            }
        });
    }
    frames
}
