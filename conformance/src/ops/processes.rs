//! Processes and signals.

use super::Op;
use crate::hands::{Halt, Hands, OpResult};
use serde_json::{Value, json};
use sim_core::kernel::boot::{AGENT, AGENT_FD};
use sim_core::kernel::syscall::{
    AtFlags, CloneFlags, Prctl, Restart, SaFlags, SigAct, SigMaskHow, SigNr, WaitOptions,
};
use sim_core::kernel::{Errno, Reply, Signal, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("exec", exec),
    ("exit", exit),
    ("fork", fork),
    ("getpgid", getpgid),
    ("getpid", |h| number(h, Syscall::Getpid {})),
    ("getppid", |h| number(h, Syscall::Getppid {})),
    ("getsid", getsid),
    ("gettid", |h| number(h, Syscall::Gettid {})),
    ("kill", kill),
    ("pidfd_open", pidfd_open),
    ("pidfd_send", pidfd_send),
    ("prctl", prctl),
    ("pause", |h| number(h, Syscall::Pause {})),
    ("setpgid", setpgid),
    ("setsid", |h| number(h, Syscall::Setsid {})),
    ("sigaction", sigaction),
    ("sigget", sigget),
    ("sigpending", sigpending),
    // The log is kept beside the machine; see `World::after`.
    // Who is stopped or frozen does not answer.
    ("siglog", |h| {
        h.call(Syscall::Getpid {})?;
        Ok(Value::Null)
    }),
    ("sigmask", sigmask),
    ("wait", wait),
];

/// A call whose return value is the answer.
pub(super) fn number(hands: &mut Hands<'_>, call: Syscall) -> OpResult {
    Ok(hands.call(call)?.0.into())
}

/// `NEWPID,NEWNS` as flags.
pub(super) fn clone_flags(hands: &Hands<'_>, name: &str) -> Result<CloneFlags, Halt> {
    let mut flags = CloneFlags::default();
    for word in hands.params.list(name) {
        let flag = CloneFlags::named(&word)
            .ok_or_else(|| Halt::Bad(format!("parameter '{name}': no flag '{word}'")))?;
        flags = flags.with(flag);
    }
    Ok(flags)
}

/// The number of a signal, given as a name or a number.
pub(super) fn signal(hands: &Hands<'_>) -> Result<SigNr, Halt> {
    let text = hands.params.text("sig")?;
    if let Ok(number) = text.parse() {
        return Ok(SigNr(number));
    }
    let name = if text.starts_with("SIG") {
        text.clone()
    } else {
        format!("SIG{text}")
    };
    Signal::named(&name)
        .map(SigNr::from)
        .ok_or_else(|| Halt::Bad(format!("no signal '{text}'")))
}

/// The name of a signal; the number of those that cases have no names for.
pub fn signal_text(signal: Signal) -> String {
    match signal.nr() {
        nr @ 32.. => nr.to_string(),
        _ => signal.name().into(),
    }
}

/// STATUS of a process that has ended: two of the real-time signals have a name there.
pub fn end_text(status: i32) -> String {
    match status & 0x7f {
        34 => "sig:SIGRTMIN".into(),
        64 => "sig:SIGRTMAX".into(),
        _ => status_text(status),
    }
}

/// STATUS of a wait(2) status.
fn status_text(status: i32) -> String {
    let name = |nr: i32| Signal::from_nr(nr).map_or(format!("SIG{nr}"), signal_text);
    if status == 0xffff {
        return "continued".into();
    }
    match status & 0x7f {
        0 => format!("exit:{}", status >> 8 & 0xff),
        0x7f => format!("stopped:{}", name(status >> 8 & 0xff)),
        nr => format!("sig:{}", name(nr)),
    }
}

fn fork(hands: &mut Hands<'_>) -> OpResult {
    hands.params.text("as")?;
    let flags = clone_flags(hands, "flags")?;
    let exit_signal = Signal::SIGCHLD.into();
    number(hands, Syscall::Clone { flags, exit_signal })
}

fn exec(hands: &mut Hands<'_>) -> OpResult {
    match hands.params.text_or_none("path") {
        Some(path) => {
            let path: sim_core::kernel::syscall::Str = path.into();
            let argv = [path.clone()].into();
            number(hands, Syscall::Execve { path, argv })
        }
        None => {
            hands.call(Syscall::Execveat {
                fd: AGENT_FD,
                argv: [AGENT.into()].into(),
                flags: AtFlags::EMPTY_PATH,
            })?;
            for call in signals_of_the_runtime(|signal| {
                let now = hands.call(disposition(signal))?.1;
                Ok::<_, Halt>(now == Reply::SigAction(SigAct::Default))
            })? {
                hands.call(call)?;
            }
            Ok(0.into())
        }
    }
}

fn disposition(signal: Signal) -> Syscall {
    Syscall::RtSigaction {
        signal: signal.into(),
        act: None,
        flags: SaFlags::default(),
    }
}

/// What the program of the recordings does about signals before its first operation: it is written
/// in Rust, whose runtime ignores SIGPIPE, and has handlers for faults that are not taken up
/// already. They put the default back when they run for anything but a stack overflow.
///
/// # Errors
/// Those of `is_default`, which tells what a signal does now.
pub fn signals_of_the_runtime<E>(
    mut is_default: impl FnMut(Signal) -> Result<bool, E>,
) -> Result<Vec<Syscall>, E> {
    let set = |signal: Signal, act| Syscall::RtSigaction {
        signal: signal.into(),
        act: Some(act),
        flags: SaFlags::default(),
    };
    let mut calls = vec![set(Signal::SIGPIPE, SigAct::Ignore)];
    for signal in [Signal::SIGSEGV, Signal::SIGBUS] {
        if is_default(signal)? {
            calls.push(set(signal, SigAct::HandleOnce));
        }
    }
    Ok(calls)
}

fn exit(hands: &mut Hands<'_>) -> OpResult {
    let status = hands.params.int_or("code", 0)?;
    number(hands, Syscall::ExitGroup { status })
}

fn wait(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.int_or("pid", -1)?;
    let mut options = WaitOptions::default();
    if hands.params.flag("nohang")? {
        options = options.with(WaitOptions::NOHANG);
    }
    if hands.params.flag("untraced")? {
        options = options
            .with(WaitOptions::UNTRACED)
            .with(WaitOptions::CONTINUED);
    }
    match hands.call(Syscall::Wait4 { pid, options })? {
        (0, _) => Ok(json!({ "pid": 0 })),
        (_, Reply::Wait { pid, status }) => {
            Ok(json!({ "pid": pid, "status": status_text(status) }))
        }
        (_, other) => Err(Halt::Bad(format!("wait4 answered {other:?}"))),
    }
}

fn getpgid(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.int_or("pid", 0)?;
    number(hands, Syscall::Getpgid { pid })
}

fn getsid(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.int_or("pid", 0)?;
    number(hands, Syscall::Getsid { pid })
}

fn setpgid(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.int_or("pid", 0)?;
    let pgid = hands.params.int_or("pgid", 0)?;
    number(hands, Syscall::Setpgid { pid, pgid })
}

fn kill(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.int("pid")?;
    let signal = signal(hands)?;
    number(hands, Syscall::Kill { pid, signal })
}

/// The C library keeps two signals for itself.
const OF_THE_LIBRARY: std::ops::RangeInclusive<i32> = 32..=33;

/// It refuses to tell and to change what they do, without asking the kernel.
fn is_for_programs(hands: &mut Hands<'_>, signal: SigNr) -> Result<(), Halt> {
    if OF_THE_LIBRARY.contains(&signal.0) {
        hands.call(Syscall::Getpid {})?;
        return Err(Errno::EINVAL.into());
    }
    Ok(())
}

fn sigaction(hands: &mut Hands<'_>) -> OpResult {
    let act = match hands.params.text("act")?.as_str() {
        "default" => SigAct::Default,
        "ignore" => SigAct::Ignore,
        "handle" => SigAct::Handle {
            restart: Restart::Interrupt,
        },
        other => return Err(Halt::Bad(format!("no action '{other}'"))),
    };
    let signal = signal(hands)?;
    is_for_programs(hands, signal)?;
    number(
        hands,
        Syscall::RtSigaction {
            signal,
            act: Some(act),
            flags: SaFlags::default(),
        },
    )
}

fn sigmask(hands: &mut Hands<'_>) -> OpResult {
    let how = match hands.params.text("how")?.as_str() {
        "block" => SigMaskHow::Block,
        "unblock" => SigMaskHow::Unblock,
        other => return Err(Halt::Bad(format!("no way '{other}' to change a mask"))),
    };
    // The C library leaves out those that there are not, and its own.
    let number = signal(hands)?;
    let own = OF_THE_LIBRARY.contains(&number.0);
    let signal = Signal::from_nr(number.0).filter(|_| !own);
    let set = signal.map_or(0, Signal::bit);
    hands.call(Syscall::RtSigprocmask { how, set })?;
    Ok(0.into())
}

fn sigget(hands: &mut Hands<'_>) -> OpResult {
    let signal = signal(hands)?;
    is_for_programs(hands, signal)?;
    let ask = Syscall::RtSigaction {
        signal,
        act: None,
        flags: SaFlags::default(),
    };
    match hands.call(ask)?.1 {
        Reply::SigAction(SigAct::Default) => Ok("default".into()),
        Reply::SigAction(SigAct::Ignore) => Ok("ignore".into()),
        Reply::SigAction(SigAct::Handle { .. } | SigAct::HandleOnce) => Ok("handle".into()),
        other => Err(Halt::Bad(format!("rt_sigaction answered {other:?}"))),
    }
}

fn sigpending(hands: &mut Hands<'_>) -> OpResult {
    let set = hands.call(Syscall::RtSigpending {})?.0 as u64;
    let all = (1..32).filter_map(Signal::from_nr);
    let names: Vec<&str> = all
        .filter(|signal| set & signal.bit() != 0)
        .map(Signal::name)
        .collect();
    Ok(json!(names))
}

fn prctl(hands: &mut Hands<'_>) -> OpResult {
    let option = match hands.params.text("opt")?.as_str() {
        "subreaper" => Prctl::SetChildSubreaper(hands.params.int_or("val", 1)? as u64),
        "no_new_privs" => Prctl::SetNoNewPrivs(hands.params.int_or("val", 1)? as u64),
        "keepcaps" => Prctl::SetKeepcaps(hands.params.int_or("val", 1)? as u64),
        "dumpable" => Prctl::SetDumpable(hands.params.int_or("val", 1)? as u64),
        "pdeathsig" => Prctl::SetPdeathsig(signal(hands)?),
        other => return Err(Halt::Bad(format!("prctl '{other}' is not answered"))),
    };
    number(hands, Syscall::Prctl { option })
}

fn pidfd_open(hands: &mut Hands<'_>) -> OpResult {
    let pid = hands.params.int("pid")?;
    number(hands, Syscall::PidfdOpen { pid, flags: 0 })
}

fn pidfd_send(hands: &mut Hands<'_>) -> OpResult {
    let fd = hands.params.int("fd")?;
    let signal = signal(hands)?;
    let flags = 0;
    number(hands, Syscall::PidfdSendSignal { fd, signal, flags })
}
