//! Control groups from outside and as files of cgroup2.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::json;

pub fn groups(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        w.act(
            "init",
            "mount",
            json!({"type": "cgroup2", "target": "/mnt"}),
        )?;
    }
    let a = w.anyone();
    let Some(b) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let r = &mut w.random;
    let group = r.pick(&["a", "a/b", "c", "a/b/d"]);
    let dir = format!("/mnt/{group}");
    let pid = r.between(1, 9);
    let mut who = a.clone();
    let (op, params) = match r.percent() {
        0..14 => {
            let flags = r.pick(&[None, None, None, Some("NEWCGROUP"), Some("NEWPID")]);
            return w.fork(&b, flags);
        }
        14..18 => return w.fork("init", None),
        18..24 => {
            who = "ctl".to_string();
            ("cg_mkdir", json!({"c": group}))
        }
        24..28 => ("mkdir", json!({"path": dir})),
        28..30 => {
            who = "ctl".to_string();
            ("cg_rmdir", json!({"c": group}))
        }
        30..32 => ("rmdir", json!({"path": dir})),
        32..38 => {
            who = "ctl".to_string();
            ("cg_attach", json!({"c": group, "who": b}))
        }
        38..46 => {
            let pid = r.pick(&[pid, pid, 0, 99]);
            let path = r.pick(&[format!("{dir}/cgroup.procs"), "/mnt/cgroup.procs".into()]);
            (
                "writef",
                json!({"path": path, "existing": 1, "data": pid.to_string()}),
            )
        }
        46..50 => {
            who = "ctl".to_string();
            ("cg_procs", json!({"c": r.pick(&[group, ""])}))
        }
        50..56 => {
            who = "ctl".to_string();
            (
                "cg_set",
                json!({"c": group, "key": "pids.max", "val": r.pick(&["max", "0", "1", "2", "3"])}),
            )
        }
        56..59 => {
            who = "ctl".to_string();
            (
                "cg_get",
                json!({"c": group, "key": r.pick(&["pids.max", "pids.current", "memory.events"])}),
            )
        }
        59..66 => (
            "writef",
            json!({"path": format!("{dir}/cgroup.freeze"), "existing": 1, "data": r.pick(&["1", "1", "0", "0", "2", "x"])}),
        ),
        66..68 => (
            "writef",
            json!({"path": format!("{dir}/cgroup.kill"), "existing": 1, "data": r.pick(&["1", "1", "0"])}),
        ),
        68..70 => {
            let file = r.pick(&["cgroup.max.depth", "cgroup.max.descendants"]);
            (
                "writef",
                json!({"path": format!("{dir}/{file}"), "existing": 1, "data": r.pick(&["0", "1", "max", "-1"])}),
            )
        }
        70..77 => {
            let file = r.pick(&[
                "cgroup.events",
                "cgroup.freeze",
                "cgroup.stat",
                "cgroup.type",
                "cgroup.max.depth",
                "cgroup.controllers",
            ]);
            let file = if file == "cgroup.stat" {
                "cgroup.events"
            } else {
                file
            };
            ("readf", json!({"path": format!("{dir}/{file}")}))
        }
        77..79 => ("ls", json!({"path": dir})),
        79..82 => {
            who = b.to_string();
            (
                "unshare",
                json!({"flags": r.pick(&["NEWCGROUP", "NEWUSER,NEWCGROUP", "NEWPID"])}),
            )
        }
        82..85 => (
            "cgview",
            json!({"pid": r.pick(&["self".to_string(), pid.to_string()])}),
        ),
        85..90 => (
            "kill",
            json!({"pid": pid, "sig": r.pick(&["SIGTERM", "SIGKILL", "SIGSTOP", "SIGCONT", "SIGUSR1"])}),
        ),
        90..92 => {
            who = b.to_string();
            ("exit", json!({}))
        }
        92..95 => ("wait", json!({"nohang": 1})),
        95..96 => {
            who = b.to_string();
            ("setuid", json!({"uid": 1000}))
        }
        96..97 => (
            "chown",
            json!({"path": format!("{dir}/cgroup.procs"), "uid": 1000, "gid": 1000}),
        ),
        97..98 => ("getpid", json!({})),
        _ => {
            who = "ctl".to_string();
            ("alive", json!({}))
        }
    };
    w.act(&who, op, params)
}
