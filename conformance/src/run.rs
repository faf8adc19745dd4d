//! A case from beginning to end.

use crate::case::{Case, CaseError};
use crate::world::{Checks, World};
use crate::{ctl, ops};
use serde_json::Value;
use sim_core::BootOptions;
use sim_core::hw::cost::Costs;
use sim_core::kernel::rule::Rule;
use std::collections::BTreeSet;

/// How cases are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Every cost of the machine is multiplied by this; answers must not depend on it.
    pub cost_factor: u64,
    pub checks: Checks,
    pub rules: Rules,
}

/// Whether the rules that refuse something are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    Untold,
    Told,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cost_factor: 1,
            checks: Checks::EveryStep,
            rules: Rules::Untold,
        }
    }
}

/// Where a step came to another outcome than the real kernel's.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub step: usize,
    pub expected: Value,
    /// Null when its actor was missing or still blocked.
    pub got: Value,
    /// Why there is no outcome, if the model or the adapter gave up.
    pub reason: Option<String>,
    /// The outcomes are equal but for counts of minor faults.
    pub in_faults_only: bool,
}

/// What a run of a case came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Outcome per step.
    pub outcomes: Vec<Value>,
    pub differences: Vec<Difference>,
    /// Rules that refused something, with their steps.
    pub rules: Vec<(Rule, usize)>,
}

impl Verdict {
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty()
    }

    /// Equal but for counts of minor faults.
    pub fn is_passed(&self) -> bool {
        self.differences.iter().all(|d| d.in_faults_only)
    }
}

/// Checks that a case makes sense, without running it.
///
/// # Errors
/// Unknown operations, and actors that no step before makes.
pub fn check(case: &Case) -> Result<(), CaseError> {
    let mut names = BTreeSet::from(["init".to_string()]);
    for (at, step) in case.steps.iter().enumerate() {
        let bad = |reason| CaseError {
            step: Some(at),
            reason,
        };
        if step.actor == "ctl" {
            ctl::check(&step.op).map_err(bad)?;
            continue;
        }
        ops::check(&step.op).map_err(bad)?;
        if !names.contains(&step.actor) {
            return Err(bad(format!("no process '{}'", step.actor)));
        }
        if step.op == "fork" {
            names.insert(step.params.text("as").map_err(bad)?);
        }
    }
    Ok(())
}

/// Runs a case, going on after a difference.
///
/// # Errors
/// The world cannot be made.
pub fn run(case: &Case, options: &Options) -> Result<Verdict, String> {
    let boot = BootOptions {
        costs: Costs::default().scaled(options.cost_factor),
        ..BootOptions::default()
    };
    let mut world = World::new(&boot, options.checks)?;
    if options.rules == Rules::Told {
        world.collect_rules();
    }
    let mut verdict = Verdict {
        rules: Vec::new(),
        outcomes: Vec::new(),
        differences: Vec::new(),
    };
    for (at, step) in case.steps.iter().enumerate() {
        let (got, reason) = match world.step(step) {
            Ok(out) => (out.unwrap_or(Value::Null), None),
            Err(reason) => (Value::Null, Some(reason)),
        };
        if let Some(expected) = step.out.as_ref()
            && (*expected != got || reason.is_some())
        {
            verdict.differences.push(Difference {
                step: at,
                expected: expected.clone(),
                in_faults_only: reason.is_none()
                    && without_faults(expected.clone()) == without_faults(got.clone()),
                got: got.clone(),
                reason,
            });
        }
        verdict.outcomes.push(got);
        let refused = world.refusals().into_iter();
        verdict.rules.extend(refused.map(|rule| (rule, at)));
    }
    Ok(verdict)
}

fn without_faults(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(name, _)| name != "faults")
            .map(|(name, value)| (name, without_faults(value)))
            .collect(),
        other => other,
    }
}
