//! Between the page and the session: how wall time becomes simulated time, and the two worlds.

pub mod names;
pub mod pace;
pub mod worlds;
