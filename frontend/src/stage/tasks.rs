//! The kernel's task list.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, classes, html};
use crate::viz::{format, palette};
use sim_core::view::{EyesView, SeenProc, TaskRow};
use yew::prelude::*;

pub struct TaskTable<'a> {
    pub lang: Lang,
    pub tasks: &'a [TaskRow],
    pub selected: Option<u64>,
    pub eyes: &'a Option<EyesView>,
    /// The row that the list is scrolled to.
    pub top: usize,
    pub send: &'a Callback<Msg>,
}

/// A task that cannot be looked at: the place of its row.
fn stroke(id: u64, pid: Html) -> Html {
    html! {
        <tr key={id} class="ghost" aria-hidden="true">
            <td class="num">{ pid }</td><td></td><td></td><td></td><td></td><td></td><td></td>
        </tr>
    }
}

/// Rows that are drawn of a long list, and how high one is.
const DRAWN: usize = 40;
const ROW_PX: usize = 24;

/// How far down the list the row of a task is.
pub fn row_px(tasks: &[TaskRow], task: Option<u64>) -> Option<usize> {
    let nr = tasks.iter().position(|row| Some(row.task) == task)?;
    Some(nr * ROW_PX)
}

impl TaskTable<'_> {
    pub fn html(&self) -> Html {
        let TaskTable {
            lang,
            tasks,
            selected,
            eyes,
            top,
            send,
        } = self;
        let lang = *lang;
        let (title, host) = match eyes {
            Some(eyes) => (
                lang.tf("eyes-tasks", &[("name", &eyes.comm)]),
                lang.t("ns-same"),
            ),
            None => (lang.t("tasks-title").to_string(), lang.t("ns-host")),
        };
        let row = |task: &TaskRow| {
            let id = task.task;
            let is_selected = *selected == Some(id);
            let (mut pid, mut inner) = (task.pid, task.inner_pid.map(|pid| pid.to_string()));
            let mut kinds = &task.namespaces;
            let mut is_hit = inner.is_some();
            if let Some(eyes) = eyes {
                let Some(seen) = eyes.seen(id) else {
                    return stroke(id, html! { "\u{a0}" });
                };
                (is_hit, inner, kinds) = (id == eyes.task, None, &seen.apart);
                pid = seen.pid;
                // A number is all that it has without /proc.
                if eyes.proc != SeenProc::Own && !is_hit {
                    return stroke(id, html! { <b>{ pid }</b> });
                }
            }
            let namespaces: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            let colour = format!("--own:var(--p{})", palette::colour(&task.comm, task.pid));
            let select = send.tells(Msg::Select(Some(id)));
            let class = classes("", &[("sel", is_selected), ("hit", is_hit)]);
            html! {
                <tr key={id} {class} style={colour} data-testid="task-row" data-task={id.to_string()} data-pid={pid.to_string()}
                    data-inner-pid={inner.clone().unwrap_or_default()} data-comm={&task.comm} onclick={select.clone()}>
                    <td class="num">if is_hit && inner.is_none() { <b>{ pid }</b> } else { { pid } }</td>
                    <td class="num">{ match inner { Some(pid) => html! { <b>{ pid }</b> }, None => html! { "–" } } }</td>
                    <td><button class="name" aria-pressed={is_selected.to_string()}>{ &task.comm }</button></td>
                    <td>{ task.state.letter() }{ task.cpu.map(|cpu| format!(" {cpu}")).unwrap_or_default() }</td>
                    <td class="num">{ task.rss_pages }</td>
                    <td class="num">{ format::time(task.cpu_time_ns) }</td>
                    <td class="dim">{ if namespaces.is_empty() { host.to_string() } else { namespaces.join(" ") } }</td>
                </tr>
            }
        };
        // Of a long list only what is seen is drawn; empty rows keep its height.
        let first = if tasks.len() > DRAWN {
            top.saturating_sub(DRAWN / 4).min(tasks.len() - DRAWN)
        } else {
            0
        };
        let last = (first + DRAWN).min(tasks.len());
        let gap = |rows: usize| {
            let height = format!("height:{}px", rows * ROW_PX);
            html! { <tr aria-hidden="true" style={height}></tr> }
        };
        let onscroll = send.reform(|event: Event| {
            let list = event.target_unchecked_into::<web_sys::Element>();
            Msg::ScrollTasks(list.scroll_top().max(0) as usize / ROW_PX)
        });
        html! {
            <div class="list"><div class="cap">{ title }</div>
            <div class="tasks" tabindex="0" role="region" aria-label={lang.t("tasks-title")} {onscroll}>
                <table>
                    <thead><tr>
                        <th class="num">{ lang.t("col-pid") }</th><th class="num">{ lang.t("col-inside") }</th><th>{ lang.t("col-name") }</th>
                        <th>{ lang.t("col-state") }</th><th class="num">{ lang.t("col-rss") }</th><th class="num">{ lang.t("col-time") }</th><th>{ lang.t("col-ns") }</th>
                    </tr></thead>
                    <tbody>
                        if first > 0 { { gap(first) } }
                        { for tasks.iter().skip(first).take(last - first).map(row) }
                        if last < tasks.len() { { gap(tasks.len() - last) } }
                    </tbody>
                </table>
            </div></div>
        }
    }
}
