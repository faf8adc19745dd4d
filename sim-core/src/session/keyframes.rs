//! Keyframes: machines kept along the way, so that going somewhere costs little replay.

use super::log::Position;
use crate::Machine;
use crate::store::sorted;
use std::rc::Rc;

/// Replay between two keyframes, in ticks: about 4 ms natively, twice that in a browser.
pub(super) const SPACING_TICKS: u64 = 10_000;
/// What a command that takes no time counts as, in ticks.
pub(super) const COMMAND_TICKS: u64 = 10;
/// Estimated bytes of all keyframes of a session.
pub(super) const BYTES_MAX: usize = 96 << 20;

/// A machine at a place in time.
///
/// Invariant: `machine` is exactly what replaying the log up to `position` comes to.
#[derive(Debug)]
pub(super) struct Keyframe {
    pub position: Position,
    pub machine: Machine,
    /// Never reused within a session; branches share keyframes.
    serial: u64,
    /// Estimated bytes that it does not share with the keyframe before it.
    bytes: usize,
}

/// The keyframes of one branch, in order of place. The first is the machine after boot.
#[derive(Clone, Debug)]
pub(super) struct Keyframes(Vec<Rc<Keyframe>>);

impl Keyframes {
    pub fn new(boot: Machine) -> Self {
        let mut keyframes = Self(Vec::new());
        keyframes.push(Position::default(), boot, 0);
        keyframes
    }

    /// The last one at or before a place.
    pub fn at_or_before(&self, position: Position) -> Option<&Keyframe> {
        let after = self.0.partition_point(|k| k.position <= position);
        self.0.get(after.checked_sub(1)?).map(Rc::as_ref)
    }

    /// Keeps a machine. Places come in ascending order; one that is not later is dropped.
    pub fn push(&mut self, position: Position, machine: Machine, serial: u64) {
        let last = self.0.last();
        if last.is_some_and(|last| last.position >= position) {
            return;
        }
        let bytes = machine.bytes_beside(last.map(|last| &last.machine));
        self.0.push(Rc::new(Keyframe {
            position,
            machine,
            serial,
            bytes,
        }));
    }

    /// Those at or before a place: what a branch from there begins with.
    pub fn up_to(&self, position: Position) -> Self {
        let after = self.0.partition_point(|k| k.position <= position);
        Self(self.0.iter().take(after).cloned().collect())
    }

    /// Drops every other one, the first excepted.
    pub fn thin(&mut self) {
        let mut nth = 0;
        self.0.retain(|_| {
            nth += 1;
            nth % 2 == 1
        });
    }

    /// Drops those that `other` does not have.
    pub fn keep_shared_with(&mut self, other: &Keyframes) {
        self.0.retain(|k| {
            let at = other.0.partition_point(|o| o.position < k.position);
            let same = |o: &Rc<Keyframe>| o.serial == k.serial;
            // Of one place there is at most one in a branch.
            other.0.get(at).is_some_and(same)
        });
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Estimated bytes of the keyframes of several branches, each counted once.
pub(super) fn total_bytes<'a>(all: impl Iterator<Item = &'a Keyframes>) -> usize {
    let kept: Vec<(u64, usize)> = all
        .flat_map(|keyframes| keyframes.0.iter())
        .map(|k| (k.serial, k.bytes))
        .collect();
    let mut kept = sorted(kept);
    kept.dedup();
    kept.iter().map(|(_, bytes)| bytes).sum()
}
