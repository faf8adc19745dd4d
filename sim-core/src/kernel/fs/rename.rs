//! rename(2) and renameat2(2).

use super::access::{Access, Victim};
use super::inode::InodeId;
use super::links::LinkId;
use super::path::{Node, PathRef};
use super::umount::{detach_mounts, is_local_mountpoint};
use super::walk::{Last, Parent, Slash};
use crate::kernel::syscall::{FileKind, Str, SysResult, done};
use crate::kernel::{Ctx, Errno};

const RENAME_NOREPLACE: u32 = 1;

/// rename(2).
///
/// # Errors
/// As [`sys_renameat2`].
pub fn sys_rename(cx: &mut Ctx<'_>, from: Str, to: Str) -> SysResult {
    sys_renameat2(cx, from, to, 0)
}

/// renameat2(2) with AT_FDCWD; of the flags RENAME_NOREPLACE is modelled.
///
/// # Errors
/// EXDEV between mounts, EBUSY for mount points, `.` and `..`, EINVAL for moving a directory
/// into itself, ENOTEMPTY, ENOTDIR, EISDIR, EEXIST, EROFS, EACCES, EPERM and those of the walk.
pub fn sys_renameat2(cx: &mut Ctx<'_>, from: Str, to: Str, flags: u32) -> SysResult {
    forbid!(cx.why, RenameFlags, flags, if flags & !RENAME_NOREPLACE != 0)?;
    let replaces = flags & RENAME_NOREPLACE == 0;
    let (old, new) = (cx.resolve_parent(&from)?, cx.resolve_parent(&to)?);
    forbid!(cx.why, RenameMount, old.dir.mount => new.dir.mount, if old.dir.mount != new.dir.mount)?;
    let Last::Name(old_name) = &old.last else {
        return Err(refuse!(cx.why, RenameName));
    };
    let Last::Name(new_name) = &new.last else {
        return Err(if replaces {
            refuse!(cx.why, RenameName)
        } else {
            refuse!(cx.why, NameFree)
        });
    };
    cx.want_write(old.dir)?;
    let source = cx.lookup(old.dir, old_name)?;
    let target = match cx.lookup(new.dir, new_name) {
        Ok(_) if !replaces => return Err(refuse!(cx.why, NameFree)),
        Ok(target) => Some(target),
        // proc knows no names that are not there.
        Err(Errno::ENOENT) if !matches!(new.dir.node, Node::Proc(_)) => None,
        Err(errno) => return Err(errno),
    };
    let is_dir = cx.kind_of(source) == Some(FileKind::Directory);
    let has_slash = old.slash == Slash::Trailing || new.slash == Slash::Trailing;
    forbid!(cx.why, RenameSlash, source, if !is_dir && has_slash)?;
    forbid!(cx.why, RenameIntoItself, source, if is_dir && cx.k.is_within(new.dir.node, source))?;
    forbid!(cx.why, RenameAncestor, if target.is_some_and(|target| cx.k.is_within(old.dir.node, target)))?;
    let (Node::Inode(from_dir), Node::Inode(to_dir), Node::Inode(id)) =
        (old.dir.node, new.dir.node, source)
    else {
        if target == Some(source) {
            return done(0);
        }
        let must_be = victim_like(cx.kind_of(source));
        cx.may_delete(old.dir, source, must_be)?;
        match target {
            None => cx.may_create(new.dir)?,
            Some(target) => cx.may_delete(new.dir, target, must_be)?,
        }
        let (Node::Cgroup(from), Node::Cgroup(to), Node::Cgroup(node)) =
            (old.dir.node, new.dir.node, source)
        else {
            return Err(refuse!(cx.why, NameComputed, source));
        };
        crate::kernel::cgroup::rename(cx.k, &cx.why, (from, node), (to, new_name))?;
        return done(0);
    };
    let replaced = match target {
        Some(Node::Inode(target)) => Some(target),
        Some(Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_)) => {
            return Err(refuse!(cx.why, NameComputed));
        }
        None => None,
    };
    // Two names of one file: nothing to do.
    if replaced == Some(id) {
        return done(0);
    }
    let links = (
        cx.k.link_at(from_dir, old_name),
        cx.k.link_at(to_dir, new_name),
    );
    may_rename(cx, (&old, id), (&new, replaced), links)?;
    let kept = replaced;
    kept.into_iter().for_each(|id| cx.k.hold_inode(id));
    let renamed = super::vfs_ops::rename(cx, (from_dir, old_name), (to_dir, new_name), id);
    if let Some(gone) = kept {
        if renamed.is_ok() {
            detach_mounts(cx, Node::Inode(gone), links.1);
        }
        super::inode::release_inode(cx, gone);
    }
    renamed?;
    done(0)
}

fn victim_like(kind: Option<FileKind>) -> Victim {
    match kind {
        Some(FileKind::Directory) => Victim::Directory,
        Some(_) | None => Victim::Other,
    }
}

/// The checks of vfs_rename.
fn may_rename(
    cx: &Ctx<'_>,
    (old, id): (&Parent, InodeId),
    (new, replaced): (&Parent, Option<InodeId>),
    links: (Option<LinkId>, Option<LinkId>),
) -> Result<(), Errno> {
    let is_dir = cx.kind_of(Node::Inode(id)) == Some(FileKind::Directory);
    let must_be = victim_like(cx.kind_of(Node::Inode(id)));
    cx.may_delete(old.dir, Node::Inode(id), must_be)?;
    match replaced {
        None => cx.may_create(new.dir)?,
        Some(target) => cx.may_delete(new.dir, Node::Inode(target), must_be)?,
    }
    // Its `..` changes.
    if is_dir && old.dir != new.dir {
        let place = PathRef {
            mount: old.dir.mount,
            node: Node::Inode(id),
            name: None,
        };
        cx.permit(place, Access::Write)?;
    }
    let is_busy = |id, link| is_local_mountpoint(cx, Node::Inode(id), link);
    forbid!(cx.why, Mountpoint, id, if is_busy(id, links.0) || replaced.is_some_and(|id| is_busy(id, links.1)))?;
    super::overlay::may_move(cx.k, &cx.why, id)?;
    forbid!(cx.why, DirectoryEmpty, id, if is_dir && replaced.is_some_and(|target| !cx.k.is_empty_dir(target)))?;
    Ok(())
}
