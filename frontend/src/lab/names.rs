//! What tasks are called, those included that have ended since.

use sim_core::event::Event;
use sim_core::{Session, view};
use std::collections::BTreeMap;

/// Name and, while they live, PID, by stable id.
pub struct Names(BTreeMap<u64, (String, Option<i32>)>);

impl Names {
    /// From the task list and the latest events: a program that has ended was once executed, or
    /// forked from one that was.
    pub fn of(session: &Session) -> Self {
        let mut names = BTreeMap::new();
        for record in session.events() {
            match &record.event {
                Event::Exec { task, path } => {
                    let name = path.rsplit('/').next().unwrap_or(path).to_string();
                    names.insert(task.as_u64(), (name, None));
                }
                Event::Fork { parent, child, .. } => {
                    let name = names.get(&parent.as_u64()).cloned();
                    if let Some((name, _)) = name {
                        names.entry(child.as_u64()).or_insert((name, None));
                    }
                }
                _ => {}
            }
        }
        for task in view::tasks(session.machine()) {
            names.insert(task.task, (task.comm, Some(task.pid)));
        }
        Self(names)
    }

    pub fn comm(&self, task: u64) -> String {
        self.0
            .get(&task)
            .map_or(String::from("?"), |(name, _)| name.clone())
    }

    pub fn comm_and_pid(&self, task: u64) -> String {
        match self.0.get(&task) {
            Some((name, Some(pid))) => format!("{name} {pid}"),
            Some((name, None)) => name.clone(),
            None => "?".into(),
        }
    }
}
