//! What each message does.

use super::{App, Msg, Play, ScriptDialog, Step, fresh, now_ms};
use crate::embed;
use crate::lab::worlds::{self, Side, Worlds};
use crate::panels::dialog;
use crate::rescue;
use crate::stage::Faded;
use gloo::events::EventListener;
use sim_core::command::{CpuId, TtyId};
use sim_core::{Command, Session, view};
use wasm_bindgen::JsCast;
use yew::Context;
use yew::html::Scope;

/// Space plays and pauses, unless it goes to something that takes it.
pub fn shortcuts(link: &Scope<App>) -> EventListener {
    let link = link.clone();
    EventListener::new(&super::document(), "keydown", move |event| {
        let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() else {
            return;
        };
        let target = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let takes_it = target.is_some_and(|t| {
            matches!(
                t.tag_name().as_str(),
                "INPUT" | "TEXTAREA" | "SELECT" | "BUTTON" | "A"
            ) || t.get_attribute("tabindex").is_some()
        });
        if event.key() == " " && !takes_it && !event.ctrl_key() && !event.meta_key() {
            link.send_message(Msg::TogglePlay);
        }
    })
}

impl App {
    /// Returns whether the page is to be drawn again.
    pub(super) fn handle(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(ms) => self.run(ctx, ms),
            Msg::Wake => self.run(ctx, now_ms()),
            Msg::TogglePlay => {
                self.play = match self.play {
                    Play::Playing => Play::Paused,
                    Play::Paused => Play::Playing,
                };
                self.last_ms = now_ms();
                self.run(ctx, now_ms());
            }
            Msg::Step(step) => {
                self.play = Play::Paused;
                self.step(step);
            }
            Msg::SeekNs(ns) => {
                self.play = Play::Paused;
                // A moment outside the history is no place to go; the bar offers none.
                let _sought = self.session.seek_time(ns);
            }
            Msg::Launch(line) => self.act(ctx, |s| {
                s.launch(&line);
            }),
            Msg::RunInContainer => {
                let name = worlds::next_name(&self.session);
                self.act(ctx, |s| {
                    s.launch(&format!("docker run --name {name} ppt"));
                });
            }
            Msg::Type { tty, text } => self.act(ctx, |s| {
                s.input(tty, &text);
            }),
            Msg::Hangup(tty) => self.act(ctx, |s| {
                s.apply(Command::Hangup { tty: TtyId(tty) });
            }),
            Msg::Plug(cpu) => self.act(ctx, |s| {
                s.apply(Command::Plug { cpu: CpuId(cpu) });
            }),
            Msg::Unplug(cpu) => self.act(ctx, |s| {
                s.apply(Command::Unplug { cpu: CpuId(cpu) });
            }),
            Msg::Select(task) => self.selected = if self.selected == task { None } else { task },
            Msg::Eyes(task) => {
                if self.eyes == task {
                    return false;
                }
                (self.eyes, self.faded) = (task, Faded::Before);
            }
            Msg::Isolate(task, kind) => {
                self.isolated = Some((task, kind));
                self.act(ctx, |s| s.isolate(task, kind));
            }
            Msg::SetSpeed(slowdown) => self.slowdown = slowdown,
            Msg::SetZoom(zoom_ns) => self.zoom_ns = zoom_ns,
            Msg::SetLang(lang) if !lang.is_loaded() => {
                let link = ctx.link().clone();
                wasm_bindgen_futures::spawn_local(async move {
                    link.send_message(match lang.load().await {
                        Ok(()) => Msg::SetLang(lang),
                        Err(why) => Msg::NotLoaded(why),
                    });
                });
                return false;
            }
            Msg::SetLang(lang) => {
                self.lang = lang;
                self.show_choices();
                self.load_words(ctx);
            }
            Msg::SetTheme(theme) => {
                self.theme = theme;
                self.show_choices();
            }
            Msg::SetTab(tab) => self.tab = tab,
            Msg::LookAt(addr) => {
                self.memory.addr = addr;
                self.memory.frame = None;
            }
            Msg::CompareWith(task) => self.memory.other = task,
            Msg::PointAt(frame) => self.memory.frame = frame,
            Msg::SetSide(side) => self.worlds.side = side,
            Msg::SetCommand(command) => self.worlds.command = command,
            Msg::RunCommand => {
                let mut worlds = self.worlds.clone();
                self.act(ctx, |s| worlds.run(s));
                self.worlds = worlds;
            }
            Msg::RunInBoth(command) => {
                let mut worlds = self.worlds.clone();
                (worlds.command, worlds.side) = (command, Side::Both);
                self.act(ctx, |s| worlds.run(s));
                self.worlds = worlds;
            }
            Msg::EndContainer(name) => self.act(ctx, |s| {
                s.launch(&format!("docker kill {name}"));
            }),
            Msg::Restart if self.telling.story.is_some() => self.restart_scene(ctx),
            Msg::Restart => self.replace(ctx, fresh()),
            Msg::OpenScript => {
                self.copied = None;
                self.dialog = Some(ScriptDialog {
                    text: self.session.script(),
                    error: None,
                });
            }
            Msg::OpenShare => (self.shared, self.copied) = (Some(self.links()), None),
            Msg::CloseShare => self.shared = None,
            Msg::SetSize(size) => {
                self.size = size;
                // Everything stands elsewhere: what is chosen is brought into sight again.
                self.after.borrow_mut().forget();
                self.show_in_document();
            }
            Msg::CloseScript => self.dialog = None,
            Msg::EditScript(text) => {
                if let Some(dialog) = &mut self.dialog {
                    dialog.text = text;
                }
            }
            Msg::Copy(id) => self.copied = dialog::copy(id).then_some(id),
            Msg::Why(tick) => {
                let is_told = self.why.as_ref().is_some_and(|why| why.tick == tick);
                self.why = self.session.explain(tick).filter(|_| !is_told);
            }
            Msg::ScrollTasks(top) => self.top = top,
            Msg::PointAtCell(at) => {
                let is_new = self.pointed != at;
                self.pointed = at;
                return is_new;
            }
            Msg::LoadScript => self.load_script(ctx),
            Msg::DropLastCommand => {
                let session = without_last(&self.session);
                self.replace(ctx, session);
            }
            Msg::Branch(id) => {
                self.play = Play::Paused;
                let _switched = self.session.switch_branch(id);
            }
            Msg::Resized => {}
            Msg::Story(ask) => self.answer(ctx, ask),
            Msg::NotLoaded(why) => self.scene_failed(why),
            Msg::Machine(setting) => self.reboot(ctx, &setting),
        }
        // The dead see nothing.
        let machine = self.session.machine();
        self.eyes = self
            .eyes
            .filter(|task| view::isolation(machine, *task).is_some());
        true
    }

    /// The session of the dialog's text; or what is wrong with it, with the text as it is.
    fn load_script(&mut self, ctx: &Context<Self>) {
        let Some(dialog) = &mut self.dialog else {
            return;
        };
        match Session::from_script(&dialog.text) {
            Ok(session) => {
                self.dialog = None;
                self.replace(ctx, session);
            }
            Err(error) => {
                let line = error.line.to_string();
                let values = [("line", line.as_str()), ("message", error.message.as_str())];
                dialog.error = Some(self.lang.tf("script-error", &values));
            }
        }
    }

    /// Addresses that lead here, alone and embedded: to the step of a scene, or to the session.
    fn links(&self) -> (String, String) {
        let location = super::window().location();
        let part = |part: Result<String, wasm_bindgen::JsValue>| part.unwrap_or_default();
        let page = format!("{}{}", part(location.origin()), part(location.pathname()));
        let query = embed::with_choices("", self.lang, self.theme, self.telling.place());
        let fragment = match self.telling.place() {
            Some(_) => String::new(),
            None => self.session.link(),
        };
        (
            format!("{page}{query}{fragment}"),
            format!("{page}{query}&embed=1{fragment}"),
        )
    }

    /// A command from the visitor: time is brought up to now first, so that it arrives now.
    fn act(&mut self, ctx: &Context<Self>, act: impl FnOnce(&mut Session)) {
        if self.play == Play::Playing {
            self.run(ctx, now_ms());
        }
        act(&mut self.session);
        rescue::keep(&self.session);
        if self.play == Play::Playing {
            self.run(ctx, now_ms());
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Start => {
                let _sought = self.session.seek_time(0);
            }
            Step::Back => {
                let _stepped = self.session.step_back();
            }
            Step::Tick => {
                self.session.step_tick();
            }
            Step::Syscall => {
                self.session.step_to_syscall();
            }
            Step::Switch => {
                self.session.step_to_switch();
            }
            Step::Crossing => {
                self.session.step_to_crossing();
            }
        }
    }

    pub(super) fn replace(&mut self, ctx: &Context<Self>, session: Session) {
        self.session = session;
        self.selected = None;
        self.memory = Default::default();
        self.eyes = None;
        self.isolated = None;
        self.why = None;
        self.worlds = Worlds::default();
        self.play = Play::Playing;
        self.last_ms = now_ms();
        rescue::keep(&self.session);
        self.run(ctx, now_ms());
    }
}

/// The same session without its last command, as far as it goes; a fresh one if that fails.
fn without_last(session: &Session) -> Session {
    let commands: Vec<Command> = session.commands().cloned().collect();
    let mut again = Session::new(session.boot_options().clone());
    let last = commands
        .iter()
        .rposition(|c| !matches!(c, Command::Advance { .. }));
    for command in commands.iter().take(last.unwrap_or(0)) {
        again.apply(command.clone());
    }
    if again.machine().halted().is_some() {
        fresh()
    } else {
        again
    }
}
