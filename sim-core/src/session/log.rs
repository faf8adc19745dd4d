//! The log: what was done to the machine, in the shortest form that replays to the same state.

use crate::Command;
use crate::machine::Stop;
use crate::store::CowVec;

/// A place in time: the first `command` commands are done, and `tick` ticks of the next one.
///
/// The clock of a position inside an `Advance` stands at its last tick. `(n, 0)` is after an
/// `Advance` that waited has waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub command: usize,
    pub tick: u64,
}

/// A command with the place and time that it led to.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub command: Command,
    /// Ticks since boot, and the clock, after it.
    pub end_tick: u64,
    pub end_ns: u64,
}

/// What a stretch of time did: how far the machine came, and why it stopped there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub stop: Stop,
    pub end_tick: u64,
    pub end_ns: u64,
}

/// Commands from boot on.
///
/// Invariant: an `Advance` is written down as what it came to, not as it was asked for:
/// `{until: its end, ticks: MAX}` if the clock stopped it, `{until: MAX, ticks: its ticks}`
/// if the number of ticks did (or the machine halted). So two that follow one another are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    entries: CowVec<Entry>,
    /// Payload of the commands, for the estimate of memory.
    text_bytes: usize,
}

impl Log {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn get(&self, command: usize) -> Option<&Entry> {
        self.entries.get(command)
    }

    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.entries.iter().map(|entry| &entry.command)
    }

    /// Where the log ends.
    pub fn end(&self) -> Position {
        Position {
            command: self.len(),
            tick: 0,
        }
    }

    pub fn end_tick(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.end_tick)
    }

    pub fn end_ns(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.end_ns)
    }

    /// Ticks since boot before this command.
    pub fn start_tick(&self, command: usize) -> u64 {
        let before = command.checked_sub(1).and_then(|c| self.get(c));
        before.map_or(0, |entry| entry.end_tick)
    }

    /// Ticks that this command took.
    pub fn ticks_of(&self, command: usize) -> u64 {
        let end = self.get(command).map_or(0, |entry| entry.end_tick);
        end.saturating_sub(self.start_tick(command))
    }

    /// Whether there is such a place.
    pub fn contains(&self, position: Position) -> bool {
        match self.get(position.command) {
            Some(_) => position.tick <= self.ticks_of(position.command),
            None => position == self.end(),
        }
    }

    /// Ticks since boot at a place.
    pub fn tick_at(&self, position: Position) -> u64 {
        self.start_tick(position.command) + position.tick
    }

    /// The place where `tick` ticks have been done and nothing else yet; the end if there are
    /// not so many.
    pub fn position_of_tick(&self, tick: u64) -> Position {
        let command = self.entries.partition_point(|entry| entry.end_tick < tick);
        if command >= self.len() {
            return self.end();
        }
        Position {
            command,
            tick: tick.saturating_sub(self.start_tick(command)),
        }
    }

    /// How many commands were over at `at_ns`.
    pub fn commands_until(&self, at_ns: u64) -> usize {
        self.entries.partition_point(|entry| entry.end_ns <= at_ns)
    }

    /// What is left of a command after some of its ticks.
    pub fn rest_of(&self, command: usize, done: u64) -> Option<Command> {
        Some(match &self.get(command)?.command {
            Command::Advance {
                until_ns,
                max_ticks,
            } => Command::Advance {
                until_ns: *until_ns,
                max_ticks: max_ticks.saturating_sub(done),
            },
            other => other.clone(),
        })
    }

    /// Adds a command that takes no time.
    pub fn push(&mut self, command: Command) {
        let (end_tick, end_ns) = (self.end_tick(), self.end_ns());
        self.text_bytes += payload_bytes(&command);
        self.entries.push(Entry {
            command,
            end_tick,
            end_ns,
        });
    }

    /// Adds time that passed; it becomes part of an `Advance` that stands at the end, unless
    /// that was sealed. Returns the place of the last tick.
    pub fn advance(&mut self, reached: Reached, join: Join) -> Position {
        let Reached {
            stop,
            end_tick,
            end_ns,
        } = reached;
        let last = self.len().wrapping_sub(1);
        let joins =
            join == Join::Allowed && matches!(self.get(last), Some(e) if is_advance(&e.command));
        if !joins && (end_tick, end_ns) == (self.end_tick(), self.end_ns()) {
            return self.end();
        }
        let command = if joins { last } else { self.len() };
        let ticks = end_tick.saturating_sub(self.start_tick(command));
        let entry = Entry {
            command: took(stop, end_ns, ticks),
            end_tick,
            end_ns,
        };
        match self.entries.get_mut(command) {
            // Nothing moved: an earlier wait must not be forgotten.
            Some(place) if (place.end_tick, place.end_ns) == (end_tick, end_ns) => {}
            Some(place) => *place = entry,
            None => self.entries.push(entry),
        }
        Position {
            command,
            tick: ticks,
        }
    }

    /// Forgets what comes after a place. A part of an `Advance` becomes an `Advance`; `reached`
    /// says how far and how.
    pub fn truncate(&mut self, position: Position, reached: Reached) {
        self.entries.truncate(position.command);
        self.advance(reached, Join::Never);
    }

    /// Estimated bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.len() * size_of::<Entry>() + self.text_bytes
    }
}

/// Whether time that passes may become part of the command before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    Allowed,
    Never,
}

/// The `Advance` that comes to just this.
pub(super) fn took(stop: Stop, end_ns: u64, ticks: u64) -> Command {
    match stop {
        Stop::Until => Command::Advance {
            until_ns: end_ns,
            max_ticks: u64::MAX,
        },
        Stop::Applied | Stop::Ticks | Stop::Halted => Command::Advance {
            until_ns: u64::MAX,
            max_ticks: ticks,
        },
    }
}

pub(super) fn is_advance(command: &Command) -> bool {
    match command {
        Command::Advance { .. } => true,
        Command::Input { .. }
        | Command::Hangup { .. }
        | Command::Inject { .. }
        | Command::Plug { .. }
        | Command::Unplug { .. } => false,
    }
}

fn payload_bytes(command: &Command) -> usize {
    match command {
        Command::Input { text, .. } => text.len(),
        // Strings of a call; most calls have none, and none is long.
        Command::Inject { .. } => 64,
        Command::Hangup { .. }
        | Command::Advance { .. }
        | Command::Plug { .. }
        | Command::Unplug { .. } => 0,
    }
}
