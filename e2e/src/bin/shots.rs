//! Screenshots of the page in its sizes, themes and languages, to be looked at.

use e2e::{Page, PageOptions, Scheme, by_id};

struct View {
    name: &'static str,
    width: u32,
    height: u32,
    query: &'static str,
}

const VIEWS: [View; 3] = [
    View {
        name: "desktop",
        width: 1360,
        height: 860,
        query: "?",
    },
    View {
        name: "phone",
        width: 390,
        height: 844,
        query: "?",
    },
    View {
        name: "embed",
        width: 720,
        height: 480,
        query: "?embed=1&",
    },
];

fn main() {
    for scheme in [Scheme::Light, Scheme::Dark] {
        let theme = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let page = Page::start(PageOptions {
            scheme,
            ..PageOptions::default()
        });
        for view in &VIEWS {
            page.resize(view.width, view.height);
            for lang in ["ko", "en"] {
                page.go_to_site(&format!("{}lang={lang}", view.query));
                let name = format!("{}-{theme}-{lang}", view.name);
                println!("{}", page.screenshot(&name).display());
                with_programs(&page);
                println!("{}", page.screenshot(&format!("{name}-busy")).display());
            }
        }
    }
}

/// Word with something in it, and PPT in a container.
fn with_programs(page: &Page) {
    page.click(&by_id("launch-word"));
    page.wait_for_selector(&by_id("window"));
    if page.count(&by_id("run-in-container")) > 0 {
        page.click(&by_id("run-in-container"));
        page.wait_for_selector("[data-testid=\"task-row\"][data-inner-pid=\"1\"]");
    }
}
