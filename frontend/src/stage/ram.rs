//! RAM: every frame a cell, coloured and marked by its owner.

use crate::app::Msg;
use crate::i18n::Lang;
use crate::markup::html;
use crate::viz::grid::{self, Grid};
use crate::viz::palette;
use sim_core::store::SortedMap;
use sim_core::view::{
    DiskView, EyesView, FrameCell, FrameKind, RamView, SlotView, StripCell, TaskRow,
};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};
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

/// Owner of a frame: colour and letter.
type Owners = SortedMap<u64, (u8, char)>;

fn owners(tasks: &[TaskRow]) -> Owners {
    let each = tasks.iter().map(|t| {
        (
            t.task,
            (palette::colour(&t.comm, t.pid), palette::letter(&t.comm)),
        )
    });
    each.collect()
}

#[derive(PartialEq)]
struct Ink {
    process: Vec<String>,
    free: String,
    kernel: String,
    cache: String,
    shared: String,
    mark: String,
    outline: String,
    pointer: String,
    on_pointer: String,
}

/// Colours are the style sheet's.
fn ink(canvas: &HtmlCanvasElement) -> Option<Ink> {
    let style = web_sys::window()?.get_computed_style(canvas).ok()??;
    let token = |name: &str| {
        style
            .get_property_value(name)
            .unwrap_or_default()
            .trim()
            .to_string()
    };
    Some(Ink {
        process: (1..=palette::COLOURS)
            .map(|nr| token(&format!("--p{nr}")))
            .collect(),
        free: token("--free"),
        kernel: token("--sys"),
        cache: token("--cache"),
        shared: token("--shared"),
        mark: token("--mark"),
        outline: token("--ink"),
        pointer: token("--box"),
        on_pointer: token("--box-ink"),
    })
}

/// Width, height, grid: the canvas has the size that the layout gives it.
fn fit(canvas: &HtmlCanvasElement, count: usize) -> (f64, f64, Grid) {
    let (width, height) = (
        f64::from(canvas.client_width()),
        f64::from(canvas.client_height()),
    );
    (width, height, grid::fit(count, width, height))
}

/// What a canvas shows, and how.
struct Drawn {
    ram: Rc<RamView>,
    owners: Owners,
    way: Rc<Vec<u64>>,
    ink: Ink,
    grid: Grid,
    /// Width and height in device pixels.
    pixels: (u32, u32),
}

/// The cells that are not what they were; none if those were of another machine.
fn changed(was: &RamView, is: &RamView) -> Option<Vec<usize>> {
    let both = was.cells.iter().zip(&is.cells).enumerate();
    let changed = both.filter(|(_, (was, is))| was != is).map(|(at, _)| at);
    (was.cells.len() == is.cells.len()).then(|| changed.collect())
}

impl Drawn {
    /// Whether it is enough to draw some cells anew.
    fn is_kept(&self, to: &Drawn, cells: &[usize]) -> bool {
        // The outline of a chosen frame reaches into its neighbours.
        let is_plain = |ram: &RamView| !cells.iter().any(|at| ram.cells[*at].selected);
        self.way.is_empty()
            && to.way.is_empty()
            && self.pixels == to.pixels
            && self.grid == to.grid
            && self.ink == to.ink
            && self.owners == to.owners
            && is_plain(&self.ram)
            && is_plain(&to.ram)
    }
}

/// Draws what has changed since: 65,536 frames would take 60 ms.
fn draw(
    canvas: &HtmlCanvasElement,
    was: Option<(&Drawn, &[usize])>,
    (ram, owners, way): (&Rc<RamView>, &Owners, &Rc<Vec<u64>>),
) -> Option<Drawn> {
    let ratio = web_sys::window()?.device_pixel_ratio();
    let (width, height, grid) = fit(canvas, ram.total_frames as usize);
    let to = Drawn {
        ram: ram.clone(),
        owners: owners.clone(),
        way: way.clone(),
        ink: ink(canvas)?,
        grid,
        pixels: ((width * ratio) as u32, (height * ratio) as u32),
    };
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let cells = was.and_then(|(was, cells)| was.is_kept(&to, cells).then_some(cells));
    let ink = &to.ink;
    if cells.is_none() {
        canvas.set_width((width * ratio) as u32);
        canvas.set_height((height * ratio) as u32);
        context.scale(ratio, ratio).ok()?;
        context.set_font(&format!(
            "600 {}px ui-monospace, Menlo, Consolas, monospace",
            (grid.cell * 0.78) as u32
        ));
        context.set_text_align("center");
        context.set_text_baseline("middle");
    }
    let owner = |cell: &FrameCell| cell.owner.and_then(|o| owners.get(&o)).copied();
    let one = |at: usize| {
        let Some(cell) = ram.cells.get(at) else {
            return;
        };
        let place = grid.place(at);
        let fill = match cell.kind {
            FrameKind::Free => &ink.free,
            FrameKind::Kernel => &ink.kernel,
            FrameKind::PageCache => &ink.cache,
            FrameKind::Shared => &ink.shared,
            FrameKind::Process | FrameKind::PageTable => owner(cell)
                .and_then(|(nr, _)| ink.process.get(usize::from(nr) - 1))
                .unwrap_or(&ink.kernel),
        };
        context.set_fill_style_str(fill);
        context.fill_rect(place.0, place.1, grid.cell, grid.cell);
        let letter = owner(cell).map(|(_, letter)| letter);
        mark(&context, ink, &grid, place, cell, letter);
    };
    match cells {
        Some(cells) => cells.iter().copied().for_each(one),
        None => (0..ram.cells.len()).for_each(one),
    }
    let half = grid.cell / 2.0;
    let places: Vec<(f64, f64)> = way.iter().map(|pfn| grid.place(*pfn as usize)).collect();
    for (style, width) in [(&ink.outline, 4.0), (&ink.pointer, 2.0)] {
        context.set_stroke_style_str(style);
        context.set_line_width(width);
        context.begin_path();
        for (x, y) in &places {
            context.line_to(x + half, y + half);
        }
        context.stroke();
        for (x, y) in &places {
            context.stroke_rect(x - 2.0, y - 2.0, grid.cell + 4.0, grid.cell + 4.0);
        }
    }
    for (nr, (x, y)) in places.iter().enumerate() {
        context.set_fill_style_str(&ink.pointer);
        context.fill_rect(x - 2.0, y - 2.0, grid.cell + 4.0, grid.cell + 4.0);
        context.set_fill_style_str(&ink.on_pointer);
        let text = if places.len() > 1 {
            (nr + 1).to_string()
        } else {
            String::new()
        };
        let _drawn = context.fill_text(&text, x + half, y + half + 0.5);
    }
    Some(to)
}

/// Changed cells above which nothing flashes: that is another machine, or another moment.
const FLASHES: usize = 64;

/// Rings around the frames that have just changed hands; the style sheet moves them.
fn flash(canvas: &HtmlCanvasElement, to: &Element, was: &Drawn, is: &Drawn, cells: &[usize]) {
    if cells.len() > FLASHES {
        return;
    }
    let changed = cells.iter().filter_map(|at| {
        let (was, is) = (was.ram.cells[*at], is.ram.cells[*at]);
        let has_moved = (was.kind, was.owner) != (is.kind, is.owner);
        has_moved.then_some((*at, is.kind, is.owner.or(was.owner)))
    });
    let grid = is.grid;
    if to.child_element_count() as usize > 4 * FLASHES {
        to.set_inner_html("");
    }
    let (left, top) = (canvas.offset_left(), canvas.offset_top());
    for (at, kind, owner) in changed {
        let (x, y) = grid.place(at);
        let class = match kind {
            FrameKind::Free => "out",
            _ => "in",
        };
        let colour = owner
            .and_then(|o| is.owners.get(&o).or_else(|| was.owners.get(&o)))
            .map_or(0, |(nr, _)| *nr);
        let html = format!(
            "<i class={class} style='left:{}px;top:{}px;width:{size}px;height:{size}px;--own:var(--p{colour},var(--ink-2))'></i>",
            left + x as i32,
            top + y as i32,
            size = grid.cell as i32,
        );
        let _added = to.insert_adjacent_html("beforeend", &html);
    }
}

/// What tells the kinds apart without colour: letters, stripes, dots and holes.
fn mark(
    context: &CanvasRenderingContext2d,
    ink: &Ink,
    grid: &Grid,
    (x, y): (f64, f64),
    cell: &FrameCell,
    letter: Option<char>,
) {
    let size = grid.cell;
    if size >= 4.0 {
        context.set_fill_style_str(&ink.mark);
        match cell.kind {
            FrameKind::Process if size >= 8.0 => {
                let text = letter.unwrap_or('?').to_string();
                let _drawn = context.fill_text(&text, x + size / 2.0, y + size / 2.0 + 0.5);
            }
            // A table: a frame with a hole.
            FrameKind::PageTable => {
                context.clear_rect(x + size * 0.3, y + size * 0.3, size * 0.4, size * 0.4)
            }
            FrameKind::Shared => {
                context.fill_rect(x, y + size * 0.2, size, size * 0.18);
                context.fill_rect(x, y + size * 0.6, size, size * 0.18);
            }
            FrameKind::PageCache => {
                context.fill_rect(x + size * 0.4, y + size * 0.4, size * 0.2, size * 0.2)
            }
            FrameKind::Kernel => {
                context.fill_rect(x + size * 0.2, y + size * 0.42, size * 0.6, size * 0.16)
            }
            FrameKind::Process | FrameKind::Free => {}
        }
    }
    if cell.selected {
        context.set_stroke_style_str(&ink.outline);
        context.set_line_width(if size >= 8.0 { 2.0 } else { 1.0 });
        context.stroke_rect(x - 0.5, y - 0.5, size + 1.0, size + 1.0);
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
                let mut drawn = drawn.borrow_mut();
                let was = drawn.take();
                let cells = was.as_ref().and_then(|was| changed(&was.ram, &ram));
                let both = was.as_ref().zip(cells.as_deref());
                *drawn = draw(&canvas, both, (&ram, &table, &way));
                if let (Some(flashes), Some((was, cells)), Some(drawn)) =
                    (flashes.cast::<Element>(), both, drawn.as_ref())
                {
                    flash(&canvas, &flashes, was, drawn, cells);
                }
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
            let frame = (ram.first + at as u64).to_string();
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
