//! From numbers to tasks and back.

use super::{PidId, Task, TaskId};
use crate::kernel::boot::World;
use crate::kernel::ns::PidNsState;
use crate::kernel::{Kernel, NsId};

impl Kernel {
    /// The task with a number in a PID namespace, zombies included.
    pub fn task_by_number(&self, ns: NsId, nr: i32) -> Option<TaskId> {
        self.pids.get(self.ns.pid(ns)?.map.get(nr)?)?.task
    }

    /// The PID namespace that a task is in: the innermost that numbers it.
    pub fn pid_ns_of(&self, task: &Task) -> Option<NsId> {
        Some(self.pids.get(task.pid)?.numbers.last()?.0)
    }

    /// A task's number in a PID namespace; `None` where it is not visible.
    pub fn number_of(&self, task: &Task, ns: NsId) -> Option<i32> {
        self.pids.get(task.pid)?.number_in(ns)
    }

    /// A task's number in the first PID namespace, which sees all; 0 for one that is gone.
    pub fn first_number(&self, task: TaskId) -> i32 {
        let task = self.tasks.get(task);
        task.and_then(|task| self.number_of(task, self.init_ns.pid_for_children))
            .unwrap_or(0)
    }

    /// The number of a process group or session in a PID namespace; 0 where it is not visible.
    pub fn group_number(&self, pid: PidId, ns: NsId) -> i32 {
        self.pids
            .get(pid)
            .and_then(|p| p.number_in(ns))
            .unwrap_or(0)
    }

    /// Whether the task is the init of a PID namespace.
    pub fn is_child_reaper(&self, id: TaskId) -> bool {
        let ns = self
            .tasks
            .get(id)
            .and_then(|t| self.pid_ns_of(t))
            .and_then(|n| self.ns.pid(n));
        ns.is_some_and(|ns| ns.child_reaper == Some(id))
    }

    /// Where children of a task go, as /proc/PID/ns shows it: nothing before the first one is there
    /// (pidns_for_children_get).
    pub fn pid_ns_for_children(&self, task: &Task) -> Option<NsId> {
        let id = task.ns.pid_for_children;
        let ns = self.ns.pid(id)?;
        let is_new = ns.child_reaper.is_none() && ns.state == PidNsState::Open;
        (!is_new).then_some(id)
    }

    /// The first PID namespace of a host; the bare world is in an inner one.
    pub fn lab_pid_ns(&self) -> Option<NsId> {
        (self.world == World::Lab).then_some(self.init_ns.pid_for_children)
    }

    /// is_global_init: the first task of a host. That of the bare world is an init like those of
    /// inner PID namespaces.
    pub fn is_global_init(&self, id: TaskId) -> bool {
        match self.world {
            World::Lab => self.init == Some(id),
            World::Bare => false,
        }
    }

    /// Puts a task into a process group.
    pub fn join_pgrp(&mut self, id: TaskId, pgrp: PidId) {
        let Some(pid) = self.pids.get_mut(pgrp) else {
            return;
        };
        let place = pid.pgrp.len() as u32;
        pid.pgrp.push(id);
        if let Some(task) = self.tasks.get_mut(id) {
            (task.pgrp, task.pgrp_place) = (pgrp, place);
        }
    }

    /// Puts a task into a session.
    pub fn join_session(&mut self, id: TaskId, session: PidId) {
        let Some(pid) = self.pids.get_mut(session) else {
            return;
        };
        let place = pid.session.len() as u32;
        pid.session.push(id);
        if let Some(task) = self.tasks.get_mut(id) {
            (task.session, task.session_place) = (session, place);
        }
    }

    /// Takes a task out of its process group. The last member takes its place in the list, so
    /// that the cost does not grow with the group.
    pub fn leave_pgrp(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(id) else {
            return;
        };
        let (pgrp, place) = (task.pgrp, task.pgrp_place as usize);
        let Some(pid) = self.pids.get_mut(pgrp) else {
            return;
        };
        if pid.pgrp.get(place) == Some(&id) {
            pid.pgrp.swap_remove(place);
            if let Some(moved) = pid.pgrp.get(place).and_then(|&m| self.tasks.get_mut(m)) {
                moved.pgrp_place = place as u32;
            }
        }
        self.free_pid_if_unused(pgrp);
    }

    /// Takes a task out of its session.
    pub fn leave_session(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get(id) else {
            return;
        };
        let (session, place) = (task.session, task.session_place as usize);
        let Some(pid) = self.pids.get_mut(session) else {
            return;
        };
        if pid.session.get(place) == Some(&id) {
            pid.session.swap_remove(place);
            if let Some(moved) = pid.session.get(place).and_then(|&m| self.tasks.get_mut(m)) {
                moved.session_place = place as u32;
            }
        }
        self.free_pid_if_unused(session);
    }

    /// Frees a `Pid` that no task, group or session uses: its numbers may be given out again.
    pub fn free_pid_if_unused(&mut self, id: PidId) {
        if !self.pids.get(id).is_some_and(super::Pid::is_unused) {
            return;
        }
        let Some(pid) = self.pids.remove(id) else {
            return;
        };
        for (ns, nr) in pid.numbers.iter() {
            if let Some(ns) = self.ns.pid_mut(*ns) {
                ns.map.remove(*nr);
            }
        }
        if let Some((ns, _)) = pid.numbers.last() {
            self.release_ns(*ns);
        }
    }
}
