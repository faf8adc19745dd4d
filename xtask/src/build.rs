//! `cargo xtask build`: the static site, the single file and the size report.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::process::{at_root, run as run_command};
use crate::{pack, parts, report, repository, setup, shorten, single_file};

pub const SINGLE_FILE: &str = "ringside.html";

pub fn run() -> Result<ExitCode> {
    site()?;
    let report = report::measure(&repository::dist())?;
    print!("{report}{}", parts::measure(&repository::wasm_module())?);
    Ok(ExitCode::SUCCESS)
}

/// `dist/` and, in it, the page as one file that works from disk.
pub fn site() -> Result<()> {
    let tools = setup::build_tools()?;
    run_command(
        at_root(&tools.trunk)
            .args(["build", "--release", "--offline"])
            .env("PATH", &tools.path)
            .envs(tools.small.iter().copied()),
    )?;
    let dist = repository::dist();
    shorten::site(&dist, tools.esbuild.as_deref())?;
    let page = single_file::make(&dist)?;
    let file = dist.join(SINGLE_FILE);
    fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    if let Err(error) = pack::site(&dist, &tools.path) {
        println!("build: the module stays unpacked, which costs 54 KB ({error:#})");
    }
    println!("built {} and {}", dist.display(), file.display());
    Ok(())
}
