//! The canvas that RAM is drawn on, and the rings around frames that change hands.

use crate::app;
use crate::viz::grid::{self, Grid};
use crate::viz::palette;
use sim_core::store::SortedMap;
use sim_core::view::{FrameCell, FrameKind, RamView, TaskRow};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

/// Owner of a frame: colour and letter.
pub type Owners = SortedMap<u64, (u8, char)>;

pub fn owners(tasks: &[TaskRow]) -> Owners {
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
pub fn fit(canvas: &HtmlCanvasElement, count: usize) -> (f64, f64, Grid) {
    let (width, height) = (
        f64::from(canvas.client_width()),
        f64::from(canvas.client_height()),
    );
    (width, height, grid::fit(count, width, height))
}

/// What a canvas shows, and how.
pub struct Drawn {
    canvas: HtmlCanvasElement,
    ram: Rc<RamView>,
    owners: Owners,
    way: Rc<Vec<u64>>,
    ink: Ink,
    grid: Grid,
    /// Width and height in device pixels.
    pixels: (u32, u32),
}

/// The cells that are not what they were; none if those were of another machine.
fn changed(was: &Rc<RamView>, is: &Rc<RamView>) -> Option<Vec<usize>> {
    if Rc::ptr_eq(was, is) {
        return Some(Vec::new());
    }
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
            && self.canvas == to.canvas
            && self.pixels == to.pixels
            && self.grid == to.grid
            && self.ink == to.ink
            && self.owners == to.owners
            && is_plain(&self.ram)
            && is_plain(&to.ram)
    }
}

/// Brings the canvas up to date, and rings what has changed hands. The layout may have changed
/// the size since.
pub fn show(drawn: &mut Option<Drawn>, (ram, owners, way): (&Rc<RamView>, &Owners, &Rc<Vec<u64>>)) {
    let was = drawn.take();
    let (canvas, flashes) = (app::find(".ram canvas"), app::find(".flashes"));
    let Some(canvas) = canvas.and_then(|c| c.dyn_into().ok()) else {
        return;
    };
    let canvas: &HtmlCanvasElement = &canvas;
    let cells = was.as_ref().and_then(|was| changed(&was.ram, ram));
    let both = was.as_ref().zip(cells.as_deref());
    *drawn = draw(canvas, both, (ram, owners, way));
    if let (Some(flashes), Some((was, cells)), Some(is)) = (flashes, both, drawn.as_ref()) {
        flash(canvas, &flashes, was, is, cells);
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
        canvas: canvas.clone(),
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
