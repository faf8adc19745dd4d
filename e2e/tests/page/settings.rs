use e2e::{Browser, Page, PageOptions, Scheme, by_id};

fn page_language(page: &Page) -> String {
    page.attribute("html", "lang").unwrap_or_default()
}

/// How bright the background is, from 0 to 255.
fn background_brightness(page: &Page) -> f64 {
    page.eval(
        "const canvas = document.createElement('canvas').getContext('2d');
         canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
         canvas.fillRect(0, 0, 1, 1);
         const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
         const shown = alpha / 255;
         return (red + green + blue) / 3 * shown + 255 * (1 - shown);",
    )
    .as_f64()
    .expect("a brightness")
}

fn has_hangul(text: &str) -> bool {
    text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
}

#[test]
fn the_query_chooses_the_language() {
    let page = Page::open("?lang=ko");
    assert_eq!(page_language(&page), "ko");
    assert!(has_hangul(&page.text("body")));
    page.go_to_site("?lang=en");
    assert_eq!(page_language(&page), "en");
}

#[test]
fn buttons_switch_the_language() {
    let page = Page::open("?lang=ko");
    page.click(&by_id("lang-en"));
    page.wait_until("the page is English", |page| page_language(page) == "en");
    page.click(&by_id("lang-ko"));
    page.wait_until("the page is Korean", |page| page_language(page) == "ko");
}

#[test]
fn the_query_chooses_the_theme() {
    let page = Page::open("?theme=dark");
    assert!(background_brightness(&page) < 100.0);
    page.go_to_site("?theme=light");
    assert!(background_brightness(&page) > 200.0);
}

#[test]
fn the_system_chooses_the_theme_otherwise() {
    let page = Page::open_with(
        "",
        PageOptions {
            scheme: Scheme::Dark,
            ..PageOptions::default()
        },
    );
    if page.browser() == Browser::Chromium {
        assert!(background_brightness(&page) < 100.0);
    }
}

#[test]
fn a_phone_scrolls_in_one_direction_only() {
    for query in ["?lang=ko", "?lang=en", "?embed=1"] {
        let page = Page::open_with(
            query,
            PageOptions {
                width: 390,
                height: 844,
                ..PageOptions::default()
            },
        );
        super::launch(&page, "launch-word", "word");
        let width = page.eval("return document.documentElement.scrollWidth;");
        assert_eq!(width, 390, "{query}");
    }
}

#[test]
fn a_dialog_that_is_opened_again_has_not_been_copied() {
    let page = Page::open("?lang=en");
    page.click(&by_id("script-open"));
    page.click_button("Copy");
    page.wait_until("it says so", |page| page.text("dialog").contains("Copied"));
    page.click(&by_id("script-load"));
    page.wait_until("the session is loaded", |page| page.count("dialog") == 0);
    page.click(&by_id("script-open"));
    page.wait_for_selector("dialog[open]");
    assert!(!page.text("dialog").contains("Copied"));
}

#[test]
fn the_size_for_projectors_cuts_nothing() {
    let page = Page::open("?lang=en");
    super::launch(&page, "launch-word", "word");
    page.click(&format!("{} .name", super::task_row("word")));
    page.click(&by_id("presenter"));
    page.wait_until("lists and processors fit", |page| {
        let cut = page.eval(
            "return [...document.querySelectorAll('.tasks, .cpus')].filter((e) =>
               e.scrollWidth > e.clientWidth || e.matches('.cpus') && e.scrollHeight > e.clientHeight).length;",
        );
        cut == 0
    });
}

#[test]
fn a_dialog_gives_the_focus_back() {
    let page = Page::open("?lang=en");
    page.click(&by_id("share"));
    page.wait_for_selector("dialog[open]");
    page.type_keys("\u{e00c}");
    page.wait_until("the button has the focus again", |page| {
        page.eval("return document.activeElement.dataset.testid;") == "share"
    });
}

#[test]
fn a_damaged_link_is_spoken_of_in_the_readers_language() {
    let page = Page::open("?lang=ko#s1.AAAA");
    assert!(has_hangul(&page.text(&by_id("script-error"))));
}

#[test]
fn the_thread_holds_together_on_a_projector() {
    let page = Page::open("?lang=en");
    super::launch(&page, "launch-word", "word");
    page.click(&by_id("presenter"));
    page.click(&format!("{} .name", super::task_row("word")));
    page.wait_until("the thread begins below the window", |page| {
        let apart = page.eval(
            "const edge = (selector) => document.querySelector(selector).getBoundingClientRect();
             return Math.abs(edge('.thread path').top - edge('article.sel').bottom);",
        );
        apart.as_f64().is_some_and(|px| px < 6.0)
    });
}
