//! What a task would be answered now: its own system calls, made on a copy of the machine.

use super::Machine;
use crate::event::Sink;
use crate::hw::CpuId;
use crate::kernel::{Ctx, TaskId};

impl Machine {
    /// Calls kernel functions as a task, on a copy that is thrown away: the world stays as it is.
    pub(crate) fn ask<T>(&self, task: TaskId, question: impl FnOnce(&mut Ctx<'_>) -> T) -> T {
        let mut copy = self.clone();
        let mut sink = Sink::Null;
        let mut cx = copy.context(CpuId(0), &mut sink);
        cx.task = task;
        question(&mut cx)
    }
}
