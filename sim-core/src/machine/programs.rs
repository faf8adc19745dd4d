//! The programs' own state, beside the registers that the kernel keeps.

use crate::kernel::{TaskId, UserNotice};
use crate::store::CowVec;
use crate::user::ToolState;

/// A tool's state per task, by the task's place in the kernel's table.
#[derive(Clone, Debug, Default, Hash)]
pub struct Programs(CowVec<ToolState>);

impl Programs {
    /// The state of a task's program.
    pub fn get_mut(&mut self, task: TaskId) -> Option<&mut ToolState> {
        let at = task.index() as usize;
        while self.0.len() <= at {
            self.0.push(ToolState::default());
        }
        self.0.get_mut(at)
    }

    pub fn get(&self, task: TaskId) -> Option<&ToolState> {
        self.0.get(task.index() as usize)
    }

    /// As [`CowVec::bytes_beside`].
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        self.0.bytes_beside(other.map(|other| &other.0))
    }

    /// Follows what the kernel did to tasks.
    pub fn hear(&mut self, notice: &UserNotice) {
        match notice {
            UserNotice::Forked { parent, child } => {
                let state = self.get(*parent).cloned().unwrap_or_default();
                if let Some(place) = self.get_mut(*child) {
                    *place = state;
                }
            }
            UserNotice::Execed { task } | UserNotice::Gone { task } => {
                if let Some(place) = self.get_mut(*task) {
                    *place = ToolState::default();
                }
            }
        }
    }
}
