//! Credentials (credentials(7)).

use crate::kernel::ns::NsId;

/// struct cred, as far as modelled: identity and the owning user namespace.
/// Capabilities follow from the user id: 0 has all of them, others none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cred {
    pub uid: u32,
    pub euid: u32,
    pub suid: u32,
    pub gid: u32,
    pub egid: u32,
    pub sgid: u32,
    pub user_ns: NsId,
}

impl Cred {
    /// Root, in this user namespace.
    pub fn root(user_ns: NsId) -> Self {
        Self {
            uid: 0,
            euid: 0,
            suid: 0,
            gid: 0,
            egid: 0,
            sgid: 0,
            user_ns,
        }
    }

    /// Whether it holds the capabilities that a check asks for (capabilities(7)).
    pub fn is_capable(&self) -> bool {
        self.euid == 0
    }
}
