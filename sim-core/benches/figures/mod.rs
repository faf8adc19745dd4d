//! What the benchmarks measure, natively and in a browser.
//!
//! A clock gives seconds and may be coarse, so everything is repeated for a while.

mod bench;
mod history;
mod script;

pub use history::history;
pub use script::docker_script_ns;

use bench::{Bench, frames_for};
use sim_core::event::Sink;
use sim_core::kernel::syscall::{InBuf, OpenFlags, OutBuf, WaitOptions};
use sim_core::kernel::{Injection, Syscall};
use sim_core::view::tasks;
use sim_core::{BootOptions, Command, Machine};
use std::fmt;

/// Seconds since some moment.
pub type Clock = fn() -> f64;

/// One measured figure.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    /// What on the real kernel it can stand beside.
    pub like: Option<Kind>,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure {
            name, value, unit, ..
        } = self;
        write!(f, "{name:<40} {value:>12.1} {unit}")
    }
}

/// Things that a real kernel is measured at too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Fork,
    FirstTouch,
    Pipe,
    Getppid,
    Docker,
}

/// Measuring goes on for at least this long.
const LEAST_SECONDS: f64 = 0.4;
const MS: u64 = 1_000_000;

/// The same without what `prepare` takes: what is posted to mailboxes comes from outside.
fn settled_ns_each(
    clock: Clock,
    bench: &mut Bench,
    each: u64,
    prepare: impl Fn(&mut Bench),
) -> f64 {
    let (mut done, mut seconds) = (0, 0.0);
    while seconds <= LEAST_SECONDS {
        prepare(bench);
        let start = clock();
        bench.settle();
        seconds += clock() - start;
        done += each;
        assert!(bench.machine.is_idle(), "all calls are made");
    }
    seconds * 1e9 / done as f64
}

/// ns per repetition of `act`, which says how many it did.
fn ns_each(clock: Clock, mut act: impl FnMut() -> u64) -> f64 {
    let mut done = 0;
    let start = clock();
    loop {
        done += act();
        let seconds = clock() - start;
        if seconds > LEAST_SECONDS {
            return seconds * 1e9 / done as f64;
        }
    }
}

/// fork(2), exit and wait4(2) of a process of about 30 pages: what the program for the real kernel
/// does. The parent's calls wait in its mailbox; the child's one call is put into its own when it
/// is there, before it has run.
pub fn fork_exit_wait_ns(clock: Clock, processes: usize) -> f64 {
    const ROUNDS: i32 = 500;
    let (mut seconds, mut done) = (0.0, 0);
    while seconds <= LEAST_SECONDS {
        let mut bench = Bench::new(Sink::Null, frames_for(processes), processes);
        let (parent, before) = (bench.sleeper, tasks(&bench.machine).len());
        while bench.has_numbers_for(ROUNDS) && seconds <= LEAST_SECONDS {
            for _ in 0..ROUNDS {
                bench.post(parent, Syscall::Fork {});
                let (pid, options) = (-1, WaitOptions::default());
                bench.post(parent, Syscall::Wait4 { pid, options });
            }
            bench.ticks(TICKS_TO_WAKE);
            let start = clock();
            for _ in 0..ROUNDS {
                bench.ticks(TICKS_TO_FORK);
                let child = bench.child_is_born();
                bench.post(child, Syscall::ExitGroup { status: 0 });
                bench.ticks(TICKS_TO_WAIT);
            }
            seconds += clock() - start;
            done += ROUNDS;
            bench.settle();
            let left = tasks(&bench.machine).len();
            assert_eq!(left, before, "every child is gone");
        }
    }
    seconds * 1e9 / f64::from(done)
}

/// From the mailbox of a sleeper to ring 3: the scheduler, the sleeping call that is laid aside,
/// the way back.
const TICKS_TO_WAKE: u64 = 4;
/// The trap, the handler.
const TICKS_TO_FORK: u64 = 2;
/// The way back to ring 3, wait4(2), which blocks, the scheduler, the child's way to ring 3, its
/// trap and its end, and then wait4(2) again and the parent's way to ring 3.
const TICKS_TO_WAIT: u64 = 9;

/// The first store to a page, one command each: the store that faults, the handler, the way back.
pub fn first_touch_ns(clock: Clock, processes: usize) -> f64 {
    let pages = 20_000;
    let mut seconds = 0.0;
    let mut faults = 0;
    let mut bench = Bench::new(Sink::Null, frames_for(processes) + pages + 200, processes);
    while seconds < LEAST_SECONDS {
        bench.type_text(0, &format!("memhog {pages}\n"));
        bench.last_pid += 1;
        // Past its start; the rest is store, fault, return, store again, ...
        bench.apply(&Command::Advance {
            until_ns: u64::MAX,
            max_ticks: 300,
        });
        let start = clock();
        for _ in 0..pages - 1_000 {
            bench.apply(&Command::Advance {
                until_ns: u64::MAX,
                max_ticks: 4,
            });
        }
        seconds += clock() - start;
        faults += pages - 1_000;
        let all = tasks(&bench.machine);
        let memhog = all
            .iter()
            .find(|t| t.pid == bench.last_pid)
            .expect("memhog runs");
        assert!(
            memhog.rss_pages > pages - 1_000,
            "{} pages",
            memhog.rss_pages
        );
        bench.settle();
        bench.call(bench.last_pid, Syscall::ExitGroup { status: 0 });
    }
    seconds * 1e9 / faults as f64
}

/// One byte through a pipe to a process that sleeps for it: write, wake-up, switch, read.
pub fn pipe_ns(clock: Clock, processes: usize) -> f64 {
    let mut bench = Bench::new(Sink::Null, frames_for(processes), processes);
    let writer = bench.sleeper;
    for _ in 0..2 {
        let flags = OpenFlags::default();
        bench.call(writer, Syscall::Pipe2 { flags });
    }
    let (there, back) = pipes(&bench);
    let reader = bench.fork();
    let byte = InBuf::Value(b"x"[..].into());
    // An instruction of a loop is there once.
    let calls: [(i32, Injection); 4] = [
        (reader, read(there.0).into()),
        (reader, write(back.1, &byte).into()),
        (writer, write(there.1, &byte).into()),
        (writer, read(back.0).into()),
    ];
    settled_ns_each(clock, &mut bench, 2_000, |bench| {
        // Two programs that loop: all their calls wait in their mailboxes.
        for _ in 0..1_000 {
            for (pid, call) in &calls {
                bench.post(*pid, call.clone());
            }
        }
    })
}

fn read(fd: i32) -> Syscall {
    let buf = OutBuf::Value { len: 1 };
    Syscall::Read { fd, buf }
}

fn write(fd: i32, byte: &InBuf) -> Syscall {
    let buf = byte.clone();
    Syscall::Write { fd, buf }
}

/// memhog has its terminal at 0 to 2, so the pipes are at 3 to 6; a write that is not refused
/// proves it.
fn pipes(bench: &Bench) -> ((i32, i32), (i32, i32)) {
    let mut machine = bench.machine.clone();
    let mut sink = Sink::full();
    let call = Syscall::Write {
        fd: 6,
        buf: InBuf::Value(b"x"[..].into()),
    };
    machine.apply(
        &Command::Inject {
            pid: bench.sleeper,
            act: call.into(),
        },
        &mut sink,
    );
    let until_ns = machine.now_ns() + MS;
    machine.apply(
        &Command::Advance {
            until_ns,
            max_ticks: 1_000,
        },
        &mut sink,
    );
    let Sink::Full(records) = sink else {
        return ((3, 4), (5, 6));
    };
    let wrote = records.iter().any(|r| {
        matches!(
            r.event,
            sim_core::Event::SyscallExit {
                nr: 1,
                result: Ok(1),
                ..
            }
        )
    });
    assert!(wrote, "descriptor 6 is the pipe's");
    ((3, 4), (5, 6))
}

/// getppid(2), from ring 3 and back. The program is a mailbox that has been filled before.
pub fn getppid_ns(clock: Clock, processes: usize, sink: Sink) -> f64 {
    let mut bench = Bench::new(sink, frames_for(processes), processes);
    let call = Injection::from(Syscall::Getppid {});
    settled_ns_each(clock, &mut bench, 500, |bench| {
        // All wait in the mailbox, so that the process sleeps and wakes once.
        for _ in 0..500 {
            bench.post(bench.sleeper, call.clone());
        }
    })
}

/// `docker run` of a program, and its end.
pub fn docker_run_ns(clock: Clock, processes: usize) -> f64 {
    let mut bench = Bench::new(Sink::Null, frames_for(processes) + 512, processes);
    let before = tasks(&bench.machine).len();
    let round = |bench: &mut Bench| {
        bench.type_text(0, "docker run --name deck word\n");
        bench.settle();
        // memhog has terminal 2.
        bench.type_text(3, "\u{11}");
        bench.settle();
    };
    bench.type_text(0, "docker run --name deck word\n");
    bench.settle();
    let running = tasks(&bench.machine);
    assert!(
        running.iter().any(|t| t.container.is_some()),
        "a process in its own namespaces"
    );
    bench.type_text(3, "\u{11}");
    bench.settle();
    let ns = ns_each(clock, || {
        (0..20).for_each(|_| round(&mut bench));
        20
    });
    assert_eq!(
        tasks(&bench.machine).len(),
        before,
        "every container has ended"
    );
    ns
}

/// People at work: one line of typing to each program and a `ps` in a shell, again and again.
fn work(round: u64) -> [(u16, &'static str); 4] {
    [
        (1, "ps\n"),
        (
            2,
            ["hello ", "teh cat\n", "\u{7f}\u{7f}", "가나다 "][(round % 4) as usize],
        ),
        (
            3,
            ["A1=42\n", "B1=A1*2\n", "C7=SUM(A1:B2)\n"][(round % 3) as usize],
        ),
        (4, ["n", "p"][(round % 2) as usize]),
    ]
}

const PROGRAMS: &[&str] = &["word\n", "excel\n", "ppt\n", "docker run --name deck ppt\n"];

/// Ticks per second of a machine at work.
pub fn ticks_per_second(clock: Clock, sink: Sink) -> f64 {
    let mut bench = Bench {
        machine: Machine::boot(&BootOptions {
            ram_frames: 2_048,
            ..BootOptions::default()
        }),
        sink,
        sleeper: 0,
        last_pid: 0,
    };
    bench.settle();
    for program in PROGRAMS {
        bench.type_text(0, program);
        bench.settle();
    }
    let mut round = 0;
    1e9 / ns_each(clock, || {
        let before = bench.machine.ticks();
        for (tty, text) in work(round) {
            bench.type_text(tty, text);
        }
        round += 1;
        bench.settle();
        bench.machine.ticks() - before
    })
}

/// Ticks a second. Measured first: a browser compiles what is used often a second time, and better.
pub fn rates(clock: Clock) -> Vec<Figure> {
    for _ in 0..4 {
        ticks_per_second(clock, Sink::full());
    }
    let rate = |name, sink| Figure {
        name,
        value: ticks_per_second(clock, sink) / 1e6,
        unit: "million/s",
        like: None,
    };
    vec![
        rate("ticks, null", Sink::Null),
        rate("ticks, ring", Sink::ring(4096)),
        rate("ticks, recorded", Sink::full()),
    ]
}

/// What a few things take among so many processes, nearly all of them asleep.
pub fn among(clock: Clock, processes: usize) -> Vec<Figure> {
    let ns = |name, value, like| Figure {
        name,
        value,
        unit: "ns",
        like: Some(like),
    };
    let getppid = |sink| getppid_ns(clock, processes, sink);
    vec![
        ns(
            "fork+exit+wait, 30 pages, null",
            fork_exit_wait_ns(clock, processes),
            Kind::Fork,
        ),
        ns(
            "first touch of a page, null",
            first_touch_ns(clock, processes),
            Kind::FirstTouch,
        ),
        ns("pipe, one way, null", pipe_ns(clock, processes), Kind::Pipe),
        ns(
            "docker run's calls and undoing, null",
            docker_script_ns(clock, processes),
            Kind::Docker,
        ),
        Figure {
            name: "docker run typed, and its end, null",
            value: docker_run_ns(clock, processes),
            unit: "ns",
            like: None,
        },
        ns("getppid, null", getppid(Sink::Null), Kind::Getppid),
        ns("getppid, recorded", getppid(Sink::full()), Kind::Getppid),
    ]
}
