//! Bad case files get one line that says what and where.
#![cfg(not(target_arch = "wasm32"))]

use conformance::Case;

fn error(text: &str) -> String {
    let checked = Case::parse(text).and_then(|case| conformance::run::check(&case));
    checked.expect_err("a mistake").to_string()
}

fn with_steps(steps: &str) -> String {
    format!(r#"{{"id": "x", "topic": "t", "steps": [{steps}]}}"#)
}

#[test]
fn what_is_not_a_case_is_refused() {
    assert!(error("{").starts_with("EOF"), "{}", error("{"));
    assert_eq!(error("[]"), "a case is an object");
    assert_eq!(error("{}"), "'steps' is missing");
    assert_eq!(error(r#"{"steps": []}"#), "'id' is missing");
}

#[test]
fn a_mistake_names_its_step() {
    let good = r#"{"p": "init", "op": "getpid"}"#;
    for (step, reason) in [
        ("7", "a step is an object"),
        (r#"{"op": "getpid"}"#, "'p' is missing"),
        (r#"{"p": 3, "op": "getpid"}"#, "'p' is a text"),
        (r#"{"p": "init", "op": "fly"}"#, "unknown operation 'fly'"),
        (r#"{"p": "A", "op": "getpid"}"#, "no process 'A'"),
        (r#"{"p": "ctl", "op": "fly"}"#, "unknown observation 'fly'"),
        (
            r#"{"p": "init", "op": "fork"}"#,
            "parameter 'as' is missing",
        ),
        (
            r#"{"p": "init", "op": "kill", "pid": []}"#,
            "'pid' is a text or a number",
        ),
    ] {
        let text = with_steps(&format!("{good}, {step}"));
        assert_eq!(error(&text), format!("step 1: {reason}"));
    }
}

#[test]
fn a_case_is_written_as_it_is_read() {
    let text = with_steps(
        r#"{"p": "init", "op": "fork", "as": "A", "out": {"ret": 2}}, {"p": "A", "op": "getpid"}"#,
    );
    let case = Case::parse(&text).expect("a case");
    assert_eq!(Case::parse(&case.to_text()), Ok(case));
}
