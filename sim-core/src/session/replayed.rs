//! The same keys on another machine.

use super::Session;
use super::log::is_advance;
use crate::Sink;
use crate::machine::{BootOptions, Machine, Stop};

/// Ticks that the other machine may take in all: some seconds.
const TICKS_MAX: u64 = 20_000_000;
/// Ticks that it may take to come to rest before one key.
const REST_TICKS_MAX: u64 = 200_000;

impl Session {
    /// What came in from boot to the present place, at the same moments, on a machine that is
    /// booted otherwise. That machine may be slower: where this one was at rest before a command,
    /// the other comes to rest first, so that both have taken in what came before.
    pub fn replayed_on(&self, boot: BootOptions) -> Session {
        let mut this = Machine::boot(&self.boot);
        let mut other = Session::new(boot);
        for at in 0..self.cursor.at.command {
            let Some(entry) = self.branch().log.get(at) else {
                break;
            };
            if is_advance(&entry.command) {
                this.apply(&entry.command, &mut Sink::Null);
                continue;
            }
            other.follow(&this);
            this.apply(&entry.command, &mut Sink::Null);
            other.apply(entry.command.clone());
        }
        other.follow(&self.machine);
        other
    }

    /// Lets time pass until it is as late as on `machine`, and on to rest if that is at rest.
    fn follow(&mut self, machine: &Machine) {
        let left = TICKS_MAX.saturating_sub(self.ticks());
        self.advance(machine.now_ns(), left);
        let mut left = left.min(REST_TICKS_MAX);
        while machine.is_idle() && !self.machine.is_idle() && left > 0 {
            if self.step_tick() != Stop::Ticks {
                return;
            }
            left -= 1;
        }
    }
}
