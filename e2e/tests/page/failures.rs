use e2e::{Page, PageOptions, by_id};

use super::{launch, task_row};

/// Makes the wasm instance panic, after the call that asks for it has returned.
const FAIL: &str = "setTimeout(window.__ringside_fail);";

#[test]
fn a_page_without_its_model_or_its_words_says_so() {
    for ending in [".wasm", ".js", "page.ftl"] {
        let page = Page::start(PageOptions {
            missing: Some(ending),
            ..PageOptions::default()
        });
        let address = page.site().url();
        page.go_to(&address);
        page.wait_for_selector(&by_id("halt"));
    }
}

#[test]
fn a_failed_instance_keeps_the_session() {
    let page = Page::open("?lang=en&selftest=1");
    launch(&page, "launch-word", "word");
    page.eval(FAIL);
    page.wait_for_selector(&by_id("halt"));
    let kept = page.eval("return document.querySelector('textarea').value;");
    assert!(
        kept.as_str().is_some_and(|text| text.contains("word")),
        "{kept}"
    );
    page.click_button("Start again from it");
    page.wait_for_selector(&task_row("word"));
    assert_eq!(page.count(&by_id("halt")), 0);
}

#[test]
fn a_failed_instance_can_be_left_behind() {
    let page = Page::open("?lang=en&selftest=1");
    launch(&page, "launch-word", "word");
    page.eval(FAIL);
    page.wait_for_selector(&by_id("halt"));
    page.click_button("Start afresh");
    page.wait_until_usable();
    assert_eq!(page.count(&task_row("word")), 0);
}
