//! Packet filter rules.

use super::Op;
use super::tasks::task_of;
use crate::case::Params;
use crate::hands::{Halt, OpResult};
use crate::world::World;

pub const OPS: &[(&str, Op)] = &[("nft", nft)];

fn nft(world: &mut World, params: &Params) -> OpResult {
    let task = task_of(world, &params.text("ns")?)?;
    let commands = params.text("cmd")?;
    world.machine.nft(task, &commands).map_err(Halt::Bad)?;
    Ok(0.into())
}
