//! Runs every case file in a directory against the model.

use conformance::run::Rules;
use conformance::{Case, Options, Report, run};
use lexopt::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "conformance DIR [--only TEXT] [--costs FACTOR] [--steps]
    DIR             a directory of case files, or one case file
    --only TEXT     only cases whose id contains this
    --costs FACTOR  multiply every cost of the machine (0 makes all instantaneous)
    --steps         print every step with its outcome
    --rules         print the rules that refused something, with their steps";

struct Arguments {
    dir: PathBuf,
    only: String,
    options: Options,
    prints_steps: bool,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| all(&arguments)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut parser = lexopt::Parser::from_env();
    let mut arguments = Arguments {
        dir: PathBuf::new(),
        only: String::new(),
        options: Options::default(),
        prints_steps: false,
    };
    let wrong = |error: lexopt::Error| format!("{error}\n{USAGE}");
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Long("only") => {
                arguments.only = parser.value().and_then(|v| v.string()).map_err(wrong)?
            }
            Long("costs") => {
                let value = parser.value().map_err(wrong)?;
                arguments.options.cost_factor = value.parse().map_err(wrong)?;
            }
            Long("rules") => arguments.options.rules = Rules::Told,
            Long("steps") => arguments.prints_steps = true,
            Value(dir) if arguments.dir.as_os_str().is_empty() => arguments.dir = dir.into(),
            other => return Err(wrong(other.unexpected())),
        }
    }
    if arguments.dir.as_os_str().is_empty() {
        return Err(USAGE.to_string());
    }
    Ok(arguments)
}

/// Runs all cases, in the order of their names: how many failed.
fn all(arguments: &Arguments) -> Result<usize, String> {
    let cases = load(&arguments.dir)?;
    let mut report = Report::default();
    for (_, case) in cases.iter().filter(|(_, c)| c.id.contains(&arguments.only)) {
        let verdict = run(case, &arguments.options)?;
        if arguments.prints_steps {
            println!("{}", case.id);
            for (step, out) in case.steps.iter().zip(&verdict.outcomes) {
                let mark = if step.out.as_ref() == Some(out) {
                    ' '
                } else {
                    '!'
                };
                println!("  {mark} {step} -> {out}");
            }
        }
        for (rule, step) in &verdict.rules {
            println!("{} step {step}: {}", case.id, rule.id());
        }
        report.add(case, &verdict);
    }
    print!("{}", report.text());
    Ok(report.failed())
}

fn load(dir: &Path) -> Result<Vec<(PathBuf, Case)>, String> {
    let mut files = vec![dir.to_path_buf()];
    if dir.is_dir() {
        let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        files = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .collect();
        files.sort();
    }
    if files.is_empty() {
        return Err(format!("{}: no case files", dir.display()));
    }
    let one = |file: PathBuf| {
        let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let case = Case::parse(&text)
            .and_then(|case| conformance::run::check(&case).map(|()| case))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        Ok((file, case))
    };
    files.into_iter().map(one).collect()
}
