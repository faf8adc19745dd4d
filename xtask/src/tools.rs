//! The pinned tools: what they are, and how one gets into the cache.
//!
//! Each tool has a directory `<name>-<version>` in the cache, which is per user and outside the
//! clone. It appears there by a rename, so that a directory that exists is a tool that works.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context, Result, bail};

use crate::process::{find_on_path, run};

/// A tool that the page is built or tested with, at one version.
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
    from: Origin,
    /// A file that is there when the tool is, relative to its directory.
    proof: &'static str,
}

/// Which package manager it comes from.
enum Origin {
    Cargo,
    Npm,
}

/// Builds the page and serves it. Later versions need a later compiler than the workspace's.
pub const TRUNK: Tool = Tool {
    name: "trunk",
    version: "0.21.14",
    from: Origin::Cargo,
    proof: "bin/trunk",
};

/// The same version as the `wasm-bindgen` that the workspace pins.
pub const WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen-cli",
    version: "0.2.129",
    from: Origin::Cargo,
    proof: "bin/wasm-bindgen-test-runner",
};

/// Distributions ship a wasm-opt too old for what the compiler writes now.
pub const BINARYEN: Tool = Tool {
    name: "binaryen",
    version: "132.0.0",
    from: Origin::Npm,
    proof: "node_modules/.bin/wasm-opt",
};

/// Makes the page's script small: trunk's own minifier does not know all of its syntax.
pub const ESBUILD: Tool = Tool {
    name: "esbuild",
    version: "0.28.2",
    from: Origin::Npm,
    proof: "node_modules/.bin/esbuild",
};

/// Finds what bars people from a page. A script, not a program: see [`Tool::ensure_file`].
pub const AXE: Tool = Tool {
    name: "axe-core",
    version: "4.14.1",
    from: Origin::Npm,
    proof: "node_modules/axe-core/axe.min.js",
};

impl Tool {
    /// The file that proves it, after installing it if it is not there.
    pub fn ensure_file(&self) -> Result<PathBuf> {
        self.ensure()?;
        let home = cache_dir()?.join(format!("{}-{}", self.name, self.version));
        Ok(home.join(self.proof))
    }

    /// The directory with its programs, after installing it if it is not there.
    pub fn ensure(&self) -> Result<PathBuf> {
        let home = cache_dir()?.join(format!("{}-{}", self.name, self.version));
        if !self.is_in(&home) {
            self.install(&home)
                .with_context(|| format!("cannot install {} {}", self.name, self.version))?;
        }
        Ok(home.join(self.bin_dir()))
    }

    fn bin_dir(&self) -> &'static str {
        match self.from {
            Origin::Cargo => "bin",
            Origin::Npm => "node_modules/.bin",
        }
    }

    fn is_in(&self, home: &Path) -> bool {
        home.join(self.proof).exists()
            || home
                .join(format!("{}{}", self.proof, env::consts::EXE_SUFFIX))
                .exists()
    }

    fn install(&self, home: &Path) -> Result<()> {
        println!(
            "setup: installing {} {} into {} (once)",
            self.name,
            self.version,
            home.display()
        );
        let staging =
            home.with_file_name(format!(".{}-{}.{}", self.name, self.version, process::id()));
        fs::create_dir_all(&staging)
            .with_context(|| format!("cannot create {}", staging.display()))?;
        let installed = self.install_into(&staging).and_then(|()| {
            if self.is_in(&staging) {
                self.publish(&staging, home)
            } else {
                bail!("the installer succeeded, but {} is missing", self.proof)
            }
        });
        if installed.is_err() {
            // Best effort: what is left behind is never taken for a tool.
            let _ = fs::remove_dir_all(&staging);
        }
        installed
    }

    fn install_into(&self, staging: &Path) -> Result<()> {
        let mut command = match self.from {
            Origin::Cargo => {
                let mut cargo =
                    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
                cargo
                    .args(["install", "--locked", "--version", self.version, "--root"])
                    .arg(staging)
                    .arg(self.name)
                    // The tool's objects are of no use to the workspace's target directory.
                    .env_remove("CARGO_TARGET_DIR");
                cargo
            }
            Origin::Npm => {
                let Some(npm) = find_on_path(&["npm"]) else {
                    bail!("npm is not on the PATH; it comes with Node.js");
                };
                let mut command = Command::new(npm);
                command
                    .args(["install", "--no-save", "--no-package-lock", "--no-audit"])
                    .args(["--no-fund", "--prefix"])
                    .arg(staging)
                    .arg(format!("{}@{}", self.name, self.version));
                command
            }
        };
        run(command.current_dir(staging))
    }

    /// Another process may have installed the same tool meanwhile: then that one stands.
    fn publish(&self, staging: &Path, home: &Path) -> Result<()> {
        if !self.is_in(home) {
            // What an interrupted or older set-up left would stop the rename.
            let _ = fs::remove_dir_all(home);
            if let Err(error) = fs::rename(staging, home)
                && !self.is_in(home)
            {
                return Err(error).with_context(|| format!("cannot create {}", home.display()));
            }
        }
        let _ = fs::remove_dir_all(staging);
        Ok(())
    }
}

/// `$RINGSIDE_TOOLS`, or else `ringside/tools` in the user's cache directory.
pub fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = set_and_not_empty("RINGSIDE_TOOLS") {
        return Ok(dir);
    }
    let cache = set_and_not_empty("XDG_CACHE_HOME")
        .or_else(|| set_and_not_empty("HOME").map(|home| home.join(".cache")))
        .or_else(|| set_and_not_empty("LOCALAPPDATA"));
    match cache {
        Some(cache) => Ok(cache.join("ringside").join("tools")),
        None => bail!("no home directory for the tools: set RINGSIDE_TOOLS to a directory"),
    }
}

fn set_and_not_empty(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
