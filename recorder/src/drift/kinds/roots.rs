//! Mounts, roots and working directories, as several users and user namespaces see them.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::{Value, json};

const PLACES: [&str; 22] = [
    "/mnt",
    "/mnt/x",
    "/mnt/y",
    "/mnt/x/z",
    "/a",
    "/a/x",
    "/b",
    "/b/x",
    "/",
    "/tmp",
    "/proc",
    ".",
    "..",
    "x",
    "/a/f",
    "/mnt/f",
    "/a/l",
    "/proc/self/fd/3",
    "/proc/1/root",
    "/proc/2/root/mnt",
    "/proc/2/cwd",
    "/mnt/x/..",
];

/// Most places are those that mounts are made on.
fn place(w: &mut Walk) -> &'static str {
    let among = if w.random.is_within(70) {
        8
    } else {
        PLACES.len()
    };
    w.random.pick(&PLACES[..among])
}

pub fn roots(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        begin(w)?;
    }
    let a = w.anyone();
    let (path, other) = (place(w), place(w));
    let r = &mut w.random;
    let pid = r.between(1, 5);
    let (op, params) = match r.percent() {
        0..9 => return child(w, &a),
        9..14 => {
            let Some(b) = w.anyone_but_init() else {
                return child(w, "init");
            };
            return changed(w, &b);
        }
        14..21 => (
            "mount",
            json!({"type": w.random.pick(&["tmpfs", "tmpfs", "tmpfs", "proc"]), "target": path}),
        ),
        21..36 => {
            let flags = r.pick(&["bind", "bind", "bind,rec", "bind,rec", "bind,ro", "move"]);
            (
                "mount",
                json!({"src": path, "target": other, "flags": flags}),
            )
        }
        36..47 => {
            let flags = r.pick(&[
                "shared",
                "private",
                "slave",
                "unbindable",
                "shared,rec",
                "private,rec",
                "slave,rec",
                "unbindable,rec",
            ]);
            ("mount", json!({"target": path, "flags": flags}))
        }
        47..53 => {
            let flags = r.pick(&[
                "remount,bind,ro",
                "remount,bind",
                "remount,ro",
                "remount",
                "remount,bind,nosuid",
                "remount,bind,ro,nodev",
                "remount,bind,noexec",
            ]);
            ("mount", json!({"target": path, "flags": flags}))
        }
        53..60 => {
            let mut params = json!({"target": path});
            if r.is_within(45) {
                params["detach"] = 1.into();
            }
            ("umount", params)
        }
        60..65 => ("pivot_root", json!({"new": path, "old": other})),
        65..68 => ("chroot", json!({"path": path})),
        68..72 => ("chdir", json!({"path": path})),
        72..74 => (
            "open",
            json!({"path": path, "flags": r.pick(&["r,dir", "path", "r", "path,nofollow"])}),
        ),
        74..75 => ("fchdir", json!({"fd": r.between(3, 6)})),
        75..76 => ("close", json!({"fd": r.between(3, 6)})),
        76..79 => ("mkdir", json!({"path": format!("{path}/x")})),
        79..80 => ("rmdir", json!({"path": path})),
        80..81 => ("rename", json!({"from": path, "to": other})),
        81..83 => (
            "writef",
            json!({"path": format!("{path}/f"), "data": a.as_str()}),
        ),
        // Not the names in it: what else is in proc is this machine's own.
        83..86 => ("stat", json!({"path": format!("{path}/x")})),
        86..88 => (
            r.pick(&["stat", "readf", "readlink"]),
            json!({"path": path}),
        ),
        88..91 => {
            let link = r.pick(&[
                "self/root",
                "self/cwd",
                "self/fd/3",
                "1/root",
                "2/cwd",
                "2/root",
            ]);
            ("readlink", json!({"path": format!("/proc/{link}")}))
        }
        91..93 => ("getcwd", json!({})),
        93..96 => {
            let path = format!("/proc/{pid}/ns/mnt");
            let out = w.act_for(&a, "open", json!({"path": path, "flags": "r"}))?;
            let Some(fd) = out.get("ret").and_then(Value::as_i64) else {
                return Ok(());
            };
            w.act(&a, "setns", json!({"fd": fd, "type": "NEWNS"}))?;
            ("close", json!({"fd": fd}))
        }
        _ => ("mounts", json!({})),
    };
    w.act(&a, op, params)
}

fn begin(w: &mut Walk) -> Taken {
    w.act("init", "mount", json!({"type": "tmpfs", "target": "/mnt"}))?;
    for dir in ["/a/x", "/b/x", "/mnt/x", "/mnt/y", "/mnt/x/z"] {
        w.act("init", "mkdir", json!({"path": dir}))?;
    }
    for file in ["/a/f", "/mnt/f"] {
        w.act("init", "writef", json!({"path": file, "data": "1"}))?;
    }
    w.act("init", "symlink", json!({"dest": "/mnt/x", "path": "/a/l"}))?;
    match w.random.percent() {
        0..30 => w.act(
            "init",
            "mount",
            json!({"target": "/", "flags": "shared,rec"}),
        ),
        30..60 => w.act(
            "init",
            "mount",
            json!({"target": "/mnt", "flags": "shared"}),
        ),
        _ => Ok(()),
    }
}

/// A child, perhaps with namespaces; a user namespace gets its first users.
fn child(w: &mut Walk, parent: &str) -> Taken {
    let flags = w.random.pick(&[
        None,
        Some("NEWNS"),
        Some("NEWNS"),
        Some("NEWNS,NEWPID"),
        Some("NEWUSER,NEWNS"),
        Some("NEWUSER,NEWNS"),
    ]);
    let pid = w.world.actors.len() + 1;
    w.fork(parent, flags)?;
    if flags == Some("NEWUSER,NEWNS") && w.random.is_within(80) {
        for file in ["uid_map", "gid_map"] {
            let path = format!("/proc/{pid}/{file}");
            let data = w.random.pick(&["0 0 2000", "0 0 1"]);
            w.act(
                "init",
                "writef",
                json!({"path": path, "existing": 1, "data": data}),
            )?;
        }
    }
    Ok(())
}

/// Somebody becomes another user, enters namespaces of its own, or ends.
fn changed(w: &mut Walk, who: &str) -> Taken {
    let r = &mut w.random;
    let (op, params) = match r.percent() {
        0..20 => ("setuid", json!({"uid": 1000})),
        20..65 => (
            "unshare",
            json!({"flags": r.pick(&["NEWNS", "NEWNS", "NEWUSER,NEWNS", "NEWUSER"])}),
        ),
        65..80 => (
            "capdrop",
            json!({"set": "e", "caps": r.pick(&["SYS_ADMIN", "SYS_CHROOT"])}),
        ),
        _ => ("exit", json!({})),
    };
    w.act(who, op, params)
}
