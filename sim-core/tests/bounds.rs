//! What a machine may take of its host.
#![cfg(not(target_arch = "wasm32"))]

use sim_core::command::TtyId;
use sim_core::machine::Stop;
use sim_core::{BootOptions, Command, Machine, Sink};

/// 24 GiB, all of it touched by one program: the machine stops by itself, with a reason, and the
/// same one every time.
#[test]
fn a_machine_that_takes_too_much_halts_with_a_reason() {
    let mut machine = Machine::boot(&BootOptions {
        ram_frames: 24 << 18,
        ..BootOptions::default()
    });
    let mut sink = Sink::Null;
    let launch = Command::Input {
        tty: TtyId(0),
        text: "memhog 2000000\n".into(),
    };
    machine.apply(&launch, &mut sink);
    let advance = Command::Advance {
        until_ns: u64::MAX,
        max_ticks: 20_000_000,
    };
    assert_eq!(machine.apply(&advance, &mut sink), Stop::Halted);
    let reason = machine.halted().expect("a reason");
    assert!(reason.contains("4 GiB"), "{reason}");
}
