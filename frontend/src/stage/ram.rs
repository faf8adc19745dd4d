//! RAM: every frame a cell, coloured and marked by its owner.

mod canvas;

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::{Tells, html};
use canvas::fit;
pub use canvas::{Drawn, Owners, owners, show};
use sim_core::view::{DiskView, EyesView, FrameKind, RamView, SlotView, StripCell, TaskRow};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

pub struct Ram<'a> {
    pub lang: Lang,
    pub ram: &'a Rc<RamView>,
    pub owners: &'a Owners,
    pub disk: &'a DiskView,
    pub tasks: &'a [TaskRow],
    /// The cell that is pointed at.
    pub pointed: Option<usize>,
    /// Its pages in place of the frames, as `ram` has them too.
    pub eyes: &'a Option<EyesView>,
    pub send: &'a Callback<Msg>,
}

const KINDS: [FrameKind; 6] = [
    FrameKind::Process,
    FrameKind::Shared,
    FrameKind::PageTable,
    FrameKind::PageCache,
    FrameKind::Kernel,
    FrameKind::Free,
];

fn name(lang: Lang, kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Free => lang.t("frame-free"),
        FrameKind::Kernel => lang.t("frame-kernel"),
        FrameKind::PageTable => lang.t("frame-table"),
        FrameKind::PageCache => lang.t("frame-cache"),
        FrameKind::Shared => lang.t("frame-shared"),
        FrameKind::Process => lang.t("frame-process"),
    }
}

fn class(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Free => "k-free",
        FrameKind::Kernel => "k-kernel",
        FrameKind::PageTable => "k-pagetable",
        FrameKind::PageCache => "k-pagecache",
        FrameKind::Shared => "k-shared",
        FrameKind::Process => "k-process",
    }
}

/// The same for a process's own pages.
fn own_name(lang: Lang, kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Free => lang.t("page-untouched"),
        FrameKind::Kernel => lang.t("page-zero"),
        FrameKind::PageCache => lang.t("page-file"),
        FrameKind::Process => lang.t("page-own"),
        FrameKind::PageTable | FrameKind::Shared => name(lang, kind),
    }
}

/// The slots of the swap area that are in use, by owner.
fn swap(lang: Lang, disk: &DiskView, owners: &Owners) -> Html {
    let slot = |slot: &SlotView| {
        let nr = slot.owner.and_then(|o| owners.get(&o));
        let colour = nr.map_or_else(
            || "shared".into(),
            |(nr, _)| ["p", &nr.to_string()].concat(),
        );
        html! { <i style={["background:var(--", &colour, ")"].concat()}></i> }
    };
    let (used, slots) = (disk.used.len().to_string(), disk.slots.to_string());
    let title = lang.tf("swap-title", &[("used", &used), ("slots", &slots)]);
    html! { <div class="swap" data-testid="swap" data-used={used}><span>{ title }</span>{ for disk.used.iter().map(slot) }</div> }
}

/// Cells of a row.
fn columns(canvas: Option<web_sys::EventTarget>, count: usize) -> usize {
    let canvas = canvas.and_then(|target| target.dyn_into().ok());
    canvas.map_or(1, |canvas: HtmlCanvasElement| fit(&canvas, count).2.columns)
}

/// The cell under the pointer.
fn cell_at(event: &MouseEvent, count: usize) -> Option<usize> {
    let canvas: HtmlCanvasElement = event.target()?.dyn_into().ok()?;
    let (_, _, grid) = fit(&canvas, count);
    grid.at(f64::from(event.offset_x()), f64::from(event.offset_y()))
        .filter(|at| *at < count)
}

impl Ram<'_> {
    pub fn html(&self) -> Html {
        let Ram {
            lang,
            ram,
            owners,
            disk,
            tasks,
            pointed,
            eyes,
            send,
        } = self;
        let lang = *lang;
        let count = ram.total_frames as usize;
        let onmousemove = send.reform(move |event| Msg::PointAtCell(cell_at(&event, count)));
        let onmouseleave = send.tells(Msg::PointAtCell(None));
        let onclick = {
            let (ram, send) = ((*ram).clone(), (*send).clone());
            Callback::from(move |event: MouseEvent| {
                let cell = cell_at(&event, count).and_then(|at| ram.cells.get(at));
                if let Some(owner) = cell.and_then(|cell| cell.owner) {
                    send.emit(Msg::Select(Some(owner)));
                }
            })
        };
        let onkeydown = {
            let (at, last, send) = (
                pointed.unwrap_or(0),
                ram.cells.len().saturating_sub(1),
                (*send).clone(),
            );
            Callback::from(move |event: KeyboardEvent| {
                let row = columns(event.target(), count);
                let next = match event.key().as_str() {
                    "ArrowRight" => at + 1,
                    "ArrowLeft" => at.saturating_sub(1),
                    "ArrowDown" if at + row <= last => at + row,
                    "ArrowUp" if at >= row => at - row,
                    "ArrowDown" | "ArrowUp" => at,
                    _ => return,
                };
                event.prevent_default();
                send.emit(Msg::PointAtCell(Some(next.min(last))));
            })
        };
        let info = pointed
            .and_then(|at| Some((at, ram.cells.get(at)?)))
            .map(|(at, cell)| {
                let page = eyes.as_ref().and_then(|eyes| eyes.pages.get(at));
                if let Some(page) = page {
                    let addr = format!("{:#x}", page.addr);
                    let kind = match page.kind {
                        StripCell::Swapped => lang.t("page-swapped"),
                        _ => own_name(lang, cell.kind),
                    };
                    let values = [("addr", addr.as_str()), ("kind", kind)];
                    return lang.tf("eyes-page", &values);
                }
                let owner = cell.owner.and_then(|o| tasks.iter().find(|t| t.task == o));
                let owner = owner
                    .map(|t| format!("{} {}", t.comm, t.pid))
                    .unwrap_or_default();
                let frame = at.to_string();
                lang.tf(
                    "frame-info",
                    &[
                        ("frame", &frame),
                        ("kind", name(lang, cell.kind)),
                        ("owner", &owner),
                    ],
                )
            });
        let used = ram.total_frames - ram.free_frames;
        let title = match eyes {
            Some(eyes) => {
                let resident = eyes.pages.iter().filter(|page| page.pfn.is_some()).count();
                lang.tf(
                    "eyes-ram",
                    &[
                        ("name", &eyes.comm),
                        ("pages", &eyes.pages.len().to_string()),
                        ("resident", &resident.to_string()),
                    ],
                )
            }
            None => lang.tf(
                "ram-title",
                &[
                    ("total", &ram.total_frames.to_string()),
                    ("free", &ram.free_frames.to_string()),
                ],
            ),
        };
        let help = match eyes {
            Some(_) => lang.t("eyes-ram-help"),
            None => lang.t("ram-help"),
        };
        let count_of = |kind: FrameKind| ram.counts[kind as usize];
        let known = KINDS
            .iter()
            .filter(|kind| eyes.is_none() || count_of(**kind) > 0);
        let legend = known.map(|kind| {
        let count = count_of(*kind);
        html! { <li class={class(*kind)}><i aria-hidden="true"></i>{ if eyes.is_some() { own_name(lang, *kind) } else { name(lang, *kind) } }{ " " }<b>{ count }</b></li> }
    });
        html! {
            <div class="ram" data-testid="ram" data-used={used.to_string()} data-total={ram.total_frames.to_string()}>
                <div class="cap">{ title.clone() }<span class="grow"></span><span aria-live="polite">{ info.unwrap_or_else(|| help.into()) }</span></div>
                <canvas tabindex="0" role="img" aria-label={title} {onmousemove} {onmouseleave} {onclick} {onkeydown}></canvas>
                <div class="flashes" aria-hidden="true"></div>
                <ul class="legend">{ for legend }</ul>
                if !disk.used.is_empty() { { swap(lang, disk, owners) } }
            </div>
        }
    }
}
