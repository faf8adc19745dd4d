//! A WebDriver server of our own, on a port that it chooses itself.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::Browser;

pub(crate) struct Driver {
    process: Child,
    pub(crate) url: String,
}

impl Driver {
    pub(crate) fn start(browser: Browser) -> Self {
        let program = browser.driver();
        let mut process = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot start {}: {error}; `cargo xtask setup` installs the browser's driver",
                    program.display()
                )
            });
        let stdout = process.stdout.take().expect("it was asked to be piped");
        let mut lines = BufReader::new(stdout).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| announced_port(&line))
            .unwrap_or_else(|| panic!("{} ended without a port", program.display()));
        // It would stop at a full pipe.
        thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port N.` or `Listening on 127.0.0.1:N`.
fn announced_port(line: &str) -> Option<u16> {
    let (_, rest) = line
        .split_once("successfully on port ")
        .or_else(|| line.split_once("Listening on 127.0.0.1:"))?;
    rest.trim_end_matches('.').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::announced_port;

    #[test]
    fn both_drivers_announce_their_port() {
        let chrome = "ChromeDriver was started successfully on port 41235.";
        let gecko = "1700000000000\tgeckodriver\tINFO\tListening on 127.0.0.1:4444";
        assert_eq!(announced_port(chrome), Some(41235));
        assert_eq!(announced_port(gecko), Some(4444));
        assert_eq!(announced_port("Only local connections are allowed."), None);
    }
}
