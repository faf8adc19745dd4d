//! Which namespaces a task is in.

use super::{Namespaces, NsId, NsKind};
use std::rc::Rc;

/// struct nsproxy, with the namespaces that Linux keeps elsewhere (user in the credentials, the
/// task's own PID namespace in its `Pid`) left there. Immutable: a change makes a new one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NsProxy {
    pub mnt: NsId,
    pub uts: NsId,
    pub ipc: NsId,
    pub net: NsId,
    pub cgroup: NsId,
    pub time: NsId,
    /// Entered by children, and at the next exec (time_namespaces(7)).
    pub time_for_children: NsId,
    /// Where the children's PIDs come from: not always where one's own is (pid_namespaces(7)).
    pub pid_for_children: NsId,
}

impl NsProxy {
    /// Every namespace that a proxy refers to.
    pub fn all(&self) -> [NsId; 8] {
        [
            self.mnt,
            self.uts,
            self.ipc,
            self.net,
            self.cgroup,
            self.time,
            self.time_for_children,
            self.pid_for_children,
        ]
    }

    /// The namespace of this kind; user namespaces are not here.
    pub fn get(&self, kind: NsKind) -> Option<NsId> {
        match kind {
            NsKind::Mnt => Some(self.mnt),
            NsKind::Uts => Some(self.uts),
            NsKind::Ipc => Some(self.ipc),
            NsKind::Net => Some(self.net),
            NsKind::Cgroup => Some(self.cgroup),
            NsKind::Time => Some(self.time),
            NsKind::Pid => Some(self.pid_for_children),
            NsKind::User => None,
        }
    }

    /// A copy with one namespace changed.
    pub fn with(&self, kind: NsKind, id: NsId) -> NsProxy {
        let mut new = self.clone();
        match kind {
            NsKind::Mnt => new.mnt = id,
            NsKind::Uts => new.uts = id,
            NsKind::Ipc => new.ipc = id,
            NsKind::Net => new.net = id,
            NsKind::Cgroup => new.cgroup = id,
            NsKind::Time => (new.time, new.time_for_children) = (id, id),
            NsKind::Pid => new.pid_for_children = id,
            NsKind::User => {}
        }
        new
    }
}

/// Counting references of proxies: one per task and namespace.
pub trait NsSwap {
    fn hold_proxy(&mut self, proxy: &NsProxy);
    /// Namespaces that nobody refers to any more, for the caller to tear down.
    #[must_use]
    fn release_proxy(&mut self, proxy: &Rc<NsProxy>) -> Vec<super::Namespace>;
}

impl NsSwap for Namespaces {
    fn hold_proxy(&mut self, proxy: &NsProxy) {
        for id in proxy.all() {
            self.hold(id);
        }
    }

    fn release_proxy(&mut self, proxy: &Rc<NsProxy>) -> Vec<super::Namespace> {
        proxy
            .all()
            .into_iter()
            .filter_map(|id| self.release(id))
            .collect()
    }
}
