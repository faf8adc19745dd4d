//! The three bands.

mod cpus;
mod details;
mod eyes;
mod gate;
mod ram;
mod tasks;
mod threads;
mod windows;

pub use details::Isolated;
pub use gate::{Crossings, crossings};
pub use windows::strip_class;

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, classes, html};
use crate::viz::palette;
use cpus::Cpus;
use details::Details;
use ram::Ram;
use scene::{Part, Parts};
use sim_core::view::{CpuView, DiskView, EyesView, IsolationView, RamView, TaskRow, WindowView};
use std::rc::Rc;
use tasks::TaskTable;
use threads::Threads;
use windows::Windows;
use yew::prelude::*;

/// Whether the stage changed worlds before: the first picture does not fade in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Faded {
    Never,
    Before,
}

pub struct Stage {
    pub lang: Lang,
    pub windows: Rc<Vec<WindowView>>,
    pub tasks: Rc<Vec<TaskRow>>,
    pub cpus: Rc<Vec<CpuView>>,
    pub ram: Rc<RamView>,
    pub disk: Rc<DiskView>,
    pub crossings: Rc<Crossings>,
    /// What of it is shown.
    pub parts: Parts,
    pub selected: Option<u64>,
    /// Frames to be pointed at: one, or the way to it through the page tables.
    pub way: Rc<Vec<u64>>,
    /// Through whose eyes, if not the kernel's.
    pub eyes: Option<Rc<EyesView>>,
    /// Of the chosen task.
    pub isolation: Option<Rc<IsolationView>>,
    pub isolated: Option<Isolated>,
    pub faded: Faded,
    pub send: Callback<Msg>,
}

impl Stage {
    pub fn html(&self) -> Html {
        let Stage {
            lang,
            windows,
            tasks,
            cpus,
            ram,
            disk,
            crossings,
            parts,
            selected,
            way,
            eyes,
            isolation,
            isolated,
            faded,
            send,
        } = self;
        let (lang, selected) = (*lang, *selected);
        let has = |part: Part| parts.has(part);
        let can_look = has(Part::Eyes);
        let (mut ram, mut crossings) = (ram.clone(), crossings.clone());
        if let Some(eyes) = eyes {
            ram = Rc::new(eyes::ram(eyes, &ram));
            crossings = Rc::new(eyes::crossings(eyes, &crossings));
        }
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
                { eyes::through(lang, eyes.as_deref(), send) }
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
                if has(Part::Gates) { { gate::above(lang, &crossings) } }
                if has(Part::Tasks) {
                    <section class="band k" aria-label={lang.t("band-kernel")}>
                        <div class="tag" aria-hidden="true">{ lang.t("band-kernel") }</div>
                        <div class={classes("kgrid", &[("one", !has(Part::Details) && eyes.is_none())])}>
                            <TaskTable {lang} tasks={tasks.clone()} {selected} eyes={eyes.clone()} send={send.clone()} />
                            if let Some(eyes) = eyes {
                                { eyes::world(lang, eyes) }
                            } else if has(Part::Details) {
                                { Details { lang, task: chosen, isolation, isolated: *isolated, can_look, send }.html() }
                            }
                        </div>
                    </section>
                }
                if has(Part::Gates) { { gate::below(lang, &crossings) } }
                if has(Part::Cpus) || has(Part::Ram) {
                    <section class="band h" aria-label={lang.t("band-hardware")}>
                        <div class="tag" aria-hidden="true">{ lang.t("band-hardware") }</div>
                        <div class={classes("hw", &[("one", !(has(Part::Cpus) && has(Part::Ram)))])}>
                            if has(Part::Cpus) { { Cpus { lang, cpus, eyes: eyes.as_ref().map(|eyes| eyes.task), send }.html() } }
                            if has(Part::Ram) { <Ram {lang} ram={ram.clone()} disk={disk.clone()} way={if eyes.is_none() { way.clone() } else { Rc::default() }} tasks={tasks.clone()} eyes={eyes.clone()} send={send.clone()} /> }
                        </div>
                    </section>
                }
                <Threads {colour} selected={selected.filter(|_| eyes.is_none())} ram={ram.clone()} />
            </main>
        }
    }
}
