//! The scheduler: who runs, who waits for a CPU, and who for something else.

use crate::i18n::Lang;
use crate::markup::html;
use crate::viz::format;
use sim_core::view::{CpuQueue, QueuedTask, SchedView, Sleeper, WaitFor};
use yew::prelude::*;

pub fn panel(lang: Lang, now_ns: u64, sched: &SchedView) -> Html {
    let head = |key: &'static str| html! { <th class="num">{ lang.t(key) }</th> };
    let cpu = |queue: &CpuQueue| {
        html! {
            <section key={queue.cpu} data-testid="run-queue" data-cpu={queue.cpu.to_string()}>
                <table>
                    <thead><tr>
                        <th>{ lang.tf("cpu", &[("id", &queue.cpu.to_string())]) }</th>
                        { head("col-weight") }{ head("col-vruntime") }{ head("col-lag") }{ head("col-deadline") }{ head("col-left") }{ head("col-time") }
                    </tr></thead>
                    <tbody>
                        { for queue.current.iter().map(|task| row(task, "▶")) }
                        { for queue.waiting.iter().map(|task| row(task, "")) }
                    </tbody>
                </table>
                if queue.current.is_none() { <p class="dim">{ lang.t("cpu-idle") }</p> }
            </section>
        }
    };
    let sleeper = |task: &Sleeper| {
        html! {
            <tr key={task.task} data-comm={task.comm.clone()}>
                <td>{ &task.comm }{ " " }{ task.pid }</td>
                <td>{ wait(lang, task.wait, now_ns) }</td>
                <td class="num">{ format::time(task.cpu_time_ns) }</td>
            </tr>
        }
    };
    html! {
        <div class="sched" tabindex="0" role="region" aria-label={lang.t("tab-sched")}>
            <p>{ lang.t("sched-help") }</p>
            { for sched.cpus.iter().map(cpu) }
            <table>
                <thead><tr>
                    <th>{ lang.t("sched-asleep") }</th><th>{ lang.t("sched-for") }</th><th class="num">{ lang.t("col-time") }</th>
                </tr></thead>
                <tbody>{ for sched.sleepers.iter().map(sleeper) }</tbody>
            </table>
        </div>
    }
}

fn row(task: &QueuedTask, mark: &'static str) -> Html {
    let lag = ms(task.lag_ns.unsigned_abs());
    let num = |text: String| html! { <td class="num">{ text }</td> };
    html! {
        <tr key={task.task} class={(!task.is_eligible()).then_some("dim")} data-comm={task.comm.clone()}>
            <td>{ mark }{ " " }{ &task.comm }{ " " }{ task.pid }{ " " }{ &task.group }</td>
            { num(task.weight.to_string()) }
            { num(ms(task.vruntime_ns)) }
            { num(if task.is_eligible() { lag } else { ["−", &lag].concat() }) }
            { num(ms(task.deadline_ns)) }
            { num(ms(task.slice_left_ns)) }
            { num(ms(task.cpu_time_ns)) }
        </tr>
    }
}

/// Milliseconds with two digits, so that a column stays narrow.
fn ms(ns: u64) -> String {
    let hundredths = ns / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn wait(lang: Lang, on: WaitFor, now_ns: u64) -> String {
    let key = match on {
        WaitFor::Timer { until_ns } => {
            let time = format::time(until_ns.saturating_sub(now_ns));
            return lang.tf("wait-timer", &[("time", &time)]);
        }
        WaitFor::Key => "wait-key",
        WaitFor::Child => "wait-child",
        WaitFor::Pipe => "wait-pipe",
        WaitFor::Network => "wait-network",
        WaitFor::Message => "wait-message",
        WaitFor::Signal => "wait-signal",
        WaitFor::Memory => "wait-memory",
        WaitFor::Disk => "wait-disk",
        WaitFor::Resume => "wait-resume",
    };
    lang.t(key).to_string()
}
