//! Operations of the observer, who is outside the world.

mod groups;
mod memory;
mod network;
mod tasks;

use crate::case::Params;
use crate::hands::{Halt, OpResult};
use crate::world::World;

pub use tasks::{TYPES, number_namespaces};

type Op = fn(&mut World, &Params) -> OpResult;

/// Every observation by name.
const SECTIONS: &[&[(&str, Op)]] = &[groups::OPS, memory::OPS, network::OPS, tasks::OPS];

/// Observations that the adapter does not make yet.
const UNANSWERED: &[&str] = &[];

/// # Errors
/// [`crate::hands::Halt`]: no such observation, or one that makes no sense here.
pub fn observe(world: &mut World, name: &str, params: &Params) -> OpResult {
    let mut all = SECTIONS.iter().flat_map(|section| section.iter());
    if UNANSWERED.contains(&name) {
        return Err(Halt::Bad("not answered".into()));
    }
    let found = all.find(|(known, _)| *known == name);
    let (_, op) = found.ok_or_else(|| format!("unknown observation '{name}'"))?;
    op(world, params)
}

/// # Errors
/// No such observation.
pub fn check(name: &str) -> Result<(), String> {
    let mut all = SECTIONS.iter().flat_map(|section| section.iter());
    match UNANSWERED.contains(&name) || all.any(|(known, _)| *known == name) {
        true => Ok(()),
        false => Err(format!("unknown observation '{name}'")),
    }
}
