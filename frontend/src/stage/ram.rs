//! RAM: every frame a cell, coloured and marked by its owner.

mod canvas;

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::html;
use canvas::{Drawn, Owners, fit, owners, show};
use sim_core::view::{DiskView, EyesView, FrameKind, RamView, SlotView, StripCell, TaskRow};
use std::rc::Rc;
use web_sys::{Element, HtmlCanvasElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RamProps {
    pub lang: Lang,
    pub ram: Rc<RamView>,
    /// Frames to be pointed at, with a line from one to the next.
    pub way: Rc<Vec<u64>>,
    pub disk: Rc<DiskView>,
    pub tasks: Rc<Vec<TaskRow>>,
    /// Its pages in place of the frames, as `ram` has them too.
    pub eyes: Option<Rc<EyesView>>,
    pub send: Callback<Msg>,
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

#[component]
pub fn Ram(props: &RamProps) -> Html {
    let RamProps {
        lang,
        ram,
        way,
        disk,
        tasks,
        eyes,
        send,
    } = props;
    let lang = *lang;
    let canvas = use_node_ref();
    let pointed = use_state(|| None::<usize>);
    let owner_table = owners(tasks);
    let (drawn, flashes) = (use_mut_ref(|| None::<Drawn>), use_node_ref());
    {
        let (drawn, flashes) = (drawn.clone(), flashes.clone());
        let (canvas, ram, table, way) = (
            canvas.clone(),
            ram.clone(),
            owner_table.clone(),
            way.clone(),
        );
        // After every drawing of the page: the layout may have changed the size.
        use_effect(move || {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                let flashes = flashes.cast::<Element>();
                show(
                    &canvas,
                    flashes,
                    &mut drawn.borrow_mut(),
                    (&ram, &table, &way),
                );
            }
        });
    }
    let frame_at = {
        let (canvas, count) = (canvas.clone(), ram.total_frames as usize);
        move |event: &MouseEvent| {
            let canvas = canvas.cast::<HtmlCanvasElement>()?;
            let (_, _, grid) = fit(&canvas, count);
            grid.at(f64::from(event.offset_x()), f64::from(event.offset_y()))
                .filter(|at| *at < count)
        }
    };
    let onmousemove = {
        let (pointed, frame_at) = (pointed.clone(), frame_at.clone());
        Callback::from(move |event: MouseEvent| pointed.set(frame_at(&event)))
    };
    let onmouseleave = {
        let pointed = pointed.clone();
        Callback::from(move |_: MouseEvent| pointed.set(None))
    };
    let onclick = {
        let (ram, send) = (ram.clone(), send.clone());
        Callback::from(move |event: MouseEvent| {
            let owner = frame_at(&event)
                .and_then(|at| ram.cells.get(at))
                .and_then(|cell| cell.owner);
            if owner.is_some() {
                send.emit(Msg::Select(owner));
            }
        })
    };
    let onkeydown = {
        let (pointed, count) = (pointed.clone(), ram.cells.len());
        Callback::from(move |event: KeyboardEvent| {
            let at = pointed.unwrap_or(0);
            let next = match event.key().as_str() {
                "ArrowRight" => at + 1,
                "ArrowLeft" => at.saturating_sub(1),
                "ArrowDown" => at + 32,
                "ArrowUp" => at.saturating_sub(32),
                _ => return,
            };
            event.prevent_default();
            pointed.set(Some(next.min(count.saturating_sub(1))));
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
    let mut counts = [0_usize; KINDS.len()];
    for cell in &ram.cells {
        counts[cell.kind as usize] += 1;
    }
    let count_of = |kind: FrameKind| counts[kind as usize];
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
            <canvas ref={canvas} tabindex="0" role="img" aria-label={title} {onmousemove} {onmouseleave} {onclick} {onkeydown}></canvas>
            <div class="flashes" ref={flashes} aria-hidden="true"></div>
            <ul class="legend">{ for legend }</ul>
            if !disk.used.is_empty() { { swap(lang, disk, &owner_table) } }
        </div>
    }
}
