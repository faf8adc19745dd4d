//! What one process may do to another.

use super::{Cap, Cred, Dumpable};
use crate::kernel::{Ctx, Errno, TaskId};

/// kill_ok_by_cred: an id in common, or CAP_KILL over the other's user namespace.
pub fn may_kill(cx: &Ctx<'_>, to: TaskId) -> bool {
    let (Ok(me), Some(to)) = (cx.me(), cx.k.tasks.get(to)) else {
        return false;
    };
    let (me, to) = (&me.cred, &to.cred);
    let same = |uid| uid == to.uid || uid == to.suid;
    ask!(cx.why, SameUser, me.euid => to.uid, if same(me.euid) || same(me.uid))
        || cx.holds_cap(me, to.user_ns, Cap::KILL)
}

/// ptrace_may_access with PTRACE_MODE_READ_FSCREDS: whether the caller may look into a process
/// (ptrace(2)).
///
/// # Errors
/// EPERM.
pub fn may_ptrace(cx: &Ctx<'_>, target: TaskId) -> Result<(), Errno> {
    if target == cx.task {
        return Ok(());
    }
    let me: &Cred = &cx.me()?.cred;
    let task = cx.k.tasks.get(target).ok_or(lost!(ESRCH))?;
    let it = &task.cred;
    let is_same_user = [it.uid, it.euid, it.suid].iter().all(|id| *id == me.fsuid)
        && [it.gid, it.egid, it.sgid].iter().all(|id| *id == me.fsgid);
    let is_same_user = ask!(cx.why, SameUser, me.fsuid => it.uid, if is_same_user);
    let rules = |ns| cx.holds_cap(me, ns, Cap::SYS_PTRACE);
    forbid!(cx.why, PtraceCredentials, target => it.uid, if !is_same_user && !rules(it.user_ns))?;
    // task_still_dumpable: who has given its memory back is as dumpable as it was.
    let mm_ns = task.security.mm_user_ns.filter(|_| task.mm.is_some());
    let mm_ns = mm_ns.unwrap_or(cx.k.init_user_ns);
    forbid!(cx.why, PtraceDumpable, target, if task.security.dumpable == Dumpable::No && !rules(mm_ns))?;
    // cap_ptrace_access_check.
    let is_weaker = me.user_ns == it.user_ns && it.permitted.is_subset_of(me.effective);
    if is_weaker || rules(it.user_ns) {
        Ok(())
    } else {
        Err(refuse!(cx.why, PtraceCapabilities, target))
    }
}
