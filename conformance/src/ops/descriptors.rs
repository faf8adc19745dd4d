//! Files that are open, and pipes.

use super::Op;
use super::files::path;
use super::processes::number;
use crate::hands::{Halt, Hands, OpResult};
use serde_json::json;
use sim_core::kernel::syscall::{InBuf, OpenFlags, OutBuf, SeekWhence};
use sim_core::kernel::{Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("dup", |h| {
        let fd = h.params.int("fd")?;
        number(h, Syscall::Dup { fd })
    }),
    ("dup2", |h| {
        let (old, new) = (h.params.int("fd")?, h.params.int("to")?);
        number(h, Syscall::Dup2 { old, new })
    }),
    ("fds", fds),
    ("ftruncate", |h| {
        let (fd, length) = (h.params.int("fd")?, h.params.number("size")?);
        number(h, Syscall::Ftruncate { fd, length })
    }),
    ("lseek", lseek),
    ("open", open),
    ("pipe", pipe),
    ("read", read),
    ("write", write),
];

fn open(hands: &mut Hands<'_>) -> OpResult {
    let mut flags = OpenFlags::default();
    for word in hands.params.list("flags") {
        flags = flags.with(match word.as_str() {
            "r" => OpenFlags::default(),
            "w" => OpenFlags::WRONLY,
            "rw" => OpenFlags::RDWR,
            "creat" => OpenFlags::CREAT,
            "excl" => OpenFlags::EXCL,
            "trunc" => OpenFlags::TRUNC,
            "append" => OpenFlags::APPEND,
            "cloexec" => OpenFlags::CLOEXEC,
            "dir" => OpenFlags::DIRECTORY,
            "nonblock" => OpenFlags::NONBLOCK,
            "nofollow" => OpenFlags::NOFOLLOW,
            "path" => OpenFlags::PATH,
            other => return Err(Halt::Bad(format!("no flag '{other}'"))),
        });
    }
    let path = path(hands, "path")?;
    let mode = hands.params.mode_or("mode", 0o644)?;
    number(hands, Syscall::Openat { path, flags, mode })
}

fn read(hands: &mut Hands<'_>) -> OpResult {
    let fd = hands.params.int("fd")?;
    let len = hands.params.number_or("n", 4096)?;
    let len = u64::try_from(len).map_err(|_| format!("a length of {len}"))?;
    let buf = OutBuf::Value { len };
    match hands.call(Syscall::Read { fd, buf })? {
        (0, _) => Ok("".into()),
        (_, Reply::Bytes(bytes)) => Ok(String::from_utf8_lossy(&bytes).into()),
        (_, other) => Err(Halt::Bad(format!("read answered {other:?}"))),
    }
}

fn write(hands: &mut Hands<'_>) -> OpResult {
    let fd = hands.params.int("fd")?;
    let buf = InBuf::Value(hands.params.text("data")?.into_bytes().into());
    number(hands, Syscall::Write { fd, buf })
}

fn lseek(hands: &mut Hands<'_>) -> OpResult {
    let call = Syscall::Lseek {
        fd: hands.params.int("fd")?,
        offset: hands.params.number("off")?,
        whence: SeekWhence::Set,
    };
    number(hands, call)
}

fn pipe(hands: &mut Hands<'_>) -> OpResult {
    let flags = if hands.params.flag("cloexec")? {
        OpenFlags::CLOEXEC
    } else {
        OpenFlags::default()
    };
    match hands.call(Syscall::Pipe2 { flags })?.1 {
        Reply::Pipe { read, write } => Ok(json!([read, write])),
        other => Err(Halt::Bad(format!("pipe2 answered {other:?}"))),
    }
}

/// Open descriptors below 100.
fn fds(hands: &mut Hands<'_>) -> OpResult {
    const F_GETFD: i32 = 1;
    let mut open = Vec::new();
    for fd in 0..100 {
        let call = Syscall::Fcntl {
            fd,
            cmd: F_GETFD,
            arg: 0,
        };
        if hands.attempt(call)?.is_ok() {
            open.push(fd);
        }
    }
    Ok(json!(open))
}
