//! The commands of the repository. `cargo xtask help` lists them.

mod bench;
mod browser;
mod build;
mod conformance;
mod pack;
mod parts;
mod process;
mod recorder;
mod replay;
mod report;
mod repository;
mod serve;
mod setup;
mod shorten;
mod single_file;
mod steps;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

const USAGE: &str = "\
cargo xtask <command>

  serve [--port N] [--open]  set up what is missing, then serve the page and rebuild it on change
  test  [--only STEP] [--browser chromium|firefox]
                             set up what is missing, then every test;
                             STEP is one of fmt, clippy, native, wasm, e2e
  build                      the static site in dist/, dist/ringside.html, and the size report
  replay FILE                run a session script natively: its event trace and final digest
  conformance DIR [--only TEXT] [--steps]
                             cases recorded on a real kernel, run against the model
  record DIR [--check] [--only TEXT]
                             record the outcomes of cases again on the kernel of this machine (as
                             root), or only compare them with it
  drift N [--seed S] [--kind K] [--mutate DIR]
                             N random walks of each kind on the kernel of this machine (as root)
                             and on the model (K: proc, mem, mount, cred, signals, files, overlay,
                             names, ipc, groups, net), or of N cases of DIR with something changed
  bench [--only PART]        the benchmarks; PART is one of native, wasm, first-click, frames
  setup                      only set up what the other commands need

Tools are kept in $RINGSIDE_TOOLS, or else in ringside/tools of the user's cache directory.";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut parser = lexopt::Parser::from_env();
    let command = match parser.next()? {
        Some(Value(name)) => name.string()?,
        Some(Short('h') | Long("help")) | None => "help".to_string(),
        Some(other) => return Err(other.unexpected().into()),
    };
    match command.as_str() {
        "serve" => serve::run(&serve::Options::parse(&mut parser)?),
        "test" => test::run(&test::Options::parse(&mut parser)?),
        "build" => {
            nothing_more(&mut parser)?;
            build::run()
        }
        "replay" => replay::run(&mut parser),
        "conformance" => conformance::run(&mut parser),
        "record" => recorder::run("record", conformance::args_from_root(&mut parser)?),
        "drift" => recorder::run("drift", parser.raw_args()?.collect()),
        "bench" => bench::run(&bench::Options::parse(&mut parser)?),
        "setup" => {
            nothing_more(&mut parser)?;
            setup::everything()
        }
        "help" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no command '{other}'\n\n{USAGE}"),
    }
}

fn nothing_more(parser: &mut lexopt::Parser) -> Result<()> {
    match parser.next()? {
        None => Ok(()),
        Some(argument) => Err(argument.unexpected().into()),
    }
}
