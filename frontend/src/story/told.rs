//! What the story's panel shows: plain data, made when it is drawn.

use super::{Chosen, Facts, Path, Story, scene_after, scenes};
use sim_core::Session;

#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub title: String,
    /// Of the scene among all, from 1.
    pub number: usize,
    /// Of the step, from 0, and how many there are.
    pub step: usize,
    pub steps: usize,
    pub prose: String,
    /// What the visitor is to do.
    pub task: Option<String>,
    pub bet: Option<BetTold>,
    /// Empty as long as it is not asked for.
    pub hint: Option<String>,
    pub button: Option<String>,
    /// What is to be said once the goal has been met.
    pub done: Option<String>,
    pub deeper: Option<String>,
    pub is_met: bool,
    pub has_way: bool,
    pub is_showing: bool,
    /// Title of the next scene.
    pub next_scene: Option<String>,
    /// What is lit on the stage just now, by events.
    pub live: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct BetTold {
    pub question: String,
    /// Value and label.
    pub options: Vec<(String, String)>,
    pub guess: Option<String>,
    /// What the machine said.
    pub outcome: Option<String>,
}

impl BetTold {
    /// How a value is called among the options, or the value itself.
    pub fn label<'a>(&'a self, value: &'a str) -> &'a str {
        let option = self.options.iter().find(|(v, _)| v == value);
        option.map_or(value, |(_, label)| label)
    }
}

impl Story {
    pub fn told(&self, session: &Session, chosen: Chosen, path: Path) -> Told {
        let facts = self.facts(session, chosen);
        let step = self.step();
        let id = &step.id;
        let words = |part: &str| self.words(&format!("{id}{part}"), &facts);
        let number = scenes().iter().position(|s| s.id == self.id);
        let is_last = self.at + 1 >= self.scene.steps.len();
        let next = scene_after(&self.id, path).filter(|_| is_last);
        Told {
            title: self.words("title", &facts).unwrap_or_default(),
            number: number.map_or(0, |at| at + 1),
            step: self.at,
            steps: self.scene.steps.len(),
            prose: words("").unwrap_or_default(),
            task: words("-do"),
            bet: self.bet(&facts),
            hint: words("-hint").map(|hint| if self.shows_hint { hint } else { String::new() }),
            button: words("-button"),
            done: self.words_then(&format!("{id}-done"), &facts),
            deeper: words("-deeper"),
            is_met: self.is_met(),
            has_way: !step.play.is_empty(),
            is_showing: self.runner.is_busy(),
            next_scene: next.map(|s| s.words(self.lang).0.to_string()),
            live: super::light::live(session),
        }
    }

    fn bet(&self, facts: &Facts<'_>) -> Option<BetTold> {
        let step = self.step();
        let bet = step.bet.as_ref()?;
        let id = &step.id;
        let option = |value: &String| {
            let label = self.words(&format!("{id}-bet-{value}"), facts);
            (value.clone(), label.unwrap_or_else(|| value.clone()))
        };
        Some(BetTold {
            question: self.words(&format!("{id}-bet"), facts)?,
            options: bet.options.iter().map(option).collect(),
            guess: self.guesses.get(self.at).cloned().flatten(),
            outcome: self.outcomes.get(self.at).cloned().flatten(),
        })
    }
}
