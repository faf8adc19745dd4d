//! Timers of a CPU: a heap, earliest first.

use super::task::TaskId;
use crate::store::sorted;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// When, in order of arming, for whom.
pub type Due = (u64, u64, TaskId);

/// A timer of a task that was woken otherwise stays until it is due and is then ignored.
#[derive(Clone, Debug, Default)]
pub struct Timers(Rc<BinaryHeap<Reverse<Due>>>);

impl Timers {
    pub fn arm(&mut self, at_ns: u64, seq: u64, task: TaskId) {
        Rc::make_mut(&mut self.0).push(Reverse((at_ns, seq, task)));
    }

    /// When the next is due.
    pub fn next_ns(&self) -> Option<u64> {
        self.0.peek().map(|Reverse((at, _, _))| *at)
    }

    /// All, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Due> + '_ {
        self.0.iter().map(|Reverse(due)| *due)
    }

    /// Takes the next that is due at `now_ns`.
    pub fn pop_due(&mut self, now_ns: u64) -> Option<Due> {
        if self.next_ns()? > now_ns {
            return None;
        }
        Rc::make_mut(&mut self.0).pop().map(|Reverse(due)| due)
    }
}

// The heap's inner order depends on its history only, but sorted is plainer.
impl Hash for Timers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let all: Vec<Due> = self.0.iter().map(|Reverse(due)| *due).collect();
        sorted(all).hash(state);
    }
}
