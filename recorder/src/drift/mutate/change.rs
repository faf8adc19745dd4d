//! What is changed in the steps of a case before it is run.

use super::super::random::Random;
use super::corpus::Corpus;
use conformance::case::{Params, Step};
use serde_json::{Map, Value, json};

/// What clone and unshare make new.
const NAMESPACES: [&str; 8] = [
    "NEWPID",
    "NEWNS",
    "NEWUTS",
    "NEWIPC",
    "NEWNET",
    "NEWUSER",
    "NEWCGROUP",
    "NEWTIME",
];

/// Values that cases use seldom, by parameter.
fn unusual(name: &str, random: &mut Random) -> Option<Value> {
    const SIGNALS: [&str; 12] = [
        "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGHUP", "SIGPIPE", "SIGINT",
    ];
    const CAPABILITIES: [&str; 16] = [
        "CHOWN",
        "DAC_OVERRIDE",
        "DAC_READ_SEARCH",
        "FOWNER",
        "FSETID",
        "KILL",
        "SETGID",
        "SETUID",
        "SETPCAP",
        "NET_BIND_SERVICE",
        "NET_ADMIN",
        "NET_RAW",
        "SYS_CHROOT",
        "SYS_PTRACE",
        "SYS_ADMIN",
        "ALL",
    ];
    Some(match name {
        "pid" => json!(random.between(0, 12) as i64 - 2),
        "pgid" => json!(random.between(0, 8)),
        "sig" => random.pick(&SIGNALS).into(),
        "uid" | "gid" | "r" | "e" | "s" => json!(random.pick(&[0, 1, 1000, 1001, 65534])),
        "caps" => random.pick(&CAPABILITIES).into(),
        "set" => random
            .pick(&["e", "p", "i", "b", "a", "ep", "epi", "pi", "epib"])
            .into(),
        "fd" => json!(random.between(0, 9)),
        "to" => return None,
        "page" => json!(random.between(0, 5)),
        "n" => json!(random.between(0, 7)),
        "off" => json!(random.between(0, 4)),
        "size" => json!(random.pick(&[0, 1, 4096, 5000, 8192, 12288])),
        "val" => json!(random.between(0, 9)),
        "prot" => random
            .pick(&["none", "r", "w", "rw", "rx", "rwx", "x"])
            .into(),
        "mode" => random
            .pick(&[
                "0", "400", "600", "640", "644", "666", "700", "711", "755", "777", "1777", "4755",
                "2755",
            ])
            .into(),
        "adv" => random.pick(&["DONTNEED", "DONTFORK", "WIPEONFORK"]).into(),
        "act" => random.pick(&["default", "ignore", "handle"]).into(),
        "how" => return None,
        "opt" => random
            .pick(&["subreaper", "no_new_privs", "keepcaps", "dumpable"])
            .into(),
        "deny" => random
            .pick(&[
                "mkdir",
                "unshare",
                "setns",
                "clone",
                "mount",
                "socket",
                "kill",
                "getppid",
                "sethostname",
                "chroot",
                "setuid",
                "kill,mkdir",
            ])
            .into(),
        "action" => random
            .pick(&["kill", "trap", "allow", "EPERM", "ENOSYS", "EACCES"])
            .into(),
        "type" => random.pick(&NAMESPACES).into(),
        "port" => json!(random.pick(&[53, 80, 1023, 1024, 7000, 9000])),
        _ => return None,
    })
}

/// Optional parameters of operations.
const OPTIONAL: [(&str, &str, i64); 16] = [
    ("wait", "nohang", 1),
    ("wait", "untraced", 1),
    ("umount", "detach", 1),
    ("writef", "existing", 1),
    ("mmap", "populate", 1),
    ("shmat", "ro", 1),
    ("shmget", "create", 1),
    ("shmget", "excl", 1),
    ("msgget", "create", 1),
    ("msgget", "excl", 1),
    ("msgrcv", "nowait", 1),
    ("pipe", "cloexec", 1),
    ("tcp_listen", "reuse", 1),
    ("setpgid", "pid", 2),
    ("setpgid", "pgid", 2),
    ("prctl", "val", 0),
];

/// Flags that a list may have besides.
fn flag(op: &str, random: &mut Random) -> Option<&'static str> {
    Some(match op {
        "fork" => random.pick(&[
            "NEWPID",
            "NEWNS",
            "NEWUTS",
            "NEWIPC",
            "NEWNET",
            "NEWUSER",
            "NEWCGROUP",
            "PARENT",
        ]),
        "unshare" => random.pick(&NAMESPACES),
        "mount" => random.pick(&[
            "bind",
            "rec",
            "private",
            "shared",
            "slave",
            "unbindable",
            "ro",
            "remount",
            "move",
            "nosuid",
            "nodev",
            "noexec",
        ]),
        "open" => random.pick(&[
            "r", "w", "rw", "creat", "excl", "trunc", "append", "cloexec", "dir", "nonblock",
            "nofollow", "path",
        ]),
        _ => return None,
    })
}

/// Takes a word out of a list with commas, or puts one in.
fn change_list(text: &str, op: &str, random: &mut Random) -> String {
    let mut words: Vec<&str> = text.split(',').filter(|word| !word.is_empty()).collect();
    match flag(op, random) {
        Some(word) if words.is_empty() || random.is_within(60) => words.push(word),
        _ => {
            words.remove(random.between(0, words.len()));
        }
    }
    words.sort_unstable();
    words.dedup();
    words.join(",")
}

/// Another value of one parameter, or one parameter more or less.
pub fn parameter(step: &mut Step, corpus: &Corpus, around: &[Step], random: &mut Random) {
    let op = step.op.clone();
    let params = &mut step.params.0;
    if random.is_within(20) {
        let optional: Vec<_> = OPTIONAL.iter().filter(|(of, _, _)| *of == op).collect();
        if let Some((_, name, value)) = optional.get(random.between(0, optional.len())) {
            if params.remove(*name).is_none() {
                params.insert((*name).into(), (*value).into());
            }
            return;
        }
    }
    if matches!(op.as_str(), "fork" | "unshare" | "mount" | "open") && random.is_within(50) {
        let before = params.get("flags").and_then(Value::as_str).unwrap_or("");
        let flags = change_list(before, &op, random);
        if flags.is_empty() {
            params.remove("flags");
        } else {
            params.insert("flags".into(), flags.into());
        }
        return;
    }
    let names: Vec<String> = params
        .keys()
        .filter(|name| *name != "as")
        .cloned()
        .collect();
    let Some(name) = names.get(random.between(0, names.len())) else {
        return;
    };
    let near: Vec<&Value> = around
        .iter()
        .flat_map(|other| &other.params.0)
        .filter(|(other, _)| is_alike(other, name))
        .map(|(_, value)| value)
        .collect();
    let value = match random.percent() {
        0..45 if !near.is_empty() => near.get(random.between(0, near.len())).copied().cloned(),
        0..75 => corpus.value(&op, name, random),
        _ => unusual(name, random).or_else(|| corpus.value(&op, name, random)),
    };
    if let Some(value) = value {
        params.insert(name.clone(), value);
    }
}

/// Whether two parameters say the same kind of thing.
fn is_alike(one: &str, other: &str) -> bool {
    const PATHS: [&str; 9] = [
        "path", "target", "src", "from", "to", "new", "old", "dest", "lower",
    ];
    one == other || (PATHS.contains(&one) && PATHS.contains(&other) && one != "to")
}

/// A step that changes nothing and tells something.
pub fn probe(actor: &str, names: &[String], random: &mut Random) -> Step {
    let pid = random.between(1, 8);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let of = all
        .get(random.between(0, all.len()))
        .copied()
        .unwrap_or("init");
    let (actor, op, params) = match random.percent() {
        0..8 => (actor, "getids", json!({})),
        8..16 => (
            actor,
            "capget",
            json!({"caps": "CHOWN,KILL,SETUID,SETPCAP,SYS_ADMIN,NET_ADMIN"}),
        ),
        16..22 => (actor, "getppid", json!({})),
        22..26 => (actor, "getpgid", json!({"pid": pid})),
        26..30 => (actor, "getsid", json!({"pid": pid})),
        30..36 => (actor, "ps", json!({})),
        36..46 => (actor, "mounts", json!({})),
        46..50 => (actor, "getcwd", json!({})),
        50..54 => (actor, "fds", json!({})),
        54..58 => (actor, "sigpending", json!({})),
        58..62 => (actor, "siglog", json!({})),
        62..66 => (
            actor,
            "ls",
            json!({"path": random.pick(&["/", "/a", "/mnt", "/tmp", "."])}),
        ),
        66..70 => (actor, "kill", json!({"pid": pid, "sig": 0})),
        70..74 => (
            actor,
            "pstatus",
            json!({"pid": pid, "keys": "Pid,PPid,NSpid,Uid,Gid,NoNewPrivs,Seccomp,SigBlk,SigIgn,SigCgt,State"}),
        ),
        74..77 => (actor, "wait", json!({"nohang": 1, "untraced": 1})),
        77..80 => (actor, "gethostname", json!({})),
        80..83 => (actor, "if_list", json!({})),
        83..87 => ("ctl", "alive", json!({})),
        87..94 => (
            "ctl",
            "ns",
            json!({"of": names.join(","), "types": "pid,pid_for_children,mnt,uts,ipc,net,user,cgroup"}),
        ),
        _ => ("ctl", "proc", json!({"of": of})),
    };
    let params = match params {
        Value::Object(params) => params,
        _ => Map::new(),
    };
    Step {
        actor: actor.into(),
        op: op.into(),
        params: Params(params),
        out: None,
    }
}

/// Changes the order or the number of steps, or one of them.
pub fn change(plan: &mut Vec<Step>, corpus: &Corpus, random: &mut Random) {
    let at = random.between(0, plan.len());
    let other = random.between(0, plan.len());
    let Some(step) = plan.get(at).cloned() else {
        return;
    };
    match random.percent() {
        0..18 => {
            plan.remove(at);
        }
        18..24 => plan.swap(at, other),
        24..34 => plan.insert(other.max(at), step),
        34..70 => {
            let around = plan.clone();
            parameter(&mut plan[at], corpus, &around, random);
        }
        70..80 => {
            let actor = plan[other].actor.clone();
            if step.actor != "ctl" && actor != "ctl" {
                plan[at].actor = actor;
            }
        }
        _ => {
            let stretch = corpus.stretch(random).to_vec();
            for (k, step) in stretch.into_iter().enumerate() {
                plan.insert((at + k).min(plan.len()), step);
            }
        }
    }
}
