//! Files, directories, descriptors, pipes and permissions; an overlay.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::json;

const PATHS: [&str; 16] = [
    "/tmp/x",
    "/tmp/y",
    "/tmp/d",
    "/tmp/d/x",
    "/tmp/d/e",
    "/tmp/d/e/y",
    "/a/x",
    "/a/d",
    "/a/d/z",
    "/tmp",
    "/a",
    "x",
    "../y",
    "/tmp/l",
    "/tmp/l/x",
    "/tmp/p",
];
const LAYERS: [&str; 14] = [
    "/mnt/m/a",
    "/mnt/m/d",
    "/mnt/m/d/x",
    "/mnt/m/d/y",
    "/mnt/m/n",
    "/mnt/m/e",
    "/mnt/m/e/f",
    "/mnt/m/l",
    "/mnt/m",
    "/mnt/m/e/x",
    "/mnt/m/d/s",
    "/mnt/m/d/s/t",
    "/mnt/m/n/x",
    "/mnt/m/d2",
];

pub fn files(w: &mut Walk) -> Taken {
    step(w, &PATHS)
}

pub fn overlay(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        let data = "lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w";
        w.act("init", "mount", json!({"type": "tmpfs", "target": "/mnt"}))?;
        for dir in ["l", "u", "w", "m", "l/d", "l/e", "l/d/s"] {
            w.act("init", "mkdir", json!({"path": format!("/mnt/{dir}")}))?;
        }
        for file in ["l/a", "l/d/x", "l/d/s/t", "l/e/f"] {
            w.act(
                "init",
                "writef",
                json!({"path": format!("/mnt/{file}"), "data": "low"}),
            )?;
        }
        if w.random.is_within(40) {
            w.act("init", "chmod", json!({"path": "/mnt/l/d", "mode": "1777"}))?;
            w.act(
                "init",
                "chown",
                json!({"path": "/mnt/l/a", "uid": 1000, "gid": 1000}),
            )?;
        }
        w.act(
            "init",
            "mount",
            json!({"src": "overlay", "type": "overlay", "target": "/mnt/m", "data": data}),
        )?;
    }
    if w.random.is_within(12) {
        // The layers are only looked at: what changes below an overlay is left open.
        let a = w.anyone();
        let path = w.random.pick(&[
            "/mnt/u", "/mnt/u/d", "/mnt/u/a", "/mnt/u/e", "/mnt/l", "/mnt/l/d",
        ]);
        let op = w.random.pick(&["ls", "stat", "readf"]);
        return w.act(&a, op, json!({"path": path}));
    }
    step(w, &LAYERS)
}

fn step(w: &mut Walk, paths: &[&str]) -> Taken {
    let a = w.anyone();
    let r = &mut w.random;
    let (path, other) = (r.pick(paths), r.pick(paths));
    let fd = r.between(3, 8);
    let data = r.pick(&["1", "two", "three3", ""]);
    let (op, params) = match r.percent() {
        0..4 => return w.fork(&a, None),
        4..9 => {
            let Some(b) = w.anyone_but_init() else {
                return w.fork("init", None);
            };
            let r = &mut w.random;
            let (op, params) = match r.percent() {
                0..35 => ("setuid", json!({"uid": r.pick(&[1000, 1001])})),
                35..55 => ("setgid", json!({"gid": r.pick(&[1000, 50])})),
                55..70 => ("setgroups", json!({"list": r.pick(&["50", "1000,50", ""])})),
                70..85 => (
                    "capdrop",
                    json!({"set": "e", "caps": r.pick(&["DAC_OVERRIDE", "FOWNER", "CHOWN", "FSETID", "DAC_READ_SEARCH", "DAC_OVERRIDE,DAC_READ_SEARCH"])}),
                ),
                85..92 => (
                    "rlimit",
                    json!({"kind": "FSIZE", "val": r.pick(&[2, 4, 5000])}),
                ),
                _ => (
                    "rlimit",
                    json!({"kind": "NOFILE", "val": r.pick(&[4, 5, 6])}),
                ),
            };
            return w.act(&b, op, params);
        }
        9..16 => (
            "mkdir",
            json!({"path": path, "mode": r.pick(&["755", "700", "777", "1777", "2775"])}),
        ),
        16..24 => ("writef", json!({"path": path, "data": data})),
        24..27 => ("writef", json!({"path": path, "data": data, "existing": 1})),
        27..32 => ("readf", json!({"path": path})),
        32..37 => ("rename", json!({"from": path, "to": other})),
        37..41 => ("link", json!({"from": path, "to": other})),
        41..45 => ("unlink", json!({"path": path})),
        45..48 => ("rmdir", json!({"path": path})),
        48..51 => ("symlink", json!({"dest": other, "path": path})),
        51..53 => ("readlink", json!({"path": path})),
        53..59 => {
            let mode = r.pick(&[
                "0", "400", "600", "640", "644", "666", "700", "711", "755", "777", "1777", "2755",
                "4755", "6777",
            ]);
            ("chmod", json!({"path": path, "mode": mode}))
        }
        59..63 => (
            "chown",
            json!({"path": path, "uid": r.pick(&[0, 1000, 1001, -1]), "gid": r.pick(&[0, 50, 1000, -1])}),
        ),
        63..71 => ("stat", json!({"path": path})),
        71..75 => ("ls", json!({"path": path})),
        75..77 => ("chdir", json!({"path": path})),
        77..78 => ("getcwd", json!({})),
        78..84 => {
            let flags = r.pick(&[
                "r",
                "w",
                "rw",
                "w,creat",
                "rw,creat",
                "w,creat,excl",
                "w,trunc",
                "rw,append",
                "r,dir",
                "path",
                "r,nofollow",
                "path,nofollow",
                "w,creat,append",
                "rw,creat,trunc",
                "r,nonblock",
                "w,nonblock",
                "r,creat",
                "w,dir",
                "path,dir",
            ]);
            (
                "open",
                json!({"path": path, "flags": flags, "mode": r.pick(&["644", "600", "400", "0", "777"])}),
            )
        }
        84..86 => ("read", json!({"fd": fd, "n": r.pick(&[1, 2, 100])})),
        86..88 => ("write", json!({"fd": fd, "data": data})),
        88..90 => ("lseek", json!({"fd": fd, "off": r.pick(&[0, 1, 3, 10])})),
        90..92 => (
            "ftruncate",
            json!({"fd": fd, "size": r.pick(&[0, 2, 9, 5000])}),
        ),
        92..94 => ("close", json!({"fd": fd})),
        94..95 => (r.pick(&["dup", "fchdir"]), json!({"fd": fd})),
        95..96 => ("dup2", json!({"fd": fd, "to": r.between(0, 10)})),
        96..97 => ("fds", json!({})),
        97..98 => ("pipe", json!({})),
        98..99 => ("mknod", json!({"path": path, "type": "fifo"})),
        _ => (
            "mknod",
            json!({"path": path, "type": "char", "major": 1, "minor": r.pick(&[3, 5, 7])}),
        ),
    };
    w.act(&a, op, params)
}
