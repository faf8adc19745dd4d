//! One step of a case.

use super::{Actor, Result, World, go_on};
use conformance::case::Step;
use serde_json::{Map, Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long everything may take to come to rest.
const REST_TIMEOUT: Duration = Duration::from_secs(8);
/// Between two looks, and how many in a row must find rest.
const REST_LOOK: Duration = Duration::from_micros(1500);
const REST_LOOKS: u32 = 3;

/// How long an operation may take, how often its process is looked at, and how many times in a
/// row it must be asleep to be blocked.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_LOOK: Duration = Duration::from_millis(2);
const BLOCKED_LOOKS: u32 = 45;

impl World {
    /// The outcome of a step.
    pub fn step(&mut self, at: usize, step: &Step) -> Result<Value> {
        go_on()?;
        let mut out = if step.actor == "ctl" {
            self.observe(&step.op, &step.params)?
        } else {
            self.act(at, step)?
        };
        self.settle()?;
        let ended = self.deaths(&step.actor)?;
        let mut woke = Map::new();
        for actor in &mut self.actors {
            if actor.busy.is_some()
                && actor.ended.is_none()
                && actor.name != step.actor
                && let Some(received) = actor.channel.receive(Duration::ZERO)?
            {
                actor.busy = None;
                woke.insert(actor.name.clone(), cleaned(actor, received.message)?);
            }
        }
        for (name, map) in [("ended", ended), ("woke", woke)] {
            if !map.is_empty() {
                out[name] = map.into();
            }
        }
        Ok(out)
    }

    /// Lets a process act.
    fn act(&mut self, at: usize, step: &Step) -> Result<Value> {
        let who = self.find(&step.actor)?;
        let actor = &self.actors[who];
        if let Some(status) = &actor.ended {
            return Err(format!("{} has ended ({status})", actor.name));
        }
        if let Some(since) = actor.busy {
            return Err(format!("{} is still blocked in step {since}", actor.name));
        }
        let mut message = step.params.0.clone();
        message.insert("op".into(), step.op.clone().into());
        if step.op != "fork" {
            return self.ask(at, who, &step.op, &message);
        }
        let name = step.params.text("as")?;
        if self.find(&name).is_ok() {
            return Err(format!("there is a process '{name}' already"));
        }
        let child = self.free.pop_front().ok_or("too many processes")?;
        message.insert("_channel".into(), child.number_of_other_end().into());
        let out = self.ask(at, who, &step.op, &message)?;
        if out.get("ret").is_some() {
            let regions = self.actors[who].regions.clone();
            self.adopt(&name, child)?;
            if let Some(actor) = self.actors.last_mut() {
                actor.regions = regions;
            }
        } else {
            self.free.push_front(child);
        }
        Ok(out)
    }

    fn ask(
        &mut self,
        at: usize,
        who: usize,
        op: &str,
        message: &Map<String, Value>,
    ) -> Result<Value> {
        let actor = &mut self.actors[who];
        let before = [clock(libc::CLOCK_MONOTONIC), clock(libc::CLOCK_BOOTTIME)];
        actor.channel.send(message)?;
        let end = Instant::now() + ANSWER_TIMEOUT;
        let mut quiet = 0;
        let mut message = loop {
            go_on()?;
            if let Some(received) = actor.channel.receive(ANSWER_LOOK)? {
                break received.message;
            }
            if actor.is_dead() {
                // It may have answered in between.
                match actor.channel.receive(Duration::ZERO)? {
                    Some(received) => break received.message,
                    None => return Ok(json!({"died": actor.final_status()?})),
                }
            }
            let is_quiet = actor.stat().is_some_and(|s| matches!(s.state, 'S' | 'T'));
            quiet = if is_quiet { quiet + 1 } else { 0 };
            if quiet > BLOCKED_LOOKS {
                actor.busy = Some(at);
                return Ok(json!({"blocked": true}));
            }
            if Instant::now() > end {
                return Err(format!("{} does not answer {op}", actor.name));
            }
        };
        if op == "exec" && remove(&mut message, "_exec").is_some() {
            actor.regions.clear();
        }
        let mut message = cleaned(actor, message)?;
        match message.get_mut("ret") {
            Some(ret) if op == "clock" => *ret = clock_offsets(ret, before)?,
            Some(Value::Array(rows)) if op == "mounts" => canonical_mounts(rows),
            _ => {}
        }
        Ok(message)
    }

    /// Waits until every process is asleep, stopped, dead or gone, in several looks in a row.
    pub(super) fn settle(&self) -> Result<()> {
        let end = Instant::now() + REST_TIMEOUT;
        let mut calm = 0;
        let mut last = None;
        while calm < REST_LOOKS {
            go_on()?;
            let there = self.actors.iter().filter(|actor| !actor.is_reaped);
            let look: Vec<_> = there.map(Actor::stat).collect();
            let is_still = |stat: &Option<super::actor::Stat>| {
                stat.as_ref()
                    .is_none_or(|stat| matches!(stat.state, 'S' | 'Z' | 'T' | 'X' | 't'))
            };
            let is_same = last.as_ref().is_none_or(|last| *last == look);
            calm = if look.iter().all(is_still) && is_same {
                calm + 1
            } else {
                0
            };
            if Instant::now() > end {
                return Err(format!("does not come to rest: {look:?}"));
            }
            last = Some(look);
            sleep(REST_LOOK);
        }
        Ok(())
    }

    /// Who has died since, but for the one that acted.
    fn deaths(&mut self, acting: &str) -> Result<Map<String, Value>> {
        let mut dead = Map::new();
        for actor in &mut self.actors {
            if actor.ended.is_none() && actor.is_dead() {
                let status = actor.final_status()?;
                if actor.name != acting {
                    dead.insert(actor.name.clone(), status.clone().into());
                }
                actor.ended = Some(status);
                actor.busy = None;
            }
            if actor.ended.is_some() && !actor.is_reaped && actor.stat().is_none() {
                actor.is_reaped = true;
            }
        }
        Ok(dead)
    }
}

fn remove(message: &mut Value, name: &str) -> Option<Value> {
    message.as_object_mut()?.shift_remove(name)
}

/// A message without what was only for here.
fn cleaned(actor: &mut Actor, mut message: Value) -> Result<Value> {
    if let Some(reason) = remove(&mut message, "case_error") {
        return Err(format!("{}: {reason}", actor.name));
    }
    remove(&mut message, "_exec");
    let [label, addr, bytes] =
        ["_label", "_addr", "_bytes"].map(|name| remove(&mut message, name).unwrap_or_default());
    if let (Some(label), Some(addr), Some(bytes)) = (label.as_str(), addr.as_u64(), bytes.as_u64())
    {
        let region = (addr as usize, bytes as usize);
        actor.regions.insert(label.into(), region);
    }
    Ok(message)
}

/// Seconds.
fn clock(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: A structure to fill in.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec
}

/// How far a time namespace has moved the clocks, in tens of seconds rounded.
fn clock_offsets(seconds: &Value, before: [i64; 2]) -> Result<Value> {
    let offset = |at: usize| -> Option<i64> {
        let moved = seconds.get(at)?.as_i64()? - before[at];
        Some((moved + 5).div_euclid(10) * 10)
    };
    match (offset(0), offset(1)) {
        (Some(monotonic), Some(boottime)) => {
            Ok(json!({"monotonic": monotonic, "boottime": boottime}))
        }
        _ => Err(format!("odd clocks: {seconds}")),
    }
}

/// By mount point, stacked ones lowest first; peer groups numbered as they come.
fn canonical_mounts(rows: &mut [Value]) {
    rows.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    let mut groups: Vec<String> = vec![];
    for row in rows {
        let Some(text) = row[4].as_str() else {
            continue;
        };
        let words = text
            .split_whitespace()
            .map(|word| match word.split_once(':') {
                None => word.to_string(),
                Some((kind, group)) => {
                    let at = groups.iter().position(|known| known == group);
                    let at = at.unwrap_or_else(|| {
                        groups.push(group.into());
                        groups.len() - 1
                    });
                    format!("{kind}:{}", at + 1)
                }
            });
        row[4] = words.collect::<Vec<_>>().join(" ").into();
    }
}
