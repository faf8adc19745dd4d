//! Makes a step one that the world can begin: the format leaves open what happens otherwise.

use super::super::walk::Walk;
use crate::world::{PAGE, nft};
use conformance::case::{Params, Step};
use serde_json::Value;

/// Most processes of a mutant.
const ACTORS_MAX: usize = 20;
/// Most pages that a step touches, unless nothing has to be changed in it.
const PAGES_MAX: i64 = 8192;
/// Descriptors from here on are the recorder's own.
const FDS_MAX: i64 = 100;

/// Who can be given an operation.
pub fn ready(walk: &Walk) -> Vec<String> {
    let actors = walk.world.actors.iter();
    let free = actors.filter(|actor| actor.ended.is_none() && actor.busy.is_none());
    free.map(|actor| actor.name.clone()).collect()
}

/// Who has not been reaped.
pub fn present(walk: &Walk) -> Vec<String> {
    let actors = walk.world.actors.iter();
    let there = actors.filter(|actor| !actor.is_reaped && actor.ended.is_none());
    there.map(|actor| actor.name.clone()).collect()
}

/// The step, changed where it must be; none if it cannot be begun.
pub fn fit(walk: &mut Walk, step: &Step) -> Option<Step> {
    let mut step = step.clone();
    step.out = None;
    if step.actor == "ctl" {
        return observed(walk, step);
    }
    let ready = ready(walk);
    if !ready.contains(&step.actor) {
        // Else much of the rest would be lost, or all of it would move to others.
        if walk.random.is_within(60) {
            return None;
        }
        step.actor = walk.one_of(&ready)?;
    }
    if step.op == "fork" {
        return fork(walk, step);
    }
    in_bounds(&step.params)?;
    stays_inside(walk, &step)?;
    if step.actor == "init" && matches!(step.op.as_str(), "exit" | "crash") {
        // The world's first process never ends.
        return None;
    }
    if step.params.text("kind").is_ok_and(|kind| kind == "AS") {
        // The agent's own memory counts there.
        return None;
    }
    if step.op == "ls"
        && step
            .params
            .text("path")
            .is_ok_and(|path| path.starts_with("/proc/") || path == ".")
    {
        // What of the machine itself is there is no matter of the format.
        return None;
    }
    regions(walk, step)
}

fn fork(walk: &Walk, mut step: Step) -> Option<Step> {
    // Who is stopped makes the child later, when nobody asks for its name.
    let is_stopped = !walk.live().contains(&step.actor);
    if walk.world.actors.len() >= ACTORS_MAX || is_stopped {
        return None;
    }
    let is_free = |name: &str| walk.world.find(name).is_err();
    let wanted = step.params.text("as").ok()?;
    if !is_free(&wanted) {
        let name = ('A'..='Z').map(String::from).find(|name| is_free(name))?;
        step.params.0.insert("as".into(), name.into());
    }
    Some(step)
}

fn in_bounds(params: &Params) -> Option<()> {
    let is_within = |name: &str, bounds: std::ops::Range<i64>| {
        !params.has(name) || params.number(name).is_ok_and(|n| bounds.contains(&n))
    };
    let fine = is_within("fd", -1..FDS_MAX)
        && (is_within("to", 0..FDS_MAX) || params.has("from"))
        && (!params.has("populate") || is_within("n", 0..PAGES_MAX));
    fine.then_some(())
}

/// The file system of cgroup2 is one for the whole machine: its own flags are not a world's to
/// change.
fn stays_inside(walk: &Walk, step: &Step) -> Option<()> {
    let is_cgroup2 = |step: &Step| step.params.text("type").is_ok_and(|kind| kind == "cgroup2");
    let flags = step.params.list("flags");
    let has = |wanted: &str| flags.iter().any(|flag| flag == wanted);
    let changes_one = has("remount") && !has("bind") && walk.steps.iter().any(is_cgroup2);
    let makes_one = is_cgroup2(step) && !flags.is_empty();
    (!changes_one && !makes_one).then_some(())
}

/// Regions must be there, and a step stays inside of one.
fn regions(walk: &mut Walk, mut step: Step) -> Option<Step> {
    let makes_one = matches!(step.op.as_str(), "mmap" | "shmat");
    for name in ["r", "fixed"] {
        if !step.params.has(name) || (name == "r" && makes_one) || step.op == "setresuid" {
            continue;
        }
        let wanted = step.params.text(name).ok()?;
        let at = walk.world.find(&step.actor).ok()?;
        let known = &walk.world.actors[at].regions;
        let labels: Vec<String> = known.keys().cloned().collect();
        let label = match known.contains_key(&wanted) {
            true => wanted,
            false => walk.one_of(&labels)?,
        };
        let (_, bytes) = walk.world.actors[at].regions[&label];
        let pages = (bytes / PAGE) as i64;
        let first = step.params.number_or("page", 0).ok()?;
        let default = if matches!(step.op.as_str(), "peek" | "poke") {
            1
        } else {
            pages
        };
        let count = step.params.number_or("n", default).ok()?;
        if first < 0 || count < 0 || first + count > pages {
            let first = first.clamp(0, (pages - 1).max(0));
            step.params.0.insert("page".into(), first.into());
            step.params
                .0
                .insert("n".into(), count.clamp(0, pages - first).into());
        }
        step.params.0.insert(name.into(), label.into());
    }
    let count = step.params.number_or("n", 1).ok()?;
    if matches!(step.op.as_str(), "peek" | "poke") && count > PAGES_MAX {
        return None;
    }
    Some(step)
}

fn observed(walk: &Walk, mut step: Step) -> Option<Step> {
    let is_there = |name: &str| {
        let (name, region) = name
            .split_once('.')
            .map_or((name, None), |(n, r)| (n, Some(r)));
        let actor = walk.world.actors.iter().find(|actor| actor.name == name);
        actor.is_some_and(|actor| {
            !actor.is_reaped
                && actor.ended.is_none()
                && region.is_none_or(|region| actor.regions.contains_key(region))
        })
    };
    match step.op.as_str() {
        "nft" if nft().is_none() || !is_there(&step.params.text("ns").ok()?) => return None,
        "cg_attach" if !is_there(&step.params.text("who").ok()?) => return None,
        _ => {}
    }
    if step.params.has("of") {
        let mut names = step.params.list("of");
        names.retain(|name| is_there(name));
        if names.is_empty() {
            return None;
        }
        step.params
            .0
            .insert("of".into(), Value::from(names.join(",")));
    }
    Some(step)
}
