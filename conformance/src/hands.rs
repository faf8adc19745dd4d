//! How an operation acts: one injection after the other.
//!
//! An operation is a function that is run again from its start with every answer that has come,
//! and stops where the next one is needed. So one that blocks in the middle is simply run again
//! when its actor has woken, and nothing has to be kept of it but the answers.

use crate::case::Params;
use serde_json::Value;
use sim_core::Machine;
use sim_core::kernel::syscall::OpenFlags;
use sim_core::kernel::{Answer, Errno, Injection, Reply, Syscall, UserStep};
use std::collections::BTreeMap;

/// Why an operation stops before its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// It failed.
    Errno(Errno),
    /// The actor must do this first.
    Needs(Injection),
    /// The step makes no sense: a mistake in the case.
    Bad(String),
}

impl From<Errno> for Halt {
    fn from(errno: Errno) -> Self {
        Halt::Errno(errno)
    }
}

impl From<String> for Halt {
    fn from(reason: String) -> Self {
        Halt::Bad(reason)
    }
}

pub type OpResult = Result<Value, Halt>;

/// Addresses that an actor has a label for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub addr: u64,
    pub pages: u64,
}

/// What an actor's own program remembers. Children get a copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    pub regions: BTreeMap<String, Region>,
    /// System V objects by label.
    pub ipc: BTreeMap<String, i64>,
}

/// What came of one thing that an operation asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    Answer(Answer),
    /// What was seen from outside at that moment.
    Seen(Value),
}

/// The actor's hands during one run of an operation.
pub struct Hands<'a> {
    pub params: &'a Params,
    /// Applied when the operation has succeeded.
    pub notes: &'a mut Notes,
    machine: &'a Machine,
    /// Stable id of the acting task.
    pub task: u64,
    came: &'a mut Vec<Came>,
    next: usize,
}

impl<'a> Hands<'a> {
    pub fn new(
        params: &'a Params,
        notes: &'a mut Notes,
        machine: &'a Machine,
        task: u64,
        came: &'a mut Vec<Came>,
    ) -> Self {
        Self {
            params,
            notes,
            machine,
            task,
            came,
            next: 0,
        }
    }

    fn act(&mut self, what: Injection) -> Result<Answer, Halt> {
        let came = self.came.get(self.next).cloned();
        self.next += 1;
        match came {
            Some(Came::Answer(answer)) => Ok(answer),
            Some(Came::Seen(_)) => Err(Halt::Bad("an operation changed its mind".into())),
            None => Err(Halt::Needs(what)),
        }
    }

    /// Makes a system call: its return value and what it answers beside it.
    ///
    /// # Errors
    /// Its errno.
    pub fn call(&mut self, call: Syscall) -> Result<(i64, Reply), Halt> {
        let answer = self.act(call.into())?;
        Ok((answer.result?, answer.reply))
    }

    /// Makes a system call whose failure is not the operation's.
    ///
    /// # Errors
    /// None of its own; the call has not been made yet.
    pub fn attempt(&mut self, call: Syscall) -> Result<Result<(i64, Reply), Errno>, Halt> {
        let answer = self.act(call.into())?;
        Ok(answer.result.map(|value| (value, answer.reply)))
    }

    /// Executes an instruction in ring 3: the byte read, or 0.
    ///
    /// # Errors
    /// It has not been executed yet. One that faults for good ends the actor.
    pub fn step(&mut self, step: UserStep) -> Result<u8, Halt> {
        let answer = self.act(Injection::Step(step))?;
        Ok(answer.result? as u8)
    }

    /// Looks at the machine from outside, at this moment of the operation.
    pub fn look(&mut self, look: impl FnOnce(&Machine, u64) -> Value) -> Value {
        let at = self.next;
        self.next += 1;
        match self.came.get(at) {
            Some(Came::Seen(value)) => value.clone(),
            Some(Came::Answer(_)) | None => {
                let value = look(self.machine, self.task);
                self.came.push(Came::Seen(value.clone()));
                value
            }
        }
    }

    /// What the actor would see in a /proc that nothing hides. One that is stopped or frozen does
    /// not look, and it takes a descriptor.
    ///
    /// # Errors
    /// It has not come to look yet; EMFILE.
    pub fn seen(&mut self, look: impl FnOnce(&Machine, u64) -> Value) -> OpResult {
        let open = Syscall::Openat {
            path: "/".into(),
            flags: OpenFlags::PATH.with(OpenFlags::CLOEXEC),
            mode: 0,
        };
        let fd = self.call(open)?.0 as i32;
        let seen = self.look(look);
        self.call(Syscall::Close { fd })?;
        Ok(seen)
    }

    /// Minor faults of the actor so far (getrusage(2) RUSAGE_SELF).
    ///
    /// # Errors
    /// The call has not been made yet.
    pub fn minor_faults(&mut self) -> Result<i64, Halt> {
        match self.call(Syscall::Getrusage {})?.1 {
            Reply::Rusage { minor_faults, .. } => Ok(minor_faults as i64),
            other => Err(Halt::Bad(format!("getrusage answered {other:?}"))),
        }
    }

    /// # Errors
    /// The actor has no region of this name.
    pub fn region(&self, name: &str) -> Result<Region, Halt> {
        let label = self.params.text(name)?;
        self.notes
            .regions
            .get(&label)
            .copied()
            .ok_or_else(|| Halt::Bad(format!("no region '{label}'")))
    }
}
