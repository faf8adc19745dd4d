//! A deterministic model of a computer, after Linux.
//!
//! ```text
//! hw  <-  kernel  <-  user, runtime  <-  machine  <-  session
//!                                         view reads all of them; none of them reads view
//! ```
//!
//! * [`hw`] is the silicon: CPUs, RAM, MMU, terminals, a disk. It holds no policy.
//! * [`kernel`] has Linux's names and Linux's rules. It does not know what a container is.
//! * [`user`] is what runs in ring 3; [`runtime`] is the part of it that makes containers.
//!   Both change the machine through system calls only.
//! * [`machine`] ties them together: a [`Command`] goes in, [`Event`]s come out, and a
//!   [`Machine`] is one value that can be cloned, compared and hashed.
//! * [`session`] is time: a log of commands, keyframes, seeking, branches, and the script text.
//! * [`observe`] answers the questions of tests and of recorded cases.
//! * [`view`] turns a machine into plain snapshots, one per panel.
//!
//! No clock, no floats, no hash order, no unsafe; the same commands give the same
//! [`Machine::digest`] natively and in a browser.

pub mod command;
pub mod event;
pub mod hw;
pub mod kernel;
pub mod machine;
pub mod observe;
pub mod runtime;
pub mod session;
pub mod store;
pub mod text;
pub mod user;
pub mod view;

pub use command::Command;
pub use event::{Event, Sink};
pub use machine::{BootOptions, Machine};
pub use session::Session;
