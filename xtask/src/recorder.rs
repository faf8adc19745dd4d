//! `cargo xtask record DIR` and `cargo xtask drift N`: the kernel of this machine as the judge.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{cargo, run_with_its_exit_code};

/// The program runs again as every process of a world, whose root directory has no shared
/// libraries; so it is linked statically. The target is named for that to be no matter of build
/// scripts and macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const STATIC: &str = "-C target-feature=+crt-static";

/// Exits with 1 when something differs and with 2 when the machine lacks what it takes.
pub fn run(command: &str, args: Vec<OsString>) -> Result<ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("cases are recorded on Linux on x86-64 only");
        return Ok(ExitCode::from(2));
    }
    run_with_its_exit_code(
        cargo()
            .args(["run", "--quiet", "--profile", "recorder"])
            .args(["--package", "recorder", "--target", TARGET])
            .env("RUSTFLAGS", STATIC)
            .args(["--", command])
            .args(args),
    )
}
