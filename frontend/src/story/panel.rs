//! The column beside the stage: prose that points, the bet, the task, the outcome.

use super::{Ask, BetTold, Listed, Path, Progress, Told, scenes};
use crate::app;
use crate::i18n::Lang;
use crate::markup::{Tells, classes, html};
use scene::prose::{Run, runs};
use std::rc::Rc;
use yew::prelude::*;

pub struct Panel<'a> {
    pub lang: Lang,
    pub told: &'a Told,
    pub lit: &'a Option<String>,
    pub pane: Pane,
    pub ask: &'a Callback<Ask>,
}

/// On a small page one of these is shown at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    Prose,
    Bet,
    Task,
}

/// What the column shows: number of the scene, step, whether a guess or a deed came to something,
/// and whether the goal is met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place(usize, usize, bool, bool);

impl Place {
    pub fn of(told: &Told) -> Self {
        let is_on = told.done.is_some() || told.bet.as_ref().is_some_and(|bet| bet.guess.is_some());
        Self(told.number, told.step, is_on, told.is_met)
    }

    /// A new step begins at its top; what comes of a guess or a deed is below.
    pub fn scroll(self) {
        if let Some(page) = app::find(".page") {
            page.set_scroll_top(if self.2 { page.scroll_height() } else { 0 });
        }
    }
}

impl Panel<'_> {
    pub fn html(&self) -> Html {
        let Panel {
            lang,
            told,
            lit,
            pane,
            ask,
        } = self;
        let lang = *lang;
        let has_bet = told.bet.is_some();
        let shown = match *pane {
            _ if told.is_met && told.done.is_some() => Pane::Task,
            Pane::Bet if !has_bet => Pane::Task,
            pane => pane,
        };
        let class = |of: Pane| if of == shown { "pane now" } else { "pane" };
        let text = |text: &str| Prose { told, lit, ask }.html(text);
        let step = (told.step + 1).to_string();
        let count = told.steps.to_string();
        // What is done comes after the bet: the visitor predicts first.
        let may_act = told.is_met || told.bet.as_ref().is_none_or(|bet| bet.guess.is_some());
        let on = |what: Ask| ask.tells::<MouseEvent>(what);
        let turn = |to: Pane| on(Ask::Turn(to));
        let has_more = has_bet || told.task.is_some();
        html! {
            <section class="story" aria-label={told.title.clone()} data-testid="story" data-step={step.clone()} data-met={told.is_met.to_string()}>
                <div class="page">
                <div class="where">
                    <button class="mini" data-testid="shelf-open" onclick={on(Ask::Shelf)}>{ lang.t("story-scenes") }</button>
                    <span class="dots" role="img" aria-label={lang.tf("story-step", &[("step", &step), ("steps", &count)])}>
                        { for (0..told.steps).map(|at| html! { <i class={classes("", &[("past", at < told.step), ("now", at == told.step)])}></i> }) }
                    </span>
                </div>
                <h2>{ &told.title }</h2>
                <div class={class(Pane::Prose)}>
                    { text(&told.prose) }
                    if has_more {
                        <button class="btn go turn" onclick={turn(if has_bet { Pane::Bet } else { Pane::Task })}>{ lang.t("story-on") }</button>
                    }
                </div>
                if let Some(bet) = &told.bet {
                    <div class={class(Pane::Bet)}>
                        { options(lang, bet, ask) }
                        <button class="btn go turn" disabled={!may_act} onclick={turn(Pane::Task)}>{ lang.t("story-on") }</button>
                    </div>
                }
                <div class={class(Pane::Task)}>
                    if let Some(task) = told.task.as_ref().filter(|_| may_act && !told.is_met) {
                        <div class="task">
                            <b class="cap">{ lang.t("story-task") }</b>
                            { text(task) }
                            <div class="row">
                                if let Some(button) = &told.button {
                                    <button class="btn go" data-testid="story-button" onclick={on(Ask::Button)}>{ button }</button>
                                }
                                if told.hint.is_some() {
                                    <button class="mini" data-testid="hint" onclick={on(Ask::Hint)}>{ lang.t("story-hint") }</button>
                                }
                                if told.has_way {
                                    <button class="mini" data-testid="show-me" disabled={told.is_showing} onclick={on(Ask::ShowMe)}>{ lang.t("story-show") }</button>
                                }
                            </div>
                            if let Some(hint) = told.hint.as_ref().filter(|hint| !hint.is_empty()) { { text(hint) } }
                        </div>
                    }
                    if let Some(done) = &told.done {
                        <div class="done" role="status" data-testid="done">{ text(done) }</div>
                    }
                </div>
                if let Some(deeper) = &told.deeper {
                    <details class="deeper">
                        <summary>{ lang.t("story-deeper") }</summary>
                        { text(deeper) }
                    </details>
                }
                </div>
                <div class={classes("row on", &[("far", told.next_scene.is_some())])}>
                    <button class="btn" data-testid="previous" disabled={told.step == 0} onclick={on(Ask::Previous)}>{ lang.t("story-previous") }</button>
                    { onward(lang, told, ask) }
                    <span class="grow"></span>
                    if !(leads_to_lab(told) && told.is_met) {
                        <button class="mini" data-testid="leave" title={lang.t("story-leave-hint")} onclick={on(Ask::Leave)}>{ lang.t("story-leave") }</button>
                    }
                </div>
            </section>
        }
    }
}

/// Whether the way on is the way out.
fn leads_to_lab(told: &Told) -> bool {
    told.next_scene.is_none() && told.step + 1 >= told.steps
}

fn onward(lang: Lang, told: &Told, ask: &Callback<Ask>) -> Html {
    let onclick = ask.tells(Ask::Next);
    let text = match &told.next_scene {
        Some(title) => lang.tf("story-next-scene", &[("title", title)]),
        None if leads_to_lab(told) => lang.t("story-to-lab").to_string(),
        None => lang.t("story-next").to_string(),
    };
    html! { <button class="btn go" data-testid="next" disabled={!told.is_met} {onclick}>{ text }</button> }
}

/// The guess stays beside the outcome.
fn options(lang: Lang, bet: &BetTold, ask: &Callback<Ask>) -> Html {
    let option = |(value, label): &(String, String)| {
        let is_guess = bet.guess.as_ref() == Some(value);
        let is_outcome = bet.outcome.as_ref() == Some(value);
        let chosen = value.clone();
        html! {
            <button class={classes("option", &[("right", is_outcome)])} data-testid="option" data-value={value.clone()}
                aria-pressed={is_guess.to_string()} disabled={bet.outcome.is_some()}
                onclick={ask.tells(Ask::Guess(chosen))}>
                <span>{ label }</span>
                if is_guess { <small>{ lang.t("story-your-bet") }</small> }
                if is_outcome { <small>{ lang.t("story-machine") }</small> }
            </button>
        }
    };
    let unforeseen = bet
        .outcome
        .as_ref()
        .filter(|outcome| !bet.options.iter().any(|(value, _)| value == *outcome));
    html! {
        <fieldset class="bet">
            <legend><small>{ lang.t("story-bet") }</small>{ &bet.question }</legend>
            { for bet.options.iter().map(option) }
            if let Some(outcome) = unforeseen {
                <p class="option right"><span>{ bet.label(outcome) }</span><small>{ lang.t("story-machine") }</small></p>
            }
        </fieldset>
    }
}

struct Prose<'a> {
    told: &'a Told,
    lit: &'a Option<String>,
    ask: &'a Callback<Ask>,
}

impl Prose<'_> {
    /// Paragraphs with pointers. What happens on the stage lights the words for it.
    fn html(&self, text: &str) -> Html {
        let run = |run: Run<'_>| match run {
            Run::Plain(text) => html! { { joined(text) } },
            Run::Strong(text) => html! { <em>{ text.to_string() }</em> },
            Run::Code(text) => html! { <code>{ text.to_string() }</code> },
            Run::Pointer(words, target) => {
                let target = target.to_string();
                let is_live = self.told.live.contains(&target);
                let is_lit = self.lit.as_ref() == Some(&target);
                let light = |lit: Option<String>| {
                    let ask = self.ask.clone();
                    move || ask.emit(Ask::Light(lit.clone()))
                };
                let (over, focus) = (light(Some(target.clone())), light(Some(target.clone())));
                let (out, blur) = (light(None), light(None));
                let lights = light(Some(target.clone()));
                let selector = super::light::selector(&target);
                let press = Rc::new(move || {
                    lights();
                    let found = selector.as_ref().and_then(|s| app::find(s.trim()));
                    if let Some(found) = found {
                        found.scroll_into_view_with_bool(false);
                    }
                });
                let pressed = press.clone();
                let onkeydown = move |event: KeyboardEvent| {
                    if matches!(event.key().as_str(), "Enter" | " ") {
                        event.prevent_default();
                        pressed();
                    }
                };
                // Words in a line: a button would be a box of its own, and a comma after it would
                // stand alone.
                html! {
                    <span role="button" tabindex="0" class={classes("point", &[("live", is_live)])} data-target={target} aria-pressed={is_lit.to_string()}
                        onmouseenter={move |_| over()} onmouseleave={move |_| out()}
                        onfocus={move |_| focus()} onblur={move |_| blur()} onclick={move |_| press()} {onkeydown}>{ words.to_string() }</span>
                }
            }
        };
        let paragraph = |text: &str| html! { <p>{ for runs(&text.replace('\n', " ")).into_iter().map(run) }</p> };
        html! { <>{ for text.split("\n\n").map(paragraph) }</> }
    }
}

/// No line begins with a particle: after a bracket or marked words a browser would break there.
fn joined(text: &str) -> String {
    let mut out = String::new();
    let mut is_bound = true;
    for c in text.chars() {
        if is_bound && ('가'..='힣').contains(&c) {
            out.push('\u{2060}');
        }
        is_bound = c == ')';
        out.push(c);
    }
    out
}

/// All scenes.
pub struct Shelf<'a> {
    pub lang: Lang,
    pub current: Option<&'a str>,
    pub path: Path,
    pub progress: &'a Progress,
    pub error: Option<&'a str>,
    pub ask: &'a Callback<Ask>,
}

impl Shelf<'_> {
    pub fn html(&self) -> Html {
        let Shelf {
            lang,
            current,
            path,
            progress,
            error,
            ask,
        } = self;
        let (lang, chosen) = (*lang, *path);
        let entry = |(number, scene): (usize, &'static Listed)| {
            let (title, lead) = scene.words(lang);
            let done = progress.has(scene.id);
            let off = chosen == Path::Fast && !scene.is_on_fast_path;
            html! {
                <li class={off.then_some("off")}>
                    <button data-testid="scene" data-scene={scene.id} aria-current={(*current == Some(scene.id)).then_some("step")}
                        onclick={ask.tells(Ask::Open(scene.id.into(), 0))}>
                        <b class="mono">{ if done { "✓".to_string() } else { number.to_string() } }</b>
                        <span><strong>{ title }</strong><small>{ lead }</small></span>
                        if done { <span class="sr">{ lang.t("story-done") }</span> }
                    </button>
                </li>
            }
        };
        let path = |path: Path, text: &'static str| {
            let pressed = (chosen == path).to_string();
            html! { <button class="btn" aria-pressed={pressed} onclick={ask.tells(Ask::SetPath(path))}>{ text }</button> }
        };
        let close = ask.tells(Ask::Shelf);
        html! {
            <dialog class="script shelf" aria-label={lang.t("story-scenes")} onclose={close}>
                <div class="row">
                    <h2>{ lang.t("story-scenes") }</h2><span class="grow"></span>
                    { path(Path::Whole, lang.t("story-whole")) }{ path(Path::Fast, lang.t("story-fast")) }
                </div>
                if let Some(error) = error { <p class="error" role="alert" data-testid="scene-error">{ *error }</p> }
                <ol>{ for (1..).zip(scenes()).map(entry) }</ol>
                <form method="dialog"><button class="btn">{ lang.t("close") }</button></form>
            </dialog>
        }
    }
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn particles_stay_with_what_they_follow() {
        assert_eq!(
            joined("입니다. 칸(slot)은 하나"),
            "\u{2060}입니다. 칸(slot)\u{2060}은 하나"
        );
        assert_eq!(joined(" 다음 (a) b"), " 다음 (a) b");
    }
}
