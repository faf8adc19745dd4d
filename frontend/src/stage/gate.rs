//! The boundaries: system calls that cross into the kernel, interrupts and faults from below.

use crate::i18n::Lang;
use crate::markup::html;
use sim_core::Session;
use sim_core::event::{Event, InterruptSource};
use sim_core::view::FaultOutcome;
use yew::prelude::*;

/// A system call on its way in or back.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    pub task: u64,
    pub comm: String,
    pub text: String,
    /// What came back; nothing while it is inside.
    pub result: Option<Result<i64, &'static str>>,
    pub at_ns: u64,
}

/// The latest at both boundaries, newest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crossings {
    pub above: Vec<Crossing>,
    pub below: Vec<(u64, String)>,
}

/// How many of each are shown.
const ABOVE: usize = 4;
const BELOW: usize = 4;
/// How far back the events are looked through.
const LOOK_BACK: usize = 400;

/// Reads the boundaries off the session's latest events.
pub fn crossings(lang: Lang, session: &Session) -> Crossings {
    let mut result = Crossings::default();
    let events: Vec<_> = session.events().collect();
    let names = crate::lab::names::Names::of(session);
    let name = |task: u64| names.comm(task);
    for record in events.iter().skip(events.len().saturating_sub(LOOK_BACK)) {
        match &record.event {
            Event::SyscallEnter { task, call } => {
                let task = task.as_u64();
                result.above.retain(|c| c.task != task);
                let (comm, text) = (name(task), short(&call.to_string()));
                result.above.push(Crossing {
                    task,
                    comm,
                    text,
                    result: None,
                    at_ns: record.at_ns,
                });
            }
            Event::SyscallExit {
                task,
                result: answer,
                ..
            } => {
                let task = task.as_u64();
                if let Some(crossing) = result.above.iter_mut().find(|c| c.task == task) {
                    crossing.result = Some(answer.map_err(|errno| errno.name()));
                }
            }
            Event::PageFault {
                task,
                addr,
                outcome,
                ..
            } => {
                let (who, addr) = (name(task.as_u64()), format!("{addr:#x}"));
                let values = [
                    ("who", who.as_str()),
                    ("addr", &addr),
                    ("how", came_to(lang, *outcome)),
                ];
                result
                    .below
                    .push((record.at_ns, lang.tf("gate-fault", &values)));
            }
            Event::Interrupt { source } => {
                let what = lang.t(match source {
                    InterruptSource::Timer => "irq-timer",
                    InterruptSource::Keyboard => "irq-keyboard",
                    InterruptSource::Reschedule => "irq-reschedule",
                });
                let text = [what, " → CPU ", &record.cpu.0.to_string()].concat();
                result.below.push((record.at_ns, text));
            }
            Event::OomKill { victim, rss_pages } => {
                result.below.push((
                    record.at_ns,
                    format!("OOM {} {rss_pages}", name(victim.as_u64())),
                ));
            }
            _ => {}
        }
    }
    result.above = last(result.above, ABOVE);
    result.below = last(result.below, BELOW);
    result
}

/// What a page fault came to.
fn came_to(lang: Lang, outcome: FaultOutcome) -> &'static str {
    lang.t(match outcome {
        FaultOutcome::NewFrame => "fault-new",
        FaultOutcome::ZeroFrame => "fault-zero",
        FaultOutcome::FilePage => "fault-file",
        FaultOutcome::CopyOnWrite => "fault-copy",
        FaultOutcome::MadeWritable => "fault-writable",
        FaultOutcome::SwapRead => "fault-read",
        FaultOutcome::SwapIn => "fault-in",
        FaultOutcome::Segv => return "SIGSEGV",
        FaultOutcome::Bus => return "SIGBUS",
        FaultOutcome::OutOfMemory => return "OOM",
    })
}

fn last<T>(mut all: Vec<T>, count: usize) -> Vec<T> {
    all.split_off(all.len().saturating_sub(count))
}

/// Long arguments are cut; the list of calls has them whole.
fn short(text: &str) -> String {
    if text.chars().count() <= 44 {
        return text.to_string();
    }
    text.chars().take(43).chain(['…']).collect()
}

/// System calls, between the processes and the kernel.
pub fn above(lang: Lang, crossings: &Crossings) -> Html {
    let pill = |c: &Crossing| {
        let (class, result) = match &c.result {
            None => ("call inside", String::new()),
            Some(Ok(value)) => ("call", format!(" = {value}")),
            Some(Err(errno)) => ("call bad", format!(" = {errno}")),
        };
        html! { <li key={c.task} {class}><b>{ &c.comm }</b>{ " " }{ &c.text }<em>{ result }</em></li> }
    };
    html! {
        <ul class="gate above" aria-label={lang.t("gate-syscalls")}>
            { for crossings.above.iter().map(pill) }
            if crossings.above.is_empty() { <li class="call quiet">{ lang.t("gate-quiet") }</li> }
        </ul>
    }
}

/// Interrupts and faults, between the kernel and the hardware.
pub fn below(lang: Lang, crossings: &Crossings) -> Html {
    html! {
        <ul class="gate below" aria-label={lang.t("gate-hardware")}>
            { for crossings.below.iter().map(|(at, text)| html! { <li key={format!("{at}{text}")} class="call low">{ text }</li> }) }
            if crossings.below.is_empty() { <li class="call quiet">{ lang.t("gate-quiet") }</li> }
        </ul>
    }
}
