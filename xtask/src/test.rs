//! `cargo xtask test`: every test there is, natively, in wasm and of the page.

use std::process::{Command, ExitCode};
use std::str::FromStr;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::browser::{self, Browser};
use crate::process::{cargo, run as run_command};
use crate::steps::{Outcome, Steps};
use crate::{build, setup};

/// The crates that run in the browser.
const WASM_CRATES: [&str; 3] = ["sim-core", "conformance", "frontend"];

pub struct Options {
    browser: Browser,
    only: Option<Group>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Fmt,
    Clippy,
    Native,
    Wasm,
    EndToEnd,
}

impl FromStr for Group {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "fmt" => Ok(Self::Fmt),
            "clippy" => Ok(Self::Clippy),
            "native" => Ok(Self::Native),
            "wasm" => Ok(Self::Wasm),
            "e2e" => Ok(Self::EndToEnd),
            other => Err(format!(
                "no step '{other}': fmt, clippy, native, wasm or e2e"
            )),
        }
    }
}

impl Options {
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Self> {
        let mut options = Self {
            browser: Browser::Chromium,
            only: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Long("browser") => options.browser = parser.value()?.parse()?,
                Long("only") => options.only = Some(parser.value()?.parse()?),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }

    fn includes(&self, group: Group) -> bool {
        self.only.is_none_or(|only| only == group)
    }
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let mut steps = Steps::default();
    if options.includes(Group::Fmt) {
        steps.run("fmt", formatting);
    }
    if options.includes(Group::Clippy) {
        steps.run("clippy native", clippy_native);
        steps.run("clippy wasm", clippy_wasm);
    }
    if options.includes(Group::Native) {
        steps.run("tests native", native_tests);
    }
    if options.includes(Group::Wasm) {
        for package in WASM_CRATES {
            let step = format!("tests wasm {package}");
            steps.run(&step, || wasm_tests(package, options.browser));
        }
    }
    if options.includes(Group::EndToEnd) {
        let built = steps.run("build page", build::site);
        steps.run("tests end to end", || match built {
            Outcome::Passed => end_to_end_tests(options.browser),
            Outcome::Failed => bail!("not run: there is no page to test"),
        });
    }
    Ok(steps.finish())
}

fn formatting() -> Result<()> {
    setup::component("fmt", "rustfmt")?;
    run_command(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy_native() -> Result<()> {
    setup::component("clippy", "clippy")?;
    run_command(
        cargo()
            .args(["clippy", "--workspace", "--all-targets"])
            .args(["--", "-D", "warnings"]),
    )
}

fn clippy_wasm() -> Result<()> {
    setup::component("clippy", "clippy")?;
    setup::wasm_target()?;
    let mut clippy = cargo();
    clippy.arg("clippy");
    for package in WASM_CRATES {
        clippy.args(["--package", package]);
    }
    run_command(for_wasm(&mut clippy).args(["--all-targets", "--", "-D", "warnings"]))
}

fn native_tests() -> Result<()> {
    run_command(cargo().args(["test", "--workspace", "--exclude", "e2e", "--no-fail-fast"]))
}

/// The tests of a crate that are marked for wasm, each test file in a page of its own.
fn wasm_tests(package: &str, browser: Browser) -> Result<()> {
    let runner = setup::wasm_test_runner()?;
    let driver = browser::ensure(browser)?;
    let mut test = cargo();
    test.args(["test", "--package", package, "--no-fail-fast"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
        .env(browser.driver_variable(), driver)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        // Seconds. The longest runs a script of 10,000 commands on a busy machine.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300");
    run_command(for_wasm(&mut test))
}

fn end_to_end_tests(browser: Browser) -> Result<()> {
    let driver = browser::ensure(browser)?;
    run_command(
        cargo()
            .args(["test", "--package", "e2e", "--no-fail-fast"])
            .env("RINGSIDE_AXE", setup::axe()?)
            .env("RINGSIDE_BROWSER", browser.name())
            .env(browser.driver_variable(), driver),
    )
}

fn for_wasm(command: &mut Command) -> &mut Command {
    command.args(["--target", "wasm32-unknown-unknown"])
}
