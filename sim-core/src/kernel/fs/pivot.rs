//! pivot_root(2).

use super::mount_calls::{is_below, is_mine, is_within, my_ns};
use super::path::{FsStruct, PathRef, release_path};
use super::walk::Follow;
use crate::kernel::syscall::{FileKind, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, TaskId};
use std::rc::Rc;

/// pivot_root(2): the mount at `new_root` becomes the root of the mount namespace, the old root
/// is moved to `put_old`. Processes of the namespace that had the old root go along.
///
/// # Errors
/// EPERM without privilege; ENOTDIR; EBUSY if one of the two is on the current root mount;
/// EINVAL if `new_root` is no mount point, `put_old` is not below it, or the root is not the
/// root of its mount.
pub fn sys_pivot_root(cx: &mut Ctx<'_>, new_root: Str, put_old: Str) -> SysResult {
    if !cx.me()?.cred.is_capable() {
        return Err(Errno::EPERM);
    }
    let new = cx.resolve(&new_root, Follow::Yes)?;
    let old_place = cx.resolve(&put_old, Follow::Yes)?;
    for place in [new, old_place] {
        if cx.kind_of(place.node) != Some(FileKind::Directory) {
            return Err(Errno::ENOTDIR);
        }
    }
    let root = cx.me()?.fs.root;
    if !is_mine(cx, new.mount)? || !is_mine(cx, root.mount)? {
        return Err(Errno::EINVAL);
    }
    if new.mount == root.mount || old_place.mount == root.mount {
        return Err(Errno::EBUSY);
    }
    let is_root_of = |place: PathRef| cx.k.mount_root(place.mount) == Some(place);
    let new_at = cx.k.vfs.mounts.get(new.mount).and_then(|m| m.at);
    if !is_root_of(root) || !is_root_of(new) || new_at.is_none() {
        return Err(Errno::EINVAL);
    }
    // put_old must be at or underneath new_root.
    let underneath = is_below(cx, old_place.mount, new.mount)
        && (old_place.mount != new.mount || is_within(cx, old_place.node, new.node));
    // And new_root underneath the present one.
    if !underneath || !is_below(cx, new.mount, root.mount) {
        return Err(Errno::EINVAL);
    }
    let old_at = cx.k.vfs.mounts.get(root.mount).and_then(|m| m.at);
    if let Some(mount) = cx.k.vfs.mounts.get_mut(new.mount) {
        mount.at = old_at;
    }
    if let Some(mount) = cx.k.vfs.mounts.get_mut(root.mount) {
        mount.at = Some(old_place);
    }
    to_front(cx, new)?;
    chroot_fs_refs(cx, root, new)?;
    done(0)
}

/// The first of a tree is its root; the old one is now mounted last, and so on top where both
/// are in one place (`pivot_root(".", ".")`).
fn to_front(cx: &mut Ctx<'_>, new: PathRef) -> Result<(), Errno> {
    let ns = my_ns(cx)?;
    if let Some(tree) = cx.k.ns.mnt_mut(ns) {
        tree.mounts.retain(|m| *m != new.mount);
        tree.mounts.insert(0, new.mount);
    }
    Ok(())
}

/// Processes of the namespace whose root or working directory was the old root get the new one.
fn chroot_fs_refs(cx: &mut Ctx<'_>, old: PathRef, new: PathRef) -> Result<(), Errno> {
    let ns = my_ns(cx)?;
    let uses = |fs: &FsStruct| fs.root == old || fs.cwd == old;
    let concerned: Vec<TaskId> = (cx.k.tasks.iter())
        .filter(|(_, t)| t.mm.is_some() && t.ns.mnt == ns && uses(&t.fs))
        .map(|(id, _)| id)
        .collect();
    for id in concerned {
        let Some(task) = cx.k.tasks.get(id) else {
            continue;
        };
        let before = task.fs.clone();
        let moved = |place: PathRef| if place == old { new } else { place };
        let after = FsStruct {
            root: moved(before.root),
            cwd: moved(before.cwd),
            ..*before
        };
        cx.k.hold_path(after.root);
        cx.k.hold_path(after.cwd);
        if let Some(task) = cx.k.tasks.get_mut(id) {
            task.fs = Rc::new(after);
        }
        release_path(cx, before.root);
        release_path(cx, before.cwd);
    }
    Ok(())
}
