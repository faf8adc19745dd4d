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

#[test]
fn a_step_back_undoes_a_step() {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    page.click(&by_id("play"));
    // From wherever time stood to a tick: between ticks there is nothing to come back to.
    let paused = clock_ns(&page);
    page.click(&by_id("step"));
    page.wait_until("a step takes time", |page| clock_ns(page) > paused);
    let start = clock_ns(&page);
    for _ in 0..3 {
        page.click(&by_id("step"));
    }
    page.wait_until("three steps take time", |page| clock_ns(page) > start);
    for _ in 0..3 {
        page.click(&by_id("step-back"));
    }
    page.wait_until("the clock is back", |page| clock_ns(page) == start);
}

#[test]
fn restart_empties_the_machine() {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    page.click(&by_id("restart"));
    page.wait_until("Word is gone", |page| page.count(&task_row("word")) == 0);
    launch(&page, "launch-excel", "excel");
}
