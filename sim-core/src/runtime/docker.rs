//! `docker`: what a person types. It keeps the books and lets `runc` do the work.

use super::exec;
use super::layers;
use super::state::{self, IMAGE_DIR, Record};
use crate::kernel::syscall::{SigNr, Str, WaitOptions};
use crate::kernel::{Errno, Reply, Signal, Syscall};
use crate::user::tool::{Flow, Pending, Round, Sys};
use std::rc::Rc;

const USAGE: &str = "usage: docker run [-d] [--name NAME] [-h HOST] IMAGE [COMMAND...]\n       \
docker ps [-a] | exec NAME COMMAND... | stop NAME | kill NAME | rm NAME\n";

pub fn docker(sys: &mut Sys<'_>) -> Round {
    let words = sys.words();
    match words.as_slice() {
        ["run", rest @ ..] => run(sys, rest),
        ["ps"] => list(sys, Listed::Running),
        ["ps", "-a"] => list(sys, Listed::All),
        ["exec", "-it", name, command @ ..] | ["exec", name, command @ ..]
            if !command.is_empty() =>
        {
            exec::exec(sys, name, command)
        }
        ["kill", name] => end(sys, name, &[Signal::SIGKILL]),
        ["stop", name] => end(sys, name, &[Signal::SIGTERM, Signal::SIGKILL]),
        ["rm", name] => remove(sys, name),
        _ => sys.fail(1, USAGE),
    }
}

pub(super) fn no_such(sys: &mut Sys<'_>, name: &str) -> Round {
    sys.fail(
        1,
        &format!("Error response from daemon: No such container: {name}\n"),
    )
}

struct Wanted {
    detached: bool,
    name: Option<String>,
    host: Option<String>,
    image: String,
    command: Vec<String>,
}

fn wanted(words: &[&str]) -> Option<Wanted> {
    let mut wanted = Wanted {
        detached: false,
        name: None,
        host: None,
        image: String::new(),
        command: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "-d" => wanted.detached = true,
            "-it" | "-i" | "-t" | "--rm" => {}
            "--name" => wanted.name = Some((*words.next()?).into()),
            "-h" | "--hostname" => wanted.host = Some((*words.next()?).into()),
            option if option.starts_with('-') => return None,
            image => {
                wanted.image = image.into();
                wanted.command = words.map(|w| (*w).to_string()).collect();
                return Some(wanted);
            }
        }
    }
    None
}

/// Checks, writes the book, starts `runc` and, in the foreground, waits for the end.
fn run(sys: &mut Sys<'_>, words: &[&str]) -> Round {
    let Some(wanted) = wanted(words) else {
        return sys.fail(1, USAGE);
    };
    let image = Str::from(format!("{IMAGE_DIR}/{}", wanted.image));
    if wanted.image.contains('/') || sys.call(Syscall::Newfstatat { path: image })?.is_err() {
        return sys.fail(
            1,
            &format!("Unable to find image '{}' locally\n", wanted.image),
        );
    }
    let own = sys.call(Syscall::Getpid {})?.unwrap_or(0);
    let name = wanted
        .name
        .unwrap_or_else(|| format!("{}-{own}", wanted.image));
    if name.contains('/') || name.is_empty() {
        return sys.fail(1, &format!("docker: invalid container name '{name}'\n"));
    }
    if state::load(sys, &name)?.is_ok() {
        let text = format!("docker: Conflict. The container name \"/{name}\" is already in use.\n");
        return sys.fail(1, &text);
    }
    let record = Record {
        image: wanted.image.clone(),
        pid: 0,
        status: "created".into(),
    };
    if let Err(errno) = state::save(sys, &name, &record)? {
        return sys.fail(1, &format!("docker: {}\n", errno.text()));
    }
    let command = if wanted.command.is_empty() {
        vec![format!("/bin/{}", wanted.image)]
    } else {
        wanted.command
    };
    let host = wanted.host.unwrap_or_else(|| name.clone());
    let mut argv: Vec<Str> = [
        "runc",
        "run",
        name.as_str(),
        wanted.image.as_str(),
        host.as_str(),
    ]
    .into_iter()
    .map(Str::from)
    .collect();
    argv.extend(command.iter().map(|word| Str::from(word.as_str())));
    let status = match sys.fork()? {
        Ok(0) => {
            let argv: Rc<[Str]> = argv.into();
            let call = Syscall::Execve {
                path: "/usr/bin/runc".into(),
                argv,
            };
            if let Err(errno) = sys.call(call)? {
                sys.print(2, &format!("docker: runc: {}\n", errno.text()))?;
            }
            return Ok(Flow::Exit(127));
        }
        Ok(_) if wanted.detached => {
            sys.print(1, &format!("{name}\n"))?;
            return Ok(Flow::Exit(0));
        }
        Ok(pid) => wait(sys, pid as i32)?,
        Err(errno) => return sys.fail(1, &format!("docker: fork: {}\n", errno.text())),
    };
    Ok(Flow::Exit(status))
}

/// The exit status of a child, as a shell counts it.
pub(super) fn wait(sys: &mut Sys<'_>, pid: i32) -> Result<i32, Pending> {
    loop {
        match sys.reply(Syscall::Wait4 {
            pid,
            options: WaitOptions::default(),
        })? {
            Ok(Reply::Wait { status, .. }) if status & 0x7f == 0 => return Ok(status >> 8 & 0xff),
            Ok(Reply::Wait { status, .. }) => return Ok(128 + (status & 0x7f)),
            Err(Errno::EINTR) => {}
            Ok(_) | Err(_) => return Ok(1),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Running,
    All,
}

fn list(sys: &mut Sys<'_>, listed: Listed) -> Round {
    let mut text = format!("{:<12} {:<8} {:>5}  {}\n", "NAME", "IMAGE", "PID", "STATUS");
    for name in state::names(sys)? {
        let Ok(record) = state::load(sys, &name)? else {
            continue;
        };
        if listed == Listed::All || record.is_running() {
            let pid = if record.pid == 0 {
                "-".into()
            } else {
                record.pid.to_string()
            };
            text.push_str(&format!(
                "{name:<12} {:<8} {pid:>5}  {}\n",
                record.image, record.status
            ));
        }
    }
    sys.print(1, &text)?;
    Ok(Flow::Exit(0))
}

/// Sends signals until the first process is gone. It is the init of its PID namespace: with it
/// go all others.
fn end(sys: &mut Sys<'_>, name: &str, signals: &[Signal]) -> Round {
    let record = match state::load(sys, name)? {
        Ok(record) => record,
        Err(_) => return no_such(sys, name),
    };
    if !record.is_running() {
        return sys.fail(
            1,
            &format!("Error response from daemon: container {name} is not running\n"),
        );
    }
    for signal in signals {
        sys.call(Syscall::Kill {
            pid: record.pid,
            signal: (*signal).into(),
        })?
        .ok();
        // `runc` waits for it and writes the book; give it a moment.
        for _ in 0..10 {
            sys.call(Syscall::Nanosleep {
                duration_ns: 10_000_000,
            })?
            .ok();
            if sys
                .call(Syscall::Kill {
                    pid: record.pid,
                    signal: SigNr(0),
                })?
                .is_err()
            {
                sys.print(1, &format!("{name}\n"))?;
                return Ok(Flow::Exit(0));
            }
        }
    }
    sys.fail(
        1,
        &format!("Error response from daemon: cannot stop container {name}\n"),
    )
}

fn remove(sys: &mut Sys<'_>, name: &str) -> Round {
    match state::load(sys, name)? {
        Err(_) => no_such(sys, name),
        Ok(record) if record.is_running() => {
            let text =
                format!("Error response from daemon: container {name} is running: stop it first\n");
            sys.fail(1, &text)
        }
        Ok(_) => {
            layers::remove(sys, name)?;
            state::remove(sys, name)?.ok();
            sys.print(1, &format!("{name}\n"))?;
            Ok(Flow::Exit(0))
        }
    }
}
