//! The one component that owns the session. All others draw what it hands them.

mod after;
mod hold;
mod layout;
mod sight;
mod telling;
mod update;

use crate::embed::{self, Frame, Query, Theme};
use crate::i18n::Lang;
use crate::lab::pace::{self, IdleWait, Next};
use crate::lab::worlds::{Side, Worlds};
use crate::markup::Tells;
use crate::panels::memory::Choice;
use crate::rescue;
use crate::stage::Faded;
use crate::story::Ask;
use crate::terminal;
use after::After;
use gloo::events::EventListener;
use gloo::render::AnimationFrame;
use gloo::timers::callback::Timeout;
use sim_core::session::{Explanation, LinkError, script_of_link};
use sim_core::view::{NsKind, RamWatch};
use sim_core::{BootOptions, Session};
use std::cell::RefCell;
use telling::Telling;
use yew::prelude::*;

/// What the visitor and the clock ask for.
#[derive(Clone)]
pub enum Msg {
    Frame(f64),
    Wake,
    TogglePlay,
    Step(Step),
    SeekNs(u64),
    Launch(String),
    RunInContainer,
    Type {
        tty: u16,
        text: String,
    },
    Hangup(u16),
    Plug(u8),
    Unplug(u8),
    Select(Option<u64>),
    /// Sees the stage as a task does, or as the kernel does.
    Eyes(Option<u64>),
    /// Lets a task unshare a kind of namespace.
    Isolate(u64, NsKind),
    SetSpeed(u64),
    SetZoom(Option<u64>),
    SetLang(Lang),
    SetTheme(Theme),
    SetTab(Tab),
    /// An address to be looked up in the page tables; as it was typed.
    LookAt(String),
    /// A process to compare with.
    CompareWith(Option<u64>),
    PointAt(Option<u64>),
    SetCommand(String),
    SetSide(Side),
    RunCommand,
    /// The same command on the host and inside.
    RunInBoth(String),
    EndContainer(String),
    Restart,
    /// The link to this.
    OpenShare,
    CloseShare,
    SetSize(Size),
    OpenScript,
    CloseScript,
    EditScript(String),
    LoadScript,
    /// Copies the field with this `data-testid`.
    Copy(&'static str),
    /// The row that the task list is scrolled to.
    ScrollTasks(usize),
    PointAtCell(Option<usize>),
    /// Explains what was refused in this tick, or no longer.
    Why(u64),
    DropLastCommand,
    Branch(u32),
    Resized,
    Story(Ask),
    /// The scene could not be loaded; one line for the visitor.
    NotLoaded(String),
    /// The same keys on a machine that was booted with this setting changed.
    Machine(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Start,
    Back,
    Tick,
    Syscall,
    Switch,
    /// Into the kernel or out of it.
    Crossing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Worlds,
    Calls,
    Sched,
    Memory,
    About,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Play {
    Playing,
    Paused,
}

/// How large everything is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Usual,
    /// For a projector.
    Presenter,
}

/// The dialog with the session's text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ScriptDialog {
    pub text: String,
    pub error: Option<String>,
}

pub struct App {
    session: Session,
    lang: Lang,
    theme: Theme,
    frame: Frame,
    play: Play,
    slowdown: u64,
    /// Width of the time bar's window; `None` shows everything.
    zoom_ns: Option<u64>,
    /// Where that window ends. It stands still while somebody moves about in it.
    right_ns: u64,
    selected: Option<u64>,
    eyes: Option<u64>,
    /// The last call of Isolate: what it came to stands in the machine.
    isolated: Option<(u64, NsKind)>,
    faded: Faded,
    tab: Tab,
    memory: Choice,
    worlds: Worlds,
    dialog: Option<ScriptDialog>,
    /// Link and embedded link, while they are offered.
    shared: Option<(String, String)>,
    size: Size,
    /// When time was last made up for, in milliseconds of the page's clock.
    last_ms: f64,
    waiting: Waiting,
    telling: Telling,
    ram: RefCell<RamWatch>,
    after: RefCell<After>,
    /// The row that the task list is scrolled to.
    top: usize,
    /// The cell of RAM that is pointed at.
    pointed: Option<usize>,
    /// The field of a dialog that was copied.
    copied: Option<&'static str>,
    /// Why a call was refused, where that was asked for.
    why: Option<Explanation>,
    /// Kept alive with the component.
    _listeners: Vec<EventListener>,
}

/// What will wake the page next. Dropping it cancels it.
enum Waiting {
    Nothing,
    Frame(#[allow(dead_code)] AnimationFrame),
    Timeout(#[allow(dead_code)] Timeout),
}

pub fn window() -> web_sys::Window {
    web_sys::window().expect("a page has a window")
}

fn document() -> web_sys::Document {
    window().document().expect("a window has a document")
}

/// The element that the page is drawn into.
pub fn root() -> web_sys::Element {
    document()
        .get_element_by_id("app")
        .unwrap_or_else(|| document().body().expect("a document has a body").into())
}

/// The first element of the page that this selector names.
pub fn find(selector: &str) -> Option<web_sys::Element> {
    root().query_selector(selector).ok()?
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// The language that the link or else the browser asks for.
pub fn language() -> Lang {
    let browser = || {
        let code = window().navigator().language()?;
        Lang::from_code(&code)
    };
    let asked = embed::parse(&query()).lang;
    asked.or_else(browser).unwrap_or(Lang::En)
}

/// The session of a link, of a page that failed, or a fresh one.
fn first_session() -> (Session, Option<ScriptDialog>) {
    let hash = window().location().hash().unwrap_or_default();
    let from = match (hash.starts_with("#s1."), rescue::left()) {
        (true, _) => match Session::from_link(&hash) {
            Ok(session) => Some(Ok(session)),
            Err(LinkError::Script(error)) => Some(Err((
                script_of_link(&hash).unwrap_or_default(),
                error.to_string(),
            ))),
            Err(LinkError::NotALink | LinkError::TooLong | LinkError::Damaged) => {
                Some(Err((String::new(), language().t("link-damaged").into())))
            }
        },
        (false, Some(text)) => Some(Session::from_script(&text).map_err(|e| (text, e.to_string()))),
        (false, None) => None,
    };
    match from {
        Some(Ok(session)) => (session, None),
        Some(Err((text, error))) => (
            fresh(),
            Some(ScriptDialog {
                text,
                error: Some(error),
            }),
        ),
        None => (fresh(), None),
    }
}

/// A machine that has booted: its shell waits for keys.
fn fresh() -> Session {
    let mut session = Session::new(BootOptions::default());
    session.advance(100_000_000, 100_000);
    session
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let Query {
            theme,
            frame,
            scene,
            ..
        } = embed::parse(&query());
        let (session, dialog) = first_session();
        let link = ctx.link().clone();
        let send = link.callback(|msg| msg);
        let (wake, resized) = (send.tells(Msg::Wake), send.tells(Msg::Resized));
        let mut listeners = vec![
            EventListener::new(&document(), "visibilitychange", move |_| wake.emit(())),
            EventListener::new(&window(), "resize", move |_| resized.emit(())),
            update::shortcuts(&link),
            telling::messages(&link),
            terminal::compositions(&document(), send),
        ];
        listeners.extend(hold::listeners(&link));
        let mut app = Self {
            session,
            lang: language(),
            theme,
            frame,
            play: Play::Playing,
            slowdown: pace::DEFAULT_SPEED,
            zoom_ns: Some(10_000_000),
            right_ns: 0,
            selected: None,
            eyes: None,
            isolated: None,
            faded: Faded::Never,
            tab: Tab::Worlds,
            memory: Choice::default(),
            worlds: Worlds::default(),
            dialog,
            shared: None,
            size: Size::Usual,
            last_ms: now_ms(),
            waiting: Waiting::Nothing,
            telling: Telling::default(),
            ram: RefCell::default(),
            after: RefCell::default(),
            top: 0,
            pointed: None,
            copied: None,
            why: None,
            _listeners: listeners,
        };
        app.show_in_document();
        if let Some((id, at)) = scene {
            app.load_scene(ctx, id, at);
        }
        // Not by a message: that would draw the same page a second time before the first click.
        app.run(ctx, now_ms());
        app.follow_time();
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let draws = self.handle(ctx, msg);
        self.tell(ctx);
        self.follow_time();
        draws
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        self.layout(ctx)
    }

    fn rendered(&mut self, _ctx: &Context<Self>, _first: bool) {
        self.after.borrow_mut().finish();
        if self.frame == Frame::Embedded {
            tell_height(match self.telling.story {
                // On a phone the stage scrolls above the words: it fits into any height.
                Some(_) if root().client_width() <= NARROW_PX => TOLD_PX,
                _ => 0,
            });
        }
    }
}

impl App {
    /// Brings simulated time up to the wall clock and arranges to be woken again.
    fn run(&mut self, ctx: &Context<Self>, ms: f64) {
        let slept = if matches!(self.waiting, Waiting::Timeout(_)) {
            IdleWait::Slept
        } else {
            IdleWait::Short
        };
        let wall_ns = ((ms - self.last_ms).max(0.0) * 1e6) as u64;
        self.last_ms = ms;
        self.waiting = Waiting::Nothing;
        if self.play == Play::Paused || document().hidden() {
            return;
        }
        let ticks = self.telling.ticks_per_frame();
        let next = pace::advance(&mut self.session, wall_ns, self.slowdown, slept, ticks);
        self.worlds.follow(&mut self.session);
        let link = ctx.link().clone();
        self.waiting = match next {
            Next::Frame => Waiting::Frame(gloo::render::request_animation_frame(move |ms| {
                link.send_message(Msg::Frame(ms))
            })),
            Next::Timeout(ms) => {
                Waiting::Timeout(Timeout::new(ms, move || link.send_message(Msg::Wake)))
            }
            Next::Never => Waiting::Nothing,
        };
    }

    /// Moves the time bar's window along: live to now, or to what happened last while nothing
    /// happens; in the past only when the moment would be outside.
    fn follow_time(&mut self) {
        let now = self.session.now_ns();
        let Some(zoom) = self.zoom_ns else { return };
        if self.session.is_at_end() {
            let last = self.session.events().last().map_or(0, |r| r.at_ns);
            let busy = !self.session.machine().is_idle();
            self.right_ns = if busy { now } else { last.min(now) } + zoom / 20;
        } else if now > self.right_ns || now + zoom < self.right_ns {
            self.right_ns = now + zoom / 2;
        }
    }

    /// Language and theme go to the document.
    fn show_in_document(&self) {
        if let Some(html) = document().document_element() {
            let _set = html.set_attribute("lang", self.lang.code());
            let _set = html.set_attribute("data-theme", self.theme.code());
            let size = match self.size {
                Size::Usual => "usual",
                Size::Presenter => "presenter",
            };
            let _set = html.set_attribute("data-size", size);
        }
    }

    /// What the visitor has chosen goes to the document and into the address.
    fn show_choices(&self) {
        self.show_in_document();
        let address = format!(
            "{}{}",
            embed::with_choices(&query(), self.lang, self.theme, self.telling.place()),
            window().location().hash().unwrap_or_default()
        );
        if let Ok(history) = window().history() {
            // A page opened from disk may refuse; the choice then lasts as long as the page.
            let _replaced =
                history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address));
        }
    }
}

/// As wide as the style sheets' phone, in CSS pixels, and how high a scene would like to be there.
const NARROW_PX: i32 = 500;
const TOLD_PX: i32 = 720;

/// Tells the embedding page how high this one is, or at least would be.
fn tell_height(at_least_px: i32) {
    let Ok(Some(parent)) = window().parent() else {
        return;
    };
    let height = document()
        .document_element()
        .map_or(0, |e| e.scroll_height())
        .max(at_least_px);
    let message = js_sys::Object::new();
    let _set = js_sys::Reflect::set(&message, &"type".into(), &"ringside:height".into());
    let _set = js_sys::Reflect::set(&message, &"height".into(), &f64::from(height).into());
    let _posted = parent.post_message(&message, "*");
}
