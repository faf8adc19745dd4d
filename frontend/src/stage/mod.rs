//! The three bands.

mod cpus;
mod details;
mod gate;
mod ram;
mod tasks;
mod threads;
mod windows;

pub use gate::{Crossings, crossings};

use crate::app::Msg;
use crate::i18n::Lang;
use cpus::Cpus;
use details::Details;
use gate::{GateAbove, GateBelow};
use ram::Ram;
use sim_core::view::{CpuView, RamView, TaskRow, WindowView};
use std::rc::Rc;
use tasks::TaskTable;
use threads::Threads;
use windows::Windows;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct StageProps {
    pub lang: Lang,
    pub windows: Rc<Vec<WindowView>>,
    pub tasks: Rc<Vec<TaskRow>>,
    pub cpus: Rc<Vec<CpuView>>,
    pub ram: Rc<RamView>,
    pub crossings: Rc<Crossings>,
    pub selected: Option<u64>,
    pub send: Callback<Msg>,
}

#[component]
pub fn Stage(props: &StageProps) -> Html {
    let StageProps {
        lang,
        windows,
        tasks,
        cpus,
        ram,
        crossings,
        selected,
        send,
    } = props;
    let (lang, selected) = (*lang, *selected);
    let launch = |id: &'static str, line: &'static str, text: &'static str| {
        let onclick = send.reform(move |_| Msg::Launch(line.into()));
        html! { <button class="btn" data-testid={id} {onclick}>{ text }</button> }
    };
    html! {
        <main class="stage" id="stage">
            <section class="band u" aria-label={lang.t("band-user")}>
                <div class="tag" aria-hidden="true">{ lang.t("band-user") }</div>
                <div class="launcher" role="group" aria-label={lang.t("launch-label")}>
                    { launch("launch-word", "word", lang.t("launch-word")) }
                    { launch("launch-excel", "excel", lang.t("launch-excel")) }
                    { launch("launch-ppt", "ppt", lang.t("launch-ppt")) }
                    <button class="btn boxed" data-testid="run-in-container"
                        onclick={send.reform(|_| Msg::RunInContainer)}>{ lang.t("launch-container") }</button>
                </div>
                <Windows {lang} windows={windows.clone()} {selected} send={send.clone()} />
            </section>
            <GateAbove {lang} crossings={crossings.clone()} />
            <section class="band k" aria-label={lang.t("band-kernel")}>
                <div class="tag" aria-hidden="true">{ lang.t("band-kernel") }</div>
                <div class="kgrid">
                    <TaskTable {lang} tasks={tasks.clone()} {selected} send={send.clone()} />
                    <Details {lang} task={tasks.iter().find(|t| Some(t.task) == selected).cloned()} />
                </div>
            </section>
            <GateBelow {lang} crossings={crossings.clone()} />
            <section class="band h" aria-label={lang.t("band-hardware")}>
                <div class="tag" aria-hidden="true">{ lang.t("band-hardware") }</div>
                <div class="hw">
                    <Cpus {lang} cpus={cpus.clone()} send={send.clone()} />
                    <Ram {lang} ram={ram.clone()} tasks={tasks.clone()} send={send.clone()} />
                </div>
            </section>
            <Threads {selected} ram={ram.clone()} />
        </main>
    }
}
