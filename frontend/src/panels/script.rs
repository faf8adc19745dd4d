//! The session as text: to copy, to keep, to load again.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use web_sys::{HtmlDialogElement, HtmlTextAreaElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ScriptProps {
    pub lang: Lang,
    pub text: String,
    pub error: Option<String>,
    pub send: Callback<Msg>,
}

#[component]
pub fn Script(props: &ScriptProps) -> Html {
    let lang = props.lang;
    let (dialog, area) = (use_node_ref(), use_node_ref());
    let copied = use_state(|| false);
    {
        let dialog = dialog.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                // It is drawn open only by this: then the page behind it rests.
                let _shown = dialog.show_modal();
            }
        });
    }
    let value = {
        let area = area.clone();
        move || {
            area.cast::<HtmlTextAreaElement>()
                .map(|a| a.value())
                .unwrap_or_default()
        }
    };
    let copy = {
        let (value, area, copied) = (value.clone(), area.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(area) = area.cast::<HtmlTextAreaElement>() {
                area.select();
            }
            if let Some(window) = web_sys::window().filter(|w| w.is_secure_context()) {
                let _promise = window.navigator().clipboard().write_text(&value());
                copied.set(true);
            }
        })
    };
    let load = (props.send).reform(move |_: MouseEvent| Msg::LoadScript(value()));
    html! {
        <dialog ref={dialog} class="script" aria-label={lang.t("script-title")} onclose={props.send.tells(Msg::CloseScript)} oncancel={props.send.tells(Msg::CloseScript)}>
            <h2>{ lang.t("script-title") }</h2>
            <p>{ lang.t("script-help") }</p>
            <textarea ref={area} data-testid="script-text" aria-label={lang.t("script-title")} spellcheck="false" value={props.text.clone()} />
            if let Some(error) = &props.error { <p class="error" role="alert" data-testid="script-error">{ error }</p> }
            <div class="acts">
                <button class="btn" onclick={copy}>{ if *copied { lang.t("script-copied") } else { lang.t("script-copy") } }</button>
                <span class="grow"></span>
                <button class="btn" onclick={props.send.tells(Msg::CloseScript)}>{ lang.t("close") }</button>
                <button class="btn go" data-testid="script-load" onclick={load}>{ lang.t("script-load") }</button>
            </div>
        </dialog>
    }
}
