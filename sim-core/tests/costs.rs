//! Costs place things in time and never change an answer.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::hw::cost::Costs;
use sim_core::view::{TaskState, tasks, terminal};
use sim_core::{BootOptions, Session};

const SECOND_NS: u64 = 1_000_000_000;

/// What a visitor can read off at the end, without times.
fn answers(costs: Costs, cpus: u8) -> String {
    let mut session = Session::new(BootOptions {
        costs,
        cpus,
        ..BootOptions::default()
    });
    let mut say = |what: Say| {
        match what {
            Say::Launch(line) => session.launch(line),
            Say::Type(tty, text) => session.input(tty, text),
        };
        // Long enough for everything at any cost; what a slide show does by itself is left out.
        session.advance(session.now_ns() + SECOND_NS, 200_000);
    };
    say(Say::Launch(""));
    say(Say::Launch("word"));
    say(Say::Type(2, "teh cat"));
    say(Say::Launch("excel"));
    say(Say::Type(3, "A1=40\nA2=A1+2\n"));
    say(Say::Launch("docker run --name letter word"));
    say(Say::Type(4, "inside"));
    for line in [
        "ps\n",
        "hostname\n",
        "id\n",
        "ls /\n",
        "cat /no/such/file\n",
        "docker ps\n",
    ] {
        say(Say::Type(1, line));
    }
    say(Say::Type(1, "kill 3\n"));
    say(Say::Type(1, "ps\n"));
    let machine = session.machine();
    assert_eq!(machine.check_invariants(), Ok(()));
    let mut text = String::new();
    for tty in 1..5 {
        text.push_str(&format!("tty{tty}\n"));
        for line in terminal(machine, tty).lines {
            text.push_str(&format!("  {line}\n"));
        }
    }
    for task in tasks(machine) {
        let state = match task.state {
            TaskState::Zombie => "zombie",
            TaskState::Running | TaskState::Runnable => "runs",
            TaskState::Sleeping | TaskState::Uninterruptible => "sleeps",
            TaskState::Stopped => "stopped",
        };
        text.push_str(&format!(
            "{} {:?} {} {} {state} {} rss={}\n",
            task.pid, task.inner_pid, task.ppid, task.comm, task.wchan, task.rss_pages
        ));
    }
    text
}

enum Say {
    Launch(&'static str),
    Type(u16, &'static str),
}

#[test]
fn answers_do_not_depend_on_costs() {
    for cpus in [1, 2] {
        let usual = answers(Costs::default(), cpus);
        assert!(usual.contains("docker") && usual.contains("42"), "{usual}");
        let free = answers(Costs::default().scaled(0), cpus);
        assert_eq!(usual, free, "all costs zero, {cpus} CPUs");
        let dear = answers(Costs::default().scaled(10), cpus);
        assert_eq!(usual, dear, "all costs tenfold, {cpus} CPUs");
    }
}
