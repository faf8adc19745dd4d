//! The three bands.

mod cpus;
mod details;
mod gate;
mod ram;
mod tasks;
mod threads;
mod windows;

pub use gate::{Crossings, crossings};
pub use windows::strip_class;

use crate::app::Msg;
use crate::i18n::Lang;
use cpus::Cpus;
use details::Details;
use gate::{GateAbove, GateBelow};
use ram::Ram;
use scene::{Part, Parts};
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
    /// What of it is shown.
    pub parts: Parts,
    pub selected: Option<u64>,
    /// A frame to be pointed at.
    pub frame: Option<u64>,
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
        parts,
        selected,
        frame,
        send,
    } = props;
    let (lang, selected) = (*lang, *selected);
    let has = |part: Part| parts.has(part);
    let launch = |id: &'static str, line: &'static str, text: &'static str| {
        let onclick = send.reform(move |_| Msg::Launch(line.into()));
        html! { <button class="btn" data-testid={id} {onclick}>{ text }</button> }
    };
    html! {
        <main class={classes!("stage", (!has(Part::Gates)).then_some("no-gates"))} id="stage">
            <section class="band u" aria-label={lang.t("band-user")}>
                <div class="tag" aria-hidden="true">{ lang.t("band-user") }</div>
                if has(Part::Launcher) || has(Part::ContainerButton) {
                    <div class="launcher" role="group" aria-label={lang.t("launch-label")}>
                        if has(Part::Launcher) {
                            { launch("launch-word", "word", lang.t("launch-word")) }
                            { launch("launch-excel", "excel", lang.t("launch-excel")) }
                            { launch("launch-ppt", "ppt", lang.t("launch-ppt")) }
                        }
                        if has(Part::ContainerButton) {
                            <button class="btn boxed" data-testid="run-in-container"
                                onclick={send.reform(|_| Msg::RunInContainer)}>{ lang.t("launch-container") }</button>
                        }
                    </div>
                }
                <Windows {lang} windows={windows.clone()} {selected} send={send.clone()} />
            </section>
            if has(Part::Gates) { <GateAbove {lang} crossings={crossings.clone()} /> }
            if has(Part::Tasks) {
                <section class="band k" aria-label={lang.t("band-kernel")}>
                    <div class="tag" aria-hidden="true">{ lang.t("band-kernel") }</div>
                    <div class={classes!("kgrid", (!has(Part::Details)).then_some("one"))}>
                        <TaskTable {lang} tasks={tasks.clone()} {selected} send={send.clone()} />
                        if has(Part::Details) {
                            <Details {lang} task={tasks.iter().find(|t| Some(t.task) == selected).cloned()} />
                        }
                    </div>
                </section>
            }
            if has(Part::Gates) { <GateBelow {lang} crossings={crossings.clone()} /> }
            if has(Part::Cpus) || has(Part::Ram) {
                <section class="band h" aria-label={lang.t("band-hardware")}>
                    <div class="tag" aria-hidden="true">{ lang.t("band-hardware") }</div>
                    <div class={classes!("hw", (!(has(Part::Cpus) && has(Part::Ram))).then_some("one"))}>
                        if has(Part::Cpus) { <Cpus {lang} cpus={cpus.clone()} send={send.clone()} /> }
                        if has(Part::Ram) { <Ram {lang} ram={ram.clone()} frame={*frame} tasks={tasks.clone()} send={send.clone()} /> }
                    </div>
                </section>
            }
            <Threads {selected} ram={ram.clone()} />
        </main>
    }
}
