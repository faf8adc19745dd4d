//! What execve(2) makes of credentials (security/commoncap.c).

use super::{CapSet, Cred, Dumpable, NoNewPrivs, SecureBits};
use crate::kernel::{Ctx, Errno};

/// What a program's file asks for: its owner where the set-user-ID bit is set, its group where
/// the set-group-ID bit is. Neither on a nosuid mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SetId {
    pub uid: Option<u32>,
    pub gid: Option<u32>,
}

/// bprm_fill_uid and cap_bprm_creds_from_file, then begin_new_exec's part. File capabilities are
/// not modelled.
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn exec_creds(cx: &mut Ctx<'_>, set_id: SetId) -> Result<(), Errno> {
    let me = cx.me()?;
    let old = me.cred.clone();
    let no_new_privs = me.security.no_new_privs;
    let user_ns = cx.k.ns.user(old.user_ns).ok_or(lost!(ESRCH))?;
    let mut new = Cred::clone(&old);
    let is_mapped = set_id
        .uid
        .is_none_or(|uid| user_ns.uid_map.up(uid).is_some())
        && set_id
            .gid
            .is_none_or(|gid| user_ns.gid_map.up(gid).is_some());
    if no_new_privs == NoNewPrivs::No && is_mapped {
        new.euid = set_id.uid.unwrap_or(new.euid);
        new.egid = set_id.gid.unwrap_or(new.egid);
    }
    // handle_privileged_root.
    let root = user_ns.uid_map.down(0);
    let mut is_effective = false;
    new.permitted = CapSet::EMPTY;
    if !old.securebits.has(SecureBits::NOROOT) {
        is_effective = Some(new.euid) == root;
        if is_effective || Some(new.uid) == root {
            new.permitted = old.bounding.or(old.inheritable);
        }
    }
    let is_setid = new.euid != old.euid || !old.is_in_effective_group(new.egid);
    let gains = !new.permitted.is_subset_of(old.permitted);
    if (is_setid || gains) && no_new_privs == NoNewPrivs::Yes {
        new.euid = old.euid;
        new.egid = old.egid;
        new.permitted = new.permitted.and(old.permitted);
    }
    new.suid = new.euid;
    new.fsuid = new.euid;
    new.sgid = new.egid;
    new.fsgid = new.egid;
    if is_setid {
        new.ambient = CapSet::EMPTY;
    }
    new.permitted = new.permitted.or(new.ambient);
    new.effective = if is_effective {
        new.permitted
    } else {
        new.ambient
    };
    new.securebits = new.securebits.without(SecureBits::KEEP_CAPS);
    let is_plain = new.euid == new.uid && new.egid == new.gid;
    let mm_user_ns = (old.user_ns != cx.k.init_user_ns).then_some(old.user_ns);
    let task = cx.me_mut()?;
    task.security.mm_user_ns = mm_user_ns;
    task.security.dumpable = if is_plain {
        Dumpable::Yes
    } else {
        task.pdeath_signal = None;
        Dumpable::No
    };
    cx.commit_creds(new)
}
