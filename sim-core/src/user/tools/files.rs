//! ls(1), cat(1), mkdir(1), rm(1).

use super::read_file;
use crate::kernel::syscall::{Dirent, FileKind, OpenFlags, Str};
use crate::kernel::{Errno, Reply, Syscall};
use crate::store::sorted_by_key;
use crate::user::tool::{Asked, Flow, Pending, Round, Sys};

/// ls(1): names sorted, in a row; `-l` one per line with kind and mode, `-1` one per line.
pub fn ls(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    let (options, mut paths): (Vec<&str>, Vec<&str>) = args
        .into_iter()
        .partition(|a| a.starts_with('-') && a.len() > 1);
    let has = |c: char| options.iter().any(|o| o.contains(c));
    if paths.is_empty() {
        paths.push(".");
    }
    let mut status = 0;
    for path in &paths {
        let entries = match list(sys, path)? {
            Ok(entries) => entries,
            Err(errno) => {
                sys.print(
                    2,
                    &format!("ls: cannot access '{path}': {}\n", errno.text()),
                )?;
                status = 2;
                continue;
            }
        };
        if paths.len() > 1 {
            sys.print(1, &format!("{path}:\n"))?;
        }
        let shown = entries
            .iter()
            .filter(|e| has('a') || !e.name.starts_with('.'));
        let names = sorted_by_key(shown, |entry| entry.name.clone());
        let text = if has('l') {
            long(sys, path, &names)?
        } else if has('1') {
            names.iter().map(|e| format!("{}\n", e.name)).collect()
        } else {
            columns(&names)
        };
        sys.print(1, &text)?;
    }
    Ok(Flow::Exit(status))
}

/// The entries of a directory, or the one that a file's path names.
fn list(sys: &mut Sys<'_>, path: &str) -> Asked<Vec<Dirent>> {
    let flags = OpenFlags::DIRECTORY;
    let fd = match sys.call(Syscall::Openat {
        path: Str::from(path),
        flags,
        mode: 0,
    })? {
        Ok(fd) => fd as i32,
        Err(Errno::ENOTDIR) => {
            let stat = sys.reply(Syscall::Newfstatat {
                path: Str::from(path),
            })?;
            return Ok(stat.map(|reply| match reply {
                Reply::Stat(s) => vec![Dirent {
                    inode: s.inode,
                    kind: s.kind,
                    name: Str::from(path),
                }],
                _ => Vec::new(),
            }));
        }
        Err(errno) => return Ok(Err(errno)),
    };
    let entries = sys.reply(Syscall::Getdents64 { fd })?;
    sys.call(Syscall::Close { fd })?.ok();
    Ok(entries.map(|reply| match reply {
        Reply::Dirents(entries) => entries.to_vec(),
        _ => Vec::new(),
    }))
}

/// In rows of at most 72 characters.
fn columns(names: &[&Dirent]) -> String {
    let mut text = String::new();
    let mut width = 0;
    for entry in names {
        let length = entry.name.chars().count();
        if width > 0 && width + 2 + length > 72 {
            text.push('\n');
            width = 0;
        }
        if width > 0 {
            text.push_str("  ");
            width += 2;
        }
        text.push_str(&entry.name);
        width += length;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn long(sys: &mut Sys<'_>, dir: &str, names: &[&Dirent]) -> Result<String, Pending> {
    let mut text = String::new();
    for entry in names {
        let path = if entry.name.contains('/') {
            entry.name.to_string()
        } else {
            format!("{dir}/{}", entry.name)
        };
        if entry.kind == FileKind::Symlink {
            let target = match sys.reply(Syscall::Readlink {
                path: Str::from(path),
            })? {
                Ok(Reply::Text(target)) => target.to_string(),
                Ok(_) | Err(_) => String::new(),
            };
            text.push_str(&format!(
                "lrwxrwxrwx 1 root root {:>8} {} -> {target}\n",
                target.len(),
                entry.name
            ));
            continue;
        }
        if let Ok(Reply::Stat(stat)) = sys.reply(Syscall::Newfstatat {
            path: Str::from(path),
        })? {
            let kind = match stat.kind {
                FileKind::Directory => 'd',
                FileKind::CharDevice => 'c',
                FileKind::Fifo => 'p',
                FileKind::Regular | FileKind::Symlink | FileKind::Socket => '-',
            };
            let bit = |at: u16, c: char| if stat.mode >> at & 1 == 1 { c } else { '-' };
            let mode: String = (0..9)
                .rev()
                .map(|at| bit(at, ['x', 'w', 'r'][usize::from(at % 3)]))
                .collect();
            let owner = |id: u32| {
                if id == 0 {
                    "root".to_string()
                } else {
                    id.to_string()
                }
            };
            text.push_str(&format!(
                "{kind}{mode} {} {} {} {:>8} {}\n",
                stat.nlink,
                owner(stat.uid),
                owner(stat.gid),
                stat.size_bytes,
                entry.name
            ));
        }
    }
    Ok(text)
}

/// cat(1): files one after the other, or standard input.
pub fn cat(sys: &mut Sys<'_>) -> Round {
    let paths = sys.words();
    let mut status = 0;
    if paths.is_empty() {
        loop {
            match sys.read(0)? {
                Ok(bytes) if bytes.is_empty() => break,
                Ok(bytes) => sys.print(1, &String::from_utf8_lossy(&bytes))?,
                Err(_) => return Ok(Flow::Exit(1)),
            }
        }
    }
    for path in paths {
        match read_file(sys, path)? {
            Ok(bytes) => sys.print(1, &String::from_utf8_lossy(&bytes))?,
            Err(errno) => {
                sys.print(2, &format!("cat: {path}: {}\n", errno.text()))?;
                status = 1;
            }
        }
    }
    Ok(Flow::Exit(status))
}

/// mkdir(1), with `-p`.
pub fn mkdir(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    let parents = args.contains(&"-p");
    let mut status = 0;
    for path in args.iter().filter(|a| **a != "-p") {
        let mut ends: Vec<usize> = if parents {
            path.match_indices('/').map(|(at, _)| at).collect()
        } else {
            Vec::new()
        };
        ends.push(path.len());
        for end in ends.into_iter().filter(|end| *end > 0) {
            let part = path.get(..end).unwrap_or(path);
            match sys.call(Syscall::Mkdir {
                path: Str::from(part),
                mode: 0o777,
            })? {
                Err(Errno::EEXIST) if parents => {}
                Err(errno) => {
                    sys.print(
                        2,
                        &format!(
                            "mkdir: cannot create directory '{part}': {}\n",
                            errno.text()
                        ),
                    )?;
                    status = 1;
                    break;
                }
                Ok(_) => {}
            }
        }
    }
    Ok(Flow::Exit(status))
}

/// rm(1) of files, and with `-d` or `-r` of empty directories.
pub fn rm(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    let dirs = args.iter().any(|a| *a == "-r" || *a == "-d");
    let mut status = 0;
    for path in args.iter().filter(|a| !a.starts_with('-')) {
        let mut result = sys.call(Syscall::Unlink {
            path: Str::from(*path),
        })?;
        if dirs && result == Err(Errno::EISDIR) {
            result = sys.call(Syscall::Rmdir {
                path: Str::from(*path),
            })?;
        }
        if let Err(errno) = result {
            sys.print(
                2,
                &format!("rm: cannot remove '{path}': {}\n", errno.text()),
            )?;
            status = 1;
        }
    }
    Ok(Flow::Exit(status))
}
