//! getgroups(2) and setgroups(2).

use super::{Cap, Cred, Setgroups};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Reply, SysResult};
use crate::store::sorted;
use std::rc::Rc;

const NGROUPS_MAX: usize = 65_536;

/// getgroups(2), in [`Reply::Ids`].
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn sys_getgroups(cx: &mut Ctx<'_>) -> SysResult {
    let cred = &cx.me()?.cred;
    let ns = cx.k.ns.user(cred.user_ns).ok_or(lost!(ESRCH))?;
    let ids: Rc<[u32]> = cred
        .groups
        .iter()
        .map(|gid| ns.gid_map.shown(*gid))
        .collect();
    let count = ids.len() as i64;
    cx.reply(Reply::Ids(ids))?;
    done(count)
}

/// setgroups(2). In a user namespace there must be a gid_map, and setgroups not be denied
/// (may_setgroups).
///
/// # Errors
/// EPERM, EINVAL for too many and for ids that are not mapped.
pub fn sys_setgroups(cx: &mut Ctx<'_>, list: Rc<[u32]>) -> SysResult {
    let cred = cx.me()?.cred.clone();
    cx.ns_capable(cred.user_ns, Cap::SETGID)?;
    let ns = cx.k.ns.user(cred.user_ns).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, SetgroupsAllowed, cred.user_ns, if ns.gid_map.is_empty() || ns.setgroups == Setgroups::Deny)?;
    forbid!(cx.why, SetgroupsCount, list.len(), if list.len() > NGROUPS_MAX)?;
    let kgids: Option<Vec<u32>> = list.iter().map(|gid| ns.gid_map.down(*gid)).collect();
    let kgids = kgids.ok_or_else(|| refuse!(cx.why, IdMapped, cred.user_ns))?;
    let kgids = sorted(kgids);
    let new = Cred {
        groups: kgids.into(),
        ..Cred::clone(&cred)
    };
    cx.commit_creds(new)?;
    done(0)
}
