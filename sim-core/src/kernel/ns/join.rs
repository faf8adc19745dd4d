//! setns(2) with a descriptor of a process: several of its namespaces at once (validate_nsset).

use super::syscalls::{ALL_FLAGS, enter_mount_ns, is_at_or_below, switch};
use super::{NsKind, NsProxy};
use crate::kernel::cred::{self, Cap, may_ptrace};
use crate::kernel::syscall::{CloneFlags, done};
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, SysResult};

/// In the order in which Linux looks at them, after the user namespace.
const ORDER: [NsKind; 7] = [
    NsKind::Mnt,
    NsKind::Uts,
    NsKind::Ipc,
    NsKind::Pid,
    NsKind::Cgroup,
    NsKind::Net,
    NsKind::Time,
];

/// All of them or none.
///
/// # Errors
/// EINVAL for no or unknown kinds, and as setns(2) for each; ESRCH for a process that has ended;
/// EPERM.
pub(super) fn join_process(cx: &mut Ctx<'_>, pid: PidId, kinds: CloneFlags) -> SysResult {
    forbid!(cx.why, SetnsKinds, kinds.0, if kinds.0 == 0 || kinds.0 & !ALL_FLAGS.0 != 0)?;
    let target =
        cx.k.pids
            .get(pid)
            .and_then(|p| p.task)
            .ok_or_else(|| refuse!(cx.why, SetnsProcessAlive))?;
    may_ptrace(cx, target)?;
    let task = cx.k.tasks.get(target).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, SetnsProcessAlive, target, if task.has_exited())?;
    let (theirs, their_user_ns) = (task.ns.clone(), task.cred.user_ns);
    let their_pid_ns = cx.k.pid_ns_of(task).ok_or(lost!(ESRCH))?;
    let new = match kinds.has(CloneFlags::NEWUSER) {
        true => Some(cred::join_user_ns(cx, their_user_ns)?),
        false => None,
    };
    let me = cx.me()?;
    let user_ns = new.as_ref().map_or(me.cred.user_ns, |new| new.user_ns);
    let active = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let mut proxy: NsProxy = me.ns.as_ref().clone();
    for kind in ORDER {
        if !kinds.has(kind.flag()) {
            continue;
        }
        let id = match kind {
            NsKind::Pid => their_pid_ns,
            _ => theirs.get(kind).ok_or(lost!(EINVAL))?,
        };
        cx.capable_over(id, Cap::SYS_ADMIN)?;
        if kind == NsKind::Mnt {
            cx.ns_capable(user_ns, Cap::SYS_CHROOT)?;
        }
        cx.ns_capable(user_ns, Cap::SYS_ADMIN)?;
        forbid!(cx.why, SetnsPidDescendant, id => active, if kind == NsKind::Pid && !is_at_or_below(cx.k, id, active))?;
        proxy = proxy.with(kind, id);
    }
    if let Some(new) = new {
        cx.commit_creds(new)?;
    }
    switch(cx, proxy)?;
    if kinds.has(CloneFlags::NEWNS) {
        enter_mount_ns(cx, theirs.mnt)?;
    }
    done(0)
}
