//! The page in a real browser.
//!
//! A [`Page`] is the built site, served by this process from a sub-path, open in a headless browser
//! of its own. Its methods wait for the browser and panic with what they found instead: this crate
//! is only for tests. `cargo xtask test --only e2e` builds the site and runs them.

mod browser;
mod command;
mod driver;
mod page;
pub mod site;

pub use browser::Browser;
pub use page::{Page, PageOptions, Scheme, by_id};

use std::env;
use std::path::{Path, PathBuf};

/// The built site.
///
/// # Panics
/// When it has not been built.
pub fn dist() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist");
    assert!(
        dist.join("index.html").is_file(),
        "there is no built page in {}; run `cargo xtask build` first",
        dist.display()
    );
    dist
}

/// Where screenshots go: `screenshots/` in the target directory.
///
/// # Panics
/// When it cannot be created.
pub fn screenshots_dir() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    let dir = target.join("screenshots");
    std::fs::create_dir_all(&dir)
        .unwrap_or_else(|error| panic!("cannot create {}: {error}", dir.display()));
    dir
}
