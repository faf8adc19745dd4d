//! What is told of a run over many cases.

use crate::case::Case;
use crate::run::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Clone, Debug, Default)]
struct Tally {
    cases: usize,
    exact: usize,
    passed: usize,
    steps: usize,
    steps_exact: usize,
}

/// Counts per topic, and a line per failing case.
#[derive(Clone, Debug, Default)]
pub struct Report {
    topics: BTreeMap<String, Tally>,
    failures: String,
}

impl Report {
    pub fn add(&mut self, case: &Case, verdict: &Verdict) {
        let tally = self.topics.entry(case.topic.clone()).or_default();
        tally.cases += 1;
        tally.exact += usize::from(verdict.is_exact());
        tally.passed += usize::from(verdict.is_passed());
        tally.steps += case.steps.len();
        tally.steps_exact += case.steps.len() - verdict.differences.len();
        let Some(first) = verdict
            .differences
            .iter()
            .find(|d| !d.in_faults_only)
            .or(verdict.differences.first())
        else {
            return;
        };
        let what = case.steps.get(first.step).map(ToString::to_string);
        // Writing to a string does not fail.
        let _ = write!(
            self.failures,
            "{}: {} of {} steps differ; step {}: {}\n    expected {}\n    got      {}\n",
            case.id,
            verdict.differences.len(),
            case.steps.len(),
            first.step,
            what.unwrap_or_default(),
            first.expected,
            first.got,
        );
        if let Some(reason) = &first.reason {
            let _ = writeln!(self.failures, "    because  {reason}");
        }
    }

    /// Cases that are not exact.
    pub fn failed(&self) -> usize {
        self.topics.values().map(|t| t.cases - t.exact).sum()
    }

    /// The failing cases, a table per topic, and the sum.
    pub fn text(&self) -> String {
        let mut text = self.failures.clone();
        let _ = writeln!(
            text,
            "{:<10} {:>6} {:>6} {:>14} {:>12}",
            "topic", "cases", "exact", "without faults", "steps"
        );
        let mut all = Tally::default();
        for (topic, t) in &self.topics {
            let _ = writeln!(text, "{}", row(topic, t));
            all.cases += t.cases;
            all.exact += t.exact;
            all.passed += t.passed;
            all.steps += t.steps;
            all.steps_exact += t.steps_exact;
        }
        let _ = writeln!(text, "{}", row("all", &all));
        let _ = writeln!(
            text,
            "{} passed, {} failed",
            all.exact,
            all.cases - all.exact
        );
        text
    }
}

fn row(topic: &str, t: &Tally) -> String {
    format!(
        "{topic:<10} {:>6} {:>6} {:>14} {:>6}/{}",
        t.cases, t.exact, t.passed, t.steps_exact, t.steps
    )
}
