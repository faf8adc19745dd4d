//! What a long history takes, and what it takes to go anywhere in it.

use super::{Clock, MS, PROGRAMS, work};
use sim_core::kernel::Syscall;
use sim_core::view::tasks;
use sim_core::{BootOptions, Command, Session};
use std::fmt;

/// A history, and what it takes to go anywhere in it.
pub struct History {
    pub ticks: u64,
    pub processes: usize,
    pub keyframes: usize,
    pub bytes: usize,
    /// Seconds to play it, live.
    pub play_seconds: f64,
    /// Seconds per seek, ascending.
    pub seeks: Vec<f64>,
}

/// A session of a machine with 65,536 frames and 1,000 processes, and random seeks in it.
pub fn history(clock: Clock, ticks: u64, seeks: usize) -> History {
    let mut session = Session::new(BootOptions {
        ram_frames: 65_536,
        ..BootOptions::default()
    });
    let settle = |session: &mut Session| {
        session.advance(session.now_ns() + 20 * MS, 100_000);
    };
    settle(&mut session);
    for program in PROGRAMS {
        session.input(0, program);
        settle(&mut session);
    }
    session.launch("memhog 25");
    settle(&mut session);
    let all = tasks(session.machine());
    let sleeper = all
        .iter()
        .find(|t| &*t.comm == "memhog")
        .expect("memhog runs")
        .pid;
    for _ in all.len()..1_000 {
        session.apply(Command::Inject {
            pid: sleeper,
            act: Syscall::Fork {}.into(),
        });
        session.advance(session.now_ns() + MS, 10_000);
    }
    let start = clock();
    let mut round = 0;
    while session.ticks() < ticks {
        for (tty, text) in work(round) {
            session.input(tty, text);
        }
        round += 1;
        session.advance(session.now_ns() + 3 * MS, 2_000);
    }
    let play_seconds = clock() - start;
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut taken: Vec<f64> = (0..seeks)
        .map(|n| {
            random = random
                .wrapping_mul(0xd129_0a2b_6f3c_7a15)
                .wrapping_add(n as u64)
                ^ random >> 29;
            let start = clock();
            if n % 2 == 0 {
                session
                    .seek_time(random % session.end_ns())
                    .expect("a moment");
            } else {
                session
                    .seek_tick(random % session.end_ticks())
                    .expect("a tick");
            }
            clock() - start
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    History {
        ticks: session.end_ticks(),
        processes: tasks(session.machine()).len(),
        keyframes: session.keyframes(),
        bytes: session.history_bytes(),
        play_seconds,
        seeks: taken,
    }
}

impl History {
    pub fn quantile_ms(&self, part: f64) -> f64 {
        let at = ((self.seeks.len() as f64 * part) as usize).min(self.seeks.len() - 1);
        self.seeks[at] * 1e3
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "history of {} ticks, {} processes, 65,536 frames: {} keyframes, {:.1} MB estimated, \
             played at {:.2} million ticks/s",
            self.ticks,
            self.processes,
            self.keyframes,
            self.bytes as f64 / 1e6,
            self.ticks as f64 / self.play_seconds / 1e6,
        )?;
        write!(
            f,
            "seek: median {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            self.quantile_ms(1.0)
        )
    }
}
