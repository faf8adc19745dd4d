use e2e::site::BASE_PATH;
use e2e::{Page, by_id};

#[test]
fn it_loads_from_a_sub_path_without_errors() {
    let page = Page::open("");
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn it_asks_for_nothing_but_its_own_files() {
    let page = Page::open("");
    page.click(&by_id("launch-word"));
    page.wait_for_selector(&by_id("window"));
    let strays: Vec<String> = page
        .site()
        .requests()
        .into_iter()
        .filter(|path| !path.starts_with(BASE_PATH))
        .collect();
    assert_eq!(strays, Vec::<String>::new());

    let elsewhere = page.eval(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)
           .filter((name) => !name.startsWith(new URL('.', location).href) && !name.startsWith('data:'));",
    );
    assert_eq!(elsewhere, serde_json::json!([]));
}

#[test]
fn it_asks_for_nothing_more_once_loaded() {
    let page = Page::open("");
    let loaded = page.site().requests().len();
    page.click(&by_id("launch-word"));
    page.wait_for_selector(&by_id("window"));
    page.click(&by_id("run-in-container"));
    page.wait_for_selector(&super::task_row("ppt"));
    assert_eq!(page.site().requests()[loaded..], Vec::<String>::new());
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
