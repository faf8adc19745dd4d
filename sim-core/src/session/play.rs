//! Forward: live at the end of the log, and through what is known before it.

use super::log::{Join, Reached, is_advance};
use super::{Clock, Cursor, EVENTS_KEPT, Position, Session};
use crate::event::Event;
use crate::machine::Stop;
use crate::{Command, Sink};

/// Ticks between two looks at the events: bounds the memory that they take.
const CHUNK_TICKS: u64 = 256;
/// Ticks after which a step to something gives up.
const STEP_TICKS_MAX: u64 = 200_000;

/// Who hears of the events of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hear {
    Nobody,
    /// The list of recent events.
    Page,
}

impl Session {
    /// Lets time pass until the clock stands at `until_ns` or `max_ticks` ticks are done. In the
    /// past this replays what is known; at the end it goes on live.
    ///
    /// Returns `Until`, `Ticks` or `Halted`.
    pub fn advance(&mut self, until_ns: u64, max_ticks: u64) -> Stop {
        let before = self.machine.ticks();
        match self.replay(until_ns, max_ticks) {
            Replayed::Stopped(stop) => stop,
            Replayed::ToEnd => {
                let done = self.machine.ticks() - before;
                self.live(until_ns, max_ticks - done)
            }
        }
    }

    /// One tick, whenever it is due. `Until` if nothing is ever due: every CPU sleeps and no
    /// timer is set.
    pub fn step_tick(&mut self) -> Stop {
        let before = self.machine.ticks();
        match self.replay(u64::MAX, 1) {
            Replayed::Stopped(stop) => stop,
            Replayed::ToEnd if self.machine.ticks() > before => Stop::Ticks,
            Replayed::ToEnd => match self.machine.next_tick_ns() {
                Some(at_ns) => self.live(at_ns, 1),
                None if self.machine.halted().is_some() => Stop::Halted,
                None => Stop::Until,
            },
        }
    }

    /// Up to and including the tick in which a task next enters the kernel with a system call.
    /// Gives up (`Ticks` too) after 200,000 ticks without one.
    pub fn step_to_syscall(&mut self) -> Stop {
        self.step_to(|event| matches!(event, Event::SyscallEnter { .. }))
    }

    /// Up to and including the tick in which a CPU next goes from ring 3 to ring 0 or back, or an
    /// interrupt arrives.
    pub fn step_to_crossing(&mut self) -> Stop {
        self.step_to(|event| {
            matches!(
                event,
                Event::SyscallEnter { .. }
                    | Event::PageFault { .. }
                    | Event::Interrupt { .. }
                    | Event::IllegalInstruction { .. }
                    | Event::ReturnToUser { .. }
            )
        })
    }

    /// Up to and including the tick in which a CPU next goes to another task, or to none.
    pub fn step_to_switch(&mut self) -> Stop {
        self.step_to(|event| matches!(event, Event::Switch { .. }))
    }

    fn step_to(&mut self, is_it: impl Fn(&Event) -> bool) -> Stop {
        for _ in 0..STEP_TICKS_MAX {
            let stop = self.step_tick();
            if stop != Stop::Ticks {
                return stop;
            }
            let tick = self.machine.ticks();
            let recent = self.events.iter().rev();
            let mut of_tick = recent.take_while(|record| record.tick == tick);
            if of_tick.any(|record| is_it(&record.event)) {
                return Stop::Ticks;
            }
        }
        Stop::Ticks
    }

    /// Lets time pass at the end of the log.
    pub(super) fn live(&mut self, until_ns: u64, max_ticks: u64) -> Stop {
        let mut left = max_ticks;
        loop {
            let due = self.ticks_to_keyframe(self.branch().log.end());
            let chunk = left.min(CHUNK_TICKS).min(due.max(1));
            let before = self.machine.ticks();
            let stop = self.run(until_ns, chunk);
            self.hear_live();
            let done = self.machine.ticks() - before;
            left -= done;
            let reached = Reached {
                stop,
                end_tick: self.machine.ticks(),
                end_ns: self.machine.now_ns(),
            };
            let join = self.join;
            let branch = self.branch_mut();
            let end = branch.log.end();
            let at = branch.log.advance(reached, join);
            if end != branch.log.end() || at != end {
                self.join = Join::Allowed;
            }
            self.cursor = self.end_cursor();
            self.note_clock();
            // After the clock has waited, the place of the last tick is another state.
            if stop == Stop::Ticks && done > 0 {
                self.keep_if_due(at);
            }
            if stop != Stop::Ticks || left == 0 || done == 0 {
                return stop;
            }
        }
    }

    /// Replays what is known, until the clock or the number of ticks stops it.
    fn replay(&mut self, until_ns: u64, max_ticks: u64) -> Replayed {
        let mut left = max_ticks;
        loop {
            let at = self.cursor.at;
            let Some(entry) = self.branch().log.get(at.command) else {
                return Replayed::ToEnd;
            };
            if self.machine.now_ns() > until_ns {
                return Replayed::Stopped(Stop::Until);
            }
            if left == 0 {
                return Replayed::Stopped(Stop::Ticks);
            }
            let end = (entry.end_tick, entry.end_ns);
            if !is_advance(&entry.command) {
                let command = entry.command.clone();
                self.machine.apply(&command, &mut self.scratch);
                self.hear(Hear::Page);
                self.cursor = Cursor::at(at.command + 1, 0);
                continue;
            }
            let known_ticks = end.0.saturating_sub(self.machine.ticks());
            let before = self.machine.ticks();
            // Known ticks are all there is to this entry, but for waiting until its end.
            let stop = if known_ticks > 0 {
                self.run(until_ns, left.min(known_ticks).min(CHUNK_TICKS))
            } else {
                self.run(until_ns.min(end.1), u64::MAX)
            };
            self.hear(Hear::Page);
            let done = self.machine.ticks() - before;
            left -= done;
            if (self.machine.ticks(), self.machine.now_ns()) == end {
                self.cursor = Cursor::at(at.command + 1, 0);
                continue;
            }
            self.cursor = Cursor::at(at.command, at.tick + done);
            match stop {
                Stop::Ticks => {}
                Stop::Until => {
                    self.cursor.clock = Clock::Waited;
                    return Replayed::Stopped(stop);
                }
                Stop::Applied | Stop::Halted => return Replayed::Stopped(stop),
            }
        }
    }

    /// Replays from the cursor to a later place.
    pub(super) fn replay_to(&mut self, target: Position, hear: Hear) {
        let mut quiet = Sink::Null;
        while self.cursor.at < target {
            let at = self.cursor.at;
            let log = &self.branch().log;
            let is_last = at.command == target.command;
            let command = if is_last {
                // What has ticks is an `Advance`.
                Command::Advance {
                    until_ns: u64::MAX,
                    max_ticks: target.tick - at.tick,
                }
            } else {
                let Some(command) = log.rest_of(at.command, at.tick) else {
                    return;
                };
                command
            };
            match hear {
                Hear::Nobody => self.machine.apply(&command, &mut quiet),
                Hear::Page => self.machine.apply(&command, &mut self.scratch),
            };
            self.hear(hear);
            self.cursor = if is_last {
                Cursor::at(target.command, target.tick)
            } else {
                Cursor::at(at.command + 1, 0)
            };
        }
    }

    fn run(&mut self, until_ns: u64, max_ticks: u64) -> Stop {
        let command = Command::Advance {
            until_ns,
            max_ticks,
        };
        self.machine.apply(&command, &mut self.scratch)
    }

    /// Hands new events to the timeline and to the page.
    pub(super) fn hear_live(&mut self) {
        if let Sink::Full(records) = &self.scratch {
            let timeline = &mut self.branches[self.current].timeline;
            for record in records {
                timeline.hear(record, &self.machine);
            }
        }
        self.hear(Hear::Page);
    }

    fn hear(&mut self, hear: Hear) {
        let Sink::Full(records) = &mut self.scratch else {
            return;
        };
        match hear {
            Hear::Nobody => records.clear(),
            Hear::Page => {
                let skip = records.len().saturating_sub(EVENTS_KEPT);
                self.events.extend(records.drain(..).skip(skip));
                let over = self.events.len().saturating_sub(EVENTS_KEPT);
                self.events.drain(..over);
            }
        }
    }

    /// Remembers, now and then, how the clock stood to the ticks.
    fn note_clock(&mut self) {
        let (now_ns, ticks) = (self.machine.now_ns(), self.machine.ticks());
        let clock = &mut self.branch_mut().clock;
        let last = clock.last().map_or(0, |(_, tick)| *tick);
        if ticks >= last + CHUNK_TICKS {
            clock.push((now_ns, ticks));
        }
    }
}

/// How a replay of the known ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replayed {
    Stopped(Stop),
    /// There is no more to replay.
    ToEnd,
}

impl Cursor {
    pub(super) fn at(command: usize, tick: u64) -> Self {
        Cursor {
            at: Position { command, tick },
            clock: Clock::AtPosition,
        }
    }
}
