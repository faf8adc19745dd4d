//! Process ids: one `Pid` per process, with a number in every PID namespace that sees it.
//!
//! Source: pid_namespaces(7); kernel/pid.c.

use super::TaskId;
use crate::kernel::ns::NsId;
use crate::store::{CowVec, Key, Slab};
use std::rc::Rc;

pub type PidId = Key<Pid>;

/// struct pid. Lives as long as a task, a process group or a session uses its number.
#[derive(Clone, Debug, Hash)]
pub struct Pid {
    /// (PID namespace, number), outermost first. Shared: it never changes.
    pub numbers: Rc<[(NsId, i32)]>,
    /// The process itself, until it is reaped.
    pub task: Option<TaskId>,
    /// Members of the process group and of the session with this number.
    pub pgrp: Vec<TaskId>,
    pub session: Vec<TaskId>,
}

impl Pid {
    /// The number in a namespace; `None` where the process is not visible.
    pub fn number_in(&self, ns: NsId) -> Option<i32> {
        self.numbers
            .iter()
            .find(|(n, _)| *n == ns)
            .map(|(_, nr)| *nr)
    }

    /// Whether nothing uses it any more.
    pub fn is_unused(&self) -> bool {
        self.task.is_none() && self.pgrp.is_empty() && self.session.is_empty()
    }
}

pub type Pids = Slab<Pid>;

/// Numbers of one PID namespace: a radix map of 16-number chunks, shared until written.
#[derive(Clone, Debug, Default, Hash)]
pub struct PidMap {
    places: CowVec<Option<PidId>>,
    used: u32,
}

/// Linux's default `kernel.pid_max` on a small machine.
pub const PID_MAX: i32 = 32768;

impl PidMap {
    pub fn get(&self, nr: i32) -> Option<PidId> {
        *self.places.get(usize::try_from(nr).ok()?)?
    }

    /// Number of pids in use.
    pub fn len(&self) -> usize {
        self.used as usize
    }

    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The next free number after `last`, wrapping at [`PID_MAX`] to 300 as Linux does
    /// (`RESERVED_PIDS`); `None` when all are taken.
    pub fn next_free(&self, last: i32) -> Option<i32> {
        let upper = last.max(0) + 1..PID_MAX;
        let wrapped = 300..last.clamp(300, PID_MAX);
        upper.chain(wrapped).find(|&nr| self.get(nr).is_none())
    }

    pub fn insert(&mut self, nr: i32, pid: PidId) {
        let Ok(at) = usize::try_from(nr) else { return };
        while self.places.len() <= at {
            self.places.push(None);
        }
        if let Some(place) = self.places.get_mut(at)
            && place.replace(pid).is_none()
        {
            self.used += 1;
        }
    }

    pub fn remove(&mut self, nr: i32) {
        if let Some(place) = usize::try_from(nr)
            .ok()
            .and_then(|at| self.places.get_mut(at))
            && place.take().is_some()
        {
            self.used -= 1;
        }
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (i32, PidId)> + '_ {
        self.places
            .iter()
            .enumerate()
            .filter_map(|(nr, pid)| Some((nr as i32, (*pid)?)))
    }
}
