use e2e::{Page, PageOptions, by_id};

use super::story::hands::is_in_sight;
use super::task_row;

/// A page in which PPT runs in a container.
fn with_container() -> Page {
    let page = Page::open("");
    page.click(&by_id("run-in-container"));
    page.wait_for_selector(&format!("{}[data-inner-pid=\"1\"]", task_row("ppt")));
    page
}

#[test]
fn a_contained_program_is_pid_1_inside_and_another_outside() {
    let page = with_container();
    let row = format!("{}[data-inner-pid=\"1\"]", task_row("ppt"));
    assert_eq!(page.count(&row), 1);
    let host_pid = page.attribute(&row, "data-pid").expect("a pid on the host");
    assert_ne!(host_pid, "1");
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn the_same_command_answers_differently_inside() {
    let page = with_container();
    for command in ["hostname", "ps"] {
        compare(&page, command);
        let host = page.text(&by_id("host-output"));
        let inside = page.text(&by_id("inside-output"));
        assert_ne!(host, inside, "{command}");
    }
    let host = page.text(&by_id("host-output"));
    let inside = page.text(&by_id("inside-output"));
    assert!(host.contains("init"), "the host's ps lists init: {host}");
    assert!(inside.contains("ppt"), "the inner ps lists ppt: {inside}");
    assert!(
        !inside.contains("init"),
        "the inner ps lists init: {inside}"
    );
}

/// Runs the command on both sides and waits until both have answered and are quiet.
fn compare(page: &Page, command: &str) {
    let both = |page: &Page| {
        (
            page.text(&by_id("host-output")),
            page.text(&by_id("inside-output")),
        )
    };
    let before = both(page);
    page.fill(&by_id("compare-command"), command);
    page.click(&by_id("compare-run"));
    let mut last = before.clone();
    page.wait_until(&format!("both sides answer {command}"), |page| {
        let now = both(page);
        let answered = now.0 != before.0 && now.1 != before.1 && !now.0.is_empty();
        let quiet = now == last;
        last = now;
        if !quiet {
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        answered && quiet
    });
}

#[test]
fn what_is_chosen_comes_into_sight() {
    let small = PageOptions {
        width: 720,
        height: 480,
        ..PageOptions::default()
    };
    let page = Page::open_with("?embed=1&lang=en", small);
    for (button, comm) in [("launch-word", "word"), ("launch-excel", "excel")] {
        super::launch(&page, button, comm);
    }
    super::launch(&page, "launch-ppt", "ppt");
    page.click(&by_id("run-in-container"));
    let inside = "[data-inner-pid=\"1\"]";
    let (row, shown) = (
        format!("{}{inside}", by_id("task-row")),
        format!("{}{inside}", by_id("window")),
    );
    page.wait_for_selector(&shown);
    // By a frame, say: neither has to be in sight for that.
    page.eval(&format!(
        "document.querySelector({:?}).click();",
        format!("{row} .name")
    ));
    page.wait_until("its row and its window are in sight", |page| {
        is_in_sight(page, &row, 1) && is_in_sight(page, &format!("{shown} .name"), 1)
    });
}
