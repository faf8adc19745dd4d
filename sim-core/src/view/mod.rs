//! Plain snapshots of a machine, one per panel. A view costs what is visible, not what exists.

mod cpus;
mod disk;
mod eyes;
mod isolation;
mod machine;
mod ram;
mod sched;
mod space;
mod tasks;
mod terminal;
mod tlb;
mod walk;
mod windows;

pub use crate::hw::Mmu;
pub use crate::kernel::{Errno, FaultOutcome, NsKind, Signal, TaskId};
pub use cpus::{CpuMode, CpuView, cpus};
pub use disk::{DiskView, SlotView, disk};
pub use eyes::{EyesView, SeenDevice, SeenPage, SeenProc, SeenRoot, SeenTask, eyes};
pub use isolation::{DialState, IsolationView, Usage, isolation, last_injected};
pub use machine::{MachineView, machine};
pub use ram::{FrameCell, FrameKind, RamView, RamWatch, ram};
pub use sched::{CpuQueue, QueuedTask, SchedView, Sleeper, WaitFor, run_queues};
pub use space::{MappingKind, MappingView, PageCounts, SpaceView, address_space, pages};
pub use tasks::{ContainerMark, TaskRow, TaskState, name, tasks};
pub use terminal::{TerminalView, terminal};
pub use tlb::{TlbEntryView, TlbView, tlb};
pub use walk::{EntryBits, StoreFate, TableLevel, Walk, WalkEnd, WalkStep, walk};
pub use windows::{DocumentBytes, STRIP_CELLS, StripCell, WindowView, windows};
