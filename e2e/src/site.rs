//! A static server for the built site, under a sub-path as blogs have it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use tiny_http::{Header, Response, Server};

/// Where the site is. Everything else is a stray request.
pub const BASE_PATH: &str = "/some/sub/path/";

pub struct Site {
    server: Arc<Server>,
    worker: Option<JoinHandle<()>>,
    requests: Arc<Mutex<Vec<String>>>,
    port: u16,
}

/// A page that is not part of the site, at the top of the server.
pub struct ExtraPage {
    pub name: &'static str,
    pub html: String,
}

impl Site {
    /// # Panics
    /// When no port can be had.
    pub fn serve(dist: PathBuf, extra: Vec<ExtraPage>) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port on this machine"));
        let port = server
            .server_addr()
            .to_ip()
            .map(|address| address.port())
            .expect("an IP address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let worker = thread::spawn({
            let (server, requests) = (server.clone(), requests.clone());
            move || {
                for request in server.incoming_requests() {
                    let path = request.url().split(['?', '#']).next().unwrap_or_default();
                    requests
                        .lock()
                        .expect("no thread panics holding it")
                        .push(path.to_string());
                    let response = match find(&dist, &extra, path) {
                        Some((body, kind)) => Response::from_data(body)
                            .with_header(header("Content-Type", kind))
                            .with_header(header("Cache-Control", "no-store")),
                        None => Response::from_data(Vec::new()).with_status_code(404),
                    };
                    // On a thread of its own: a browser that leaves a body unread must not keep
                    // the others waiting. It may also close a connection it no longer needs.
                    thread::spawn(move || {
                        let _ = request.respond(response);
                    });
                }
            }
        });
        Self {
            server,
            worker: Some(worker),
            requests,
            port,
        }
    }

    /// The address of the site itself, with a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{BASE_PATH}", self.port)
    }

    /// The same site under another host name, and so of another origin.
    pub fn url_of_other_origin(&self) -> String {
        format!("http://localhost:{}{BASE_PATH}", self.port)
    }

    pub fn extra_url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    /// Every path asked for, in order.
    ///
    /// # Panics
    /// Never: the lock is not held where something panics.
    pub fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .expect("no thread panics holding it")
            .clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(worker) = self.worker.take() {
            // Only its own panic could be in there, and the test has failed of it already.
            let _ = worker.join();
        }
    }
}

fn find(dist: &Path, extra: &[ExtraPage], path: &str) -> Option<(Vec<u8>, &'static str)> {
    if let Some(page) = extra.iter().find(|page| path[1..] == *page.name) {
        return Some((page.html.clone().into_bytes(), content_type("x.html")));
    }
    let name = match path.strip_prefix(BASE_PATH)? {
        "" => "index.html",
        name if name.contains("..") => return None,
        name => name,
    };
    Some((fs::read(dist.join(name)).ok()?, content_type(name)))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("names and values here are ASCII")
}
