//! `cargo xtask conformance DIR`: recorded cases, run against the model.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::process::{cargo, run_with_its_exit_code};

/// Exits with 1 when a case differs and with 2 when the cases cannot be run.
pub fn run(parser: &mut lexopt::Parser) -> Result<ExitCode> {
    run_with_its_exit_code(
        cargo()
            .args([
                "run",
                "--quiet",
                "--profile",
                "fast",
                "--package",
                "conformance",
            ])
            .arg("--")
            .args(args_from_root(parser)?),
    )
}

/// The arguments that remain. A first one that is a path was meant where the user stands, and the
/// command will run at the top of the repository.
pub fn args_from_root(parser: &mut lexopt::Parser) -> Result<Vec<OsString>> {
    let mut args: Vec<OsString> = parser.raw_args()?.collect();
    if let Some(first) = args.first_mut()
        && Path::new(&first).exists()
    {
        *first = env::current_dir()?.join(&first).into_os_string();
    }
    Ok(args)
}
