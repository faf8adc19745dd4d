//! From views to geometry: pure functions, tested natively.

pub mod diff;
pub mod format;
pub mod grid;
pub mod palette;
