//! What the long and the random tests share: a seeded generator of things to do to a machine.

#![allow(dead_code, reason = "each test file uses a part of this")]

pub mod calls;
pub mod newer_calls;

use sim_core::Command;
use sim_core::hw::TtyId;

/// SplitMix64: the same numbers everywhere.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// 0 to `bound` - 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[at as usize]
    }
}

const LAUNCHES: &[&str] = &[
    "word",
    "excel",
    "ppt",
    "docker run --name deck ppt",
    "docker run --name sheet excel",
    "docker run --name letter word",
    "docker exec deck sh",
    "docker stop deck",
    "sh",
    "no-such-program",
    "",
];

const SHELL_LINES: &[&str] = &[
    "ps\n",
    "ls /\n",
    "ls /proc\n",
    "cat /proc/self/status\n",
    "cat /proc/meminfo\n",
    "hostname\n",
    "id\n",
    "echo 가나다 abc\n",
    "sleep 0.01\n",
    "mount\n",
    "kill 5\n",
    "kill -9 6\n",
    "docker ps\n",
    "docker run --name inner ppt\n",
    "docker stop inner\n",
    "exit\n",
    "no such command\n",
    "cat /no/such/file\n",
    "\u{3}",
    "\u{4}",
];

const KEYS: &[&str] = &[
    "a",
    "hello ",
    "teh ",
    "한글",
    "\u{7f}",
    "\u{f}",
    "A1=42\n",
    "B2=A1+1\n",
    " ",
    "n",
    "p",
    "\n",
    "\u{11}",
    "\u{1b}[A",
];

/// What a busy visitor might do; with a stray system call now and then.
pub fn visitor_command(rng: &mut Rng, now_ns: u64) -> Command {
    let tty = TtyId(rng.below(8) as u16);
    match rng.below(100) {
        0..8 => Command::Input {
            tty: TtyId(0),
            text: format!("{}\n", rng.pick(LAUNCHES)),
        },
        8..20 => Command::Input {
            tty: TtyId(1),
            text: rng.pick(SHELL_LINES).to_string(),
        },
        20..42 => Command::Input {
            tty,
            text: rng.pick(KEYS).to_string(),
        },
        42..44 => Command::Hangup {
            tty: TtyId(2 + rng.below(8) as u16),
        },
        44..46 => Command::Inject {
            pid: 1 + rng.below(60) as i32,
            act: calls::any_injection(rng),
        },
        46..70 => Command::Advance {
            until_ns: now_ns.saturating_add(50_000_000),
            max_ticks: rng.below(40),
        },
        // Up to 20 ms, now and then up to 4 s: sleepers wake, slides turn.
        70..98 => Command::Advance {
            until_ns: now_ns.saturating_add(rng.below(20_000_000)),
            max_ticks: 2_000,
        },
        _ => Command::Advance {
            until_ns: now_ns.saturating_add(rng.below(4_000_000_000)),
            max_ticks: 20_000,
        },
    }
}

/// What nobody in their senses would do.
pub fn nasty_command(rng: &mut Rng, now_ns: u64) -> Command {
    match rng.below(8) {
        0 => Command::Input {
            tty: TtyId(rng.next() as u16),
            text: "x".repeat(rng.below(100) as usize),
        },
        1 => Command::Input {
            tty: TtyId(rng.below(70) as u16),
            text: "docker run word\n".repeat(rng.below(600) as usize),
        },
        2 => Command::Hangup {
            tty: TtyId(rng.below(70) as u16),
        },
        3 => Command::Input {
            tty: TtyId(rng.below(4) as u16),
            text: (0..rng.below(200))
                .filter_map(|_| char::from_u32(rng.next() as u32 >> (rng.next() % 32)))
                .collect(),
        },
        4..7 => Command::Inject {
            pid: match rng.below(4) {
                0 => rng.next() as i32,
                _ => 1 + rng.below(20) as i32,
            },
            act: calls::any_injection(rng),
        },
        _ => Command::Advance {
            until_ns: match rng.below(4) {
                0 => rng.next() >> rng.below(64),
                _ => now_ns.saturating_add(rng.below(100_000)),
            },
            max_ticks: rng.below(500),
        },
    }
}
