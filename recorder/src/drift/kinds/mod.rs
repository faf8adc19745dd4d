//! What each kind of walk draws its steps from: numbers are shares of a hundred.

mod files;
mod groups;
mod ipc;
mod names;
mod nat;
mod net;
mod pages;
mod roots;
mod signals;

use super::walk::Walk;
pub use files::{files, overlay};
pub use groups::groups;
pub use ipc::ipc;
pub use names::names;
pub use nat::nat;
pub use net::net;
pub use pages::pages;
pub use roots::roots;
use serde_json::Value;
pub use signals::signals;
use std::ops::Range;

type Taken = Result<(), String>;

/// Processes, signals and PID namespaces.
pub fn proc(w: &mut Walk) -> Taken {
    let a = w.anyone();
    let other = w.anyone_but_init();
    let share = w.random.percent();
    let b = match (&other, share) {
        (None, 24..30 | 62..74 | 84..91) => return Ok(()),
        (Some(b), _) => b.as_str(),
        (None, _) => "init",
    };
    let r = &mut w.random;
    match share {
        0..24 => {
            let flags = r.pick(&[None, None, None, Some("NEWPID")]);
            return w.fork(&a, flags);
        }
        24..30 => {
            let code = r.between(0, 4);
            w.take(b, "exit", &[("code", code.into())])
        }
        30..42 => {
            let mut params = vec![("nohang", Value::from(1))];
            if r.is_within(30) {
                params.push(("pid", r.between(2, 8).into()));
            }
            w.take(&a, "wait", &params)
        }
        42..46 => w.take(&a, "wait", &[]),
        46..62 => {
            let signals = [
                "SIGTERM", "SIGUSR1", "SIGKILL", "SIGCHLD", "SIGCONT", "SIGSTOP",
            ];
            let pid = r.between(1, 9);
            let signal: Value = match r.between(0, signals.len() + 2) {
                at if at < signals.len() => signals[at].into(),
                _ => 0.into(),
            };
            w.take(&a, "kill", &[("pid", pid.into()), ("sig", signal)])
        }
        62..70 => {
            let signal = r.pick(&["SIGTERM", "SIGUSR1", "SIGCHLD"]);
            let action = r.pick(&["ignore", "handle", "default"]);
            w.take(
                b,
                "sigaction",
                &[("sig", signal.into()), ("act", action.into())],
            )
        }
        70..74 => {
            let signal = r.pick(&["SIGTERM", "SIGUSR1"]);
            let how = r.pick(&["block", "unblock"]);
            w.take(b, "sigmask", &[("sig", signal.into()), ("how", how.into())])
        }
        74..78 => w.take(&a, "siglog", &[]),
        78..84 => {
            let op = r.pick(&["getppid", "getpid", "getpgid", "sigpending"]);
            w.take(&a, op, &[])
        }
        84..87 => w.take(b, "unshare", &[("flags", "NEWPID".into())]),
        87..89 => w.take(b, "prctl", &[("opt", "subreaper".into())]),
        89..91 => w.take(b, "setpgid", &[]),
        91..94 => w.take(&a, "ps", &[]),
        94..97 => w.take("ctl", "alive", &[]),
        _ => {
            let at = w.random.between(0, w.world.actors.len());
            let name = w.world.actors[at].name.clone();
            w.take("ctl", "proc", &[("of", name.into())])
        }
    }
    .map(|_| ())
}

/// Mappings, accesses, fork and copy on write.
pub fn mem(w: &mut Walk) -> Taken {
    let Some(a) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let at = w.world.find(&a)?;
    let regions: Vec<String> = w.world.actors[at].regions.keys().cloned().collect();
    let share = w.random.percent();
    if share < 16 || regions.is_empty() {
        return map(w, &a);
    }
    let region = w.one_of(&regions).unwrap_or_default();
    let (_, bytes) = w.world.actors[at].regions[&region];
    let pages = bytes / crate::world::PAGE;
    let first = w.random.between(0, pages);
    let count = w.random.between(1, pages - first + 1);
    let part = vec![
        ("r", Value::from(region.clone())),
        ("page", first.into()),
        ("n", count.into()),
    ];
    let with = |name: &'static str, value: Value| [part.clone(), vec![(name, value)]].concat();
    let r = &mut w.random;
    match share {
        16..56 => {
            let writes = r.is_within(67);
            let is_daring = !r.is_within(85);
            let needed = if writes { 'w' } else { 'r' };
            let wanted = first..first + count;
            if !is_daring && !all_allow(w, &format!("{a}.{region}"), wanted, needed)? {
                return Ok(());
            }
            if writes {
                let value = w.random.between(1, 100);
                w.take(&a, "poke", &with("val", value.into()))
            } else {
                w.take(&a, "peek", &part)
            }
        }
        56..66 => return w.fork(&a, None),
        66..70 => w.take(&a, "exit", &[("code", 0.into())]),
        70..72 => w.take(&a, "exec", &[]),
        72..78 => {
            let protection = r.pick(&["r", "rw", "none"]);
            w.take(&a, "mprotect", &with("prot", protection.into()))
        }
        78..82 => w.take(&a, "munmap", &part),
        82..86 => w.take(&a, "madvise", &with("adv", "DONTNEED".into())),
        86..95 => {
            let mut which = vec![];
            for name in w.live() {
                if w.world.actors[w.world.find(&name)?]
                    .regions
                    .contains_key(&region)
                {
                    which.push(format!("{name}.{region}"));
                }
            }
            w.take("ctl", "pages", &[("of", which.join(",").into())])
        }
        _ => w.take("ctl", "vmas", &[("of", format!("{a}.{region}").into())]),
    }
    .map(|_| ())
}

fn map(w: &mut Walk, a: &str) -> Taken {
    w.regions_made += 1;
    let number = w.regions_made;
    let params = if w.random.is_within(30) {
        // One page: the result must not depend on what else the kernel maps around a fault.
        vec![
            ("r", Value::from(format!("s{number}"))),
            ("n", 1.into()),
            ("prot", "rw".into()),
            ("share", "shared".into()),
        ]
    } else {
        vec![
            ("r", Value::from(format!("m{number}"))),
            ("n", w.random.between(1, 6).into()),
            ("prot", w.random.pick(&["rw", "rw", "rw", "r"]).into()),
        ]
    };
    w.take(a, "mmap", &params).map(|_| ())
}

/// Whether all these pages of a region are mapped with this permission.
fn all_allow(
    w: &Walk,
    region: &str,
    mut wanted: Range<usize>,
    permission: char,
) -> Result<bool, String> {
    let mappings = w.world.mappings(region)?;
    Ok(wanted.all(|page| {
        mappings.iter().any(|(start, pages, permissions)| {
            (*start..start + pages).contains(&page) && permissions.contains(permission)
        })
    }))
}

const DIRS: [&str; 8] = [
    "/mnt", "/mnt/x", "/mnt/y", "/mnt/x/z", "/a", "/b", "/a/x", "/b/x",
];

/// Mounts, their propagation and mount namespaces.
pub fn mount(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        w.take(
            "init",
            "mount",
            &[("type", "tmpfs".into()), ("target", "/mnt".into())],
        )?;
        for dir in ["/a/x", "/b/x", "/mnt/x", "/mnt/y", "/mnt/x/z"] {
            w.take("init", "mkdir", &[("path", dir.into())])?;
        }
        if w.random.is_within(60) {
            let shared = [("target", "/mnt".into()), ("flags", "shared".into())];
            w.take("init", "mount", &shared)?;
        }
    }
    let a = w.anyone();
    let r = &mut w.random;
    let (share, dir, other) = (r.percent(), r.pick(&DIRS), r.pick(&DIRS));
    match share {
        0..12 => {
            let flags = r.pick(&[Some("NEWNS"), Some("NEWNS"), None]);
            return w.fork(&a, flags);
        }
        12..26 => {
            let params = [("type", "tmpfs".into()), ("target", dir.into())];
            let out = w.take(&a, "mount", &params)?;
            if out.get("ret").is_none() || !w.random.is_within(80) {
                return Ok(());
            }
            w.take(&a, "mkdir", &[("path", format!("{dir}/x").into())])
        }
        26..46 => {
            let flags = r.pick(&["bind", "bind,rec"]);
            let params = [
                ("src", dir.into()),
                ("target", other.into()),
                ("flags", flags.into()),
            ];
            w.take(&a, "mount", &params)
        }
        46..60 => {
            let flags = r.pick(&[
                "shared",
                "private",
                "slave",
                "shared,rec",
                "private,rec",
                "slave,rec",
            ]);
            w.take(
                &a,
                "mount",
                &[("target", dir.into()), ("flags", flags.into())],
            )
        }
        60..72 => {
            let mut params = vec![("target", Value::from(dir))];
            if r.is_within(40) {
                params.push(("detach", 1.into()));
            }
            w.take(&a, "umount", &params)
        }
        72..78 => w.take(&a, "mkdir", &[("path", format!("{dir}/x").into())]),
        78..82 => {
            let params = [
                ("path", format!("{dir}/f").into()),
                ("data", a.as_str().into()),
            ];
            w.take(&a, "writef", &params)
        }
        82..88 => w.take(&a, "ls", &[("path", dir.into())]),
        _ => w.take(&a, "mounts", &[]),
    }
    .map(|_| ())
}

/// Users, capabilities, user and UTS namespaces.
pub fn cred(w: &mut Walk) -> Taken {
    let a = w.anyone();
    let other = w.anyone_but_init();
    let actors = w.world.actors.len();
    if actors < 3 {
        return w.fork("init", None);
    }
    let r = &mut w.random;
    let pid = r.between(1, actors + 1);
    let share = r.percent();
    let b = match (&other, share) {
        (None, 10..32 | 42..54 | 68..74 | 84..88 | 92..95) => return Ok(()),
        (Some(b), _) => b.as_str(),
        (None, _) => "init",
    };
    match share {
        0..10 => {
            let users = [
                None,
                None,
                Some("NEWUSER"),
                Some("NEWUTS"),
                Some("NEWUSER,NEWUTS"),
            ];
            let flags = r.pick(&users);
            return w.fork(&a, flags);
        }
        10..20 => {
            let uid = r.pick(&[0, 1000, 1001]);
            w.take(b, "setuid", &[("uid", uid.into())])
        }
        20..26 => {
            let gid = r.pick(&[0, 1000]);
            w.take(b, "setgid", &[("gid", gid.into())])
        }
        26..32 => {
            let ids: [&[(&str, i32)]; 5] = [
                &[("e", 1000)],
                &[("e", 0)],
                &[("r", 1000), ("e", 1000)],
                &[("r", 1000)],
                &[("e", 1000), ("s", 1000)],
            ];
            let ids = r.pick(&ids);
            let params: Vec<(&str, Value)> = ids.iter().map(|(n, id)| (*n, (*id).into())).collect();
            w.take(b, "setresuid", &params)
        }
        32..42 => w.take(&a, "kill", &[("pid", pid.into()), ("sig", 0.into())]),
        42..50 => {
            let set = r.pick(&["e", "ep", "b"]);
            let name = r.pick(&["KILL", "SYS_ADMIN", "SETUID", "CHOWN", "SETPCAP"]);
            w.take(b, "capdrop", &[("set", set.into()), ("caps", name.into())])
        }
        50..54 => {
            let set = r.pick(&["e", "i", "a"]);
            let name = r.pick(&["KILL", "SYS_ADMIN", "SETUID", "CHOWN"]);
            w.take(b, "capraise", &[("set", set.into()), ("caps", name.into())])
        }
        54..62 => w.take(
            &a,
            "capget",
            &[("caps", "KILL,SYS_ADMIN,SETUID,CHOWN".into())],
        ),
        62..68 => w.take(&a, "getids", &[]),
        68..74 => {
            let flags = r.pick(&["NEWUTS", "NEWUSER", "NEWUSER,NEWUTS"]);
            w.take(b, "unshare", &[("flags", flags.into())])
        }
        74..80 => {
            let name = r.pick(&["a", "b", "c"]);
            w.take(&a, "sethostname", &[("name", name.into())])
        }
        80..84 => w.take(&a, "gethostname", &[]),
        84..88 => w.take(b, "exec", &[]),
        88..92 => {
            let map = r.pick(&["0 1000 1", "0 0 1", "0 0 2000"]);
            let params = [
                ("path", format!("/proc/{pid}/uid_map").into()),
                ("existing", 1.into()),
                ("data", map.into()),
            ];
            w.take(&a, "writef", &params)
        }
        92..95 => w.take(b, "prctl", &[("opt", "keepcaps".into())]),
        _ => {
            let live = w.live().join(",");
            w.take(
                "ctl",
                "ns",
                &[("of", live.into()), ("types", "uts,user".into())],
            )
        }
    }
    .map(|_| ())
}
