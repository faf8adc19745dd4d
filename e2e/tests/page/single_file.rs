use e2e::{Page, PageOptions, by_id, dist};

use super::{launch, task_row};

#[test]
fn the_single_file_works_from_disk() {
    let file = dist()
        .join("ringside.html")
        .canonicalize()
        .expect("`cargo xtask build` makes it");
    let page = Page::start(PageOptions::default());
    page.go_to(&format!("file://{}?lang=en", file.display()));
    page.wait_until_usable();
    launch(&page, "launch-word", "word");
    page.wait_for_selector(&task_row("word"));
    assert!(page.count(&by_id("task-row")) > 0);

    page.click(&by_id("story-open"));
    page.click(&format!("{}[data-scene=\"process\"]", by_id("scene")));
    page.wait_for_selector(&by_id("story"));

    let loaded = page.eval(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)
           .filter((name) => !name.startsWith('data:'));",
    );
    assert_eq!(loaded, serde_json::json!([]));
    assert_eq!(page.site().requests(), Vec::<String>::new());
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
