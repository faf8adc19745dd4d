//! What the kernel knows of the chosen process.

use crate::i18n::Lang;
use sim_core::view::{NsKind, TaskRow, TaskState};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DetailsProps {
    pub lang: Lang,
    pub task: Option<TaskRow>,
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

#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let lang = props.lang;
    let Some(task) = &props.task else {
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
        ],
    );
    let chip = |kind: NsKind| {
        let own = task.namespaces.contains(&kind);
        html! { <span class={classes!("chip", own.then_some("on"))}>{ kind.name() }</span> }
    };
    html! {
        <div class="details">
            <div class="cap">{ lang.t("details-title") }</div>
            <h2>{ &task.comm }{ " " }<span class="mono">{ task.pid }</span></h2>
            <dl>
                <dt>{ lang.t("details-state") }</dt><dd>{ state(lang, task.state) }
                    if !task.wchan.is_empty() { { ", " }{ lang.t("details-wait") }{ " " }<code>{ &task.wchan }</code> }</dd>
                <dt>{ lang.t("details-parent") }</dt><dd class="mono">{ task.ppid }</dd>
                <dt>{ lang.t("details-memory") }</dt><dd>{ memory }</dd>
                <dt>{ lang.t("details-sched") }</dt><dd>{ sched }</dd>
                <dt>{ lang.t("details-ns") }</dt><dd class="chips">{ for NsKind::ALL.into_iter().map(chip) }</dd>
            </dl>
        </div>
    }
}
