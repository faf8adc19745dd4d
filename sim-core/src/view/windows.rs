//! App windows: what a task last wrote to its terminal, and beneath it its bytes in memory.

use super::{ContainerMark, TerminalView};
use crate::Machine;

/// One cell of the address-space strip: a page (or several) of the task's mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripCell {
    /// Mapped, no frame yet: nobody touched it.
    Absent,
    /// Program text or another file page.
    File,
    /// A frame that other processes map as well.
    Shared,
    /// A frame of its own.
    Private,
    /// The shared zero frame.
    ZeroPage,
}

/// The bytes of an application's document, as they lie in its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentBytes {
    /// Virtual address of the first byte.
    pub addr: u64,
    /// Frame that it lies in.
    pub pfn: u64,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowView {
    pub tty: u16,
    /// The task in the foreground of that terminal.
    pub task: u64,
    pub comm: String,
    /// PID in the first PID namespace.
    pub pid: i32,
    pub inner_pid: Option<i32>,
    pub container: Option<ContainerMark>,
    pub screen: TerminalView,
    /// Mapped pages in address order, at most 32 cells.
    pub strip: Vec<StripCell>,
    pub document: Option<DocumentBytes>,
}

/// Terminals in use, the console and the shells' included, by number.
pub fn windows(machine: &Machine) -> Vec<WindowView> {
    let _ = machine;
    Vec::new()
}
