//! A screen that can be typed into: a real text field lies over it, so that input methods and
//! the keyboards of phones work as they do everywhere.

use crate::markup::html;
use gloo::events::EventListener;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlTextAreaElement, InputEvent, KeyboardEvent};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ScreenProps {
    pub lines: Rc<Vec<String>>,
    pub cursor: (u16, u16),
    pub label: AttrValue,
    pub hint: AttrValue,
    pub typed: Callback<String>,
}

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

#[component]
pub fn Screen(props: &ScreenProps) -> Html {
    let field = use_node_ref();
    // Yew has no composition events; and the last syllable comes with `compositionend` only.
    {
        let (field, typed) = (field.clone(), props.typed.clone());
        use_effect_with((field.clone(), typed.clone()), move |_| {
            let listener = field.cast::<HtmlTextAreaElement>().map(|area| {
                let taken = area.clone();
                EventListener::new(&area, "compositionend", move |_| {
                    let text = taken.value();
                    taken.set_value("");
                    if !text.is_empty() {
                        typed.emit(text);
                    }
                })
            });
            move || drop(listener)
        });
    }
    let oninput = {
        let typed = props.typed.clone();
        Callback::from(move |event: InputEvent| {
            if event.is_composing() {
                return;
            }
            let area: HtmlTextAreaElement = event.target_unchecked_into();
            let text = area.value();
            area.set_value("");
            match event.input_type().as_str() {
                // A phone's keyboard tells of a deletion without a key.
                "deleteContentBackward" => typed.emit("\u{7f}".into()),
                _ if !text.is_empty() => typed.emit(text),
                _ => {}
            }
        })
    };
    let onkeydown = {
        let typed = props.typed.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.is_composing() {
                return;
            }
            if let Some(text) = control(&event) {
                event.prevent_default();
                typed.emit(text);
            }
        })
    };
    let focus = {
        let field = field.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(area) = field
                .get()
                .and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok())
            {
                let _focused = area.focus();
            }
        })
    };
    let (row, column) = (usize::from(props.cursor.0), usize::from(props.cursor.1));
    let lines = props.lines.iter().enumerate().map(|(nr, line)| {
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
                if props.lines.len() <= row { <span class="cursor"></span> }
            </div>
            <textarea ref={field} data-testid="window-input" class="keys" aria-label={props.label.clone()} placeholder={props.hint.clone()}
                rows="1" autocomplete="off" autocapitalize="off" spellcheck="false" {oninput} {onkeydown} />
        </div>
    }
}
