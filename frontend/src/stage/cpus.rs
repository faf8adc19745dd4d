//! The CPUs, and one more or one less.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::html;
use crate::viz::palette;
use sim_core::view::{CpuMode, CpuView};
use yew::prelude::*;

pub struct Cpus<'a> {
    pub lang: Lang,
    pub cpus: &'a [CpuView],
    /// Through whose eyes: who else runs is not known to it.
    pub eyes: Option<u64>,
    pub send: &'a Callback<Msg>,
}

impl Cpus<'_> {
    pub fn html(&self) -> Html {
        let lang = self.lang;
        let card = |cpu: &CpuView| {
            if self.eyes.is_some() && cpu.task.is_some() && cpu.task != self.eyes {
                return html! {
                    <div key={cpu.id} class="cpu">
                        <b>{ lang.tf("cpu", &[("id", &cpu.id.to_string())]) }</b><span class="dim">{ lang.t("cpu-busy") }</span>
                        <div class="mono">{ "\u{a0}" }</div>
                    </div>
                };
            }
            let colour = format!("--own:var(--p{})", palette::colour(&cpu.comm, cpu.pid));
            let who = match cpu.mode {
                CpuMode::Idle => html! { <span class="dim">{ lang.t("cpu-idle") }</span> },
                CpuMode::User | CpuMode::Kernel => html! {
                    <span class="who"><i class="dot" aria-hidden="true">{ palette::letter(&cpu.comm) }</i>{ &cpu.comm }</span>
                },
            };
            let ring = lang.tf("cpu-ring", &[("ring", &cpu.ring.to_string())]);
            let place = match cpu.mode {
                CpuMode::Idle => String::new(),
                CpuMode::User => format!("{:#x}", cpu.ip),
                CpuMode::Kernel => cpu.syscall.clone(),
            };
            html! {
                <div key={cpu.id} class={format!("cpu ring{}", cpu.ring)} style={colour}>
                    <b>{ lang.tf("cpu", &[("id", &cpu.id.to_string())]) }</b>{ who }
                    <div class="mono">{ ring }{ " " }{ place }
                        if cpu.runnable > 0 { { " · " }{ lang.tf("cpu-queue", &[("count", &cpu.runnable.to_string())]) } }
                    </div>
                </div>
            }
        };
        let is_in = |id: &u8| self.cpus.iter().any(|cpu| cpu.id == *id);
        let free = (0..sim_core::command::CPUS_MAX).find(|id| !is_in(id));
        let last = self.cpus.last().map(|cpu| cpu.id).filter(|id| *id > 0);
        let button = |id: &'static str, msg: fn(u8) -> Msg, cpu: Option<u8>| {
            let onclick = self.send.reform(move |_| msg(cpu.unwrap_or_default()));
            html! {
                <button class="mini" data-testid={id} title={lang.t(id)} aria-label={lang.t(id)} disabled={cpu.is_none()} {onclick}>
                    { if id == "cpu-plug" { "+ CPU" } else { "− CPU" } }
                </button>
            }
        };
        html! {
            <div class="cpus">
                <div class="group">{ button("cpu-plug", Msg::Plug, free) }{ button("cpu-unplug", Msg::Unplug, last) }</div>
                { for self.cpus.iter().map(card) }
            </div>
        }
    }
}
