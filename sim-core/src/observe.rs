//! What an observer outside the machine may know of it: plain answers to plain questions.
//!
//! Views are for panels; these are for tests and recorded cases.

mod memory;
mod mounts;
mod tasks;

pub use memory::{MappedRun, PageSeen, mappings, pages};
pub use mounts::mountinfo;
pub use tasks::{
    Process, answer, interfaces, is_dead, is_handled, namespace, process, returned, state,
    task_with_pid,
};
