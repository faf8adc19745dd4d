//! `init`, PID 1: a shell on terminal 1, whatever the console's lines name on terminals of
//! their own, and the burial of whoever dies.

use super::tool::{Asked, Flow, Kept, Pending, Round, Sys};
use crate::kernel::syscall::{MountFlags, OpenFlags, Restart, SigAct, Str, WaitOptions};
use crate::kernel::{Errno, Reply, Signal, Syscall};

/// Terminals: 1 is the shell's, applications come after it.
const FIRST_TTY: u16 = 2;
const LAST_TTY: u16 = 63;

/// What it remembers: who runs on which terminal, and the part of a line that has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    children: Vec<(i32, u16)>,
    line: Vec<u8>,
}

pub fn round(kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    let Kept::Init(state) = kept else {
        return start(kept, sys);
    };
    if !state.children.iter().any(|(_, tty)| *tty == 1) {
        let pid = spawn(sys, 1, &["/bin/sh"])?;
        state.children.push((pid, 1));
        return Ok(Flow::Again);
    }
    // Whoever died while nobody read was not heard.
    bury(state, sys)?;
    // A child that dies interrupts the read with SIGCHLD.
    if let Ok(bytes) = sys.read(0)? {
        state.line.extend_from_slice(&bytes);
        let Some(end) = state.line.iter().position(|b| *b == b'\n') else {
            return Ok(Flow::Again);
        };
        let line: Vec<u8> = state.line.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line).into_owned();
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(tty) = free_tty(state).filter(|_| !words.is_empty()) {
            let pid = spawn(sys, tty, &words)?;
            state.children.push((pid, tty));
        }
    }
    Ok(Flow::Again)
}

/// First of all: the console for input and output, and to hear of dead children.
fn start(kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    let flags = OpenFlags::RDWR;
    let console = sys.call(Syscall::Openat {
        path: "/dev/console".into(),
        flags,
        mode: 0,
    })?;
    if let Err(errno) = console {
        return Ok(Flow::Exit(errno.nr()));
    }
    for _ in 0..2 {
        sys.call(Syscall::Dup { fd: 0 })?.ok();
    }
    let act = SigAct::Handle {
        restart: Restart::Interrupt,
    };
    sys.call(Syscall::RtSigaction {
        signal: Signal::SIGCHLD.into(),
        act: Some(act),
        flags: Default::default(),
    })?
    .ok();
    // As systemd does. /proc is there from the start.
    sys.call(Syscall::Mount {
        source: "cgroup2".into(),
        target: "/sys/fs/cgroup".into(),
        fstype: "cgroup2".into(),
        flags: MountFlags::default(),
        data: "".into(),
    })?
    .ok();
    *kept = Kept::Init(State::default());
    Ok(Flow::Again)
}

fn free_tty(state: &State) -> Option<u16> {
    (FIRST_TTY..=LAST_TTY).find(|tty| !state.children.iter().any(|(_, used)| used == tty))
}

/// Waits for everybody who is dead, its own and orphans.
fn bury(state: &mut State, sys: &mut Sys<'_>) -> Result<(), Pending> {
    while let Ok(Reply::Wait { pid, .. }) = sys.reply(Syscall::Wait4 {
        pid: -1,
        options: WaitOptions::NOHANG,
    })? {
        if pid == 0 {
            break;
        }
        state
            .children
            .retain(|(child, _)| *child != pid && *child != -1);
    }
    Ok(())
}

/// A child in a session of its own, with a terminal for input and output, becomes the program.
/// Returns its PID; in the child it does not return.
fn spawn(sys: &mut Sys<'_>, tty: u16, words: &[&str]) -> Result<i32, Pending> {
    match sys.fork()? {
        Ok(0) => {}
        Ok(pid) => return Ok(pid as i32),
        Err(errno) => {
            sys.print(2, &format!("init: fork: {}\n", errno.text()))?;
            return Ok(-1);
        }
    }
    sys.call(Syscall::Setsid {})?.ok();
    for fd in 0..3 {
        sys.call(Syscall::Close { fd })?.ok();
    }
    let path = Str::from(format!("/dev/tty{tty}"));
    sys.call(Syscall::Openat {
        path,
        flags: OpenFlags::RDWR,
        mode: 0,
    })?
    .ok();
    for _ in 0..2 {
        sys.call(Syscall::Dup { fd: 0 })?.ok();
    }
    let act = SigAct::Default;
    sys.call(Syscall::RtSigaction {
        signal: Signal::SIGCHLD.into(),
        act: Some(act),
        flags: Default::default(),
    })?
    .ok();
    let errno = match exec(sys, words)? {
        Err(errno) => errno,
        Ok(()) => Errno::ENOEXEC,
    };
    let name = words.first().copied().unwrap_or_default();
    sys.print(2, &format!("init: {name}: {}\n", errno.text()))?;
    sys.call(Syscall::ExitGroup { status: 127 })?.ok();
    Ok(-1)
}

/// execve(2) along the path; returns only if nothing was found.
pub fn exec(sys: &mut Sys<'_>, words: &[&str]) -> Asked<()> {
    let argv: std::rc::Rc<[Str]> = words.iter().map(|w| Str::from(*w)).collect();
    let Some(name) = words.first() else {
        return Ok(Err(Errno::ENOENT));
    };
    let mut last = Errno::ENOENT;
    let dirs: &[&str] = if name.contains('/') {
        &[""]
    } else {
        &["/bin/", "/usr/bin/", "/sbin/"]
    };
    for dir in dirs {
        let path = Str::from(format!("{dir}{name}"));
        match sys.call(Syscall::Execve {
            path,
            argv: argv.clone(),
        })? {
            Ok(_) | Err(Errno::ENOENT) => {}
            Err(errno) => last = errno,
        }
    }
    Ok(Err(last))
}
