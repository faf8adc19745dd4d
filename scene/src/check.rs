//! Whether a scene and its words fit together. For a build and for tests; the page does not
//! carry it.

use crate::action::{Action, Piece, Template};
use crate::prose::{Run, is_target, runs};
use crate::texts::{Texts, variables};
use crate::{Expr, Goal, Scene, SceneError};
use std::collections::BTreeSet;

/// Checks a scene's names and its texts in two languages. `files` are the names of the scene
/// file and of the two text files, for the message.
///
/// # Errors
/// The first thing that is missing, left over, or different between the languages.
pub fn check(scene: &Scene, texts: [&Texts; 2], files: [&str; 3]) -> Result<(), SceneError> {
    let names = names(scene, files[0])?;
    let keys = keys(scene);
    for (texts, file) in texts.into_iter().zip(&files[1..]) {
        let fail = |reason: String| SceneError {
            file: (*file).into(),
            line: 0,
            reason,
        };
        if let Some(key) = keys.required.iter().find(|key| texts.get(key).is_none()) {
            return Err(fail(format!("{key} is missing")));
        }
        for (key, text) in &texts.0 {
            if !keys.required.contains(key) && !keys.optional.contains(key) {
                return Err(fail(format!("nobody shows {key}")));
            }
            if let Some(name) = variables(text).find(|name| !names.contains(*name)) {
                return Err(fail(format!(
                    "{key} uses ${name}, which the scene does not define"
                )));
            }
            for run in runs(text) {
                if let Run::Pointer(_, target) = run
                    && !is_target(target)
                {
                    return Err(fail(format!(
                        "{key} points at {target}, which is not on the stage"
                    )));
                }
            }
        }
    }
    let [one, other] = texts;
    for (key, text) in &one.0 {
        let fail = |reason: String| SceneError {
            file: files[2].into(),
            line: 0,
            reason,
        };
        let Some(same) = other.get(key) else {
            return Err(fail(format!("{key} is missing, {} has it", files[1])));
        };
        let set = |text: &str| variables(text).map(String::from).collect::<BTreeSet<_>>();
        if set(text) != set(same) {
            return Err(fail(format!(
                "{key} has other variables than in {}",
                files[1]
            )));
        }
    }
    match other.0.iter().find(|(key, _)| one.get(key).is_none()) {
        Some((key, _)) => Err(SceneError {
            file: files[1].into(),
            line: 0,
            reason: format!("{key} is missing, {} has it", files[2]),
        }),
        None => Ok(()),
    }
}

struct Keys {
    required: BTreeSet<String>,
    optional: BTreeSet<String>,
}

fn keys(scene: &Scene) -> Keys {
    let mut required: BTreeSet<String> = ["title", "lead"].map(String::from).into();
    let mut optional = BTreeSet::new();
    for step in &scene.steps {
        let id = &step.id;
        required.insert(id.clone());
        optional.insert(format!("{id}-deeper"));
        match step.goal {
            Goal::Read => {
                optional.insert(format!("{id}-do"));
            }
            Goal::Holds(_) => {
                required.extend(["do", "hint", "done"].map(|part| format!("{id}-{part}")));
            }
        }
        if let Some(bet) = &step.bet {
            required.insert(format!("{id}-bet"));
            for option in &bet.options {
                let key = format!("{id}-bet-{option}");
                if option.bytes().all(|b| b.is_ascii_digit()) {
                    optional.insert(key);
                } else {
                    required.insert(key);
                }
            }
        }
        if !step.button.is_empty() {
            required.insert(format!("{id}-button"));
        }
    }
    Keys { required, optional }
}

/// What a scene defines; every name that it uses is among them.
fn names(scene: &Scene, file: &str) -> Result<BTreeSet<String>, SceneError> {
    let mut names: BTreeSet<String> = scene.lets.iter().map(|(name, _)| name.clone()).collect();
    for step in &scene.steps {
        names.extend(step.keeps.iter().map(|(name, _)| name.clone()));
    }
    let known = names.clone();
    let mut missing = None;
    let mut look = |line: usize, expr: &Expr| {
        expr.names(&mut |name| {
            if !known.contains(name) && missing.is_none() {
                missing = Some((line, name.to_string()));
            }
        });
    };
    for (_, expr) in &scene.lets {
        look(0, expr);
    }
    for step in &scene.steps {
        for (_, expr) in &step.keeps {
            look(step.line, expr);
        }
        if let Goal::Holds(goal) = &step.goal {
            look(step.line, goal);
        }
        if let Some(bet) = &step.bet {
            look(step.line, &bet.answer);
        }
        for action in step.play.iter().chain(&step.button) {
            for expr in expressions(action) {
                look(step.line, expr);
            }
        }
    }
    match missing {
        None => Ok(names),
        Some((line, name)) => Err(SceneError {
            file: file.into(),
            line,
            reason: format!("{name} is not defined by let or keep"),
        }),
    }
}

fn expressions(action: &Action) -> Vec<&Expr> {
    match action {
        Action::Launch(text)
        | Action::Type(_, text)
        | Action::Host(text)
        | Action::Inside(text)
        | Action::Both(text)
        | Action::Look(text) => values(text),
        Action::WaitUntil(expr) | Action::Point(expr) => vec![expr],
        Action::Close(_)
        | Action::Select(_)
        | Action::Eyes(_)
        | Action::Isolate(..)
        | Action::Plug
        | Action::Unplug
        | Action::WaitNs(_)
        | Action::WaitRest
        | Action::Step(_)
        | Action::Machine(_)
        | Action::Part(_) => Vec::new(),
    }
}

fn values<'a>(Template(pieces): &'a Template) -> Vec<&'a Expr> {
    let value = |piece: &'a Piece| -> Option<&'a Expr> {
        match piece {
            Piece::Value(expr) => Some(expr),
            Piece::Text(_) => None,
        }
    };
    pieces.iter().filter_map(value).collect()
}
