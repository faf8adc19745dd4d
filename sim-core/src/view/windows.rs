//! App windows: what a task last wrote to its terminal, and beneath it its bytes in memory.

use super::space::place;
use super::tasks::{container_of, first_pid_of, inner_pid_of};
use super::{ContainerMark, TerminalView, terminal};
use crate::Machine;
use crate::hw::{Contents, PAGE_BYTES, PteFlags};
use crate::kernel::mm::{AddressSpace, Vma, VmaName, entry_of};
use crate::kernel::task::RunState;
use crate::kernel::{Task, TaskId};
use crate::store::SortedMap;

/// One cell of the address-space strip: a page of the task's mappings.
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
    /// On the disk.
    Swapped,
}

/// The bytes of an application's document, as they lie in its memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentBytes {
    /// Address of the first byte, as its program sees it: virtual, or physical without an MMU.
    pub addr: u64,
    /// Frame that it lies in.
    pub pfn: u64,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowView {
    pub tty: u16,
    /// The task that the window belongs to.
    pub task: u64,
    pub comm: String,
    /// PID in the first PID namespace.
    pub pid: i32,
    pub inner_pid: Option<i32>,
    pub container: Option<ContainerMark>,
    pub screen: TerminalView,
    /// Mapped pages in address order, at most [`STRIP_CELLS`].
    pub strip: Vec<StripCell>,
    /// Mapped pages in all; more than the strip shows if the strip is full.
    pub mapped_pages: u64,
    pub document: Option<DocumentBytes>,
}

/// Cells of a strip: two rows of sixteen.
pub const STRIP_CELLS: usize = 32;
/// Of them, what is kept for the stack.
const STACK_CELLS: usize = 4;
/// Bytes of the document that a window shows.
const DOCUMENT_BYTES: usize = 64;

/// Terminals with a process on them, by number: the shells' included, the console's not.
/// A window belongs to the youngest process of the terminal's foreground that is no zombie, but
/// not to a fork of it that still runs the same program.
pub fn windows(machine: &Machine) -> Vec<WindowView> {
    let k = &machine.kernel;
    let mut by_tty: SortedMap<u16, (&Task, TaskId)> = SortedMap::default();
    for (id, task) in k.tasks.iter() {
        let Some(tty) = task.tty.filter(|tty| tty.0 != 0) else {
            continue;
        };
        if task.state == RunState::Zombie {
            continue;
        }
        let takes =
            |(held, _): &(&Task, TaskId)| (held.born < task.born) == (held.program != task.program);
        if by_tty.get(&tty.0).is_none_or(takes) {
            by_tty.insert(tty.0, (task, id));
        }
    }
    let with_task = by_tty
        .iter()
        .filter_map(|(tty, (_, id))| Some((*tty, *id, k.tasks.get(*id)?)));
    with_task
        .map(|(tty, id, task)| window(machine, tty, id, task))
        .collect()
}

fn window(machine: &Machine, tty: u16, id: TaskId, task: &Task) -> WindowView {
    let k = &machine.kernel;
    let space = task.mm.and_then(|mm| k.mm.spaces.get(mm));
    WindowView {
        tty,
        task: id.as_u64(),
        comm: task.comm.to_string(),
        pid: first_pid_of(k, task),
        inner_pid: inner_pid_of(k, task),
        container: container_of(k, task),
        screen: terminal(machine, tty),
        strip: space.map(|s| strip(machine, s)).unwrap_or_default(),
        mapped_pages: space.map_or(0, |s| s.size_pages()),
        document: space.and_then(|s| document(machine, s)),
    }
}

/// Text, data, heap and mappings from the left; the stack, which grows down, from the right.
fn strip(machine: &Machine, space: &AddressSpace) -> Vec<StripCell> {
    let is_stack = |vma: &&Vma| vma.name == VmaName::Stack;
    let low = space
        .vmas
        .iter()
        .filter(|vma| !is_stack(vma))
        .flat_map(|vma| vma.start..vma.end);
    let mut pages: Vec<u64> = low.take(STRIP_CELLS - STACK_CELLS).collect();
    let stack = space
        .vmas
        .iter()
        .find(is_stack)
        .map_or(0..0, |vma| vma.start..vma.end);
    let shown = (STRIP_CELLS - pages.len()).min((stack.end - stack.start) as usize) as u64;
    pages.extend(stack.end - shown..stack.end);
    pages
        .into_iter()
        .map(|vpn| cell(machine, space, vpn))
        .collect()
}

fn cell(machine: &Machine, space: &AddressSpace, vpn: u64) -> StripCell {
    place(&machine.kernel, entry_of(&machine.hw, space, vpn))
}

/// The start of the heap, where applications keep their documents.
pub(super) fn document(machine: &Machine, space: &AddressSpace) -> Option<DocumentBytes> {
    let heap = space.vmas.iter().find(|vma| vma.name == VmaName::Heap)?;
    let addr = heap.start * PAGE_BYTES as u64;
    let pte = entry_of(&machine.hw, space, heap.start);
    if !pte.has(PteFlags::PRESENT) {
        return None;
    }
    let frame: &Contents = machine.hw.ram.frame(pte.pfn());
    let mut bytes = vec![0; DOCUMENT_BYTES];
    frame.read(0, &mut bytes);
    Some(DocumentBytes {
        addr,
        pfn: pte.pfn().0,
        bytes,
    })
}
