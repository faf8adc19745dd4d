//! What the kernel knows of the chosen process.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use crate::viz::format;
use sim_core::view::Errno;
use sim_core::view::{DialState, IsolationView, NsKind, TaskRow, TaskState, Usage};
use yew::prelude::*;

/// A call of Isolate, and what the kernel answered; nothing while it is not done.
#[derive(Clone, Copy, PartialEq)]
pub struct Isolated {
    pub task: u64,
    pub kind: NsKind,
    pub answer: Option<Result<(), Errno>>,
}

pub struct Details<'a> {
    pub lang: Lang,
    pub task: Option<&'a TaskRow>,
    pub isolation: &'a Option<IsolationView>,
    pub isolated: Option<Isolated>,
    pub can_look: bool,
    pub send: &'a Callback<Msg>,
}

fn state(lang: Lang, state: TaskState) -> &'static str {
    match state {
        TaskState::Running => lang.t("state-running"),
        TaskState::Runnable => lang.t("state-runnable"),
        TaskState::Sleeping => lang.t("state-sleeping"),
        TaskState::Uninterruptible => lang.t("state-uninterruptible"),
        TaskState::Stopped => lang.t("state-stopped"),
        TaskState::Zombie => lang.t("state-zombie"),
    }
}

impl Details<'_> {
    pub fn html(&self) -> Html {
        let lang = self.lang;
        let Some(task) = &self.task else {
            return html! {
                <div class="details"><div class="cap">{ lang.t("details-title") }</div>
                <p class="empty">{ lang.t("details-none") }</p></div>
            };
        };
        let memory = lang.tf(
            "details-memory-value",
            &[
                ("rss", &task.rss_pages.to_string()),
                ("vm", &task.vm_pages.to_string()),
                ("tables", &task.table_frames.to_string()),
                ("faults", &task.minor_faults.to_string()),
            ],
        );
        let sched = lang.tf(
            "details-sched-value",
            &[
                ("nice", &task.nice.to_string()),
                ("weight", &task.weight.to_string()),
                ("time", &format::time(task.cpu_time_ns)),
            ],
        );
        let id = task.task;
        html! {
                <div class="details">
                    <div class="cap">{ lang.t("details-title") }</div>
                    <h2>{ &task.comm }{ " " }<span class="mono">{ task.pid }</span>
                        if self.can_look {
                        <button class="mini eye" data-testid="eyes-details" title={lang.t("eyes-hint")}
                            onclick={self.send.tells(Msg::Eyes(Some(id)))}>{ super::eyes::icon() }{ lang.t("eyes") }</button>
                        }
        </h2>
                    <dl>
                        <dt>{ lang.t("details-state") }</dt><dd>{ state(lang, task.state) }
                            if !task.wchan.is_empty() { { ", " }{ lang.t("details-wait") }{ " " }<code>{ task.wchan }</code> }</dd>
                        <dt>{ lang.t("details-parent") }</dt><dd class="mono">{ task.ppid }</dd>
                        <dt>{ lang.t("details-memory") }</dt><dd>{ memory }</dd>
                        <dt>{ lang.t("details-sched") }</dt><dd>{ sched }</dd>
                    </dl>
                    { for self.isolation.as_ref().map(|view| isolation(self, id, view)) }
                </div>
            }
    }
}

/// The dials, the kernel's answer to the last turn, and what the control group allows.
fn isolation(props: &Details, task: u64, view: &IsolationView) -> Html {
    let lang = props.lang;
    let dial = |(kind, state): &(NsKind, DialState)| {
        let kind = *kind;
        let (class, pressed) = match state {
            DialState::Shared => ("chip", "false"),
            DialState::Own => ("chip on", "true"),
            DialState::Children => ("chip on kids", "mixed"),
        };
        let onclick = props.send.tells(Msg::Isolate(task, kind));
        html! {
            <button {class} aria-pressed={pressed} data-testid="dial" data-kind={kind.name()} {onclick}>
                { kind.name() }if *state == DialState::Children { <small>{ lang.t("dial-children") }</small> }
            </button>
        }
    };
    let last = props.isolated.filter(|call| call.task == task).map(|call| {
        let (class, answer) = match call.answer {
            None => ("call inside", "…"),
            Some(Ok(())) => ("call", "= 0"),
            Some(Err(errno)) => ("call bad", errno.name()),
        };
        let kind = match call.kind {
            NsKind::Mnt => "NS".to_string(),
            other => other.name().to_ascii_uppercase(),
        };
        html! { <span {class} role="status" data-testid="isolated">{ format!("unshare(CLONE_NEW{kind}) ") }<em>{ answer }</em></span> }
    });
    let meter = |label: &'static str, unit: u64, usage: &Option<Usage>| {
        usage.map(|usage| {
            let text = format!("{label} {} / {}", usage.current / unit, usage.max / unit);
            html! {
                <label class="meter">{ text }<progress value={usage.current.to_string()} max={usage.max.max(1).to_string()}></progress></label>
            }
        })
    };
    html! {
        <div class="isolate">
            <div class="cap" title={lang.t("dial-hint")}>{ lang.t("details-ns") }{ for last }</div>
            <div class="chips" role="group" aria-label={lang.t("dial-hint")}>{ for view.dials.iter().map(dial) }</div>
            { for meter("memory.max KiB", 1024, &view.memory) }
            { for meter("pids.max", 1, &view.pids) }
        </div>
    }
}
