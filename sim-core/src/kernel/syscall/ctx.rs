//! What a handler has in its hands: the kernel, the hardware, the caller, and where to tell it.

use crate::event::{Event, Record, Sink};
use crate::hw::{CpuId, Hardware};
use crate::kernel::rule::Why;
use crate::kernel::{BlockReason, Errno, Kernel, Reply, Task, TaskId};

/// What a handler answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The call returns this.
    Done(i64),
    /// Nothing to answer yet. The handler has put the task on the wait queue concerned; it is
    /// called again from the start when the task is woken.
    Block(BlockReason),
    /// The call does not return: exit.
    NoReturn,
}

pub type SysResult = Result<Outcome, Errno>;

/// `Done` of any number that fits.
pub fn done(value: impl Into<i64>) -> SysResult {
    Ok(Outcome::Done(value.into()))
}

/// `Done` of a descriptor.
pub fn done_fd(fd: i32) -> SysResult {
    done(i64::from(fd))
}

/// The context of one kernel entry: everything that a verb which crosses subsystems needs.
pub struct Ctx<'a> {
    pub k: &'a mut Kernel,
    pub hw: &'a mut Hardware,
    pub sink: &'a mut Sink,
    /// Where checks are recorded while a tick is explained.
    pub why: Why,
    /// The calling task.
    pub task: TaskId,
    pub cpu: CpuId,
    /// Simulated ns since boot.
    pub now_ns: u64,
    pub tick: u64,
    /// Ring-0 time that this entry has cost so far.
    pub cost_ns: u64,
}

impl Ctx<'_> {
    /// The calling task. It exists as long as it is in the kernel; a vanished caller is ESRCH.
    pub fn me(&self) -> Result<&Task, Errno> {
        self.k.tasks.get(self.task).ok_or(lost!(ESRCH))
    }

    pub fn me_mut(&mut self) -> Result<&mut Task, Errno> {
        self.k.tasks.get_mut(self.task).ok_or(lost!(ESRCH))
    }

    /// Tells what happened. Nothing is made if nobody listens.
    #[inline]
    pub fn emit(&mut self, event: Event) {
        if self.sink.listens() {
            self.record(event);
        }
    }

    #[inline(never)]
    fn record(&mut self, event: Event) {
        self.sink.push(Record {
            at_ns: self.now_ns,
            tick: self.tick,
            cpu: self.cpu,
            event,
        });
    }

    /// Hands data to the caller beside the return value.
    pub fn reply(&mut self, reply: Reply) -> Result<(), Errno> {
        *self.me_mut()?.answer_data() = reply;
        Ok(())
    }

    /// Charges ring-0 time.
    pub fn charge(&mut self, ns: u64) {
        self.cost_ns = self.cost_ns.saturating_add(ns);
    }
}
