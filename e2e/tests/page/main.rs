//! The built page, driven as a visitor would.

mod accessible;
mod container;
mod embedding;
mod eyes;
mod failures;
mod keyboard;
mod loading;
mod memory;
mod programs;
mod refusal;
mod settings;
mod single_file;
mod story;
mod time;

use e2e::{Page, by_id};

/// The selector of the task rows of a program.
fn task_row(comm: &str) -> String {
    format!("{}[data-comm=\"{comm}\"]", by_id("task-row"))
}

/// The selector of the windows of a program.
fn window(comm: &str) -> String {
    format!("{}[data-comm=\"{comm}\"]", by_id("window"))
}

/// Clicks a program's Launch button and waits for its window.
fn launch(page: &Page, button: &str, comm: &str) {
    page.click(&by_id(button));
    page.wait_for_selector(&window(comm));
}
