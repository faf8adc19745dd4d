//! Users, groups, capabilities, limits and seccomp.

use super::sys::{Answer, Failure, nothing, read_text, sys};
use super::{Agent, PROC_FD};
use crate::names::{capability, error_number};
use conformance::case::Params;
use libc::{c_int, c_long};
use serde_json::{Map, Value, json};

const PAGE: u64 = 4096;

pub fn run(_: &mut Agent, op: &str, p: &Params) -> Answer {
    match op {
        "getids" => getids(),
        "setuid" => sys!(syscall(SYS_setuid, id(p, "uid")?)).map(nothing),
        "setgid" => sys!(syscall(SYS_setgid, id(p, "gid")?)).map(nothing),
        "setresuid" => {
            let unchanged = |name| p.number_or(name, -1).map(|id| id as u32);
            let (real, effective, saved) = (unchanged("r")?, unchanged("e")?, unchanged("s")?);
            sys!(syscall(SYS_setresuid, real, effective, saved)).map(nothing)
        }
        "setgroups" => {
            let number = |word: &String| word.parse().map_err(|_| format!("no group '{word}'"));
            let list = p.list("list");
            let groups: Vec<u32> = list.iter().map(number).collect::<Result<_, _>>()?;
            sys!(syscall(SYS_setgroups, groups.len(), groups.as_ptr())).map(nothing)
        }
        "getgroups" => {
            let mut groups = [0u32; 64];
            let count = sys!(getgroups(64, groups.as_mut_ptr()))? as usize;
            groups[..count].sort_unstable();
            Ok(groups[..count].into())
        }
        "capget" => capget(p),
        "capdrop" => change_capabilities(p, Change::Drop),
        "capraise" => change_capabilities(p, Change::Raise),
        "rlimit" => rlimit(p),
        "seccomp" => seccomp(p),
        _ => Err(Failure::NotMine),
    }
}

fn id(p: &Params, name: &str) -> Result<u32, Failure> {
    Ok(p.number(name)? as u32)
}

fn getids() -> Answer {
    let mut uid = [0u32; 3];
    let mut gid = [0u32; 3];
    let [r, e, s] = &mut uid;
    sys!(getresuid(r, e, s))?;
    let [r, e, s] = &mut gid;
    sys!(getresgid(r, e, s))?;
    Ok(json!({"uid": uid, "gid": gid}))
}

/// Effective, permitted, inheritable: capset(2), version 3.
const VERSION: u32 = 0x2008_0522;

fn sets() -> Result<[u64; 3], Failure> {
    let mut header = [VERSION, 0];
    let mut data = [0u32; 6];
    sys!(syscall(SYS_capget, header.as_mut_ptr(), data.as_mut_ptr()))?;
    let set = |k: usize| u64::from(data[k]) | u64::from(data[k + 3]) << 32;
    Ok([set(0), set(1), set(2)])
}

fn set_sets(sets: [u64; 3]) -> Result<i64, Failure> {
    let mut header = [VERSION, 0];
    let [e, p, i] = sets;
    let half = |set: u64, shift: u32| (set >> shift) as u32;
    let data = [
        half(e, 0),
        half(p, 0),
        half(i, 0),
        half(e, 32),
        half(p, 32),
        half(i, 32),
    ];
    sys!(syscall(SYS_capset, header.as_mut_ptr(), data.as_ptr()))
}

const AMBIENT_IS_SET: c_int = libc::PR_CAP_AMBIENT_IS_SET;

fn capget(p: &Params) -> Answer {
    let sets = sets()?;
    let none: c_long = 0;
    let mut all = Map::new();
    for name in p.list("caps") {
        let number = capability(&name)?;
        let is_on = |answer: Result<i64, Failure>| answer.is_ok_and(|is| is == 1);
        let mut letters = String::new();
        for (set, letter) in sets.iter().zip(['e', 'p', 'i']) {
            if set >> number & 1 == 1 {
                letters.push(letter);
            }
        }
        if is_on(sys!(prctl(PR_CAPBSET_READ, number, none, none, none))) {
            letters.push('b');
        }
        let ambient = sys!(prctl(PR_CAP_AMBIENT, AMBIENT_IS_SET, number, none, none));
        if is_on(ambient) {
            letters.push('a');
        }
        all.insert(name, letters.into());
    }
    Ok(Value::Object(all))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Drop,
    Raise,
}

/// The bounding set first, for the others follow from it; the ambient one last.
fn change_capabilities(p: &Params, change: Change) -> Answer {
    let mut sets = sets()?;
    let letters = p.text("set")?;
    let numbers: Vec<u32> = match p.text("caps")?.as_str() {
        "ALL" => (0..=40).collect(),
        _ => {
            let names = p.list("caps");
            names
                .iter()
                .map(|n| capability(n))
                .collect::<Result<_, _>>()?
        }
    };
    let none: c_long = 0;
    if letters.contains('b') {
        for number in &numbers {
            sys!(prctl(PR_CAPBSET_DROP, *number, none, none, none))?;
        }
    }
    let bits = numbers.iter().fold(0u64, |bits, number| bits | 1 << number);
    for (set, letter) in sets.iter_mut().zip(['e', 'p', 'i']) {
        if letters.contains(letter) {
            match change {
                Change::Drop => *set &= !bits,
                Change::Raise => *set |= bits,
            }
        }
    }
    if letters.contains(['e', 'p', 'i']) {
        set_sets(sets)?;
    }
    if letters.contains('a') {
        let way = match change {
            Change::Drop => libc::PR_CAP_AMBIENT_LOWER,
            Change::Raise => libc::PR_CAP_AMBIENT_RAISE,
        };
        for number in &numbers {
            sys!(prctl(PR_CAP_AMBIENT, way, *number, none, none))?;
        }
    }
    Ok(0.into())
}

fn rlimit(p: &Params) -> Answer {
    let kind = p.text("kind")?;
    let resource = match kind.as_str() {
        "AS" => libc::RLIMIT_AS,
        "NPROC" => libc::RLIMIT_NPROC,
        "NOFILE" => libc::RLIMIT_NOFILE,
        "FSIZE" => libc::RLIMIT_FSIZE,
        "STACK" => libc::RLIMIT_STACK,
        "DATA" => libc::RLIMIT_DATA,
        other => return Err(Failure::Case(format!("no limit '{other}'"))),
    };
    let mut value = p.number_or("val", 0)? as u64;
    if kind == "AS" {
        // More than there is, so that it does not depend on this program's own size.
        let sizes = read_text(PROC_FD, "self/statm")?;
        let pages = sizes.split(' ').next().and_then(|word| word.parse().ok());
        let pages: u64 = pages.ok_or_else(|| "statm says no size".to_string())?;
        value = (pages + p.number("extra_pages")? as u64) * PAGE;
    }
    let limit = libc::rlimit {
        rlim_cur: value,
        rlim_max: p.number_or("hard", value as i64)? as u64,
    };
    sys!(setrlimit(resource, &limit)).map(nothing)
}

fn calls(name: &str) -> Result<Vec<c_long>, Failure> {
    use libc::*;
    Ok(match name {
        "mkdir" => vec![SYS_mkdir, SYS_mkdirat],
        "unshare" => vec![SYS_unshare],
        "setns" => vec![SYS_setns],
        "clone" => vec![SYS_clone, SYS_clone3, SYS_fork, SYS_vfork],
        "mount" => vec![SYS_mount],
        "socket" => vec![SYS_socket],
        "kill" => vec![SYS_kill],
        "getppid" => vec![SYS_getppid],
        "sethostname" => vec![SYS_sethostname],
        "chroot" => vec![SYS_chroot],
        "mmap" => vec![SYS_mmap],
        "setuid" => vec![SYS_setuid],
        other => return Err(Failure::Case(format!("no call '{other}' to deny"))),
    })
}

/// A filter that looks at the number of the call: seccomp(2).
fn seccomp(p: &Params) -> Answer {
    use libc::{
        BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW,
        SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP,
    };
    let action = match p.text("action")?.as_str() {
        "kill" => SECCOMP_RET_KILL_PROCESS,
        "trap" => SECCOMP_RET_TRAP,
        "allow" => SECCOMP_RET_ALLOW,
        error => SECCOMP_RET_ERRNO | error_number(error)? as u32,
    };
    let line = |code: u32, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf,
        k,
    };
    let mut program = vec![line(BPF_LD | BPF_W | BPF_ABS, 0, 0)];
    for name in p.list("deny") {
        for number in calls(&name)? {
            program.push(line(BPF_JMP | BPF_JEQ | BPF_K, 1, number as u32));
            program.push(line(BPF_RET | BPF_K, 0, action));
        }
    }
    program.push(line(BPF_RET | BPF_K, 0, SECCOMP_RET_ALLOW));
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    let number = sys!(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter))?;
    Ok(number.into())
}
