//! The story: scenes played on the stage, with the visitor's own hands.
//!
//! A scene is a file with texts ([`load`]); [`Story`] is where the visitor stands in it. What a
//! scene asks of the machine is computed ([`facts`], [`tally`]); what it does by itself is done
//! by the visitor's means ([`act`]).

pub mod act;
pub mod facts;
pub mod josa;
pub mod light;
pub mod load;
pub mod panel;
mod progress;
mod tally;
#[cfg(test)]
mod tests;
mod told;

pub use act::{Deed, Runner};
pub use facts::{Chosen, Facts, Value};
pub use progress::Progress;
pub use told::{BetTold, Told};

use crate::i18n::Lang;
use panel::Pane;
use scene::texts::{self, Texts};
use scene::{Goal, Pace, Scene, Step};
use sim_core::session::ScriptError;
use sim_core::{Session, view};
use std::rc::Rc;
use tally::Tally;

include!(concat!(env!("OUT_DIR"), "/scenes.rs"));

/// An entry of the list of scenes.
pub struct Listed {
    pub id: &'static str,
    /// Whether the five-minute path goes through it.
    pub is_on_fast_path: bool,
    ko: (&'static str, &'static str),
    en: (&'static str, &'static str),
}

impl Listed {
    /// Title and lead.
    pub fn words(&self, lang: Lang) -> (&'static str, &'static str) {
        match lang {
            Lang::Ko => self.ko,
            Lang::En => self.en,
        }
    }
}

/// The scenes in their order.
pub fn scenes() -> &'static [Listed] {
    SCENES
}

/// Which way through the scenes the visitor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    Whole,
    /// Five minutes.
    Fast,
}

/// The scene after `id` on a path.
pub fn scene_after(id: &str, path: Path) -> Option<&'static Listed> {
    let at = SCENES.iter().position(|s| s.id == id)?;
    SCENES
        .iter()
        .skip(at + 1)
        .find(|s| path == Path::Whole || s.is_on_fast_path)
}

/// What the story is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Scene and step, from 0.
    Open(String, usize),
    Loaded(Box<load::Loaded>),
    /// The list of scenes, or no longer.
    Shelf,
    SetPath(Path),
    Guess(String),
    /// On a small page: this part of the words.
    Turn(Pane),
    Hint,
    ShowMe,
    Button,
    Next,
    Previous,
    /// To the lab, with the machine as it stands.
    Leave,
    /// Back to the scene, with the machine as it was left.
    Return,
    /// What a pointer in the prose names, while it is pointed at.
    Light(Option<String>),
}

/// The same keys on a machine that is booted with one setting changed.
///
/// # Errors
/// A setting that no machine has.
pub fn booted_otherwise(session: &Session, setting: &str) -> Result<Session, ScriptError> {
    let script = session.script();
    // The header and the boot line.
    let head: Vec<&str> = script.lines().take(2).collect();
    let other = Session::from_script(&format!("{} {setting}\n", head.join("\n")))?;
    Ok(session.replayed_on(other.boot_options().clone()))
}

/// Where the visitor stands in a scene.
#[derive(Clone, Debug)]
pub struct Story {
    pub id: String,
    pub lang: Lang,
    pub scene: Rc<Scene>,
    pub texts: Rc<Texts>,
    /// From 0.
    pub at: usize,
    pub runner: Runner,
    pub shows_hint: bool,
    pub light: Option<String>,
    /// What of the words a small page shows.
    pub pane: Pane,
    tally: Tally,
    kept: Vec<(String, Value)>,
    /// Per step, once made.
    guesses: Vec<Option<String>>,
    /// Per step, what the machine said to its bet.
    outcomes: Vec<Option<String>>,
    /// Whether the goal of this step has been met, with the values that texts had then: what
    /// is said of it stays so.
    met: Option<Vec<(String, Value)>>,
}

impl Story {
    pub fn new(loaded: load::Loaded) -> Self {
        let steps = loaded.scene.steps.len();
        Self {
            id: loaded.id,
            lang: loaded.lang,
            scene: loaded.scene,
            texts: loaded.texts,
            at: 0,
            runner: Runner::default(),
            shows_hint: false,
            pane: Pane::Prose,
            light: None,
            tally: Tally::default(),
            kept: Vec::new(),
            guesses: vec![None; steps],
            outcomes: vec![None; steps],
            met: None,
        }
    }

    /// The machine that the scene boots.
    ///
    /// # Errors
    /// A setting that no machine has.
    pub fn boot(&self) -> Result<Session, ScriptError> {
        let boot = &self.scene.boot;
        let mut session = Session::from_script(&format!("ringside 1\nboot {boot}\n"))?;
        session.advance(100_000_000, 100_000);
        Ok(session)
    }

    pub fn step(&self) -> &Step {
        // Invariant: `at` is a place in `steps`, of which there is at least one.
        &self.scene.steps[self.at.min(self.scene.steps.len() - 1)]
    }

    pub fn is_met(&self) -> bool {
        self.met.is_some()
    }

    pub fn is_live(&self) -> bool {
        self.step().pace == Pace::Live
    }

    pub fn facts<'a>(&'a self, session: &'a Session, chosen: Chosen) -> Facts<'a> {
        Facts {
            session,
            chosen,
            tally: &self.tally,
            lets: &self.scene.lets,
            kept: &self.kept,
            tasks: view::tasks(session.machine()),
        }
    }

    /// Begins a step (from 0; too large a number is the last).
    pub fn enter(&mut self, at: usize, session: &Session, chosen: Chosen) {
        self.at = at.min(self.scene.steps.len() - 1);
        self.runner.clear();
        self.tally = Tally::begin(session);
        self.shows_hint = false;
        self.light = None;
        self.pane = Pane::Prose;
        self.met = (self.step().goal == Goal::Read).then(Vec::new);
        let kept: Vec<(String, Value)> = {
            let facts = self.facts(session, chosen);
            let keeps = self.step().keeps.iter();
            keeps
                .map(|(name, expr)| (name.clone(), facts.value(expr)))
                .collect()
        };
        self.kept
            .retain(|(name, _)| !kept.iter().any(|(n, _)| n == name));
        self.kept.extend(kept);
    }

    /// Looks at what has happened. Returns whether the goal is met now and was not before.
    pub fn follow(&mut self, session: &Session, chosen: Chosen) -> bool {
        self.tally.follow(session);
        if self.is_met() {
            return false;
        }
        let facts = self.facts(session, chosen);
        let Goal::Holds(goal) = &self.step().goal else {
            return false;
        };
        if !facts.holds(goal) {
            return false;
        }
        let answer = self
            .step()
            .bet
            .as_ref()
            .map(|bet| facts.value(&bet.answer).text());
        let names = self.scene.lets.iter().map(|(name, _)| name);
        let value = |name: &String| Some((name.clone(), facts.named(name)?));
        let values = names.filter_map(value).collect();
        if let Some(outcome) = self.outcomes.get_mut(self.at) {
            *outcome = answer;
        }
        self.met = Some(values);
        true
    }

    /// Another machine took the place of this one: everything that happened on it counts.
    pub fn recount(&mut self) {
        self.tally = Tally::default();
    }

    pub fn guess(&mut self, option: String) {
        let has_outcome = self.outcomes.get(self.at).is_some_and(Option::is_some);
        if let Some(guess) = self.guesses.get_mut(self.at)
            && !has_outcome
        {
            *guess = Some(option);
        }
    }

    /// A text with its values and particles, if the scene has it.
    fn words(&self, key: &str, facts: &Facts<'_>) -> Option<String> {
        self.words_with(key, &mut |name| facts.named(name).map(Value::text))
    }

    /// The same with the values of when the goal was met.
    fn words_then(&self, key: &str, facts: &Facts<'_>) -> Option<String> {
        let then = self.met.as_ref()?;
        self.words_with(key, &mut |name| {
            let value = then.iter().find(|(n, _)| n == name);
            let value = value.map(|(_, value)| value.clone());
            value.or_else(|| facts.named(name)).map(Value::text)
        })
    }

    fn words_with(
        &self,
        key: &str,
        value: &mut dyn FnMut(&str) -> Option<String>,
    ) -> Option<String> {
        let filled = texts::fill(self.texts.get(key)?, value);
        Some(match self.lang {
            Lang::Ko => josa::particles(&filled),
            Lang::En => filled,
        })
    }
}
