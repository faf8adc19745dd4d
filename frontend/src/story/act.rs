//! What a scene does by itself, done one deed after the other, each by the visitor's own means.

use super::facts::Facts;
use crate::app::{Msg, Step, Tab};
use crate::lab::worlds;
use scene::{Action, Mark, Pace, Part, Piece, Template, Whom};
use sim_core::Session;
use sim_core::view::NsKind;
use std::collections::VecDeque;

/// Deeds still to be done.
#[derive(Clone, Debug, Default)]
pub struct Runner {
    queue: VecDeque<Action>,
    /// When the last one was done, in ns since boot.
    since_ns: Option<u64>,
    /// Whether a shell inside has been asked for.
    asked_shell: bool,
    tries: u32,
}

/// What to do next.
pub enum Deed {
    /// Nothing is left.
    Done,
    /// Let time pass, then ask again.
    Wait,
    /// One tick, then ask again.
    Tick,
    /// Ask again at once.
    Again,
    /// This, and then ask again.
    Do(Msg),
}

/// A machine that never idles counts as rested after so long.
const REST_NS: u64 = 60_000_000;
/// A deed that cannot be done after so many tries is given up.
const TRIES_MAX: u32 = 4_000;

impl Runner {
    pub fn add(&mut self, actions: &[Action]) {
        self.queue.extend(actions.iter().cloned());
    }

    pub fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Runner::default();
    }

    /// The next deed, if the machine has rested from the last.
    ///
    /// Where the visitor steps, only `step` and `wait` let time pass.
    pub fn next(&mut self, facts: &Facts<'_>, pace: Pace) -> Deed {
        let session = facts.session;
        let now = session.now_ns();
        let Some(action) = self.queue.front() else {
            return Deed::Done;
        };
        let since = self
            .since_ns
            .map_or(u64::MAX, |since| now.saturating_sub(since));
        let must_rest = match action {
            Action::WaitNs(_) | Action::WaitUntil(_) => false,
            Action::WaitRest => true,
            _ => pace == Pace::Live,
        };
        let wait = match pace {
            Pace::Live => Deed::Wait,
            Pace::Paused => Deed::Tick,
        };
        if must_rest && since < REST_NS && !session.machine().is_idle() {
            return wait;
        }
        let msg = match action {
            Action::WaitRest => None,
            Action::WaitNs(ns) if *ns > since => return wait,
            Action::WaitNs(_) => None,
            Action::WaitUntil(expr) if facts.holds(expr) => None,
            Action::WaitUntil(_) => return self.try_again(wait),
            action => match message(action, facts, self.asked_shell) {
                Found::Nothing => None,
                Found::Msg(msg) => Some(msg),
                Found::NotYet => return self.try_again(wait),
                Found::Shell(msg) => {
                    self.asked_shell = true;
                    self.since_ns = Some(now);
                    return Deed::Do(msg);
                }
            },
        };
        self.queue.pop_front();
        self.since_ns = Some(now);
        self.asked_shell = false;
        self.tries = 0;
        msg.map_or(Deed::Again, Deed::Do)
    }

    fn try_again(&mut self, wait: Deed) -> Deed {
        self.tries += 1;
        if self.tries > TRIES_MAX {
            self.clear();
            return Deed::Done;
        }
        wait
    }
}

enum Found {
    Msg(Msg),
    /// It is so already.
    Nothing,
    /// What it is about is not there yet.
    NotYet,
    /// A shell inside has to be started first.
    Shell(Msg),
}

fn filled(template: &Template, facts: &Facts<'_>) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(expr) => facts.value(expr).text(),
    };
    template.0.iter().map(piece).collect()
}

fn message(action: &Action, facts: &Facts<'_>, asked_shell: bool) -> Found {
    let task = |whom: &Whom| facts.task(&whom.comm, whom.nth - 1).map(|t| t.task);
    let window = |whom: &Whom| facts.window(&whom.comm, whom.nth - 1);
    let found = |msg: Option<Msg>| msg.map_or(Found::NotYet, Found::Msg);
    match action {
        Action::Launch(line) => Found::Msg(Msg::Launch(filled(line, facts))),
        Action::Type(whom, keys) => found(window(whom).map(|w| Msg::Type {
            tty: w.tty,
            text: filled(keys, facts),
        })),
        Action::Host(line) => Found::Msg(Msg::Type {
            tty: worlds::HOST_TTY,
            text: filled(line, facts) + "\n",
        }),
        Action::Inside(line) => inside(facts.session, filled(line, facts), asked_shell),
        Action::Both(line) => Found::Msg(Msg::RunInBoth(filled(line, facts))),
        Action::Close(whom) => found(window(whom).map(|w| Msg::Hangup(w.tty))),
        Action::Select(whom) => match task(whom) {
            None => Found::NotYet,
            task if facts.chosen.selected == task => Found::Nothing,
            task => Found::Msg(Msg::Select(task)),
        },
        Action::Eyes(None) => Found::Msg(Msg::Eyes(None)),
        Action::Eyes(Some(whom)) => found(task(whom).map(|task| Msg::Eyes(Some(task)))),
        Action::Isolate(comm, kind) => {
            let kind = NsKind::ALL.into_iter().find(|k| k.name() == kind);
            let task = facts.task(comm, 0).map(|t| t.task);
            found(task.zip(kind).map(|(task, kind)| Msg::Isolate(task, kind)))
        }
        Action::Plug => Found::Msg(Msg::Plug(cpus(facts.session))),
        Action::Unplug => Found::Msg(Msg::Unplug(cpus(facts.session).saturating_sub(1))),
        Action::Step(mark) => Found::Msg(Msg::Step(match mark {
            Mark::Tick => Step::Tick,
            Mark::Crossing => Step::Crossing,
            Mark::Syscall => Step::Syscall,
            Mark::Switch => Step::Switch,
        })),
        Action::Machine(setting) => Found::Msg(Msg::Machine(setting.clone())),
        Action::Part(part) => match tab_of(*part) {
            Some(tab) => Found::Msg(Msg::SetTab(tab)),
            None => Found::Nothing,
        },
        Action::Point(frame) => Found::Msg(Msg::PointAt(facts.value(frame).frame())),
        Action::Look(addr) => Found::Msg(Msg::LookAt(filled(addr, facts))),
        Action::WaitNs(_) | Action::WaitUntil(_) | Action::WaitRest => Found::Nothing,
    }
}

/// How many CPUs there are: the number of the next one.
fn cpus(session: &Session) -> u8 {
    sim_core::view::cpus(session.machine()).len() as u8
}

fn inside(session: &Session, line: String, asked_shell: bool) -> Found {
    match worlds::inside(session) {
        None => Found::NotYet,
        Some((_, Some(tty))) if worlds::has_prompt(session, tty) => Found::Msg(Msg::Type {
            tty,
            text: line + "\n",
        }),
        Some((mark, None)) if !asked_shell => {
            Found::Shell(Msg::Launch(format!("docker exec {} sh", mark.hostname)))
        }
        Some(_) => Found::NotYet,
    }
}

/// The tab that shows a part.
pub fn tab_of(part: Part) -> Option<Tab> {
    match part {
        Part::Worlds => Some(Tab::Worlds),
        Part::Calls => Some(Tab::Calls),
        Part::Sched => Some(Tab::Sched),
        Part::Memory | Part::Paging => Some(Tab::Memory),
        Part::Windows
        | Part::Launcher
        | Part::ContainerButton
        | Part::Gates
        | Part::Tasks
        | Part::Details
        | Part::Namespaces
        | Part::Cpus
        | Part::Ram
        | Part::Time
        | Part::Eyes => None,
    }
}
