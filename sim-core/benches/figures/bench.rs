//! A machine under the hand of a benchmark.

use super::MS;
use sim_core::event::Sink;
use sim_core::hw::TtyId;
use sim_core::kernel::{Injection, Syscall};
use sim_core::view::tasks;
use sim_core::{BootOptions, Command, Machine};

/// A machine under the hand of a benchmark.
pub struct Bench {
    pub machine: Machine,
    pub sink: Sink,
    /// PID of a process of about 30 pages that sleeps in pause(2).
    pub sleeper: i32,
    pub last_pid: i32,
}

impl Bench {
    /// `processes` is how many there are in the end, nearly all of them asleep.
    pub fn new(sink: Sink, ram_frames: u64, processes: usize) -> Self {
        // One CPU, as real_kernel.c takes one: with two, what shall be a switch is two programs
        // that run side by side.
        let options = BootOptions {
            ram_frames,
            cpus: 1,
            ..BootOptions::default()
        };
        let mut bench = Self {
            machine: Machine::boot(&options),
            sink,
            sleeper: 0,
            last_pid: 0,
        };
        bench.settle();
        bench.type_text(0, "memhog 25\n");
        bench.settle();
        let all = tasks(&bench.machine);
        let sleeper = all
            .iter()
            .find(|t| &*t.comm == "memhog")
            .expect("memhog runs");
        bench.sleeper = sleeper.pid;
        bench.last_pid = all.iter().map(|t| t.pid).max().expect("tasks");
        for _ in all.len()..processes {
            bench.fork();
        }
        let asleep = tasks(&bench.machine).len();
        assert!(asleep >= processes, "{asleep} of {processes} processes");
        bench
    }

    pub fn apply(&mut self, command: &Command) {
        if let Sink::Full(records) = &mut self.sink {
            records.clear();
        }
        self.machine.apply(command, &mut self.sink);
    }

    /// Until everybody sleeps.
    pub fn settle(&mut self) {
        let until_ns = self.machine.now_ns() + 20 * MS;
        self.apply(&Command::Advance {
            until_ns,
            max_ticks: 100_000,
        });
    }

    pub fn type_text(&mut self, tty: u16, text: &str) {
        self.apply(&Command::Input {
            tty: TtyId(tty),
            text: text.into(),
        });
    }

    /// Into the mailbox of a process: it makes the call when it gets there.
    pub fn post(&mut self, pid: i32, call: impl Into<Injection>) {
        let act = call.into();
        self.apply(&Command::Inject { pid, act });
    }

    pub fn call(&mut self, pid: i32, call: Syscall) {
        self.post(pid, call);
        self.settle();
    }

    /// A child of the sleeper that sleeps as well. Returns its PID.
    pub fn fork(&mut self) -> i32 {
        self.call(self.sleeper, Syscall::Fork {});
        self.child_is_born()
    }

    pub fn child_is_born(&mut self) -> i32 {
        // Numbers are given out in ascending order; when they are used up the benchmark begins
        // again, as the next ones then would be those that are free among the processes.
        assert!(self.has_numbers_for(1), "a number that nobody has had");
        self.last_pid += 1;
        self.last_pid
    }

    pub fn ticks(&mut self, max_ticks: u64) {
        self.apply(&Command::Advance {
            until_ns: u64::MAX,
            max_ticks,
        });
    }

    /// Whether a child can be born and its number be foreseen.
    pub fn has_numbers_for(&self, children: i32) -> bool {
        self.last_pid + children < 32_768
    }
}

pub fn frames_for(processes: usize) -> u64 {
    512 + 16 * processes as u64
}
