//! Every scene, played in the browser in both languages: by the visitor's hands, and by its own
//! 'show me'.

use std::path::Path;
use std::{fs, thread, time::Duration};

use e2e::{Page, PageOptions, by_id};
use scene::{Action, Expr, Fact, Goal, Mark, Piece, Scene, Step, Template, Whom};

use super::{task_row, window};

pub fn scenes() -> Vec<(String, Scene)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/scenes");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a scene file");
    let index = read("index");
    let ids = index
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    ids.map(|id| {
        let file = format!("{id}.scene");
        let scene = scene::read(&file, &read(&file)).expect("a scene without mistakes");
        (id.to_string(), scene)
    })
    .collect()
}

pub fn open(page: &Page, id: &str, lang: &str, step: usize) {
    let site = page.site().url();
    let embed = if is_embedded() { "&embed=1" } else { "" };
    page.go_to(&format!(
        "{site}?lang={lang}&scene={id}&step={}{embed}",
        step + 1
    ));
    page.wait_for_selector(&at_step(step));
}

fn at_step(step: usize) -> String {
    format!("{}[data-step=\"{}\"]", by_id("story"), step + 1)
}

fn is_met(page: &Page) -> bool {
    page.count(&format!("{}[data-met=\"true\"]", by_id("story"))) > 0
}

fn is_last(scene: &Scene, at: usize) -> bool {
    at + 1 == scene.steps.len()
}

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

/// The size of the page: `SIZE=390x844`, or the usual one. `EMBED=1` embeds it.
fn options() -> PageOptions {
    let mut options = PageOptions::default();
    let size = std::env::var("SIZE").unwrap_or_default();
    if let Some((width, height)) = size.split_once('x') {
        options.width = width.parse().expect("SIZE is WIDTHxHEIGHT");
        options.height = height.parse().expect("SIZE is WIDTHxHEIGHT");
    }
    options
}

fn is_embedded() -> bool {
    std::env::var("EMBED").is_ok_and(|embed| embed == "1")
}

/// On a small page one part of the scene's words is shown at a time.
fn turn_to(page: &Page, selector: &str) {
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

fn bet(page: &Page, step: &Step) {
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

/// Does what an action says with the means that the page offers.
fn act(page: &Page, action: &Action) {
    match action {
        Action::Launch(line) => match said(page, line).as_str() {
            line if line.starts_with("docker run") => page.click(&by_id("run-in-container")),
            program => page.click(&by_id(&format!("launch-{program}"))),
        },
        Action::Type(whom, keys) => type_into(page, whom, &said(page, keys)),
        Action::Host(line) => run(page, "host", &said(page, line)),
        Action::Inside(line) => run(page, "inside", &said(page, line)),
        Action::Both(line) => {
            run(page, "both", &said(page, line));
            thread::sleep(Duration::from_millis(1500));
        }
        Action::Close(whom) => {
            let close = format!("{} {}", window(&whom.comm), by_id("close-window"));
            click_nth(page, &close, whom.nth);
        }
        Action::Select(whom) => {
            click_nth(page, &format!("{} .name", task_row(&whom.comm)), whom.nth);
        }
        Action::Eyes(None) => stop_looking(page),
        Action::Eyes(Some(whom)) => {
            stop_looking(page);
            let toggle = format!("{} {}", window(&whom.comm), by_id("eyes"));
            click_nth(page, &toggle, whom.nth);
        }
        Action::Plug => page.click(&by_id("cpu-plug")),
        Action::Step(mark) => page.click(&by_id(match mark {
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
            page.click(&format!(".walk li:nth-child({at} .at"));
        }
        Action::Look(_) => page.click(".memory tbody tr:first-child .at"),
        Action::Point(other) => panic!("a visitor cannot know {other:?}"),
        // Time passes by itself, or the visitor steps until the goal is met.
        Action::WaitNs(_) | Action::WaitUntil(_) | Action::WaitRest => {}
        Action::Isolate(..) | Action::Machine(_) | Action::Unplug | Action::Part(_) => {
            panic!("{action:?} needs a button in the prose")
        }
    }
}

fn play_by_hand(page: &Page, step: &Step) {
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

fn play_all(lang: &str, play: impl Fn(&Page, &Step)) {
    let page = Page::open_with("", options());
    for (id, scene) in scenes() {
        if std::env::var("SCENE").is_ok_and(|only| only != id) {
            continue;
        }
        open(&page, &id, lang, 0);
        for (at, step) in scene.steps.iter().enumerate() {
            let place = format!("{id}/{} in {lang}", step.id);
            page.wait_for_selector(&at_step(at));
            if step.goal != Goal::Read {
                assert!(!is_met(&page), "{place}: met before anything is done");
                bet(&page, step);
                turn_to(&page, ".task");
                play(&page, step);
                page.wait_until(&format!("{place}: the goal is met"), is_met);
                let done = page.text(&by_id("done"));
                assert!(!done.contains(['{', '$']), "{place}: {done}");
            }
            if let Some(bet) = &step.bet {
                let outcome = page.count(".option.right");
                assert_eq!(outcome, 1, "{place}: one answer among {:?}", bet.options);
                assert!(
                    page.count(".option[aria-pressed=\"true\"]") == 1,
                    "{place}: the guess stays"
                );
            }
            if !is_last(&scene, at) {
                page.click(&by_id("next"));
            }
        }
    }
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn every_scene_is_played_by_hand_in_korean() {
    play_all("ko", play_by_hand);
}

#[test]
fn every_scene_is_played_by_hand_in_english() {
    play_all("en", play_by_hand);
}

fn show_me(page: &Page, _: &Step) {
    page.click(&by_id("show-me"));
}

#[test]
fn every_scene_shows_the_way_in_korean() {
    play_all("ko", show_me);
}

#[test]
fn every_scene_shows_the_way_in_english() {
    play_all("en", show_me);
}

#[test]
fn a_link_leads_to_a_step() {
    let page = Page::open("");
    for (id, scene) in scenes() {
        let last = scene.steps.len() - 1;
        open(&page, &id, "en", last);
        assert_eq!(page.count(&by_id("scene-error")), 0);
    }
}

#[test]
fn a_scene_that_does_not_exist_is_refused_in_one_line() {
    let page = Page::open("?lang=en&scene=nowhere");
    let error = page.wait_for_selector(&by_id("scene-error"));
    drop(error);
    let text = page.text(&by_id("scene-error"));
    assert!(text.contains("scenes/nowhere.scene"), "{text}");
}

#[test]
fn a_scene_is_left_for_the_lab_and_found_again() {
    let page = Page::open("");
    open(&page, "process", "en", 0);
    page.click(&by_id("launch-word"));
    page.wait_until("the goal is met", is_met);
    let pid = page.attribute(&task_row("word"), "data-pid");
    page.click(&by_id("leave"));
    page.wait_for_selector(&by_id("return"));
    assert_eq!(page.attribute(&task_row("word"), "data-pid"), pid);
    super::launch(&page, "launch-ppt", "ppt");
    page.click(&by_id("return"));
    page.wait_for_selector(&at_step(0));
    assert_eq!(page.count(&task_row("ppt")), 0);
    assert_eq!(page.attribute(&task_row("word"), "data-pid"), pid);
    assert!(is_met(&page));
}

#[test]
fn an_embedding_page_chooses_scene_and_step() {
    let page = Page::open("?lang=en");
    page.eval("postMessage({ type: 'ringside:goto', scene: 'process', step: 2 }, '*');");
    page.wait_for_selector(&at_step(1));
}
