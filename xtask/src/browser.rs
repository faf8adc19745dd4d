//! The browser that tests run in, and its driver.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::str::FromStr;

use anyhow::{Result, bail};

use crate::process::{find_on_path, output_of, run};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    Firefox,
}

impl FromStr for Browser {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "chromium" => Ok(Self::Chromium),
            "firefox" => Ok(Self::Firefox),
            other => Err(format!("no browser '{other}': chromium or firefox")),
        }
    }
}

impl Browser {
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The variable in which test runners look for the driver.
    pub fn driver_variable(self) -> &'static str {
        match self {
            Self::Chromium => "CHROMEDRIVER",
            Self::Firefox => "GECKODRIVER",
        }
    }

    fn driver_names(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromedriver"],
            Self::Firefox => &["geckodriver"],
        }
    }

    fn program_names(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &[
                "chromium",
                "chromium-browser",
                "google-chrome",
                "google-chrome-stable",
            ],
            Self::Firefox => &["firefox", "firefox-esr"],
        }
    }

    fn find_driver(self) -> Option<PathBuf> {
        find_on_path(self.driver_names())
    }

    fn find_program(self) -> Option<PathBuf> {
        find_on_path(self.program_names())
    }
}

/// The path of the browser's driver, after installing browser and driver where that can be done.
pub fn ensure(browser: Browser) -> Result<PathBuf> {
    match browser {
        Browser::Chromium => ensure_chromium(),
        Browser::Firefox => match (browser.find_driver(), browser.find_program()) {
            (Some(driver), Some(_)) => Ok(driver),
            (None, _) => bail!("geckodriver is not on the PATH; `cargo install geckodriver`"),
            (_, None) => bail!("Firefox is not on the PATH; install it"),
        },
    }
}

fn ensure_chromium() -> Result<PathBuf> {
    let chromium = Browser::Chromium;
    let mut missing = Vec::new();
    if chromium.find_program().is_none() {
        missing.push("chromium");
    }
    if chromium.find_driver().is_none() {
        missing.push("chromium-driver");
    }
    if !missing.is_empty() || !has_korean_font() {
        missing.push("fonts-noto-cjk");
    }
    if !missing.is_empty()
        && let Err(error) = apt_install(&missing)
    {
        println!("setup: cannot install {}: {error:#}", missing.join(", "));
    }
    let Some(driver) = chromium.find_driver() else {
        bail!(
            "chromedriver is not on the PATH; install Chromium and its driver \
             (Debian: chromium chromium-driver fonts-noto-cjk)"
        );
    };
    if chromium.find_program().is_none() {
        bail!("Chromium is not on the PATH; install it (Debian: chromium) or Google Chrome");
    }
    Ok(driver)
}

/// Without fontconfig nobody can tell, and only screenshots would show it.
fn has_korean_font() -> bool {
    output_of("fc-list", &[":lang=ko"]).is_none_or(|fonts| !fonts.trim().is_empty())
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let Some(apt_get) = find_on_path(&["apt-get"]) else {
        bail!("there is no apt-get here; install what corresponds to them");
    };
    let is_root = output_of("id", &["-u"]).is_some_and(|uid| uid.trim() == "0");
    let as_root = |args: &[&str]| {
        let mut command = if is_root {
            Command::new("env")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "env"]);
            sudo
        };
        command
            .arg("DEBIAN_FRONTEND=noninteractive")
            .arg(&apt_get)
            .args(args)
            .stdin(Stdio::null());
        command
    };
    if !is_root && output_of("sudo", &["-n", "true"]).is_none() {
        bail!(
            "that needs root; run: apt-get install {}",
            packages.join(" ")
        );
    }
    println!(
        "setup: installing {} with apt-get (once)",
        packages.join(", ")
    );
    run(&mut as_root(&["update"]))?;
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(packages);
    run(&mut as_root(&install))
}
