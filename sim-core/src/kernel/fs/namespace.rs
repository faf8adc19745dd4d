//! Copying and dropping the mount trees of namespaces.

use super::mount::{Mount, MountId, MountNs, detach};
use super::path::{FsStruct, PathRef};
use crate::kernel::{Ctx, Errno, Kernel, NsId};

/// CLONE_NEWNS: a copy of the caller's tree, and its root and working directory in the copy.
/// The paths that come back are held.
///
/// # Errors
/// ENOMEM if the caller's namespace is gone.
pub fn copy_mount_ns(cx: &mut Ctx<'_>, fs: &FsStruct) -> Result<(MountNs, FsStruct), Errno> {
    let tree = cx.k.ns.mnt(cx.me()?.ns.mnt).ok_or(Errno::ENOMEM)?.clone();
    let mut copies: Vec<(MountId, MountId)> = Vec::with_capacity(tree.mounts.len());
    for id in &tree.mounts {
        let Some(mount) = cx.k.vfs.mounts.get(*id).cloned() else {
            continue;
        };
        copies.push((*id, cx.k.new_mount(Mount { holds: 0, ..mount })));
    }
    let copy_of = |id: MountId| {
        copies
            .iter()
            .find(|(old, _)| *old == id)
            .map(|(_, new)| *new)
    };
    let moved = |place: PathRef| PathRef {
        mount: copy_of(place.mount).unwrap_or(place.mount),
        ..place
    };
    for (_, new) in &copies {
        if let Some(mount) = cx.k.vfs.mounts.get_mut(*new) {
            mount.at = mount.at.map(moved);
        }
    }
    let fs = FsStruct {
        root: moved(fs.root),
        cwd: moved(fs.cwd),
        umask: fs.umask,
    };
    cx.k.hold_path(fs.root);
    cx.k.hold_path(fs.cwd);
    Ok((
        MountNs {
            mounts: copies.into_iter().map(|(_, new)| new).collect(),
        },
        fs,
    ))
}

/// The last task has left: everything is unmounted.
pub fn drop_mount_ns(cx: &mut Ctx<'_>, tree: MountNs) {
    for mount in tree.mounts.into_iter().rev() {
        detach(cx, mount);
    }
}

/// Root and working directory of a task that joins a mount namespace: its topmost root. Held.
///
/// # Errors
/// EINVAL for an empty tree.
pub fn root_of(k: &mut Kernel, ns: NsId, old: &FsStruct) -> Result<FsStruct, Errno> {
    let first = k.ns.mnt(ns).and_then(|tree| tree.mounts.first().copied());
    let mut root = first.and_then(|id| k.mount_root(id)).ok_or(Errno::EINVAL)?;
    while let Some(over) = k.mounted_at(ns, root).and_then(|id| k.mount_root(id)) {
        root = over;
    }
    k.hold_path(root);
    k.hold_path(root);
    Ok(FsStruct {
        root,
        cwd: root,
        umask: old.umask,
    })
}
