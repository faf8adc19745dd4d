//! Pointers: what a word in the prose names on the stage, and which of them something has just
//! happened to.

use sim_core::Session;
use sim_core::event::Event;

/// How many of the latest events count as just now.
const JUST_NOW: usize = 24;

/// The selector of what a pointer names; `None` for what the stage draws by itself (frames).
pub fn selector(target: &str) -> Option<String> {
    Some(match target.split_once(':') {
        Some(("window", comm)) => format!("article[data-comm='{comm}']"),
        Some(("bytes", comm)) => format!("article[data-comm='{comm}'] .bytes"),
        Some(("row", comm)) => format!("tr[data-comm='{comm}']"),
        Some(("band", "user")) => ".band.u".into(),
        Some(("band", "kernel")) => ".band.k".into(),
        Some(("band", _)) => ".band.h".into(),
        Some(_) => return None,
        None => match target {
            "box" => ".box",
            "gate-above" => ".gate.above",
            "gate-below" => ".gate.below",
            "tasks" => ".list",
            "cpus" => ".cpus",
            "ram" => ".ram",
            "time" => ".lanes",
            "worlds" => ".worlds",
            "launcher" => ".launcher",
            "disk" => ".swap",
            "tlb" => " .tlb",
            "eyes" => ".eye",
            "details" => ".details",
            "panel" => ".views",
            _ => return None,
        }
        .into(),
    })
}

/// The program whose frames a pointer names.
pub fn frames_of(target: &str) -> Option<&str> {
    target.strip_prefix("frames:")
}

/// Pointers to what something has just happened to.
pub fn live(session: &Session) -> Vec<String> {
    let names = crate::lab::names::Names::of(session);
    let events: Vec<_> = session.events().collect();
    let mut live: Vec<String> = Vec::new();
    let mut add = |what: &str, of: Option<u64>| {
        let target = match of {
            Some(task) => format!("{what}:{}", names.comm(task)),
            None => what.into(),
        };
        if !live.contains(&target) {
            live.push(target);
        }
    };
    for record in events.iter().skip(events.len().saturating_sub(JUST_NOW)) {
        match &record.event {
            Event::SyscallEnter { .. } | Event::SyscallExit { .. } => add("gate-above", None),
            Event::Interrupt { .. } => add("gate-below", None),
            Event::PageFault { task, .. } => {
                add("gate-below", None);
                add("frames", Some(task.as_u64()));
            }
            Event::FrameAlloc { .. } | Event::FrameFree { .. } => add("ram", None),
            Event::Switch { to, .. } => {
                add("cpus", None);
                if let Some(task) = to {
                    add("row", Some(task.as_u64()));
                }
            }
            Event::Wake { task } | Event::Fork { child: task, .. } | Event::Exit { task, .. } => {
                add("tasks", None);
                add("row", Some(task.as_u64()));
            }
            _ => {}
        }
    }
    live
}
