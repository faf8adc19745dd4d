//! Copying and dropping the mount trees of namespaces.

use super::copy_tree::{CopyKind, copy_tree, lock_tree};
use super::mount::{MountId, MountNs};
use super::path::{FsStruct, PathRef};
use super::umount::{Umount, umount_tree};
use crate::kernel::{Ctx, Errno, Kernel, NsId};

impl Kernel {
    /// The user namespace that owns a mount namespace.
    pub(super) fn owner_of_mnt(&self, ns: NsId) -> NsId {
        let owner = self.ns.mnt(ns).and_then(|tree| tree.user_ns);
        owner.unwrap_or(self.init_user_ns)
    }
}

/// current_chrooted: whether the caller's root is not the root of its mount namespace.
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn is_chrooted(cx: &Ctx<'_>) -> Result<bool, Errno> {
    let me = cx.me()?;
    let top = cx.k.ns.mnt(me.ns.mnt).and_then(|tree| tree.root);
    let root = top.and_then(|id| cx.k.mount_root(id));
    Ok(root.is_none_or(|root| cx.cover(root) != me.fs.root))
}

/// CLONE_NEWNS: a copy of the tree of the namespace `old`, for `user_ns`, and root and working
/// directory in the copy. The paths that come back are held; the tree is to be entered with
/// [`enter_mount_ns`].
///
/// # Errors
/// ENOMEM if the namespace is gone.
pub fn copy_mount_ns(
    cx: &mut Ctx<'_>,
    old: NsId,
    user_ns: NsId,
    fs: &FsStruct,
) -> Result<(MountNs, FsStruct), Errno> {
    let top = cx.k.ns.mnt(old).and_then(|tree| tree.root);
    let top = top.ok_or(lost!(ENOMEM))?;
    let is_less_privileged = cx.k.owner_of_mnt(old) != user_ns;
    let kind = if is_less_privileged {
        CopyKind::SlaveNamespace
    } else {
        CopyKind::Namespace
    };
    let root = cx.k.mount(top).ok_or(lost!(ENOMEM))?.root;
    let copy = copy_tree(cx.k, &cx.why, top, root, kind)?;
    if is_less_privileged {
        lock_tree(cx.k, copy);
    }
    let pairs = pairs(cx.k, top, copy);
    let moved = |place: PathRef| PathRef {
        mount: (pairs.iter().find(|(old, _)| *old == place.mount))
            .map_or(place.mount, |(_, new)| *new),
        ..place
    };
    let fs = FsStruct {
        root: moved(fs.root),
        cwd: moved(fs.cwd),
        umask: fs.umask,
    };
    cx.k.hold_path(fs.root);
    cx.k.hold_path(fs.cwd);
    let tree = MountNs {
        root: Some(copy),
        mounts: Vec::new(),
        user_ns: Some(user_ns),
    };
    Ok((tree, fs))
}

/// Mounts of a tree with their copies. Some of the originals may have none.
fn pairs(k: &Kernel, old: MountId, new: MountId) -> Vec<(MountId, MountId)> {
    let mut pairs = Vec::new();
    let mut next = vec![(old, new)];
    while let Some((old, new)) = next.pop() {
        pairs.push((old, new));
        let children = |id| k.mount(id).into_iter().flat_map(|m| m.children.iter());
        let place = |id: MountId| k.mount(id).and_then(|m| m.at).map(|at| at.node);
        for child in children(old) {
            let copy = children(new).find(|copy| place(**copy) == place(*child));
            next.extend(copy.map(|copy| (*child, *copy)));
        }
    }
    pairs
}

/// The mounts of a new namespace's tree belong to it from now on.
pub fn enter_mount_ns(k: &mut Kernel, ns: NsId) {
    let root = k.ns.mnt(ns).and_then(|tree| tree.root);
    for id in root.map(|root| k.subtree(root)).into_iter().flatten() {
        k.enter_ns(id, ns);
    }
}

/// The last task has left: everything is unmounted.
pub fn drop_mount_ns(cx: &mut Ctx<'_>, tree: &MountNs) {
    if let Some(root) = tree.root {
        umount_tree(cx, root, Umount::NamespaceGone);
    }
}

/// Root and working directory of a task that joins a mount namespace: its topmost root. Held.
///
/// # Errors
/// EINVAL for an empty tree.
pub fn root_of(k: &mut Kernel, ns: NsId, old: &FsStruct) -> Result<FsStruct, Errno> {
    let first = k.ns.mnt(ns).and_then(|tree| tree.root);
    let top = first.map(|root| k.topmost_overmount(root));
    let root = top.and_then(|id| k.mount_root(id)).ok_or(lost!(EINVAL))?;
    k.hold_path(root);
    k.hold_path(root);
    Ok(FsStruct {
        root,
        cwd: root,
        umask: old.umask,
    })
}
