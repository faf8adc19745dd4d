//! `cargo xtask bench`: the model natively and in wasm, and how soon the page answers a click,
//! and what a frame costs.

use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Result;
use lexopt::prelude::*;

use crate::browser::{self, Browser};
use crate::process::{cargo, run as run_command};
use crate::steps::Steps;
use crate::{build, repository, setup};

pub struct Options {
    only: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Native,
    Wasm,
    FirstClick,
    Frames,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "native" => Ok(Self::Native),
            "wasm" => Ok(Self::Wasm),
            "first-click" => Ok(Self::FirstClick),
            "frames" => Ok(Self::Frames),
            other => Err(format!(
                "no part '{other}': native, wasm, first-click or frames"
            )),
        }
    }
}

impl Options {
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self { only: None };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("only") => options.only = Some(parser.value()?.parse()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }

    fn includes(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let mut steps = Steps::default();
    if options.includes(Part::Native) && is_there("sim-core/examples/bench.rs") {
        steps.run("model native", native);
    }
    if options.includes(Part::Wasm) && is_there("sim-core/benches/wasm.rs") {
        steps.run("model wasm", in_wasm);
    }
    if options.includes(Part::FirstClick) {
        steps.run("first click", || in_the_page("first_click"));
    }
    if options.includes(Part::Frames) {
        steps.run("frames", || in_the_page("frames"));
    }
    Ok(steps.finish())
}

fn is_there(file: &str) -> bool {
    let found = repository::root().join(file).exists();
    if !found {
        println!("left out: there is no {file}");
    }
    found
}

fn native() -> Result<()> {
    run_command(
        cargo()
            .args([
                "run",
                "--quiet",
                "--profile",
                "fast",
                "--package",
                "sim-core",
            ])
            .args(["--example", "bench"]),
    )
}

/// A bench target in which `#[wasm_bindgen_test]`s print the figures, so that it runs in a headless
/// browser like the tests and is no part of them.
fn in_wasm() -> Result<()> {
    let runner = setup::wasm_test_runner()?;
    let driver = browser::ensure(Browser::Chromium)?;
    run_command(
        cargo()
            .args([
                "test",
                "--release",
                "--package",
                "sim-core",
                "--bench",
                "wasm",
            ])
            .args(["--target", "wasm32-unknown-unknown"])
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
            .env(Browser::Chromium.driver_variable(), driver)
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "600")
            // What a test that passes has printed.
            .args(["--", "--nocapture"]),
    )
}

/// A program that drives the built page.
fn in_the_page(program: &str) -> Result<()> {
    build::site()?;
    let driver = browser::ensure(Browser::Chromium)?;
    run_command(
        cargo()
            .args(["run", "--quiet", "--package", "e2e", "--bin", program])
            .env(Browser::Chromium.driver_variable(), driver),
    )
}
