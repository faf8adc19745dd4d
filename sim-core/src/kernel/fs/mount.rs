//! Mounts and the trees that mount namespaces are made of (mount_namespaces(7)).
//!
//! Every mount is private: propagation is not modelled, and asking for it is refused.

use super::inode::release_inode;
use super::path::{Node, PathRef};
use crate::kernel::syscall::{MountFlags, Str};
use crate::kernel::{Ctx, Kernel, NsId};
use crate::store::Key;

pub type MountId = Key<Mount>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsType {
    Tmpfs,
    Devtmpfs,
    Proc,
}

impl FsType {
    pub fn name(self) -> &'static str {
        match self {
            FsType::Tmpfs => "tmpfs",
            FsType::Devtmpfs => "devtmpfs",
            FsType::Proc => "proc",
        }
    }
}

/// struct mount.
#[derive(Clone, Debug, Hash)]
pub struct Mount {
    /// What is seen at the mount point; a bind mount shows any directory or file. Held.
    pub root: Node,
    /// The place that it covers; none for the root of a namespace and for detached mounts.
    pub at: Option<PathRef>,
    pub fs: FsType,
    pub source: Str,
    /// `RDONLY`, `NOSUID`, `NODEV`, `NOEXEC`.
    pub flags: MountFlags,
    /// Open files and working directories on it.
    pub holds: u32,
    /// Whether it is in some namespace's tree.
    pub attached: Attached,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attached {
    Yes,
    No,
}

/// A mount namespace's tree of mounts, in the order of mounting: the first is the root, and of
/// several on one place the last is seen.
#[derive(Clone, Debug, Default, Hash)]
pub struct MountNs {
    pub mounts: Vec<MountId>,
}

impl Kernel {
    /// The mount seen at a place, if one covers it.
    pub(super) fn mounted_at(&self, ns: NsId, place: PathRef) -> Option<MountId> {
        let mounts = &self.ns.mnt(ns)?.mounts;
        let covers = |id: &&MountId| {
            self.vfs
                .mounts
                .get(**id)
                .is_some_and(|m| m.at == Some(place))
        };
        mounts.iter().rev().find(covers).copied()
    }

    /// Adds a mount that holds its root.
    pub(super) fn new_mount(&mut self, mount: Mount) -> MountId {
        if let Node::Inode(id) = mount.root {
            self.hold_inode(id);
        }
        self.vfs.mounts.insert(mount)
    }

    /// The root of a mount, as a place.
    pub(super) fn mount_root(&self, id: MountId) -> Option<PathRef> {
        Some(PathRef {
            mount: id,
            node: self.vfs.mounts.get(id)?.root,
        })
    }
}

/// Gives up a hold on a mount; a detached one that nobody uses is gone.
pub(super) fn release_mount(cx: &mut Ctx<'_>, id: MountId) {
    if let Some(mount) = cx.k.vfs.mounts.get_mut(id) {
        mount.holds = mount.holds.saturating_sub(1);
    }
    free_mount_if_unused(cx, id);
}

/// Takes a mount out of the tree.
pub(super) fn detach(cx: &mut Ctx<'_>, id: MountId) {
    if let Some(mount) = cx.k.vfs.mounts.get_mut(id) {
        mount.attached = Attached::No;
        mount.at = None;
    }
    free_mount_if_unused(cx, id);
}

fn free_mount_if_unused(cx: &mut Ctx<'_>, id: MountId) {
    let unused = |m: &Mount| m.holds == 0 && m.attached == Attached::No;
    if !cx.k.vfs.mounts.get(id).is_some_and(unused) {
        return;
    }
    if let Some(Mount {
        root: Node::Inode(inode),
        ..
    }) = cx.k.vfs.mounts.remove(id)
    {
        release_inode(cx, inode);
    }
}
