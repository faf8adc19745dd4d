//! What someone outside makes a task do, as a debugger would.

use super::syscall::{Reply, SysReturn, Syscall};
use crate::text::{Scanner, TextError};
use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

/// One thing in a task's mailbox. It takes the common path: entry, handler or fault, return,
/// delivery of signals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Injection {
    /// A system call in place of the program's next step.
    Call(Rc<Syscall>),
    /// An instruction in place of the program's next one.
    Step(UserStep),
}

/// An instruction in ring 3. One that faults is tried again until it succeeds or a signal ends
/// the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserStep {
    /// Reads the byte at an address; the answer is the byte.
    Load { addr: u64 },
    /// Writes a byte.
    Store { addr: u64, byte: u8 },
    /// Jumps there and comes back; the answer is the byte that was fetched.
    Fetch { addr: u64 },
    /// An instruction that the CPU does not know: SIGILL.
    Illegal,
    /// A division by zero: SIGFPE.
    Divide,
}

/// What an injection came to. The answer to a step is the byte read, or 0.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    pub result: SysReturn,
    /// Data beside the return value.
    pub reply: Reply,
}

impl From<Syscall> for Injection {
    fn from(call: Syscall) -> Self {
        Injection::Call(Rc::new(call))
    }
}

impl Display for Injection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Injection::Call(call) => call.fmt(f),
            Injection::Step(UserStep::Load { addr }) => write!(f, "load({addr:#x})"),
            Injection::Step(UserStep::Store { addr, byte }) => {
                write!(f, "store({addr:#x}, {byte})")
            }
            Injection::Step(UserStep::Fetch { addr }) => write!(f, "fetch({addr:#x})"),
            Injection::Step(UserStep::Illegal) => f.write_str("illegal()"),
            Injection::Step(UserStep::Divide) => f.write_str("divide()"),
        }
    }
}

impl Injection {
    /// Reads what [`Display`] writes.
    ///
    /// # Errors
    /// Neither a system call that is modelled nor a step, or arguments that do not fit.
    pub fn read(from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let mut ahead = from.clone();
        let step = match ahead.word("a system call or a step")? {
            "load" => UserStep::Load {
                addr: address(&mut ahead)?,
            },
            "store" => {
                let addr = address(&mut ahead)?;
                ahead.skip_blanks();
                ahead.expect(',')?;
                ahead.skip_blanks();
                let byte = ahead.number("a byte")?;
                UserStep::Store { addr, byte }
            }
            "fetch" => UserStep::Fetch {
                addr: address(&mut ahead)?,
            },
            "illegal" => {
                ahead.expect('(')?;
                UserStep::Illegal
            }
            "divide" => {
                ahead.expect('(')?;
                UserStep::Divide
            }
            _ => return Ok(Syscall::read(from)?.into()),
        };
        ahead.skip_blanks();
        ahead.expect(')')?;
        *from = ahead;
        Ok(Injection::Step(step))
    }
}

fn address(from: &mut Scanner<'_>) -> Result<u64, TextError> {
    from.expect('(')?;
    from.skip_blanks();
    from.number("an address")
}
