//! Namespaces: what a task can see (namespaces(7)). The kernel knows nothing more of them than
//! this; what people call a container is made of these by programs in ring 3.

mod join;
mod proxy;
mod syscalls;
mod time;

pub use proxy::{NsProxy, NsSwap};
pub use syscalls::{
    ALL_FLAGS, CREATES, copy, discard, sys_sethostname, sys_setns, sys_uname, sys_unshare,
};
pub use time::{Offsets, TimeNs, enter_at_exec, offsets_text, sys_clock_gettime, write_offsets};

use super::cgroup::CgroupSet;
use super::cred::UserNs;
use super::fs::MountNs;
use super::net::SpaceId;
use super::syscall::{CloneFlags, Str};
use super::task::{PidMap, TaskId};
use crate::store::{Key, Slab};

pub type NsId = Key<Namespace>;

/// The eight kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NsKind {
    Mnt,
    Uts,
    Ipc,
    Net,
    Pid,
    User,
    Cgroup,
    Time,
}

impl NsKind {
    pub const ALL: [NsKind; 8] = [
        NsKind::Mnt,
        NsKind::Uts,
        NsKind::Ipc,
        NsKind::Net,
        NsKind::Pid,
        NsKind::User,
        NsKind::Cgroup,
        NsKind::Time,
    ];

    /// The name of its file in /proc/PID/ns.
    pub fn name(self) -> &'static str {
        match self {
            NsKind::Mnt => "mnt",
            NsKind::Uts => "uts",
            NsKind::Ipc => "ipc",
            NsKind::Net => "net",
            NsKind::Pid => "pid",
            NsKind::User => "user",
            NsKind::Cgroup => "cgroup",
            NsKind::Time => "time",
        }
    }

    /// Its flag for clone(2), unshare(2) and setns(2).
    pub fn flag(self) -> CloneFlags {
        match self {
            NsKind::Mnt => CloneFlags::NEWNS,
            NsKind::Uts => CloneFlags::NEWUTS,
            NsKind::Ipc => CloneFlags::NEWIPC,
            NsKind::Net => CloneFlags::NEWNET,
            NsKind::Pid => CloneFlags::NEWPID,
            NsKind::User => CloneFlags::NEWUSER,
            NsKind::Cgroup => CloneFlags::NEWCGROUP,
            NsKind::Time => CloneFlags::NEWTIME,
        }
    }
}

/// One namespace. It lives as long as something refers to it: a task's proxy, the number of a
/// process, a child namespace, an open file or a bind mount of its /proc file.
#[derive(Clone, Debug, Hash)]
pub struct Namespace {
    /// Inode number in nsfs, never reused: `uts:[4026531838]`.
    pub inum: u32,
    /// Invariant: equals the number of references found by a recount; 0 frees it.
    pub refs: u32,
    /// The user namespace that it belongs to, with a reference; `None` for the first namespaces,
    /// which belong to the first one, and for user namespaces, which have a parent.
    pub owner: Option<NsId>,
    pub data: NsData,
}

#[derive(Clone, Debug, Hash)]
pub enum NsData {
    Mnt(MountNs),
    Uts {
        nodename: Str,
    },
    Pid(PidNs),
    Ipc(Box<crate::kernel::ipc::IpcNs>),
    /// Nothing to isolate in the model yet.
    Net(SpaceId),
    User(UserNs),
    /// The groups that it shows as `/`.
    Cgroup {
        root: CgroupSet,
    },
    Time(TimeNs),
}

impl NsData {
    pub fn kind(&self) -> NsKind {
        match self {
            NsData::Mnt(_) => NsKind::Mnt,
            NsData::Uts { .. } => NsKind::Uts,
            NsData::Pid(_) => NsKind::Pid,
            NsData::Ipc(_) => NsKind::Ipc,
            NsData::Net(_) => NsKind::Net,
            NsData::User(_) => NsKind::User,
            NsData::Cgroup { .. } => NsKind::Cgroup,
            NsData::Time(_) => NsKind::Time,
        }
    }
}

/// struct pid_namespace.
#[derive(Clone, Debug, Default, Hash)]
pub struct PidNs {
    pub parent: Option<NsId>,
    /// 0 for the first; at most 32 (pid_namespaces(7)).
    pub level: u32,
    pub map: PidMap,
    /// The last number given out.
    pub last: i32,
    /// The task with number 1; orphans go to it.
    pub child_reaper: Option<TaskId>,
    pub state: PidNsState,
}

/// Whether new processes may still come (a namespace dies with its init).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PidNsState {
    #[default]
    Open,
    Dying,
}

/// What uname(2) and /proc/sys/kernel/osrelease say: the kernel that the model is held against.
pub const RELEASE: &str = "6.18.44";

/// Nesting limit of PID namespaces (pid_namespaces(7)).
pub const MAX_PID_NS_LEVEL: u32 = 32;

/// All namespaces, of all kinds.
#[derive(Clone, Debug, Hash)]
pub struct Namespaces {
    table: Slab<Namespace>,
    next_inum: u32,
}

impl Default for Namespaces {
    fn default() -> Self {
        // Linux counts the first ones down from here (include/linux/proc_ns.h).
        Self {
            table: Slab::default(),
            next_inum: 0xefff_fff8,
        }
    }
}

impl Namespaces {
    /// A new namespace with no reference yet. Its owner's is the caller's to hold.
    pub fn create(&mut self, data: NsData, owner: Option<NsId>) -> NsId {
        let inum = self.next_inum;
        self.next_inum = self.next_inum.wrapping_add(1);
        self.table.insert(Namespace {
            inum,
            refs: 0,
            owner,
            data,
        })
    }

    pub fn get(&self, id: NsId) -> Option<&Namespace> {
        self.table.get(id)
    }

    pub fn get_mut(&mut self, id: NsId) -> Option<&mut Namespace> {
        self.table.get_mut(id)
    }

    pub fn hold(&mut self, id: NsId) {
        if let Some(ns) = self.table.get_mut(id) {
            ns.refs += 1;
        }
    }

    /// Gives a reference back; the last one frees the namespace, and it is returned.
    #[must_use]
    pub fn release(&mut self, id: NsId) -> Option<Namespace> {
        let ns = self.table.get_mut(id)?;
        ns.refs = ns.refs.saturating_sub(1);
        if ns.refs == 0 {
            self.table.remove(id)
        } else {
            None
        }
    }

    pub fn kind(&self, id: NsId) -> Option<NsKind> {
        Some(self.table.get(id)?.data.kind())
    }

    pub fn pid(&self, id: NsId) -> Option<&PidNs> {
        match &self.table.get(id)?.data {
            NsData::Pid(pid) => Some(pid),
            _ => None,
        }
    }

    pub fn pid_mut(&mut self, id: NsId) -> Option<&mut PidNs> {
        match &mut self.table.get_mut(id)?.data {
            NsData::Pid(pid) => Some(pid),
            _ => None,
        }
    }

    pub fn user(&self, id: NsId) -> Option<&UserNs> {
        match &self.table.get(id)?.data {
            NsData::User(user) => Some(user),
            _ => None,
        }
    }

    pub fn user_mut(&mut self, id: NsId) -> Option<&mut UserNs> {
        match &mut self.table.get_mut(id)?.data {
            NsData::User(user) => Some(user),
            _ => None,
        }
    }

    pub fn mnt(&self, id: NsId) -> Option<&MountNs> {
        match &self.table.get(id)?.data {
            NsData::Mnt(mnt) => Some(mnt),
            _ => None,
        }
    }

    pub fn mnt_mut(&mut self, id: NsId) -> Option<&mut MountNs> {
        match &mut self.table.get_mut(id)?.data {
            NsData::Mnt(mnt) => Some(mnt),
            _ => None,
        }
    }

    /// What a cgroup namespace shows as `/`.
    pub fn cgroup_root(&self, id: NsId) -> Option<CgroupSet> {
        match self.table.get(id)?.data {
            NsData::Cgroup { root } => Some(root),
            _ => None,
        }
    }

    /// Host name of a UTS namespace.
    pub fn nodename(&self, id: NsId) -> Option<&Str> {
        match &self.table.get(id)?.data {
            NsData::Uts { nodename } => Some(nodename),
            _ => None,
        }
    }

    pub fn set_nodename(&mut self, id: NsId, name: Str) {
        if let Some(NsData::Uts { nodename }) = self.table.get_mut(id).map(|ns| &mut ns.data) {
            *nodename = name;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (NsId, &Namespace)> {
        self.table.iter()
    }
}
