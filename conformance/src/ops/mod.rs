//! Operations of processes, one file per section of the format.

mod descriptors;
mod files;
mod identity;
mod ipc;
mod memory;
mod mounts;
mod network;
mod proc_files;
mod processes;

use crate::hands::{Halt, Hands, OpResult};

pub use processes::{end_text, signal_text, signals_of_the_runtime};

/// An operation: run from its start with every answer that has come.
type Op = fn(&mut Hands<'_>) -> OpResult;

/// Every section's operations by name.
const SECTIONS: &[&[(&str, Op)]] = &[
    processes::OPS,
    identity::OPS,
    ipc::OPS,
    memory::OPS,
    files::OPS,
    descriptors::OPS,
    mounts::OPS,
    network::OPS,
    proc_files::OPS,
];

/// Operations of the format that the adapter does not carry out yet. Whoever writes one takes its
/// name away here.
const UNANSWERED: &[&str] = &[];

fn find(name: &str) -> Result<Op, String> {
    let mut all = SECTIONS.iter().flat_map(|section| section.iter());
    if UNANSWERED.contains(&name) {
        return Ok(|_| Err(Halt::Bad("not answered".into())));
    }
    all.find(|(known, _)| *known == name)
        .map(|(_, op)| *op)
        .ok_or_else(|| format!("unknown operation '{name}'"))
}

/// # Errors
/// No such operation.
pub fn check(name: &str) -> Result<(), String> {
    find(name).map(|_| ())
}

/// Operations whose success has no value, although a filter's trap may leave one in its place.
const WITHOUT_VALUE: [&str; 8] = [
    "chroot",
    "kill",
    "mkdir",
    "mount",
    "setns",
    "setuid",
    "sethostname",
    "unshare",
];

/// Runs an operation as far as the answers go.
///
/// # Errors
/// [`crate::hands::Halt`].
pub fn run(name: &str, hands: &mut Hands<'_>) -> OpResult {
    let value = find(name)?(hands)?;
    Ok(match WITHOUT_VALUE.contains(&name) {
        true => 0.into(),
        false => value,
    })
}
