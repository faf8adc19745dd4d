//! kill(2), rt_sigaction(2), rt_sigprocmask(2), pause(2).

use super::Signal;
use crate::kernel::syscall::{SigAct, SigMaskHow, signal_arg};
use crate::kernel::task::{RunState, TaskId};
use crate::kernel::{BlockReason, Ctx, Errno, Outcome, SysResult, syscall::done};

/// kill(2).
///
/// # Errors
/// EINVAL for a bad signal, ESRCH for nobody, EPERM if not one of those found may be signalled.
pub fn sys_kill(cx: &mut Ctx<'_>, pid: i32, signal: i32) -> SysResult {
    let signal = if signal == 0 {
        None
    } else {
        Some(signal_arg(signal)?)
    };
    let targets = targets(cx, pid)?;
    if targets.is_empty() {
        return Err(Errno::ESRCH);
    }
    let allowed: Vec<TaskId> = targets
        .into_iter()
        .filter(|&to| may_signal(cx, to))
        .collect();
    if allowed.is_empty() {
        return Err(Errno::EPERM);
    }
    if let Some(signal) = signal {
        for to in allowed {
            cx.send_signal(to, signal);
        }
    }
    done(0)
}

/// Whom kill(2) means by `pid`, in the caller's PID namespace.
fn targets(cx: &Ctx<'_>, pid: i32) -> Result<Vec<TaskId>, Errno> {
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(Errno::ESRCH)?;
    let group = |id| {
        cx.k.pids
            .get(id)
            .map(|p| p.pgrp.clone())
            .unwrap_or_default()
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
            let number = pid.checked_neg().ok_or(Errno::ESRCH)?;
            let found = cx.k.ns.pid(ns).and_then(|n| n.map.get(number));
            found.map(group).unwrap_or_default()
        }
        1.. => cx.k.task_by_number(ns, pid).into_iter().collect(),
    })
}

/// Real or effective user id equal to the target's real or saved one, or privileged (kill(2)).
fn may_signal(cx: &Ctx<'_>, to: TaskId) -> bool {
    let (Some(me), Some(to)) = (cx.k.tasks.get(cx.task), cx.k.tasks.get(to)) else {
        return false;
    };
    let (me, to) = (&me.cred, &to.cred);
    let same = |uid| uid == to.uid || uid == to.suid;
    me.is_capable() || same(me.uid) || same(me.euid)
}

/// sigaction(2).
///
/// # Errors
/// EINVAL for a bad signal, and for SIGKILL and SIGSTOP.
pub fn sys_rt_sigaction(cx: &mut Ctx<'_>, signal: i32, act: SigAct) -> SysResult {
    let signal = signal_arg(signal)?;
    if matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
        return Err(Errno::EINVAL);
    }
    let is_reaper = cx.k.is_child_reaper(cx.task);
    let state = &mut cx.me_mut()?.signals;
    std::rc::Rc::make_mut(&mut state.actions)[signal as usize % 32] = act;
    // Setting it to "ignore" discards what is pending (sigaction(2)).
    let ignores = act == SigAct::Ignore
        || (act == SigAct::Default
            && (is_reaper || signal.default_action() == super::DefaultAction::Ignore));
    if ignores {
        state.pending &= !signal.bit();
    }
    done(0)
}

/// sigprocmask(2).
///
/// # Errors
/// ESRCH if the caller is gone.
pub fn sys_rt_sigprocmask(cx: &mut Ctx<'_>, how: SigMaskHow, set: u64) -> SysResult {
    let state = &mut cx.me_mut()?.signals;
    let before = state.blocked;
    let set = set & !(Signal::SIGKILL.bit() | Signal::SIGSTOP.bit()) & 0xffff_fffe;
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
