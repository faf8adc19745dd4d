//! Telling ids, as the caller's user namespace shows them.

use super::{Cred, UserNs};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Errno, Reply, SysResult};

fn mine<'a>(cx: &'a Ctx<'_>) -> Result<(&'a Cred, &'a UserNs), Errno> {
    let cred = &cx.me()?.cred;
    Ok((cred, cx.k.ns.user(cred.user_ns).ok_or(lost!(ESRCH))?))
}

/// getuid(2).
pub fn sys_getuid(cx: &mut Ctx<'_>) -> SysResult {
    let (cred, ns) = mine(cx)?;
    done(ns.uid_map.shown(cred.uid))
}

/// geteuid(2).
pub fn sys_geteuid(cx: &mut Ctx<'_>) -> SysResult {
    let (cred, ns) = mine(cx)?;
    done(ns.uid_map.shown(cred.euid))
}

/// getgid(2).
pub fn sys_getgid(cx: &mut Ctx<'_>) -> SysResult {
    let (cred, ns) = mine(cx)?;
    done(ns.gid_map.shown(cred.gid))
}

/// getegid(2).
pub fn sys_getegid(cx: &mut Ctx<'_>) -> SysResult {
    let (cred, ns) = mine(cx)?;
    done(ns.gid_map.shown(cred.egid))
}

/// getresuid(2), in [`Reply::Ids`].
pub fn sys_getresuid(cx: &mut Ctx<'_>) -> SysResult {
    let (cred, ns) = mine(cx)?;
    let ids = [cred.uid, cred.euid, cred.suid].map(|id| ns.uid_map.shown(id));
    cx.reply(Reply::Ids(ids.as_slice().into()))?;
    done(0)
}

/// getresgid(2), in [`Reply::Ids`].
pub fn sys_getresgid(cx: &mut Ctx<'_>) -> SysResult {
    let (cred, ns) = mine(cx)?;
    let ids = [cred.gid, cred.egid, cred.sgid].map(|id| ns.gid_map.shown(id));
    cx.reply(Reply::Ids(ids.as_slice().into()))?;
    done(0)
}
