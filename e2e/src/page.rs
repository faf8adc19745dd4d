//! The page, open in a browser.

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// Control and A, in WebDriver's code for keys; the last lets go of them.
const SELECT_ALL: &str = "\u{e009}a\u{e000}";
use tokio::runtime::{self, Runtime};

use crate::command::Extension;
use crate::driver::Driver;
use crate::site::{ExtraPage, Site};
use crate::{Browser, dist, screenshots_dir};

/// How long anything may take to show. Long, for machines that do much else.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What the visitor's system prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

pub struct PageOptions {
    /// CSS pixels.
    pub width: u32,
    pub height: u32,
    pub scheme: Scheme,
    /// Pages besides the site, at the top of its server.
    pub extra: Vec<ExtraPage>,
    /// Files of the site whose names end so are not found.
    pub missing: Option<&'static str>,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self {
            width: 1360,
            height: 860,
            scheme: Scheme::Light,
            extra: Vec::new(),
            missing: None,
        }
    }
}

/// A browser with a page in it. It, its driver and the server of the site end with this value.
pub struct Page {
    client: Option<Client>,
    runtime: Runtime,
    browser: Browser,
    site: Site,
    _driver: Driver,
}

impl Page {
    /// Opens the site with this query (`""` or `"?lang=ko"`) and waits until it can be used.
    pub fn open(query: &str) -> Self {
        Self::open_with(query, PageOptions::default())
    }

    pub fn open_with(query: &str, options: PageOptions) -> Self {
        let page = Self::start(options);
        page.go_to_site(query);
        page
    }

    /// A browser that has not gone anywhere yet.
    pub fn start(options: PageOptions) -> Self {
        let browser = Browser::from_environment();
        let site = Site::serve(dist(), options.extra, options.missing);
        let driver = Driver::start(browser);
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime of one thread");
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(browser.capabilities())
                    .connect(&driver.url),
            )
            .unwrap_or_else(|error| panic!("the driver cannot start {browser:?}: {error}"));
        let page = Self {
            client: Some(client),
            runtime,
            browser,
            site,
            _driver: driver,
        };
        page.resize(options.width, options.height);
        page.prefer(options.scheme);
        page
    }

    pub fn site(&self) -> &Site {
        &self.site
    }

    pub fn browser(&self) -> Browser {
        self.browser
    }

    pub fn go_to_site(&self, query: &str) {
        self.go_to(&format!("{}{query}", self.site.url()));
        self.wait_until_usable();
    }

    pub fn go_to(&self, url: &str) {
        self.act("go", self.client().goto(url));
    }

    /// The page is there when its first control is.
    pub fn wait_until_usable(&self) {
        self.wait_for_selector(&by_id("launch-word"));
    }

    pub fn resize(&self, width: u32, height: u32) {
        match self.browser {
            // A window cannot be as narrow as a phone.
            Browser::Chromium => {
                self.dev_tools(
                    "Emulation.setDeviceMetricsOverride",
                    json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
                );
            }
            Browser::Firefox => self.act("resize", self.client().set_window_size(width, height)),
        }
    }

    /// Firefox keeps what its profile says.
    pub fn prefer(&self, scheme: Scheme) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        if self.browser == Browser::Chromium {
            self.dev_tools(
                "Emulation.setEmulatedMedia",
                json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] }),
            );
        }
    }

    /// A command of the Chrome DevTools protocol.
    pub fn dev_tools(&self, name: &str, params: Value) -> Value {
        let name = name.to_string();
        self.act(
            "command the browser",
            self.client()
                .issue_cmd(Extension::DevTools { name, params }),
        )
    }

    /// The value of a JavaScript function body.
    pub fn eval(&self, body: &str) -> Value {
        self.act("evaluate", self.client().execute(body, Vec::new()))
    }

    /// The first element that matches, as soon as there is one.
    pub fn wait_for_selector(&self, selector: &str) -> Element {
        let start = Instant::now();
        loop {
            if let Some(element) = self.find_all(selector).into_iter().next() {
                return element;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "nothing matches {selector}; the page says:\n{}",
                self.text("body")
            );
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits until it holds; `what` says it in words.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(
                start.elapsed() < PATIENCE,
                "not so: {what}; the page says:\n{}",
                self.text("body")
            );
            thread::sleep(POLL_INTERVAL);
        }
    }

    pub fn find_all(&self, selector: &str) -> Vec<Element> {
        self.act("find", self.client().find_all(Locator::Css(selector)))
    }

    pub fn count(&self, selector: &str) -> usize {
        self.find_all(selector).len()
    }

    /// The text of the first match as the document has it, rendered or not; empty without one.
    pub fn text(&self, selector: &str) -> String {
        let script = format!(
            "return document.querySelector({})?.textContent ?? '';",
            json!(selector)
        );
        self.eval(&script).as_str().unwrap_or_default().to_string()
    }

    /// An attribute of the first match.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let script = format!(
            "return document.querySelector({})?.getAttribute({}) ?? null;",
            json!(selector),
            json!(name)
        );
        self.eval(&script).as_str().map(str::to_string)
    }

    pub fn click(&self, selector: &str) {
        let element = self.wait_for_selector(selector);
        self.act(&format!("click {selector}"), element.click());
    }

    /// Clicks the button with this accessible name, as a screen reader would find it.
    pub fn click_button(&self, name: &str) {
        let buttons = self.find_all("button");
        let button = buttons
            .into_iter()
            .find(|button| self.accessible_name(button) == name)
            .unwrap_or_else(|| panic!("no button is named '{name}'"));
        self.act(&format!("click {name}"), button.click());
    }

    pub fn accessible_name(&self, element: &Element) -> String {
        let element = element.element_id().to_string();
        self.act(
            "read an accessible name",
            self.client()
                .issue_cmd(Extension::AccessibleName { element }),
        )
        .as_str()
        .unwrap_or_default()
        .to_string()
    }

    /// Types into whatever has the focus.
    pub fn type_keys(&self, keys: &str) {
        let focused = self.act("find the focus", self.client().active_element());
        self.act("type", focused.send_keys(keys));
    }

    /// Empties a field and types into it.
    pub fn fill(&self, selector: &str, text: &str) {
        let field = self.wait_for_selector(selector);
        // As a person would. WebDriver's own `clear` tells the page of no input, so that a page
        // which draws in between puts the old text back.
        self.act("select", field.send_keys(SELECT_ALL));
        self.act("type", field.send_keys(text));
    }

    /// Types as an input method does: each composition in steps, then its end (Chromium).
    pub fn compose(&self, steps: &[&str], result: &str) {
        for step in steps {
            let end = step.encode_utf16().count();
            self.dev_tools(
                "Input.imeSetComposition",
                json!({ "text": step, "selectionStart": end, "selectionEnd": end }),
            );
        }
        self.dev_tools("Input.insertText", json!({ "text": result }));
    }

    pub fn enter_frame(&self, selector: &str) {
        let frame = self.wait_for_selector(selector);
        self.act("enter the frame", frame.enter_frame());
    }

    pub fn leave_frame(&self) {
        self.act("leave the frame", self.client().enter_parent_frame());
    }

    /// Errors the console has seen since it was last asked; Firefox does not tell.
    pub fn console_errors(&self) -> Vec<String> {
        if self.browser != Browser::Chromium {
            return Vec::new();
        }
        let log = self.act(
            "read the console",
            self.client().issue_cmd(Extension::ConsoleLog),
        );
        log.as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_string())
            .collect()
    }

    /// Writes `NAME.png` among the screenshots.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let png = self.act("take a screenshot", self.client().screenshot());
        let file = screenshots_dir().join(format!("{name}.png"));
        fs::write(&file, png)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
        file
    }

    fn client(&self) -> &Client {
        self.client
            .as_ref()
            .expect("it is only taken when the page is dropped")
    }

    fn act<T>(&self, what: &str, action: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime
            .block_on(action)
            .unwrap_or_else(|error| panic!("cannot {what}: {error}"))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        if thread::panicking()
            && let Ok(png) = self.runtime.block_on(client.screenshot())
        {
            let test = thread::current()
                .name()
                .unwrap_or("test")
                .replace("::", "-");
            let file = screenshots_dir().join(format!("failed-{test}.png"));
            if fs::write(&file, png).is_ok() {
                eprintln!("the page as it was: {}", file.display());
            }
        }
        // The driver ends with this value, and the browser with its driver at the latest.
        let _ = self.runtime.block_on(client.close());
    }
}

/// The selector of the elements with this `data-testid`.
pub fn by_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}
