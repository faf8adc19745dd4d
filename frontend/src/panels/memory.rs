//! Memory of one process: its mappings, one address followed through the page tables, the TLB.

mod tlb;
mod walk;

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use crate::stage::strip_class;
use crate::viz::palette;
use sim_core::Machine;
use sim_core::view::{self, MappingKind, MappingView, SpaceView, StripCell, TaskRow, Walk};
use yew::prelude::*;

/// What is looked at.
#[derive(Default)]
pub struct Choice {
    /// An address, as it was typed; empty: where the document lies.
    pub addr: String,
    pub other: Option<u64>,
    /// A frame that is pointed at in RAM.
    pub frame: Option<u64>,
}

impl Choice {
    pub fn addr(&self) -> Option<u64> {
        address(&self.addr)
    }
}

/// The way through the tables as far as the frame that is pointed at; or that frame alone.
pub fn way(machine: &Machine, selected: Option<u64>, choice: &Choice) -> Vec<u64> {
    let Some(frame) = choice.frame else {
        return Vec::new();
    };
    let addr = || {
        let space = view::address_space(machine, selected?);
        choice.addr().or_else(|| Some(first_address(&space?)))
    };
    let walk = addr().and_then(|addr| view::walk(machine, selected?, addr));
    let way: Vec<u64> = walk.iter().flat_map(Walk::way).collect();
    let at = way.iter().position(|on| *on == frame);
    at.and_then(|at| way.get(..=at))
        .map_or_else(|| vec![frame], <[u64]>::to_vec)
}

/// Pages of a mapping that are shown one by one.
const PAGES: u64 = 64;
const PAGE_BYTES: u64 = 4096;

/// What the parts of the panel need.
struct Looking<'a> {
    lang: Lang,
    machine: &'a Machine,
    rows: &'a [TaskRow],
    choice: &'a Choice,
    send: &'a Callback<Msg>,
}

pub fn panel(
    lang: Lang,
    machine: &Machine,
    selected: Option<u64>,
    choice: &Choice,
    send: &Callback<Msg>,
) -> Html {
    let mut rows = view::tasks(machine);
    rows.retain(|row| row.vm_pages > 0);
    let looking = Looking {
        lang,
        machine,
        rows: &rows,
        choice,
        send,
    };
    let row = selected.and_then(|task| rows.iter().find(|row| row.task == task));
    // Nothing chosen: the program that was started last has something to show.
    let Some(row) = row.or(rows.last()) else {
        return html! { <p class="empty">{ lang.t("memory-none") }</p> };
    };
    let Some(space) = view::address_space(machine, row.task) else {
        return html! {};
    };
    let addr = choice.addr().unwrap_or_else(|| first_address(&space));
    let select = send.reform(|event: Event| Msg::Select(chosen(&event)));
    let counts = space.counts;
    let numbers = [
        ("rss", counts.rss.to_string()),
        ("pss", pages_of_bytes(counts.pss_bytes)),
        ("tables", space.table_frames.to_string()),
        ("swapped", counts.swapped.to_string()),
    ];
    let numbers = numbers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    html! {
        <div class="memory" style={colour(row)} data-testid="memory" tabindex="0" role="region" aria-label={lang.t("tab-memory")}>
            <div class="space">
                <label>{ lang.t("memory-of") }{ " " }{ processes(&looking, "memory-task", Some(row.task), select) }</label>
                <p data-rss={counts.rss.to_string()}>{ lang.tf("memory-sizes", &numbers) }</p>
                { mappings(&looking, &space, addr) }
                { pages(&looking, &space, addr) }
            </div>
            { walk::section(&looking, row, addr) }
            { tlb::section(&looking, row.task, addr / PAGE_BYTES) }
        </div>
    }
}

/// A number as it was typed, hexadecimal with or without `0x`.
fn address(text: &str) -> Option<u64> {
    let text = text.trim();
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

fn first_address(space: &SpaceView) -> u64 {
    let heap = space.mappings.iter().find(|m| m.kind == MappingKind::Heap);
    let first = heap.or(space.mappings.first()).map_or(0, |m| m.start);
    space
        .document
        .as_ref()
        .map_or(first, |document| document.addr)
}

fn hex(number: u64) -> String {
    format!("{number:x}")
}

/// Bytes in pages, with one digit behind the point.
fn pages_of_bytes(bytes: u64) -> String {
    let tenths = (bytes * 10 + PAGE_BYTES / 2) / PAGE_BYTES;
    [(tenths / 10).to_string(), (tenths % 10).to_string()].join(".")
}

/// The value of a list of processes.
fn chosen(event: &Event) -> Option<u64> {
    let list = event.target_unchecked_into::<web_sys::HtmlSelectElement>();
    list.value().parse().ok()
}

fn processes(
    looking: &Looking,
    id: &'static str,
    task: Option<u64>,
    onchange: Callback<Event>,
) -> Html {
    let option = |row: &TaskRow| {
        let text = [&*row.comm, &row.pid.to_string()].join(" ");
        html! { <option value={row.task.to_string()} selected={task == Some(row.task)}>{ text }</option> }
    };
    html! {
        <select class="btn" data-testid={id} {onchange}>
            if id == "memory-other" { <option value="" selected={task.is_none()}>{ "–" }</option> }
            { for looking.rows.iter().map(option) }
        </select>
    }
}

fn kind(lang: Lang, kind: MappingKind) -> &'static str {
    lang.t(match kind {
        MappingKind::Text => "mapping-text",
        MappingKind::Data => "mapping-data",
        MappingKind::Heap => "mapping-heap",
        MappingKind::Stack => "mapping-stack",
        MappingKind::File => "mapping-file",
        MappingKind::Anon => "mapping-anon",
        MappingKind::SharedMemory => "mapping-shared",
    })
}

/// A button that leads to an address.
fn leads_to(looking: &Looking, addr: u64, text: String) -> Html {
    let to = hex(addr);
    let onclick = looking.send.tells(Msg::LookAt(to));
    html! { <button class="at" {onclick}>{ text }</button> }
}

/// A button that points at a frame in RAM.
fn frame(looking: &Looking, pfn: u64) -> Html {
    let frame = Some(pfn);
    let is_shown = looking.choice.frame == frame;
    let onclick = looking
        .send
        .tells(Msg::PointAt(frame.filter(|_| !is_shown)));
    html! { <button class="at" aria-pressed={is_shown.to_string()} data-frame={pfn.to_string()} {onclick}>{ pfn }</button> }
}

fn mappings(looking: &Looking, space: &SpaceView, addr: u64) -> Html {
    let lang = looking.lang;
    let row = |mapping: &MappingView| {
        let (counts, pages) = (mapping.counts, mapping.pages().max(1));
        let part = |class: &'static str, n: u64| {
            html! { <i {class} style={["width:", &(n * 100 / pages).to_string(), "%"].concat()}></i> }
        };
        let is_here = (mapping.start..mapping.end).contains(&addr);
        html! {
            <tr aria-current={is_here.then_some("true")} data-kind={mapping.rights.clone()}>
                <td>{ leads_to(looking, mapping.start, hex(mapping.start)) }</td>
                <td>{ &mapping.rights }</td>
                <td title={mapping.path.clone()}>{ kind(lang, mapping.kind) }</td>
                <td class="num">{ [counts.rss.to_string(), mapping.pages().to_string()].join("/") }</td>
                <td class="num">{ pages_of_bytes(counts.pss_bytes) }</td>
                <td class="bar">{ part("private", counts.private) }{ part("shared", counts.shared) }{ part("swapped", counts.swapped) }</td>
            </tr>
        }
    };
    html! {
        <table>
            <thead><tr>
                <th>{ lang.t("memory-from") }</th><th>{ "rwx" }</th><th>{ lang.t("memory-what") }</th>
                <th class="num">{ "RSS" }</th><th class="num">{ "PSS" }</th><th></th>
            </tr></thead>
            <tbody>{ for space.mappings.iter().map(row) }</tbody>
        </table>
    }
}

/// The pages about the address, one by one.
fn pages(looking: &Looking, space: &SpaceView, addr: u64) -> Html {
    let here = space
        .mappings
        .iter()
        .find(|m| (m.start..m.end).contains(&addr));
    let Some(mapping) = here else {
        return html! {};
    };
    let before = (addr - mapping.start) / PAGE_BYTES / PAGES * PAGES;
    let first = mapping.start + before * PAGE_BYTES;
    let count = (mapping.pages() - before).min(PAGES);
    let cells = view::pages(looking.machine, space.task, first, count as usize);
    let cell = |(n, cell): (usize, &StripCell)| {
        let at = first + n as u64 * PAGE_BYTES;
        let (to, is_here) = (hex(at), at / PAGE_BYTES == addr / PAGE_BYTES);
        let label = to.clone();
        let onclick = looking.send.tells(Msg::LookAt(to.clone()));
        html! { <button class={strip_class(*cell)} title={label.clone()} aria-label={label} aria-pressed={is_here.to_string()} {onclick}></button> }
    };
    html! { <div class="as" role="group" aria-label={looking.lang.t("memory-pages")}>{ for cells.iter().enumerate().map(cell) }</div> }
}

/// The colour of a process.
fn colour(row: &TaskRow) -> String {
    let colour = palette::colour(&row.comm, row.pid).to_string();
    ["--own:var(--p", &colour, ")"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        let read = ["0x400000", " 7ffff7fe ", "", "0x", "word", "-1"].map(address);
        let known = [Some(0x40_0000), Some(0x7fff_f7fe), None, None, None, None];
        assert_eq!(read, known);
    }

    #[test]
    fn parts_of_pages_are_tenths() {
        let shown = [0, 2048, 4096, 4096 * 12 + 1366].map(pages_of_bytes);
        assert_eq!(shown, ["0.0", "0.5", "1.0", "12.3"]);
    }
}
