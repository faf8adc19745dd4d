//! One command, two worlds.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::lab::worlds::{Side, Worlds};
use crate::markup::{Tells, html};
use crate::viz::diff::{self, Mark, Piece};
use yew::prelude::*;

/// Commands worth comparing.
const SUGGESTIONS: [&str; 6] = ["ps", "hostname", "ls /", "lsns", "ip addr", "mount"];
/// Lines of a terminal that are shown.
const LINES: usize = 14;

pub struct TwoWorlds<'a> {
    pub lang: Lang,
    pub worlds: &'a Worlds,
    pub host: &'a [String],
    pub inside: Option<&'a [String]>,
    pub container: Option<String>,
    pub send: &'a Callback<Msg>,
}

impl TwoWorlds<'_> {
    pub fn html(&self) -> Html {
        let TwoWorlds {
            lang,
            worlds,
            host,
            inside,
            container,
            send,
        } = self;
        let lang = *lang;
        let ran = worlds.ran.as_deref().unwrap_or_default();
        let host_output = diff::output_of(host, ran).to_vec();
        let inside_output = inside
            .as_ref()
            .map(|lines| diff::output_of(lines, ran).to_vec())
            .unwrap_or_default();
        let compares = !inside_output.is_empty() && !host_output.is_empty();
        let against = |one: &[String], other: &[String]| {
            if compares {
                diff::mark(one, other)
            } else {
                diff::mark(one, one)
            }
        };
        let oninput = send.reform(|event: InputEvent| {
            Msg::SetCommand(
                event
                    .target_unchecked_into::<web_sys::HtmlInputElement>()
                    .value(),
            )
        });
        let onsubmit = send.reform(|event: SubmitEvent| {
            event.prevent_default();
            Msg::RunCommand
        });
        let side = |side: Side, value: &'static str, text: &'static str| {
            html! { <option {value} selected={side == worlds.side}>{ text }</option> }
        };
        let onside = send.reform(|event: Event| {
            let chosen = event.target_unchecked_into::<web_sys::HtmlSelectElement>();
            Msg::SetSide(match chosen.value().as_str() {
                "host" => Side::Host,
                "inside" => Side::Inside,
                _ => Side::Both,
            })
        });
        let suggestion = |text: &'static str| {
            let send = (*send).clone();
            let onclick = Callback::from(move |_: MouseEvent| {
                send.emit(Msg::SetCommand(text.into()));
                send.emit(Msg::RunCommand);
            });
            html! { <button class="chip" {onclick}>{ text }</button> }
        };
        let end = container.clone().map(|name| {
            let onclick = send.tells(Msg::EndContainer(name));
            html! { <button class="mini" data-testid="end-container" {onclick}>{ lang.t("worlds-end") }</button> }
        });
        html! {
            <div class="worlds">
                <form {onsubmit}>
                    <input data-testid="compare-command" aria-label={lang.t("worlds-command")} value={worlds.command.clone()} {oninput}
                        spellcheck="false" autocomplete="off" autocapitalize="off" />
                    <select class="btn" data-testid="compare-side" aria-label={lang.t("worlds-side")} onchange={onside}>
                        { side(Side::Both, "both", lang.t("worlds-both")) }
                        { side(Side::Host, "host", lang.t("worlds-only-host")) }
                        if container.is_some() { { side(Side::Inside, "inside", lang.t("worlds-only-inside")) } }
                    </select>
                    <button class="btn go" data-testid="compare-run">{ lang.t("worlds-run") }</button>
                </form>
                <div class="chips" role="group" aria-label={lang.t("worlds-suggest")}>{ for SUGGESTIONS.into_iter().map(suggestion) }</div>
                <section class="term" aria-label={lang.t("worlds-host")}>
                    <h2 class="t"><span>{ lang.t("worlds-host") }</span><span>{ ran }</span></h2>
                    <div data-testid="host-output" tabindex="0">{ output(host, &host_output, &against(&host_output, &inside_output)) }</div>
                </section>
                <section class={if container.is_some() { "term in" } else { "term in none" }}>
                    <h2 class="t"><span>{ lang.tf("worlds-inside", &[("name", container.as_deref().unwrap_or("…"))]) }</span>{ end }</h2>
                    <div data-testid="inside-output" tabindex="0">{ match (container, inside) {
                        (None, _) => html! {
                            <><p>{ lang.t("worlds-none") }</p>
                            <button class="btn" onclick={send.tells(Msg::RunInContainer)}>{ lang.t("worlds-start") }</button></>
                        },
                        (Some(_), None) if worlds.pending.is_some() => html! { <p>{ lang.t("worlds-preparing") }</p> },
                        (Some(_), None) => html! {},
                        (Some(_), Some(lines)) => output(lines, &inside_output, &against(&inside_output, &host_output)),
                    } }</div>
                </section>
                if compares { <p class="dim">{ lang.t("worlds-mark") }</p> }
            </div>
        }
    }
}

/// The marked output of the command; before there is one, the end of the terminal as it is.
fn output(terminal: &[String], plain: &[String], marked: &[Vec<Piece>]) -> Html {
    if plain.is_empty() {
        let from = terminal.len().saturating_sub(LINES);
        return html! { <pre class="d">{ terminal[from..].join("\n") }</pre> };
    }
    let piece = |piece: &Piece| match piece.mark {
        Mark::Same => html! { { &piece.text } },
        Mark::Different => html! { <mark>{ &piece.text }</mark> },
    };
    let line = |pieces: &Vec<Piece>| html! { <>{ for pieces.iter().map(piece) }{ "\n" }</> };
    html! { <pre>{ for marked.iter().map(line) }</pre> }
}
