//! A random walk on the kernel: each next step is drawn from what is alive.

use super::random::Random;
use super::{Kind, kinds};
use crate::world::{Layout, World};
use conformance::Case;
use conformance::case::{Params, Step};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most processes of a walk.
const ACTORS_MAX: usize = 14;

pub struct Walk {
    pub random: Random,
    pub world: World,
    pub steps: Vec<Step>,
    pub regions_made: usize,
    /// System V objects that an actor has labels for.
    pub labels: BTreeMap<String, Vec<String>>,
    actors_made: usize,
}

/// A walk of so many steps, or fewer when nothing can be drawn any more. Its outcomes are those
/// of this one time.
///
/// # Errors
/// The world cannot be made, or does not answer.
pub fn walk(kind: Kind, seed: u64, steps: usize, layout: &Layout) -> Result<Case, String> {
    // Walks of different kinds shall not make the same choices.
    let random = Random::new(seed.wrapping_mul(16).wrapping_add(kind as u64));
    let mut walk = Walk::new(random, World::new(layout)?);
    for _ in 0..steps * 20 {
        if walk.steps.len() >= steps {
            break;
        }
        match kind {
            Kind::Proc => kinds::proc(&mut walk)?,
            Kind::Mem => kinds::mem(&mut walk)?,
            Kind::Mount => kinds::mount(&mut walk)?,
            Kind::Cred => kinds::cred(&mut walk)?,
            Kind::Signals => kinds::signals(&mut walk)?,
            Kind::Files => kinds::files(&mut walk)?,
            Kind::Overlay => kinds::overlay(&mut walk)?,
            Kind::Names => kinds::names(&mut walk)?,
            Kind::Ipc => kinds::ipc(&mut walk)?,
            Kind::Groups => kinds::groups(&mut walk)?,
            Kind::Net => kinds::net(&mut walk)?,
            Kind::Roots => kinds::roots(&mut walk)?,
            Kind::Pages => kinds::pages(&mut walk)?,
            Kind::Nat => kinds::nat(&mut walk)?,
        }
    }
    Ok(Case {
        id: format!("drift-{}-{seed}", kind.name()),
        topic: format!("rnd-{}", kind.name()),
        title: format!("random walk ({}, seed {seed})", kind.name()),
        steps: walk.steps,
    })
}

impl Walk {
    pub fn new(random: Random, world: World) -> Self {
        Self {
            random,
            world,
            steps: vec![],
            regions_made: 0,
            labels: BTreeMap::new(),
            actors_made: 0,
        }
    }

    /// Takes a step: its outcome.
    pub fn take(
        &mut self,
        actor: &str,
        op: &str,
        params: &[(&str, Value)],
    ) -> Result<Value, String> {
        let params = params.iter();
        let params: Map<String, Value> = params
            .map(|(name, value)| ((*name).to_string(), value.clone()))
            .collect();
        self.take_step(Step {
            actor: actor.into(),
            op: op.into(),
            params: Params(params),
            out: None,
        })
    }

    /// As [`Walk::take`], with the parameters as an object: its outcome.
    pub fn act_for(&mut self, actor: &str, op: &str, params: Value) -> Result<Value, String> {
        let Value::Object(params) = params else {
            return Err("parameters are an object".into());
        };
        // What one asked for before may have ended or stopped it.
        let can_act = actor == "ctl" || self.live().iter().any(|name| name == actor);
        if !can_act {
            return Ok(Value::Null);
        }
        self.take_step(Step {
            actor: actor.into(),
            op: op.into(),
            params: Params(params),
            out: None,
        })
    }

    pub fn act(&mut self, actor: &str, op: &str, params: Value) -> Result<(), String> {
        self.act_for(actor, op, params).map(|_| ())
    }

    /// As [`Walk::take`].
    pub fn take_step(&mut self, mut step: Step) -> Result<Value, String> {
        let at = self.steps.len();
        let out = self.world.step(at, &step);
        let out = out.map_err(|reason| format!("step {at}, {step}: {reason}"))?;
        step.out = Some(out.clone());
        self.steps.push(step);
        Ok(out)
    }

    /// Who could act.
    pub fn live(&self) -> Vec<String> {
        let is_waiting = |actor: &&crate::world::Actor| {
            actor.ended.is_none()
                && actor.busy.is_none()
                && actor.stat().is_some_and(|stat| stat.state == 'S')
        };
        let live = self.world.actors.iter().filter(is_waiting);
        live.map(|actor| actor.name.clone()).collect()
    }

    pub fn anyone(&mut self) -> String {
        let live = self.live();
        self.one_of(&live).unwrap_or_else(|| "init".into())
    }

    pub fn anyone_but_init(&mut self) -> Option<String> {
        let mut live = self.live();
        live.retain(|name| name != "init");
        self.one_of(&live)
    }

    pub fn one_of(&mut self, names: &[String]) -> Option<String> {
        let at = self.random.between(0, names.len());
        names.get(at).cloned()
    }

    pub fn fork(&mut self, parent: &str, flags: Option<&str>) -> Result<(), String> {
        if self.world.actors.len() > ACTORS_MAX || self.actors_made >= 26 {
            return Ok(());
        }
        let name = char::from(b'A' + self.actors_made as u8).to_string();
        self.actors_made += 1;
        let mut params = vec![("as", Value::from(name.clone()))];
        params.extend(flags.map(|flags| ("flags", Value::from(flags))));
        if let Some(labels) = self.labels.get(parent).cloned() {
            self.labels.insert(name, labels);
        }
        self.take(parent, "fork", &params).map(|_| ())
    }
}
