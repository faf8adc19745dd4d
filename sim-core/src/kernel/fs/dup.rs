//! dup(2) and fcntl(2).

use super::fd::{Fd, OnExec, release_file};
use crate::kernel::Ctx;
use crate::kernel::syscall::{OpenFlags, SysResult, done, done_fd};
use std::rc::Rc;

const F_DUPFD: i32 = 0;
const F_GETFD: i32 = 1;
const F_SETFD: i32 = 2;
const F_GETFL: i32 = 3;
const F_SETFL: i32 = 4;
const F_DUPFD_CLOEXEC: i32 = 1030;
const F_GETPIPE_SZ: i32 = 1032;
const FD_CLOEXEC: i64 = 1;

/// dup(2).
///
/// # Errors
/// EBADF, EMFILE.
pub fn sys_dup(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    dup_from(cx, fd, 0, OnExec::Keep)
}

/// The lowest free descriptor from `least` on.
fn dup_from(cx: &mut Ctx<'_>, fd: i32, least: usize, on_exec: OnExec) -> SysResult {
    let (file, _) = cx.file_or_path(fd)?;
    let limit = cx.fd_limit();
    let files = Rc::make_mut(&mut cx.me_mut()?.files);
    let nr = files.insert_from(least, limit, Fd { file, on_exec });
    let nr = nr.ok_or_else(|| refuse!(cx.why, NofileLimit, least => limit))?;
    if let Some(file) = cx.k.vfs.files.get_mut(file) {
        file.refs += 1;
    }
    done_fd(nr)
}

/// dup2(2).
///
/// # Errors
/// EBADF for either number.
pub fn sys_dup2(cx: &mut Ctx<'_>, old: i32, new: i32) -> SysResult {
    if old == new {
        cx.file_or_path(old)?;
        return done_fd(new);
    }
    dup_to(cx, old, new, OnExec::Keep)
}

/// dup3(2).
///
/// # Errors
/// EINVAL for other flags than O_CLOEXEC and for equal numbers, EBADF.
pub fn sys_dup3(cx: &mut Ctx<'_>, old: i32, new: i32, flags: OpenFlags) -> SysResult {
    forbid!(cx.why, Dup3Arguments, flags.0, if flags.without(OpenFlags::CLOEXEC) != OpenFlags::default() || old == new)?;
    dup_to(cx, old, new, on_exec(flags))
}

fn on_exec(flags: OpenFlags) -> OnExec {
    if flags.has(OpenFlags::CLOEXEC) {
        OnExec::Close
    } else {
        OnExec::Keep
    }
}

fn dup_to(cx: &mut Ctx<'_>, old: i32, new: i32, on_exec: OnExec) -> SysResult {
    let at = usize::try_from(new)
        .ok()
        .filter(|at| *at < cx.fd_limit())
        .ok_or_else(|| refuse!(cx.why, FdLimit, new))?;
    let (file, _) = cx.file_or_path(old)?;
    if let Some(file) = cx.k.vfs.files.get_mut(file) {
        file.refs += 1;
    }
    let before = cx.me()?.files.get(new);
    let files = Rc::make_mut(&mut cx.me_mut()?.files);
    files.set(at, Some(Fd { file, on_exec }));
    if let Some(before) = before {
        release_file(cx, before.file);
    }
    done_fd(new)
}

/// fcntl(2): duplicates, FD_CLOEXEC, the status flags, the size of a pipe.
///
/// # Errors
/// EBADF; EINVAL for other commands, EMFILE.
pub fn sys_fcntl(cx: &mut Ctx<'_>, fd: i32, cmd: i32, arg: i64) -> SysResult {
    let (id, file) = cx.file_or_path(fd)?;
    let is_path = file.kind == super::OpenKind::Path;
    let (kind, flags) = (file.kind.clone(), file.flags);
    let at = usize::try_from(fd).map_err(|_| lost!(EBADF))?;
    match cmd {
        F_DUPFD | F_DUPFD_CLOEXEC => {
            let on_exec = if cmd == F_DUPFD {
                OnExec::Keep
            } else {
                OnExec::Close
            };
            let least = usize::try_from(arg)
                .ok()
                .filter(|least| *least < cx.fd_limit());
            let least = least.ok_or_else(|| refuse!(cx.why, FcntlLeast, arg))?;
            dup_from(cx, fd, least, on_exec)
        }
        F_GETFD => {
            let closes = cx.me()?.files.get(fd).map(|fd| fd.on_exec);
            done(i64::from(closes == Some(OnExec::Close)))
        }
        F_SETFD => {
            let on_exec = if arg & FD_CLOEXEC != 0 {
                OnExec::Close
            } else {
                OnExec::Keep
            };
            Rc::make_mut(&mut cx.me_mut()?.files).set(at, Some(Fd { file: id, on_exec }));
            done(0)
        }
        F_GETFL => done(i64::from(flags.without(OpenFlags::CLOEXEC).0)),
        _ if is_path => Err(refuse!(cx.why, PathFd, fd)),
        F_SETFL => {
            let settable = OpenFlags::APPEND.with(OpenFlags::NONBLOCK);
            let set = OpenFlags(arg as u32 & settable.0);
            if let Some(file) = cx.k.vfs.files.get_mut(id) {
                file.flags = file.flags.without(settable).with(set);
            }
            done(0)
        }
        F_GETPIPE_SZ => {
            super::pipe::capacity_of(&kind).map_or(Err(refuse!(cx.why, FcntlPipe, fd)), done)
        }
        _ => Err(refuse!(cx.why, FcntlCommand, cmd)),
    }
}
