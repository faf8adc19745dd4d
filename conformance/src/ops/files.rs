//! Files and mounts.

use super::Op;
use super::processes::number;
use crate::hands::{Halt, Hands, OpResult};
use sim_core::kernel::syscall::{InBuf, OpenFlags, OutBuf, Str};
use sim_core::kernel::{Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
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
