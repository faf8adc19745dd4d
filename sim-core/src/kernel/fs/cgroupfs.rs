//! The file systems of control groups: mkdir(2), rmdir(2), reading and writing of what
//! [`crate::kernel::cgroup`] keeps.

use super::access::Access;
use super::path::{Node, PathRef};
use super::superblock::FsType;
use crate::kernel::cgroup::{self, CgroupFile, CgroupId, CgroupNode, Hierarchy, Owner};
use crate::kernel::rule::Why;
use crate::kernel::syscall::{Dirent, SysResult, done};
use crate::kernel::{Ctx, Errno, NsId};

impl Ctx<'_> {
    /// cgroup_may_write: whether the caller may write a file of a group.
    ///
    /// # Errors
    /// EACCES.
    pub fn may_write_cgroup(&self, group: CgroupId, file: CgroupFile) -> Result<(), Errno> {
        let node = Node::Cgroup(CgroupNode {
            group,
            file: Some(file),
        });
        let mount = self.me()?.fs.root.mount;
        self.permit(
            PathRef {
                mount,
                node,
                name: None,
            },
            Access::Write,
        )
    }
}

/// mkdir(2) in a group.
pub(super) fn mkdir(cx: &mut Ctx<'_>, dir: PathRef, name: &str, mode: u16) -> SysResult {
    let Node::Cgroup(parent) = dir.node else {
        return Err(lost!(EPERM));
    };
    let me = cx.me()?;
    let owner = Owner {
        mode: mode & 0o1777 & !me.fs.umask,
        uid: me.cred.euid,
        gid: me.cred.egid,
    };
    cgroup::mkdir(cx.k, &cx.why, parent.group, name, owner)?;
    done(0)
}

/// rmdir(2) of a group.
pub(super) fn rmdir(cx: &mut Ctx<'_>, dir: PathRef, name: &str) -> SysResult {
    let Node::Cgroup(parent) = dir.node else {
        return Err(lost!(EPERM));
    };
    let node = parent.lookup(cx.k, &cx.why, name)?;
    cx.want_write(dir)?;
    cx.permit(dir, Access::Write)?;
    cx.permit(dir, Access::Execute)?;
    forbid!(cx.why, CgroupFileNotDir, dir.node, if node.file.is_some())?;
    forbid!(cx.why, Mountpoint, dir.node, if super::umount::is_local_mountpoint(cx, Node::Cgroup(node), None))?;
    cgroup::rmdir(cx.k, &cx.why, node.group)?;
    super::umount::detach_mounts(cx, Node::Cgroup(node), None);
    done(0)
}

/// The text of a file, as it is now.
pub(super) fn text(cx: &Ctx<'_>, node: CgroupNode) -> Result<Vec<u8>, Errno> {
    let file = node
        .file
        .ok_or_else(|| refuse!(cx.why, CgroupIsDirectory))?;
    Ok(cgroup::text(cx, node.group, file)?.into_bytes())
}

pub(super) fn write(cx: &mut Ctx<'_>, node: CgroupNode, bytes: &[u8], ns: NsId) -> SysResult {
    let file = node
        .file
        .ok_or_else(|| refuse!(cx.why, CgroupIsDirectory))?;
    cgroup::write(cx, node.group, file, bytes, ns)?;
    done(bytes.len() as i64)
}

pub(super) fn list(cx: &Ctx<'_>, node: CgroupNode) -> Vec<Dirent> {
    let all = node.list(cx.k).into_iter();
    let dirent = |node: CgroupNode| {
        Some(Dirent {
            inode: node.inode_number(),
            kind: node.kind(),
            name: node.name(&cx.k.cgroups)?.into(),
        })
    };
    all.filter_map(dirent).collect()
}

/// What a mount of `cgroup2` or `cgroup` shows: the root of the mounter's cgroup namespace.
///
/// # Errors
/// EINVAL for options that name no hierarchy of version 1, ENOENT where there is none.
pub(super) fn root(cx: &Ctx<'_>, fs: FsType, data: &str) -> Result<Node, Errno> {
    let hierarchy = hierarchy(cx, fs, data)?;
    let set = (cx.k.ns.cgroup_root(cx.me()?.ns.cgroup)).ok_or(lost!(EINVAL))?;
    Ok(Node::Cgroup(CgroupNode::dir(set.get(hierarchy))))
}

/// The root of the hierarchy itself.
///
/// # Errors
/// As [`root`].
pub(super) fn hierarchy_root(cx: &Ctx<'_>, fs: FsType, data: &str) -> Result<Node, Errno> {
    let hierarchy = hierarchy(cx, fs, data)?;
    let id = cx.k.cgroups.roots.get(hierarchy);
    Ok(Node::Cgroup(CgroupNode::dir(id)))
}

/// Names of options that there are (cgroup2_fs_parameters, cgroup1_parse_param).
///
/// # Errors
/// EINVAL for others, and for a hierarchy's name that is empty.
pub(super) fn parse_options(why: &Why, fs: FsType, data: &str) -> Result<(), Errno> {
    let is_known = |option: &str| match (fs, option) {
        (_, "") => true,
        (FsType::Cgroup2, "nsdelegate" | "favordynmods") => true,
        (FsType::Cgroup2, "memory_localevents" | "memory_recursiveprot") => true,
        (FsType::Cgroup2, _) => false,
        (_, "all" | "none" | "pids" | "memory") => true,
        (_, _) => option
            .strip_prefix("name=")
            .is_some_and(|name| !name.is_empty()),
    };
    check!(why, CgroupV1Controller, if data.split(',').all(is_known))
}

/// The hierarchy of options that [`parse_options`] has let pass.
fn hierarchy(cx: &Ctx<'_>, fs: FsType, data: &str) -> Result<Hierarchy, Errno> {
    let hierarchy = match (fs, data) {
        (FsType::Cgroup2, _) => Hierarchy::V2,
        (_, "pids") => Hierarchy::Pids,
        (_, "memory") => Hierarchy::Memory,
        (_, _) => {
            // Without a controller all are meant; what is not there yet would have to be made.
            // A name takes `none` or a controller besides, and `none` takes a name
            // (check_cgroupfs_options, cgroup1_root_to_use).
            let has_name = data.split(',').any(|option| option.starts_with("name="));
            let mut others = data.split(',').filter(|option| !option.is_empty());
            let is_name_alone = has_name && others.all(|option| option.starts_with("name="));
            let is_bad = data == "none" || is_name_alone;
            forbid!(cx.why, CgroupV1Controller, if is_bad)?;
            return Err(refuse!(cx.why, CgroupHierarchyFirst));
        }
    };
    if cx.k.cgroups.hierarchies().contains(&hierarchy) {
        Ok(hierarchy)
    } else {
        Err(refuse!(cx.why, CgroupHierarchyInUse))
    }
}
