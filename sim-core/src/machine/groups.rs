//! Control groups of the bare world, handled by an administrator outside it: paths begin at the
//! groups that the world is confined to.

use super::Machine;
use crate::event::Sink;
use crate::hw::CpuId;
use crate::kernel::cgroup::{self, CgroupFile, CgroupId, Hierarchy, Owner};
use crate::kernel::rule::Why;
use crate::kernel::{Errno, TaskId};

impl Machine {
    fn group(&self, hierarchy: Hierarchy, path: &str) -> Result<CgroupId, Errno> {
        let k = &self.kernel;
        let world = (k.ns.cgroup_root(k.init_ns.cgroup)).ok_or(Errno::ENOENT)?;
        let from = world.get(hierarchy);
        k.cgroups.at_path(from, path).ok_or(Errno::ENOENT)
    }

    /// Makes a group in every hierarchy.
    ///
    /// # Errors
    /// Those of mkdir(2).
    pub fn cgroup_mkdir(&mut self, path: &str) -> Result<(), Errno> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        let owner = Owner {
            mode: 0o755,
            uid: 0,
            gid: 0,
        };
        for hierarchy in self.kernel.cgroups.hierarchies() {
            let parent = self.group(*hierarchy, dir)?;
            cgroup::mkdir(&mut self.kernel, &Why::default(), parent, name, owner)?;
        }
        Ok(())
    }

    /// Removes a group from every hierarchy.
    ///
    /// # Errors
    /// ENOENT, EBUSY.
    pub fn cgroup_rmdir(&mut self, path: &str) -> Result<(), Errno> {
        for hierarchy in self.kernel.cgroups.hierarchies() {
            let id = self.group(*hierarchy, path)?;
            cgroup::rmdir(&mut self.kernel, &Why::default(), id)?;
        }
        Ok(())
    }

    /// Moves a process in every hierarchy.
    ///
    /// # Errors
    /// ENOENT for no such group.
    pub fn cgroup_attach(&mut self, path: &str, task: u64, sink: &mut Sink) -> Result<(), Errno> {
        for hierarchy in self.kernel.cgroups.hierarchies() {
            let id = self.group(*hierarchy, path)?;
            let mut cx = self.context(CpuId(0), sink);
            cx.cgroup_attach(TaskId::from_u64(task), id);
        }
        Ok(())
    }

    /// Stable ids of the processes in a group.
    ///
    /// # Errors
    /// ENOENT for no such group.
    pub fn cgroup_procs(&self, path: &str) -> Result<Vec<u64>, Errno> {
        let id = self.group(Hierarchy::V2, path)?;
        let members = self.kernel.cgroup_members(id);
        Ok(members.into_iter().map(TaskId::as_u64).collect())
    }

    /// Writes a file of a group.
    ///
    /// # Errors
    /// ENOENT for no such group, and those of the file.
    pub fn cgroup_write(
        &mut self,
        hierarchy: Hierarchy,
        path: &str,
        file: CgroupFile,
        text: &str,
        sink: &mut Sink,
    ) -> Result<(), Errno> {
        let id = self.group(hierarchy, path)?;
        let ns = self.kernel.init_ns.cgroup;
        let mut cx = self.context(CpuId(0), sink);
        cgroup::write(&mut cx, id, file, text.as_bytes(), ns)
    }

    /// Reads a file of a group.
    ///
    /// # Errors
    /// ENOENT for no such group, and those of the file.
    pub fn cgroup_read(
        &mut self,
        hierarchy: Hierarchy,
        path: &str,
        file: CgroupFile,
        sink: &mut Sink,
    ) -> Result<String, Errno> {
        let id = self.group(hierarchy, path)?;
        let cx = self.context(CpuId(0), sink);
        cgroup::text(&cx, id, file)
    }
}
