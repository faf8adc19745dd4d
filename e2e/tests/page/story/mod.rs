//! Every scene, played in the browser in both languages: by the visitor's hands, and by its own
//! 'show me'.

pub mod hands;

use std::fs;
use std::path::Path;

use e2e::{Page, PageOptions, Scheme, by_id};
use scene::{Goal, Scene, Step};

use super::task_row;

/// What the page is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Desk,
    Laptop,
    Phone,
    /// In a blog post.
    Embedded,
}

impl Screen {
    pub fn open(self, scheme: Scheme) -> Page {
        let (width, height) = match self {
            Self::Desk => (1360, 860),
            Self::Laptop => (1024, 768),
            Self::Phone => (390, 844),
            Self::Embedded => (720, 480),
        };
        let options = PageOptions {
            width,
            height,
            scheme,
            ..PageOptions::default()
        };
        Page::open_with("", options)
    }

    /// Goes to a step (from 0) of a scene.
    pub fn go_to(self, page: &Page, id: &str, lang: &str, step: usize) {
        let embed = match self {
            Self::Embedded => "&embed=1",
            Self::Desk | Self::Laptop | Self::Phone => "",
        };
        page.go_to(&format!(
            "{}?lang={lang}&scene={id}&step={}{embed}",
            page.site().url(),
            step + 1
        ));
        page.wait_for_selector(&at_step(step));
    }
}

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

fn at_step(step: usize) -> String {
    format!("{}[data-step=\"{}\"]", by_id("story"), step + 1)
}

fn is_met(page: &Page) -> bool {
    page.count(&format!("{}[data-met=\"true\"]", by_id("story"))) > 0
}

fn is_last(scene: &Scene, at: usize) -> bool {
    at + 1 == scene.steps.len()
}

/// Nothing of the page lies beside the screen.
fn assert_fits(page: &Page, place: &str) {
    let beside = page.eval("return document.documentElement.scrollWidth - innerWidth;");
    assert_eq!(beside, 0, "{place}: pixels beside the screen");
}

fn play_all(screen: Screen, lang: &str, play: impl Fn(&Page, &Step)) {
    let page = screen.open(Scheme::Light);
    for (id, scene) in scenes() {
        screen.go_to(&page, &id, lang, 0);
        for (at, step) in scene.steps.iter().enumerate() {
            let place = format!("{id}/{} in {lang}", step.id);
            page.wait_for_selector(&at_step(at));
            assert_fits(&page, &place);
            if step.goal != Goal::Read {
                assert!(!is_met(&page), "{place}: met before anything is done");
                hands::bet(&page, step);
                hands::turn_to(&page, ".task");
                hands::assert_in_sight(&page, step, &place);
                play(&page, step);
                page.wait_until(&format!("{place}: the goal is met"), is_met);
                let done = page.text(&by_id("done"));
                assert!(!done.contains(['{', '$']), "{place}: {done}");
                assert_fits(&page, &place);
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
    play_all(Screen::Desk, "ko", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_in_english() {
    play_all(Screen::Desk, "en", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_on_a_laptop_in_korean() {
    play_all(Screen::Laptop, "ko", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_on_a_laptop_in_english() {
    play_all(Screen::Laptop, "en", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_on_a_phone_in_korean() {
    play_all(Screen::Phone, "ko", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_on_a_phone_in_english() {
    play_all(Screen::Phone, "en", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_embedded_in_korean() {
    play_all(Screen::Embedded, "ko", hands::play);
}

#[test]
fn every_scene_is_played_by_hand_embedded_in_english() {
    play_all(Screen::Embedded, "en", hands::play);
}

fn show_me(page: &Page, _: &Step) {
    page.click(&by_id("show-me"));
}

#[test]
fn every_scene_shows_the_way_in_korean() {
    play_all(Screen::Desk, "ko", show_me);
}

#[test]
fn every_scene_shows_the_way_in_english() {
    play_all(Screen::Desk, "en", show_me);
}

#[test]
fn a_link_leads_to_a_step() {
    let page = Page::open("");
    for (id, scene) in scenes() {
        let last = scene.steps.len() - 1;
        Screen::Desk.go_to(&page, &id, "en", last);
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
    Screen::Desk.go_to(&page, "process", "en", 0);
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
fn what_eyes_see_is_in_sight_in_a_small_frame() {
    let page = Screen::Embedded.open(Scheme::Light);
    Screen::Embedded.go_to(&page, "mirror", "ko", 0);
    let ppt = format!("{} {}", super::window("ppt"), by_id("eyes"));
    page.click(&ppt);
    // Most rows are strokes; the one that is not lies behind them.
    page.wait_until("PPT's row is in sight", |page| {
        page.count(".stage.eyes") > 0 && hands::is_in_sight(page, &task_row("ppt"), 1)
    });
}

#[test]
fn bytes_are_shown_in_a_small_frame_where_the_words_speak_of_them() {
    let page = Screen::Embedded.open(Scheme::Light);
    let bytes = format!("{} .bytes:not(.at)", super::window("word"));
    for (id, step) in [("layers", "up"), ("invasion", "wrong")] {
        let (_, scene) = scenes()
            .into_iter()
            .find(|(scene, _)| scene == id)
            .expect("a scene");
        let at = scene.steps.iter().position(|s| s.id == step);
        let at = at.expect("a step");
        Screen::Embedded.go_to(&page, id, "en", at);
        hands::bet(&page, &scene.steps[at]);
        hands::turn_to(&page, ".task");
        page.click(&by_id("show-me"));
        page.wait_until(&format!("{id}/{step}: the bytes are in sight"), |page| {
            is_met(page) && hands::is_in_sight(page, &bytes, 1)
        });
    }
}

#[test]
fn a_step_begins_in_the_one_world() {
    let page = Page::open("");
    Screen::Desk.go_to(&page, "mirror", "en", 0);
    page.click(&format!("{} {}", super::window("ppt"), by_id("eyes")));
    page.wait_until("the goal is met", is_met);
    page.click(&by_id("next"));
    page.wait_for_selector(&at_step(1));
    // Word could not be looked at where it is not.
    page.wait_for_selector(&super::window("word"));
    assert_eq!(page.count(".stage.eyes"), 0);
    Screen::Desk.go_to(&page, "mirror", "en", 1);
    page.wait_for_selector(&super::window("word"));
    assert_eq!(page.count(".stage.eyes"), 0);
}

#[test]
fn a_step_that_is_only_read_offers_one_way_on() {
    let page = Screen::Phone.open(Scheme::Light);
    for (id, scene) in scenes() {
        let is_read = |step: &Step| step.goal == Goal::Read && step.bet.is_none();
        let read = scene.steps.iter().position(is_read);
        let Some(at) = read else { continue };
        Screen::Phone.go_to(&page, &id, "en", at);
        assert_eq!(page.count(".turn"), 0, "{id}: nothing to turn to");
    }
}

#[test]
fn an_embedding_page_chooses_scene_and_step() {
    let page = Page::open("?lang=en");
    page.eval("postMessage({ type: 'ringside:goto', scene: 'process', step: 2 }, '*');");
    page.wait_for_selector(&at_step(1));
}
