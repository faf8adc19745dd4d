//! A screen that can be typed into: a real text field lies over it, so that input methods and
//! the keyboards of phones work as they do everywhere.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::html;
use gloo::events::EventListener;
use sim_core::view::WindowView;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

/// What a key means to a terminal, if it is not text.
fn control(event: &KeyboardEvent) -> Option<String> {
    let key = event.key();
    if event.ctrl_key() && !event.alt_key() && !event.meta_key() && key.len() == 1 {
        let letter = key.to_ascii_lowercase().bytes().next()?;
        // The browser keeps copy and paste.
        return (letter.is_ascii_lowercase() && !b"cvx".contains(&letter))
            .then(|| char::from(letter & 0x1f).to_string());
    }
    match key.as_str() {
        "Enter" => Some("\n".into()),
        "Backspace" => Some("\u{7f}".into()),
        _ => None,
    }
}

/// What stands in a field, which is empty afterwards.
fn take(area: &HtmlTextAreaElement) -> String {
    let text = area.value();
    area.set_value("");
    text
}

/// Yew has no composition events; and the last syllable comes with `compositionend` only.
pub fn compositions(page: &web_sys::Document, send: Callback<Msg>) -> EventListener {
    EventListener::new(page, "compositionend", move |event| {
        let field = event.target().and_then(|t| t.dyn_into().ok());
        let Some(area) = field.filter(|area: &HtmlTextAreaElement| area.class_name() == "keys")
        else {
            return;
        };
        let tty = area
            .get_attribute("data-tty")
            .and_then(|tty| tty.parse().ok());
        let text = take(&area);
        if let Some(tty) = tty.filter(|_| !text.is_empty()) {
            send.emit(Msg::Type { tty, text });
        }
    })
}

/// The field of the window that was clicked takes the keys.
fn focus(event: MouseEvent) {
    let clicked = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let window = clicked.and_then(|clicked| clicked.closest(".win").ok()?);
    let field = window.and_then(|window| window.query_selector("textarea").ok()?);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _focused = field.focus();
    }
}

pub fn screen(lang: Lang, window: &WindowView, label: String, send: &Callback<Msg>) -> Html {
    let tty = window.tty;
    let typed = send.reform(move |text| Msg::Type { tty, text });
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            if event.is_composing() {
                return;
            }
            let text = take(&event.target_unchecked_into());
            match event.input_type().as_str() {
                // A phone's keyboard tells of a deletion without a key.
                "deleteContentBackward" => typed.emit("\u{7f}".into()),
                _ if !text.is_empty() => typed.emit(text),
                _ => {}
            }
        })
    };
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        if let Some(text) = control(&event) {
            event.prevent_default();
            typed.emit(text);
        }
    });
    let screen = &window.screen;
    let (row, column) = (usize::from(screen.cursor.0), usize::from(screen.cursor.1));
    let lines = screen.lines.iter().enumerate().map(|(nr, line)| {
        if nr != row {
            return html! { <>{ line }{ "\n" }</> };
        }
        let before: String = line.chars().take(column).collect();
        let after: String = line.chars().skip(column).collect();
        html! { <>{ before }<span class="cursor"></span>{ after }{ "\n" }</> }
    });
    html! {
        <div class="win" onclick={focus}>
            <div class="screen" data-testid="window-screen" aria-live="off">{ for lines }
                if screen.lines.len() <= row { <span class="cursor"></span> }
            </div>
            <textarea data-testid="window-input" data-tty={tty.to_string()} class="keys" aria-label={label} placeholder={lang.t("window-hint")}
                rows="1" autocomplete="off" autocapitalize="off" spellcheck="false" {oninput} {onkeydown} />
        </div>
    }
}
