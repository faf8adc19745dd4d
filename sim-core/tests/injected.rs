//! Calls from outside, in the middle of what programs do by themselves.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::event::Sink;
use sim_core::hw::TtyId;
use sim_core::kernel::Syscall;
use sim_core::{BootOptions, Command, Machine, view};

fn advance(machine: &mut Machine, max_ticks: u64) {
    let until_ns = machine.now_ns() + 200_000_000;
    let command = Command::Advance {
        until_ns,
        max_ticks,
    };
    machine.apply(&command, &mut Sink::Null);
}

fn press(machine: &mut Machine, tty: u16, text: &str) {
    let command = Command::Input {
        tty: TtyId(tty),
        text: text.into(),
    };
    machine.apply(&command, &mut Sink::Null);
}

fn inject(machine: &mut Machine, pid: i32, call: Syscall) {
    let command = Command::Inject {
        pid,
        act: call.into(),
    };
    machine.apply(&command, &mut Sink::Null);
}

/// A program that is made to call getppid(2), at whatever tick, goes on as if nothing had been:
/// what its own last call answered is still there.
#[test]
fn a_call_from_outside_does_not_touch_what_a_program_was_answered() {
    let mut booted = Machine::boot(&BootOptions::default());
    advance(&mut booted, 400_000);
    let shell = view::tasks(&booted)
        .iter()
        .find(|task| &*task.comm == "sh")
        .expect("a shell")
        .pid;
    press(&mut booted, 1, "ls /\n");
    let mut plain = booted.clone();
    advance(&mut plain, 400_000);
    let wanted = view::terminal(&plain, 1).lines;
    assert_eq!(
        wanted.last().map(AsRef::as_ref),
        Some("host#"),
        "{wanted:?}"
    );
    for ticks in 0..plain.ticks() - booted.ticks() {
        for pid in [shell, shell + 1, shell + 2] {
            let mut asked = booted.clone();
            advance(&mut asked, ticks);
            inject(&mut asked, pid, Syscall::Getppid {});
            advance(&mut asked, 400_000);
            let got = view::terminal(&asked, 1).lines;
            assert_eq!(got, wanted, "process {pid}, {ticks} ticks after the key");
        }
    }
}
