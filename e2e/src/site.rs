//! A static server for the built site, under a sub-path as blogs have it.

use std::convert::Infallible;
use std::fs;
use std::net::{Ipv4Addr, TcpListener as StdTcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;

/// Where the site is. Everything else is a stray request.
pub const BASE_PATH: &str = "/some/sub/path/";

/// The server runs until this value is dropped.
pub struct Site {
    files: Arc<Files>,
    port: u16,
    worker: Option<JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
}

/// A page that is not part of the site, at the top of the server.
pub struct ExtraPage {
    pub name: &'static str,
    pub html: String,
}

struct Files {
    dist: PathBuf,
    extra: Vec<ExtraPage>,
    /// Files whose names end so are not found.
    missing: Option<&'static str>,
    requests: Mutex<Vec<String>>,
}

impl Site {
    /// # Panics
    /// When no port can be had.
    pub fn serve(dist: PathBuf, extra: Vec<ExtraPage>, missing: Option<&'static str>) -> Self {
        let listener =
            StdTcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on this machine");
        listener
            .set_nonblocking(true)
            .expect("a socket of our own can be told so");
        let port = listener.local_addr().expect("it is bound").port();
        let files = Arc::new(Files {
            dist,
            extra,
            missing,
            requests: Mutex::new(Vec::new()),
        });
        let (stop, stopped) = oneshot::channel();
        let worker = thread::spawn({
            let files = files.clone();
            move || {
                let runtime = runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime of one thread");
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, files) => {}
                        // Its sender was dropped: the same.
                        _ = stopped => {}
                    }
                });
            }
        });
        Self {
            files,
            port,
            worker: Some(worker),
            stop: Some(stop),
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
        self.files
            .requests
            .lock()
            .expect("no thread panics holding it")
            .clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(worker) = self.worker.take() {
            // Only its own panic could be in there, and the test has failed of it already.
            let _ = worker.join();
        }
    }
}

/// Serves every connection that comes, each as a task of its own.
async fn accept(listener: StdTcpListener, files: Arc<Files>) {
    let listener = TcpListener::from_std(listener).expect("it does not block");
    loop {
        let (stream, _) = listener.accept().await.expect("the socket stays open");
        let files = files.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let response = files.answer(&request);
                async { Ok::<_, Infallible>(response) }
            });
            // A browser may close a connection that it no longer needs.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Files {
    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        self.requests
            .lock()
            .expect("no thread panics holding it")
            .push(path.to_string());
        let response = Response::builder();
        match self.find(path) {
            Some((body, kind)) => response
                .header(CONTENT_TYPE, kind)
                .header(CACHE_CONTROL, "no-store")
                .body(Full::from(body)),
            None => response.status(StatusCode::NOT_FOUND).body(Full::default()),
        }
        .expect("names and values here are ASCII")
    }

    fn find(&self, path: &str) -> Option<(Vec<u8>, &'static str)> {
        if let Some(page) = self.extra.iter().find(|page| path[1..] == *page.name) {
            return Some((page.html.clone().into_bytes(), content_type("x.html")));
        }
        let name = match path.strip_prefix(BASE_PATH)? {
            "" => "index.html",
            name if name.contains("..") => return None,
            name if self.missing.is_some_and(|ending| name.ends_with(ending)) => return None,
            name => name,
        };
        Some((fs::read(self.dist.join(name)).ok()?, content_type(name)))
    }
}

fn content_type(name: &str) -> &'static str {
    match Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str())
    {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
