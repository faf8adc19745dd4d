//! A visitor's hands: what a step asks for, done with the page's own means.

use std::{thread, time::Duration};

use e2e::{Page, by_id};
use scene::{Action, Expr, Fact, Mark, Piece, Step, Template, Whom};

use super::super::{task_row, window};
use super::is_met;

/// The nth (from 1) of what a selector finds.
fn click_nth(page: &Page, selector: &str, nth: usize) {
    page.wait_until(&format!("{nth} of {selector}"), |page| {
        page.count(selector) >= nth
    });
    page.eval(&format!(
        "document.querySelectorAll({selector:?})[{}].click();",
        nth - 1
    ));
}

/// On a small page one part of the scene's words is shown at a time.
pub fn turn_to(page: &Page, selector: &str) {
    let hidden = format!(
        "const e = document.querySelector({selector:?}); return !!e && e.getClientRects().length === 0;"
    );
    for _ in 0..3 {
        if page.eval(&hidden) == false {
            return;
        }
        page.click(".pane.now .turn");
    }
}

pub fn bet(page: &Page, step: &Step) {
    if let Some(bet) = &step.bet {
        turn_to(page, &by_id("option"));
        let option = bet.options.first().expect("an option");
        page.click(&format!("{}[data-value=\"{option}\"]", by_id("option")));
    }
}

/// Text of an action; what is computed in it is read off the page as a visitor would.
fn said(page: &Page, Template(pieces): &Template) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(Expr::Fact(Fact::Pid, of)) => page
            .attribute(&task_row(&of[0]), "data-pid")
            .expect("a PID"),
        Piece::Value(other) => panic!("a visitor cannot know {other:?}"),
    };
    pieces.iter().map(piece).collect()
}

fn run(page: &Page, side: &str, command: &str) {
    page.eval(&format!(
        "const side = document.querySelector('[data-testid=compare-side]');
         side.value = {side:?}; side.dispatchEvent(new Event('change', {{ bubbles: true }}));"
    ));
    page.fill(&by_id("compare-command"), command);
    page.click(&by_id("compare-run"));
}

fn type_into(page: &Page, whom: &Whom, keys: &str) {
    let window = window(&whom.comm);
    match keys {
        "\u{f}" => click_nth(
            page,
            &format!("{window} {}", by_id("more-memory")),
            whom.nth,
        ),
        "\u{c}" => click_nth(page, &format!("{window} {}", by_id("work")), whom.nth),
        keys => {
            click_nth(page, &format!("{window} .keys"), whom.nth);
            page.eval(&format!(
                "document.querySelectorAll({:?})[{}].focus();",
                format!("{window} .keys"),
                whom.nth - 1
            ));
            page.type_keys(&keys.replace('\n', "\u{e007}"));
        }
    }
}

/// Back to the one world, if one looks through somebody's eyes.
fn stop_looking(page: &Page) {
    if page.count(&by_id("eyes-off")) > 0 {
        page.click(&by_id("eyes-off"));
    }
}

/// What is pressed, or typed into, for an action; with its number among those that look the same.
fn place(page: &Page, action: &Action) -> Option<(String, usize)> {
    let in_window = |whom: &Whom, id: &str| {
        let selector = format!("{} {}", window(&whom.comm), by_id(id));
        Some((selector, whom.nth))
    };
    let first = |selector: String| Some((selector, 1));
    match action {
        Action::Launch(line) => match said(page, line).as_str() {
            line if line.starts_with("docker run") => first(by_id("run-in-container")),
            program => first(by_id(&format!("launch-{program}"))),
        },
        Action::Type(whom, keys) => match said(page, keys).as_str() {
            "\u{f}" => in_window(whom, "more-memory"),
            "\u{c}" => in_window(whom, "work"),
            _ => Some((format!("{} .keys", window(&whom.comm)), whom.nth)),
        },
        Action::Host(_) | Action::Inside(_) | Action::Both(_) => first(by_id("compare-command")),
        Action::Close(whom) => in_window(whom, "close-window"),
        Action::Select(whom) => Some((format!("{} .name", task_row(&whom.comm)), whom.nth)),
        Action::Eyes(Some(whom)) => in_window(whom, "eyes"),
        Action::Plug => first(by_id("cpu-plug")),
        Action::Step(mark) => first(by_id(match mark {
            Mark::Tick => "step",
            Mark::Crossing => "next-crossing",
            Mark::Syscall => "next-syscall",
            Mark::Switch => "next-switch",
        })),
        Action::Point(Expr::Fact(Fact::Table, of)) => {
            // The number of a table, and the page's in the last of them.
            let at = match of[2].as_str() {
                "5" => "4) tbody".into(),
                level => format!("{level}) caption"),
            };
            first(format!(".walk li:nth-child({at} .at"))
        }
        Action::Look(_) => first(".memory tbody tr:first-child .at".into()),
        Action::Eyes(None)
        | Action::Point(_)
        | Action::WaitNs(_)
        | Action::WaitUntil(_)
        | Action::WaitRest
        | Action::Isolate(..)
        | Action::Machine(_)
        | Action::Unplug
        | Action::Part(_) => None,
    }
}

/// Whether a finger put on the nth (from 1) of what a selector finds would meet it.
pub fn is_in_sight(page: &Page, selector: &str, nth: usize) -> bool {
    let met = format!(
        "const e = document.querySelectorAll({selector:?})[{}];
         if (!e) return false;
         const r = e.getBoundingClientRect();
         if (r.width === 0) return false;
         return e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2));",
        nth - 1
    );
    page.eval(&met) == true
}

/// What a step asks for first lies in sight: it need not be scrolled to.
pub fn assert_in_sight(page: &Page, step: &Step, place_of: &str) {
    let (selector, nth) = if step.button.is_empty() {
        let Some(found) = step.play.iter().find_map(|action| place(page, action)) else {
            return;
        };
        found
    } else {
        (by_id("story-button"), 1)
    };
    page.wait_until(
        &format!("{place_of}: number {nth} of {selector} is in sight"),
        |page| is_in_sight(page, &selector, nth),
    );
}

/// Does what an action says with the means that the page offers.
fn act(page: &Page, action: &Action) {
    match action {
        Action::Type(whom, keys) => type_into(page, whom, &said(page, keys)),
        Action::Host(line) => run(page, "host", &said(page, line)),
        Action::Inside(line) => run(page, "inside", &said(page, line)),
        Action::Both(line) => {
            run(page, "both", &said(page, line));
            thread::sleep(Duration::from_millis(1500));
        }
        Action::Eyes(None) => stop_looking(page),
        Action::Close(whom) | Action::Select(whom) | Action::Eyes(Some(whom)) => {
            if let Action::Eyes(_) = action {
                stop_looking(page);
            }
            let (selector, _) = place(page, action).expect("it has a place");
            click_nth(page, &selector, whom.nth);
        }
        Action::Launch(_) | Action::Plug | Action::Step(_) | Action::Look(_) => {
            page.click(&place(page, action).expect("it has a place").0);
        }
        Action::Point(at) => match place(page, action) {
            Some((selector, _)) => page.click(&selector),
            None => panic!("a visitor cannot know {at:?}"),
        },
        // Time passes by itself, or the visitor steps until the goal is met.
        Action::WaitNs(_) | Action::WaitUntil(_) | Action::WaitRest => {}
        Action::Isolate(..) | Action::Machine(_) | Action::Unplug | Action::Part(_) => {
            panic!("{action:?} needs a button in the prose")
        }
    }
}

pub fn play(page: &Page, step: &Step) {
    let buttons = step.button.len();
    let has_button =
        buttons > 0 && step.play.len() >= buttons && step.play[..buttons] == step.button[..];
    if has_button {
        page.click(&by_id("story-button"));
    }
    let rest = if has_button {
        &step.play[buttons..]
    } else {
        &step.play[..]
    };
    for action in rest {
        act(page, action);
        thread::sleep(Duration::from_millis(250));
    }
    if step.pace == scene::Pace::Paused {
        // A few crossings by hand; then it plays, and stops when there is something to read.
        for _ in 0..12 {
            if is_met(page) {
                return;
            }
            page.click(&by_id("next-crossing"));
        }
        page.click(&by_id("play"));
    }
}
