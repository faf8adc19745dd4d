//! The latest system calls, as strace(1) would print them.

use crate::i18n::Lang;
use crate::markup::html;
use crate::viz::format;
use sim_core::Session;
use sim_core::event::Event;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at_ns: u64,
    pub who: String,
    pub text: String,
    pub is_error: bool,
}

const LINES: usize = 120;

/// Calls with their answers, the latest first.
pub fn recent(session: &Session) -> Vec<Line> {
    let names = crate::lab::names::Names::of(session);
    let who = |task: u64| names.comm_and_pid(task);
    let mut lines: Vec<(u64, Line)> = Vec::new();
    for record in session.events() {
        match &record.event {
            Event::SyscallEnter { task, call } => {
                let task = task.as_u64();
                let line = Line {
                    at_ns: record.at_ns,
                    who: who(task),
                    text: call.to_string(),
                    is_error: false,
                };
                lines.push((task, line));
            }
            Event::SyscallExit { task, result, .. } => {
                let task = task.as_u64();
                if let Some((_, line)) = lines.iter_mut().rev().find(|(t, _)| *t == task) {
                    match result {
                        Ok(value) => line.text.push_str(&format!(" = {value}")),
                        Err(errno) => {
                            line.text.push_str(&format!(
                                " = -1 {} ({})",
                                errno.name(),
                                errno.text()
                            ));
                            line.is_error = true;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    lines
        .into_iter()
        .rev()
        .take(LINES)
        .map(|(_, line)| line)
        .collect()
}

pub fn panel(lang: Lang, calls: &[Line]) -> Html {
    if calls.is_empty() {
        return html! { <p class="empty">{ lang.t("calls-empty") }</p> };
    }
    let line = |line: &Line| {
        html! {
            <li class={line.is_error.then_some("bad")}>
                <small>{ format::time(line.at_ns) }{ " " }{ &line.who }</small><code>{ &line.text }</code>
            </li>
        }
    };
    html! { <ol class="calls" tabindex="0" aria-label={lang.t("tab-calls")}>{ for calls.iter().map(line) }</ol> }
}
