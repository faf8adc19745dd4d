//! Every refusal of the kernel goes through a rule (`kernel/rule`), so that it can explain itself.
#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

/// Where an errno is named without a rule: what stands in the file, and why.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "net/udp.rs",
        "packet::PORT_UNREACH =>",
        "an ICMP message, kept for a later call",
    ),
    ("net/udp.rs", "packet::NET_UNREACH =>", "an ICMP message"),
    ("net/udp.rs", "_ => Errno::EHOSTUNREACH", "an ICMP message"),
    (
        "net/unix.rs",
        "socket.error = Some",
        "kept for a later call",
    ),
    (
        "net/tcp_input.rs",
        "TcpState::SynSent =>",
        "a reset, kept for a later call",
    ),
    ("net/tcp_input.rs", "TcpState::CloseWait =>", "a reset"),
    ("net/tcp_input.rs", "| TcpState::LastAck =>", "a reset"),
    (
        "net/unix_connect.rs",
        "Errno::EEXIST =>",
        "translates an answer",
    ),
    (
        "net/transfer.rs",
        "Some(Errno::EPIPE) | None =>",
        "looks at an answer",
    ),
    (
        "mm/fault.rs",
        "Errno::ENOMEM => Bad::Memory",
        "looks at an answer",
    ),
    (
        "mm/fault.rs",
        "Errno::EFBIG | Errno::ENOSPC",
        "looks at an answer",
    ),
    (
        "task/exec.rs",
        "Err(Errno::ENOEXEC) => {}",
        "looks at an answer",
    ),
    (
        "fs/open.rs",
        "Err(Errno::ENOENT) => return create",
        "looks at an answer",
    ),
    (
        "fs/rw.rs",
        "Err(Errno::ENOMEM) => return",
        "translates an answer",
    ),
    (
        "fs/rename.rs",
        "Err(Errno::ENOENT) if",
        "looks at an answer",
    ),
    (
        "fs/names.rs",
        "Err(Errno::ENOENT) => {}",
        "looks at an answer",
    ),
    (
        "fs/names.rs",
        "Err(errno) if matches!",
        "looks at an answer",
    ),
    (
        "entry.rs",
        "ok_or(Errno::ESRCH)",
        "a command from outside, not a call",
    ),
    (
        "entry.rs",
        "return Err(Errno::ESRCH);",
        "a command from outside, not a call",
    ),
    (
        "entry.rs",
        "RunState::Zombie =>",
        "a command from outside, not a call",
    ),
    (
        "entry.rs",
        "Err(Errno::EINTR)",
        "a signal ends a wait: nothing was asked for",
    ),
    (
        "fs/tty.rs",
        "ok_or(Errno::ENODEV)",
        "a command from outside, not a call",
    ),
    (
        "cred/prctl.rs",
        "Prctl::GetChildSubreaper =>",
        "never sent here",
    ),
    ("ipc/msg.rs", "Err(Errno::ENOSYS)", "not modelled"),
];

fn kernel() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kernel")
}

/// Every source file below a directory.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_errno_is_answered_without_a_rule() {
    let mut used = vec![false; ALLOWED.len()];
    let mut bare = Vec::new();
    for path in sources(&kernel()) {
        let name = path
            .strip_prefix(kernel())
            .expect("below")
            .to_string_lossy();
        if name.starts_with("rule/") || name == "errno.rs" {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        for (at, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") || !code.contains("Errno::E") {
                continue;
            }
            let allowed =
                |(file, part, _): &(&str, &str, &str)| *file == name && code.contains(part);
            match ALLOWED.iter().position(allowed) {
                Some(place) => used[place] = true,
                None => bare.push(format!("{name}:{}: {code}", at + 1)),
            }
        }
    }
    assert!(bare.is_empty(), "an errno without a rule: {bare:#?}");
    let places = ALLOWED.iter().zip(used).filter(|(_, used)| !used);
    let gone: Vec<_> = places.map(|(place, _)| place).collect();
    assert!(gone.is_empty(), "allowed, but not there: {gone:#?}");
}
