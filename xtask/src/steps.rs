//! Steps run one after the other, all of them, with a table at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// What has run so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: String,
    time: Duration,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
        }
    }
}

impl Steps {
    /// Runs it whatever became of those before it.
    pub fn run(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> Outcome {
        println!("\n=== {name}");
        let start = Instant::now();
        let outcome = match step() {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                eprintln!("{name}: {error:#}");
                Outcome::Failed
            }
        };
        self.done.push(Step {
            name: name.to_string(),
            time: start.elapsed(),
            outcome,
        });
        outcome
    }

    /// Prints the table and, last, how many passed and failed.
    pub fn finish(self) -> ExitCode {
        println!("\n{:<24}{:>9}", "step", "seconds");
        for step in &self.done {
            println!(
                "{:<24}{:>9.1}  {}",
                step.name,
                step.time.as_secs_f64(),
                step.outcome.word()
            );
        }
        let failed = self
            .done
            .iter()
            .filter(|step| step.outcome == Outcome::Failed)
            .count();
        println!("\n{} passed, {failed} failed", self.done.len() - failed);
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
