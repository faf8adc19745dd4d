//! Commands at the host's terminal, held against what their originals print: util-linux 2.38 and
//! iproute2 6.1 on the recorded kernel, without what is not modelled.

#![cfg(not(target_arch = "wasm32"))]

mod ip;
mod namespaces;
mod shell;

use expect_test::Expect;
use sim_core::view::{tasks, terminal};
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;
const HOST: u16 = 1;

struct Terminal(Session);

impl Terminal {
    fn new() -> Self {
        let mut terminal = Terminal(Session::new(BootOptions::default()));
        terminal.wait();
        terminal
    }

    fn wait(&mut self) {
        self.0.advance(self.0.now_ns() + 500 * MS, 10_000_000);
        self.0.machine().check_invariants().expect("invariants");
    }

    /// The lines that a command prints, without the prompt that follows.
    fn ask(&mut self, command: &str) -> String {
        self.0.input(HOST, &format!("{command}\n"));
        self.wait();
        let lines = terminal(self.0.machine(), HOST).lines;
        let asked = lines.iter().rposition(|line| line.ends_with(command));
        let answer = &lines[asked.map_or(0, |at| at + 1)..];
        answer[..answer.len().saturating_sub(1)].join("\n")
    }

    /// Types one command after another, and holds what they print.
    fn check(&mut self, commands: &[&str], expect: Expect) {
        let told = commands.iter().map(|command| match self.ask(command) {
            answer if answer.is_empty() => format!("$ {command}\n"),
            answer => format!("$ {command}\n{answer}\n"),
        });
        expect.assert_eq(&told.collect::<String>());
    }

    /// The youngest process with this name.
    fn pid(&self, comm: &str) -> i32 {
        let mut all = tasks(self.0.machine());
        all.sort_by_key(|t| t.task);
        let found = all.into_iter().rfind(|t| &*t.comm == comm);
        found.expect("it runs").pid
    }
}
