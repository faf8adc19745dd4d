//! RAM as a grid of frames, by owner.

use crate::Machine;
use crate::kernel::mm::{FrameInfo, FrameUse, MmId, each_entry};
use crate::kernel::{Kernel, TaskId};
use crate::store::{SortedMap, Sparse, sorted};
use std::rc::Rc;

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

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RamView {
    pub total_frames: u64,
    pub free_frames: u64,
    /// How many cells are of each kind.
    pub counts: [usize; 6],
    pub cells: Vec<FrameCell>,
}

impl RamView {
    /// Counts the cells anew.
    pub fn count(&mut self) {
        self.counts = [0; 6];
        for cell in &self.cells {
            self.counts[cell.kind as usize] += 1;
        }
    }
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

/// RAM as it was seen last, and what that was made from: of a large one only what has changed is
/// looked at again.
#[derive(Default)]
pub struct RamWatch {
    seen: Rc<RamView>,
    records: Sparse<FrameInfo>,
    owners: SortedMap<MmId, TaskId>,
    selected: Option<u64>,
    /// Frames of the chosen task, ascending.
    mine: Vec<u64>,
}

impl RamWatch {
    /// Every frame, with those of `selected` (a task's stable id) marked.
    pub fn see(&mut self, machine: &Machine, selected: Option<u64>) -> Rc<RamView> {
        let k = &machine.kernel;
        let frames = &k.mm.frames;
        let (records, owners) = (frames.records(), owners(k));
        let mine = selected.map(|id| frames_of(machine, TaskId::from_u64(id)));
        let mine = sorted(mine.unwrap_or_default());
        let is_kept = self.seen.total_frames == frames.total()
            && (self.selected, &self.owners, &self.mine) == (selected, &owners, &mine);
        if !is_kept {
            let free = FrameCell {
                kind: FrameKind::Free,
                owner: None,
                selected: false,
            };
            *self = Self {
                seen: Rc::new(RamView {
                    total_frames: frames.total(),
                    free_frames: 0,
                    counts: [0; 6],
                    cells: vec![free; frames.total() as usize],
                }),
                records: Sparse::new(frames.total()),
                owners,
                selected,
                mine,
            };
        }
        let mut changed = Vec::new();
        records.each_changed(&self.records, |pfn, info| {
            let (kind, owner) = classify(*info, &self.owners);
            let is_own_table =
                kind == FrameKind::PageTable && selected.is_some() && owner == selected;
            let cell = FrameCell {
                kind,
                owner,
                selected: is_own_table || self.mine.binary_search(&pfn).is_ok(),
            };
            if self.seen.cells.get(pfn as usize) != Some(&cell) {
                changed.push((pfn as usize, cell));
            }
        });
        if !changed.is_empty() || self.seen.free_frames != frames.free() {
            let seen = Rc::make_mut(&mut self.seen);
            seen.free_frames = frames.free();
            for (at, cell) in changed {
                if let Some(place) = seen.cells.get_mut(at) {
                    *place = cell;
                }
            }
            seen.count();
        }
        self.records = records.clone();
        self.seen.clone()
    }
}

/// Every frame, with those of `selected` (a task's stable id) marked.
pub fn ram(machine: &Machine, selected: Option<u64>) -> Rc<RamView> {
    RamWatch::default().see(machine, selected)
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
