//! The time bar: a line per CPU, and the buttons that move through time.

use crate::app::{Msg, Step};
use crate::i18n::Lang;
use crate::lab::pace::SPEEDS;
use crate::markup::{Tells, html};
use crate::viz::{format, palette};
use sim_core::session::{BranchInfo, Lane, Span, SpanKind};
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

pub struct TimeBar {
    pub lang: Lang,
    pub lanes: Rc<Vec<Lane>>,
    pub from_ns: u64,
    pub to_ns: u64,
    pub now_ns: u64,
    pub playing: bool,
    pub idle: bool,
    pub past: bool,
    /// Whether anything will ever happen without a key.
    pub due: bool,
    pub slowdown: u64,
    pub zoom_ns: Option<u64>,
    pub branches: Rc<Vec<BranchInfo>>,
    pub send: Callback<Msg>,
}

const ZOOMS: [Option<u64>; 6] = [
    None,
    Some(10_000_000_000),
    Some(1_000_000_000),
    Some(100_000_000),
    Some(10_000_000),
    Some(1_000_000),
];
/// Steps of the slider over what the bar shows.
const SLIDER: u64 = 10_000;

/// Icons of 16 by 16, drawn rather than written: fonts do not all have them.
const TO_START: &str = "M3 3h2v10H3zM13 3v10L6 8z";
const BACK: &str = "M12 3v10L4 8z";
const PLAY: &str = "M4 2.5v11L13.5 8z";
const PAUSE: &str = "M3.5 3h3v10h-3zM9.5 3h3v10h-3z";
const TICK: &str = "M3 3v10l7-5zM11 3h2v10h-2z";
const SYSCALL: &str = "M7 2h2v7h3l-4 5-4-5h3z";
const CROSSING: &str = "M1 7h14v2H1zM4 1h2v3h2L5 7.5 2 4h2zM10 15h2v-3h2l-3-3.5L8 12h2z";
const SWITCH: &str = "M2 4h8V2l4 3-4 3V6H2zM14 10H6V8l-4 3 4 3v-2h8z";

fn icon(path: &'static str) -> Html {
    html! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={path}></path></svg> }
}

fn selected(event: Event) -> u64 {
    event
        .target_unchecked_into::<HtmlSelectElement>()
        .value()
        .parse()
        .unwrap_or(0)
}

impl TimeBar {
    pub fn html(&self) -> Html {
        let lang = self.lang;
        let button = |id: &'static str, step: Step, path: &'static str, text: &'static str| {
            let onclick = self.send.tells(Msg::Step(step));
            let disabled = match step {
                Step::Start | Step::Back => self.now_ns == 0,
                Step::Tick | Step::Syscall | Step::Switch | Step::Crossing => !self.due,
            };
            html! { <button class="btn" data-testid={id} title={text} aria-label={text} {disabled} {onclick}>{ icon(path) }</button> }
        };
        let play = if self.playing {
            lang.t("time-pause")
        } else {
            lang.t("time-play")
        };
        let span_ns = (self.to_ns - self.from_ns).max(1);
        let from_ns = self.from_ns;
        let oninput = self.send.reform(move |event: InputEvent| {
            let at: u64 = event
                .target_unchecked_into::<HtmlInputElement>()
                .value()
                .parse()
                .unwrap_or(0);
            let into_ns = u128::from(span_ns) * u128::from(at) / u128::from(SLIDER);
            Msg::SeekNs(from_ns + into_ns as u64)
        });
        let select = |of: fn(u64) -> Msg| self.send.reform(move |event| of(selected(event)));
        let place = |ns: u64| {
            u128::from(ns.clamp(self.from_ns, self.to_ns) - self.from_ns) * u128::from(SLIDER)
                / u128::from(span_ns)
        };
        let now = place(self.now_ns);
        let speed = |slowdown: u64| {
            if slowdown == 1 {
                "1".to_string()
            } else {
                format!("1/{slowdown}")
            }
        };
        let pace = if !self.playing && self.past {
            lang.t("time-past").to_string()
        } else if !self.due {
            lang.t("time-nothing").to_string()
        } else if !self.playing {
            lang.t("time-paused").to_string()
        } else {
            lang.tf("time-pace", &[("speed", &speed(self.slowdown))])
        };
        let zoom_text =
            |zoom: Option<u64>| zoom.map_or(lang.t("zoom-all").to_string(), format::length);
        let hint = (self.idle && self.playing).then(|| lang.t("time-idle"));
        html! {
            <footer class="time">
                <div class="play" role="group">
                    { button("to-start", Step::Start, TO_START, lang.t("time-start")) }
                    { button("step-back", Step::Back, BACK, lang.t("time-back")) }
                    <button class="btn go" data-testid="play" title={play} aria-label={play} aria-pressed={self.playing.to_string()}
                        onclick={self.send.tells(Msg::TogglePlay)}>{ icon(if self.playing { PAUSE } else { PLAY }) }</button>
                    { button("step", Step::Tick, TICK, lang.t("time-step")) }
                    { button("next-crossing", Step::Crossing, CROSSING, lang.t("time-crossing")) }
                    { button("next-syscall", Step::Syscall, SYSCALL, lang.t("time-syscall")) }
                    { button("next-switch", Step::Switch, SWITCH, lang.t("time-switch")) }
                </div>
                <div class="lanes" title={hint}>
                    { for self.lanes.iter().map(|l| lane(self, l, &place)) }
                    <i class="now" style={format!("left:{}.{:02}%", now / 100, now % 100)}></i>
                    <input type="range" data-testid="timeline" min="0" max={SLIDER.to_string()} value={now.to_string()}
                        aria-label={lang.t("time-line")} aria-valuetext={format::time(self.now_ns)} {oninput} />
                </div>
                <div class="clock">
                    <output data-testid="clock" data-ns={self.now_ns.to_string()}>{ format::time(self.now_ns) }</output>
                    <label>{ lang.t("time-speed") }
                        <select data-testid="speed" onchange={select(Msg::SetSpeed)}>
                            { for SPEEDS.into_iter().map(|s| html! { <option value={s.to_string()} selected={s == self.slowdown}>{ speed(s) }</option> }) }
                        </select></label>
                    <label>{ lang.t("time-zoom") }
                        <select onchange={select(|ns| Msg::SetZoom(Some(ns).filter(|ns| *ns != 0)))}>
                            { for ZOOMS.into_iter().map(|z| html! { <option value={z.unwrap_or(0).to_string()} selected={z == self.zoom_ns}>{ zoom_text(z) }</option> }) }
                        </select></label>
                    if self.branches.len() > 1 {
                        <label>{ lang.t("time-branch") }
                            <select data-testid="branch" onchange={select(|id| Msg::Branch(id as u32))}>
                                { for self.branches.iter().map(|b| html! { <option value={b.id.to_string()} selected={b.current}>{ b.id + 1 }</option> }) }
                            </select></label>
                    }
                </div>
                <p class="pace">{ pace }</p>
            </footer>
        }
    }
}

/// One CPU: ring 3 in the process's colour at full height, ring 0 at half.
fn lane(props: &TimeBar, lane: &Lane, place: &dyn Fn(u64) -> u128) -> Html {
    let rect = |span: &Span| {
        let (from, to) = (place(span.from_ns), place(span.to_ns));
        let class = match span.what {
            SpanKind::Idle | SpanKind::Offline => return None,
            SpanKind::User => "user",
            SpanKind::Kernel => "kernel",
        };
        let width = (to.saturating_sub(from)).max(12).to_string();
        let colour = format!("fill:var(--p{})", palette::colour(&span.comm, span.pid));
        let (y, height) = if span.what == SpanKind::User {
            ("0", "10")
        } else {
            ("3", "4")
        };
        Some(
            html! { <rect {class} x={from.to_string()} {width} {y} {height} style={colour}></rect> },
        )
    };
    let label = props.lang.tf("cpu", &[("id", &lane.cpu.to_string())]);
    html! {
        <svg key={lane.cpu} class="lane" viewBox={format!("0 0 {SLIDER} 10")} preserveAspectRatio="none" role="img" aria-label={label}>
            { for lane.spans.iter().filter_map(rect) }
        </svg>
    }
}
