//! App windows, and the yellow boxes around those that see a PID namespace of their own.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, classes, html};
use crate::terminal;
use crate::viz::{format, palette};
use sim_core::view::{DocumentBytes, EyesView, StripCell, WindowView};
use yew::prelude::*;

pub struct Windows<'a> {
    pub lang: Lang,
    pub windows: &'a [WindowView],
    pub selected: Option<u64>,
    pub eyes: &'a Option<EyesView>,
    pub can_look: bool,
    pub send: &'a Callback<Msg>,
}

/// How a window is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// As the kernel sees it.
    Whole,
    /// Of the one through whose eyes one sees, with its own number.
    Own(i32),
    /// Of another that it knows of: a number and a name.
    Other(i32),
    /// Of one that is not there for it.
    Unseen,
}

fn look(eyes: &Option<EyesView>, task: u64) -> Look {
    match eyes {
        None => Look::Whole,
        Some(eyes) => match eyes.pid_of(task) {
            None => Look::Unseen,
            Some(pid) if task == eyes.task => Look::Own(pid),
            Some(pid) => Look::Other(pid),
        },
    }
}

impl Windows<'_> {
    pub fn html(&self) -> Html {
        let Windows {
            lang,
            windows,
            selected,
            eyes,
            can_look,
            send,
        } = self;
        if windows.is_empty() {
            return html! { <p class="empty">{ lang.t("windows-empty") }</p> };
        }
        let card = |w: &WindowView| {
            AppWindow {
                lang: *lang,
                window: w,
                selected: *selected == Some(w.task),
                look: look(eyes, w.task),
                can_look: *can_look,
                send,
            }
            .html()
        };
        // Boxes stand where their first window does.
        let mut drawn: Vec<u64> = Vec::new();
        let mut parts: Vec<Html> = Vec::new();
        for window in windows.iter() {
            match &window.container {
                None => parts.push(card(window)),
                Some(mark) if drawn.contains(&mark.group) => {}
                Some(mark) => {
                    drawn.push(mark.group);
                    let same = windows
                        .iter()
                        .filter(|w| w.container.as_ref().is_some_and(|m| m.group == mark.group));
                    let kinds: Vec<&str> = mark.kinds.iter().map(|kind| kind.name()).collect();
                    // From outside there is no box, and from inside it is the world.
                    let is_own = |eyes: &EyesView| same.clone().any(|w| w.task == eyes.task);
                    let own = eyes.as_ref().map(is_own);
                    let label = match own {
                        Some(true) => format!("{} · /", mark.hostname),
                        Some(false) | None => mark.hostname.clone(),
                    };
                    parts.push(html! {
                    <div class={if own == Some(false) { "box none" } else { "box" }} key={format!("box{}", mark.group)} title={kinds.join(" ")}>
                        if own != Some(false) { <span class="lab">{ label }</span> }
                        { for same.map(card) }
                    </div>
                });
                }
            }
        }
        html! { <div class="apps">{ for parts }</div> }
    }
}

struct AppWindow<'a> {
    lang: Lang,
    window: &'a WindowView,
    selected: bool,
    look: Look,
    can_look: bool,
    send: &'a Callback<Msg>,
}

impl AppWindow<'_> {
    fn html(&self) -> Html {
        let AppWindow {
            lang,
            window,
            selected,
            look,
            can_look,
            send,
        } = self;
        let lang = *lang;
        let (task, tty) = (window.task, window.tty);
        let colour = format!(
            "--own:var(--p{})",
            palette::colour(&window.comm, window.pid)
        );
        let inner = window
            .inner_pid
            .map(|pid| pid.to_string())
            .unwrap_or_default();
        let pid = window.pid.to_string();
        let label = lang.tf("window-input", &[("name", &window.comm), ("pid", &pid)]);
        let numbers = match (look, window.inner_pid) {
            (Look::Own(pid), _) => html! { <b>{ *pid }</b> },
            (Look::Other(pid), _) => html! { <span>{ *pid }</span> },
            (Look::Unseen, _) => html! {},
            (Look::Whole, Some(inner)) => {
                html! { <><b>{ inner }</b>{ " " }<span>{ window.pid }</span></> }
            }
            (Look::Whole, None) => html! { <span>{ window.pid }</span> },
        };
        let title = html! {
            <>
                <i class="dot" aria-hidden="true">{ palette::letter(&window.comm) }</i>
                <span class="name">{ &window.comm }</span>
                <span class="pid">{ numbers }</span>
            </>
        };
        match look {
            Look::Unseen => {
                return html! {
                    <article key={window.tty} class="proc ghost" style={colour} aria-hidden="true" data-testid="unseen"><div class="top"><div class="bar">{ title }</div></div></article>
                };
            }
            Look::Other(_) => {
                return html! {
                    <article key={window.tty} class="proc other" style={colour} data-testid="other"><div class="top"><div class="bar">{ title }</div></div>
                        <p class="empty">{ lang.t("eyes-other") }</p></article>
                };
            }
            Look::Whole | Look::Own(_) => {}
        }
        let is_own = matches!(look, Look::Own(_));
        let eyes = (!is_own).then_some(task);
        html! {
            <article key={window.tty} class={classes("proc", &[("sel", *selected), ("me", is_own)])} style={colour} data-testid="window" data-task={task.to_string()}
                data-comm={window.comm.clone()} data-pid={pid} data-inner-pid={inner}>
                <div class="top">
                    <button class="bar" aria-pressed={selected.to_string()} onclick={send.tells(Msg::Select(Some(task)))}>
                        { title }
                    </button>
                    if *can_look {
                    <button class="x eye" data-testid="eyes" aria-pressed={is_own.to_string()} aria-label={lang.t("eyes")} title={lang.t("eyes-hint")}
                        onclick={send.tells(Msg::Eyes(eyes))}>{ super::eyes::icon() }</button>
                    }
                    <button class="x" data-testid="close-window" aria-label={lang.t("close-window")} title={lang.t("close-window-hint")}
                        onclick={send.tells(Msg::Hangup(tty))}>
                        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 3 8 7l4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z"></path></svg>
                    </button>
                </div>
                { terminal::screen(lang, window, label, send) }
                <div class="as" role="img" aria-label={lang.tf("memory-strip", &[("mapped", &window.mapped_pages.to_string())])}>
                    { for window.strip.iter().map(|cell| html! { <i class={strip_class(*cell)}></i> }) }
                </div>
                { document(lang, window.document.as_ref()) }
                if !is_own { { place(lang, window.document.as_ref()) } }
                { acts(lang, window, send) }
            </article>
        }
    }
}

/// What applications understand: Ctrl-O, and Ctrl-L to start and stop working on their own.
fn acts(lang: Lang, window: &WindowView, send: &Callback<Msg>) -> Html {
    let work = match window.comm.as_str() {
        "word" => "work-word",
        "excel" => "work-excel",
        "ppt" => "work-ppt",
        _ => return html! {},
    };
    let button = |id: &'static str, hint, name, text: &str| {
        let onclick = send.tells(Msg::Type {
            tty: window.tty,
            text: text.into(),
        });
        html! { <button class="mini" data-testid={id} title={lang.t(hint)} {onclick}>{ lang.t(name) }</button> }
    };
    html! {
        <div class="acts">
            { button("more-memory", "more-memory-hint", "more-memory", "\u{f}") }
            { button("work", "work-hint", work, "\u{c}") }
        </div>
    }
}

pub fn strip_class(cell: StripCell) -> &'static str {
    match cell {
        StripCell::Absent => "absent",
        StripCell::File => "file",
        StripCell::Shared => "shared",
        StripCell::Private => "private",
        StripCell::ZeroPage => "zero",
        StripCell::Swapped => "swapped",
    }
}

/// The document as it lies in memory.
fn document(lang: Lang, document: Option<&DocumentBytes>) -> Html {
    match document {
        Some(document) => {
            let shown = document.bytes.get(..12).unwrap_or(&document.bytes);
            html! { <p class="bytes" title={format::hex(&document.bytes)}>{ format::hex(shown) }</p> }
        }
        None => html! { <p class="bytes none">{ lang.t("document-none") }</p> },
    }
}

/// Where it lies.
fn place(lang: Lang, document: Option<&DocumentBytes>) -> Html {
    let Some(document) = document else {
        return html! {};
    };
    let (addr, frame) = (format!("{:#x}", document.addr), document.pfn.to_string());
    let text = lang.tf("document-at", &[("addr", &addr), ("frame", &frame)]);
    html! { <p class="bytes at">{ text }</p> }
}
