//! One address through the four tables, and beside it the same address in another process.

use super::{Looking, chosen, colour, frame, hex, processes};
use crate::app::Msg;
use crate::markup::html;
use crate::viz::format;
use sim_core::view::{self, EntryBits, StoreFate, TableLevel, TaskRow, Walk, WalkEnd, WalkStep};
use yew::prelude::*;

pub(super) fn section(looking: &Looking, row: &TaskRow, addr: u64) -> Html {
    let Looking {
        lang,
        machine,
        rows,
        choice,
        send,
    } = looking;
    let Some(walk) = view::walk(machine, row.task, addr) else {
        return html! {};
    };
    let other = choice.other.filter(|task| *task != row.task);
    let other = other.and_then(|task| {
        let row = rows.iter().find(|row| row.task == task)?;
        Some((row, view::walk(machine, task, addr)?))
    });
    let look = send.reform(|event: Event| {
        let input = event.target_unchecked_into::<web_sys::HtmlInputElement>();
        Msg::LookAt(input.value())
    });
    let compare = send.reform(|event: Event| Msg::CompareWith(chosen(&event)));
    let task = other.as_ref().map(|(row, _)| row.task);
    html! {
        <section class="walk">
            <label>{ lang.t("walk-address") }{ " " }<input data-testid="walk-address" value={hex(addr)} onchange={look} size="13"
                spellcheck="false" autocomplete="off" autocapitalize="off" /></label>
            <ol>{ for walk.steps.iter().map(|step| table(looking, step)) }</ol>
            { end(looking, &walk) }
            <p>{ lang.t(store(walk.store)) }</p>
            <label>{ lang.t("walk-compare") }{ " " }{ processes(looking, "memory-other", task, compare) }</label>
            if let Some((other, second)) = &other { { side_by_side(looking, (row, &walk), (other, second)) } }
        </section>
    }
}

/// A page table: the one entry of its 512 that the address leads to.
fn table(looking: &Looking, step: &WalkStep) -> Html {
    let lang = looking.lang;
    let bits = step.bits();
    let bit = |(name, bit): (&'static str, u64)| {
        html! { <span class={bits.has(bit).then_some("on")} title={lang.t(meaning(name))}>{ name }</span> }
    };
    let what = match step.level {
        TableLevel::Pte => "walk-page",
        TableLevel::Pgd | TableLevel::Pud | TableLevel::Pmd => "walk-next",
    };
    html! {
        <li data-level={step.level.name()}>
            <table>
                <caption><b>{ step.level.name() }</b>
                    if step.level == TableLevel::Pgd { <small>{ " = P4D" }</small> }
                    { " " }{ lang.t("walk-in-frame") }{ " " }{ frame(looking, step.table) }</caption>
                <thead><tr><th>{ lang.t("walk-index") }</th><th>{ lang.t("walk-entry") }</th><th>{ lang.t(what) }</th></tr></thead>
                <tbody><tr>
                    <td>{ step.index }</td>
                    <td><code>{ hex(step.raw) }</code></td>
                    <td>{ step.frame.map_or_else(|| html! { "–" }, |pfn| frame(looking, pfn)) }</td>
                </tr></tbody>
            </table>
            <p class="bits">{ for EntryBits::NAMED.into_iter().map(bit) }</p>
        </li>
    }
}

fn meaning(bit: &str) -> &'static str {
    match bit {
        "P" => "bit-present",
        "R/W" => "bit-write",
        "U/S" => "bit-user",
        "A" => "bit-accessed",
        "D" => "bit-dirty",
        _ => "bit-no-exec",
    }
}

fn end(looking: &Looking, walk: &Walk) -> Html {
    let lang = looking.lang;
    let text = match walk.end {
        WalkEnd::Frame { pfn, physical } => {
            let (pfn, physical) = (pfn.to_string(), hex(physical));
            let maps = walk.mapped_by.to_string();
            let values = [
                ("frame", pfn.as_str()),
                ("physical", physical.as_str()),
                ("maps", maps.as_str()),
            ];
            lang.tf(
                if walk.is_zero_frame {
                    "walk-zero"
                } else {
                    "walk-found"
                },
                &values,
            )
        }
        WalkEnd::Swapped { slot } => lang.tf("walk-swapped", &[("slot", &slot.to_string())]),
        WalkEnd::Untouched => lang.t("walk-untouched").into(),
        WalkEnd::BelowStack => lang.t("walk-below-stack").into(),
        WalkEnd::Unmapped => lang.t("walk-unmapped").into(),
    };
    html! { <p data-testid="walk-end">{ text }</p> }
}

fn store(fate: StoreFate) -> &'static str {
    match fate {
        StoreFate::Writes => "store-writes",
        StoreFate::NewFrame => "store-new",
        StoreFate::Copies => "store-copies",
        StoreFate::MadeWritable => "store-writable",
        StoreFate::BringsIn => "store-brings",
        StoreFate::MayGrow => "store-grows",
        StoreFate::Refused => "store-refused",
    }
}

fn side_by_side(looking: &Looking, one: (&TaskRow, &Walk), other: (&TaskRow, &Walk)) -> Html {
    let lang = looking.lang;
    let found = |walk: &Walk| match walk.end {
        WalkEnd::Frame { pfn, .. } => Some(pfn),
        WalkEnd::Swapped { .. } | WalkEnd::Untouched | WalkEnd::BelowStack | WalkEnd::Unmapped => {
            None
        }
    };
    let head = |row: &TaskRow| html! { <th scope="col" style={colour(row)}>{ &row.comm }{ " " }{ row.pid }</th> };
    let both = |name: &str, of: &dyn Fn(&Walk) -> Html| {
        html! { <tr><th scope="row">{ name }</th><td>{ of(one.1) }</td><td>{ of(other.1) }</td></tr> }
    };
    let pfn = |pfn: Option<u64>| pfn.map_or_else(|| html! { "–" }, |pfn| frame(looking, pfn));
    let level = |(n, level): (usize, TableLevel)| {
        both(level.name(), &|walk| {
            pfn(walk.steps.get(n).map(|step| step.table))
        })
    };
    html! {
        <>
        <table class="both" data-testid="both">
            <thead><tr><th></th>{ head(one.0) }{ head(other.0) }</tr></thead>
            <tbody>
                { for TableLevel::ALL.into_iter().enumerate().map(level) }
                { both(lang.t("walk-page"), &|walk| pfn(found(walk))) }
                { both(lang.t("walk-bytes"), &|walk| html! { <code>{ format::hex(&walk.bytes) }</code> }) }
            </tbody>
        </table>
        <p data-testid="verdict"><b>{ lang.t(verdict(found(one.1), found(other.1))) }</b></p>
        </>
    }
}

fn verdict(one: Option<u64>, other: Option<u64>) -> &'static str {
    match (one, other) {
        (Some(one), Some(other)) if one == other => "verdict-same",
        (Some(_), Some(_)) => "verdict-different",
        (Some(_), None) | (None, Some(_)) => "verdict-one",
        (None, None) => "verdict-none",
    }
}
