//! capget(2) and capset(2).

use super::{Cap, CapSet, Cred};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Reply, SysResult};

/// capget(2), in [`Reply::Caps`]. The version of the header is always the third.
///
/// # Errors
/// EINVAL for a negative pid, ESRCH.
pub fn sys_capget(cx: &mut Ctx<'_>, pid: i32) -> SysResult {
    forbid!(cx.why, CapgetPid, pid, if pid < 0)?;
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let id = match pid {
        0 => cx.task,
        _ => {
            cx.k.task_by_number(ns, pid)
                .ok_or_else(|| refuse!(cx.why, ProcessExists, pid))?
        }
    };
    let cred = &cx.k.tasks.get(id).ok_or(lost!(ESRCH))?.cred;
    let caps = Reply::Caps {
        effective: cred.effective.0,
        permitted: cred.permitted.0,
        inheritable: cred.inheritable.0,
    };
    cx.reply(caps)?;
    done(0)
}

/// capset(2), on oneself. Bits beyond the last capability are passed over.
///
/// # Errors
/// EPERM for another process, and where capabilities(7) forbids it (cap_capset).
pub fn sys_capset(
    cx: &mut Ctx<'_>,
    pid: i32,
    effective: u64,
    permitted: u64,
    inheritable: u64,
) -> SysResult {
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, CapsetOther, pid, if pid != 0 && cx.k.number_of(me, ns) != Some(pid))?;
    let old = Cred::clone(&me.cred);
    let [effective, permitted, inheritable] =
        [effective, permitted, inheritable].map(|set| CapSet(set).and(CapSet::FULL));
    let is_capped = !cx.is_ns_capable(old.user_ns, Cap::SETPCAP);
    let adds_unowned = !inheritable.is_subset_of(old.inheritable.or(old.permitted));
    forbid!(cx.why, CapsetInheritable, if is_capped && adds_unowned)?;
    forbid!(cx.why, CapsetSubset, if !inheritable.is_subset_of(old.inheritable.or(old.bounding))
        || !permitted.is_subset_of(old.permitted)
        || !effective.is_subset_of(permitted))?;
    let ambient = old.ambient.and(permitted).and(inheritable);
    cx.commit_creds(Cred {
        effective,
        permitted,
        inheritable,
        ambient,
        ..old
    })?;
    done(0)
}
