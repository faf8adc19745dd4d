use e2e::{Page, by_id};

use super::{launch, task_row};

fn clock_ns(page: &Page) -> u64 {
    page.attribute(&by_id("clock"), "data-ns")
        .expect("the clock says its time")
        .parse()
        .expect("a number of nanoseconds")
}

#[test]
fn a_paused_clock_stands_still() {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    page.click(&by_id("play"));
    let paused = clock_ns(&page);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(clock_ns(&page), paused);
    page.click(&by_id("play"));
    page.wait_until("the clock goes on", |page| clock_ns(page) > paused);
}

/// Steps until the clock has moved: two ticks may share a moment.
fn step_until_past(page: &Page, ns: u64) -> usize {
    let mut steps = 0;
    page.wait_until("steps take time", |page| {
        page.click(&by_id("step"));
        steps += 1;
        clock_ns(page) > ns
    });
    steps
}

#[test]
fn a_step_back_undoes_a_step() {
    let page = Page::open("");
    page.click(&by_id("play"));
    // Paused, so that there is a program to be loaded whenever a step is asked for.
    page.click(&by_id("launch-word"));
    // From wherever time stood to a tick: between ticks there is nothing to come back to.
    let paused = clock_ns(&page);
    step_until_past(&page, paused);
    let start = clock_ns(&page);
    let steps = step_until_past(&page, start);
    for _ in 0..steps {
        page.click(&by_id("step-back"));
    }
    page.wait_until("the clock is back", |page| clock_ns(page) == start);
}

#[test]
fn nothing_due_leaves_nothing_to_step() {
    let page = Page::open("?lang=en");
    let is_off = |id: &str| page.count(&format!("{}:disabled", by_id(id))) == 1;
    page.wait_until("the shell waits for keys", |_| is_off("step"));
    assert!(is_off("next-syscall") && is_off("next-switch"));
    assert!(page.text(".pace").contains("Every CPU sleeps"));
    page.click(&by_id("play"));
    page.click(&by_id("launch-word"));
    page.wait_until("a key has arrived", |_| !is_off("step"));
}

#[test]
fn restart_empties_the_machine() {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    page.click(&by_id("restart"));
    page.wait_until("Word is gone", |page| page.count(&task_row("word")) == 0);
    launch(&page, "launch-excel", "excel");
}
