//! Processes, signals and namespaces.

use super::sys::{Answer, Failure, c_param, flags, last_error, lossy, nothing, sys};
use super::{Agent, PROGRAM_FD, exit};
use crate::names::{signal_name, signal_number, status_text};
use conformance::case::Params;
use libc::{c_int, c_long, c_ulong};
use serde_json::{Value, json};
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};

/// Signals whose handler ran since they were last asked for, in this order.
static HANDLED: [AtomicI32; 256] = [const { AtomicI32::new(0) }; 256];
static HANDLED_COUNT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn on_signal(signal: c_int) {
    let at = HANDLED_COUNT.load(Relaxed);
    if let Some(slot) = HANDLED.get(at) {
        slot.store(signal, Relaxed);
        HANDLED_COUNT.store(at + 1, Relaxed);
    }
}

pub fn run(agent: &mut Agent, op: &str, p: &Params) -> Answer {
    Ok(match op {
        "fork" => fork(agent, p)?,
        "exec" => return Err(exec(agent, p)),
        "exit" => exit(p.int_or("code", 0)?),
        "wait" => wait(p)?,
        "getpid" => sys!(syscall(SYS_getpid))?.into(),
        "getppid" => sys!(syscall(SYS_getppid))?.into(),
        "gettid" => sys!(syscall(SYS_gettid))?.into(),
        "getpgid" => sys!(getpgid(p.int_or("pid", 0)?))?.into(),
        "getsid" => sys!(getsid(p.int_or("pid", 0)?))?.into(),
        "setsid" => sys!(setsid())?.into(),
        "setpgid" => nothing(sys!(setpgid(p.int_or("pid", 0)?, p.int_or("pgid", 0)?))?),
        "kill" => nothing(sys!(kill(p.int("pid")?, signal_of(p)?))?),
        "sigaction" => sigaction(p)?,
        "sigget" => sigget(p)?,
        "sigmask" => sigmask(p)?,
        "siglog" => {
            let count = HANDLED_COUNT.swap(0, Relaxed);
            let handled = HANDLED.iter().take(count);
            handled.map(|s| signal_name(s.load(Relaxed))).collect()
        }
        "sigpending" => sigpending()?,
        "pause" => sys!(pause())?.into(),
        "prctl" => prctl(p)?,
        "pidfd_open" => sys!(syscall(SYS_pidfd_open, p.number("pid")?, 0))?.into(),
        "pidfd_send" => {
            let (fd, number) = (p.number("fd")?, signal_of(p)?);
            sys!(syscall(SYS_pidfd_send_signal, fd, number, 0, 0))?.into()
        }
        "unshare" => nothing(sys!(unshare(namespaces(p, "flags")? as c_int))?),
        "setns" => nothing(sys!(setns(p.int("fd")?, namespaces(p, "type")? as c_int))?),
        "sethostname" => {
            let name = p.text("name")?;
            nothing(sys!(sethostname(name.as_ptr().cast(), name.len()))?)
        }
        "gethostname" => gethostname()?,
        "clock" => clock()?,
        _ => return Err(Failure::NotMine),
    })
}

fn signal_of(p: &Params) -> Result<c_int, Failure> {
    Ok(signal_number(&p.text("sig")?)?)
}

fn namespaces(p: &Params, name: &str) -> Result<c_ulong, Failure> {
    use libc::*;
    let bit = |word: &str| {
        Some(match word {
            "NEWPID" => CLONE_NEWPID,
            "NEWNS" => CLONE_NEWNS,
            "NEWUTS" => CLONE_NEWUTS,
            "NEWIPC" => CLONE_NEWIPC,
            "NEWNET" => CLONE_NEWNET,
            "NEWUSER" => CLONE_NEWUSER,
            "NEWCGROUP" => CLONE_NEWCGROUP,
            // CLONE_NEWTIME, which is in the bits of the exit signal.
            "NEWTIME" => 0x80,
            "PARENT" => CLONE_PARENT,
            "FS" => CLONE_FS,
            "FILES" => CLONE_FILES,
            "THREAD" => CLONE_THREAD,
            "VM" => CLONE_VM,
            "SIGHAND" => CLONE_SIGHAND,
            _ => return None,
        } as c_ulong)
    };
    flags(p, name, bit)
}

fn fork(agent: &mut Agent, p: &Params) -> Answer {
    let channel = p.int("_channel")?;
    let flags = namespaces(p, "flags")? | libc::SIGCHLD as c_ulong;
    let pid = sys!(syscall(SYS_clone, flags, 0, 0, 0, 0))?;
    if pid != 0 {
        return Ok(pid.into());
    }
    agent.channel = channel;
    HANDLED_COUNT.store(0, Relaxed);
    agent.hello();
    agent.serve()
}

/// Returns only when it fails.
fn exec(agent: &Agent, p: &Params) -> Failure {
    if p.has("path") {
        return match c_param(p, "path") {
            Ok(path) => {
                let args = [path.as_ptr(), null()];
                let _ = sys!(execve(path.as_ptr(), args.as_ptr(), [null()].as_ptr()));
                last_error()
            }
            Err(failure) => failure,
        };
    }
    let Ok(channel) = CString::new(agent.channel.to_string()) else {
        return Failure::NotMine;
    };
    let args = [
        c"recorder".as_ptr(),
        c"agent".as_ptr(),
        channel.as_ptr(),
        null(),
    ];
    let environment: [*const libc::c_char; 1] = [null()];
    let _ = sys!(syscall(
        SYS_execveat,
        PROGRAM_FD,
        c"".as_ptr(),
        args.as_ptr(),
        environment.as_ptr(),
        AT_EMPTY_PATH
    ));
    last_error()
}

fn wait(p: &Params) -> Answer {
    let mut options = 0;
    if p.flag("nohang")? {
        options |= libc::WNOHANG;
    }
    if p.flag("untraced")? {
        options |= libc::WUNTRACED | libc::WCONTINUED;
    }
    let mut status = 0;
    let pid = sys!(wait4(
        p.int_or("pid", -1)?,
        &mut status,
        options,
        null_mut()
    ))?;
    Ok(if pid == 0 {
        json!({"pid": 0})
    } else {
        json!({"pid": pid, "status": status_text(status)})
    })
}

/// A C structure of zeroes.
///
/// # Safety
/// All zeroes must be a value of the type.
unsafe fn zeroed<T>() -> T {
    // SAFETY: The caller says so.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

fn sigaction(p: &Params) -> Answer {
    // SAFETY: A sigaction of zeroes is the default action, without flags.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = match p.text("act")?.as_str() {
        "default" => libc::SIG_DFL,
        "ignore" => libc::SIG_IGN,
        "handle" => on_signal as *const () as usize,
        other => return Err(Failure::Case(format!("no action '{other}'"))),
    };
    sys!(sigaction(signal_of(p)?, &action, null_mut())).map(nothing)
}

fn sigget(p: &Params) -> Answer {
    // SAFETY: As in `sigaction`.
    let mut action: libc::sigaction = unsafe { zeroed() };
    sys!(sigaction(signal_of(p)?, null(), &mut action))?;
    Ok(match action.sa_sigaction {
        libc::SIG_DFL => "default",
        libc::SIG_IGN => "ignore",
        _ => "handle",
    }
    .into())
}

fn no_signals() -> libc::sigset_t {
    // SAFETY: A set of zeroes is the empty set.
    unsafe { zeroed() }
}

fn sigmask(p: &Params) -> Answer {
    let mut set = no_signals();
    // One that there is not changes nothing.
    let _ = sys!(sigaddset(&mut set, signal_of(p)?));
    let how = match p.text("how")?.as_str() {
        "block" => libc::SIG_BLOCK,
        "unblock" => libc::SIG_UNBLOCK,
        other => return Err(Failure::Case(format!("no way '{other}' to change a mask"))),
    };
    sys!(sigprocmask(how, &set, null_mut())).map(nothing)
}

fn sigpending() -> Answer {
    let mut set = no_signals();
    sys!(sigpending(&mut set))?;
    let is_pending = |number: &c_int| sys!(sigismember(&set, *number)).is_ok_and(|is| is == 1);
    Ok((1..32).filter(is_pending).map(signal_name).collect())
}

fn prctl(p: &Params) -> Answer {
    let value = p.number_or("val", 1)? as c_ulong;
    let (option, value) = match p.text("opt")?.as_str() {
        "subreaper" => (libc::PR_SET_CHILD_SUBREAPER, value),
        "no_new_privs" => (libc::PR_SET_NO_NEW_PRIVS, value),
        "keepcaps" => (libc::PR_SET_KEEPCAPS, value),
        "dumpable" => (libc::PR_SET_DUMPABLE, value),
        "pdeathsig" => (libc::PR_SET_PDEATHSIG, signal_of(p)? as c_ulong),
        other => return Err(Failure::Case(format!("no option '{other}' of prctl"))),
    };
    let none: c_long = 0;
    sys!(prctl(option, value, none, none, none)).map(nothing)
}

fn gethostname() -> Answer {
    let mut name = [0u8; 65];
    sys!(gethostname(name.as_mut_ptr().cast(), name.len()))?;
    let end = name
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(name.len());
    Ok(lossy(&name[..end]).into())
}

/// Seconds of the clocks that a time namespace moves.
fn clock() -> Answer {
    let seconds = |which| -> Result<Value, Failure> {
        let mut now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        sys!(clock_gettime(which, &mut now))?;
        Ok(now.tv_sec.into())
    };
    let both = [libc::CLOCK_MONOTONIC, libc::CLOCK_BOOTTIME].map(seconds);
    both.into_iter().collect::<Result<Value, _>>()
}
