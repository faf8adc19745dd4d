//! Lists the case files for the tests that carry them in the binary.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=cases");
    let dir = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("cases");
    let mut files: Vec<PathBuf> = fs::read_dir(&dir)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let list: String = files
        .iter()
        .map(|file| format!("include_str!({file:?}),\n"))
        .collect();
    let out = Path::new(&env::var("OUT_DIR")?).join("cases.rs");
    fs::write(out, format!("&[\n{list}]"))?;
    Ok(())
}
