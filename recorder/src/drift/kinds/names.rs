//! Namespaces of all types, one inside of the other.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::{Value, json};

const FLAGS: [&str; 16] = [
    "NEWPID",
    "NEWNS",
    "NEWUTS",
    "NEWIPC",
    "NEWNET",
    "NEWUSER",
    "NEWCGROUP",
    "NEWUSER,NEWNS",
    "NEWUSER,NEWPID",
    "NEWUSER,NEWUTS",
    "NEWPID,NEWNS",
    "NEWUSER,NEWPID,NEWNS",
    "NEWUSER,NEWNET",
    "NEWUSER,NEWIPC",
    "NEWPID,NEWUTS",
    "NEWUSER,NEWCGROUP",
];
const LINKS: [&str; 10] = [
    "pid",
    "mnt",
    "uts",
    "ipc",
    "net",
    "user",
    "cgroup",
    "pid_for_children",
    "time",
    "time_for_children",
];

pub fn names(w: &mut Walk) -> Taken {
    let a = w.anyone();
    let Some(b) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let r = &mut w.random;
    let pid = r.between(1, 8);
    let dir = r.pick(&["/mnt", "/a", "/b", "/proc", "/a/x", "/"]);
    let mut who = a.clone();
    let (op, params) = match r.percent() {
        0..14 => {
            let flags = r.pick(&FLAGS);
            let flags = r.pick(&[None, Some(flags), Some(flags)]);
            return w.fork(&a, flags);
        }
        14..22 => {
            let flags = r.pick(&FLAGS);
            let flags = r.pick(&[flags, flags, "NEWTIME", "NEWUSER,NEWTIME"]);
            ("unshare", json!({"flags": flags}))
        }
        22..36 => {
            let link = r.pick(&LINKS);
            let (op, params) = match r.percent() {
                0..75 => (
                    "open",
                    json!({"path": format!("/proc/{pid}/ns/{link}"), "flags": "r"}),
                ),
                _ => ("pidfd_open", json!({"pid": pid})),
            };
            let out = w.act_for(&b, op, params)?;
            let Some(fd) = out.get("ret").and_then(Value::as_i64) else {
                return Ok(());
            };
            let r = &mut w.random;
            let kind = match op {
                "open" => r.pick(&["", "", "", "NEWPID", "NEWUSER", "NEWNS"]),
                _ => r.pick(&FLAGS),
            };
            w.act(&b, "setns", json!({"fd": fd, "type": kind}))?;
            return w.act(&b, "close", json!({"fd": fd}));
        }
        36..46 => {
            let file = r.pick(&["uid_map", "uid_map", "gid_map", "setgroups"]);
            let data = match file {
                "setgroups" => r.pick(&["deny", "allow", "deny\n", "no"]),
                _ => r.pick(&[
                    "0 0 1",
                    "0 1000 1",
                    "0 0 2000",
                    "1000 1000 1",
                    "0 1000 1\n1 0 1",
                    "5 0 1",
                    "0 0 4294967295",
                ]),
            };
            let pid = r.pick(&["self".to_string(), pid.to_string(), pid.to_string()]);
            (
                "writef",
                json!({"path": format!("/proc/{pid}/{file}"), "existing": 1, "data": data}),
            )
        }
        46..48 => (
            "readf",
            json!({"path": format!("/proc/{pid}/{}", r.pick(&["uid_map", "gid_map", "setgroups"]))}),
        ),
        48..51 => {
            who = b.to_string();
            ("setuid", json!({"uid": r.pick(&[0, 1000, 1001, 5])}))
        }
        51..53 => {
            who = b.to_string();
            ("setgid", json!({"gid": r.pick(&[0, 1000])}))
        }
        53..54 => {
            who = b.to_string();
            ("setgroups", json!({"list": r.pick(&["", "0", "50"])}))
        }
        54..57 => ("sethostname", json!({"name": r.pick(&["x", "y", "z"])})),
        57..59 => ("gethostname", json!({})),
        59..62 => ("getids", json!({})),
        62..65 => (
            "capget",
            json!({"caps": "CHOWN,KILL,SETUID,SYS_ADMIN,NET_ADMIN"}),
        ),
        65..68 => (
            "kill",
            json!({"pid": pid, "sig": r.pick(&["0", "SIGTERM", "SIGKILL", "SIGUSR1"])}),
        ),
        68..70 => ("wait", json!({"nohang": 1})),
        70..71 => {
            who = b.to_string();
            ("exit", json!({"code": 3}))
        }
        71..77 => {
            let mut params = json!({"target": dir, "type": r.pick(&["tmpfs", "tmpfs", "proc"])});
            if r.is_within(40) {
                params = json!({"target": dir, "src": r.pick(&["/mnt", "/a", "/proc", "/"]), "flags": r.pick(&["bind", "bind,rec", "move"])});
            } else if r.is_within(20) {
                params = json!({"target": dir, "flags": r.pick(&["shared", "slave,rec", "private,rec", "remount,bind,ro", "remount,bind,nosuid", "remount,bind"])});
            }
            ("mount", params)
        }
        77..79 => {
            let mut params = json!({"target": dir});
            if r.is_within(50) {
                params["detach"] = 1.into();
            }
            ("umount", params)
        }
        79..80 => ("mkdir", json!({"path": format!("{dir}/x")})),
        80..82 => {
            who = b.to_string();
            ("chroot", json!({"path": dir}))
        }
        82..83 => ("pivot_root", json!({"new": dir, "old": format!("{dir}/x")})),
        83..84 => ("chdir", json!({"path": dir})),
        84..86 => ("getcwd", json!({})),
        86..88 => ("mounts", json!({})),
        88..90 => ("ps", json!({})),
        90..91 => (
            "writef",
            json!({"path": "/proc/self/timens_offsets", "existing": 1, "data": r.pick(&["monotonic 100 0", "boottime 500 0", "monotonic -1000000000 0"])}),
        ),
        91..92 => ("clock", json!({})),
        92..93 => ("if_list", json!({})),
        93..94 => (
            "writef",
            json!({"path": "/proc/sys/kernel/hostname", "existing": 1, "data": "w"}),
        ),
        94..95 => (r.pick(&["getpid", "getppid", "getsid"]), json!({})),
        95..97 => {
            let of = r.between(0, w.world.actors.len());
            let of = w.world.actors[of].name.clone();
            who = "ctl".to_string();
            ("proc", json!({"of": of}))
        }
        _ => {
            let of = w.live().join(",");
            let types = "pid,pid_for_children,mnt,uts,ipc,net,user,cgroup,time,time_for_children";
            who = "ctl".to_string();
            ("ns", json!({"of": of, "types": types}))
        }
    };
    w.act(&who, op, params)
}
