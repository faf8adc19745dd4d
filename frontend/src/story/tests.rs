//! Every scene is played to its end by its own 'show me'.

use super::load::Loaded;
use super::{Chosen, Deed, Story, scenes};
use crate::app::{Msg, Step};
use crate::i18n::Lang;
use crate::lab::worlds::Worlds;
use scene::{Goal, texts};
use sim_core::command::{CpuId, TtyId};
use sim_core::{Command, Session};

/// Somebody who does what a scene asks for, without a page.
struct Visitor {
    story: Story,
    session: Session,
    worlds: Worlds,
    chosen: Chosen,
}

impl Visitor {
    fn open(id: &str, lang: Lang) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).expect(path);
        let scene = format!("scenes/{id}.scene");
        let words = format!("texts/{}/scenes/{id}.ftl", lang.code());
        let story = Story::new(Loaded {
            id: id.into(),
            lang,
            scene: scene::read(&scene, &read(&scene)).expect("a scene").into(),
            texts: texts::read(&words, &read(&words)).expect("texts").into(),
            at: 0,
        });
        let session = story.boot().expect("the scene boots");
        let mut visitor = Self {
            story,
            session,
            worlds: Worlds::default(),
            chosen: Chosen::default(),
        };
        let start = visitor.story.scene.start.clone();
        visitor.story.runner.add(&start);
        visitor.run();
        visitor.story.enter(0, &visitor.session, visitor.chosen);
        visitor
    }

    fn run(&mut self) {
        for _ in 0..60_000 {
            let pace = self.story.step().pace;
            let mut runner = std::mem::take(&mut self.story.runner);
            let deed = runner.next(&self.story.facts(&self.session, self.chosen), pace);
            self.story.runner = runner;
            match deed {
                Deed::Done => return,
                Deed::Again => {}
                Deed::Wait => {
                    self.session.advance(self.session.now_ns() + 500_000, 1_000);
                    self.worlds.follow(&mut self.session);
                }
                Deed::Tick => {
                    self.session.step_tick();
                }
                Deed::Do(msg) => self.perform(msg),
            }
            self.story.follow(&self.session, self.chosen);
        }
        panic!("{} never comes to an end", self.story.step().id);
    }

    fn perform(&mut self, msg: Msg) {
        match msg {
            Msg::Launch(line) => {
                self.session.launch(&line);
            }
            Msg::Type { tty, text } => {
                self.session.input(tty, &text);
            }
            Msg::Hangup(tty) => {
                self.session.apply(Command::Hangup { tty: TtyId(tty) });
            }
            Msg::RunInBoth(command) => {
                self.worlds.command = command;
                self.worlds.run(&mut self.session);
            }
            Msg::Plug(cpu) => {
                self.session.apply(Command::Plug { cpu: CpuId(cpu) });
            }
            Msg::Eyes(task) => self.chosen.eyes = task,
            Msg::Isolate(task, kind) => {
                self.session.isolate(task, kind);
            }
            Msg::Select(task) => self.chosen.selected = task,
            Msg::Step(step) => {
                match step {
                    Step::Tick => self.session.step_tick(),
                    Step::Crossing => self.session.step_to_crossing(),
                    Step::Syscall => self.session.step_to_syscall(),
                    Step::Switch => self.session.step_to_switch(),
                    Step::Start | Step::Back => panic!("no scene steps back"),
                };
            }
            Msg::Machine(setting) => {
                let other = super::booted_otherwise(&self.session, &setting);
                self.session = other.expect("a machine booted otherwise");
                self.story.recount();
            }
            Msg::PointAt(frame) => self.chosen.frame = frame,
            Msg::LookAt(addr) => self.chosen.addr = u64::from_str_radix(&addr, 16).ok(),
            Msg::SetTab(_) => {}
            _ => panic!("a deed that this visitor cannot do"),
        }
    }
}

#[test]
fn every_scene_shows_the_way_to_its_goals() {
    for listed in scenes() {
        if std::env::var("SCENE").is_ok_and(|only| only != listed.id) {
            continue;
        }
        for lang in [Lang::Ko, Lang::En] {
            let mut visitor = Visitor::open(listed.id, lang);
            let scene = visitor.story.scene.clone();
            for (at, step) in scene.steps.iter().enumerate() {
                visitor.story.enter(at, &visitor.session, visitor.chosen);
                assert!(
                    step.goal == Goal::Read
                        || !visitor.story.follow(&visitor.session, visitor.chosen),
                    "{}/{}: the goal is met before anything is done",
                    listed.id,
                    step.id
                );
                visitor.story.runner.add(&step.play);
                visitor.run();
                // The last deed takes its time.
                for _ in 0..400 {
                    if visitor.story.is_met() {
                        break;
                    }
                    visitor
                        .session
                        .advance(visitor.session.now_ns() + 500_000, 1_000);
                    visitor.worlds.follow(&mut visitor.session);
                    visitor.story.follow(&visitor.session, visitor.chosen);
                }
                assert!(
                    visitor.story.is_met(),
                    "{}/{}: the goal is not met",
                    listed.id,
                    step.id
                );
                let told = visitor
                    .story
                    .told(&visitor.session, visitor.chosen, super::Path::Whole);
                for text in [Some(&told.prose), told.task.as_ref(), told.done.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    println!("{text}");
                    assert!(
                        !text.contains(['{', '}', '$']),
                        "{}/{}: {text}",
                        listed.id,
                        step.id
                    );
                }
                if let Some(bet) = told.bet {
                    let outcome = bet.outcome.expect("the machine answers the bet");
                    assert!(
                        bet.options.iter().any(|(value, _)| *value == outcome),
                        "{}/{}: the machine says {outcome}, which nobody could bet on",
                        listed.id,
                        step.id
                    );
                }
            }
        }
    }
}
