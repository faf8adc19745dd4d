//! The two worlds: one command, typed into a shell on the host and into one inside.

use sim_core::Session;
use sim_core::view::{self, ContainerMark, TaskRow};

/// Terminal of the host's shell.
pub const HOST_TTY: u16 = 1;

/// Where a command is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Both,
    Host,
    Inside,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worlds {
    /// What stands in the field.
    pub command: String,
    pub side: Side,
    /// What was run last.
    pub ran: Option<String>,
    /// Waiting for the shell inside, to type this into it.
    pub pending: Option<String>,
}

impl Default for Worlds {
    fn default() -> Self {
        Self {
            command: "ps".into(),
            side: Side::Both,
            ran: None,
            pending: None,
        }
    }
}

/// A name for the next container that is not taken.
pub fn next_name(session: &Session) -> String {
    let taken: Vec<String> = containers(&view::tasks(session.machine()))
        .into_iter()
        .map(|mark| mark.hostname)
        .collect();
    // Names of ended ones stay in the runtime's books, so a number never comes back.
    let ran = session.commands().filter(|c| matches!(c, sim_core::Command::Input { text, .. } if text.starts_with("docker run"))).count();
    let name = if ran == 0 {
        "deck".to_string()
    } else {
        format!("deck{}", ran + 1)
    };
    if taken.contains(&name) {
        format!("{name}x")
    } else {
        name
    }
}

/// What is drawn as a box, one entry per PID namespace.
pub fn containers(tasks: &[TaskRow]) -> Vec<ContainerMark> {
    let mut marks: Vec<ContainerMark> = Vec::new();
    for mark in tasks.iter().filter_map(|t| t.container.as_ref()) {
        if !marks.iter().any(|m| m.group == mark.group) {
            marks.push(mark.clone());
        }
    }
    marks
}

/// The terminal of a shell inside, if one has been started.
pub fn inside_tty(tasks: &[TaskRow], group: u64) -> Option<u16> {
    let is_shell =
        |t: &&TaskRow| &*t.comm == "sh" && t.container.as_ref().is_some_and(|m| m.group == group);
    tasks.iter().filter(is_shell).find_map(|t| t.tty)
}

/// The first container and the terminal of a shell in it, if there is one.
pub fn inside(session: &Session) -> Option<(ContainerMark, Option<u16>)> {
    let tasks = view::tasks(session.machine());
    let mark = containers(&tasks).into_iter().next()?;
    let tty = inside_tty(&tasks, mark.group);
    Some((mark, tty))
}

/// Whether a shell waits for a command.
pub fn has_prompt(session: &Session, tty: u16) -> bool {
    let lines = view::terminal(session.machine(), tty).lines;
    lines.iter().any(|line| line.ends_with('#'))
}

impl Worlds {
    /// Types the command into the shells; starts the one inside first if need be.
    pub fn run(&mut self, session: &mut Session) {
        let command = self.command.trim().to_string();
        if command.is_empty() {
            return;
        }
        self.ran = Some(command.clone());
        if self.side != Side::Inside {
            session.input(HOST_TTY, &format!("{command}\n"));
        }
        if self.side != Side::Host
            && let Some((mark, tty)) = inside(session)
        {
            match tty {
                Some(tty) => {
                    session.input(tty, &format!("{command}\n"));
                }
                None => {
                    session.launch(&format!("docker exec {} sh", mark.hostname));
                    self.pending = Some(command);
                }
            }
        }
    }

    /// Types what waits for the shell inside, once its prompt is there.
    pub fn follow(&mut self, session: &mut Session) {
        let Some(command) = self.pending.clone() else {
            return;
        };
        let Some((_, tty)) = inside(session) else {
            self.pending = None;
            return;
        };
        if let Some(tty) = tty
            && has_prompt(session, tty)
        {
            self.pending = None;
            session.input(tty, &format!("{command}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::BootOptions;

    #[test]
    fn both_shells_are_asked() {
        let mut session = Session::new(BootOptions::default());
        let mut worlds = Worlds {
            command: "hostname".into(),
            ..Worlds::default()
        };
        session.advance(1_000_000_000, u64::MAX);
        assert_eq!(next_name(&session), "deck");
        session.launch("docker run --name deck ppt");
        session.advance(2_000_000_000, u64::MAX);
        worlds.run(&mut session);
        for second in 3..6 {
            session.advance(second * 1_000_000_000, u64::MAX);
            worlds.follow(&mut session);
        }
        let tasks = view::tasks(session.machine());
        let tty = inside_tty(&tasks, containers(&tasks)[0].group).expect("a shell inside");
        let inside = view::terminal(session.machine(), tty).lines;
        let host = view::terminal(session.machine(), HOST_TTY).lines;
        assert_eq!(crate::viz::diff::output_of(&inside, "hostname"), ["deck"]);
        assert_eq!(crate::viz::diff::output_of(&host, "hostname"), ["host"]);
        assert_eq!(next_name(&session), "deck2");
    }
}
