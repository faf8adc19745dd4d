//! pidfd_open(2), pidfd_send_signal(2): a process by descriptor, which never means another one.

use super::syscalls::{kill_ok, signal_or_probe};
use crate::kernel::fs;
use crate::kernel::syscall::{SigNr, done};
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, SysResult};

/// PIDFD_NONBLOCK; threads are not modelled.
const NONBLOCK: u32 = 0o4000;

/// pidfd_open(2). The descriptor is closed on exec.
///
/// # Errors
/// EINVAL for unknown flags and numbers below 1, ESRCH for nobody or one that was reaped, EMFILE.
pub fn sys_pidfd_open(cx: &mut Ctx<'_>, pid: i32, flags: u32) -> SysResult {
    forbid!(cx.why, PidfdOpenArguments, pid => flags, if flags & !NONBLOCK != 0 || pid <= 0)?;
    let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
    let task =
        cx.k.task_by_number(ns, pid)
            .ok_or_else(|| refuse!(cx.why, ProcessExists, pid))?;
    let id = cx.k.tasks.get(task).ok_or(lost!(ESRCH))?.pid;
    fs::open_pidfd(cx, id)
}

/// pidfd_send_signal(2).
///
/// # Errors
/// EBADF for other descriptors, EINVAL for flags, for bad signals and for a process that is not
/// in the caller's PID namespace or below; ESRCH once it was reaped; EPERM as kill(2).
pub fn sys_pidfd_send_signal(cx: &mut Ctx<'_>, fd: i32, signal: SigNr, flags: u32) -> SysResult {
    forbid!(cx.why, PidfdSignalFlags, flags, if flags != 0)?;
    let id = fs::pid_of_fd(cx, fd)?;
    let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
    let to = task_of(cx, id).ok_or_else(|| refuse!(cx.why, PidfdProcessAlive))?;
    let sees = cx.k.pids.get(id).is_some_and(|p| p.number_in(ns).is_some());
    forbid!(cx.why, PidfdProcessVisible, if !sees)?;
    let signal = signal_or_probe(&cx.why, signal)?;
    kill_ok(cx, to, signal)?;
    if let Some(signal) = signal {
        cx.send_signal(to, signal);
    }
    done(0)
}

fn task_of(cx: &Ctx<'_>, id: PidId) -> Option<crate::kernel::TaskId> {
    cx.k.pids.get(id)?.task
}
