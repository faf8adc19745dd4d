use e2e::{Browser, Page, by_id};

use super::{launch, task_row, window};

#[test]
fn launching_a_program_gives_a_task_and_a_window() {
    let page = Page::open("");
    for (button, comm) in [
        ("launch-word", "word"),
        ("launch-excel", "excel"),
        ("launch-ppt", "ppt"),
    ] {
        assert_eq!(page.count(&task_row(comm)), 0, "{comm} before its launch");
        launch(&page, button, comm);
        page.wait_for_selector(&task_row(comm));
        assert_eq!(page.count(&task_row(comm)), 1, "tasks of {comm}");
        assert_eq!(page.count(&window(comm)), 1, "windows of {comm}");
    }
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn a_row_that_a_long_list_leaves_out_is_scrolled_to() {
    let page = Page::open("?lang=en");
    page.click(&by_id("script-open"));
    let session = page.eval("return document.querySelector('dialog textarea').value;");
    let session = session.as_str().expect("a script");
    let words = "input 0 \"word\\n\"\n".repeat(44);
    let many = format!("{session}{words}advance until=20000000000\n");
    page.fill(&by_id("script-text"), &many);
    page.click(&by_id("script-load"));
    page.wait_until("44 windows are open", |page| {
        page.count(&window("word")) == 44
    });
    let last = format!("{}:last-of-type .bar", window("word"));
    page.eval(&format!("document.querySelector('{last}').click();"));
    page.wait_until("its row is in sight", |page| {
        let seen = page.eval(
            "const row = document.querySelector('tr.sel')?.getBoundingClientRect();
             const list = document.querySelector('.tasks').getBoundingClientRect();
             return !!row && row.top >= list.top && row.bottom <= list.bottom;",
        );
        seen == true
    });
}

#[test]
fn every_task_has_a_pid_of_its_own() {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    launch(&page, "launch-excel", "excel");
    let pids = page.eval(
        "return [...document.querySelectorAll('[data-testid=task-row]')].map((row) => row.dataset.pid);",
    );
    let mut pids: Vec<u32> = pids
        .as_array()
        .expect("a list of rows")
        .iter()
        .map(|pid| pid.as_str().expect("a pid").parse().expect("a number"))
        .collect();
    assert!(pids.contains(&1), "init is among {pids:?}");
    let rows = pids.len();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), rows);
}

#[test]
fn launching_takes_memory() {
    let page = Page::open("");
    let used = |page: &Page| -> u64 {
        page.attribute(&by_id("ram"), "data-used")
            .expect("the used frames")
            .parse()
            .expect("a number")
    };
    let before = used(&page);
    launch(&page, "launch-word", "word");
    page.wait_until("more frames are used", |page| used(page) > before);
}

#[test]
fn what_is_typed_shows_in_the_window() {
    let page = Page::open("");
    launch(&page, "launch-word", "word");
    focus_window(&page, "word");
    page.type_keys("hello");
    page.wait_until("Word shows hello", |page| {
        page.text(&window("word")).contains("hello")
    });
}

#[test]
fn composed_hangul_shows_in_the_window() {
    let page = Page::open("");
    if page.browser() != Browser::Chromium {
        eprintln!("left out: only Chromium can be told to compose");
        return;
    }
    launch(&page, "launch-word", "word");
    focus_window(&page, "word");
    page.compose(&["ㅎ", "하", "한"], "한");
    page.compose(&["ㄱ", "그", "글"], "글");
    page.wait_until("Word shows 한글", |page| {
        page.text(&window("word")).contains("한글")
    });
    let text = page.text(&window("word"));
    assert!(!text.contains('ㅎ'), "half a syllable arrived: {text}");
}

/// Puts the focus where a visitor who clicks on the window gets it.
fn focus_window(page: &Page, comm: &str) {
    let field = format!("{0} input, {0} textarea", window(comm));
    if page.count(&field) > 0 {
        page.click(&field);
    } else {
        page.click(&window(comm));
    }
}
