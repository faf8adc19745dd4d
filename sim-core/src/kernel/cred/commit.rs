//! Putting new credentials in place.

use super::{Cred, Dumpable};
use crate::kernel::{Ctx, Errno, Kernel};
use std::rc::Rc;

impl Kernel {
    /// cred_cap_issubset: whether `new` can do nothing that `old` could not.
    fn is_cap_subset(&self, old: &Cred, new: &Cred) -> bool {
        if old.user_ns == new.user_ns {
            return new.permitted.is_subset_of(old.permitted);
        }
        // Who makes a namespace could do everything in it before.
        let mut at = Some(new.user_ns);
        while let Some(ns) = at.and_then(|id| self.ns.user(id)) {
            if ns.parent == Some(old.user_ns) && ns.owner_uid == old.euid {
                return true;
            }
            at = ns.parent;
        }
        false
    }
}

impl Ctx<'_> {
    /// commit_creds: a change of identity hides the process from its former self. References of
    /// the user namespaces are exchanged.
    ///
    /// # Errors
    /// ESRCH for a caller that is gone.
    pub(in crate::kernel) fn commit_creds(&mut self, new: Cred) -> Result<(), Errno> {
        let old = self.me()?.cred.clone();
        let is_other = old.euid != new.euid
            || old.egid != new.egid
            || old.fsuid != new.fsuid
            || old.fsgid != new.fsgid
            || !self.k.is_cap_subset(&old, &new);
        let user_ns = new.user_ns;
        if user_ns != old.user_ns {
            self.k.ns.hold(user_ns);
        }
        let me = self.me_mut()?;
        if is_other {
            me.security.dumpable = Dumpable::No;
            me.pdeath_signal = None;
        }
        me.cred = Rc::new(new);
        if user_ns != old.user_ns {
            self.k.release_ns(old.user_ns);
        }
        Ok(())
    }
}
