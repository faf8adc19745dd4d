//! setgid(2) and its kin (kernel/sys.c). Group ids bring no capabilities.

use super::{Cap, Cred};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Errno, SysResult};

/// -1: leave it as it is.
const KEEP: u32 = u32::MAX;

fn start(cx: &Ctx<'_>) -> Result<(Cred, bool), Errno> {
    let cred = Cred::clone(&cx.me()?.cred);
    let may = cx.is_ns_capable(cred.user_ns, Cap::SETGID);
    Ok((cred, may))
}

/// make_kgid, with `None` for -1.
fn kgid(cx: &Ctx<'_>, cred: &Cred, gid: u32) -> Result<Option<u32>, Errno> {
    if gid == KEEP {
        return Ok(None);
    }
    let map = &cx.k.ns.user(cred.user_ns).ok_or(lost!(EINVAL))?.gid_map;
    map.down(gid)
        .map(Some)
        .ok_or_else(|| refuse!(cx.why, IdMapped, gid => cred.user_ns))
}

/// setgid(2).
///
/// # Errors
/// EINVAL for an id that the user namespace does not map, EPERM.
pub fn sys_setgid(cx: &mut Ctx<'_>, gid: u32) -> SysResult {
    let (mut new, may) = start(cx)?;
    let gid = kgid(cx, &new, gid)?.ok_or_else(|| refuse!(cx.why, IdValid, gid))?;
    if may {
        new.gid = gid;
        new.sgid = gid;
    } else if gid != new.gid && gid != new.sgid {
        return Err(refuse!(cx.why, SetgidPermission, gid => new.gid));
    }
    new.egid = gid;
    new.fsgid = gid;
    cx.commit_creds(new)?;
    done(0)
}

/// setregid(2).
///
/// # Errors
/// As [`sys_setgid`].
pub fn sys_setregid(cx: &mut Ctx<'_>, rgid: u32, egid: u32) -> SysResult {
    let (old, may) = start(cx)?;
    let (rgid, egid) = (kgid(cx, &old, rgid)?, kgid(cx, &old, egid)?);
    let mut new = old.clone();
    if let Some(rgid) = rgid {
        forbid!(cx.why, SetregidPermission, rgid => old.gid, if old.gid != rgid && old.egid != rgid && !may)?;
        new.gid = rgid;
    }
    if let Some(egid) = egid {
        forbid!(cx.why, SetregidPermission, egid => old.egid, if old.gid != egid && old.egid != egid && old.sgid != egid && !may)?;
        new.egid = egid;
    }
    if rgid.is_some() || egid.is_some_and(|egid| egid != old.gid) {
        new.sgid = new.egid;
    }
    new.fsgid = new.egid;
    cx.commit_creds(new)?;
    done(0)
}

/// setresgid(2).
///
/// # Errors
/// As [`sys_setgid`].
pub fn sys_setresgid(cx: &mut Ctx<'_>, rgid: u32, egid: u32, sgid: u32) -> SysResult {
    let (old, may) = start(cx)?;
    let (rgid, egid) = (kgid(cx, &old, rgid)?, kgid(cx, &old, egid)?);
    let sgid = kgid(cx, &old, sgid)?;
    let is_same = rgid.is_none_or(|id| id == old.gid)
        && egid.is_none_or(|id| id == old.egid && id == old.fsgid)
        && sgid.is_none_or(|id| id == old.sgid);
    if is_same {
        return done(0);
    }
    let is_new =
        |id: Option<u32>| id.is_some_and(|id| id != old.gid && id != old.egid && id != old.sgid);
    forbid!(cx.why, SetresgidPermission, if (is_new(rgid) || is_new(egid) || is_new(sgid)) && !may)?;
    let mut new = old.clone();
    new.gid = rgid.unwrap_or(old.gid);
    new.egid = egid.unwrap_or(old.egid);
    new.sgid = sgid.unwrap_or(old.sgid);
    new.fsgid = new.egid;
    cx.commit_creds(new)?;
    done(0)
}

/// setfsgid(2): the old one, whatever happens.
///
/// # Errors
/// None but ESRCH for a caller that is gone.
pub fn sys_setfsgid(cx: &mut Ctx<'_>, gid: u32) -> SysResult {
    let (mut new, may) = start(cx)?;
    let map = &cx.k.ns.user(new.user_ns).ok_or(lost!(ESRCH))?.gid_map;
    let before = map.shown(new.fsgid);
    if let Ok(Some(gid)) = kgid(cx, &new, gid) {
        let is_mine = [new.gid, new.egid, new.sgid, new.fsgid].contains(&gid);
        if (is_mine || may) && gid != new.fsgid {
            new.fsgid = gid;
            cx.commit_creds(new)?;
        }
    }
    done(before)
}
