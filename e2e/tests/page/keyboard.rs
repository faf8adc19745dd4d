use std::collections::BTreeSet;

use e2e::{Page, by_id};

/// WebDriver's codes of the keys.
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[test]
fn tab_reaches_the_controls() {
    let page = Page::open("");
    let mut reached = BTreeSet::new();
    for _ in 0..80 {
        page.type_keys(TAB);
        let focused = page.eval("return document.activeElement?.dataset.testid ?? '';");
        reached.insert(focused.as_str().unwrap_or_default().to_string());
    }
    for control in [
        "launch-word",
        "launch-excel",
        "launch-ppt",
        "run-in-container",
        "restart",
        "theme",
    ] {
        assert!(reached.contains(control), "{control} is not in {reached:?}");
    }
}

#[test]
fn enter_launches_a_program() {
    let page = Page::open("");
    page.eval("document.querySelector('[data-testid=launch-word]').focus();");
    page.type_keys(ENTER);
    page.wait_for_selector(&super::task_row("word"));
}

#[test]
fn every_control_has_an_accessible_name() {
    let page = Page::open("");
    super::launch(&page, "launch-word", "word");
    assert!(page.count(&by_id("launch-word")) > 0);
    for control in page.find_all("button, input, select, textarea, [role=button]") {
        let name = page.accessible_name(&control);
        assert!(
            !name.trim().is_empty(),
            "a control has no name: {control:?}"
        );
    }
}
