//! What recording needs of this machine.

use crate::world::{IS_INTERRUPTED, Layout, remove_left_behind};
use libc::c_int;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;

/// # Errors
/// What is missing, a line each.
pub fn check() -> Result<Layout, String> {
    let mut missing = vec![];
    // SAFETY: Takes nothing and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        missing.push("root: run it with sudo".to_string());
    }
    for kind in ["pid", "mnt", "uts", "ipc", "net", "user", "cgroup", "time"] {
        if !Path::new("/proc/self/ns").join(kind).exists() {
            missing.push(format!("namespaces of type {kind}: /proc/self/ns/{kind}"));
        }
    }
    for file in ["/proc/kpagecount", "/proc/kpageflags"] {
        if std::fs::File::open(file).is_err() {
            missing.push(format!("a readable {file}"));
        }
    }
    match Layout::find() {
        Ok(layout) if missing.is_empty() => {
            remove_left_behind(&layout);
            Ok(layout)
        }
        Ok(_) => Err(list(&missing)),
        Err(reason) => {
            missing.push(reason);
            Err(list(&missing))
        }
    }
}

fn list(missing: &[String]) -> String {
    format!(
        "recording needs what is not there:\n  {}",
        missing.join("\n  ")
    )
}

extern "C" fn on_interrupt(_: c_int) {
    IS_INTERRUPTED.store(true, Relaxed);
}

/// From now on Ctrl-C ends the world that there is instead of the program; what it made is removed.
pub fn catch_interrupts() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: The handler only stores to an atomic.
        unsafe { libc::signal(signal, on_interrupt as *const () as libc::sighandler_t) };
    }
}

pub fn is_interrupted() -> bool {
    IS_INTERRUPTED.load(Relaxed)
}
