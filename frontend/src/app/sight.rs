//! What is spoken of or looked at is brought into sight. Only boxes of this page are scrolled: the
//! browser's own `scrollIntoView` would move the page that embeds this one, too.

use crate::app;
use crate::story::light;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// What scrolls: the task list, the windows, the panels, and on a small page the stage.
const SCROLLS: &str = ".tasks, .apps, .memory, .sched, .views, .place";

const AIR_PX: f64 = 8.0;

/// How far a box must be scrolled on so that `from..to` lies within `low..high`; what is larger
/// begins where the box does.
fn shift(from: f64, to: f64, low: f64, high: f64) -> i32 {
    let way = if from < low || to - from > high - low {
        from - low
    } else {
        (to - high).max(0.0)
    };
    // Away from zero: a part of a pixel would stay hidden.
    if way < 0.0 {
        way.floor() as i32
    } else {
        way.ceil() as i32
    }
}

/// What is around an element and scrolls.
fn around(element: &Element, scrolls: &str) -> Option<HtmlElement> {
    let found = element.parent_element()?.closest(scrolls).ok()??;
    found.dyn_into().ok()
}

/// Where the head of a list stays in place, what lies under it is not seen.
fn head_px(list: &Element) -> f64 {
    let head = list.query_selector(":scope > table > thead").ok().flatten();
    head.map_or(0.0, |head| head.get_bounding_client_rect().height())
}

fn scroll(element: &Element, scrolls: &str) {
    // A panel is shown from its start, wherever an earlier step has left it.
    if let Ok(Some(panel)) = element.query_selector(".memory, .sched") {
        panel.set_scroll_top(0);
    }
    let mut inner: Element = element.clone();
    while let Some(list) = around(&inner, scrolls) {
        let (what, view) = (
            element.get_bounding_client_rect(),
            list.get_bounding_client_rect(),
        );
        // For a projector everything is drawn larger than it is counted.
        let larger = view.width() / f64::from(list.offset_width().max(1));
        let low = view.top() + head_px(&list);
        let bottom = view.top() + f64::from(list.client_height()) * larger;
        let right = view.left() + f64::from(list.client_width()) * larger;
        // The stage of a small page is cut off by nothing that one sees: some air shows that it is.
        let air = if list.matches(".place").unwrap_or(false) {
            AIR_PX
        } else {
            0.0
        };
        let counted = |px: i32| (f64::from(px) / larger) as i32;
        let down = shift(what.top() - air, what.bottom() + air, low, bottom);
        if down != 0 {
            list.set_scroll_top(list.scroll_top() + counted(down));
        }
        let along = shift(what.left(), what.right(), view.left(), right);
        // Rows are wider than their list, and begin where it does.
        if along != 0 && list.matches(".apps").unwrap_or(false) {
            list.set_scroll_left(list.scroll_left() + counted(along));
        }
        inner = list.into();
    }
}

/// Brings the row and the window of a task into sight, each within its band. A row that a long list
/// leaves out is drawn once the list has been scrolled to where it is.
pub fn task(task: u64, row_px: Option<usize>) {
    let task = task.to_string();
    let of = |tag: &str| app::find(&[tag, "[data-task='", &task, "']"].concat());
    if let Some(row) = of("tr") {
        scroll(&row, ".tasks");
    } else if let (Some(list), Some(row_px)) = (app::find(".tasks"), row_px) {
        list.set_scroll_top(row_px as i32 - list.client_height() / 2);
    }
    if let Some(window) = of("article") {
        let boxed = window.closest(".box").ok().flatten();
        scroll(&boxed.unwrap_or(window), ".apps");
    }
}

/// Brings into sight what the scene's words point at first: those of the task where they are
/// shown, else those of the part that is read.
pub fn words() {
    let shown = |selector: &str| -> Vec<Element> {
        let found = app::root().query_selector_all(selector).ok();
        let nodes = found
            .iter()
            .flat_map(|list| (0..list.length()).map(|at| list.get(at)));
        nodes
            .filter_map(|node| node?.dyn_into::<Element>().ok())
            .filter(|e| e.get_bounding_client_rect().width() > 0.0)
            .collect()
    };
    let mut points = shown(".pane :is(.task, .done) .point");
    if points.is_empty() {
        points = shown(".pane.now .point");
    }
    let named = |point: &Element| {
        let target = point.get_attribute("data-target")?;
        let selector = match light::frames_of(&target) {
            Some(_) => light::selector("ram"),
            None => light::selector(&target),
        };
        Some(shown(selector?.trim())).filter(|found| !found.is_empty())
    };
    // Of several that it names the first, and as many of the others as there is room for.
    for element in points.iter().find_map(named).iter().flatten().rev() {
        scroll(element, SCROLLS);
    }
}

#[cfg(test)]
mod tests {
    use super::shift;

    #[test]
    fn a_box_is_scrolled_no_further_than_it_must() {
        // Within, above, below, partly below, larger.
        let found = [
            shift(20.0, 30.0, 10.0, 100.0),
            shift(-5.5, 4.5, 10.0, 100.0),
            shift(120.0, 130.0, 10.0, 100.0),
            shift(95.2, 105.2, 10.0, 100.0),
            shift(20.0, 300.0, 10.0, 100.0),
        ];
        assert_eq!(found, [0, -16, 30, 6, 10]);
    }
}
