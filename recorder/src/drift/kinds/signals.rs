//! Signals, groups, sessions, waiting and stopping.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::{Value, json};

const SIGNALS: [&str; 14] = [
    "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
    "SIGTTIN", "SIGHUP", "SIGPIPE", "SIGINT", "SIGURG", "SIGSEGV",
];

pub fn signals(w: &mut Walk) -> Taken {
    let a = w.anyone();
    let Some(b) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let r = &mut w.random;
    let (pid, group) = (r.between(1, 9), r.between(1, 9));
    let signal = r.pick(&SIGNALS);
    let mut who = a.clone();
    let (op, params) = match r.percent() {
        0..16 => {
            let flags = r.pick(&[None, None, None, None, Some("NEWPID"), Some("PARENT")]);
            return w.fork(&a, flags);
        }
        16..20 => {
            who = b.to_string();
            ("exit", json!({"code": group}))
        }
        20..24 => {
            who = b.to_string();
            ("setsid", json!({}))
        }
        24..31 => (
            "setpgid",
            json!({"pid": r.pick(&[0, pid]), "pgid": r.pick(&[0, group])}),
        ),
        31..47 => {
            let pid = match r.percent() {
                0..70 => pid as i64,
                70..85 => -(group as i64),
                85..94 => 0,
                _ => -1,
            };
            who = b.to_string();
            ("kill", json!({"pid": pid, "sig": signal}))
        }
        47..52 => {
            who = a.to_string();
            ("kill", json!({"pid": pid, "sig": signal}))
        }
        52..60 => {
            let act = r.pick(&["ignore", "handle", "handle", "default"]);
            who = b.to_string();
            ("sigaction", json!({"sig": signal, "act": act}))
        }
        60..66 => {
            let how = r.pick(&["block", "block", "unblock"]);
            who = b.to_string();
            ("sigmask", json!({"sig": signal, "how": how}))
        }
        66..69 => ("sigpending", json!({})),
        69..73 => ("siglog", json!({})),
        73..76 => {
            who = b.to_string();
            ("pause", json!({}))
        }
        76..84 => {
            let mut params = json!({});
            if r.is_within(60) {
                params["nohang"] = 1.into();
            }
            if r.is_within(60) {
                params["untraced"] = 1.into();
            }
            if r.is_within(40) {
                params["pid"] = r.pick(&[0, -1, pid as i64, -(group as i64)]).into();
            }
            ("wait", params)
        }
        84..86 => {
            who = b.to_string();
            ("prctl", json!({"opt": "pdeathsig", "sig": signal}))
        }
        86..87 => {
            who = b.to_string();
            ("prctl", json!({"opt": "subreaper", "val": r.pick(&[0, 1])}))
        }
        87..89 => {
            who = b.to_string();
            ("exec", json!({}))
        }
        89..91 => (r.pick(&["getpgid", "getsid"]), json!({"pid": pid})),
        91..93 => {
            let out = w.act_for(&a, "pidfd_open", json!({"pid": pid}))?;
            if let Some(fd) = out.get("ret").and_then(Value::as_i64) {
                w.act(&a, "pidfd_send", json!({"fd": fd, "sig": signal}))?;
                w.act(&a, "close", json!({"fd": fd}))?;
            }
            return Ok(());
        }
        93..95 => ("sigget", json!({"sig": signal})),
        95..97 => ("ps", json!({})),
        97..99 => {
            who = "ctl".to_string();
            ("alive", json!({}))
        }
        _ => (
            "pstatus",
            json!({"pid": "self", "keys": "SigBlk,SigIgn,SigCgt,PPid"}),
        ),
    };
    w.act(&who, op, params)
}
