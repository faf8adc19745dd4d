//! Who is alive, and in which namespaces.

use super::Op;
use crate::case::Params;
use crate::hands::{Halt, OpResult};
use crate::world::World;
use serde_json::{Map, Value, json};
use sim_core::observe;

pub const OPS: &[(&str, Op)] = &[("alive", alive), ("ns", ns), ("proc", proc)];

/// Links in /proc/PID/ns, and which numbering of `ctl ns` each is of: the two of `pid` and of
/// `time` share one.
pub const TYPES: [(&str, &str); 10] = [
    ("pid", "pid"),
    ("mnt", "mnt"),
    ("uts", "uts"),
    ("ipc", "ipc"),
    ("net", "net"),
    ("user", "user"),
    ("cgroup", "cgroup"),
    ("pid_for_children", "pid"),
    ("time", "time"),
    ("time_for_children", "time"),
];

fn alive(world: &mut World, _: &Params) -> OpResult {
    let mut answer = Map::new();
    for actor in &world.actors {
        let state = match observe::state(&world.machine, actor.task) {
            Some('T') => "T",
            Some('Z') => "Z",
            // Waiting, blocked, frozen.
            Some(_) => "S",
            None => "gone",
        };
        answer.insert(actor.name.clone(), state.into());
    }
    Ok(answer.into())
}

/// Numbers all namespaces of a task, and tells the numbers by type.
pub fn number_namespaces(world: &mut World, task: u64) -> Map<String, Value> {
    let mut answer = Map::new();
    for (name, numbering) in TYPES {
        let id = observe::namespace(&world.machine, task, name);
        let number = id.map(|id| {
            let seen = world.namespaces.entry(numbering).or_default();
            seen.iter()
                .position(|known| *known == id)
                .unwrap_or_else(|| {
                    seen.push(id);
                    seen.len() - 1
                })
        });
        answer.insert(name.into(), json!(number));
    }
    answer
}

fn ns(world: &mut World, params: &Params) -> OpResult {
    let mut types = params.list("types");
    if types.is_empty() {
        types = TYPES[..7].iter().map(|(name, _)| (*name).into()).collect();
    }
    for name in &types {
        if !TYPES.iter().any(|(known, _)| known == name) {
            return Err(Halt::Bad(format!("no type of namespace '{name}'")));
        }
    }
    let mut answer = Map::new();
    for name in params.list("of") {
        let task = task_of(world, &name)?;
        let mut all = number_namespaces(world, task);
        let chosen: Map<String, Value> = types
            .iter()
            .filter_map(|t| Some((t.clone(), all.remove(t)?)))
            .collect();
        answer.insert(name, chosen.into());
    }
    Ok(answer.into())
}

/// The task of a process that was ever made.
pub fn task_of(world: &World, name: &str) -> Result<u64, Halt> {
    world
        .actor(name)
        .map(|actor| actor.task)
        .ok_or_else(|| Halt::Bad(format!("no process '{name}'")))
}

fn proc(world: &mut World, params: &Params) -> OpResult {
    let task = task_of(world, &params.text("of")?)?;
    let Some(seen) = observe::process(&world.machine, task) else {
        return Ok(Value::Null);
    };
    let parent = seen.parent.and_then(|parent| {
        let mut all = world.actors.iter();
        all.find(|actor| actor.task == parent)
            .map(|actor| actor.name.clone())
    });
    Ok(json!({
        "nspid": seen.numbers,
        "parent": parent.unwrap_or_else(|| "outside".into()),
        "state": seen.state.to_string(),
        "uid": seen.uids,
        "gid": seen.gids,
    }))
}
