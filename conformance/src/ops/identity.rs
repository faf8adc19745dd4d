//! Namespaces, identity, limits.

use super::Op;
use super::processes::{clone_flags, number};
use crate::hands::{Halt, Hands, OpResult};
use serde_json::{Map, Value, json};
use sim_core::kernel::cred::{AmbientOp, Cap, Resource, SeccompAction};
use sim_core::kernel::syscall::{Prctl, Str};
use sim_core::kernel::{Errno, Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("capdrop", capdrop),
    ("capget", capget),
    ("capraise", capraise),
    ("getgroups", getgroups),
    ("gethostname", gethostname),
    ("getids", getids),
    ("rlimit", rlimit),
    ("seccomp", seccomp),
    ("setgid", setgid),
    ("setgroups", setgroups),
    ("sethostname", sethostname),
    ("setns", setns),
    ("setresuid", setresuid),
    ("setuid", setuid),
    ("unshare", unshare),
];

fn unshare(hands: &mut Hands<'_>) -> OpResult {
    let flags = clone_flags(hands, "flags")?;
    number(hands, Syscall::Unshare { flags })
}

fn setns(hands: &mut Hands<'_>) -> OpResult {
    let fd = hands.params.int("fd")?;
    let kind = clone_flags(hands, "type")?;
    number(hands, Syscall::Setns { fd, kind })
}

fn sethostname(hands: &mut Hands<'_>) -> OpResult {
    let name = hands.params.text("name")?.into();
    number(hands, Syscall::Sethostname { name })
}

fn gethostname(hands: &mut Hands<'_>) -> OpResult {
    match hands.call(Syscall::Uname {})?.1 {
        Reply::Uname { nodename, .. } => Ok(nodename.as_ref().into()),
        other => Err(Halt::Bad(format!("uname answered {other:?}"))),
    }
}

fn setuid(hands: &mut Hands<'_>) -> OpResult {
    let uid: i32 = hands.params.int("uid")?;
    number(hands, Syscall::Setuid { uid: uid as u32 })
}

fn setgid(hands: &mut Hands<'_>) -> OpResult {
    let gid: i32 = hands.params.int("gid")?;
    number(hands, Syscall::Setgid { gid: gid as u32 })
}

fn setresuid(hands: &mut Hands<'_>) -> OpResult {
    let id = |name| hands.params.int_or(name, -1).map(|id: i32| id as u32);
    let (ruid, euid, suid) = (id("r")?, id("e")?, id("s")?);
    number(hands, Syscall::Setresuid { ruid, euid, suid })
}

/// The ids that a call answers.
fn ids(hands: &mut Hands<'_>, call: Syscall) -> Result<Vec<u32>, Halt> {
    match hands.call(call)?.1 {
        Reply::Ids(ids) => Ok(ids.to_vec()),
        other => Err(Halt::Bad(format!("no ids but {other:?}"))),
    }
}

fn getids(hands: &mut Hands<'_>) -> OpResult {
    let uid = ids(hands, Syscall::Getresuid {})?;
    let gid = ids(hands, Syscall::Getresgid {})?;
    Ok(json!({ "uid": uid, "gid": gid }))
}

fn getgroups(hands: &mut Hands<'_>) -> OpResult {
    let mut list = ids(hands, Syscall::Getgroups {})?;
    list.sort_unstable();
    Ok(json!(list))
}

fn setgroups(hands: &mut Hands<'_>) -> OpResult {
    let list: Result<Vec<u32>, _> = hands
        .params
        .list("list")
        .iter()
        .map(|g| g.parse())
        .collect();
    let list = list.map_err(|_| Halt::Bad("parameter 'list': no numbers".into()))?;
    number(hands, Syscall::Setgroups { list: list.into() })
}

/// Effective, permitted, inheritable.
fn capability_sets(hands: &mut Hands<'_>) -> Result<[u64; 3], Halt> {
    match hands.call(Syscall::Capget { pid: 0 })?.1 {
        Reply::Caps {
            effective,
            permitted,
            inheritable,
        } => Ok([effective, permitted, inheritable]),
        other => Err(Halt::Bad(format!("capget answered {other:?}"))),
    }
}

fn caps(hands: &Hands<'_>) -> Result<Vec<Cap>, Halt> {
    let names = hands.params.list("caps");
    if names.len() == 1 && names[0] == "ALL" {
        return Ok(Cap::ALL.to_vec());
    }
    let named = |name: &String| {
        let mut all = Cap::ALL.iter().copied();
        all.find(|cap| cap.name() == name)
            .ok_or_else(|| Halt::Bad(format!("no capability '{name}'")))
    };
    names.iter().map(named).collect()
}

fn prctl(hands: &mut Hands<'_>, option: Prctl) -> Result<i64, Halt> {
    Ok(hands.call(Syscall::Prctl { option })?.0)
}

fn capget(hands: &mut Hands<'_>) -> OpResult {
    let sets = capability_sets(hands)?;
    let mut answer = Map::new();
    for cap in caps(hands)? {
        let nr = cap as u64;
        let mut letters = String::new();
        for (set, letter) in sets.iter().zip(['e', 'p', 'i']) {
            if set & 1 << nr != 0 {
                letters.push(letter);
            }
        }
        if prctl(hands, Prctl::CapbsetRead(nr))? == 1 {
            letters.push('b');
        }
        if prctl(hands, Prctl::CapAmbient(AmbientOp::IsSet, nr))? == 1 {
            letters.push('a');
        }
        answer.insert(cap.name().into(), letters.into());
    }
    Ok(answer.into())
}

fn capdrop(hands: &mut Hands<'_>) -> OpResult {
    change_caps(hands, AmbientOp::Lower, |set, bit| set & !bit)
}

fn capraise(hands: &mut Hands<'_>) -> OpResult {
    change_caps(hands, AmbientOp::Raise, |set, bit| set | bit)
}

/// Bounding first, then one capset, then ambient; stops at the first error.
fn change_caps(hands: &mut Hands<'_>, ambient: AmbientOp, change: fn(u64, u64) -> u64) -> OpResult {
    let mut sets = capability_sets(hands)?;
    let letters = hands.params.text("set")?;
    let caps = caps(hands)?;
    if letters.contains('b') {
        for cap in &caps {
            prctl(hands, Prctl::CapbsetDrop(*cap as u64))?;
        }
    }
    let mut is_touched = false;
    for (set, letter) in sets.iter_mut().zip(['e', 'p', 'i']) {
        if letters.contains(letter) {
            is_touched = true;
            *set = caps
                .iter()
                .fold(*set, |set, cap| change(set, 1 << *cap as u64));
        }
    }
    if is_touched {
        let [effective, permitted, inheritable] = sets;
        hands.call(Syscall::Capset {
            pid: 0,
            effective,
            permitted,
            inheritable,
        })?;
    }
    if letters.contains('a') {
        for cap in &caps {
            prctl(hands, Prctl::CapAmbient(ambient, *cap as u64))?;
        }
    }
    Ok(Value::from(0))
}

fn rlimit(hands: &mut Hands<'_>) -> OpResult {
    let kind = hands.params.text("kind")?;
    let resource = Resource::named(&format!("RLIMIT_{kind}"))
        .ok_or_else(|| Halt::Bad(format!("no limit '{kind}'")))?;
    let soft = if resource == Resource::As {
        let statm = super::files::slurp(hands, "/proc/self/statm".into())?;
        let statm = String::from_utf8_lossy(&statm).into_owned();
        let pages: u64 = statm
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let extra: i32 = hands.params.int_or("extra_pages", 0)?;
        pages.wrapping_add_signed(extra.into()).wrapping_mul(4096)
    } else {
        number_or(hands, "val", 0)?
    };
    let hard = number_or(hands, "hard", soft)?;
    number(
        hands,
        Syscall::Setrlimit {
            resource,
            soft,
            hard,
        },
    )
}

/// A number of 64 bits; -1 is infinity.
fn number_or(hands: &Hands<'_>, name: &str, default: u64) -> Result<u64, Halt> {
    match hands.params.text_or_none(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<i64>()
            .map(|value| value as u64)
            .map_err(|_| Halt::Bad(format!("parameter '{name}': no number '{text}'"))),
    }
}

fn seccomp(hands: &mut Hands<'_>) -> OpResult {
    let mut deny: Vec<Str> = Vec::new();
    for name in hands.params.list("deny") {
        let all: &[&str] = match name.as_str() {
            "mkdir" => &["mkdir", "mkdirat"],
            "clone" => &["clone", "clone3", "fork", "vfork"],
            _ => &[],
        };
        deny.extend(all.iter().map(|name| Str::from(*name)));
        if all.is_empty() {
            deny.push(name.into());
        }
    }
    let action = match hands.params.text("action")?.as_str() {
        "kill" => SeccompAction::KillProcess,
        "trap" => SeccompAction::Trap,
        "allow" => SeccompAction::Allow,
        name => {
            let mut all = (1..134).filter_map(Errno::from_nr);
            let errno = all.find(|errno| errno.name() == name);
            SeccompAction::Errno(errno.ok_or_else(|| Halt::Bad(format!("no action '{name}'")))?)
        }
    };
    let deny = deny.into();
    number(hands, Syscall::Seccomp { deny, action })
}
