//! What each command needs before it can run, installed when it is missing.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::browser::{self, Browser};
use crate::process::{cargo, find_on_path, output_of, run};
use crate::tools::{self, AXE, BINARYEN, ESBUILD, TRUNK, WASM_BINDGEN};

const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// What a build of the page runs with.
pub struct BuildTools {
    pub trunk: PathBuf,
    /// The search path with the pinned tools in front: trunk looks for its helpers there.
    pub path: OsString,
    /// esbuild, where it can be had.
    pub esbuild: Option<PathBuf>,
    /// What the compiler is told by its environment when the page is to be small.
    pub small: &'static [(&'static str, &'static str)],
}

/// Compiles the standard library with the page, for size, and a panic to a trap: what it would
/// have said is 4 % of the page (18 KB in brotli), and no input can cause one. The compiler knows
/// this as unstable; the Linux kernel's build asks a stable compiler for such things in this way.
const OWN_STD: &[(&str, &str)] = &[
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std"),
    (
        "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
        "-Zunstable-options -Cpanic=immediate-abort",
    ),
];

/// All that `serve`, `build` and `test` need.
pub fn everything() -> Result<ExitCode> {
    build_tools()?;
    browser::ensure(Browser::Chromium)?;
    println!("setup: tools are in {}", tools::cache_dir()?.display());
    Ok(ExitCode::SUCCESS)
}

/// The compiler's wasm target, trunk, wasm-bindgen and, where npm is there, wasm-opt.
pub fn build_tools() -> Result<BuildTools> {
    wasm_target()?;
    let small = match std_source() {
        Ok(()) => OWN_STD,
        Err(error) => {
            println!("setup: the page will be larger than it need be ({error:#})");
            &[]
        }
    };
    page_crates(&[])?;
    page_crates(small)?;
    let trunk = TRUNK.ensure()?;
    let wasm_bindgen = WASM_BINDGEN.ensure()?;
    let wasm_opt = match BINARYEN.ensure() {
        Ok(dir) => dir,
        Err(error) => {
            println!(
                "setup: no wasm-opt, the page will be larger than it need be ({error:#}). \
                 Install Node.js with npm to have it."
            );
            wasm_opt_stand_in()?
        }
    };
    let esbuild = ESBUILD.ensure_file();
    if let Err(error) = &esbuild {
        println!("setup: no esbuild, the page's script stays as it is ({error:#})");
    }
    let mut dirs = vec![trunk.clone(), wasm_bindgen, wasm_opt];
    dirs.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    Ok(BuildTools {
        trunk: trunk.join(format!("trunk{}", env::consts::EXE_SUFFIX)),
        path: env::join_paths(dirs).context("a tool directory cannot stand in PATH")?,
        esbuild: esbuild.ok(),
        small,
    })
}

/// The script that finds what bars people from a page.
pub fn axe() -> Result<PathBuf> {
    AXE.ensure_file()
}

/// The runner of tests compiled to wasm.
pub fn wasm_test_runner() -> Result<PathBuf> {
    wasm_target()?;
    Ok(WASM_BINDGEN.ensure()?.join(format!(
        "wasm-bindgen-test-runner{}",
        env::consts::EXE_SUFFIX
    )))
}

/// The standard library for wasm, by rustup where there is one.
pub fn wasm_target() -> Result<()> {
    if rustlib()?.join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    let Some(rustup) = find_on_path(&["rustup"]) else {
        bail!("the compiler has no {WASM_TARGET} target; install it the way Rust was installed");
    };
    println!("setup: adding the compiler's target {WASM_TARGET} with rustup (once)");
    run(Command::new(rustup).args(["target", "add", WASM_TARGET]))
}

/// Where the compiler has its standard libraries.
fn rustlib() -> Result<PathBuf> {
    let sysroot = output_of("rustc", &["--print", "sysroot"])
        .context("rustc is not on the PATH; install Rust with rustup")?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib"))
}

/// The standard library's source, by rustup where there is one.
fn std_source() -> Result<()> {
    if rustlib()?.join("src/rust/library/Cargo.lock").is_file() {
        return Ok(());
    }
    let Some(rustup) = find_on_path(&["rustup"]) else {
        bail!("the compiler has no source of its standard library (rust-src)");
    };
    println!("setup: adding rust-src to the Rust toolchain with rustup (once)");
    run(Command::new(rustup).args(["component", "add", "rust-src"]))
}

/// The crates that the page is built from: trunk, kept offline, has cargo download nothing.
fn page_crates(compiler: &[(&str, &str)]) -> Result<()> {
    run(cargo()
        .args(["fetch", "--quiet", "--target", WASM_TARGET])
        .envs(compiler.iter().copied()))
}

/// A part of the Rust toolchain that a minimal installation lacks.
pub fn component(cargo_command: &str, component: &str) -> Result<()> {
    if output_of("cargo", &[cargo_command, "--version"]).is_some() {
        return Ok(());
    }
    let Some(rustup) = find_on_path(&["rustup"]) else {
        bail!("`cargo {cargo_command}` is missing; install it the way Rust was installed");
    };
    println!("setup: adding {component} to the Rust toolchain with rustup (once)");
    run(Command::new(rustup).args(["component", "add", component]))
}

/// Trunk stops when index.html asks for wasm-opt and there is none, so without one it gets a
/// program of that name which copies its input.
#[cfg(unix)]
fn wasm_opt_stand_in() -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt;

    const SCRIPT: &str = r#"#!/bin/sh
# Stands in for wasm-opt where it cannot be installed: copies the module unchanged.
[ "$1" = --version ] && { echo "wasm-opt version none"; exit 0; }
for argument in "$@"; do
  case "$argument" in
    --output=*) output="${argument#--output=}" ;;
    -*) ;;
    *) input="$argument" ;;
  esac
done
exec cp -- "$input" "$output"
"#;
    let dir = tools::cache_dir()?.join("no-wasm-opt");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let file = dir.join("wasm-opt");
    fs::write(&file, SCRIPT).with_context(|| format!("cannot write {}", file.display()))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    Ok(dir)
}

#[cfg(not(unix))]
fn wasm_opt_stand_in() -> Result<PathBuf> {
    bail!("without wasm-opt the page can only be built on a Unix system")
}
