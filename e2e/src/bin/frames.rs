//! How much the page's main thread has to do for a frame while it plays, at 1,000 processes and
//! 65,536 frames of RAM, and how many frames are dropped.

use e2e::{Page, PageOptions, by_id};

const PROCESSES: usize = 1_000;
const BUDGET_MS: f64 = 10.0;
const DROPPED_BUDGET_PERCENT: f64 = 5.0;
/// Frames that are measured.
const FRAMES: usize = 300;

/// Runs in the page: the time from a frame's beginning until the browser has drawn it.
const MEASURE: &str = "
    return new Promise((done) => {
        const works = [], gaps = [];
        const channel = new MessageChannel();
        let began = 0, last = 0;
        channel.port1.onmessage = () => works.push(performance.now() - began);
        const frame = (at) => {
            began = at;
            if (last) gaps.push(at - last);
            last = at;
            if (works.length >= FRAMES) return done([works, gaps]);
            requestAnimationFrame(frame);
            channel.port2.postMessage(0);
        };
        requestAnimationFrame(frame);
    });";

fn main() {
    let page = Page::start(PageOptions::default());
    page.go_to_site("?lang=en");
    page.eval(&format!(
        "sessionStorage.setItem('ringside-script', {:?}); location.reload();",
        script()
    ));
    page.wait_until("the machine is full", |page| {
        page.text(".tasks").contains("sleep")
    });
    for program in ["word", "excel", "ppt"] {
        page.click(&by_id(&format!("launch-{program}")));
        page.wait_for_selector(&format!("{}[data-comm=\"{program}\"]", by_id("window")));
        page.click(&format!(
            "{}[data-comm=\"{program}\"] {}",
            by_id("window"),
            by_id("work")
        ));
    }
    let clock_ns = || -> u64 {
        let clock = page.attribute(&by_id("clock"), "data-ns");
        clock.and_then(|ns| ns.parse().ok()).unwrap_or(0)
    };
    let began_ns = clock_ns();
    let found = page.eval(&MEASURE.replace("FRAMES", &FRAMES.to_string()));
    let played_ms = (clock_ns() - began_ns) as f64 / 1e6;
    let numbers = |at: usize| -> Vec<f64> {
        let all = found[at].as_array().cloned().unwrap_or_default();
        let mut all: Vec<f64> = all.iter().filter_map(|v| v.as_f64()).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (works, gaps) = (numbers(0), numbers(1));
    let p95 = works[works.len() * 95 / 100];
    let dropped = gaps.iter().filter(|gap| **gap > 25.0).count() as f64;
    let dropped_percent = dropped * 100.0 / gaps.len() as f64;
    let verdict = |is: bool| if is { "within" } else { "OVER" };
    println!(
        "frames at {PROCESSES} processes and 65,536 frames of RAM: main thread p50 {:.1} ms, p95 {p95:.1} ms ({} the budget of {BUDGET_MS} ms); {dropped_percent:.1} % dropped ({} the budget of {DROPPED_BUDGET_PERCENT} %), {played_ms:.1} ms played in {FRAMES} frames",
        works[works.len() / 2],
        verdict(p95 <= BUDGET_MS),
        verdict(dropped_percent <= DROPPED_BUDGET_PERCENT),
    );
}

/// A machine with that many sleeping processes.
fn script() -> String {
    let mut script =
        String::from("ringside 1\nboot cpus=2 ram=65536 seed=1\nadvance until=100000000\n");
    for at in 0..PROCESSES {
        let until_ns = 100_000_000 + (at as u64 + 1) * 4_000_000;
        script.push_str(&format!(
            "input 1 \"sleep 100000 &\\n\"\nadvance until={until_ns}\n"
        ));
    }
    script
}
