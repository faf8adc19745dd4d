//! RAM as a grid of frames, by owner.

use crate::Machine;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// `count` frames from `first`, with the frames of `selected` (a task's stable id) marked.
pub fn ram(machine: &Machine, first: u64, count: usize, selected: Option<u64>) -> RamView {
    let _ = (machine, selected, count);
    RamView {
        total_frames: 0,
        free_frames: 0,
        first,
        cells: Vec::new(),
    }
}
