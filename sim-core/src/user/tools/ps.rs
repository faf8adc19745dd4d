//! ps(1): everything that the mounted /proc shows.

use super::read_file;
use crate::kernel::syscall::{OpenFlags, Str};
use crate::kernel::{Reply, Syscall};
use crate::store::sorted;
use crate::user::tool::{Flow, Kept, Pending, Round, Sys};
use std::rc::Rc;
use std::str::FromStr;

/// Numbers still to be looked at, and the lines so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PsState {
    left: Vec<i32>,
    text: String,
}

/// `ps`, with `-e`, `-A` and `ax` as the same; `-f`, `-l` and `u` add the parent and the state.
pub fn ps(kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    let is_full = sys
        .args()
        .any(|a| a.contains('f') || a.contains('l') || a.contains('u'));
    let Kept::Ps(state) = kept else {
        return start(kept, sys, is_full);
    };
    let Some(nr) = state.left.last() else {
        sys.print(1, &state.text)?;
        return Ok(Flow::Exit(0));
    };
    // A process may end between listing and looking.
    let stat = read_file(sys, &format!("/proc/{nr}/stat"))?;
    let state = Rc::make_mut(state);
    state.left.pop();
    if let Ok(stat) = stat {
        let stat = String::from_utf8_lossy(&stat).into_owned();
        if let Some(line) = line(&stat, is_full) {
            state.text.push_str(&line);
        }
    }
    Ok(Flow::Again)
}

fn start(kept: &mut Kept, sys: &mut Sys<'_>, is_full: bool) -> Round {
    let Some(left) = numbers(sys)? else {
        return sys.fail(1, "Error, do this: mount -t proc proc /proc\n");
    };
    let header = match is_full {
        true => "    PID    PPID S TTY          TIME CMD\n",
        false => "    PID TTY          TIME CMD\n",
    };
    let text = header.into();
    *kept = Kept::Ps(Rc::new(PsState { left, text }));
    Ok(Flow::Again)
}

/// The processes that are there, from the highest number down; `None` if nothing is mounted.
pub(super) fn numbers(sys: &mut Sys<'_>) -> Result<Option<Vec<i32>>, Pending> {
    let flags = OpenFlags::DIRECTORY;
    let listed = match sys.call(Syscall::Openat {
        path: "/proc".into(),
        flags,
        mode: 0,
    })? {
        Ok(fd) => {
            let entries = sys.reply(Syscall::Getdents64 { fd: fd as i32 })?;
            sys.call(Syscall::Close { fd: fd as i32 })?.ok();
            entries
        }
        Err(errno) => Err(errno),
    };
    let mut numbers: Vec<i32> = match listed {
        Ok(Reply::Dirents(entries)) => entries.iter().filter_map(|e| e.name.parse().ok()).collect(),
        Ok(_) | Err(_) => Vec::new(),
    };
    if numbers.is_empty() {
        let path = Str::from("/proc/version");
        if sys.call(Syscall::Newfstatat { path })?.is_err() {
            return Ok(None);
        }
    }
    numbers = sorted(numbers);
    numbers.reverse();
    Ok(Some(numbers))
}

/// A line of proc_pid_stat(5). The name is in parentheses and may hold anything.
pub(super) struct Stat<'a> {
    pid: &'a str,
    pub name: &'a str,
    /// From the third on.
    fields: Vec<&'a str>,
}

impl<'a> Stat<'a> {
    pub fn read(line: &'a str) -> Option<Self> {
        let (pid, rest) = line.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let fields = rest.split_whitespace().collect();
        Some(Stat { pid, name, fields })
    }

    /// Fields are counted from 1, as in the manual.
    fn field(&self, at: usize) -> &'a str {
        self.fields.get(at - 3).copied().unwrap_or("0")
    }

    pub fn number<T: FromStr + Default>(&self, at: usize) -> T {
        self.field(at).parse().unwrap_or_default()
    }
}

fn line(stat: &str, is_full: bool) -> Option<String> {
    let stat = Stat::read(stat)?;
    let tty_nr: u32 = stat.number(7);
    let tty = match (tty_nr >> 8, tty_nr & 0xff) {
        (4, 0) => "console".to_string(),
        (4, minor) => format!("tty{minor}"),
        _ => "?".to_string(),
    };
    let seconds = (stat.number::<u64>(14) + stat.number::<u64>(15)) / 100;
    let time = format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    let (nr, name, state) = (stat.pid, stat.name, stat.field(3));
    let defunct = if state == "Z" { " <defunct>" } else { "" };
    Some(match is_full {
        true => format!(
            "{nr:>7} {:>7} {state} {tty:<8} {time} {name}{defunct}\n",
            stat.field(4)
        ),
        false => format!("{nr:>7} {tty:<8} {time} {name}{defunct}\n"),
    })
}
