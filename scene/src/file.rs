//! The file of a scene.

use crate::action::Action;
use crate::expr::Expr;
use crate::token::{Token, Tokens, expected};
use crate::{Fault, SceneError};

/// Parts of the page that a scene shows or hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Windows,
    Launcher,
    ContainerButton,
    Gates,
    Tasks,
    Details,
    Namespaces,
    Cpus,
    Ram,
    Time,
    Worlds,
    Calls,
    Memory,
    Paging,
    Sched,
    Eyes,
}

const PARTS: [(&str, Part); 16] = [
    ("windows", Part::Windows),
    ("launcher", Part::Launcher),
    ("container-button", Part::ContainerButton),
    ("gates", Part::Gates),
    ("tasks", Part::Tasks),
    ("details", Part::Details),
    ("namespaces", Part::Namespaces),
    ("cpus", Part::Cpus),
    ("ram", Part::Ram),
    ("time", Part::Time),
    ("worlds", Part::Worlds),
    ("calls", Part::Calls),
    ("memory", Part::Memory),
    ("paging", Part::Paging),
    ("sched", Part::Sched),
    ("eyes", Part::Eyes),
];

impl Part {
    pub(crate) fn read(word: &str) -> Result<Part, Fault> {
        let part = PARTS.iter().find(|(name, _)| *name == word);
        part.map(|(_, part)| *part)
            .ok_or_else(|| format!("no part is called {word}"))
    }
}

/// A set of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts(u32);

impl Parts {
    pub const ALL: Parts = Parts(u32::MAX);
    pub const NONE: Parts = Parts(0);

    pub fn has(self, part: Part) -> bool {
        self.0 & (1 << part as u32) != 0
    }

    pub fn with(self, part: Part) -> Parts {
        Parts(self.0 | (1 << part as u32))
    }

    pub fn without(self, part: Part) -> Parts {
        Parts(self.0 & !(1 << part as u32))
    }
}

/// Who makes time pass in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It runs after each deed of the visitor until it rests.
    Live,
    /// The visitor steps.
    Paused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bet {
    /// Numbers, or words whose labels stand in the texts.
    pub options: Vec<String>,
    /// What the machine says, when the goal is met.
    pub answer: Expr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// There is something to read, and a button to go on.
    Read,
    Holds(Expr),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub id: String,
    /// Where it begins in the file.
    pub line: usize,
    pub parts: Parts,
    pub pace: Pace,
    /// Remembered when the step begins.
    pub keeps: Vec<(String, Expr)>,
    pub bet: Option<Bet>,
    /// What a button in the prose does; empty for no button.
    pub button: Vec<Action>,
    pub goal: Goal,
    /// The way to the goal.
    pub play: Vec<Action>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Settings as in a session script's `boot` line.
    pub boot: String,
    /// Done before the first step.
    pub start: Vec<Action>,
    /// Computed whenever they are shown.
    pub lets: Vec<(String, Expr)>,
    /// At least one.
    pub steps: Vec<Step>,
}

/// First line of a scene.
const HEADER: &str = "ringside-scene 1";

/// Reads a scene file.
///
/// # Errors
/// The first mistake, with its line.
pub fn read(file: &str, text: &str) -> Result<Scene, SceneError> {
    let fail = |line: usize, reason: Fault| SceneError {
        file: file.into(),
        line,
        reason,
    };
    let mut scene = Scene {
        boot: String::new(),
        start: Vec::new(),
        lets: Vec::new(),
        steps: Vec::new(),
    };
    let mut parts = Parts::NONE;
    let mut has_header = false;
    let mut last = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        last = number;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if !has_header {
            if line != HEADER {
                return Err(fail(number, format!("a scene begins with '{HEADER}'")));
            }
            has_header = true;
            continue;
        }
        statement(&mut scene, &mut parts, number, line).map_err(|reason| fail(number, reason))?;
    }
    match scene.steps.last() {
        None => Err(fail(last, "a scene has at least one step".into())),
        Some(step) => {
            complete(step).map_err(|reason| fail(step.line, reason))?;
            Ok(scene)
        }
    }
}

/// A step that ends here has all it needs.
fn complete(step: &Step) -> Result<(), Fault> {
    match &step.goal {
        Goal::Holds(Expr::Int(0)) => Err(format!("step {} has no goal", step.id)),
        Goal::Holds(_) if step.play.is_empty() => Err(format!(
            "step {} does not show how: play is missing",
            step.id
        )),
        Goal::Holds(_) | Goal::Read => Ok(()),
    }
}

fn statement(scene: &mut Scene, parts: &mut Parts, number: usize, line: &str) -> Result<(), Fault> {
    let word = line.split_whitespace().next().unwrap_or("");
    let rest = line.get(word.len()..).unwrap_or("");
    if word == "boot" {
        scene.boot = rest.split('#').next().unwrap_or("").trim().into();
        return Ok(());
    }
    let mut from = Tokens::of(rest)?;
    match (word, scene.steps.last_mut()) {
        ("stage", None) => each(&mut from, |part| *parts = parts.with(part))?,
        ("start", None) => scene.start.push(Action::read(&mut from)?),
        ("stage" | "start", Some(_)) => return Err(format!("{word} stands before the steps")),
        ("let", _) => {
            let named = named(&mut from)?;
            scene.lets.push(named);
        }
        ("step", previous) => {
            if let Some(previous) = previous {
                complete(previous)?;
            }
            let id = from.word("the step's name")?;
            if scene.steps.iter().any(|step| step.id == id) {
                return Err(format!("there is a step {id} already"));
            }
            scene.steps.push(Step {
                id,
                line: number,
                parts: *parts,
                pace: Pace::Live,
                keeps: Vec::new(),
                bet: None,
                button: Vec::new(),
                // Never holds: a step without a goal is refused.
                goal: Goal::Holds(Expr::Int(0)),
                play: Vec::new(),
            });
        }
        (_, None) => return Err(format!("{word} stands in a step, or is not known")),
        (word, Some(step)) => in_step(step, parts, word, &mut from)?,
    }
    from.end()
}

fn in_step(step: &mut Step, parts: &mut Parts, word: &str, from: &mut Tokens) -> Result<(), Fault> {
    match word {
        "show" => each(from, |part| *parts = parts.with(part))?,
        "hide" => each(from, |part| *parts = parts.without(part))?,
        "pace" => {
            step.pace = match from.word("live or paused")?.as_str() {
                "live" => Pace::Live,
                "paused" => Pace::Paused,
                other => return Err(format!("no pace is called {other}")),
            }
        }
        "keep" => {
            let named = named(from)?;
            step.keeps.push(named);
        }
        "bet" => step.bet = Some(bet(from)?),
        "button" => step.button.push(Action::read(from)?),
        "goal" if from.take_word("read") => step.goal = Goal::Read,
        "goal" => step.goal = Goal::Holds(Expr::read(from)?),
        "play" => step.play.push(Action::read(from)?),
        other => return Err(format!("no statement is called {other}")),
    }
    step.parts = *parts;
    Ok(())
}

fn each(from: &mut Tokens, mut with: impl FnMut(Part)) -> Result<(), Fault> {
    while !from.is_at_end() {
        with(Part::read(&from.word("a part")?)?);
    }
    Ok(())
}

/// `name = expression`
fn named(from: &mut Tokens) -> Result<(String, Expr), Fault> {
    let name = from.word("a name")?;
    match from.take("=") {
        true => Ok((name, Expr::read(from)?)),
        false => Err(expected("=", from.next())),
    }
}

fn bet(from: &mut Tokens) -> Result<Bet, Fault> {
    let mut options = Vec::new();
    while !from.take("=") {
        options.push(match from.next() {
            Some(Token::Word(option)) => option,
            Some(Token::Int(number)) => number.to_string(),
            other => return Err(expected("an option or =", other)),
        });
    }
    if options.len() < 2 {
        return Err("a bet has at least two options".into());
    }
    Ok(Bet {
        options,
        answer: Expr::read(from)?,
    })
}
