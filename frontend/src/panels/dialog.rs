//! What all dialogs do.

use crate::app::{self, Msg};
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Opens a dialog that has just been drawn: only then does the page behind it rest. When it has
/// gone, what had the focus before has it again.
pub fn open(opener: &mut Option<HtmlElement>) {
    let Some(dialog) = app::find("dialog") else {
        if let Some(opener) = opener.take() {
            let _focused = opener.focus();
        }
        return;
    };
    if let Ok(dialog) = dialog.dyn_into::<HtmlDialogElement>()
        && !dialog.open()
    {
        let focused = web_sys::window().and_then(|w| w.document()?.active_element());
        *opener = focused.and_then(|element| element.dyn_into().ok());
        let _shown = dialog.show_modal();
    }
}

/// A button that copies the field with this `data-testid`, and says so.
pub fn copy_button(
    lang: Lang,
    id: &'static str,
    copied: Option<&'static str>,
    send: &Callback<Msg>,
) -> Html {
    let text = if copied == Some(id) {
        "script-copied"
    } else {
        "script-copy"
    };
    html! { <button class="btn" onclick={send.tells(Msg::Copy(id))}>{ lang.t(text) }</button> }
}

/// Selects a field and copies it. Returns whether it could.
pub fn copy(id: &str) -> bool {
    let selector = ["[data-testid=", id, "]"].concat();
    let Some(field) = app::find(&selector) else {
        return false;
    };
    let text = match field.dyn_into::<HtmlInputElement>() {
        Ok(input) => {
            input.select();
            input.value()
        }
        Err(other) => {
            let area: HtmlTextAreaElement = other.unchecked_into();
            area.select();
            area.value()
        }
    };
    let Some(window) = web_sys::window().filter(|w| w.is_secure_context()) else {
        return false;
    };
    let _promise = window.navigator().clipboard().write_text(&text);
    true
}
