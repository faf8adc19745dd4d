//! A link to what is seen here, and the lines that put it into another page.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct ShareProps {
    pub lang: Lang,
    /// The page's address with scene and step, or with the session in its fragment.
    pub link: String,
    /// The same for an embedded page.
    pub embedded: String,
    pub send: Callback<Msg>,
}

#[component]
pub fn Share(props: &ShareProps) -> Html {
    let lang = props.lang;
    let dialog = use_node_ref();
    {
        let dialog = dialog.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                let _shown = dialog.show_modal();
            }
        });
    }
    let frame = format!(
        "<iframe src=\"{}\" title=\"Ringside\" width=\"100%\" height=\"480\" style=\"border:0\" loading=\"lazy\"></iframe>",
        props.embedded
    );
    html! {
        <dialog ref={dialog} class="script share" aria-label={lang.t("share")} onclose={props.send.tells(Msg::CloseShare)} oncancel={props.send.tells(Msg::CloseShare)}>
            <h2>{ lang.t("share") }</h2>
            <Line {lang} id="share-link" label={lang.t("share-link")} text={props.link.clone()} />
            <Line {lang} id="share-embed" label={lang.t("share-embed")} text={frame} />
            <form method="dialog"><button class="btn">{ lang.t("close") }</button></form>
        </dialog>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    lang: Lang,
    id: &'static str,
    label: &'static str,
    text: String,
}

#[component]
fn Line(props: &LineProps) -> Html {
    let (field, copied) = (use_node_ref(), use_state(|| false));
    let copy = {
        let (field, copied, text) = (field.clone(), copied.clone(), props.text.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.select();
            }
            if let Some(window) = web_sys::window().filter(|w| w.is_secure_context()) {
                let _promise = window.navigator().clipboard().write_text(&text);
                copied.set(true);
            }
        })
    };
    let copy_text = if *copied {
        props.lang.t("script-copied")
    } else {
        props.lang.t("script-copy")
    };
    html! {
        <label class="line"><span>{ props.label }</span>
            <span class="row"><input ref={field} data-testid={props.id} readonly={true} value={props.text.clone()} />
            <button class="btn" onclick={copy}>{ copy_text }</button></span>
        </label>
    }
}
