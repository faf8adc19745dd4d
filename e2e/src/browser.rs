//! Which browser, and how it is told to start.

use std::env;
use std::path::PathBuf;

use fantoccini::wd::Capabilities;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// `RINGSIDE_BROWSER`, or else Chromium.
    pub fn from_environment() -> Self {
        match env::var("RINGSIDE_BROWSER").as_deref() {
            Ok("firefox") => Self::Firefox,
            Ok("chromium") | Err(_) => Self::Chromium,
            Ok(other) => panic!("RINGSIDE_BROWSER is '{other}': chromium or firefox"),
        }
    }

    /// The driver's path from its variable, or its name to be looked for on the PATH.
    pub(crate) fn driver(self) -> PathBuf {
        let (variable, name) = match self {
            Self::Chromium => ("CHROMEDRIVER", "chromedriver"),
            Self::Firefox => ("GECKODRIVER", "geckodriver"),
        };
        env::var_os(variable).map_or_else(|| PathBuf::from(name), PathBuf::from)
    }

    pub(crate) fn capabilities(self) -> Capabilities {
        let capabilities = match self {
            Self::Chromium => json!({
                "goog:chromeOptions": { "args": [
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--hide-scrollbars",
                    "--force-color-profile=srgb",
                    // Nothing but this machine can be reached: a page that tries shows an error.
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
                ] },
                "goog:loggingPrefs": { "browser": "ALL" },
            }),
            Self::Firefox => json!({ "moz:firefoxOptions": { "args": ["-headless"] } }),
        };
        match capabilities {
            Value::Object(map) => map,
            other => unreachable!("an object literal is an object: {other}"),
        }
    }
}
