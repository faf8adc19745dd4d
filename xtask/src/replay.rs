//! `cargo xtask replay FILE`: a session script, run natively.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::process::{cargo, run_as_exit_code};

pub fn run(parser: &mut lexopt::Parser) -> Result<ExitCode> {
    let mut args: Vec<OsString> = parser.raw_args()?.collect();
    let Some(file) = args.first_mut() else {
        bail!("replay what? cargo xtask replay FILE");
    };
    // The model runs at the top of the repository, the name was meant where the user stands.
    *file = absolute(file)?;
    run_as_exit_code(
        cargo()
            .args([
                "run",
                "--quiet",
                "--profile",
                "fast",
                "--package",
                "sim-core",
            ])
            .args(["--example", "replay", "--"])
            .args(args),
    )
}

fn absolute(file: &OsString) -> Result<OsString> {
    let file = env::current_dir()?.join(PathBuf::from(file));
    if file.exists() {
        Ok(file.into_os_string())
    } else {
        bail!("there is no file {}", file.display())
    }
}
