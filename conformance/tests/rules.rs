//! Every rule for which the kernel refuses has a page and a case that triggers it, and
//! docs/RULES.md lists them as they are. `UPDATE_EXPECT=1` writes the list.
#![cfg(not(target_arch = "wasm32"))]

use conformance::run::Rules;
use conformance::world::Checks;
use conformance::{Case, Options, run};
use sim_core::event::{Record, Sink};
use sim_core::kernel::rule::{Rule, Verdict};
use sim_core::session::is_refusal;
use sim_core::{Machine, Session};
use std::collections::BTreeMap;
use std::fmt::Write;

const CASES: &[&str] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// Sessions for what no recorded case does, each headed `## name`.
const SCRIPTS: &str = include_str!("rules.txt");

/// Rules that nothing triggers yet, one id per line. One that gets a case must leave the list.
const WITHOUT_CASE: &str = include_str!("rules_without_case.txt");

/// Where a rule is triggered first: a case with a step, or a script.
fn triggers() -> BTreeMap<Rule, String> {
    let mut found = BTreeMap::new();
    let options = Options {
        checks: Checks::Never,
        rules: Rules::Told,
        ..Options::default()
    };
    for text in CASES {
        let case = Case::parse(text).expect("a case file");
        let verdict = run(&case, &options).expect("a world");
        for (rule, step) in verdict.rules {
            let at = || format!("{} step {step}", case.id);
            found.entry(rule).or_insert_with(at);
        }
    }
    for script in SCRIPTS.split("\n## ").skip(1) {
        let (name, text) = script.split_once('\n').expect("a name");
        for rule in rules_of(text) {
            let at = || format!("conformance/tests/rules.txt: {name}");
            found.entry(rule).or_insert_with(at);
        }
    }
    found
}

/// The rules that refuse something in a script. Each line of it is a call, `PID CALL`, perhaps
/// with `N times` before it; or another command of a session.
fn rules_of(text: &str) -> Vec<Rule> {
    let mut script = String::from("ringside 1\n");
    if !text.starts_with("boot ") {
        script.push_str("boot world=bare\n");
    }
    // The first program of the lab needs a while to begin.
    let mut now_ns: u64 = 50_000_000;
    let advance = |script: &mut String, now_ns: u64| {
        writeln!(script, "advance until={now_ns}").expect("a string");
    };
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with("boot ") {
            writeln!(script, "{line}").expect("a string");
            continue;
        }
        let (times, line) = match line.split_once(" times ") {
            Some((times, line)) => (times.parse().expect("a number"), line),
            None => (1, line),
        };
        let is_call = line.starts_with(|c: char| c.is_ascii_digit());
        let head = if is_call { "inject " } else { "" };
        for time in 0..times {
            advance(&mut script, now_ns);
            writeln!(script, "{head}{}", expanded(line, time)).expect("a string");
            now_ns += 5_000_000;
        }
    }
    advance(&mut script, now_ns);
    let session = Session::from_script(&script).unwrap_or_else(|error| panic!("{error}: {script}"));
    let mut machine = Machine::boot(session.boot_options());
    let mut sink = Sink::explain();
    for command in session.commands() {
        machine.apply(command, &mut sink);
    }
    let checks = sink.checks().expect("a recorder").take();
    let refused = checks.into_iter().filter(|c| c.verdict == Verdict::Refused);
    refused.map(|check| check.rule).collect()
}

/// A line with its braces filled in: `{0, *3}` is `0, 0, 0, `, and `{5+2}` is 5 the first time and 2 more each
/// time after.
fn expanded(line: &str, time: u64) -> String {
    let Some((before, rest)) = line.split_once('{') else {
        return line.to_string();
    };
    let (inside, after) = rest.split_once('}').expect("a closing brace");
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let filled = match (inside.rsplit_once('*'), inside.split_once('+')) {
        (Some((text, count)), _) => text.repeat(number(count) as usize),
        (None, Some((first, step))) => (number(first) + time * number(step)).to_string(),
        (None, None) => panic!("'{inside}' is no filling"),
    };
    format!("{before}{filled}{}", expanded(after, time))
}

#[test]
fn every_rule_has_a_page_and_a_case() {
    let triggers = triggers();
    let without: Vec<String> = (Rule::ALL.iter())
        .filter(|rule| !triggers.contains_key(rule) && !asked_only(**rule))
        .map(|rule| rule.id())
        .collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules_without_case.txt");
        std::fs::write(path, without.join("\n")).expect("the list can be written");
    }
    for rule in Rule::ALL {
        assert!(!rule.page().is_empty(), "{rule:?} has no page");
    }
    let known: Vec<&str> = WITHOUT_CASE.lines().filter(|id| !id.is_empty()).collect();
    assert_eq!(without, known, "rules without a case");
    let mut table = String::from(HEAD);
    for rule in Rule::ALL {
        let decides = rule.signal().unwrap_or(rule.errno().name());
        let (id, page) = (rule.id(), rule.page());
        let at = triggers.get(rule).map_or("", String::as_str);
        writeln!(table, "| {id} | {decides} | {page} | {at} |").expect("a string");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RULES.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &table).expect("docs can be written");
    }
    let kept = std::fs::read_to_string(path).expect("docs/RULES.md");
    assert!(
        kept == table,
        "docs/RULES.md is not as the code is: UPDATE_EXPECT=1"
    );
}

/// Conditions that refuse nothing by themselves.
fn asked_only(rule: Rule) -> bool {
    matches!(rule, Rule::SameUser | Rule::SameSession)
}

const HEAD: &str = "# Rules

Why the kernel refuses. Made from `sim-core/src/kernel/rule/list.rs` by `conformance/tests/rules.rs`, which runs
every case and script with the recorder of checks on; the last column is the first place where the rule refuses.
A case was recorded on a real kernel. What a session of `rules.txt` triggers rests on the manual page alone.

| rule | decides | page | case |
|---|---|---|---|
";

/// Each refused call is explained by a chain that ends in a rule with its errno.
#[test]
fn a_refusal_is_explained_by_replaying_its_tick() {
    let session = Session::from_script(EXAMPLE).expect("a script");
    let refused: Vec<&Record> = session.events().filter(|r| is_refusal(&r.event)).collect();
    let mut last = None;
    for record in refused {
        let explanation = session.explain(record.tick).expect("an explanation");
        assert_eq!(explanation.at_ns, record.at_ns);
        last = Some(explanation);
    }
    let last = last.expect("kill is refused");
    assert_eq!(last.result, "EPERM (Operation not permitted)");
    assert_eq!(
        last.user.last().map(String::as_str),
        Some("kill(2, SIGTERM)")
    );
    let chain: Vec<String> = last
        .kernel
        .iter()
        .map(|s| format!("{} {}", s.mark(), s.text))
        .collect();
    assert_eq!(
        chain,
        [
            "+ kill-target-exists: init(1) -> 2",
            "n same-session: init(1) -> sh(2)",
            "n same-user: init(1) -> 1000, read 0",
            "n capability: init(1) -> CAP_KILL, read user:[4026531835]",
            "! kill-permission: init(1) -> sh(2), read 15",
        ]
    );
    assert_eq!(
        last.kernel.last().map(|s| s.page.as_str()),
        Some("kill(2) EPERM")
    );
    // Explaining changes nothing.
    assert_eq!(session.machine().digest(), session.end_digest());
}

const EXAMPLE: &str = "ringside 1
boot cpus=2 ram=512 seed=1 order=shuffled
advance until=20000000
inject 1 setuid(1000)
advance until=51000000
inject 1 kill(2, SIGTERM)
advance until=52000000
";
