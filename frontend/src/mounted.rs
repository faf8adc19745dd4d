//! The page mounted in a real browser.

use crate::app::App;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

fn document() -> web_sys::Document {
    web_sys::window()
        .and_then(|w| w.document())
        .expect("a browser")
}

/// A page of its own for each test, under an element that is taken away with it.
fn mount() -> Element {
    let root = document().create_element("div").expect("an element");
    document()
        .body()
        .expect("a body")
        .append_child(&root)
        .expect("it is added");
    yew::Renderer::<App>::with_root(root.clone()).render();
    root
}

fn find(root: &Element, selector: &str) -> Option<HtmlElement> {
    root.query_selector(selector)
        .expect("a valid selector")?
        .dyn_into()
        .ok()
}

fn click(root: &Element, id: &str) {
    find(root, &format!("[data-testid={id}]"))
        .unwrap_or_else(|| panic!("no {id}"))
        .click();
}

async fn sleep(ms: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let window = web_sys::window().expect("a browser");
        window
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms)
            .expect("a timer");
    });
    JsFuture::from(promise).await.expect("time passes");
}

async fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        sleep(50).await;
    }
    panic!("never came: {what}");
}

async fn wait_for(root: &Element, selector: &str) -> HtmlElement {
    for _ in 0..600 {
        if let Some(element) = find(root, selector) {
            return element;
        }
        sleep(50).await;
    }
    panic!(
        "{selector} never came; the page says: {}",
        root.text_content().unwrap_or_default()
    );
}

#[wasm_bindgen_test]
async fn a_launched_program_gets_a_row_and_a_window() {
    let root = mount();
    wait_for(&root, "[data-testid=launch-excel]").await;
    click(&root, "launch-excel");
    let row = wait_for(&root, "[data-testid=task-row][data-comm=excel]").await;
    let window = wait_for(&root, "[data-testid=window][data-comm=excel]").await;
    assert_eq!(row.dataset().get("pid"), window.dataset().get("pid"));
    root.remove();
}

#[wasm_bindgen_test]
async fn a_contained_program_has_two_numbers() {
    let root = mount();
    wait_for(&root, "[data-testid=run-in-container]").await;
    click(&root, "run-in-container");
    let row = wait_for(
        &root,
        "[data-testid=task-row][data-comm=ppt][data-inner-pid='1']",
    )
    .await;
    assert_ne!(row.dataset().get("pid").as_deref(), Some("1"));
    root.remove();
}

#[wasm_bindgen_test]
async fn steps_forward_and_back_come_to_the_same_moment() {
    let root = mount();
    wait_for(&root, "[data-testid=play]").await;
    click(&root, "play");
    wait_for(&root, "[data-testid=play][aria-pressed=false]").await;
    // Paused, so that there is a program to be loaded whenever a step is asked for.
    click(&root, "launch-word");
    // From wherever time stood to a tick: between ticks there is nothing to come back to.
    wait_for(&root, "[data-testid=step]:enabled").await;
    click(&root, "step");
    sleep(50).await;
    let clock = || find(&root, "[data-testid=clock]").and_then(|c| c.dataset().get("ns"));
    let before = clock();
    for id in ["step", "step"] {
        click(&root, id);
        sleep(50).await;
    }
    assert_ne!(clock(), before);
    for id in ["step-back", "step-back"] {
        click(&root, id);
        sleep(50).await;
    }
    assert_eq!(clock(), before);
    root.remove();
}

#[wasm_bindgen_test]
async fn both_languages_are_one_click_away() {
    let root = mount();
    wait_for(&root, "[data-testid=lang-ko]").await;
    for (id, code) in [("lang-ko", "ko"), ("lang-en", "en")] {
        click(&root, id);
        let lang = crate::i18n::Lang::from_code(code).expect("a language");
        // Its words may have to be fetched first.
        wait_until(code, || {
            let html = document().document_element().expect("a document");
            let text = root.text_content().unwrap_or_default();
            html.get_attribute("lang").as_deref() == Some(code) && text.contains(lang.t("restart"))
        })
        .await;
    }
    root.remove();
}
