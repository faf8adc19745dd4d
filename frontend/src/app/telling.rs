//! The story on this page: loading a scene, playing it, leaving it and coming back.

use super::{App, Msg, Play, Tab, window};
use crate::lab::pace;
use crate::story::act::tab_of;
use crate::story::load::{Loaded, load};
use crate::story::{self, Ask, Chosen, Deed, Path, Progress, Story};
use gloo::events::EventListener;
use scene::{Goal, Pace, Part, Parts};
use sim_core::Session;
use wasm_bindgen::JsCast;
use yew::Context;
use yew::html::Scope;

pub struct Telling {
    pub story: Option<Story>,
    /// The scene that was left for the lab, with its machine.
    pub away: Option<Box<(Story, Session)>>,
    pub path: Path,
    pub progress: Progress,
    pub shelf: Shelf,
    pub error: Option<String>,
    /// While a scene is brought to its step at once, nothing is drawn or waited for.
    catching_up: bool,
    /// Ticks that the scene has stepped by itself since it was asked to show the way.
    stepped: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    Open,
    Closed,
}

impl Default for Telling {
    fn default() -> Self {
        Self {
            story: None,
            away: None,
            path: Path::Whole,
            progress: Progress::load(),
            shelf: Shelf::Closed,
            error: None,
            catching_up: false,
            stepped: 0,
        }
    }
}

/// Ticks of a frame while a scene counts events: no event may be missed.
const COUNTED_TICKS: u64 = 1_000;
/// Ticks of a frame where the visitor steps: playing stops when there is something to read, and on a
/// slow machine, where frames are long, the next step would be over by then.
const STEPPED_TICKS: u64 = 20;
/// Rounds after which bringing a scene to its step gives up.
const ROUNDS_MAX: u32 = 60_000;
/// Simulated time of such a round.
const ROUND_NS: u64 = 500_000;
/// Rounds that a goal may take after the last deed.
const GOAL_ROUNDS_MAX: u32 = 1_000;
const SETTLE_NS: u64 = 60_000_000;

impl Telling {
    pub fn ticks_per_frame(&self) -> u64 {
        match &self.story {
            Some(story) if !story.is_live() => STEPPED_TICKS,
            Some(_) => COUNTED_TICKS,
            None => pace::TICKS_PER_FRAME,
        }
    }

    /// Scene and step, from 0.
    pub fn place(&self) -> Option<(&str, usize)> {
        self.story.as_ref().map(|s| (s.id.as_str(), s.at))
    }

    /// What is shown of the page.
    pub fn parts(&self) -> Parts {
        self.story.as_ref().map_or(Parts::ALL, |s| s.step().parts)
    }
}

/// Panels of the views column, in their order.
pub const PANELS: [Part; 5] = [
    Part::Worlds,
    Part::Calls,
    Part::Memory,
    Part::Paging,
    Part::Sched,
];

/// `{type: "ringside:goto", scene, step}` from an embedding page. Everything else is ignored.
pub fn messages(link: &Scope<App>) -> EventListener {
    let link = link.clone();
    EventListener::new(&window(), "message", move |event| {
        let Some(event) = event.dyn_ref::<web_sys::MessageEvent>() else {
            return;
        };
        let data = event.data();
        let get = |name: &str| js_sys::Reflect::get(&data, &name.into()).ok();
        let text = |name: &str| get(name).and_then(|value| value.as_string());
        if text("type").as_deref() != Some("ringside:goto") {
            return;
        }
        let Some(id) = text("scene").filter(|id| crate::embed::is_id(id)) else {
            return;
        };
        let step = get("step").and_then(|value| value.as_f64()).unwrap_or(1.0);
        let at = (step as usize).saturating_sub(1);
        link.send_message(Msg::Story(Ask::Open(id, at)));
    })
}

impl App {
    pub(super) fn chosen(&self) -> Chosen {
        Chosen {
            selected: self.selected,
            eyes: self.eyes,
            frame: self.memory.frame,
            addr: self.memory.addr(),
        }
    }

    pub(super) fn load_scene(&mut self, ctx: &Context<Self>, id: String, at: usize) {
        let (link, lang) = (ctx.link().clone(), self.lang);
        wasm_bindgen_futures::spawn_local(async move {
            link.send_message(match load(id, lang, at).await {
                Ok(loaded) => Msg::Story(Ask::Loaded(Box::new(loaded))),
                Err(why) => Msg::NotLoaded(why),
            });
        });
    }

    /// The words of the scene that is shown, in the language that was chosen.
    pub(super) fn load_words(&mut self, ctx: &Context<Self>) {
        if let Some((id, at)) = self.telling.place() {
            let id = id.to_string();
            self.load_scene(ctx, id, at);
        }
    }

    pub(super) fn scene_failed(&mut self, why: String) {
        self.telling.error = Some(why);
        self.telling.shelf = Shelf::Open;
    }

    /// What the story is asked for.
    pub(super) fn answer(&mut self, ctx: &Context<Self>, ask: Ask) {
        match ask {
            Ask::Open(id, at) => {
                self.telling.shelf = Shelf::Closed;
                self.telling.away = None;
                self.load_scene(ctx, id, at);
            }
            Ask::Loaded(loaded) => self.loaded(ctx, *loaded),
            Ask::Shelf => {
                self.telling.error = None;
                self.telling.shelf = match self.telling.shelf {
                    Shelf::Open => Shelf::Closed,
                    Shelf::Closed => Shelf::Open,
                };
            }
            Ask::SetPath(path) => self.telling.path = path,
            Ask::Next => self.next_step(ctx),
            Ask::Previous => {
                let at = self.telling.story.as_ref().map_or(0, |s| s.at);
                self.begin_scene(ctx, at.saturating_sub(1));
            }
            Ask::Leave => {
                if let Some(story) = self.telling.story.take() {
                    self.telling.away = Some(Box::new((story, self.session.clone())));
                }
                self.show_choices();
                self.play_on(ctx, Play::Playing);
            }
            Ask::Return => {
                if let Some(away) = self.telling.away.take() {
                    let (story, session) = *away;
                    self.replace(ctx, session);
                    self.telling.story = Some(story);
                    self.show_step(ctx);
                }
            }
            Ask::Guess(_)
            | Ask::Turn(_)
            | Ask::Hint
            | Ask::ShowMe
            | Ask::Button
            | Ask::Light(_) => {
                self.in_step(ctx, ask);
            }
        }
    }

    fn in_step(&mut self, ctx: &Context<Self>, ask: Ask) {
        let Some(story) = self.telling.story.as_mut() else {
            return;
        };
        match ask {
            Ask::Guess(option) => story.guess(option),
            Ask::Turn(pane) => story.pane = pane,
            Ask::Hint => story.shows_hint = true,
            Ask::Light(lit) => story.light = lit,
            Ask::ShowMe => {
                let scene = story.scene.clone();
                if let Some(step) = scene.steps.get(story.at) {
                    story.runner.clear();
                    story.runner.add(&step.play);
                    self.telling.stepped = 0;
                }
            }
            Ask::Button => {
                let scene = story.scene.clone();
                if let Some(step) = scene.steps.get(story.at) {
                    story.runner.add(&step.button);
                }
            }
            _ => {}
        }
        if story.runner.is_busy() && story.is_live() {
            self.play_on(ctx, Play::Playing);
        }
    }

    fn loaded(&mut self, ctx: &Context<Self>, loaded: Loaded) {
        self.telling.error = None;
        if loaded.lang != self.lang {
            // Another language has been chosen in the meantime.
            return self.load_scene(ctx, loaded.id, loaded.at);
        }
        if let Some(story) = self.telling.story.as_mut()
            && story.id == loaded.id
            && story.lang != loaded.lang
        {
            story.texts = loaded.texts;
            story.lang = loaded.lang;
            return;
        }
        let at = loaded.at;
        self.telling.story = Some(Story::new(loaded));
        self.begin_scene(ctx, at);
    }

    pub(super) fn restart_scene(&mut self, ctx: &Context<Self>) {
        self.begin_scene(ctx, 0);
    }

    /// Boots the scene's machine and plays the scene's own commands up to a step.
    fn begin_scene(&mut self, ctx: &Context<Self>, at: usize) {
        let Some(story) = self.telling.story.as_mut() else {
            return;
        };
        let session = match story.boot() {
            Ok(session) => session,
            Err(error) => {
                let why = format!("scenes/{}.scene: {error}", story.id);
                return self.scene_failed(why);
            }
        };
        let scene = story.scene.clone();
        story.runner.clear();
        story.runner.add(&scene.start);
        self.replace(ctx, session);
        self.play = Play::Paused;
        self.telling.catching_up = true;
        self.drain(ctx);
        for (number, step) in scene.steps.iter().enumerate().take(at) {
            self.enter_step(number);
            if step.goal != Goal::Read
                && let Some(story) = self.telling.story.as_mut()
            {
                story.runner.add(&step.play);
            }
            self.drain(ctx);
            self.await_goal();
            self.settle();
        }
        self.enter_step(at);
        self.telling.catching_up = false;
        self.show_step(ctx);
    }

    /// Does everything that the runner has, without waiting for the wall clock.
    fn drain(&mut self, ctx: &Context<Self>) {
        for _ in 0..ROUNDS_MAX {
            match self.next_deed() {
                Deed::Done => break,
                Deed::Again => {}
                Deed::Wait => self.pass(ROUND_NS),
                Deed::Tick => {
                    self.session.step_tick();
                }
                Deed::Do(msg) => {
                    self.handle(ctx, msg);
                }
            }
            self.follow_story();
        }
    }

    /// The last deed of a step takes its time.
    fn await_goal(&mut self) {
        for _ in 0..GOAL_ROUNDS_MAX {
            if self.telling.story.as_ref().is_none_or(Story::is_met) {
                return;
            }
            self.pass(ROUND_NS);
        }
    }

    /// A step in which time runs ends when the machine rests, so that nothing of it happens in
    /// the next one. One that never rests is stopped.
    fn settle(&mut self) {
        let is_live = self.telling.story.as_ref().is_some_and(Story::is_live);
        let end_ns = self.session.now_ns() + SETTLE_NS;
        while is_live && !self.session.machine().is_idle() && self.session.now_ns() < end_ns {
            self.pass(ROUND_NS);
        }
    }

    fn pass(&mut self, ns: u64) {
        self.session
            .advance(self.session.now_ns() + ns, COUNTED_TICKS);
        self.worlds.follow(&mut self.session);
        self.follow_story();
    }

    fn next_deed(&mut self) -> Deed {
        let chosen = self.chosen();
        let Some(story) = self.telling.story.as_mut() else {
            return Deed::Done;
        };
        let mut runner = std::mem::take(&mut story.runner);
        let pace = if self.telling.catching_up && story.step().pace == Pace::Live {
            Pace::Live
        } else {
            story.step().pace
        };
        let deed = runner.next(&story.facts(&self.session, chosen), pace);
        story.runner = runner;
        deed
    }

    /// Returns whether a goal has just been met.
    fn follow_story(&mut self) -> bool {
        let chosen = self.chosen();
        let story = self.telling.story.as_mut();
        story.is_some_and(|story| story.follow(&self.session, chosen))
    }

    fn enter_step(&mut self, at: usize) {
        // Its words speak of the one world; what they name may not be there for somebody's eyes.
        self.eyes = None;
        let chosen = self.chosen();
        if let Some(story) = self.telling.story.as_mut() {
            story.enter(at, &self.session, chosen);
        }
    }

    /// The page as the step wants it.
    fn show_step(&mut self, ctx: &Context<Self>) {
        let Some(story) = self.telling.story.as_ref() else {
            return;
        };
        let parts = story.step().parts;
        let play = match story.step().pace {
            Pace::Live => Play::Playing,
            Pace::Paused => Play::Paused,
        };
        let panels = PANELS.into_iter().filter(|part| parts.has(*part));
        let tabs: Vec<Tab> = panels.filter_map(tab_of).collect();
        if let Some(first) = tabs.first()
            && !tabs.contains(&self.tab)
        {
            self.tab = *first;
        }
        self.show_choices();
        self.play_on(ctx, play);
    }

    fn play_on(&mut self, ctx: &Context<Self>, play: Play) {
        self.play = play;
        self.last_ms = super::now_ms();
        self.run(ctx, super::now_ms());
    }

    /// The same keys on a machine that was booted with one setting changed.
    pub(super) fn reboot(&mut self, ctx: &Context<Self>, setting: &str) {
        match story::booted_otherwise(&self.session, setting) {
            Ok(session) => {
                let play = self.play;
                self.replace(ctx, session);
                if let Some(story) = self.telling.story.as_mut() {
                    story.recount();
                }
                self.play_on(ctx, play);
            }
            Err(error) => self.scene_failed(error.to_string()),
        }
    }

    fn next_step(&mut self, ctx: &Context<Self>) {
        let Some(story) = self.telling.story.as_ref() else {
            return;
        };
        if story.at + 1 < story.scene.steps.len() {
            let next = story.at + 1;
            self.settle();
            self.enter_step(next);
            return self.show_step(ctx);
        }
        let id = story.id.clone();
        self.telling.progress.add(&id);
        match story::scene_after(&id, self.telling.path) {
            Some(next) => self.load_scene(ctx, next.id.into(), 0),
            None => self.answer(ctx, Ask::Leave),
        }
    }

    /// After every message: counts what has happened, checks the goal, does the next deed of a
    /// scene that shows the way.
    pub(super) fn tell(&mut self, ctx: &Context<Self>) {
        if self.telling.story.is_none() || self.telling.catching_up {
            return;
        }
        // Where the visitor steps, playing stops when there is something to read.
        if self.follow_story() && self.telling.story.as_ref().is_some_and(|s| !s.is_live()) {
            self.play = Play::Paused;
        }
        self.note_end();
        let link = ctx.link().clone();
        match self.next_deed() {
            Deed::Done | Deed::Wait => {}
            Deed::Again => link.send_message(Msg::Wake),
            Deed::Do(msg) => link.send_message(msg),
            Deed::Tick => {
                self.step_by_itself();
                let again = gloo::timers::callback::Timeout::new(TICK_MS, move || {
                    link.send_message(Msg::Wake);
                });
                again.forget();
            }
        }
    }

    /// One tick at first, so that each can be followed; more at a time when it goes on for long.
    fn step_by_itself(&mut self) {
        let burst = (1 + self.telling.stepped / 20).min(BURST_MAX);
        for _ in 0..burst {
            self.telling.stepped += 1;
            self.step(super::Step::Tick);
            self.follow_story();
            if self.telling.story.as_ref().is_none_or(Story::is_met) {
                return;
            }
        }
    }

    /// A scene whose last goal is met has been played.
    fn note_end(&mut self) {
        if let Some(story) = &self.telling.story
            && story.at + 1 == story.scene.steps.len()
            && story.is_met()
        {
            self.telling.progress.add(&story.id.clone());
        }
    }
}

/// Wall time between the ticks of a scene that steps by itself.
const TICK_MS: u32 = 40;
/// Most ticks at a time.
const BURST_MAX: u32 = 60;
