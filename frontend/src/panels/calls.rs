//! The latest system calls and what became of them, as strace(1) would print them; and why one was
//! refused.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use crate::viz::format;
use sim_core::Session;
use sim_core::event::Event;
use sim_core::session::{Explanation, Step, is_refusal};
use sim_core::view::FaultOutcome;
use yew::prelude::*;

pub struct Line {
    at_ns: u64,
    who: String,
    text: String,
    /// The tick in which it was refused.
    refused: Option<u64>,
}

const LINES: usize = 120;

/// Calls with their answers, and faults that end in a signal, the latest first.
pub fn recent(session: &Session) -> Vec<Line> {
    let names = crate::lab::names::Names::of(session);
    let mut lines: Vec<(u64, Line)> = Vec::new();
    for record in session.events() {
        let refused = is_refusal(&record.event).then_some(record.tick);
        let (task, text) = match &record.event {
            Event::SyscallEnter { task, call } => (task, call.to_string()),
            Event::SyscallExit { task, result, .. } => {
                let task = task.as_u64();
                if let Some((_, line)) = lines.iter_mut().rev().find(|(t, _)| *t == task) {
                    let text = match result {
                        Ok(value) => format!(" = {value}"),
                        Err(errno) => format!(" = -1 {} ({})", errno.name(), errno.text()),
                    };
                    line.text.push_str(&text);
                    line.refused = refused;
                }
                continue;
            }
            Event::PageFault {
                task,
                addr,
                outcome,
                ..
            } if refused.is_some() => {
                let signal = match outcome {
                    FaultOutcome::Segv => "SIGSEGV",
                    FaultOutcome::Bus => "SIGBUS",
                    _ => "ENOMEM",
                };
                (task, format!("--- {signal} {{si_addr={addr:#x}}} ---"))
            }
            Event::OomKill { victim, .. } => (victim, "+++ killed by SIGKILL +++".into()),
            _ => continue,
        };
        let task = task.as_u64();
        let line = Line {
            at_ns: record.at_ns,
            who: names.comm_and_pid(task),
            text,
            refused,
        };
        lines.push((task, line));
    }
    let latest = lines.into_iter().rev().take(LINES);
    latest.map(|(_, line)| line).collect()
}

pub struct Calls<'a> {
    pub lang: Lang,
    pub calls: &'a [Line],
    /// Why one of them was refused, where that was asked for.
    pub why: Option<&'a Explanation>,
    pub send: &'a Callback<Msg>,
}

impl Calls<'_> {
    pub fn html(&self) -> Html {
        let Calls {
            lang,
            calls,
            why,
            send,
        } = self;
        if calls.is_empty() {
            return html! { <p class="empty">{ lang.t("calls-empty") }</p> };
        }
        let line = |line: &Line| {
            let tick = line.refused.unwrap_or(0);
            let why = why.filter(|why| why.tick == tick);
            html! {
                <li class={line.refused.map(|_| "bad")}>
                    <small>{ format::time(line.at_ns) }{ " " }{ &line.who }</small><code>{ &line.text }</code>
                    if line.refused.is_some() {
                        { " " }<button class="mini" data-testid="why" aria-expanded={why.is_some().to_string()} onclick={send.tells(Msg::Why(tick))}>{ lang.t("why") }</button>
                    }
                    if let Some(why) = why { { chain(*lang, why) } }
                </li>
            }
        };
        html! { <ol class="calls" tabindex="0" aria-label={lang.t("tab-calls")}>{ for calls.iter().map(line) }</ol> }
    }
}

/// From the program through the checks, in their order, to the hardware.
fn chain(lang: Lang, why: &Explanation) -> Html {
    let plain = |text: &String| html! { <li><code>{ text }</code></li> };
    let check = |step: &Step| html! { <li><code>{ step.mark() }{ " " }{ &step.text }</code><small>{ &step.page }</small></li> };
    let (decisive, others): (Vec<&Step>, Vec<&Step>) =
        why.kernel.iter().partition(|step| step.mark() == "!");
    let count = others.len().to_string();
    html! {
        <dl class="why" data-testid="chain">
            <dt>{ lang.t("band-user") }</dt><dd><ol>{ for why.user.iter().map(plain) }</ol></dd>
            <dt>{ lang.t("band-kernel") }</dt><dd>
                if !others.is_empty() { <details><summary>{ lang.tf("why-checks", &[("count", &count)]) }</summary><ol>{ for others.into_iter().map(check) }</ol></details> }
                <ol class="no">{ for decisive.into_iter().map(check) }</ol>
            </dd>
            <dt>{ lang.t("band-hardware") }</dt><dd><ol>{ for why.hardware.iter().map(plain) }</ol></dd>
            <dt>{ "→" }</dt><dd><code>{ &why.result }</code></dd>
        </dl>
    }
}
