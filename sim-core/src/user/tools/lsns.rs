//! lsns(8): the namespaces that the mounted /proc shows, and who is in them.

use super::namespaces::{files, inode};
use super::ps::{Stat, numbers};
use super::read_file;
use crate::kernel::syscall::Str;
use crate::kernel::{Reply, Syscall};
use crate::user::tool::{Flow, Kept, Pending, Round, Sys};
use std::rc::Rc;

/// A namespace, and the first of its processes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Found {
    inode: u64,
    kind: &'static str,
    processes: u64,
    pid: i32,
    parent: i32,
    uid: u32,
    command: String,
}

/// Processes still to be looked at, and the namespaces so far, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LsnsState {
    left: Vec<i32>,
    found: Vec<Found>,
}

/// `lsns` lists all; `-t TYPE` those of a kind, `-p PID` those of a process.
pub fn lsns(kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    let Kept::Lsns(state) = kept else {
        // Without /proc there is nothing to tell, and nothing is told.
        let left = numbers(sys)?.unwrap_or_default();
        let found = Vec::new();
        *kept = Kept::Lsns(Rc::new(LsnsState { left, found }));
        return Ok(Flow::Again);
    };
    let Some(pid) = state.left.last().copied() else {
        return show(sys, &state.found);
    };
    // A process may end between listing and looking.
    let stat = read_file(sys, &format!("/proc/{pid}/stat"))?;
    let inodes = of_process(sys, pid)?;
    let path = Str::from(format!("/proc/{pid}"));
    let owner = sys.reply(Syscall::Newfstatat { path })?;
    let command = read_file(sys, &format!("/proc/{pid}/cmdline"))?;
    let state = Rc::make_mut(state);
    state.left.pop();
    let (Ok(stat), Ok(Reply::Stat(owner))) = (stat, owner) else {
        return Ok(Flow::Again);
    };
    let stat = String::from_utf8_lossy(&stat).into_owned();
    let Some(stat) = Stat::read(&stat) else {
        return Ok(Flow::Again);
    };
    let words = String::from_utf8_lossy(&command.unwrap_or_default()).replace('\0', " ");
    let command = match words.trim_end() {
        "" => stat.name,
        words => words,
    };
    for (kind, inode) in inodes {
        let place = state.found.partition_point(|found| found.inode < inode);
        if let Some(found) = state.found.get_mut(place)
            && found.inode == inode
        {
            found.processes += 1;
            continue;
        }
        let found = Found {
            inode,
            kind,
            processes: 1,
            pid,
            parent: stat.number(4),
            uid: owner.uid,
            command: command.to_string(),
        };
        state.found.insert(place, found);
    }
    Ok(Flow::Again)
}

/// A line of the table, and where it stands in the tree of processes.
struct Line<'a> {
    found: &'a Found,
    /// The line that it hangs on: the last one before it that shows the parent process.
    above: Option<usize>,
}

fn show(sys: &mut Sys<'_>, all: &[Found]) -> Round {
    let words = sys.words();
    let (mut kind, mut inodes, mut error) = (None, None, None);
    match words.as_slice() {
        [] => {}
        ["-t", wanted] if files().any(|file| file == *wanted) => kind = Some(*wanted),
        ["-t", unknown] => error = Some(format!("unknown namespace type: {unknown}")),
        ["-p", pid] => match pid.parse() {
            Ok(pid) => inodes = Some(of_process(sys, pid)?),
            Err(_) => error = Some(format!("invalid PID argument: '{pid}'")),
        },
        [option @ ("-t" | "-p")] => {
            let letter = &option[1..];
            error = Some(format!("option requires an argument -- '{letter}'"));
        }
        [option, ..] => error = Some(format!("not modelled: '{option}' (-t TYPE, -p PID)")),
    }
    if let Some(error) = error {
        return sys.fail(1, &format!("lsns: {error}\n"));
    }
    let mut lines: Vec<Line> = Vec::new();
    for found in all {
        let is_wanted = kind.is_none_or(|kind| kind == found.kind)
            && inodes
                .as_ref()
                .is_none_or(|inodes| inodes.contains(&(found.kind, found.inode)));
        if is_wanted {
            let above = lines
                .iter()
                .rposition(|line| line.found.pid == found.parent);
            lines.push(Line { found, above });
        }
    }
    if lines.is_empty() {
        return Ok(Flow::Exit(0));
    }
    let user = |found: &Found| match found.uid {
        0 => "root".to_string(),
        uid => uid.to_string(),
    };
    let width = |head: &str, text: &dyn Fn(&Line) -> String| {
        let widths = lines.iter().map(|line| text(line).len());
        widths.max().unwrap_or(0).max(head.len())
    };
    let widths = (
        width("NS", &|line| line.found.inode.to_string()),
        width("TYPE", &|line| line.found.kind.into()),
        width("NPROCS", &|line| line.found.processes.to_string()),
        width("PID", &|line| line.found.pid.to_string()),
        width("USER", &|line| user(line.found)),
    );
    let row = |ns: &str, kind: &str, processes: &str, pid: &str, user: &str, command: &str| {
        let (a, b, c, d, e) = widths;
        format!("{ns:>a$} {kind:<b$} {processes:>c$} {pid:>d$} {user:<e$} {command}\n")
    };
    let mut text = row("NS", "TYPE", "NPROCS", "PID", "USER", "COMMAND");
    for (line, branch) in in_tree(&lines) {
        let found = line.found;
        text.push_str(&row(
            &found.inode.to_string(),
            found.kind,
            &found.processes.to_string(),
            &found.pid.to_string(),
            &user(found),
            &format!("{branch}{}", found.command),
        ));
    }
    sys.print(1, &text)?;
    Ok(Flow::Exit(0))
}

/// Every line below the one that it hangs on, with its branch. Not recursive: how deep processes
/// are nested is a visitor's choice.
fn in_tree<'a>(lines: &'a [Line<'a>]) -> Vec<(&'a Line<'a>, String)> {
    let mut hanging: Vec<Vec<usize>> = lines.iter().map(|_| Vec::new()).collect();
    let mut waiting: Vec<(usize, String, String)> = Vec::new();
    for (at, line) in lines.iter().enumerate().rev() {
        match line.above.and_then(|above| hanging.get_mut(above)) {
            Some(hanging) => hanging.push(at),
            None => waiting.push((at, String::new(), String::new())),
        }
    }
    let mut ordered = Vec::new();
    while let Some((at, branch, stem)) = waiting.pop() {
        let Some(line) = lines.get(at) else { continue };
        ordered.push((line, branch));
        // They are in reverse, so the first is the lowest.
        let below = hanging.get(at).into_iter().flatten().enumerate();
        waiting.extend(below.map(|(nth, at)| match nth {
            0 => (*at, format!("{stem}└─"), format!("{stem}  ")),
            _ => (*at, format!("{stem}├─"), format!("{stem}│ ")),
        }));
    }
    ordered
}

/// A process's namespaces, as their files and inode numbers.
fn of_process(sys: &mut Sys<'_>, pid: i32) -> Result<Vec<(&'static str, u64)>, Pending> {
    let mut namespaces = Vec::new();
    for file in files() {
        if let Some(inode) = inode(sys, &format!("/proc/{pid}/ns/{file}"))? {
            namespaces.push((file, inode));
        }
    }
    Ok(namespaces)
}
