//! What a process reads from /proc, with the parts left out that are the machine's own.

use super::sys::{Answer, Failure, read_text};
use super::{Agent, PROC_FD};
use conformance::case::Params;
use libc::AT_FDCWD;
use serde_json::{Map, Value, json};

pub fn run(_: &mut Agent, op: &str, p: &Params) -> Answer {
    match op {
        "mounts" => mounts(),
        "ps" => ps(&p.text_or_none("path").unwrap_or_else(|| "/proc".into())),
        "pstatus" => pstatus(p),
        "cgview" => cgview(p),
        _ => Err(Failure::NotMine),
    }
}

fn odd(what: &str) -> Failure {
    Failure::Case(format!("/proc has an odd {what}"))
}

/// Mount point, root, file system, ro or rw, propagation.
fn mounts() -> Answer {
    let text = read_text(PROC_FD, "self/mountinfo")?;
    let row = |line: &str| -> Option<Value> {
        let words: Vec<&str> = line.split(' ').collect();
        let dash = words.iter().position(|word| *word == "-")?;
        let is_read_only = words.get(5)?.split(',').any(|option| option == "ro");
        Some(json!([
            words.get(4)?,
            words.get(3)?,
            words.get(dash + 1)?,
            if is_read_only { "ro" } else { "rw" },
            words.get(6..dash)?.join(" ")
        ]))
    };
    let rows: Option<Value> = text
        .lines()
        .map(row)
        .collect::<Option<Vec<_>>>()
        .map(Into::into);
    rows.ok_or_else(|| odd("mountinfo"))
}

/// Number, parent and state of every process that this /proc shows.
fn ps(path: &str) -> Answer {
    let entries = std::fs::read_dir(path)
        .map_err(|error| Failure::Errno(error.raw_os_error().unwrap_or(libc::EIO)))?;
    let number = |name: std::ffi::OsString| name.to_str()?.parse::<i32>().ok();
    let mut pids: Vec<i32> = entries
        .flatten()
        .filter_map(|e| number(e.file_name()))
        .collect();
    pids.sort_unstable();
    let mut rows = vec![];
    for pid in pids {
        // It may be gone since.
        let Ok(text) = read_text(AT_FDCWD, &format!("{path}/{pid}/stat")) else {
            continue;
        };
        let (_, rest) = text.rsplit_once(") ").ok_or_else(|| odd("stat"))?;
        let mut words = rest.split(' ');
        let (state, parent) = (words.next(), words.next());
        let parent: i32 = parent
            .and_then(|w| w.parse().ok())
            .ok_or_else(|| odd("stat"))?;
        rows.push(json!([pid, parent, state]));
    }
    Ok(rows.into())
}

fn pstatus(p: &Params) -> Answer {
    let text = read_text(AT_FDCWD, &format!("/proc/{}/status", p.text("pid")?))?;
    let keys = p.list("keys");
    let wanted = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(key, _)| keys.iter().any(|wanted| wanted == key));
    let words = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Map<String, Value> = wanted
        .map(|(key, value)| (key.to_string(), words(value).into()))
        .collect();
    Ok(all.into())
}

/// The paths of the pids (v1) and unified (v2) lines of /proc/PID/cgroup.
fn cgview(p: &Params) -> Answer {
    let text = read_text(AT_FDCWD, &format!("/proc/{}/cgroup", p.text("pid")?))?;
    let mut all = Map::new();
    for line in text.lines() {
        let mut words = line.splitn(3, ':').skip(1);
        match (words.next(), words.next()) {
            (Some("pids"), Some(path)) => all.insert("pids".into(), path.into()),
            (Some(""), Some(path)) => all.insert("v2".into(), path.into()),
            _ => None,
        };
    }
    Ok(all.into())
}
