//! What makes containers: `docker` and `runc`, programs in ring 3 like any other.
//!
//! Everything here is system calls. The kernel never hears the word.

mod cgroup;
mod confine;
mod docker;
mod exec;
mod layers;
mod runc;
mod state;

pub use docker::docker;
pub use runc::runc;
