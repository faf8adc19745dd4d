//! Places in the tree of mounts: a mount and a node on it.

use super::inode::InodeId;
use super::links::LinkId;
use super::mount::{MountId, release_mount, release_node};
use super::procfs::{self, ProcNode};
use crate::kernel::cgroup::CgroupNode;
use crate::kernel::{Ctx, Kernel, NsId};

/// A file, directory or link: kept as an inode, computed by proc, or a namespace (nsfs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Inode(InodeId),
    Proc(ProcNode),
    /// The file that a link in /proc/PID/ns leads to. Who holds it keeps the namespace alive.
    Ns(NsId),
    /// A control group or a file of one; it keeps nothing.
    Cgroup(CgroupNode),
}

/// struct path. Whoever keeps one holds it and releases it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathRef {
    pub mount: MountId,
    pub node: Node,
    /// The name that it was found by, if the file has several.
    pub name: Option<LinkId>,
}

/// Root and working directory of a task (struct fs_struct). Both are held.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FsStruct {
    pub root: PathRef,
    pub cwd: PathRef,
    pub umask: u16,
}

impl Kernel {
    pub(super) fn hold_path(&mut self, path: PathRef) {
        if let Some(mount) = self.vfs.mounts.get_mut(path.mount) {
            mount.holds += 1;
        }
        self.hold_node(path.node);
    }

    pub(super) fn hold_node(&mut self, node: Node) {
        match node {
            Node::Inode(id) => self.hold_inode(id),
            Node::Proc(_) => {}
            Node::Cgroup(node) => {
                if let Some(group) = self.cgroups.table.get_mut(node.group) {
                    group.holds += 1;
                }
            }
            Node::Ns(ns) => self.ns.hold(ns),
        }
    }

    /// The directory that a node is in, on one file system.
    pub(super) fn parent_node(&self, node: Node) -> Option<Node> {
        match node {
            Node::Inode(id) => Some(Node::Inode(self.vfs.inodes.get(id)?.parent?)),
            Node::Proc(node) => {
                let parent = super::procfs::parent(node);
                (parent != node).then_some(Node::Proc(parent))
            }
            Node::Cgroup(node) => node.parent(&self.cgroups).map(Node::Cgroup),
            Node::Ns(_) => None,
        }
    }

    /// Whether the name that a node is known by was removed.
    pub(super) fn is_lost(&self, node: Node) -> bool {
        let removed_as = |id| self.vfs.inodes.get(id)?.removed_as.as_ref();
        matches!(node, Node::Inode(id) if removed_as(id).is_some()) || self.is_unlinked(node)
    }

    /// Whether a directory or file was removed (d_unlinked).
    pub(super) fn is_unlinked(&self, node: Node) -> bool {
        match node {
            Node::Inode(id) => {
                let inode = self.vfs.inodes.get(id);
                inode.is_none_or(|i| i.links == 0 && i.parent.is_some())
            }
            // The names of a removed group's files stay.
            Node::Cgroup(node) => node.file.is_none() && node.is_removed(&self.cgroups),
            Node::Proc(node) => procfs::is_gone(self, node),
            Node::Ns(_) => false,
        }
    }
}

pub(super) fn release_path(cx: &mut Ctx<'_>, path: PathRef) {
    release_node(cx, path.node);
    release_mount(cx, path.mount);
}

/// A copy for a child: everything it refers to is held once more.
pub fn fork_fs(k: &mut Kernel, fs: &FsStruct) -> FsStruct {
    k.hold_path(fs.root);
    k.hold_path(fs.cwd);
    fs.clone()
}

pub fn release_fs(cx: &mut Ctx<'_>, fs: &FsStruct) {
    release_path(cx, fs.root);
    release_path(cx, fs.cwd);
}
