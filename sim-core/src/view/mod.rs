//! Plain snapshots of a machine, one per panel. A view costs what is visible, not what exists.

mod cpus;
mod ram;
mod sched;
mod tasks;
mod terminal;
mod windows;

pub use crate::kernel::NsKind;
pub use cpus::{CpuMode, CpuView, cpus};
pub use ram::{FrameCell, FrameKind, RamView, ram};
pub use sched::{CpuQueue, QueuedTask, SchedView, Sleeper, WaitFor, run_queues};
pub use tasks::{ContainerMark, TaskRow, TaskState, tasks};
pub use terminal::{TerminalView, terminal};
pub use windows::{DocumentBytes, STRIP_CELLS, StripCell, WindowView, windows};
