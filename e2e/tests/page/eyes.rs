//! Seeing through a process's eyes, and letting one unshare its namespaces.

use e2e::{Page, by_id};

use super::{launch, task_row, window};

const LOOKING: &str = ".stage.eyes";

/// Word on the host, PPT in a container.
fn two_worlds() -> Page {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    launch(&page, "run-in-container", "ppt");
    page.wait_for_selector(&format!("{}[data-inner-pid=\"1\"]", task_row("ppt")));
    page
}

/// An event at an element, as a pointer or a key makes it.
fn dispatch(page: &Page, selector: &str, kind: &str, name: &str, options: &str) {
    page.eval(&format!(
        "document.querySelector({selector:?}).dispatchEvent(new {kind}({name:?}, \
         {{bubbles: true, cancelable: true, {options}}}));"
    ));
}

fn press(page: &Page, selector: &str) {
    let options = "button: 0, clientX: 50, clientY: 50";
    dispatch(page, selector, "PointerEvent", "pointerdown", options);
}

fn release(page: &Page, selector: &str) {
    dispatch(page, selector, "PointerEvent", "pointerup", "button: 0");
    dispatch(page, selector, "MouseEvent", "click", "");
}

/// What the stage says, without what moves by itself.
fn drawn(page: &Page) -> [usize; 4] {
    [
        page.count("tr[data-testid=task-row]"),
        page.count(&by_id("window")),
        page.count(&by_id("unseen")),
        page.count("tr.ghost"),
    ]
}

fn wait_until_looking(page: &Page) {
    page.wait_for_selector(LOOKING);
}

fn wait_until_back(page: &Page) {
    page.wait_until("the one world is back", |page| page.count(LOOKING) == 0);
}

#[test]
fn holding_a_window_shows_its_world_and_letting_go_brings_back_the_one() {
    let page = two_worlds();
    let before = drawn(&page);
    assert_eq!(before[1..], [2, 0, 0]);
    let bar = format!("{} .bar", window("ppt"));
    press(&page, &bar);
    wait_until_looking(&page);
    // Only itself: Word's window is a frame, the other tasks are strokes.
    let seen = drawn(&page);
    assert_eq!(seen[..3], [1, 1, 1]);
    assert_eq!(seen[3], before[0] - 1);
    assert_eq!(page.count(&window("word")), 0);
    assert_eq!(page.text(&format!("{} .pid", window("ppt"))), "1");
    assert_eq!(
        page.attribute(&task_row("ppt"), "data-pid").as_deref(),
        Some("1")
    );
    assert_eq!(
        page.attribute(&by_id("unseen"), "aria-hidden").as_deref(),
        Some("true")
    );
    assert_eq!(
        page.attribute("tr.ghost", "aria-hidden").as_deref(),
        Some("true")
    );
    let ghosts = page.text("tr.ghost");
    assert_eq!(ghosts.trim(), "", "nothing is written where it cannot see");
    let caption = page.text(&by_id("through"));
    let all = before[0].to_string();
    assert!(
        caption.contains("ppt") && caption.contains(&all),
        "{caption}"
    );
    let world = page.text(&by_id("world"));
    assert!(
        world.contains("bin") && !world.contains("var"),
        "its own /: {world}"
    );
    release(&page, &bar);
    wait_until_back(&page);
    assert_eq!(drawn(&page), before);
    assert_eq!(page.count("article.sel"), 0, "a hold is no click");
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn moving_away_is_no_hold_and_a_cancelled_one_ends() {
    let page = two_worlds();
    let row = task_row("word");
    press(&page, &row);
    dispatch(
        &page,
        &row,
        "PointerEvent",
        "pointermove",
        "clientX: 50, clientY: 90",
    );
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!(page.count(LOOKING), 0);
    press(&page, &row);
    wait_until_looking(&page);
    dispatch(&page, &row, "PointerEvent", "pointercancel", "");
    wait_until_back(&page);
}

#[test]
fn a_key_shows_that_a_host_process_sees_all_tasks_but_no_memory_of_others() {
    let page = two_worlds();
    let tasks = page.count(&by_id("task-row"));
    page.click(&format!("{} .name", task_row("word")));
    let key = "key: 'e', code: 'KeyE'";
    dispatch(&page, "body", "KeyboardEvent", "keydown", key);
    wait_until_looking(&page);
    assert_eq!(page.count(&by_id("task-row")), tasks);
    assert_eq!(page.count(&by_id("unseen")), 0);
    let other = page.text(&by_id("other"));
    assert!(other.contains("ppt"), "it knows of it: {other}");
    assert_eq!(page.count(&format!("{} .as", by_id("other"))), 0);
    dispatch(&page, "body", "KeyboardEvent", "keyup", key);
    wait_until_back(&page);
    // Where text is typed it is a letter.
    let field = format!("{} textarea", window("word"));
    dispatch(&page, &field, "KeyboardEvent", "keydown", key);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(page.count(LOOKING), 0);
}

#[test]
fn a_button_stays_and_escape_ends_it() {
    let page = two_worlds();
    let button = format!("{} {}", window("ppt"), by_id("eyes"));
    assert_eq!(
        page.attribute(&button, "aria-pressed").as_deref(),
        Some("false")
    );
    page.click(&button);
    wait_until_looking(&page);
    assert_eq!(
        page.attribute(&button, "aria-pressed").as_deref(),
        Some("true")
    );
    // What starts meanwhile is not seen either.
    page.click(&by_id("launch-excel"));
    page.wait_until("another frame without contents", |page| {
        page.count(&by_id("unseen")) == 2
    });
    dispatch(&page, "body", "KeyboardEvent", "keydown", "key: 'Escape'");
    wait_until_back(&page);
    page.click(&button);
    wait_until_looking(&page);
    page.click(&by_id("eyes-off"));
    wait_until_back(&page);
}

#[test]
fn dials_unshare_without_moving_and_say_what_the_kernel_answers() {
    let page = two_worlds();
    let row = task_row("word");
    let pid = page.attribute(&row, "data-pid");
    page.click(&format!("{row} .name"));
    let dial = |kind: &str| format!("{}[data-kind={kind}]", by_id("dial"));
    let turn = |kind: &str, state: &str| {
        page.click(&dial(kind));
        page.wait_until(&format!("{kind} is {state}"), |page| {
            page.attribute(&dial(kind), "aria-pressed").as_deref() == Some(state)
        });
    };
    assert_eq!(
        page.attribute(&dial("uts"), "aria-pressed").as_deref(),
        Some("false")
    );
    turn("uts", "true");
    turn("pid", "mixed");
    page.wait_until("the kernel answers", |page| {
        page.text(&by_id("isolated")).contains("= 0")
    });
    assert_eq!(page.attribute(&row, "data-pid"), pid, "nothing moves");
    // Its children have a namespace already, and none of them is its init yet: another is
    // refused (EINVAL).
    page.click(&dial("pid"));
    page.wait_until("it is refused", |page| {
        page.text(&by_id("isolated")).contains("EINVAL")
    });
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
