//! Random walks on the kernel of this machine that the model must follow.
//!
//! ```text
//! random  numbers that a seed repeats
//! walk    drives a world step by step; kinds: what is drawn
//! mutate  recorded cases with something changed
//! shrink  a short case of a long one that differs
//! ```

mod kinds;
mod mutate;
mod random;
mod shrink;
mod walk;

use crate::environment::is_interrupted;
use crate::record::stable_outcomes;
use crate::world::Layout;
use conformance::{Case, Options, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Steps of a walk.
const STEPS: usize = 40;
const TARGET_DIR: &str = "target/drift";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Proc,
    Mem,
    Mount,
    Cred,
    Signals,
    Files,
    Overlay,
    Names,
    Ipc,
    Groups,
    Net,
    Roots,
    Pages,
    Nat,
}

pub const KINDS: [Kind; 14] = [
    Kind::Proc,
    Kind::Mem,
    Kind::Mount,
    Kind::Cred,
    Kind::Signals,
    Kind::Files,
    Kind::Overlay,
    Kind::Names,
    Kind::Ipc,
    Kind::Groups,
    Kind::Net,
    Kind::Roots,
    Kind::Pages,
    Kind::Nat,
];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Proc => "proc",
            Kind::Mem => "mem",
            Kind::Mount => "mount",
            Kind::Cred => "cred",
            Kind::Signals => "signals",
            Kind::Files => "files",
            Kind::Overlay => "overlay",
            Kind::Names => "names",
            Kind::Ipc => "ipc",
            Kind::Groups => "groups",
            Kind::Net => "net",
            Kind::Roots => "roots",
            Kind::Pages => "pages",
            Kind::Nat => "nat",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = KINDS.into_iter().find(|kind| kind.name() == name);
        let all = KINDS.map(Kind::name).join(", ");
        found.ok_or_else(|| format!("no kind '{name}'; there are {all}"))
    }
}

/// Where walks come from.
pub enum Source {
    /// Each kind's steps are drawn.
    Kinds(Vec<Kind>),
    /// Changed cases of a directory.
    Cases(PathBuf),
}

pub struct Drift {
    pub walks: u64,
    /// Of the first walk; the others count on from it.
    pub seed: u64,
    pub source: Source,
}

/// Whether the model followed every walk.
///
/// # Errors
/// What is wrong with this machine.
pub fn all(drift: &Drift, layout: &Layout) -> Result<bool, String> {
    let mut tally = Tally::default();
    let seeds = drift.seed..drift.seed.saturating_add(drift.walks);
    match &drift.source {
        Source::Kinds(kinds) => {
            for kind in kinds {
                for seed in seeds.clone() {
                    let name = format!("{} {seed}", kind.name());
                    tally.add(one(&name, walk::walk(*kind, seed, STEPS, layout), layout)?);
                }
            }
        }
        Source::Cases(dir) => {
            let corpus = mutate::Corpus::read(dir)?;
            for seed in seeds {
                let mutant = mutate::mutant(&corpus, seed, layout);
                tally.add(one(&format!("mutant {seed}"), mutant, layout)?);
            }
        }
    }
    let Tally {
        same,
        different,
        unstable,
    } = tally;
    println!("{same} walks agree, {different} differ, {unstable} were not the same twice");
    Ok(different == 0)
}

#[derive(Default)]
struct Tally {
    same: u64,
    different: u64,
    unstable: u64,
}

impl Tally {
    fn add(&mut self, fate: Fate) {
        match fate {
            Fate::Same => self.same += 1,
            Fate::Different => self.different += 1,
            Fate::Unstable => self.unstable += 1,
        }
    }
}

enum Fate {
    Same,
    Different,
    /// The kernel itself does not repeat it; nothing is known about the model.
    Unstable,
}

fn one(name: &str, case: Result<Case, String>, layout: &Layout) -> Result<Fate, String> {
    if is_interrupted() {
        return Err("interrupted".into());
    }
    let mut case = match case {
        Ok(case) => case,
        Err(reason) => {
            println!("unstable {name}: {reason}");
            return Ok(Fate::Unstable);
        }
    };
    if !is_different(&case)? {
        println!("same     {}: {} steps", case.id, case.steps.len());
        return Ok(Fate::Same);
    }
    if !record(&mut case, layout)? {
        println!("unstable {}", case.id);
        return Ok(Fate::Unstable);
    }
    // What differed may have been the one time.
    if !is_different(&case)? {
        println!("same     {}: {} steps", case.id, case.steps.len());
        return Ok(Fate::Same);
    }
    let steps = case.steps.len();
    let short = shrink::shrink(&case, layout)?;
    println!(
        "differs  {}: {steps} steps, {} of them needed",
        case.id,
        short.steps.len()
    );
    write(&short)?;
    Ok(Fate::Different)
}

/// Whether the model comes to other outcomes than those recorded.
fn is_different(case: &Case) -> Result<bool, String> {
    Ok(!run(case, &Options::default())?.is_exact())
}

/// Records a case, if it can be run at all and the kernel repeats what it does.
fn record(case: &mut Case, layout: &Layout) -> Result<bool, String> {
    let answer = stable_outcomes(case, layout);
    if is_interrupted() {
        return Err("interrupted".into());
    }
    let Ok((mut runs, unstable)) = answer else {
        return Ok(false);
    };
    if !unstable.is_empty() {
        return Ok(false);
    }
    let outs = runs.pop().unwrap_or_default();
    for (step, out) in case.steps.iter_mut().zip(outs) {
        step.out = Some(out);
    }
    Ok(true)
}

/// Puts the case into a file, and shows it with what the model makes of it.
fn write(case: &Case) -> Result<(), String> {
    let file = Path::new(TARGET_DIR).join(format!("{}.json", case.id));
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    fs::create_dir_all(TARGET_DIR).map_err(failed)?;
    fs::write(&file, case.to_text()).map_err(failed)?;
    println!("   {}", file.display());
    let verdict = run(case, &Options::default())?;
    for (at, step) in case.steps.iter().enumerate() {
        let out = step.out.clone().unwrap_or_default();
        println!("   {step} -> {out}");
        if let Some(difference) = verdict.differences.iter().find(|d| d.step == at) {
            let reason = difference.reason.as_deref().unwrap_or_default();
            println!("     but the model: {} {reason}", difference.got);
        }
    }
    Ok(())
}
