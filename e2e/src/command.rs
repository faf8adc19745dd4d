//! WebDriver commands that the client library has no method for.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

#[derive(Debug)]
pub(crate) enum Extension {
    /// What the browser's console has said since it was last asked (Chromium).
    ConsoleLog,
    /// A command of the Chrome DevTools protocol.
    DevTools { name: String, params: Value },
    /// The element's accessible name (WebDriver, "Get Computed Label").
    AccessibleName { element: String },
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        let session = session_id.unwrap_or_default();
        let path = match self {
            Self::ConsoleLog => "se/log".to_string(),
            Self::DevTools { .. } => "goog/cdp/execute".to_string(),
            Self::AccessibleName { element } => format!("element/{element}/computedlabel"),
        };
        base_url.join(&format!("session/{session}/{path}"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match self {
            Self::ConsoleLog => (Method::POST, Some(json!({ "type": "browser" }).to_string())),
            Self::DevTools { name, params } => (
                Method::POST,
                Some(json!({ "cmd": name, "params": params }).to_string()),
            ),
            Self::AccessibleName { .. } => (Method::GET, None),
        }
    }
}
