//! Numbers of a process: getpid(2) and its kin, process groups, sessions, users.

use super::{DidExec, TaskId};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Errno, NsId, SysResult};

fn my_ns(cx: &Ctx<'_>) -> Result<NsId, Errno> {
    cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))
}

/// The process that `pid` names for the caller; 0 is the caller.
fn named(cx: &Ctx<'_>, pid: i32) -> Result<TaskId, Errno> {
    match pid {
        0 => Ok(cx.task),
        _ => {
            cx.k.task_by_number(my_ns(cx)?, pid)
                .ok_or_else(|| refuse!(cx.why, ProcessExists, pid))
        }
    }
}

/// getpid(2): the number in the caller's own PID namespace.
pub fn sys_getpid(cx: &mut Ctx<'_>) -> SysResult {
    let ns = my_ns(cx)?;
    done(cx.k.number_of(cx.me()?, ns).ok_or(lost!(ESRCH))?)
}

/// gettid(2): the same number, as there are no threads.
pub fn sys_gettid(cx: &mut Ctx<'_>) -> SysResult {
    sys_getpid(cx)
}

/// getppid(2): 0 if the parent is in a PID namespace that the caller cannot see.
pub fn sys_getppid(cx: &mut Ctx<'_>) -> SysResult {
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let parent = me.parent.and_then(|p| cx.k.tasks.get(p));
    done(parent.and_then(|p| cx.k.number_of(p, ns)).unwrap_or(0))
}

/// getpgid(2).
///
/// # Errors
/// ESRCH if there is no such process.
pub fn sys_getpgid(cx: &mut Ctx<'_>, pid: i32) -> SysResult {
    let task = cx.k.tasks.get(named(cx, pid)?).ok_or(lost!(ESRCH))?;
    done(cx.k.group_number(task.pgrp, my_ns(cx)?))
}

/// getsid(2).
///
/// # Errors
/// ESRCH if there is no such process.
pub fn sys_getsid(cx: &mut Ctx<'_>, pid: i32) -> SysResult {
    let task = cx.k.tasks.get(named(cx, pid)?).ok_or(lost!(ESRCH))?;
    done(cx.k.group_number(task.session, my_ns(cx)?))
}

/// setpgid(2).
///
/// # Errors
/// EINVAL for a negative group; ESRCH if the process is neither the caller nor its child; EACCES
/// if the child has exec'ed; EPERM for session leaders, other sessions and unknown groups.
pub fn sys_setpgid(cx: &mut Ctx<'_>, pid: i32, pgid: i32) -> SysResult {
    let ns = my_ns(cx)?;
    let me = cx.me()?;
    let own = cx.k.number_of(me, ns).ok_or(lost!(ESRCH))?;
    let pid = if pid == 0 { own } else { pid };
    let pgid = if pgid == 0 { pid } else { pgid };
    forbid!(cx.why, PgidValid, pgid, if pgid < 0)?;
    let id = named(cx, pid)?;
    let task = cx.k.tasks.get(id).ok_or(lost!(ESRCH))?;
    if id != cx.task {
        forbid!(cx.why, SetpgidChild, id, if task.parent != Some(cx.task))?;
        forbid!(cx.why, SetpgidSession, id, if task.session != me.session)?;
        forbid!(cx.why, SetpgidBeforeExec, id, if task.did_exec == DidExec::Yes)?;
    }
    forbid!(cx.why, SetpgidLeader, id, if task.session == task.pid)?;
    let group = if pgid == pid {
        task.pid
    } else {
        cx.k.ns
            .pid(ns)
            .and_then(|n| n.map.get(pgid))
            .ok_or_else(|| refuse!(cx.why, SetpgidGroup, pgid))?
    };
    if pgid != pid {
        let members = &cx.k.pids.get(group).ok_or(lost!(EPERM))?.pgrp;
        let session = members
            .first()
            .and_then(|m| cx.k.tasks.get(*m))
            .map(|t| t.session);
        forbid!(cx.why, SetpgidGroup, pgid, if session != Some(me.session))?;
    }
    if task.pgrp != group {
        cx.k.leave_pgrp(id);
        cx.k.join_pgrp(id, group);
    }
    done(0)
}

/// setsid(2).
///
/// # Errors
/// EPERM if the caller leads a process group, or one with its number exists.
pub fn sys_setsid(cx: &mut Ctx<'_>) -> SysResult {
    let me = cx.me()?;
    let pid = me.pid;
    let is_group = cx.k.pids.get(pid).is_some_and(|p| !p.pgrp.is_empty());
    forbid!(cx.why, SetsidLeader, if me.session == pid || is_group)?;
    let id = cx.task;
    cx.k.leave_pgrp(id);
    cx.k.leave_session(id);
    cx.k.join_pgrp(id, pid);
    cx.k.join_session(id, pid);
    cx.me_mut()?.tty = None;
    done(cx.k.group_number(pid, my_ns(cx)?))
}
