//! The session as text: to copy, to keep, to load again.

use super::dialog::copy_button;
use crate::app::{Msg, ScriptDialog};
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use web_sys::{HtmlTextAreaElement, InputEvent};
use yew::prelude::*;

pub fn dialog(
    lang: Lang,
    dialog: &ScriptDialog,
    copied: Option<&'static str>,
    send: &Callback<Msg>,
) -> Html {
    let oninput = send.reform(|event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        Msg::EditScript(area.value())
    });
    html! {
        <dialog class="script" aria-label={lang.t("script-title")} onclose={send.tells(Msg::CloseScript)} oncancel={send.tells(Msg::CloseScript)}>
            <h2>{ lang.t("script-title") }</h2>
            <p>{ lang.t("script-help") }</p>
            <textarea data-testid="script-text" aria-label={lang.t("script-title")} spellcheck="false" value={&dialog.text} {oninput} />
            if let Some(error) = &dialog.error { <p class="error" role="alert" data-testid="script-error">{ error }</p> }
            <div class="acts">
                { copy_button(lang, "script-text", copied, send) }
                <span class="grow"></span>
                <button class="btn" onclick={send.tells(Msg::CloseScript)}>{ lang.t("close") }</button>
                <button class="btn go" data-testid="script-load" onclick={send.tells(Msg::LoadScript)}>{ lang.t("script-load") }</button>
            </div>
        </dialog>
    }
}
