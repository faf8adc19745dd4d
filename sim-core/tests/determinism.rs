//! The same script gives the same digests on every platform: this runs natively and in a browser.

mod common;

use common::{Rng, visitor_command};
use sim_core::{BootOptions, Machine, Sink};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const COMMANDS: u64 = 12_000;
const EPISODE: u64 = 1_000;

/// Digests along a script of 12,000 commands, one per line. A machine whose init has ended takes
/// no more commands, so every thousand commands there is a new one.
fn digests() -> String {
    let mut rng = Rng(2024);
    let mut text = String::new();
    for episode in 0..COMMANDS / EPISODE {
        let mut machine = Machine::boot(&BootOptions {
            cpus: 1 + (episode % 4) as u8,
            ram_frames: 512 + 256 * (episode % 5),
            seed: episode,
            ..BootOptions::default()
        });
        let mut sink = Sink::ring(64);
        for _ in 0..EPISODE {
            let command = visitor_command(&mut rng, machine.now_ns());
            machine.apply(&command, &mut sink);
        }
        let end = match machine.halted() {
            Some(why) => format!(" halted: {why}"),
            None => String::new(),
        };
        text.push_str(&format!(
            "{:>6} {:>9} ticks {:>15} ns {:016x}{end}\n",
            (episode + 1) * EPISODE,
            machine.ticks(),
            machine.now_ns(),
            machine.digest(),
        ));
    }
    text
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn digests_are_the_same_everywhere() {
    expect_test::expect_file!["golden/digests.txt"].assert_eq(&digests());
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
fn digests_are_the_same_everywhere() {
    assert_eq!(digests(), include_str!("golden/digests.txt"));
}
