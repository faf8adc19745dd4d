//! Files and mounts.

use super::Op;
use super::processes::number;
use crate::hands::{Halt, Hands, OpResult};
use serde_json::{Value, json};
use sim_core::kernel::syscall::{FileKind, InBuf, OpenFlags, OutBuf, Str};
use sim_core::kernel::{Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("chmod", |h| {
        let path = path(h, "path")?;
        let mode = h.params.mode_or("mode", 0)?;
        number(h, Syscall::Chmod { path, mode })
    }),
    ("chown", chown),
    ("chroot", |h| {
        let path = path(h, "path")?;
        number(h, Syscall::Chroot { path })
    }),
    ("fchdir", |h| {
        let fd = h.params.int("fd")?;
        number(h, Syscall::Fchdir { fd })
    }),
    ("getcwd", |h| text(h, Syscall::Getcwd {})),
    ("link", |h| {
        let (from_path, to_path) = (path(h, "from")?, path(h, "to")?);
        number(h, Syscall::Link { from_path, to_path })
    }),
    ("ls", ls),
    ("mknod", mknod),
    ("readlink", |h| {
        let path = path(h, "path")?;
        text(h, Syscall::Readlink { path })
    }),
    ("rename", |h| {
        let (from_path, to_path) = (path(h, "from")?, path(h, "to")?);
        number(h, Syscall::Rename { from_path, to_path })
    }),
    ("stat", stat),
    ("symlink", |h| {
        let (target, path) = (path(h, "dest")?, path(h, "path")?);
        number(h, Syscall::Symlink { target, path })
    }),
    ("unlink", |h| {
        let path = path(h, "path")?;
        number(h, Syscall::Unlink { path })
    }),
    ("chdir", |h| {
        let path = path(h, "path")?;
        number(h, Syscall::Chdir { path })
    }),
    ("close", close),
    ("mkdir", mkdir),
    ("readf", readf),
    ("rmdir", |h| {
        let path = path(h, "path")?;
        number(h, Syscall::Rmdir { path })
    }),
    ("writef", writef),
];

/// Bytes of one read of a whole file.
const CHUNK: u64 = 65_536;

pub(super) fn path(hands: &Hands<'_>, name: &str) -> Result<Str, Halt> {
    Ok(hands.params.text(name)?.into())
}

fn close(hands: &mut Hands<'_>) -> OpResult {
    let fd = hands.params.int("fd")?;
    number(hands, Syscall::Close { fd })
}

fn mkdir(hands: &mut Hands<'_>) -> OpResult {
    let path = path(hands, "path")?;
    let mode = hands.params.mode_or("mode", 0o755)?;
    number(hands, Syscall::Mkdir { path, mode })
}

/// Opens a file, reads it to its end and closes it.
pub(super) fn slurp(hands: &mut Hands<'_>, path: Str) -> Result<Vec<u8>, Halt> {
    let flags = OpenFlags::CLOEXEC;
    let open = Syscall::Openat {
        path,
        flags,
        mode: 0,
    };
    let fd = hands.call(open)?.0 as i32;
    let mut all = Vec::new();
    let end = loop {
        let buf = OutBuf::Value { len: CHUNK };
        match hands.attempt(Syscall::Read { fd, buf })? {
            Ok((0, _)) => break Ok(all),
            Ok((_, Reply::Bytes(bytes))) => all.extend_from_slice(&bytes),
            Ok((_, other)) => return Err(Halt::Bad(format!("read answered {other:?}"))),
            Err(errno) => break Err(errno),
        }
    };
    hands.call(Syscall::Close { fd })?;
    Ok(end?)
}

fn readf(hands: &mut Hands<'_>) -> OpResult {
    let path = path(hands, "path")?;
    let bytes = slurp(hands, path)?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

fn writef(hands: &mut Hands<'_>) -> OpResult {
    let flags = if hands.params.flag("existing")? {
        OpenFlags::WRONLY
    } else {
        OpenFlags::WRONLY
            .with(OpenFlags::CREAT)
            .with(OpenFlags::TRUNC)
    };
    let open = Syscall::Openat {
        path: path(hands, "path")?,
        flags: flags.with(OpenFlags::CLOEXEC),
        mode: 0o644,
    };
    let fd = hands.call(open)?.0 as i32;
    let buf = InBuf::Value(hands.params.text("data")?.into_bytes().into());
    let written = hands.attempt(Syscall::Write { fd, buf })?;
    hands.call(Syscall::Close { fd })?;
    Ok(written?.0.into())
}

/// A call that answers a text.
fn text(hands: &mut Hands<'_>, call: Syscall) -> OpResult {
    match hands.call(call)?.1 {
        Reply::Text(text) => Ok(text.as_ref().into()),
        other => Err(Halt::Bad(format!("answered {other:?}"))),
    }
}

/// An id; -1 leaves what is there.
fn id(hands: &Hands<'_>, name: &str) -> Result<u32, Halt> {
    Ok(hands.params.number(name)? as u32)
}

fn chown(hands: &mut Hands<'_>) -> OpResult {
    let call = Syscall::Lchown {
        path: path(hands, "path")?,
        uid: id(hands, "uid")?,
        gid: id(hands, "gid")?,
    };
    number(hands, call)
}

fn mknod(hands: &mut Hands<'_>) -> OpResult {
    const S_IFIFO: u16 = 0o010_000;
    const S_IFCHR: u16 = 0o020_000;
    let (kind, dev) = match hands.params.text("type")?.as_str() {
        "fifo" => (S_IFIFO, 0),
        "char" => {
            let (major, minor) = (hands.params.int("major")?, hands.params.int("minor")?);
            let (major, minor) = (major as u32, minor as u32);
            // makedev(3).
            let dev = minor & 0xff | (major & 0xfff) << 8 | (minor & !0xff) << 12;
            (S_IFCHR, dev)
        }
        other => return Err(Halt::Bad(format!("no type '{other}'"))),
    };
    let path = path(hands, "path")?;
    let mode = kind | 0o666;
    number(hands, Syscall::Mknod { path, mode, dev })
}

fn stat(hands: &mut Hands<'_>) -> OpResult {
    let path = path(hands, "path")?;
    let stat = match hands.call(Syscall::Lstat { path })?.1 {
        Reply::Stat(stat) => stat,
        other => return Err(Halt::Bad(format!("lstat answered {other:?}"))),
    };
    let kind = match stat.kind {
        FileKind::Regular => "file",
        FileKind::Directory => "dir",
        FileKind::CharDevice => "char",
        FileKind::Symlink => "symlink",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "sock",
    };
    let mut answer = json!({
        "type": kind,
        "mode": format!("{:o}", stat.mode),
        "uid": stat.uid,
        "gid": stat.gid,
    });
    if stat.kind == FileKind::Regular {
        answer["size"] = stat.size_bytes.into();
        answer["nlink"] = stat.nlink.into();
    }
    if stat.kind == FileKind::CharDevice {
        let (major, minor) = stat.rdev;
        answer["rdev"] = format!("{major}:{minor}").into();
    }
    Ok(answer)
}

/// Opens a directory, reads its names and closes it.
fn ls(hands: &mut Hands<'_>) -> OpResult {
    let open = Syscall::Openat {
        path: path(hands, "path")?,
        flags: OpenFlags::CLOEXEC
            .with(OpenFlags::DIRECTORY)
            .with(OpenFlags::NONBLOCK),
        mode: 0,
    };
    let fd = hands.call(open)?.0 as i32;
    let mut names = Vec::new();
    let end = loop {
        match hands.attempt(Syscall::Getdents64 { fd })? {
            Ok((0, _)) => break Ok(()),
            Ok((_, Reply::Dirents(entries))) => {
                names.extend(entries.iter().map(|entry| entry.name.to_string()));
            }
            Ok((_, other)) => return Err(Halt::Bad(format!("getdents answered {other:?}"))),
            // A directory that was removed simply ends (readdir(3)).
            Err(sim_core::kernel::Errno::ENOENT) => break Ok(()),
            Err(errno) => break Err(errno),
        }
    };
    hands.call(Syscall::Close { fd })?;
    end?;
    names.retain(|name| name != "." && name != "..");
    names.sort();
    Ok(names
        .into_iter()
        .map(Value::from)
        .collect::<Vec<_>>()
        .into())
}
