//! A link to what is seen here, and the lines that put it into another page.

use super::dialog::copy_button;
use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use yew::prelude::*;

/// `link` is the page's address with scene and step, or with the session in its fragment;
/// `embedded` is the same for an embedded page.
pub fn dialog(
    lang: Lang,
    (link, embedded): &(String, String),
    copied: Option<&'static str>,
    send: &Callback<Msg>,
) -> Html {
    let frame = format!(
        "<iframe src=\"{embedded}\" title=\"Ringside\" width=\"100%\" height=\"480\" style=\"border:0\" loading=\"lazy\"></iframe>",
    );
    let line = |id: &'static str, text: &str| {
        html! {
            <label class="line"><span>{ lang.t(id) }</span>
                <span class="row"><input data-testid={id} readonly={true} value={text} />
                { copy_button(lang, id, copied, send) }</span>
            </label>
        }
    };
    html! {
        <dialog class="script share" aria-label={lang.t("share")} onclose={send.tells(Msg::CloseShare)} oncancel={send.tells(Msg::CloseShare)}>
            <h2>{ lang.t("share") }</h2>
            { line("share-link", link) }
            { line("share-embed", &frame) }
            <form method="dialog"><button class="btn">{ lang.t("close") }</button></form>
        </dialog>
    }
}
