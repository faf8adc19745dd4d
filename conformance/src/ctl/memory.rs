//! Pages and mappings.

use super::Op;
use crate::case::Params;
use crate::hands::{Halt, OpResult, Region};
use crate::world::World;
use serde_json::{Map, Value, json};
use sim_core::observe::{self, PageSeen};

pub const OPS: &[(&str, Op)] = &[("pages", pages), ("rss", rss), ("vmas", vmas)];

/// `A.m`: the task and the region.
fn place(world: &World, name: &str) -> Result<(u64, Region), Halt> {
    let bad = || Halt::Bad(format!("no region '{name}'"));
    let (actor, region) = name.split_once('.').ok_or_else(bad)?;
    let actor = world.actor(actor).ok_or_else(bad)?;
    let region = actor.notes.regions.get(region).ok_or_else(bad)?;
    Ok((actor.task, *region))
}

fn seen(world: &World, name: &str) -> Result<Vec<PageSeen>, Halt> {
    let (task, region) = place(world, name)?;
    Ok(observe::pages(
        &world.machine,
        task,
        region.addr,
        region.pages,
    ))
}

fn pages(world: &mut World, params: &Params) -> OpResult {
    let mut numbered: Vec<u64> = Vec::new();
    let (mut frames, mut counts) = (Map::new(), Map::new());
    for name in params.list("of") {
        let row = seen(world, &name)?.into_iter().map(|page| match page {
            PageSeen::Absent => "-".to_string(),
            PageSeen::Zero => "Z".to_string(),
            PageSeen::Frame { pfn, maps } => {
                let known = numbered.iter().position(|seen| *seen == pfn);
                let label = format!("f{}", known.unwrap_or(numbered.len()));
                if known.is_none() {
                    numbered.push(pfn);
                    counts.insert(label.clone(), maps.into());
                }
                label
            }
        });
        let row: Vec<Value> = row.map(Value::from).collect();
        frames.insert(name, row.into());
    }
    Ok(json!({ "frames": frames, "mapcount": counts }))
}

fn rss(world: &mut World, params: &Params) -> OpResult {
    let row = seen(world, &params.text("of")?)?;
    let present = row
        .iter()
        .filter(|page| matches!(page, PageSeen::Frame { .. }));
    Ok(present.count().into())
}

fn vmas(world: &mut World, params: &Params) -> OpResult {
    let (task, region) = place(world, &params.text("of")?)?;
    let runs = observe::mappings(&world.machine, task, region.addr, region.pages);
    let rows = runs
        .into_iter()
        .map(|run| json!([run.first, run.pages, run.rights]));
    Ok(rows.collect::<Vec<Value>>().into())
}
