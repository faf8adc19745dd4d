use e2e::{Page, by_id};

#[test]
fn a_refused_call_says_which_check_refused_it() {
    let page = Page::open("?lang=en");
    page.fill(&by_id("compare-command"), "kill 999");
    page.click(&by_id("compare-run"));
    page.click(&by_id("tab-calls"));
    let refused = ".calls li.bad:has(> code)";
    page.wait_until("a call is refused", |page| {
        page.text(refused).contains("kill(999, SIGTERM) = -1 ESRCH")
    });
    page.click(&format!("{refused} {}", by_id("why")));
    page.wait_for_selector(&by_id("chain"));
    let chain = page.text(&by_id("chain"));
    for part in [
        "kill(999, SIGTERM)",
        "kill(2) ESRCH",
        "ring 0",
        "No such process",
    ] {
        assert!(chain.contains(part), "{part} in {chain}");
    }
    page.click(&format!("{refused} {}", by_id("why")));
    page.wait_until("it is folded again", |page| {
        page.count(&by_id("chain")) == 0
    });
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
