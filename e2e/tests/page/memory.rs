use e2e::{Page, by_id};

use super::{launch, window};

/// A page with Word and Excel in it, both with a document, and the memory of Word shown.
fn looking() -> Page {
    let page = Page::open("");
    for (button, comm, keys) in [
        ("launch-word", "word", "abc"),
        ("launch-excel", "excel", "A1=4"),
    ] {
        launch(&page, button, comm);
        page.click(&format!("{} textarea", window(comm)));
        page.type_keys(keys);
    }
    page.click(&by_id("tab-memory"));
    page.wait_for_selector(&by_id("memory"));
    choose(&page, "memory-task", "word");
    page
}

/// Chooses the process of this name in a list.
fn choose(page: &Page, list: &str, comm: &str) {
    page.eval(&format!(
        "const list = document.querySelector('{}');
         list.value = [...list.options].find((o) => o.text.startsWith('{comm}')).value;
         list.dispatchEvent(new Event('change', {{ bubbles: true }}));",
        by_id(list)
    ));
}

#[test]
fn one_address_lies_in_two_frames() {
    let page = looking();
    page.wait_until("Word's document has a frame", |page| {
        page.count(&format!("{} li", by_id("memory"))) == 4
    });
    choose(&page, "memory-other", "excel");
    page.wait_for_selector(&by_id("both"));
    let frames = page.eval(&format!(
        "return [...document.querySelectorAll('{} tbody tr:nth-child(5) button')].map((b) => b.dataset.frame);",
        by_id("both")
    ));
    let frames = frames.as_array().expect("two frames").clone();
    assert_eq!(frames.len(), 2);
    assert_ne!(frames[0], frames[1]);
    page.screenshot("memory");
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn a_frame_is_pointed_at_and_an_address_typed() {
    let page = looking();
    let frame = format!("{} li button", by_id("memory"));
    page.wait_for_selector(&frame);
    page.click(&frame);
    page.wait_for_selector(&format!("{frame}[aria-pressed=\"true\"]"));
    page.eval(&format!(
        "const input = document.querySelector('{}');
         input.value = '0x10';
         input.dispatchEvent(new Event('change', {{ bubbles: true }}));",
        by_id("walk-address")
    ));
    page.wait_until("nothing lies at 0x10", |page| {
        page.text(&by_id("walk-end")).contains("SIGSEGV")
    });
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
