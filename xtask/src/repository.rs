//! Where things are in the repository, and where what is built goes.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn root() -> PathBuf {
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir
        .parent()
        .map_or_else(|| manifest_dir.clone(), Path::to_path_buf)
}

/// The static site: what `build` makes and what the page's tests drive.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// The page's module as the compiler leaves it, with the names of its functions.
pub fn wasm_module() -> PathBuf {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("wasm32-unknown-unknown/release/frontend.wasm")
}
