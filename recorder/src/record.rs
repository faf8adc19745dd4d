//! Records the outcomes of case files, or compares what is recorded with this kernel.

use crate::environment::is_interrupted;
use crate::world::{Layout, World, nft};
use conformance::Case;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs of a case that must agree for it to be recorded.
const RUNS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write what three runs agree on.
    Record,
    /// Run once and print what differs.
    Check,
}

/// What became of a case.
enum Fate {
    Good,
    Bad,
    LeftOut,
}

/// The outcomes of a case on this kernel.
///
/// # Errors
/// The case cannot go on: in which step, and why.
pub fn outcomes(case: &Case, layout: &Layout) -> Result<Vec<Value>, String> {
    let mut world = World::new(layout)?;
    let steps = case.steps.iter().enumerate();
    steps
        .map(|(at, step)| {
            let out = world.step(at, step);
            out.map_err(|reason| format!("step {at}: {reason}"))
        })
        .collect()
}

/// Runs of a case, and the steps whose outcomes differ between them.
///
/// # Errors
/// As [`outcomes`].
pub fn stable_outcomes(
    case: &Case,
    layout: &Layout,
) -> Result<(Vec<Vec<Value>>, Vec<usize>), String> {
    let runs: Vec<Vec<Value>> = (0..RUNS)
        .map(|_| outcomes(case, layout))
        .collect::<Result<_, _>>()?;
    let differs = |at: &usize| runs.iter().any(|run| run.get(*at) != runs[0].get(*at));
    let unstable = (0..case.steps.len()).filter(differs).collect();
    Ok((runs, unstable))
}

/// # Errors
/// What is wrong with the files or with this machine.
pub fn all(dir: &Path, only: &str, mode: Mode, layout: &Layout) -> Result<bool, String> {
    let (mut good, mut bad, mut left_out) = (0, 0, 0);
    for file in files(dir)? {
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let case = Case::parse(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        if !case.id.contains(only) {
            continue;
        }
        match one(case, &file, mode, layout)? {
            Fate::Good => good += 1,
            Fate::Bad => bad += 1,
            Fate::LeftOut => left_out += 1,
        }
        if is_interrupted() {
            return Err("interrupted".into());
        }
    }
    println!("{good} ok, {bad} not, {left_out} left out");
    if left_out > 0 {
        return Err("recording needs what is not there:\n  nft, the program of nftables".into());
    }
    Ok(bad == 0)
}

/// The case files in a directory, or the one file.
///
/// # Errors
/// There are none.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    if dir.is_file() {
        return Ok(vec![dir.to_path_buf()]);
    }
    let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: no case files", dir.display()));
    }
    Ok(files)
}

fn one(mut case: Case, file: &Path, mode: Mode, layout: &Layout) -> Result<Fate, String> {
    let id = case.id.clone();
    if case.steps.iter().any(|step| step.op == "nft") && nft().is_none() {
        println!("left out {id}: it needs nft");
        return Ok(Fate::LeftOut);
    }
    let answer = match mode {
        Mode::Record => stable_outcomes(&case, layout),
        Mode::Check => outcomes(&case, layout).map(|run| (vec![run], vec![])),
    };
    let (runs, unstable) = match answer {
        Ok(answer) => answer,
        Err(reason) => {
            println!("error    {id}: {reason}");
            return Ok(Fate::Bad);
        }
    };
    let is_other = |at: &usize| case.steps[*at].out.as_ref() != Some(&runs[0][*at]);
    let different: Vec<usize> = (0..case.steps.len()).filter(is_other).collect();
    let fate = match mode {
        _ if !unstable.is_empty() => {
            println!("unstable {id}");
            for at in unstable {
                println!("   step {at}: {}", case.steps[at]);
                runs.iter().for_each(|run| println!("     {}", run[at]));
            }
            return Ok(Fate::Bad);
        }
        Mode::Check if !different.is_empty() => Fate::Bad,
        _ => Fate::Good,
    };
    match fate {
        Fate::Bad => println!("differs  {id}"),
        _ if different.is_empty() => println!("ok       {id}"),
        _ => println!("new      {id}"),
    }
    for at in &different {
        let step = &case.steps[*at];
        let before = step.out.clone().unwrap_or_default();
        println!(
            "   step {at}: {step}\n     recorded {before}\n     now      {}",
            runs[0][*at]
        );
    }
    if mode == Mode::Record {
        for (step, out) in case.steps.iter_mut().zip(&runs[0]) {
            step.out = Some(out.clone());
        }
        fs::write(file, case.to_text()).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(fate)
}
