//! What tasks are called, those included that have ended since.

use sim_core::event::Event;
use sim_core::{Session, view};

/// Looks names up where they are: no list is made, since most tasks are not asked for.
pub struct Names<'a>(&'a Session);

impl<'a> Names<'a> {
    pub fn of(session: &'a Session) -> Self {
        Self(session)
    }

    pub fn comm(&self, task: u64) -> String {
        match view::name(self.0.machine(), task) {
            Some((name, _)) => name,
            None => self.past(task).unwrap_or_else(|| "?".into()),
        }
    }

    pub fn comm_and_pid(&self, task: u64) -> String {
        match view::name(self.0.machine(), task) {
            Some((name, pid)) => format!("{name} {pid}"),
            None => self.comm(task),
        }
    }

    /// A program that has ended was once executed, or forked from one that was.
    fn past(&self, mut task: u64) -> Option<String> {
        let events: Vec<_> = self.0.events().collect();
        for record in events.iter().rev() {
            match &record.event {
                Event::Exec { task: by, path } if by.as_u64() == task => {
                    return Some(path.rsplit('/').next().unwrap_or(path).to_string());
                }
                Event::Fork { parent, child, .. } if child.as_u64() == task => {
                    task = parent.as_u64();
                    if let Some((name, _)) = view::name(self.0.machine(), task) {
                        return Some(name);
                    }
                }
                _ => {}
            }
        }
        None
    }
}
