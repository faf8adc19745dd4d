//! App windows, and the yellow boxes around those that see a PID namespace of their own.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::terminal::Screen;
use crate::viz::{format, palette};
use sim_core::view::{DocumentBytes, StripCell, WindowView};
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct WindowsProps {
    pub lang: Lang,
    pub windows: Rc<Vec<WindowView>>,
    pub selected: Option<u64>,
    pub send: Callback<Msg>,
}

#[component]
pub fn Windows(props: &WindowsProps) -> Html {
    let WindowsProps {
        lang,
        windows,
        selected,
        send,
    } = props;
    if windows.is_empty() {
        return html! { <p class="empty">{ lang.t("windows-empty") }</p> };
    }
    let card = |w: &WindowView| {
        html! { <AppWindow key={w.tty} lang={*lang} window={w.clone()} selected={*selected == Some(w.task)} send={send.clone()} /> }
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
                parts.push(html! {
                    <div class="box" key={format!("box{}", mark.group)} title={kinds.join(" ")}>
                        <span class="lab">{ &mark.hostname }</span>
                        { for same.map(card) }
                    </div>
                });
            }
        }
    }
    html! { <div class="apps">{ for parts }</div> }
}

#[derive(Properties, PartialEq)]
struct AppWindowProps {
    lang: Lang,
    window: WindowView,
    selected: bool,
    send: Callback<Msg>,
}

#[component]
fn AppWindow(props: &AppWindowProps) -> Html {
    let AppWindowProps {
        lang,
        window,
        selected,
        send,
    } = props;
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
    let numbers = match window.inner_pid {
        Some(inner) => html! { <><b>{ inner }</b>{ " " }<span>{ window.pid }</span></> },
        None => html! { <span>{ window.pid }</span> },
    };
    html! {
        <article class={classes!("proc", selected.then_some("sel"))} style={colour} data-testid="window" data-task={task.to_string()}
            data-comm={window.comm.clone()} data-pid={pid} data-inner-pid={inner}>
            <div class="top">
                <button class="bar" aria-pressed={selected.to_string()} onclick={send.reform(move |_| Msg::Select(Some(task)))}>
                    <i class="dot" aria-hidden="true">{ palette::letter(&window.comm) }</i>
                    <span class="name">{ &window.comm }</span>
                    <span class="pid">{ numbers }</span>
                </button>
                <button class="x" data-testid="close-window" aria-label={lang.t("close-window")} title={lang.t("close-window-hint")}
                    onclick={send.reform(move |_| Msg::Hangup(tty))}>
                    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 3 8 7l4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z"></path></svg>
                </button>
            </div>
            <Screen lines={Rc::new(window.screen.lines.clone())} cursor={window.screen.cursor}
                {label} hint={lang.t("window-hint")}
                typed={send.reform(move |text| Msg::Type { tty, text })} />
            <div class="as" role="img" aria-label={lang.tf("memory-strip", &[("mapped", &window.mapped_pages.to_string())])}>
                { for window.strip.iter().map(|cell| html! { <i class={strip_class(*cell)}></i> }) }
            </div>
            { document(lang, window.document.as_ref()) }
            <div class="acts">
                <button class="mini" data-testid="more-memory" title={lang.t("more-memory-hint")}
                    onclick={send.reform(move |_| Msg::Type { tty, text: "\u{f}".into() })}>{ lang.t("more-memory") }</button>
                { work(lang, window, send) }
                { place(lang, window.document.as_ref()) }
            </div>
        </article>
    }
}

/// Applications start and stop working on their own with Ctrl-L.
fn work(lang: Lang, window: &WindowView, send: &Callback<Msg>) -> Html {
    let key = match window.comm.as_str() {
        "word" => "work-word",
        "excel" => "work-excel",
        "ppt" => "work-ppt",
        _ => return html! {},
    };
    let tty = window.tty;
    html! {
        <button class="mini" data-testid="work" title={lang.t("work-hint")}
            onclick={send.reform(move |_| Msg::Type { tty, text: "\u{c}".into() })}>{ lang.t(key) }</button>
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
    html! { <small title={text.clone()}>{ text }</small> }
}
