//! How time runs, what the keys are, what is simplified.

use crate::i18n::Lang;
use crate::markup::html;
use yew::prelude::*;

pub fn panel(lang: Lang) -> Html {
    let simplified = [
        lang.t("about-simple-1"),
        lang.t("about-simple-2"),
        lang.t("about-simple-3"),
        lang.t("about-simple-4"),
        lang.t("about-simple-5"),
        lang.t("about-simple-6"),
    ];
    html! {
        <div class="about">
            <h2>{ lang.t("about-look-title") }</h2><p>{ lang.t("about-look") }</p>
            <h2>{ lang.t("about-time-title") }</h2><p>{ lang.t("about-time") }</p>
            <h2>{ lang.t("about-keys-title") }</h2><p>{ lang.t("about-keys") }</p>
            <h2>{ lang.t("about-simple-title") }</h2>
            <ul>{ for simplified.into_iter().map(|text| html! { <li>{ text }</li> }) }</ul>
            <p class="dim">{ lang.t("about-marks") }</p>
        </div>
    }
}
