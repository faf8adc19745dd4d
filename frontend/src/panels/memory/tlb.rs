//! What the CPUs remember of translations.

use super::{Looking, frame, hex};
use crate::markup::html;
use sim_core::view::{self, TlbEntryView, TlbView};
use yew::prelude::*;

/// One table per CPU; the entry of the page looked at is marked.
pub(super) fn section(looking: &Looking, task: u64, vpn: u64) -> Html {
    let lang = looking.lang;
    let row = |cpu: &TlbView, entry: &TlbEntryView| {
        let owner = entry
            .task
            .and_then(|task| looking.rows.iter().find(|row| row.task == task));
        let is_here = entry.task == Some(task) && entry.vpn == vpn;
        html! {
            <tr aria-current={is_here.then_some("true")} class={(entry.asid != cpu.asid).then_some("dim")}>
                <td>{ entry.asid & 0xffff_ffff }</td>
                <td>{ owner.map_or("–", |row| &row.comm) }{ " " }{ owner.map(|row| row.pid) }</td>
                <td><code>{ hex(entry.vpn) }</code></td>
                <td>{ frame(looking, entry.pfn) }</td>
                <td>{ if entry.is_writable { "W" } else { "" } }</td>
            </tr>
        }
    };
    let cpu = |cpu: &TlbView| {
        let values = [
            ("cpu", u64::from(cpu.cpu)),
            ("used", cpu.entries.len() as u64),
            ("slots", u64::from(cpu.slots)),
            ("hits", cpu.hits),
            ("misses", cpu.misses),
            ("flushes", cpu.flushes),
        ]
        .map(|(name, value)| (name, value.to_string()));
        let values = values
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        html! {
            <table data-testid="tlb" data-hits={cpu.hits.to_string()} data-misses={cpu.misses.to_string()}>
                <caption>{ lang.tf("tlb-cpu", &values) }</caption>
                <thead><tr>
                    <th>{ lang.t("tlb-tag") }</th><th>{ lang.t("tlb-owner") }</th><th>{ lang.t("tlb-page") }</th>
                    <th>{ lang.t("walk-page") }</th><th></th>
                </tr></thead>
                <tbody>{ for cpu.entries.iter().map(|entry| row(cpu, entry)) }</tbody>
            </table>
        }
    };
    html! { <section class="tlb"><p>{ lang.t("tlb-help") }</p>{ for view::tlb(looking.machine).iter().map(cpu) }</section> }
}
