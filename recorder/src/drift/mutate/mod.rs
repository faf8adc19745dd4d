//! Recorded cases with something changed: as they could have been recorded as well.
//!
//! ```text
//! corpus  cases as material
//! change  what is changed in a case
//! fit     what of a changed step the world allows
//! ```

mod change;
mod corpus;
mod fit;

use super::random::Random;
use super::walk::Walk;
use crate::environment::is_interrupted;
use crate::world::{Layout, World};
use conformance::Case;
use conformance::case::Step;
pub use corpus::Corpus;
use serde_json::Value;

/// Steps that the world refuses to begin, as a whole, before a case is given up.
const RETRIES: usize = 8;
/// Most steps of a mutant.
const STEPS_MAX: usize = 60;

/// A case with some changes, as the kernel answered it this one time.
///
/// # Errors
/// The world cannot be made, or nothing is left of the case.
pub fn mutant(corpus: &Corpus, seed: u64, layout: &Layout) -> Result<Case, String> {
    let mut random = Random::new(seed.wrapping_mul(4).wrapping_add(0x51ed));
    let count = corpus.cases.len() as u64;
    let at = seed.checked_rem(count).unwrap_or(0) as usize;
    let base = corpus.cases.get(at).ok_or("no cases to change")?;
    let mut plan = base.steps.clone();
    for _ in 0..random.pick(&[1, 2, 2, 3, 4, 6, 9]) {
        change::change(&mut plan, corpus, &mut random);
    }
    plan.truncate(STEPS_MAX);
    for _ in 0..RETRIES {
        match drive(&plan, seed, layout) {
            Ok(steps) => {
                let id = format!("mutant-{}-{seed}", base.id);
                return Ok(Case {
                    topic: format!("rnd-{}", base.topic),
                    title: format!("{} (changed, seed {seed})", base.title),
                    id,
                    steps,
                });
            }
            Err((at, reason)) if at >= plan.len() || is_interrupted() => return Err(reason),
            Err((at, _)) => {
                plan.remove(at);
            }
        }
    }
    Err("too many steps that cannot be begun".into())
}

/// Takes the steps that can be taken; or tells which one broke the world.
fn drive(plan: &[Step], seed: u64, layout: &Layout) -> Result<Vec<Step>, (usize, String)> {
    let world = World::new(layout).map_err(|reason| (usize::MAX, reason))?;
    let mut walk = Walk::new(Random::new(seed), world);
    for (at, step) in plan.iter().enumerate() {
        if let Some(step) = fit::fit(&mut walk, step) {
            let (actor, op) = (step.actor.clone(), step.op.clone());
            let out = walk.take_step(step).map_err(|reason| (at, reason))?;
            if actor == "init" && out.get("died").is_some() {
                return Err((at, "the world's first process never ends".into()));
            }
            // It wanted memory for its own purposes.
            let is_killing = matches!(op.as_str(), "kill" | "pidfd_send" | "poke" | "peek");
            let status = out.get("died").and_then(Value::as_str).unwrap_or_default();
            if status == "sig:SIGABRT" || (status == "sig:SIGKILL" && !is_killing) {
                return Err((at, "the agent has given up".into()));
            }
        }
        if walk.random.is_within(12) {
            probe(&mut walk).map_err(|reason| (usize::MAX, reason))?;
        }
    }
    for _ in 0..3 {
        probe(&mut walk).map_err(|reason| (usize::MAX, reason))?;
    }
    Ok(walk.steps)
}

fn probe(walk: &mut Walk) -> Result<(), String> {
    let ready = fit::ready(walk);
    let Some(actor) = walk.one_of(&ready) else {
        return Ok(());
    };
    let present = fit::present(walk);
    let step = change::probe(&actor, &present, &mut walk.random);
    walk.take_step(step).map(|_| ())
}
