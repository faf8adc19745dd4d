//! pivot_root(2).

use super::mount::MountLock;
use super::mount_calls::{is_mine, is_mounted_root, lock_mount, may_mount};
use super::path::{FsStruct, PathRef, release_path};
use super::walk::Follow;
use crate::kernel::syscall::{FileKind, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, TaskId};
use std::rc::Rc;

/// pivot_root(2): the mount at `new_root` becomes the root of the mount namespace, the old root
/// is moved to `put_old`. Processes that had the old root go along.
///
/// # Errors
/// EPERM without privilege; ENOTDIR; EBUSY if one of the two is on the current root mount;
/// EINVAL if a mount concerned is shared, `new_root` is no mount point, `put_old` is not below
/// it, or the root is not the root of its mount.
pub fn sys_pivot_root(cx: &mut Ctx<'_>, new_root: Str, put_old: Str) -> SysResult {
    may_mount(cx)?;
    let new = directory(cx, &new_root)?;
    let old = directory(cx, &put_old)?;
    let root = cx.me()?.fs.root;
    let old = lock_mount(cx, old)?;
    let new_mount = cx.k.mount(new.mount).ok_or(lost!(EINVAL))?;
    let root_mount = cx.k.mount(root.mount).ok_or(lost!(EINVAL))?;
    let (new_at, root_at) = (new_mount.at, root_mount.at);
    let is_shared = |at: Option<PathRef>| {
        at.and_then(|at| cx.k.mount(at.mount))
            .is_some_and(|m| m.is_shared())
    };
    // A mount without a parent is its own (struct mount).
    let ex_parent = new_at.or(Some(new));
    let root_parent = root_at.or(Some(root));
    forbid!(cx.why, PivotShared, new.mount, if is_shared(Some(old)) || is_shared(ex_parent) || is_shared(root_parent))?;
    forbid!(cx.why, MountMine, new.mount, if !is_mine(cx, root.mount)? || !is_mine(cx, new.mount)?)?;
    forbid!(cx.why, PivotLocked, new.mount, if new_mount.lock == MountLock::Locked)?;
    forbid!(cx.why, PivotRemoved, new.node, if cx.k.is_unlinked(new.node))?;
    forbid!(cx.why, PivotBusy, new.mount => root.mount, if new.mount == root.mount || old.mount == root.mount)?;
    let (Some(root_at), Some(_)) = (root_at, new_at) else {
        // Only the first mount of all is on none, and nobody's root.
        return Err(lost!(EINVAL));
    };
    forbid!(cx.why, PivotMountpoint, new.mount, if !is_mounted_root(cx.k, root) || !is_mounted_root(cx.k, new))?;
    // put_old at or underneath new_root, and new_root underneath the present root.
    forbid!(cx.why, PivotUnderneath, old.mount => new.mount, if !cx.k.is_reachable(old, new) || !cx.k.is_reachable(new, root))?;
    if root_mount.lock == MountLock::Locked {
        for (id, lock) in [
            (new.mount, MountLock::Locked),
            (root.mount, MountLock::Free),
        ] {
            if let Some(mount) = cx.k.vfs.mounts.get_mut(id) {
                mount.lock = lock;
            }
        }
    }
    cx.k.unhang(new.mount);
    cx.k.unhang(root.mount);
    cx.k.hang(new.mount, root_at);
    cx.k.hang(root.mount, old);
    chroot_fs_refs(cx, root, new);
    done(0)
}

fn directory(cx: &mut Ctx<'_>, path: &str) -> Result<PathRef, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    if cx.kind_of(place.node) == Some(FileKind::Directory) {
        Ok(place)
    } else {
        Err(refuse!(cx.why, NameIsDirectory, place.node))
    }
}

/// Processes whose root or working directory was the old root get the new one.
fn chroot_fs_refs(cx: &mut Ctx<'_>, old: PathRef, new: PathRef) {
    move_fs(cx, cx.task, old, new);
    // Mostly nobody else is there, and nobody has to be asked.
    if cx.k.mount(old.mount).is_none_or(|mount| mount.holds == 0) {
        return;
    }
    let uses = |fs: &FsStruct| fs.root == old || fs.cwd == old;
    let concerned: Vec<TaskId> = (cx.k.tasks.iter())
        .filter(|(_, t)| t.mm.is_some() && uses(&t.fs))
        .map(|(id, _)| id)
        .collect();
    for id in concerned {
        move_fs(cx, id, old, new);
    }
}

fn move_fs(cx: &mut Ctx<'_>, id: TaskId, old: PathRef, new: PathRef) {
    let Some(task) = cx.k.tasks.get(id) else {
        return;
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
