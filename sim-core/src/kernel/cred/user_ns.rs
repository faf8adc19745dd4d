//! User namespaces (user_namespaces(7), kernel/user_namespace.c).

use super::id_map::{self, Extent};
use super::{Cap, CapSet, Cred, IdMap, Resource, SecureBits};
use crate::event::Event;
use crate::kernel::ns::{NsData, NsId, NsKind};
use crate::kernel::{Ctx, Errno, Kernel};

/// Nesting limit: parents up to this level may have children (create_user_ns).
const LEVEL_MAX: u32 = 32;
/// Bytes that one write of a map may have, plus one.
const WRITE_MAX: usize = 4096;

/// struct user_namespace.
#[derive(Clone, Debug, Hash)]
pub struct UserNs {
    /// Invariant: a reference is held.
    pub parent: Option<NsId>,
    /// 0 for the first.
    pub level: u32,
    /// Effective ids of who made it.
    pub owner_uid: u32,
    pub owner_gid: u32,
    pub uid_map: IdMap,
    pub gid_map: IdMap,
    pub setgroups: Setgroups,
    /// Whether who made it had CAP_SETFCAP, without which root cannot be mapped.
    pub setfcap: Setfcap,
    /// RLIMIT_NPROC of who made it: all in here together count against it.
    pub nproc_max: u64,
    /// Real user id of who made it, whose processes those in here count as.
    pub creator_uid: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setgroups {
    Allow,
    Deny,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setfcap {
    Missing,
    Held,
}

impl UserNs {
    /// The first one.
    pub fn first() -> Self {
        Self {
            parent: None,
            level: 0,
            owner_uid: 0,
            owner_gid: 0,
            uid_map: IdMap::identity(),
            gid_map: IdMap::identity(),
            setgroups: Setgroups::Allow,
            setfcap: Setfcap::Held,
            nproc_max: super::rlimit::INFINITY,
            creator_uid: 0,
        }
    }

    pub fn map(&self, kind: IdKind) -> &IdMap {
        match kind {
            IdKind::Uid => &self.uid_map,
            IdKind::Gid => &self.gid_map,
        }
    }
}

/// Which of the two maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    Uid,
    Gid,
}

impl IdKind {
    fn cap(self) -> Cap {
        match self {
            IdKind::Uid => Cap::SETUID,
            IdKind::Gid => Cap::SETGID,
        }
    }
}

/// set_cred_user_ns: everything in the namespace, nothing outside.
pub fn into_new_user_ns(cred: &Cred, user_ns: NsId) -> Cred {
    Cred {
        effective: CapSet::FULL,
        permitted: CapSet::FULL,
        inheritable: CapSet::EMPTY,
        bounding: CapSet::FULL,
        ambient: CapSet::EMPTY,
        securebits: SecureBits::default(),
        user_ns,
        ..cred.clone()
    }
}

/// create_user_ns: the caller's credentials in a new user namespace, which nothing refers to yet
/// but its own reference to its parent.
///
/// # Errors
/// ENOSPC beyond 33 levels; EPERM in a chroot(2), and for ids that the namespace does not map.
pub fn new_user_ns_cred(cx: &mut Ctx<'_>) -> Result<Cred, Errno> {
    let me = cx.me()?;
    let cred = Cred::clone(&me.cred);
    let is_root = cred.uid == 0 && cred.user_ns == cx.k.init_user_ns;
    let nproc_max = match is_root {
        true => super::rlimit::INFINITY,
        false => me.security.rlimits.get(Resource::Nproc).soft,
    };
    let parent = cx.k.ns.user(cred.user_ns).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, UserNsDepth, parent.level => LEVEL_MAX, if parent.level > LEVEL_MAX)?;
    forbid!(cx.why, UserNsChroot, if crate::kernel::fs::is_chrooted(cx)?)?;
    forbid!(cx.why, UserNsMapped, cred.euid, if parent.uid_map.up(cred.euid).is_none() || parent.gid_map.up(cred.egid).is_none())?;
    let setfcap = match cred.effective.has(Cap::SETFCAP) {
        true => Setfcap::Held,
        false => Setfcap::Missing,
    };
    let ns = UserNs {
        parent: Some(cred.user_ns),
        level: parent.level + 1,
        owner_uid: cred.euid,
        owner_gid: cred.egid,
        uid_map: IdMap::default(),
        gid_map: IdMap::default(),
        setgroups: parent.setgroups,
        setfcap,
        nproc_max,
        creator_uid: cred.uid,
    };
    let id = cx.k.ns.create(NsData::User(ns), None);
    cx.k.ns.hold(cred.user_ns);
    cx.emit(Event::NamespaceNew {
        kind: NsKind::User,
        id: id.as_u64(),
    });
    Ok(into_new_user_ns(&cred, id))
}

/// userns_install: the credentials of setns(2) into a user namespace.
///
/// # Errors
/// EINVAL for the one that the caller is in, EPERM.
pub fn join_user_ns(cx: &Ctx<'_>, user_ns: NsId) -> Result<Cred, Errno> {
    let cred = &cx.me()?.cred;
    forbid!(cx.why, SetnsSameUserNs, user_ns, if cred.user_ns == user_ns)?;
    cx.ns_capable(user_ns, Cap::SYS_ADMIN)?;
    Ok(into_new_user_ns(cred, user_ns))
}

/// proc_uid_map_write and map_write: sets a map, once. The caller's credentials are those of who
/// opened the file; who writes needs the capability over the parent too.
///
/// # Errors
/// EPERM, EINVAL as user_namespaces(7) says.
pub fn write_id_map(
    cx: &mut Ctx<'_>,
    id: NsId,
    kind: IdKind,
    (offset, bytes): (u64, &[u8]),
    writer: &Cred,
) -> Result<(), Errno> {
    let cred = cx.me()?.cred.clone();
    let ns = cx.k.ns.user(id).ok_or(lost!(EINVAL))?;
    let parent = ns.parent.ok_or_else(|| refuse!(cx.why, IdMapFirst, id))?;
    forbid!(cx.why, IdMapWriter, id => cred.user_ns, if cred.user_ns != id && cred.user_ns != parent)?;
    forbid!(cx.why, IdMapOneWrite, offset => bytes.len(), if offset != 0 || bytes.len() >= WRITE_MAX)?;
    forbid!(cx.why, IdMapOnce, id, if !ns.map(kind).is_empty())?;
    cx.ns_capable(id, Cap::SYS_ADMIN)?;
    let text = String::from_utf8_lossy(bytes);
    let extents = id_map::parse(&text).ok_or_else(|| refuse!(cx.why, IdMapFormat, id))?;
    forbid!(cx.why, IdMapPermitted, id, if !is_map_permitted(cx.k, [&cred, writer], id, kind, &extents))?;
    let above = cx.k.ns.user(parent).ok_or(lost!(EPERM))?.map(kind).clone();
    let down = |e: &Extent| {
        let lower_first = above.range_down(e.lower_first, e.count)?;
        Some(Extent { lower_first, ..*e })
    };
    let lowered: Option<Vec<Extent>> = extents.iter().map(down).collect();
    let map = IdMap::new(lowered.ok_or_else(|| refuse!(cx.why, IdMapParent, parent))?);
    if let Some(ns) = cx.k.ns.user_mut(id) {
        match kind {
            IdKind::Uid => ns.uid_map = map,
            IdKind::Gid => ns.gid_map = map,
        }
    }
    Ok(())
}

/// verify_root_map and new_idmap_permitted.
fn is_map_permitted(
    k: &Kernel,
    [cred, writer]: [&Cred; 2],
    id: NsId,
    kind: IdKind,
    extents: &[Extent],
) -> bool {
    let Some(ns) = k.ns.user(id) else {
        return false;
    };
    let Some(parent) = ns.parent else {
        return false;
    };
    let maps_root = extents.iter().any(|e| e.lower_first == 0);
    if kind == IdKind::Uid && maps_root {
        let may = match cred.user_ns == id {
            true => ns.setfcap == Setfcap::Held,
            false => k.is_capable_in(cred, parent, Cap::SETFCAP),
        };
        if !may {
            return false;
        }
    }
    if let [only] = extents
        && only.count == 1
        && ns.owner_uid == cred.euid
    {
        let lower =
            k.ns.user(parent)
                .and_then(|p| p.map(kind).down(only.lower_first));
        let is_own = match kind {
            IdKind::Uid => lower == Some(cred.euid),
            IdKind::Gid => ns.setgroups == Setgroups::Deny && lower == Some(cred.egid),
        };
        if is_own {
            return true;
        }
    }
    [cred, writer]
        .iter()
        .all(|cred| k.is_capable_in(cred, parent, kind.cap()))
}

/// proc_setgroups_open, for writing.
///
/// # Errors
/// EACCES.
pub fn may_open_setgroups(cx: &Ctx<'_>, id: NsId) -> Result<(), Errno> {
    match cx.is_ns_capable(id, Cap::SYS_ADMIN) {
        true => Ok(()),
        false => Err(refuse!(cx.why, SetgroupsOpen, id)),
    }
}

/// proc_setgroups_write: `deny` is for ever, and only before there is a gid_map.
///
/// # Errors
/// EINVAL, EPERM.
pub fn write_setgroups(cx: &mut Ctx<'_>, id: NsId, offset: u64, bytes: &[u8]) -> Result<(), Errno> {
    forbid!(cx.why, SetgroupsText, id, if offset != 0 || bytes.len() >= 8)?;
    let text = String::from_utf8_lossy(bytes);
    let text = text.split('\0').next().unwrap_or_default();
    let (wanted, rest) = match (text.strip_prefix("allow"), text.strip_prefix("deny")) {
        (Some(rest), _) => (Setgroups::Allow, rest),
        (None, Some(rest)) => (Setgroups::Deny, rest),
        (None, None) => return Err(refuse!(cx.why, SetgroupsText, id)),
    };
    forbid!(cx.why, SetgroupsText, id, if !rest.trim().is_empty())?;
    let ns = cx.k.ns.user_mut(id).ok_or(lost!(EINVAL))?;
    match wanted {
        Setgroups::Allow if ns.setgroups == Setgroups::Deny => {
            Err(refuse!(cx.why, SetgroupsDenied, id))
        }
        Setgroups::Allow => Ok(()),
        Setgroups::Deny if !ns.gid_map.is_empty() => Err(refuse!(cx.why, SetgroupsMapped, id)),
        Setgroups::Deny => {
            ns.setgroups = Setgroups::Deny;
            Ok(())
        }
    }
}
