//! Control groups, handled from outside the world.

use super::Op;
use super::tasks::task_of;
use crate::case::Params;
use crate::hands::{Halt, OpResult};
use crate::world::World;
use serde_json::{Value, json};
use sim_core::Sink;
use sim_core::kernel::cgroup::{CgroupFile, Hierarchy};

pub const OPS: &[(&str, Op)] = &[
    ("cg_attach", attach),
    ("cg_get", get),
    ("cg_mkdir", mkdir),
    ("cg_procs", procs),
    ("cg_rmdir", rmdir),
    ("cg_set", set),
];

fn mkdir(world: &mut World, params: &Params) -> OpResult {
    world.machine.cgroup_mkdir(&params.text("c")?)?;
    Ok(0.into())
}

fn rmdir(world: &mut World, params: &Params) -> OpResult {
    world.machine.cgroup_rmdir(&params.text("c")?)?;
    Ok(0.into())
}

fn attach(world: &mut World, params: &Params) -> OpResult {
    let task = task_of(world, &params.text("who")?)?;
    let path = params.text("c")?;
    world.machine.cgroup_attach(&path, task, &mut Sink::Null)?;
    Ok(0.into())
}

fn procs(world: &mut World, params: &Params) -> OpResult {
    let tasks = world.machine.cgroup_procs(&params.text("c")?)?;
    let actors = world.actors.iter();
    let mut names: Vec<&str> = actors
        .filter(|actor| tasks.contains(&actor.task))
        .map(|actor| actor.name.as_str())
        .collect();
    names.sort_unstable();
    Ok(json!(names))
}

/// The file of version 1 that a key of version 2 stands for.
fn file(key: &str) -> Result<(Hierarchy, CgroupFile), Halt> {
    Ok(match key {
        "pids.max" => (Hierarchy::Pids, CgroupFile::PidsMax),
        "pids.current" => (Hierarchy::Pids, CgroupFile::PidsCurrent),
        "memory.max" => (Hierarchy::Memory, CgroupFile::MemoryLimit),
        "memory.events" => (Hierarchy::Memory, CgroupFile::MemoryOomControl),
        other => return Err(Halt::Bad(format!("no key '{other}'"))),
    })
}

fn set(world: &mut World, params: &Params) -> OpResult {
    let (hierarchy, file) = file(&params.text("key")?)?;
    let (path, value) = (params.text("c")?, params.text("val")?);
    let machine = &mut world.machine;
    machine.cgroup_write(hierarchy, &path, file, &value, &mut Sink::Null)?;
    Ok(0.into())
}

fn get(world: &mut World, params: &Params) -> OpResult {
    let key = params.text("key")?;
    let (hierarchy, file) = file(&key)?;
    let path = params.text("c")?;
    let machine = &mut world.machine;
    let text = machine.cgroup_read(hierarchy, &path, file, &mut Sink::Null)?;
    let text = text.trim();
    if key == "memory.events" {
        let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        let kills: Option<i64> = line.and_then(|count| count.parse().ok());
        return Ok(json!({ "oom_kill": kills }));
    }
    Ok(match text.parse::<u64>() {
        Ok(number) => number.into(),
        Err(_) => Value::from(text),
    })
}
