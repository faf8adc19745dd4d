//! Credentials (credentials(7)): who a task is, and what it may do where.

mod caps;
mod capset;
mod commit;
mod exec;
mod get_ids;
mod groups;
mod id_map;
mod may_access;
mod prctl;
mod rlimit;
mod seccomp;
mod set_gid;
mod set_uid;
mod user_ns;

pub use caps::{Cap, CapSet};
pub use capset::{sys_capget, sys_capset};
pub use exec::{SetId, exec_creds};
pub use get_ids::{sys_getegid, sys_geteuid, sys_getgid, sys_getresgid, sys_getresuid, sys_getuid};
pub use groups::{sys_getgroups, sys_setgroups};
pub use id_map::{Extent, IdMap, OVERFLOW_ID};
pub use may_access::{may_kill, may_ptrace};
pub use prctl::{AmbientOp, SecureBits, cred_prctl};
pub use rlimit::{
    INFINITY, Resource, Rlimit, Rlimits, mark_nproc, may_exec, may_fork, sys_getrlimit,
    sys_setrlimit,
};
pub use seccomp::{Seccomp, SeccompAction, check_seccomp, sys_seccomp};
pub use set_gid::{sys_setfsgid, sys_setgid, sys_setregid, sys_setresgid};
pub use set_uid::{sys_setfsuid, sys_setresuid, sys_setreuid, sys_setuid};
pub use user_ns::{
    IdKind, Setgroups, UserNs, into_new_user_ns, join_user_ns, may_open_setgroups,
    new_user_ns_cred, write_id_map, write_setgroups,
};

use super::ns::NsId;
use super::{Ctx, Errno, Kernel};
use std::rc::Rc;

/// struct cred. Ids are those of the first user namespace (kuid_t, kgid_t).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cred {
    pub uid: u32,
    pub euid: u32,
    pub suid: u32,
    pub fsuid: u32,
    pub gid: u32,
    pub egid: u32,
    pub sgid: u32,
    pub fsgid: u32,
    /// Supplementary groups, ascending.
    pub groups: Rc<[u32]>,
    pub effective: CapSet,
    pub permitted: CapSet,
    pub inheritable: CapSet,
    pub bounding: CapSet,
    pub ambient: CapSet,
    pub securebits: SecureBits,
    /// The user namespace that the capabilities hold in. Invariant: its task holds a reference.
    pub user_ns: NsId,
}

impl Cred {
    /// Root, in this user namespace.
    pub fn root(user_ns: NsId) -> Self {
        Self {
            uid: 0,
            euid: 0,
            suid: 0,
            fsuid: 0,
            gid: 0,
            egid: 0,
            sgid: 0,
            fsgid: 0,
            groups: Rc::new([]),
            effective: CapSet::FULL,
            permitted: CapSet::FULL,
            inheritable: CapSet::EMPTY,
            bounding: CapSet::FULL,
            ambient: CapSet::EMPTY,
            securebits: SecureBits::default(),
            user_ns,
        }
    }

    /// in_group_p: the file system group, or a supplementary one.
    pub fn is_in_group(&self, gid: u32) -> bool {
        self.fsgid == gid || self.groups.binary_search(&gid).is_ok()
    }

    /// in_egroup_p.
    pub fn is_in_effective_group(&self, gid: u32) -> bool {
        self.egid == gid || self.groups.binary_search(&gid).is_ok()
    }
}

/// no_new_privs (prctl(2)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NoNewPrivs {
    #[default]
    No,
    Yes,
}

/// Whether others of the same user may look into a process (PR_SET_DUMPABLE). `No` stands for
/// both 0 and the value of /proc/sys/fs/suid_dumpable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dumpable {
    No,
    #[default]
    Yes,
}

/// What a task has beside its credentials that decides what it may do.
#[derive(Clone, Debug, Default, Hash)]
pub struct Security {
    pub no_new_privs: NoNewPrivs,
    /// Of its memory, in Linux; here memory is shared only until exec (vfork(2)).
    pub dumpable: Dumpable,
    /// The user namespace that its program was started in, if not the first one.
    pub mm_user_ns: Option<NsId>,
    pub rlimits: Rc<Rlimits>,
    pub nproc: rlimit::NprocState,
    pub seccomp: Option<Rc<Seccomp>>,
    /// Thousandths of all memory that the OOM killer adds to what it uses.
    pub oom_score_adj: i64,
}

impl Kernel {
    /// cap_capable: whether these credentials have a capability over a user namespace: the
    /// namespace is their own and the capability effective, or they are outside and own an
    /// ancestor of it (user_namespaces(7)).
    pub fn is_capable_in(&self, cred: &Cred, target: NsId, cap: Cap) -> bool {
        let my_level = self.ns.user(cred.user_ns).map_or(0, |ns| ns.level);
        let mut at = target;
        loop {
            if at == cred.user_ns {
                return cred.effective.has(cap);
            }
            let Some(ns) = self.ns.user(at) else {
                return false;
            };
            if ns.level <= my_level {
                return false;
            }
            let Some(parent) = ns.parent else {
                return false;
            };
            if parent == cred.user_ns && ns.owner_uid == cred.euid {
                return true;
            }
            at = parent;
        }
    }

    /// The user namespace that owns a namespace; the first one if it is unknown.
    pub fn owner_of_ns(&self, id: NsId) -> NsId {
        let owner = self.ns.get(id).and_then(|ns| ns.owner);
        owner.unwrap_or(self.init_user_ns)
    }
}

impl Ctx<'_> {
    /// ns_capable: whether the caller has a capability over a user namespace.
    pub fn is_ns_capable(&self, ns: NsId, cap: Cap) -> bool {
        self.me().is_ok_and(|me| self.holds_cap(&me.cred, ns, cap))
    }

    /// Whether these credentials have a capability over a user namespace.
    pub fn holds_cap(&self, cred: &Cred, ns: NsId, cap: Cap) -> bool {
        ask!(self.why, Capability, cap => ns, if self.k.is_capable_in(cred, ns, cap))
    }

    /// # Errors
    /// EPERM.
    pub fn ns_capable(&self, ns: NsId, cap: Cap) -> Result<(), Errno> {
        let me = self.me();
        check!(self.why, Capability, cap => ns, if me.is_ok_and(|me| self.k.is_capable_in(&me.cred, ns, cap)))
    }

    /// capable: over the first user namespace, so over the whole system.
    pub fn is_capable(&self, cap: Cap) -> bool {
        self.is_ns_capable(self.k.init_user_ns, cap)
    }

    /// Over the user namespace that owns one of the caller's namespaces, say.
    ///
    /// # Errors
    /// EPERM.
    pub fn capable_over(&self, ns: NsId, cap: Cap) -> Result<(), Errno> {
        self.ns_capable(self.k.owner_of_ns(ns), cap)
    }
}
