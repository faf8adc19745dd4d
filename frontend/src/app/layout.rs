//! Where everything stands.

use super::telling::{PANELS, Shelf as ShelfState};
use super::{App, Msg, Play, Size, Tab};
use crate::embed::{Frame, Theme};
use crate::i18n::Lang;
use crate::lab::worlds;
use crate::markup::{Tells, classes, html};
use crate::narration;
use crate::panels::calls::{self, Calls};
use crate::panels::{about, memory, sched, script, share, worlds::TwoWorlds};
use crate::stage::{self, Isolated, Stage};
use crate::story::act::tab_of;
use crate::story::panel::{Panel, Place, Shelf};
use crate::story::{Ask, light};
use crate::timeline::TimeBar;
use scene::Part;
use sim_core::view::{self, TaskRow};
use std::rc::Rc;
use yew::prelude::*;

impl App {
    pub(super) fn layout(&self, ctx: &Context<Self>) -> Html {
        let is_alone = self.frame == Frame::Alone;
        let is_told = self.telling.story.is_some();
        let panels = self.panels();
        let tasks = view::tasks(self.session.machine());
        let has_panels = !panels.is_empty() && (is_alone || is_told);
        let class = classes(
            "app",
            &[
                ("embedded", !is_alone),
                ("told", is_told),
                ("bare", !has_panels),
                ("still", !self.telling.parts().has(Part::Time)),
            ],
        );
        html! {
            <div {class}>
                <a class="skip" href="#stage">{ self.lang.t("skip") }</a>
                if is_alone { { self.header(ctx) } }
                { self.banner(ctx) }
                { self.story(ctx) }
                <div class="place">
                    { self.stage(ctx, &tasks) }
                    if has_panels { { self.views(ctx, &panels, &tasks) } }
                </div>
                <p class="say" aria-live={if self.play == Play::Paused { "polite" } else { "off" }} data-testid="narration">
                    { narration::sentence(self.lang, &self.session) }
                </p>
                { self.time_bar(ctx) }
                { self.dialog(ctx) }
            </div>
        }
    }

    /// The panels that may be chosen now, in their order.
    fn panels(&self) -> Vec<Tab> {
        let parts = self.telling.parts();
        let mut tabs: Vec<Tab> = Vec::new();
        for tab in PANELS
            .into_iter()
            .filter(|part| parts.has(*part))
            .filter_map(tab_of)
        {
            if !tabs.contains(&tab) {
                tabs.push(tab);
            }
        }
        if self.telling.story.is_none() {
            tabs.push(Tab::About);
        }
        tabs
    }

    /// The scene's words, and the list of scenes while it is open.
    fn story(&self, ctx: &Context<Self>) -> Html {
        let telling = &self.telling;
        let ask = ctx.link().callback(Msg::Story);
        self.after.borrow_mut().place = None;
        let told = telling.story.as_ref().map(|story| {
            let told = story.told(&self.session, self.chosen(), telling.path);
            self.after.borrow_mut().place = Some((Place::of(&told), story.pane));
            Panel {
                lang: story.lang,
                told: &told,
                lit: &story.light,
                pane: story.pane,
                ask: &ask,
            }
            .html()
        });
        let lit = telling
            .story
            .as_ref()
            .and_then(|story| light::selector(story.light.as_deref()?));
        html! {
            <>
                if let Some(selector) = lit {
                    <style>{ format!("#stage {selector},.views{selector},.lanes{selector}{{outline:3px solid var(--box);outline-offset:2px;border-radius:8px}}") }</style>
                }
                { for told }
                if telling.shelf == ShelfState::Open {
                    { Shelf { lang: self.lang, current: telling.place().map(|(id, _)| id), path: telling.path,
                        progress: &telling.progress, error: telling.error.as_deref(), ask: &ask }.html() }
                }
            </>
        }
    }

    /// Where the page's messages go.
    fn send(&self, ctx: &Context<Self>) -> Callback<Msg> {
        ctx.link().callback(|msg| msg)
    }

    fn header(&self, ctx: &Context<Self>) -> Html {
        let lang = self.lang;
        let send = self.send(ctx);
        let other = |l: Lang, id: &'static str| {
            let pressed = (l == lang).to_string();
            html! {
                <button class="btn" data-testid={id} lang={l.code()} aria-pressed={pressed}
                    onclick={send.tells(Msg::SetLang(l))}>{ lang.t(id) }</button>
            }
        };
        let theme = send.reform(|event: Event| {
            let value = event
                .target_unchecked_into::<web_sys::HtmlSelectElement>()
                .value();
            Msg::SetTheme(Theme::from_code(&value).unwrap_or(Theme::Auto))
        });
        let other_size = match self.size {
            Size::Usual => Size::Presenter,
            Size::Presenter => Size::Usual,
        };
        let option = |theme: Theme, text: &'static str| {
            html! { <option value={theme.code()} selected={theme == self.theme}>{ text }</option> }
        };
        html! {
            <header>
                <h1 class="logo"><i aria-hidden="true"></i>{ lang.t("title") }</h1>
                if self.telling.away.is_some() {
                    <button class="btn go" data-testid="return" onclick={send.tells(Msg::Story(Ask::Return))}>{ lang.t("story-return") }</button>
                } else if self.telling.story.is_none() {
                    <button class="btn go" data-testid="story-open" onclick={send.tells(Msg::Story(Ask::Shelf))}>{ lang.t("story-open") }</button>
                }
                <span class="grow"></span>
                <div class="group" role="group" aria-label={lang.t("lang-label")}>
                    { other(Lang::Ko, "lang-ko") }{ other(Lang::En, "lang-en") }
                </div>
                <select class="btn" data-testid="theme" aria-label={lang.t("theme-label")} onchange={theme}>
                    { option(Theme::Auto, lang.t("theme-auto")) }
                    { option(Theme::Light, lang.t("theme-light")) }
                    { option(Theme::Dark, lang.t("theme-dark")) }
                </select>
                <button class="btn" data-testid="presenter" aria-pressed={(self.size == Size::Presenter).to_string()} title={lang.t("size-hint")}
                    onclick={send.tells(Msg::SetSize(other_size))}>{ lang.t("size") }</button>
                <button class="btn" data-testid="share" onclick={send.tells(Msg::OpenShare)}>{ lang.t("share") }</button>
                <button class="btn" data-testid="script-open" onclick={send.tells(Msg::OpenScript)}>{ lang.t("script") }</button>
                <button class="btn" data-testid="restart" onclick={send.tells(Msg::Restart)}>{ lang.t("restart") }</button>
            </header>
        }
    }

    /// A machine that has halted says so and offers a way on.
    fn banner(&self, ctx: &Context<Self>) -> Html {
        let lang = self.lang;
        let Some(invariant) = self.session.machine().halted() else {
            return html! {};
        };
        html! {
            <div class="halt" role="alert" data-testid="halt">
                <b>{ lang.t("halt-title") }</b>
                <span>{ lang.tf("halt-body", &[("invariant", invariant)]) }</span>
                <button class="btn" onclick={self.send(ctx).tells(Msg::OpenScript)}>{ lang.t("script") }</button>
                <button class="btn go" onclick={self.send(ctx).tells(Msg::DropLastCommand)}>{ lang.t("halt-again") }</button>
            </div>
        }
    }

    fn stage(&self, ctx: &Context<Self>, tasks: &[TaskRow]) -> Html {
        let machine = self.session.machine();
        let containers = worlds::containers(tasks);
        let shells: Vec<u16> = containers
            .iter()
            .filter_map(|mark| worlds::inside_tty(tasks, mark.group))
            .collect();
        let windows: Vec<view::WindowView> = view::windows(machine)
            .into_iter()
            // The host's terminal is a panel, but a container that was started there has its box.
            .filter(|w| w.tty != worlds::HOST_TTY || w.container.is_some())
            .filter(|w| !shells.contains(&w.tty))
            .collect();
        let pointed = self
            .telling
            .story
            .as_ref()
            .and_then(|s| light::frames_of(s.light.as_deref()?));
        let marked = tasks.iter().find(|t| Some(&*t.comm) == pointed);
        let marked = marked.map(|t| t.task).or(self.selected);
        let eyes = self.eyes.and_then(|task| view::eyes(machine, task));
        let mut ram = self.ram.borrow_mut().see(machine, marked);
        let mut way = Vec::new();
        if let Some(eyes) = &eyes {
            ram = Rc::new(stage::eyes::ram(eyes, &ram));
        } else if self.tab == Tab::Memory {
            way = memory::way(machine, self.selected, &self.memory);
        }
        let mut after = self.after.borrow_mut();
        after.ram = ram;
        after.owners = stage::owners(tasks);
        after.way = Rc::new(way);
        after.tied = self.selected.filter(|_| eyes.is_none());
        after.watched = self.eyes.or(self.selected);
        after.row_px = stage::row_px(tasks, after.watched);
        let stage = Stage {
            lang: self.lang,
            windows,
            tasks,
            cpus: view::cpus(machine),
            ram: &after.ram,
            owners: &after.owners,
            disk: view::disk(machine),
            crossings: stage::crossings(self.lang, &self.session),
            top: self.top,
            pointed: self.pointed,
            parts: self.telling.parts(),
            selected: self.selected,
            eyes,
            isolation: self
                .selected
                .and_then(|task| view::isolation(machine, task)),
            isolated: self.isolated.map(|(task, kind)| Isolated {
                task,
                kind,
                answer: view::last_injected(machine, task),
            }),
            faded: self.faded,
            send: self.send(ctx),
        };
        stage.html()
    }

    fn views(&self, ctx: &Context<Self>, panels: &[Tab], tasks: &[TaskRow]) -> Html {
        let lang = self.lang;
        let send = self.send(ctx);
        let tab = |tab: Tab, id: &'static str| {
            let selected = (tab == self.tab).to_string();
            html! {
                <button class="btn" role="tab" data-testid={id} aria-selected={selected}
                    onclick={send.tells(Msg::SetTab(tab))}>{ lang.t(id) }</button>
            }
        };
        let name = |tab: Tab| match tab {
            Tab::Worlds => "tab-worlds",
            Tab::Calls => "tab-calls",
            Tab::Sched => "tab-sched",
            Tab::Memory => "tab-memory",
            Tab::About => "tab-about",
        };
        let body = match *panels
            .iter()
            .find(|t| **t == self.tab)
            .unwrap_or(&Tab::About)
        {
            Tab::Worlds => {
                let container = worlds::containers(tasks).into_iter().next();
                let inside = container
                    .as_ref()
                    .and_then(|c| worlds::inside_tty(tasks, c.group));
                let machine = self.session.machine();
                let screen = |tty| view::terminal(machine, tty).lines;
                TwoWorlds {
                    lang,
                    worlds: &self.worlds,
                    host: &screen(worlds::HOST_TTY),
                    inside: inside.map(screen).as_deref(),
                    container: container.map(|c| c.hostname),
                    send: &send,
                }
                .html()
            }
            Tab::Calls => {
                let (calls, why) = (&calls::recent(&self.session), self.why.as_ref());
                Calls {
                    lang,
                    calls,
                    why,
                    send: &send,
                }
                .html()
            }
            Tab::Sched => {
                let machine = self.session.machine();
                sched::panel(lang, machine.now_ns(), &view::run_queues(machine))
            }
            Tab::Memory => memory::panel(
                lang,
                self.session.machine(),
                self.selected,
                &self.memory,
                &send,
            ),
            Tab::About => about::panel(lang),
        };
        html! {
            <aside class="views">
                if panels.len() > 1 {
                    <div class="tabs" role="tablist">{ for panels.iter().map(|t| tab(*t, name(*t))) }</div>
                }
                { body }
            </aside>
        }
    }

    fn time_bar(&self, ctx: &Context<Self>) -> Html {
        let machine = self.session.machine();
        let is_past = !self.session.is_at_end();
        let end = self.session.end_ns().max(1);
        let (from, to) = match self.zoom_ns {
            None => (0, end),
            Some(zoom) => {
                let to = self.right_ns.min(end).max(zoom.min(end)).max(1);
                (to.saturating_sub(zoom), to)
            }
        };
        let bar = TimeBar {
            lang: self.lang,
            lanes: Rc::new(self.session.timeline(from, to, 400)),
            from_ns: from,
            to_ns: to,
            now_ns: self.session.now_ns(),
            playing: self.play == Play::Playing,
            idle: machine.is_idle(),
            past: is_past,
            due: is_past || machine.next_tick_ns().is_some(),
            slowdown: self.slowdown,
            zoom_ns: self.zoom_ns,
            branches: Rc::new(self.session.branches()),
            send: self.send(ctx),
        };
        bar.html()
    }

    fn dialog(&self, ctx: &Context<Self>) -> Html {
        let send = self.send(ctx);
        match (&self.shared, &self.dialog) {
            (Some(links), _) => share::dialog(self.lang, links, self.copied, &send),
            (None, Some(dialog)) => script::dialog(self.lang, dialog, self.copied, &send),
            (None, None) => html! {},
        }
    }
}
