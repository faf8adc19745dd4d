//! A session as text: one command per line.
//!
//! ```text
//! ringside 1
//! boot cpus=2 ram=512 seed=1 order=shuffled
//! input 0 "word\n"
//! advance until=2000000
//! inject 1 kill(4, 9)   # comments start with a hash
//! hangup 2
//! advance ticks=100
//! expect model=1 digest=0123456789abcdef
//! ```
//!
//! `ram` is in frames of 4 KiB; times are in simulated nanoseconds since boot. A machine without
//! an MMU has `mmu=none` in the boot line, one with a swap area of another size `swap=0`, and a
//! cost that is not the usual one stands there as `user_step_ns=0`.

mod read;
mod write;

use super::Session;
use crate::Command;
use crate::machine::{BootOptions, Stop};
use std::fmt;

/// Version of the script format, in the header.
pub(super) const SCRIPT_VERSION: u32 = 1;
/// Raised whenever the model gives the same script another digest.
pub const MODEL_VERSION: u32 = 1;
/// Longest text that is read.
pub(super) const SCRIPT_BYTES_MAX: usize = 16 << 20;
/// Most commands that are read.
const COMMANDS_MAX: usize = 1 << 20;
/// Most ticks that a script may take to replay: some seconds.
const TICKS_MAX: u64 = 20_000_000;

/// What is wrong with a script. Lines and columns count from 1; line 0 is the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    pub line: usize,
    /// Character within the line; 0 for the whole line.
    pub column: usize,
    pub message: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.message),
            (line, 0) => write!(f, "line {line}: {}", self.message),
            (line, column) => write!(f, "line {line}, column {column}: {}", self.message),
        }
    }
}

impl std::error::Error for ScriptError {}

/// What a script says that its end is, or what it was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// [`MODEL_VERSION`] of whoever wrote it.
    pub model: u32,
    /// [`crate::Machine::digest`] at the end.
    pub digest: u64,
}

/// A script as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub boot: BootOptions,
    /// Commands with the lines that they stand on.
    pub commands: Vec<(usize, Command)>,
    pub expect: Option<Expectation>,
}

impl Session {
    /// The current branch as text, to its end.
    pub fn script(&self) -> String {
        write::script(&self.boot, self.commands(), None)
    }

    /// The same, with the digest that it ends with.
    pub fn script_with_digest(&self) -> String {
        let found = Expectation {
            model: MODEL_VERSION,
            digest: self.end_digest(),
        };
        write::script(&self.boot, self.commands(), Some(found))
    }

    /// Boots a machine and does what a script says. A script that expects another digest is not
    /// an error: see [`Session::mismatch`].
    ///
    /// # Errors
    /// The first thing in the text that cannot be read, or more than can be replayed.
    pub fn from_script(text: &str) -> Result<Session, ScriptError> {
        let script = read::script(text)?;
        let mut session = Session::new(script.boot);
        for (line, command) in script.commands {
            if session.run_within(command, TICKS_MAX) == Within::No {
                return Err(ScriptError {
                    line,
                    column: 0,
                    message: format!("this takes more than {TICKS_MAX} ticks to replay"),
                });
            }
        }
        if let Some(expect) = script.expect
            && expect.digest != session.machine.digest()
        {
            session.mismatch = Some(expect);
        }
        Ok(session)
    }

    /// What the script that this session was read from says of its end, if it came to another.
    pub fn mismatch(&self) -> Option<Expectation> {
        self.mismatch
    }

    /// Does a command as long as no more than `ticks_max` ticks since boot are done.
    fn run_within(&mut self, command: Command, ticks_max: u64) -> Within {
        let Command::Advance {
            until_ns,
            max_ticks,
        } = command
        else {
            self.apply(command);
            return Within::Yes;
        };
        let left = ticks_max.saturating_sub(self.ticks());
        let stop = self.advance(until_ns, max_ticks.min(left));
        if stop == Stop::Ticks && max_ticks > left {
            Within::No
        } else {
            Within::Yes
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Yes,
    No,
}
