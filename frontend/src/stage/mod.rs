//! The three bands.

mod cpus;
mod details;
pub mod eyes;
mod gate;
pub mod ram;
mod tasks;
pub mod threads;
mod windows;

pub use details::Isolated;
pub use gate::{Crossings, crossings};
pub use tasks::row_px;
pub use windows::strip_class;

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, classes, html};
use crate::viz::palette;
use cpus::Cpus;
use details::Details;
use ram::Ram;
pub use ram::{Drawn, Owners, owners};
use scene::{Part, Parts};
use sim_core::view::{CpuView, DiskView, EyesView, IsolationView, RamView, TaskRow, WindowView};
use std::rc::Rc;
use tasks::TaskTable;
use windows::Windows;
use yew::prelude::*;

/// Whether the stage changed worlds before: the first picture does not fade in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Faded {
    Never,
    Before,
}

pub struct Stage<'a> {
    pub lang: Lang,
    pub windows: Vec<WindowView>,
    pub tasks: &'a [TaskRow],
    pub cpus: Vec<CpuView>,
    /// As the task through whose eyes one sees has it, if so.
    pub ram: &'a Rc<RamView>,
    pub owners: &'a Owners,
    pub disk: DiskView,
    pub crossings: Crossings,
    /// The row that the task list is scrolled to, and the cell of RAM that is pointed at.
    pub top: usize,
    pub pointed: Option<usize>,
    /// What of it is shown.
    pub parts: Parts,
    pub selected: Option<u64>,
    /// Through whose eyes, if not the kernel's.
    pub eyes: Option<EyesView>,
    /// Of the chosen task.
    pub isolation: Option<IsolationView>,
    pub isolated: Option<Isolated>,
    pub faded: Faded,
    pub send: Callback<Msg>,
}

impl Stage<'_> {
    pub fn html(&self) -> Html {
        let Stage {
            lang,
            windows,
            tasks,
            cpus,
            ram,
            owners,
            disk,
            crossings,
            top,
            pointed,
            parts,
            selected,
            eyes,
            isolation,
            isolated,
            faded,
            send,
        } = self;
        let (lang, selected) = (*lang, *selected);
        let has = |part: Part| parts.has(part);
        let can_look = has(Part::Eyes);
        let own = eyes.as_ref().map(|eyes| eyes::crossings(eyes, crossings));
        let crossings = own.as_ref().unwrap_or(crossings);
        let class = match (eyes, faded) {
            (Some(_), _) => "stage eyes",
            (None, Faded::Before) => "stage back",
            (None, Faded::Never) => "stage",
        };
        let chosen = tasks.iter().find(|t| Some(t.task) == selected);
        let colour = chosen.map_or(0, |task| palette::colour(&task.comm, task.pid));
        let launch = |id: &'static str, line: &'static str, text: &'static str| {
            let onclick = send.tells(Msg::Launch(line.into()));
            html! { <button class="btn" data-testid={id} {onclick}>{ text }</button> }
        };
        html! {
            <main class={classes(class, &[("no-gates", !has(Part::Gates)), ("look", can_look)])} id="stage">
                { eyes::through(lang, eyes.as_ref(), send) }
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
                                    onclick={send.tells(Msg::RunInContainer)}>{ lang.t("launch-container") }</button>
                            }
                        </div>
                    }
                    { Windows { lang, windows, selected, eyes, can_look, send }.html() }
                </section>
                if has(Part::Gates) { { gate::above(lang, crossings) } }
                if has(Part::Tasks) {
                    <section class="band k" aria-label={lang.t("band-kernel")}>
                        <div class="tag" aria-hidden="true">{ lang.t("band-kernel") }</div>
                        <div class={classes("kgrid", &[("one", !has(Part::Details) && eyes.is_none())])}>
                            { TaskTable { lang, tasks, selected, eyes, top: *top, send }.html() }
                            if let Some(eyes) = eyes {
                                { eyes::world(lang, eyes) }
                            } else if has(Part::Details) {
                                { Details { lang, task: chosen, isolation, isolated: *isolated, can_look, send }.html() }
                            }
                        </div>
                    </section>
                }
                if has(Part::Gates) { { gate::below(lang, crossings) } }
                if has(Part::Cpus) || has(Part::Ram) {
                    <section class="band h" aria-label={lang.t("band-hardware")}>
                        <div class="tag" aria-hidden="true">{ lang.t("band-hardware") }</div>
                        <div class={classes("hw", &[("one", !(has(Part::Cpus) && has(Part::Ram)))])}>
                            if has(Part::Cpus) { { Cpus { lang, cpus, eyes: eyes.as_ref().map(|eyes| eyes.task), send }.html() } }
                            if has(Part::Ram) { { Ram { lang, ram, owners, disk, tasks, pointed: *pointed, eyes, send }.html() } }
                        </div>
                    </section>
                }
                { threads::html(colour) }
            </main>
        }
    }
}
