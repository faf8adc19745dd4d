//! Running a line.

use super::parse::{
    Command, Ground, Mode, Parameter, Part, Pipeline, Target, When, Word, line as parse,
};
use super::{Interactive, State};
use crate::kernel::syscall::{Ioctl, OpenFlags, SigAct, Str, WaitOptions};
use crate::kernel::{Errno, Reply, Signal, Syscall};
use crate::user::init::exec;
use crate::user::tool::{Flow, Pending, Round, Sys};

pub fn line(state: &mut State, sys: &mut Sys<'_>, text: &str) -> Round {
    let pipelines = match parse(text) {
        Ok(pipelines) => pipelines,
        Err(error) => {
            sys.print(2, &format!("sh: {error}\n"))?;
            state.status = 2;
            return Ok(Flow::Again);
        }
    };
    for pipeline in pipelines {
        let is_due = match pipeline.when {
            When::Always => true,
            When::Succeeded => state.status == 0,
            When::Failed => state.status != 0,
        };
        if is_due && let Flow::Exit(status) = one(state, sys, &pipeline)? {
            return Ok(Flow::Exit(status));
        }
    }
    collect_background(state, sys)?;
    Ok(Flow::Again)
}

fn one(state: &mut State, sys: &mut Sys<'_>, pipeline: &Pipeline) -> Round {
    let mut commands = Vec::new();
    for command in &pipeline.commands {
        commands.push(expanded(state, sys, command)?);
    }
    if let [command] = commands.as_slice()
        && let Some(flow) = builtin(state, sys, command)?
    {
        return Ok(flow);
    }
    let mut children = Vec::new();
    let mut input = None;
    let last = commands.len() - 1;
    for (at, command) in commands.iter().enumerate() {
        let pipe = if at == last { None } else { make_pipe(sys)? };
        let group = children.first().copied().unwrap_or(0);
        let ends = Ends {
            input,
            output: pipe.map(|(_, write)| write),
            unused: pipe.map(|(read, _)| read),
        };
        let pid = start(state, sys, command, ends, group, pipeline.ground)?;
        if let Some(fd) = input {
            sys.call(Syscall::Close { fd })?.ok();
        }
        if let Some((_, fd)) = pipe {
            sys.call(Syscall::Close { fd })?.ok();
        }
        input = pipe.map(|(read, _)| read);
        children.extend(pid);
    }
    match pipeline.ground {
        Ground::Background => {
            state.last_background = children.last().copied();
            state.background.extend(children);
        }
        Ground::Foreground => wait_for(state, sys, &children)?,
    }
    Ok(Flow::Again)
}

fn make_pipe(sys: &mut Sys<'_>) -> Result<Option<(i32, i32)>, Pending> {
    Ok(
        match sys.reply(Syscall::Pipe2 {
            flags: OpenFlags::default(),
        })? {
            Ok(Reply::Pipe { read, write }) => Some((read, write)),
            Ok(_) | Err(_) => None,
        },
    )
}

/// A command with the values of its parameters in their places.
fn expanded(state: &State, sys: &mut Sys<'_>, command: &Command) -> Result<Command, Pending> {
    let mut ready = command.clone();
    let files = ready.redirects.iter_mut().filter_map(|r| match &mut r.to {
        Target::File(path, _) => Some(path),
        Target::Fd(_) => None,
    });
    for Word(parts) in ready.words.iter_mut().chain(files) {
        let mut text = String::new();
        for part in parts.iter() {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Parameter(Parameter::Status) => text.push_str(&state.status.to_string()),
                Part::Parameter(Parameter::Shell) => {
                    let own = sys.call(Syscall::Getpid {})?.unwrap_or(0);
                    text.push_str(&own.to_string());
                }
                Part::Parameter(Parameter::Background) => {
                    let pid = state.last_background.map(|pid| pid.to_string());
                    text.push_str(&pid.unwrap_or_default());
                }
            }
        }
        *parts = vec![Part::Text(text)];
    }
    Ok(ready)
}

fn words(command: &Command) -> Vec<&str> {
    command.words.iter().filter_map(Word::plain).collect()
}

/// What the shell does itself, because a child could not do it for it.
fn builtin(
    state: &mut State,
    sys: &mut Sys<'_>,
    command: &Command,
) -> Result<Option<Flow>, Pending> {
    match words(command).as_slice() {
        ["exit"] => Ok(Some(Flow::Exit(state.status))),
        ["exit", code, ..] => Ok(Some(Flow::Exit(code.parse().unwrap_or(2)))),
        ["cd", rest @ ..] => {
            let dir = rest.first().copied().unwrap_or("/");
            state.status = match sys.call(Syscall::Chdir {
                path: Str::from(dir),
            })? {
                Ok(_) => 0,
                Err(errno) => {
                    sys.print(2, &format!("sh: cd: {dir}: {}\n", errno.text()))?;
                    1
                }
            };
            Ok(Some(Flow::Again))
        }
        ["pwd"] => {
            let text = match sys.reply(Syscall::Getcwd {})? {
                Ok(Reply::Text(text)) => text.to_string(),
                Ok(_) | Err(_) => String::from("sh: pwd: No such file or directory"),
            };
            sys.print(1, &format!("{text}\n"))?;
            state.status = 0;
            Ok(Some(Flow::Again))
        }
        ["exec", rest @ ..] if !rest.is_empty() => {
            let mut status = 127;
            if let Err(errno) = exec(sys, rest)? {
                not_run(sys, rest[0], errno)?;
                status = status_of(errno);
            }
            Ok(Some(Flow::Exit(status)))
        }
        _ => Ok(None),
    }
}

/// Descriptors of the pipes around a program.
#[derive(Clone, Copy)]
struct Ends {
    input: Option<i32>,
    output: Option<i32>,
    unused: Option<i32>,
}

/// fork and execve. The child gets a process group; in the foreground also the terminal.
/// Returns its PID; in the child it does not return.
fn start(
    state: &State,
    sys: &mut Sys<'_>,
    command: &Command,
    ends: Ends,
    group: i32,
    ground: Ground,
) -> Result<Option<i32>, Pending> {
    let pid = match sys.fork()? {
        Ok(pid) => pid as i32,
        Err(errno) => {
            sys.print(2, &format!("sh: fork: {}\n", errno.text()))?;
            return Ok(None);
        }
    };
    let is_job = state.interactive == Interactive::Yes;
    if pid != 0 {
        // Parent and child both do it: whoever is first.
        if is_job {
            sys.call(Syscall::Setpgid {
                pid,
                pgid: if group == 0 { pid } else { group },
            })?
            .ok();
        }
        return Ok(Some(pid));
    }
    if is_job {
        sys.call(Syscall::Setpgid {
            pid: 0,
            pgid: group,
        })?
        .ok();
        if ground == Ground::Foreground && group == 0 {
            let own = sys.call(Syscall::Getpid {})?.unwrap_or(0) as i32;
            sys.call(Syscall::Ioctl {
                fd: 0,
                request: Ioctl::Tiocspgrp(own),
            })?
            .ok();
        }
        for signal in [
            Signal::SIGINT,
            Signal::SIGTTOU,
            Signal::SIGTTIN,
            Signal::SIGTSTP,
        ] {
            sys.call(Syscall::RtSigaction {
                signal: signal.into(),
                act: Some(SigAct::Default),
                flags: Default::default(),
            })?
            .ok();
        }
    }
    for (end, fd) in [(ends.input, 0), (ends.output, 1)] {
        if let Some(end) = end {
            sys.call(Syscall::Dup2 { old: end, new: fd })?.ok();
            sys.call(Syscall::Close { fd: end })?.ok();
        }
    }
    if let Some(fd) = ends.unused {
        sys.call(Syscall::Close { fd })?.ok();
    }
    if let Err((path, errno)) = redirect(sys, command)? {
        sys.print(2, &format!("sh: {path}: {}\n", errno.text()))?;
        sys.call(Syscall::ExitGroup { status: 1 })?.ok();
    }
    let words = words(command);
    if words.is_empty() {
        // Nothing but redirections: their files are made.
        sys.call(Syscall::ExitGroup { status: 0 })?.ok();
    }
    let mut status = 127;
    if let Err(errno) = exec(sys, &words)? {
        not_run(sys, words.first().copied().unwrap_or_default(), errno)?;
        status = status_of(errno);
    }
    sys.call(Syscall::ExitGroup { status })?.ok();
    Ok(None)
}

fn redirect(sys: &mut Sys<'_>, command: &Command) -> Result<Result<(), (String, Errno)>, Pending> {
    for redirect in &command.redirects {
        let new = redirect.fd;
        let (path, mode) = match &redirect.to {
            Target::Fd(old) => {
                if let Err(errno) = sys.call(Syscall::Dup2 { old: *old, new })? {
                    return Ok(Err((old.to_string(), errno)));
                }
                continue;
            }
            Target::File(path, mode) => (path.plain().unwrap_or_default(), mode),
        };
        let writes = OpenFlags::WRONLY.with(OpenFlags::CREAT);
        let call = Syscall::Openat {
            path: Str::from(path),
            flags: match mode {
                Mode::Read => OpenFlags::default(),
                Mode::Truncate => writes.with(OpenFlags::TRUNC),
                Mode::Append => writes.with(OpenFlags::APPEND),
            },
            mode: 0o666,
        };
        match sys.call(call)? {
            Ok(opened) if opened as i32 == new => {}
            Ok(opened) => {
                let old = opened as i32;
                sys.call(Syscall::Dup2 { old, new })?.ok();
                sys.call(Syscall::Close { fd: old })?.ok();
            }
            Err(errno) => return Ok(Err((path.to_string(), errno))),
        }
    }
    Ok(Ok(()))
}

/// What a shell reports: 127 for a command that is not there, 126 for one that is there and
/// cannot be executed (POSIX, 2.8.2).
fn status_of(errno: Errno) -> i32 {
    match errno {
        Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG => 127,
        _ => 126,
    }
}

fn not_run(sys: &mut Sys<'_>, name: &str, errno: Errno) -> Result<(), Pending> {
    let why = if errno == Errno::ENOENT {
        "not found"
    } else {
        errno.text()
    };
    sys.print(2, &format!("sh: {name}: {why}\n"))
}

/// Waits for a pipeline, takes the terminal back, and says what signal ended it.
fn wait_for(state: &mut State, sys: &mut Sys<'_>, children: &[i32]) -> Result<(), Pending> {
    for pid in children {
        loop {
            let options = WaitOptions::UNTRACED;
            match sys.reply(Syscall::Wait4 { pid: *pid, options })? {
                Ok(Reply::Wait { status, .. }) => {
                    state.status = if status & 0x7f == 0 {
                        status >> 8 & 0xff
                    } else {
                        128 + (status & 0x7f)
                    };
                    say_signal(sys, status)?;
                    break;
                }
                Err(Errno::EINTR) => {}
                Ok(_) | Err(_) => break,
            }
        }
    }
    if state.interactive == Interactive::Yes {
        let own = sys.call(Syscall::Getpid {})?.unwrap_or(0) as i32;
        sys.call(Syscall::Ioctl {
            fd: 0,
            request: Ioctl::Tiocspgrp(own),
        })?
        .ok();
    }
    Ok(())
}

fn say_signal(sys: &mut Sys<'_>, status: i32) -> Result<(), Pending> {
    let text = match Signal::from_nr(status & 0x7f) {
        Some(Signal::SIGINT) => "\n",
        Some(Signal::SIGKILL) => "Killed\n",
        Some(Signal::SIGTERM) => "Terminated\n",
        Some(Signal::SIGSEGV) => "Segmentation fault\n",
        Some(Signal::SIGILL) => "Illegal instruction\n",
        Some(_) => "Stopped or ended by a signal\n",
        None if status & 0xff == 0x7f => "Stopped\n",
        None => "",
    };
    sys.print(2, text)
}

/// Zombies of earlier background jobs.
fn collect_background(state: &mut State, sys: &mut Sys<'_>) -> Result<(), Pending> {
    if state.background.is_empty() {
        return Ok(());
    }
    for pid in state.background.clone() {
        match sys.reply(Syscall::Wait4 {
            pid,
            options: WaitOptions::NOHANG,
        })? {
            Ok(Reply::Wait { pid: 0, .. }) => {}
            Ok(_) | Err(_) => state.background.retain(|p| *p != pid),
        }
    }
    Ok(())
}
