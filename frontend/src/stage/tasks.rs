//! The kernel's task list.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::viz::{format, palette};
use sim_core::view::TaskRow;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct TaskTableProps {
    pub lang: Lang,
    pub tasks: Rc<Vec<TaskRow>>,
    pub selected: Option<u64>,
    pub send: Callback<Msg>,
}

#[component]
pub fn TaskTable(props: &TaskTableProps) -> Html {
    let lang = props.lang;
    let row = |task: &TaskRow| {
        let id = task.task;
        let is_selected = props.selected == Some(id);
        let inner = task.inner_pid.map(|pid| pid.to_string());
        let namespaces: Vec<&str> = task.namespaces.iter().map(|kind| kind.name()).collect();
        let colour = format!("--own:var(--p{})", palette::colour(&task.comm, task.pid));
        let select = props.send.reform(move |_| Msg::Select(Some(id)));
        let class = classes!(
            is_selected.then_some("sel"),
            task.inner_pid.is_some().then_some("hit")
        );
        html! {
            <tr key={id} {class} style={colour} data-testid="task-row" data-task={id.to_string()} data-pid={task.pid.to_string()}
                data-inner-pid={inner.clone().unwrap_or_default()} data-comm={task.comm.clone()} onclick={select.clone()}>
                <td class="num">{ task.pid }</td>
                <td class="num">{ match inner { Some(pid) => html! { <b>{ pid }</b> }, None => html! { "–" } } }</td>
                <td><button class="name" aria-pressed={is_selected.to_string()}>{ &task.comm }</button></td>
                <td>{ task.state.letter() }{ task.cpu.map(|cpu| format!(" {cpu}")).unwrap_or_default() }</td>
                <td class="num">{ task.rss_pages }</td>
                <td class="num">{ format::time(task.cpu_time_ns) }</td>
                <td class="dim">{ if namespaces.is_empty() { lang.t("ns-host").to_string() } else { namespaces.join(" ") } }</td>
            </tr>
        }
    };
    html! {
        <div class="list"><div class="cap">{ lang.t("tasks-title") }</div>
        <div class="tasks" tabindex="0" role="region" aria-label={lang.t("tasks-title")}>
            <table>
                <thead><tr>
                    <th class="num">{ lang.t("col-pid") }</th><th class="num">{ lang.t("col-inside") }</th><th>{ lang.t("col-name") }</th>
                    <th>{ lang.t("col-state") }</th><th class="num">{ lang.t("col-rss") }</th><th class="num">{ lang.t("col-time") }</th><th>{ lang.t("col-ns") }</th>
                </tr></thead>
                <tbody>{ for props.tasks.iter().map(row) }</tbody>
            </table>
        </div></div>
    }
}
