//! `cargo xtask serve`: the page at an address on this machine, rebuilt when a file changes.

use std::process::ExitCode;

use anyhow::Result;
use lexopt::prelude::*;

use crate::process::{at_root, run_as_exit_code};
use crate::setup;

pub struct Options {
    port: u16,
    opening: Opening,
}

#[derive(PartialEq, Eq)]
enum Opening {
    PrintAddress,
    OpenBrowser,
}

impl Options {
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self {
            port: 8080,
            opening: Opening::PrintAddress,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("port") => options.port = parser.value()?.parse()?,
                Long("open") => options.opening = Opening::OpenBrowser,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let tools = setup::build_tools()?;
    println!(
        "Ringside will be at http://127.0.0.1:{}/ once it is built (Ctrl-C stops it)",
        options.port
    );
    let mut trunk = at_root(&tools.trunk);
    trunk
        .args(["serve", "--release", "--offline", "--address", "127.0.0.1"])
        .args(["--port", &options.port.to_string()])
        .env("PATH", &tools.path);
    if options.opening == Opening::OpenBrowser {
        trunk.arg("--open");
    }
    run_as_exit_code(&mut trunk)
}
