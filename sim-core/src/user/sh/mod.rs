//! A shell: command lines with pipes, redirections, `;`, `&`, `&&`, `||` and `$? $$ $!`, run with fork,
//! execve and wait.

mod parse;
mod run;

use super::tool::{Flow, Kept, Pending, Round, Sys};
use crate::kernel::syscall::SigAct;
use crate::kernel::{Errno, Reply, Signal, Syscall};

/// What a shell keeps from line to line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    interactive: Interactive,
    /// The part of a line that has been read.
    line: Vec<u8>,
    /// `$?`
    status: i32,
    /// Background children not yet waited for.
    background: Vec<i32>,
    /// `$!`
    last_background: Option<i32>,
}

/// Whether there is a terminal to prompt on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Interactive {
    #[default]
    No,
    Yes,
}

pub fn round(kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    let Kept::Sh(state) = kept else {
        return start(kept, sys);
    };
    if state.interactive == Interactive::Yes && state.line.is_empty() {
        let host = hostname(sys)?;
        sys.print(1, &format!("{host}# "))?;
    }
    match sys.read(0)? {
        Ok(bytes) if bytes.is_empty() => return Ok(Flow::Exit(state.status)),
        Ok(bytes) => state.line.extend_from_slice(&bytes),
        Err(Errno::EINTR) => {
            state.line.clear();
            return Ok(Flow::Again);
        }
        Err(_) => return Ok(Flow::Exit(1)),
    }
    let Some(end) = state.line.iter().position(|b| *b == b'\n') else {
        return Ok(Flow::Again);
    };
    let line: Vec<u8> = state.line.drain(..=end).collect();
    let line = String::from_utf8_lossy(&line).into_owned();
    run::line(state, sys, line.trim())
}

/// `sh -c LINE` runs one line; otherwise lines come from standard input.
fn start(kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    let mut state = State::default();
    if sys.arg(1) == Some("-c") {
        let line = sys.arg(2).unwrap_or_default().to_string();
        return match run::line(&mut state, sys, line.trim())? {
            Flow::Again => Ok(Flow::Exit(state.status)),
            exit @ Flow::Exit(_) => Ok(exit),
        };
    }
    let terminal = sys.call(Syscall::Ioctl {
        fd: 0,
        request: crate::kernel::syscall::Ioctl::Tiocgpgrp,
    })?;
    if terminal.is_ok() {
        state.interactive = Interactive::Yes;
        // The shell itself is neither interrupted nor stopped by its terminal.
        for signal in [
            Signal::SIGINT,
            Signal::SIGTTOU,
            Signal::SIGTTIN,
            Signal::SIGTSTP,
        ] {
            sys.call(Syscall::RtSigaction {
                signal: signal.into(),
                act: Some(SigAct::Ignore),
                flags: Default::default(),
            })?
            .ok();
        }
        let own = sys.call(Syscall::Getpid {})?.unwrap_or(0) as i32;
        sys.call(Syscall::Setpgid { pid: 0, pgid: 0 })?.ok();
        let request = crate::kernel::syscall::Ioctl::Tiocspgrp(own);
        sys.call(Syscall::Ioctl { fd: 0, request })?.ok();
    }
    *kept = Kept::Sh(state);
    Ok(Flow::Again)
}

fn hostname(sys: &mut Sys<'_>) -> Result<String, Pending> {
    Ok(match sys.reply(Syscall::Uname {})? {
        Ok(Reply::Uname { nodename, .. }) => nodename.to_string(),
        Ok(_) | Err(_) => String::from("?"),
    })
}
