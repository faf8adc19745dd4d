//! kill(2), rt_sigaction(2), rt_sigprocmask(2), rt_sigpending(2), pause(2).

use super::Signal;
use crate::kernel::cred::may_kill;
use crate::kernel::rule::Why;
use crate::kernel::syscall::{SaFlags, SigAct, SigMaskHow, SigNr, signal_arg};
use crate::kernel::task::{RunState, TaskId};
use crate::kernel::{BlockReason, Ctx, Errno, Outcome, Reply, SysResult, syscall::done};

/// The signal with this number; none for 0, which only probes.
pub(super) fn signal_or_probe(why: &Why, number: SigNr) -> Result<Option<Signal>, Errno> {
    match number.0 {
        0 => Ok(None),
        _ => signal_arg(why, number).map(Some),
    }
}

/// kill(2). A target that is not there is told before a signal that does not exist.
///
/// # Errors
/// ESRCH for nobody, EINVAL for a bad signal, EPERM if not one of those found may be signalled;
/// but not with -1, where others' processes are passed over (kill_something_info).
pub fn sys_kill(cx: &mut Ctx<'_>, pid: i32, signal: SigNr) -> SysResult {
    let targets = targets(cx, pid)?;
    forbid!(cx.why, KillTargetExists, pid, if targets.is_empty())?;
    let signal = signal_or_probe(&cx.why, signal)?;
    let mut last = None;
    let mut is_sent = false;
    for to in targets {
        match kill_ok(cx, to, signal) {
            Ok(()) => {
                is_sent = true;
                if let Some(signal) = signal {
                    cx.send_signal(to, signal);
                }
            }
            Err(errno) => last = Some(errno),
        }
    }
    match last {
        Some(errno) if !is_sent && pid != -1 => Err(errno),
        Some(_) | None => done(0),
    }
}

/// check_kill_permission: oneself always; SIGCONT within one's session.
///
/// # Errors
/// EPERM.
pub(in crate::kernel) fn kill_ok(
    cx: &Ctx<'_>,
    to: TaskId,
    signal: Option<Signal>,
) -> Result<(), Errno> {
    let me = cx.me()?;
    let session = cx.k.tasks.get(to).map(|t| t.session);
    let continues = signal == Some(Signal::SIGCONT) && session == Some(me.session);
    let is_own =
        to == cx.task || ask!(cx.why, SameSession, to => (), if continues) || may_kill(cx, to);
    check!(cx.why, KillPermission, to => signal.map_or(0, |signal| signal as u8), if is_own)
}

/// Whom kill(2) means by `pid`, in the caller's PID namespace.
fn targets(cx: &Ctx<'_>, pid: i32) -> Result<Vec<TaskId>, Errno> {
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    // Who joined last is first in the list (attach_pid).
    let group = |id| {
        let members = cx.k.pids.get(id).map(|p| p.pgrp.iter().rev().copied());
        members.into_iter().flatten().collect()
    };
    Ok(match pid {
        // Everyone but init and oneself.
        -1 => {
            let everyone = cx.k.ns.pid(ns).into_iter().flat_map(|n| n.map.iter());
            everyone
                .filter(|(nr, _)| *nr > 1)
                .filter_map(|(_, id)| cx.k.pids.get(id)?.task)
                .filter(|&t| t != cx.task)
                .collect()
        }
        0 => group(me.pgrp),
        ..0 => {
            let number = pid
                .checked_neg()
                .ok_or_else(|| refuse!(cx.why, KillTargetExists, pid))?;
            let found = cx.k.ns.pid(ns).and_then(|n| n.map.get(number));
            found.map(group).unwrap_or_default()
        }
        1.. => cx.k.task_by_number(ns, pid).into_iter().collect(),
    })
}

/// sigaction(2): without a new action it only tells. The old one is in [`Reply::SigAction`].
///
/// # Errors
/// EINVAL for a bad signal, and for a new action of SIGKILL and SIGSTOP.
pub fn sys_rt_sigaction(
    cx: &mut Ctx<'_>,
    signal: SigNr,
    act: Option<SigAct>,
    flags: SaFlags,
) -> SysResult {
    let signal = signal_arg(&cx.why, signal)?;
    forbid!(cx.why, SigactionChangeable, signal, if act.is_some() && signal.is_kernel_only())?;
    let task = cx.me_mut()?;
    *task.answer_data() = Reply::SigAction(task.signals.action(signal));
    let state = &mut task.signals;
    let Some(act) = act else { return done(0) };
    std::rc::Rc::make_mut(&mut state.actions)[signal.place()] = act;
    if signal == Signal::SIGCHLD {
        state.child_flags = flags;
    }
    if signal.is_ignored_by(act) {
        state.discard(signal);
    }
    done(0)
}

/// sigpending(2): what is pending and blocked, as a set.
///
/// # Errors
/// None but ESRCH for a caller that is gone.
pub fn sys_rt_sigpending(cx: &mut Ctx<'_>) -> SysResult {
    let state = &cx.me()?.signals;
    done((state.pending & state.blocked) as i64)
}

/// sigprocmask(2).
///
/// # Errors
/// ESRCH if the caller is gone.
pub fn sys_rt_sigprocmask(cx: &mut Ctx<'_>, how: SigMaskHow, set: u64) -> SysResult {
    let state = &mut cx.me_mut()?.signals;
    let before = state.blocked;
    let set = set & !(Signal::SIGKILL.bit() | Signal::SIGSTOP.bit());
    state.blocked = match how {
        SigMaskHow::Block => before | set,
        SigMaskHow::Unblock => before & !set,
        SigMaskHow::SetMask => set,
    };
    done(before as i64)
}

/// pause(2): EINTR when a handler has run; otherwise it sleeps on.
///
/// # Errors
/// EINTR, always.
pub fn sys_pause(cx: &mut Ctx<'_>) -> SysResult {
    debug_assert!(cx.me().is_ok_and(|t| t.state == RunState::Running));
    Ok(Outcome::Block(BlockReason::Signal))
}
