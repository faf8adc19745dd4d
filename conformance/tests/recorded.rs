//! Every recorded case, natively and in a browser. The files are in the binary: a browser has no
//! directory to read.

use conformance::{Case, Options, run};
use std::collections::BTreeSet;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;
#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const CASES: &[&str] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// Cases that the model does not pass yet, one id per line. One that passes must leave the list.
const KNOWN_FAILURES: &str = include_str!("known_failures.txt");

/// Ids of the cases that are not exact, with their first differing step.
fn failures(cost_factor: u64) -> Vec<(String, String)> {
    let options = Options {
        cost_factor,
        ..Options::default()
    };
    let mut failures = Vec::new();
    for text in CASES {
        let case = Case::parse(text).expect("a case file");
        conformance::run::check(&case).expect("a case that makes sense");
        let verdict = run(&case, &options).expect("a world");
        if let Some(first) = verdict.differences.first() {
            failures.push((case.id, format!("{first:?}")));
        }
    }
    failures
}

fn compare(cost_factor: u64) {
    let known: BTreeSet<&str> = KNOWN_FAILURES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let found = failures(cost_factor);
    let new: Vec<String> = found
        .iter()
        .filter(|(id, _)| !known.contains(id.as_str()))
        .map(|(id, first)| format!("{id}: {first}"))
        .collect();
    assert!(new.is_empty(), "these differ:\n{}", new.join("\n"));
    let found: BTreeSet<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    let passing: Vec<&&str> = known.iter().filter(|id| !found.contains(**id)).collect();
    assert!(
        passing.is_empty(),
        "these pass now and must leave the list of known failures: {passing:?}"
    );
}

#[test]
fn there_are_cases() {
    assert!(CASES.len() >= 145, "{} cases", CASES.len());
}

#[test]
fn the_model_answers_as_recorded() {
    compare(1);
}

/// Answers must not depend on what things cost.
#[test]
fn the_model_answers_as_recorded_when_nothing_costs_time() {
    compare(0);
}

#[test]
fn the_model_answers_as_recorded_when_all_costs_are_tenfold() {
    compare(10);
}
