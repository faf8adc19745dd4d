//! What has happened since a step of the story began: counted from events, and uncounted when
//! time is stepped back.

use sim_core::event::{Event, Record};
use sim_core::store::SortedMap;
use sim_core::view::Signal;
use sim_core::{Session, view};
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// From ring 3 to ring 0 or back.
    Crossing,
    Switch,
    /// A system call, by its name.
    Call(&'static str),
    /// The end of a task, with the signal that ended it, or 0.
    End {
        task: u64,
        signal: i32,
    },
}

/// Events since a moment, in order of their ticks.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    seen: Vec<(u64, What)>,
    /// Ticks up to here have been looked at.
    tick: u64,
    /// Names of the tasks that were ever seen.
    names: SortedMap<u64, Rc<str>>,
    /// CPUs that are in ring 3.
    in_user: Vec<u8>,
}

/// More are not kept: a step that runs for so long is not about counting.
const KEPT: usize = 200_000;

impl Tally {
    /// Begins to count now.
    pub fn begin(session: &Session) -> Self {
        let mut tally = Tally {
            tick: session.ticks(),
            ..Tally::default()
        };
        tally.learn_names(session);
        tally.in_user = view::cpus(session.machine())
            .into_iter()
            .filter(|cpu| cpu.mode == view::CpuMode::User)
            .map(|cpu| cpu.id)
            .collect();
        tally
    }

    /// Looks at what is new. To be called at least every few thousand events.
    pub fn follow(&mut self, session: &Session) {
        let now = session.ticks();
        if now < self.tick {
            let kept = self.seen.partition_point(|(tick, _)| *tick <= now);
            self.seen.truncate(kept);
            self.tick = now;
        }
        if now == self.tick {
            return;
        }
        let from = self.tick;
        for record in session.events().filter(|record| record.tick > from) {
            self.count(record);
        }
        self.tick = now;
        self.learn_names(session);
    }

    fn learn_names(&mut self, session: &Session) {
        for task in view::tasks(session.machine()) {
            self.names.insert(task.task, task.comm);
        }
    }

    fn count(&mut self, record: &Record) {
        let cpu = record.cpu.0;
        let in_user = self.in_user.iter().position(|c| *c == cpu);
        match &record.event {
            Event::SyscallEnter { call, .. } => {
                self.leave_user(record, in_user);
                self.push(record, What::Call(call.name()));
            }
            Event::PageFault { .. }
            | Event::IllegalInstruction { .. }
            | Event::Interrupt { .. } => {
                self.leave_user(record, in_user);
            }
            Event::ReturnToUser { .. } if in_user.is_none() => {
                self.in_user.push(cpu);
                self.push(record, What::Crossing);
            }
            Event::Switch { .. } => self.push(record, What::Switch),
            Event::Exec { task, path } => {
                let name = path.rsplit('/').next().unwrap_or(path);
                self.names.insert(task.as_u64(), name.into());
            }
            Event::Exit { task, status } => {
                let what = What::End {
                    task: task.as_u64(),
                    signal: status & 0x7f,
                };
                self.push(record, what);
            }
            _ => {}
        }
    }

    fn leave_user(&mut self, record: &Record, in_user: Option<usize>) {
        if let Some(at) = in_user {
            self.in_user.swap_remove(at);
            self.push(record, What::Crossing);
        }
    }

    fn push(&mut self, record: &Record, what: What) {
        if self.seen.len() < KEPT {
            self.seen.push((record.tick, what));
        }
    }

    fn count_of(&self, is_it: impl Fn(&What) -> bool) -> i64 {
        self.seen.iter().filter(|(_, what)| is_it(what)).count() as i64
    }

    pub fn crossings(&self) -> i64 {
        self.count_of(|what| *what == What::Crossing)
    }

    pub fn switches(&self) -> i64 {
        self.count_of(|what| *what == What::Switch)
    }

    pub fn calls(&self, name: &str) -> i64 {
        self.count_of(|what| matches!(what, What::Call(call) if *call == name))
    }

    /// Tasks of this name that have ended; with `signal`, those that it ended.
    pub fn ended(&self, comm: &str, signal: Option<&str>) -> i64 {
        self.count_of(|what| match what {
            What::End { task, signal: by } => {
                self.names.get(task).is_some_and(|name| &**name == comm)
                    && signal
                        .is_none_or(|name| Signal::from_nr(*by).is_some_and(|by| by.name() == name))
            }
            _ => false,
        })
    }
}
