//! axe-core finds nothing serious, in the lab and in every scene, light and dark.

use std::{env, fs};

use e2e::{Page, Scheme};

use super::story::Screen;

const TAGS: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/// The rules of WCAG 2.2 AA that the page breaks seriously, each with the first element.
fn violations(page: &Page) -> Vec<String> {
    let axe = env::var("RINGSIDE_AXE").expect("`cargo xtask test` says where axe-core is");
    let axe = fs::read_to_string(axe).expect("axe-core is a script");
    page.eval(&format!("if (!window.axe) {{ {axe} }}"));
    let found = page.eval(&format!(
        "return axe.run(document, {{ runOnly: {TAGS} }}).then((result) => result.violations
            .filter((v) => v.impact === 'serious' || v.impact === 'critical')
            .map((v) => `${{v.id}}: ${{v.nodes.length}} times, ${{v.nodes[0].html}} ${{v.nodes[0].failureSummary}}`));"
    ));
    let found = found.as_array().cloned().unwrap_or_default();
    found
        .iter()
        .map(|v| v.as_str().unwrap_or_default().into())
        .collect()
}

fn check(screen: Screen, lang: &str, scheme: Scheme) {
    let page = screen.open(scheme);
    super::launch(&page, "launch-word", "word");
    assert_eq!(violations(&page), Vec::<String>::new(), "the lab");
    for (id, scene) in super::story::scenes() {
        for (at, step) in scene.steps.iter().enumerate() {
            screen.go_to(&page, &id, lang, at);
            assert_eq!(violations(&page), Vec::<String>::new(), "{id}/{}", step.id);
        }
    }
}

#[test]
fn nothing_bars_people_from_the_light_page() {
    check(Screen::Desk, "ko", Scheme::Light);
}

#[test]
fn nothing_bars_people_from_the_dark_page() {
    check(Screen::Desk, "ko", Scheme::Dark);
}

#[test]
fn nothing_bars_people_from_the_page_on_a_phone() {
    check(Screen::Phone, "en", Scheme::Dark);
}

#[test]
fn nothing_bars_people_from_the_embedded_page() {
    check(Screen::Embedded, "en", Scheme::Light);
}
