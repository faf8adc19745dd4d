//! The thread that ties a chosen process together: window, row in the task list, frames.

use crate::app;
use crate::markup::html;
use crate::viz::grid;
use sim_core::view::RamView;
use wasm_bindgen::JsCast;
use web_sys::{DomRect, Element, HtmlElement};
use yew::prelude::*;

/// Frames that get a line of their own.
const LINES: usize = 3;

fn rect(stage: &Element, selector: &str) -> Option<DomRect> {
    Some(
        stage
            .query_selector(selector)
            .ok()??
            .get_bounding_client_rect(),
    )
}

/// Whole pixels: printing floats would cost the page 5 KB.
fn curve(from: (f64, f64), to: (f64, f64)) -> String {
    let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(|v| v as i32);
    let middle = (y1 + y2) / 2;
    format!("M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}")
}

/// A small ring.
fn knot_at(place: (f64, f64)) -> String {
    let [x, y] = [place.0, place.1].map(|v| (v as i32).to_string());
    ["M", &x, " ", &y, "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0"].concat()
}

/// Paths in the stage's own coordinates, from where the parts stand on the screen.
fn paths(selected: u64, ram: &RamView) -> Option<String> {
    let stage = web_sys::window()?.document()?.get_element_by_id("stage")?;
    let origin = stage.get_bounding_client_rect();
    // For a projector everything is drawn larger than it is counted, the paths, too.
    let counted = stage.dyn_ref::<HtmlElement>()?.offset_width();
    let larger = origin.width() / f64::from(counted.max(1));
    let at = |x: f64, y: f64| ((x - origin.x()) / larger, (y - origin.y()) / larger);
    let row = rect(&stage, &format!("tr[data-task='{selected}']"));
    let canvas = rect(&stage, "canvas")?;
    let window = rect(&stage, &format!("article[data-task='{selected}']"));
    let middle = |rect: &DomRect| rect.x() + rect.width() / 2.0;
    let mut path = String::new();
    // Where the task list is not shown the window holds the threads.
    let knot = match (row.filter(|row| row.width() > 0.0), window) {
        (None, None) => return None,
        (None, Some(window)) => at(middle(&window), window.bottom()),
        // Beside the row: on it, the thread would cross the names above.
        (Some(row), window) => {
            let middle_y = row.y() + row.height() / 2.0;
            // A row that is scrolled away is tied where the list ends.
            let y = rect(&stage, ".tasks")
                .map_or(middle_y, |list| middle_y.max(list.top()).min(list.bottom()));
            let beside = at(row.x() - 6.0, y);
            path.push_str(&knot_at(beside));
            if let Some(window) = window {
                let from = at(middle(&window), window.bottom());
                path.push_str(&curve(from, beside));
            }
            beside
        }
    };
    let (width, height) = (canvas.width() / larger, canvas.height() / larger);
    let grid = grid::fit(ram.cells.len(), width, height);
    let corner = at(canvas.x(), canvas.y());
    let mine: Vec<usize> = ram
        .cells
        .iter()
        .enumerate()
        .filter(|(_, c)| c.selected)
        .map(|(at, _)| at)
        .collect();
    let stride = mine.len().div_ceil(LINES).max(1);
    for frame in mine.iter().step_by(stride) {
        let (x, y) = grid.place(*frame);
        let to = (corner.0 + x + grid.cell / 2.0, corner.1 + y);
        path.push_str(&curve(knot, to));
    }
    Some(path)
}

/// Draws the paths of a chosen process; none without one.
pub fn draw(selected: Option<u64>, ram: &RamView) {
    let path = selected
        .and_then(|task| paths(task, ram))
        .unwrap_or_default();
    if let Some(svg) = app::find(".thread path") {
        let _set = svg.set_attribute("d", &path);
    }
}

pub fn html(colour: u8) -> Html {
    let own = ["--own:var(--p", &colour.to_string(), ")"].concat();
    html! { <svg class="thread" style={own} aria-hidden="true"><path></path></svg> }
}
