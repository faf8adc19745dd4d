//! Lists of siblings through the tasks themselves: O(1) to add and to take out.

use super::{Task, TaskId, Tasks};

/// Ends of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct List {
    pub first: Option<TaskId>,
    pub last: Option<TaskId>,
}

/// A task's place in the list that it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Links {
    pub prev: Option<TaskId>,
    pub next: Option<TaskId>,
}

impl List {
    pub fn is_empty(self) -> bool {
        self.first.is_none()
    }

    /// The members, in order.
    pub fn iter(self, tasks: &Tasks) -> impl Iterator<Item = (TaskId, &Task)> {
        let mut next = self.first;
        std::iter::from_fn(move || {
            let id = next?;
            let task = tasks.get(id)?;
            next = task.links.next;
            Some((id, task))
        })
    }

    /// Adds a task before the first member that became a child after it, looking from the end:
    /// children die mostly in that order, and wait4(2) looks at them in it.
    pub fn insert_in_order(mut self, tasks: &mut Tasks, id: TaskId) -> List {
        let Some(order) = tasks.get(id).map(|t| t.links_order) else {
            return self;
        };
        let mut after = self.last;
        while let Some(task) = after.and_then(|a| tasks.get(a)) {
            if task.links_order < order {
                break;
            }
            after = task.links.prev;
        }
        let before = match after {
            Some(a) => tasks.get(a).and_then(|t| t.links.next),
            None => self.first,
        };
        if let Some(task) = tasks.get_mut(id) {
            task.links = Links {
                prev: after,
                next: before,
            };
        }
        match after.and_then(|a| tasks.get_mut(a)) {
            Some(task) => task.links.next = Some(id),
            None => self.first = Some(id),
        }
        match before.and_then(|b| tasks.get_mut(b)) {
            Some(task) => task.links.prev = Some(id),
            None => self.last = Some(id),
        }
        self
    }

    /// Takes a member out.
    pub fn remove(mut self, tasks: &mut Tasks, id: TaskId) -> List {
        let Some(task) = tasks.get_mut(id) else {
            return self;
        };
        let Links { prev, next } = std::mem::take(&mut task.links);
        match prev.and_then(|p| tasks.get_mut(p)) {
            Some(task) => task.links.next = next,
            None => self.first = next,
        }
        match next.and_then(|n| tasks.get_mut(n)) {
            Some(task) => task.links.prev = prev,
            None => self.last = prev,
        }
        self
    }
}
