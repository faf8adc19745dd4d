//! Cases recorded on a real Linux kernel, run against the model.
//!
//! ```text
//! case   the format: steps with parameters and recorded outcomes
//! world  the machine of a case, its actors by name, and time until they answer
//! ops    operations of processes, as system calls and instructions
//! ctl    operations of the observer, who is outside
//! run    a case from beginning to end; compare and report
//! ```
//!
//! Nothing here knows a case by its id, and sim-core does not know this crate.

pub mod case;
pub mod ctl;
pub mod hands;
pub mod ops;
pub mod report;
pub mod run;
pub mod world;

pub use case::{Case, CaseError, Step};
pub use report::Report;
pub use run::{Difference, Options, Verdict, run};
