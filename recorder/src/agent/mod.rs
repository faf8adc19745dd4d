//! One process of a case: it receives an operation per message, carries it out with real system
//! calls, and answers with an outcome. It has one thread and forks as the case says.
//!
//! ```text
//! start      the world's first process: fresh namespaces, a root directory of its own
//! process    processes, signals and namespaces
//! identity   users, groups, capabilities, limits, seccomp
//! memory     mappings and accesses to them
//! ipc        System V shared memory and message queues
//! files      files, directories and mounts
//! proc_files what a process reads from /proc
//! link       network interfaces; netlink: the messages that make them
//! socket     sockets
//! ```

mod files;
mod identity;
mod ipc;
mod link;
mod memory;
mod netlink;
mod proc_files;
mod process;
mod socket;
pub mod start;
pub mod sys;

use conformance::case::Params;
use libc::{c_int, c_void};
use serde_json::{Map, Value, json};
use sys::{Answer, Failure, errno, sys};

use crate::names::error_name;

/// A detached mount of the world's /proc, which stays whatever the case mounts.
pub const PROC_FD: c_int = 190;
/// This program, so that it can be executed in any root directory.
pub const PROGRAM_FD: c_int = 191;
/// Longest message.
const MESSAGE_BYTES: usize = 1 << 16;
/// Most pages that one access reads.
const VALUES: usize = 8192;

/// Exit codes of an agent that does not end as the case says.
const CHANNEL_CLOSED: c_int = 98;
const CASE_IS_WRONG: c_int = 99;

#[derive(Clone, Debug)]
pub struct Region {
    pub label: String,
    pub addr: usize,
    pub bytes: usize,
}

pub struct Agent {
    channel: c_int,
    regions: Vec<Region>,
    /// Labels of System V objects with their ids.
    objects: Vec<(String, c_int)>,
    /// What an access has read. Allocated once, so that reading allocates nothing.
    values: Vec<u8>,
    /// A region that this operation made; the recorder is told where it is.
    mapped: Option<Region>,
}

/// The sections, each of which knows its own operations.
const SECTIONS: [fn(&mut Agent, &str, &Params) -> Answer; 8] = [
    process::run,
    identity::run,
    memory::run,
    ipc::run,
    files::run,
    proc_files::run,
    link::run,
    socket::run,
];

impl Agent {
    pub fn new(channel: c_int) -> Self {
        // The name that the processes of all recordings have.
        let _ = sys!(prctl(PR_SET_NAME, c"oracle-agent".as_ptr()));
        Self {
            channel,
            regions: vec![],
            objects: vec![],
            values: vec![0; VALUES],
            mapped: None,
        }
    }

    fn say(&self, message: &Value) {
        let text = message.to_string();
        let bytes = text.as_ptr().cast::<c_void>();
        while let Err(Failure::Errno(libc::EINTR)) =
            sys!(send(self.channel, bytes, text.len(), MSG_NOSIGNAL))
        {}
    }

    pub fn hello(&self) {
        self.say(&json!({"hello": 1}));
    }

    /// After exec: the answer to the operation that the program before began.
    pub fn executed(&self) {
        self.say(&json!({"ret": 0, "_exec": 1}));
    }

    pub fn serve(&mut self) -> ! {
        let mut buffer = vec![0u8; MESSAGE_BYTES];
        loop {
            let bytes = buffer.as_mut_ptr().cast::<c_void>();
            let count = match sys!(recv(self.channel, bytes, buffer.len(), 0)) {
                Ok(0) => exit(CHANNEL_CLOSED),
                Ok(count) => count as usize,
                Err(_) if errno() == libc::EINTR => continue,
                Err(_) => exit(CHANNEL_CLOSED),
            };
            let answer = match serde_json::from_slice::<Map<String, Value>>(&buffer[..count]) {
                Ok(mut message) => {
                    let op = message.shift_remove("op");
                    let op = op.as_ref().and_then(Value::as_str).unwrap_or_default();
                    self.answer(op, &Params(message))
                }
                Err(error) => Err(Failure::Case(error.to_string())),
            };
            let mut out = match answer {
                Ok(value) => json!({"ret": value}),
                Err(Failure::Errno(number)) => json!({"err": error_name(number)}),
                Err(Failure::Case(reason)) => self.give_up(&reason),
                Err(Failure::NotMine) => self.give_up("no such operation"),
            };
            if let Some(region) = self.mapped.take() {
                out["_label"] = region.label.into();
                out["_addr"] = region.addr.into();
                out["_bytes"] = region.bytes.into();
            }
            self.say(&out);
        }
    }

    fn answer(&mut self, op: &str, params: &Params) -> Answer {
        for section in SECTIONS {
            match section(self, op, params) {
                Err(Failure::NotMine) => {}
                answer => return answer,
            }
        }
        Err(Failure::NotMine)
    }

    /// Ends the case: it asks for what there is not.
    fn give_up(&self, reason: &str) -> ! {
        self.say(&json!({"case_error": reason}));
        exit(CASE_IS_WRONG)
    }

    fn region(&self, params: &Params, name: &str) -> Result<Region, Failure> {
        let label = params.text(name)?;
        let found = self.regions.iter().rev().find(|r| r.label == label);
        found
            .cloned()
            .ok_or_else(|| Failure::Case(format!("no region '{label}'")))
    }

    fn keep_region(&mut self, params: &Params, addr: usize, bytes: usize) -> Answer {
        let region = Region {
            label: params.text("r")?,
            addr,
            bytes,
        };
        self.regions.push(region.clone());
        self.mapped = Some(region);
        Ok(0.into())
    }
}

/// Ends the process without anything that libc does at exit.
pub fn exit(code: c_int) -> ! {
    // SAFETY: _exit takes a number and does not return.
    unsafe { libc::_exit(code) }
}
