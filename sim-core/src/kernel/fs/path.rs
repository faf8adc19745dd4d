//! Places in the tree of mounts: a mount and a node on it.

use super::inode::{InodeId, release_inode};
use super::mount::{MountId, release_mount};
use super::procfs::ProcNode;
use crate::kernel::{Ctx, Kernel};

/// A file, directory or link: kept as an inode, or computed by proc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Inode(InodeId),
    Proc(ProcNode),
}

/// struct path. Whoever keeps one holds it and releases it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathRef {
    pub mount: MountId,
    pub node: Node,
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
        if let Node::Inode(id) = path.node {
            self.hold_inode(id);
        }
    }
}

pub(super) fn release_path(cx: &mut Ctx<'_>, path: PathRef) {
    if let Node::Inode(id) = path.node {
        release_inode(cx, id);
    }
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
