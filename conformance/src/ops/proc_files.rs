//! Files of proc that tell about processes.

use super::Op;
use super::files::slurp;
use crate::hands::{Halt, Hands, OpResult};
use serde_json::{Map, Value, json};
use sim_core::kernel::syscall::{ClockId, OpenFlags, Str};
use sim_core::kernel::{Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("cgview", cgview),
    ("clock", clock),
    ("ps", ps),
    ("pstatus", pstatus),
];

/// The names in a directory, in its own order.
fn names(hands: &mut Hands<'_>, path: Str) -> Result<Vec<String>, Halt> {
    let open = Syscall::Openat {
        path,
        flags: OpenFlags::DIRECTORY.with(OpenFlags::CLOEXEC),
        mode: 0,
    };
    let fd = hands.call(open)?.0 as i32;
    let mut all = Vec::new();
    let end = loop {
        match hands.attempt(Syscall::Getdents64 { fd })? {
            Ok((_, Reply::Dirents(entries))) if !entries.is_empty() => {
                all.extend(entries.iter().map(|entry| entry.name.to_string()));
            }
            Ok(_) => break Ok(all),
            Err(errno) => break Err(errno),
        }
    };
    hands.call(Syscall::Close { fd })?;
    Ok(end?)
}

/// The text of a file; an error of the file is an error of the operation.
fn text(hands: &mut Hands<'_>, path: &str) -> Result<String, Halt> {
    let bytes = slurp(hands, path.into())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn ps(hands: &mut Hands<'_>) -> OpResult {
    let path = hands
        .params
        .text_or_none("path")
        .unwrap_or_else(|| "/proc".into());
    let all = names(hands, path.as_str().into())?;
    let mut numbers: Vec<i32> = all.iter().filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    let mut rows = Vec::new();
    for pid in numbers {
        let stat = match text(hands, &format!("{path}/{pid}/stat")) {
            Ok(stat) => stat,
            // It has gone in the meantime.
            Err(Halt::Errno(_)) => continue,
            Err(halt) => return Err(halt),
        };
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let mut fields = fields.split(' ');
        let state = fields.next().unwrap_or_default();
        let parent: i32 = fields.next().and_then(|f| f.parse().ok()).unwrap_or(-1);
        rows.push(json!([pid, parent, state]));
    }
    Ok(Value::Array(rows))
}

fn pstatus(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.text("pid")?;
    let keys = hands.params.list("keys");
    let all = text(hands, &format!("/proc/{pid}/status"))?;
    let lines = all.lines().filter_map(|line| line.split_once(':'));
    let chosen: Map<String, Value> = lines
        .filter(|(key, _)| keys.iter().any(|wanted| wanted == key))
        .map(|(key, value)| {
            let words: Vec<&str> = value.split_whitespace().collect();
            (key.to_string(), words.join(" ").into())
        })
        .collect();
    Ok(chosen.into())
}

fn cgview(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.text("pid")?;
    let all = text(hands, &format!("/proc/{pid}/cgroup"))?;
    let mut paths = Map::new();
    for line in all.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let name = match fields.next() {
            Some("") => "v2",
            Some("pids") => "pids",
            Some(_) | None => continue,
        };
        paths.insert(name.into(), fields.next().unwrap_or_default().into());
    }
    Ok(paths.into())
}

/// Seconds that a clock is ahead of the machine's, rounded to ten.
fn ahead(hands: &mut Hands<'_>, clock: ClockId) -> Result<i64, Halt> {
    // No namespace moves this one.
    let clock_of_all = ClockId::Realtime;
    let call = Syscall::ClockGettime {
        clock: clock_of_all,
    };
    let machine = hands.call(call)?.0;
    let ns = hands.call(Syscall::ClockGettime { clock })?.0;
    Ok((ns - machine + 5_000_000_000).div_euclid(10_000_000_000) * 10)
}

fn clock(hands: &mut Hands<'_>) -> OpResult {
    let monotonic = ahead(hands, ClockId::Monotonic)?;
    let boottime = ahead(hands, ClockId::Boottime)?;
    Ok(json!({ "monotonic": monotonic, "boottime": boottime }))
}
