//! cgroup.type: groups that share the domain above them (Documentation/admin-guide/cgroup-v2.rst,
//! "Threads"). A process has one thread, so that it moves as a whole.

use super::{CgroupId, Cgroups, Controllers};
use crate::kernel::task::TaskId;
use crate::kernel::{Ctx, Errno, Kernel};

/// Whose resources a group's processes use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Resources {
    /// Its own.
    #[default]
    Domain,
    /// Those of the nearest domain above.
    Threaded,
}

impl Cgroups {
    pub fn is_threaded(&self, id: CgroupId) -> bool {
        self.get(id)
            .is_some_and(|group| group.resources == Resources::Threaded)
    }

    /// dom_cgrp.
    pub(super) fn domain_of(&self, id: CgroupId) -> CgroupId {
        let mut above = std::iter::successors(Some(id), |id| self.get(*id)?.parent);
        above.find(|id| !self.is_threaded(*id)).unwrap_or(id)
    }

    /// Only a hierarchy's root has domains and threaded groups side by side.
    fn is_mixable(&self, id: CgroupId) -> bool {
        self.get(id).is_none_or(|group| group.parent.is_none())
    }

    fn hands_on(&self, id: CgroupId, what: Controllers) -> bool {
        let group = self.get(id);
        group.is_some_and(|group| group.subtree_control.0 & what.0 != 0)
    }

    /// cgroup_can_be_thread_root.
    fn can_be_thread_root(&self, id: CgroupId) -> bool {
        let mut children = self.get(id).into_iter().flat_map(|group| &group.children);
        self.is_mixable(id)
            || !self.is_threaded(id)
                && !self.hands_on(id, Controllers::MEMORY)
                && !children.any(|id| !self.is_threaded(*id) && self.is_populated(*id))
    }

    /// cgroup_is_thread_root.
    fn is_thread_root(&self, id: CgroupId) -> bool {
        let Some(group) = self.get(id).filter(|_| !self.is_threaded(id)) else {
            return false;
        };
        let counts = !group.members.is_empty() && self.hands_on(id, Controllers::THREADED);
        counts || group.children.iter().any(|id| self.is_threaded(*id))
    }

    /// cgroup_is_valid_domain.
    fn is_valid_domain(&self, id: CgroupId) -> bool {
        let parent = |id: &CgroupId| self.get(*id)?.parent;
        let mut above = std::iter::successors(parent(&id), parent);
        !self.is_threaded(id)
            && !above
                .any(|id| self.is_threaded(id) || (!self.is_mixable(id) && self.is_thread_root(id)))
    }

    pub(super) fn type_text(&self, id: CgroupId) -> &'static str {
        if self.is_threaded(id) {
            "threaded\n"
        } else if !self.is_valid_domain(id) {
            "domain invalid\n"
        } else if self.is_thread_root(id) {
            "domain threaded\n"
        } else {
            "domain\n"
        }
    }

    /// Whether processes and controllers may be side by side in a group.
    fn may_mix(&self, id: CgroupId) -> bool {
        self.can_be_thread_root(id) || self.is_threaded(id)
    }
}

impl Ctx<'_> {
    /// cgroup_enable_threaded.
    ///
    /// # Errors
    /// EOPNOTSUPP for a group with processes or domain controllers, or where no domain would do.
    pub(super) fn enable_threaded(&mut self, id: CgroupId) -> Result<(), Errno> {
        let groups = &self.k.cgroups;
        if groups.is_threaded(id) {
            return Ok(());
        }
        let parent = groups.get(id).and_then(|group| group.parent);
        let domain = groups.domain_of(parent.ok_or(lost!(ENODEV))?);
        let may = !groups.is_populated(id)
            && !groups.hands_on(id, Controllers::MEMORY)
            && groups.is_valid_domain(domain)
            && groups.can_be_thread_root(domain);
        forbid!(self.why, CgroupThreaded, if !may)?;
        if let Some(group) = self.k.cgroups.table.get_mut(id) {
            group.resources = Resources::Threaded;
        }
        Ok(())
    }

    /// cgroup_migrate_vet_dst.
    ///
    /// # Errors
    /// EOPNOTSUPP below a threaded group that is no longer a domain, EBUSY for a group that has
    /// handed on controllers.
    pub(super) fn may_host(&self, id: TaskId, to: CgroupId) -> Result<(), Errno> {
        let groups = &self.k.cgroups;
        self.has_domain(to)?;
        let hands_on = groups.hands_on(to, Controllers::ALL);
        forbid!(self.why, CgroupNoInternalProcesses, id, if hands_on && !groups.may_mix(to))
    }

    fn has_domain(&self, id: CgroupId) -> Result<(), Errno> {
        let groups = &self.k.cgroups;
        forbid!(self.why, CgroupDomain, if !groups.is_valid_domain(groups.domain_of(id)))
    }

    /// cgroup_vet_subtree_control_enable.
    ///
    /// # Errors
    /// EOPNOTSUPP for controllers of domains among threaded groups, EBUSY for groups with processes.
    pub(super) fn may_enable(&self, id: CgroupId, enable: Controllers) -> Result<(), Errno> {
        let groups = &self.k.cgroups;
        if enable.0 == 0 {
            return Ok(());
        }
        self.has_domain(id)?;
        if groups.is_mixable(id) {
            return Ok(());
        }
        if enable.has(Controllers::MEMORY) {
            let is_among = groups.is_thread_root(id) || groups.is_threaded(id);
            forbid!(self.why, CgroupDomain, if is_among)?;
        } else if groups.may_mix(id) {
            return Ok(());
        }
        let has_tasks = groups
            .get(id)
            .is_some_and(|group| !group.members.is_empty());
        forbid!(self.why, CgroupNoInternalProcesses, if has_tasks)
    }
}

impl Kernel {
    /// The processes that cgroup.procs lists: a domain's, those in its threaded groups included.
    pub(super) fn domain_members(&self, id: CgroupId) -> Vec<TaskId> {
        let groups = self.cgroups.table.iter().map(|(group, _)| group);
        let of_domain = groups.filter(|group| self.cgroups.domain_of(*group) == id);
        of_domain.flat_map(|id| self.cgroup_members(id)).collect()
    }
}
