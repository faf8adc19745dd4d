//! The column beside the stage.

pub mod about;
pub mod calls;
pub mod dialog;
pub mod memory;
pub mod sched;
pub mod script;
pub mod share;
pub mod worlds;
