//! Keys, identifiers and permissions that the kinds of objects share (ipc/util.c).

use super::{IPC_CREAT, IPC_EXCL, IPC_PRIVATE, IpcStat};
use crate::kernel::cred::Cap;
use crate::kernel::rule::Why;
use crate::kernel::{Ctx, Errno};
use crate::store::SortedMap;

/// struct kern_ipc_perm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Perm {
    pub key: i32,
    pub uid: u32,
    pub gid: u32,
    pub cuid: u32,
    pub cgid: u32,
    /// 0o777.
    pub mode: u16,
}

impl Perm {
    /// What IPC_STAT tells of an object of so many bytes and users or messages.
    pub(super) fn stat(&self, bytes: u64, count: u64) -> IpcStat {
        IpcStat {
            key: self.key,
            uid: self.uid,
            gid: self.gid,
            cuid: self.cuid,
            cgid: self.cgid,
            mode: self.mode,
            bytes,
            count,
        }
    }
}

/// Objects of one kind in one namespace.
#[derive(Clone, Debug, Hash)]
pub struct Ids<T> {
    /// By index: the sequence number and the object.
    table: SortedMap<i32, (i32, T)>,
    seq: i32,
    /// The index given out last.
    last: i32,
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self {
            table: SortedMap::default(),
            seq: 0,
            last: -1,
        }
    }
}

/// ipc_min_cycle: indices go up to this before they are used again.
const MIN_CYCLE: i32 = 64;
/// IPCMNI_SHIFT.
const SEQ_SHIFT: u32 = 15;
const SEQ_MAX: i32 = i32::MAX >> SEQ_SHIFT;

impl<T> Ids<T> {
    pub fn iter(&self) -> impl Iterator<Item = (i32, &T)> {
        let id = |(index, (seq, object)): (&i32, &'_ (i32, T))| {
            let _ = object;
            seq << SEQ_SHIFT | index
        };
        self.table.iter().map(move |entry| (id(entry), &entry.1.1))
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// ipc_idr_alloc: the next index in a cycle, and a new sequence number once it has gone round.
    pub(super) fn add(&mut self, object: T) -> i32 {
        let in_use = i32::try_from(self.table.len()).unwrap_or(i32::MAX / 4);
        let most = (in_use / 2 * 3).max(MIN_CYCLE);
        let is_free = |index: &i32| !self.table.contains_key(index);
        let next = (self.last + 1..most).find(is_free);
        let index = next.or_else(|| (0..).find(is_free)).unwrap_or(0);
        if index <= self.last {
            self.seq = (self.seq + 1) % SEQ_MAX;
        }
        self.last = index;
        self.table.insert(index, (self.seq, object));
        self.seq << SEQ_SHIFT | index
    }

    /// ipc_obtain_object_check.
    ///
    /// # Errors
    /// EINVAL for an index without an object, EIDRM for one that has had another.
    pub fn get(&self, why: &Why, id: i32) -> Result<&T, Errno> {
        let (seq, object) = self
            .table
            .get(&index(why, id)?)
            .ok_or_else(|| refuse!(why, IpcExists, id))?;
        match *seq == id >> SEQ_SHIFT {
            true => Ok(object),
            false => Err(refuse!(why, IpcRemoved, id)),
        }
    }

    pub(super) fn get_mut(&mut self, why: &Why, id: i32) -> Result<&mut T, Errno> {
        let (seq, object) = self
            .table
            .get_mut(&index(why, id)?)
            .ok_or_else(|| refuse!(why, IpcExists, id))?;
        match *seq == id >> SEQ_SHIFT {
            true => Ok(object),
            false => Err(refuse!(why, IpcRemoved, id)),
        }
    }

    pub(super) fn remove(&mut self, id: i32) -> Option<T> {
        let index = index(&Why::default(), id).ok()?;
        self.table.remove(&index).map(|(_, object)| object)
    }
}

fn index(why: &Why, id: i32) -> Result<i32, Errno> {
    match id < 0 {
        true => Err(refuse!(why, IpcExists, id)),
        false => Ok(id & ((1 << SEQ_SHIFT) - 1)),
    }
}

/// What ipcget came to.
pub(super) enum Found {
    New,
    There(i32),
}

/// ipcget: the object with a key, or that one is to be made.
///
/// # Errors
/// ENOENT, EEXIST.
pub(super) fn find<T>(
    why: &Why,
    ids: &Ids<T>,
    key: i32,
    flags: i32,
    perm: impl Fn(&T) -> &Perm,
) -> Result<Found, Errno> {
    if key == IPC_PRIVATE {
        return Ok(Found::New);
    }
    let there = ids.iter().find(|(_, object)| perm(object).key == key);
    match there {
        Some(_) if flags & IPC_CREAT != 0 && flags & IPC_EXCL != 0 => {
            Err(refuse!(why, IpcExclusive, key))
        }
        Some((id, _)) => Ok(Found::There(id)),
        None if flags & IPC_CREAT == 0 => Err(refuse!(why, IpcKey, key)),
        None => Ok(Found::New),
    }
}

/// A new object of the caller.
pub(super) fn new(cx: &Ctx<'_>, key: i32, flags: i32) -> Result<Perm, Errno> {
    let cred = &cx.me()?.cred;
    Ok(Perm {
        key,
        uid: cred.euid,
        gid: cred.egid,
        cuid: cred.euid,
        cgid: cred.egid,
        mode: (flags & 0o777) as u16,
    })
}

/// ipcperms: `flags` asks in any of the three places of a mode.
///
/// # Errors
/// EACCES.
pub(super) fn check(cx: &Ctx<'_>, perm: &Perm, flags: i32) -> Result<(), Errno> {
    let cred = &cx.me()?.cred;
    let asked = (flags >> 6 | flags >> 3 | flags) as u16 & 7;
    let granted = if cred.euid == perm.uid || cred.euid == perm.cuid {
        perm.mode >> 6
    } else if cred.is_in_effective_group(perm.gid) || cred.is_in_effective_group(perm.cgid) {
        perm.mode >> 3
    } else {
        perm.mode
    };
    let owner = cx.k.owner_of_ns(cx.me()?.ns.ipc);
    match asked & !granted != 0 && !cx.is_ns_capable(owner, Cap::IPC_OWNER) {
        true => Err(refuse!(cx.why, IpcPermission, asked => granted)),
        false => Ok(()),
    }
}

/// ipcctl_obtain_check: only owner, maker and CAP_SYS_ADMIN may change or remove an object.
///
/// # Errors
/// EPERM.
pub(super) fn check_owner(cx: &Ctx<'_>, perm: &Perm) -> Result<(), Errno> {
    let cred = &cx.me()?.cred;
    let is_own = cred.euid == perm.uid || cred.euid == perm.cuid;
    match is_own {
        true => Ok(()),
        false => cx.capable_over(cx.me()?.ns.ipc, Cap::SYS_ADMIN),
    }
}
