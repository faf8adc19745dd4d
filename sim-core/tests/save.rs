//! Word saves in a forked child: the file holds the document as it was at the fork.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::view::{address_space, tasks, terminal, windows};
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;

fn run(session: &mut Session) {
    session.advance(session.now_ns() + 20 * MS, 10_000);
}

/// PID and frame of the document of each Word, by PID.
fn words(session: &Session) -> Vec<(i32, u64)> {
    let machine = session.machine();
    let rows = tasks(machine)
        .into_iter()
        .filter(|row| &*row.comm == "word");
    let frame = |task| address_space(machine, task)?.document.map(|d| d.pfn);
    let mut words: Vec<_> = rows
        .map(|row| (row.pid, frame(row.task).unwrap_or(0)))
        .collect();
    words.sort_unstable();
    words
}

#[test]
fn what_is_typed_after_the_fork_is_not_in_the_file() {
    let mut session = Session::new(BootOptions {
        cpus: 1,
        ..BootOptions::default()
    });
    run(&mut session);
    session.launch("word");
    run(&mut session);
    let window = |session: &Session| {
        let all = windows(session.machine());
        let word = all.into_iter().find(|w| w.comm == "word").expect("a Word");
        (word.tty, word.pid)
    };
    let (tty, parent) = window(&session);
    session.input(tty, "mine");
    run(&mut session);
    session.input(tty, "\u{13}");
    while words(&session).len() < 2 {
        session.step_tick();
    }
    let both = words(&session);
    assert_eq!(both[0].1, both[1].1, "nothing has been copied");
    assert_eq!(
        window(&session),
        (tty, parent),
        "the window stays the parent's"
    );
    session.input(tty, "!");
    while words(&session).iter().all(|word| word.1 == both[0].1) {
        session.step_tick();
    }
    let parted = words(&session);
    assert_eq!(parted[1], both[1], "the child keeps the frame");
    run(&mut session);
    assert_eq!(words(&session).len(), 1, "nobody is left to be waited for");
    session.input(1, "cat /tmp/word.txt\n");
    run(&mut session);
    let lines = terminal(session.machine(), 1).lines;
    let shown = lines.iter().any(|line| line.starts_with("mine"));
    assert!(
        shown && !lines.iter().any(|line| line.contains("mine!")),
        "{lines:?}"
    );
    assert_eq!(session.machine().check_invariants(), Ok(()));
}
