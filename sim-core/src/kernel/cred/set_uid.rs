//! setuid(2) and its kin (kernel/sys.c), and what becomes of capabilities then.

use super::{Cap, CapSet, Cred, SecureBits, mark_nproc};
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Errno, SysResult};

/// -1: leave it as it is.
const KEEP: u32 = u32::MAX;

/// The caller's credentials to change, and whether it may take any id.
fn start(cx: &Ctx<'_>) -> Result<(Cred, bool), Errno> {
    let cred = Cred::clone(&cx.me()?.cred);
    let may = cx.is_ns_capable(cred.user_ns, Cap::SETUID);
    Ok((cred, may))
}

/// make_kuid, with `None` for -1.
fn kuid(cx: &Ctx<'_>, cred: &Cred, uid: u32) -> Result<Option<u32>, Errno> {
    if uid == KEEP {
        return Ok(None);
    }
    let map = &cx.k.ns.user(cred.user_ns).ok_or(lost!(EINVAL))?.uid_map;
    map.down(uid)
        .map(Some)
        .ok_or_else(|| refuse!(cx.why, IdMapped, uid => cred.user_ns))
}

/// cap_task_fix_setuid and commit_creds.
fn finish(cx: &mut Ctx<'_>, old: &Cred, mut new: Cred) -> SysResult {
    let root = cx.k.ns.user(old.user_ns).and_then(|ns| ns.uid_map.down(0));
    emulate_setxuid(root, old, &mut new);
    mark_nproc(cx, &new)?;
    cx.commit_creds(new)?;
    done(0)
}

/// cap_emulate_setxuid: who ceases to be root loses what root has (capabilities(7)).
fn emulate_setxuid(root: Option<u32>, old: &Cred, new: &mut Cred) {
    if old.securebits.has(SecureBits::NO_SETUID_FIXUP) {
        return;
    }
    let is_root = |uid: u32| Some(uid) == root;
    let any = |c: &Cred| is_root(c.uid) || is_root(c.euid) || is_root(c.suid);
    if any(old) && !any(new) {
        if !old.securebits.has(SecureBits::KEEP_CAPS) {
            new.permitted = CapSet::EMPTY;
            new.effective = CapSet::EMPTY;
        }
        new.ambient = CapSet::EMPTY;
    }
    if is_root(old.euid) && !is_root(new.euid) {
        new.effective = CapSet::EMPTY;
    }
    if !is_root(old.euid) && is_root(new.euid) {
        new.effective = new.permitted;
    }
}

/// setuid(2).
///
/// # Errors
/// EINVAL for an id that the user namespace does not map, EPERM.
pub fn sys_setuid(cx: &mut Ctx<'_>, uid: u32) -> SysResult {
    let (old, may) = start(cx)?;
    let uid = kuid(cx, &old, uid)?.ok_or_else(|| refuse!(cx.why, IdValid, uid))?;
    let mut new = old.clone();
    if may {
        new.uid = uid;
        new.suid = uid;
    } else if uid != old.uid && uid != old.suid {
        return Err(refuse!(cx.why, SetuidPermission, uid => old.uid));
    }
    new.euid = uid;
    new.fsuid = uid;
    finish(cx, &old, new)
}

/// setreuid(2).
///
/// # Errors
/// As [`sys_setuid`].
pub fn sys_setreuid(cx: &mut Ctx<'_>, ruid: u32, euid: u32) -> SysResult {
    let (old, may) = start(cx)?;
    let (ruid, euid) = (kuid(cx, &old, ruid)?, kuid(cx, &old, euid)?);
    let mut new = old.clone();
    if let Some(ruid) = ruid {
        new.uid = ruid;
        forbid!(cx.why, SetreuidPermission, ruid => old.uid, if old.uid != ruid && old.euid != ruid && !may)?;
    }
    if let Some(euid) = euid {
        new.euid = euid;
        forbid!(cx.why, SetreuidPermission, euid => old.euid, if old.uid != euid && old.euid != euid && old.suid != euid && !may)?;
    }
    if ruid.is_some() || euid.is_some_and(|euid| euid != old.uid) {
        new.suid = new.euid;
    }
    new.fsuid = new.euid;
    finish(cx, &old, new)
}

/// setresuid(2). What changes nothing is always allowed.
///
/// # Errors
/// As [`sys_setuid`].
pub fn sys_setresuid(cx: &mut Ctx<'_>, ruid: u32, euid: u32, suid: u32) -> SysResult {
    let (old, may) = start(cx)?;
    let (ruid, euid) = (kuid(cx, &old, ruid)?, kuid(cx, &old, euid)?);
    let suid = kuid(cx, &old, suid)?;
    let is_same = ruid.is_none_or(|id| id == old.uid)
        && euid.is_none_or(|id| id == old.euid && id == old.fsuid)
        && suid.is_none_or(|id| id == old.suid);
    if is_same {
        return done(0);
    }
    let is_new =
        |id: Option<u32>| id.is_some_and(|id| id != old.uid && id != old.euid && id != old.suid);
    forbid!(cx.why, SetresuidPermission, if (is_new(ruid) || is_new(euid) || is_new(suid)) && !may)?;
    let mut new = old.clone();
    new.uid = ruid.unwrap_or(old.uid);
    new.euid = euid.unwrap_or(old.euid);
    new.suid = suid.unwrap_or(old.suid);
    new.fsuid = new.euid;
    finish(cx, &old, new)
}

/// setfsuid(2): the old one, whatever happens.
///
/// # Errors
/// None but ESRCH for a caller that is gone.
pub fn sys_setfsuid(cx: &mut Ctx<'_>, uid: u32) -> SysResult {
    let (old, may) = start(cx)?;
    let map = &cx.k.ns.user(old.user_ns).ok_or(lost!(ESRCH))?.uid_map;
    let (before, root) = (map.shown(old.fsuid), map.down(0));
    if let Ok(Some(uid)) = kuid(cx, &old, uid) {
        let is_mine = [old.uid, old.euid, old.suid, old.fsuid].contains(&uid);
        if (is_mine || may) && uid != old.fsuid {
            let mut new = old.clone();
            new.fsuid = uid;
            if !old.securebits.has(SecureBits::NO_SETUID_FIXUP) {
                if Some(old.fsuid) == root && Some(uid) != root {
                    new.effective = new.effective.minus(CapSet::FS);
                }
                if Some(old.fsuid) != root && Some(uid) == root {
                    let back = new.permitted.and(CapSet::FS);
                    new.effective = new.effective.or(back);
                }
            }
            cx.commit_creds(new)?;
        }
    }
    done(before)
}
