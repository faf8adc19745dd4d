//! kill(1), sleep(1), hostname(1), id(1).

use crate::kernel::syscall::{SigNr, Str};
use crate::kernel::{Reply, Signal, Syscall};
use crate::user::tool::{Flow, Round, Sys};

/// The signal that an argument of kill(1) names: `9`, `KILL`, `SIGKILL`.
fn signal_of(name: &str) -> Option<SigNr> {
    if let Ok(nr) = name.parse::<i32>() {
        return (0..=64).contains(&nr).then_some(SigNr(nr));
    }
    let full = if name.starts_with("SIG") {
        name.to_string()
    } else {
        format!("SIG{name}")
    };
    Signal::named(&full).map(SigNr::from)
}

pub fn kill(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    let mut words = args.iter().copied().peekable();
    let mut signal = Signal::SIGTERM.into();
    match words.peek() {
        Some(&"-l") => {
            let names = (1..32)
                .filter_map(Signal::from_nr)
                .map(|s| s.name().trim_start_matches("SIG"));
            let text: Vec<&str> = names.collect();
            sys.print(1, &format!("{}\n", text.join(" ")))?;
            return Ok(Flow::Exit(0));
        }
        Some(option) if option.len() > 1 && option.starts_with('-') => {
            let name = if *option == "-s" {
                args.get(1).copied().unwrap_or_default()
            } else {
                &option[1..]
            };
            let Some(found) = signal_of(name) else {
                return sys.fail(1, &format!("kill: unknown signal {name}\n"));
            };
            signal = found;
            let used = if *option == "-s" { 2 } else { 1 };
            words.by_ref().take(used).for_each(drop);
        }
        Some(_) | None => {}
    }
    let targets: Vec<&str> = words.collect();
    if targets.is_empty() {
        return sys.fail(1, "usage: kill [-SIGNAL] PID...\n");
    }
    let mut status = 0;
    for target in targets {
        let Ok(pid) = target.parse() else {
            sys.print(2, &format!("kill: failed to parse argument: '{target}'\n"))?;
            status = 1;
            continue;
        };
        if let Err(errno) = sys.call(Syscall::Kill { pid, signal })? {
            sys.print(2, &format!("kill: ({target}): {}\n", errno.text()))?;
            status = 1;
        }
    }
    Ok(Flow::Exit(status))
}

/// Seconds with a fraction to ns, without floats; `None` for anything else.
fn duration_ns(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(9)
        .collect();
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    whole
        .checked_mul(1_000_000_000)?
        .checked_add(digits.parse().ok()?)
}

pub fn sleep(sys: &mut Sys<'_>) -> Round {
    let Some(duration) = sys.arg(1) else {
        return sys.fail(1, "sleep: missing operand\n");
    };
    let Some(duration_ns) = duration_ns(duration) else {
        return sys.fail(1, &format!("sleep: invalid time interval '{duration}'\n"));
    };
    sys.call(Syscall::Nanosleep { duration_ns })?.ok();
    Ok(Flow::Exit(0))
}

pub fn hostname(sys: &mut Sys<'_>) -> Round {
    if let Some(name) = sys.arg(1) {
        return match sys.call(Syscall::Sethostname {
            name: Str::from(name),
        })? {
            Ok(_) => Ok(Flow::Exit(0)),
            Err(errno) => sys.fail(1, &format!("hostname: sethostname: {}\n", errno.text())),
        };
    }
    if let Ok(Reply::Uname { nodename, .. }) = sys.reply(Syscall::Uname {})? {
        sys.print(1, &format!("{nodename}\n"))?;
    }
    Ok(Flow::Exit(0))
}

pub fn id(sys: &mut Sys<'_>) -> Round {
    let uid = sys.call(Syscall::Geteuid {})?.unwrap_or(0);
    let gid = sys.call(Syscall::Getegid {})?.unwrap_or(0);
    let name = |id: i64| if id == 0 { "(root)" } else { "" };
    sys.print(
        1,
        &format!("uid={uid}{} gid={gid}{}\n", name(uid), name(gid)),
    )?;
    Ok(Flow::Exit(0))
}
