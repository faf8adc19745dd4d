//! Branches: what was typed in the past does not undo the future, it starts another.

use super::keyframes::Keyframes;
use super::log::{Log, Position};
use super::timeline::Timeline;
use crate::store::CowVec;

/// One history, from boot to its end.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub id: u32,
    /// Where it left the branch that it came from.
    pub from: Position,
    pub from_ns: u64,
    pub log: Log,
    pub keyframes: Keyframes,
    pub timeline: Timeline,
    /// (clock, ticks since boot), every few hundred ticks: finds a tick by its time.
    pub clock: CowVec<(u64, u64)>,
}

/// A branch, as a list of branches shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchInfo {
    /// Names it to [`super::Session::switch_branch`]. Counts from 0, never reused.
    pub id: u32,
    /// Where it left the branch that it came from; the beginning for the first.
    pub from: Position,
    pub from_ns: u64,
    pub end_ns: u64,
    pub commands: usize,
    pub current: bool,
}

impl Branch {
    pub fn info(&self, current: bool) -> BranchInfo {
        BranchInfo {
            id: self.id,
            from: self.from,
            from_ns: self.from_ns,
            end_ns: self.log.end_ns(),
            commands: self.log.len(),
            current,
        }
    }

    /// A tick at or before a moment, and not long before it.
    pub fn tick_before(&self, at_ns: u64) -> u64 {
        let after = self.clock.partition_point(|(ns, _)| *ns <= at_ns);
        let last = after.checked_sub(1).and_then(|at| self.clock.get(at));
        last.map_or(0, |(_, tick)| *tick)
    }

    /// Estimated bytes beside the keyframes.
    pub fn bytes(&self) -> usize {
        self.log.bytes() + self.timeline.bytes() + self.clock.len() * 16
    }
}
