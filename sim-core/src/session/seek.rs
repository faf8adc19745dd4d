//! Going anywhere in time.

use super::play::Hear;
use super::{Clock, Cursor, Position, Session};
use crate::Sink;
use std::fmt;

/// Ticks before a place whose events are made again after a seek.
const EVENT_TICKS: u64 = 300;

/// Why a place in time was not reached. The session stands where it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekError {
    /// The current branch has no such place.
    NoSuchPosition,
    /// There is nothing before this.
    AtStart,
    NoSuchBranch,
}

impl fmt::Display for SeekError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SeekError::NoSuchPosition => "no such place in this branch",
            SeekError::AtStart => "nothing lies before this",
            SeekError::NoSuchBranch => "no such branch",
        })
    }
}

impl std::error::Error for SeekError {}

impl Session {
    /// Goes to a place in the current branch.
    ///
    /// # Errors
    /// [`SeekError::NoSuchPosition`].
    pub fn seek(&mut self, position: Position) -> Result<(), SeekError> {
        if !self.branch().log.contains(position) {
            return Err(SeekError::NoSuchPosition);
        }
        if self.cursor != Cursor::at(position.command, position.tick) {
            self.go(position, From::Anywhere);
        }
        Ok(())
    }

    /// Goes to a moment (ns since boot): everything due by then is done, and the clock stands
    /// there. A moment after the end is the end.
    ///
    /// # Errors
    /// None so far; a session may one day forget its beginning.
    pub fn seek_time(&mut self, at_ns: u64) -> Result<(), SeekError> {
        let branch = self.branch();
        if at_ns >= branch.log.end_ns() {
            return self.seek(branch.log.end());
        }
        let by_command = Position {
            command: branch.log.commands_until(at_ns),
            tick: 0,
        };
        let by_tick = branch.log.position_of_tick(branch.tick_before(at_ns));
        // The latest place known to be at that moment or before.
        let near = by_command.max(by_tick);
        let is_on_the_way = self.now_ns() <= at_ns && self.cursor.at >= near;
        if !is_on_the_way {
            self.seek(near)?;
        }
        self.advance(at_ns, u64::MAX);
        Ok(())
    }

    /// Goes to the place right after a tick: where the events of that tick have happened.
    ///
    /// # Errors
    /// [`SeekError::NoSuchPosition`] after the end of the branch.
    pub fn seek_tick(&mut self, tick: u64) -> Result<(), SeekError> {
        let log = &self.branch().log;
        if tick > log.end_tick() {
            return Err(SeekError::NoSuchPosition);
        }
        self.seek(log.position_of_tick(tick))
    }

    /// One tick back. Commands given after that tick are undone with it.
    ///
    /// # Errors
    /// [`SeekError::AtStart`].
    pub fn step_back(&mut self) -> Result<(), SeekError> {
        match self.ticks().checked_sub(1) {
            Some(tick) => self.seek(self.branch().log.position_of_tick(tick)),
            None if self.position() > Position::default() => self.seek(Position::default()),
            None => Err(SeekError::AtStart),
        }
    }

    /// Leaves the present branch as it is and goes to the end of another.
    ///
    /// # Errors
    /// [`SeekError::NoSuchBranch`].
    pub fn switch_branch(&mut self, id: u32) -> Result<(), SeekError> {
        let found = self.branches.iter().position(|branch| branch.id == id);
        let at = found.ok_or(SeekError::NoSuchBranch)?;
        if at != self.current {
            self.current = at;
            self.go(self.end(), From::Keyframe);
        }
        Ok(())
    }

    /// The digest that the current branch ends with.
    pub fn end_digest(&self) -> u64 {
        if self.is_at_end() {
            return self.machine.digest();
        }
        let branch = self.branch();
        let Some(keyframe) = branch.keyframes.at_or_before(branch.log.end()) else {
            return self.machine.digest();
        };
        let mut machine = keyframe.machine.clone();
        let mut done = keyframe.position.tick;
        for at in keyframe.position.command..branch.log.len() {
            if let Some(command) = branch.log.rest_of(at, done) {
                machine.apply(&command, &mut Sink::Null);
            }
            done = 0;
        }
        machine.digest()
    }

    /// Goes to a place that exists.
    fn go(&mut self, target: Position, from: From) {
        let branch = self.branch();
        let target_tick = branch.log.tick_at(target);
        let early = branch
            .log
            .position_of_tick(target_tick.saturating_sub(EVENT_TICKS))
            .min(target);
        let here = self.cursor;
        // Between two ticks, the place that the clock has left lies in the past.
        let is_before = |place| match here.clock {
            Clock::AtPosition => here.at <= place,
            Clock::Waited => here.at < place,
        };
        let distance = target_tick.saturating_sub(self.machine.ticks());
        if from == From::Anywhere && is_before(target) && distance <= EVENT_TICKS {
            // So near that the events go on without a gap.
            self.replay_to(target, Hear::Page);
            return;
        }
        let keyframe = branch.keyframes.at_or_before(early);
        let is_nearer = is_before(early) && keyframe.is_none_or(|k| k.position <= here.at);
        if from == From::Keyframe || !is_nearer {
            let (machine, at) = match keyframe {
                Some(keyframe) => (keyframe.machine.clone(), keyframe.position),
                // The first keyframe is never dropped.
                None => return,
            };
            self.machine = machine;
            self.cursor = Cursor::at(at.command, at.tick);
        }
        self.events.clear();
        self.replay_to(early, Hear::Nobody);
        self.replay_to(target, Hear::Page);
    }
}

/// Whether the present machine may be the starting point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Anywhere,
    /// No: it belongs to another branch.
    Keyframe,
}
