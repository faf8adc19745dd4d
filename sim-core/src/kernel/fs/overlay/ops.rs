//! Changes of an overlay's directories, as they show in its upper layer.

use super::copy_up::{copy_up, set_upper, upper_like};
use super::{Layers, Marks, Mounter, Opaque, is_whiteout, upper_of};
use crate::kernel::fs::inode::{Device, Inode, InodeData, InodeId, remove_entry};
use crate::kernel::fs::vfs_ops::{add_entry, move_entry};
use crate::kernel::rule::Why;
use crate::kernel::syscall::FileKind;
use crate::kernel::{Ctx, Errno, Kernel};
use std::rc::Rc;

/// Whether the layers below the upper one have something under a name (ovl_lower_positive).
fn is_in_lower(k: &Kernel, dir: InodeId, name: &str) -> bool {
    let layers = k.vfs.inodes.get(dir).and_then(|i| i.layers.as_ref());
    let lowers = layers.into_iter().flat_map(|layers| &layers.lowers);
    let first = lowers.filter_map(|lower| k.entry(*lower, name)).next();
    first.is_some_and(|id| !is_whiteout(k, id))
}

fn is_merged(k: &Kernel, dir: InodeId) -> bool {
    let layers = k.vfs.inodes.get(dir).and_then(|i| i.layers.as_ref());
    layers.is_some_and(|layers| layers.upper.is_some() && !layers.lowers.is_empty())
}

/// The upper counterpart of a directory, made if need be, with nothing in the way of a name.
fn room_for(cx: &mut Ctx<'_>, dir: InodeId, name: &str) -> Result<InodeId, Errno> {
    copy_up(cx, dir)?;
    let upper = upper_of(cx.k, dir).ok_or(lost!(EROFS))?;
    if cx
        .k
        .entry(upper, name)
        .is_some_and(|id| is_whiteout(cx.k, id))
    {
        remove_entry(cx, upper, name);
    }
    Ok(upper)
}

fn mounter_of(k: &Kernel, id: InodeId) -> Mounter {
    let sb = k.vfs.inodes.get(id).and_then(|inode| inode.sb);
    let sb = sb.and_then(|sb| k.vfs.supers.get(sb));
    sb.map(|sb| sb.mounter).unwrap_or_default()
}

fn has_whiteouts(k: &Kernel, dir: InodeId) -> bool {
    match k.vfs.inodes.get(dir).map(|inode| &inode.data) {
        Some(InodeData::Directory { entries }) => {
            entries.iter().any(|(_, entry)| is_whiteout(k, *entry))
        }
        Some(_) | None => false,
    }
}

/// Hides a name of a directory of an overlay: who mounted it owns what hides it.
fn put_whiteout(cx: &mut Ctx<'_>, dir: InodeId, upper: InodeId, name: &str) {
    let Mounter { uid, gid, .. } = mounter_of(cx.k, dir);
    let whiteout = Inode {
        uid,
        gid,
        ..Inode::blank(0, InodeData::Device(Device::WHITEOUT))
    };
    cx.k.create(upper, name, whiteout);
}

fn make_opaque(k: &mut Kernel, upper: InodeId) {
    if let Some(inode) = k.vfs.inodes.get_mut(upper) {
        inode.opaque = Opaque::Yes;
    }
}

/// Makes an inode in a directory of an overlay.
///
/// # Errors
/// EPERM for a whiteout, and those of copying up.
pub(in crate::kernel::fs) fn enter(
    cx: &mut Ctx<'_>,
    dir: InodeId,
    name: &str,
    inode: Inode,
) -> Result<InodeId, Errno> {
    forbid!(cx.why, OverlayWhiteout, if matches!(inode.data, InodeData::Device(device) if device == Device::WHITEOUT))?;
    copy_up(cx, dir)?;
    let is_dir = inode.kind() == FileKind::Directory;
    let may_mark = mounter_of(cx.k, dir).marks == Marks::Kept;
    // Where a whiteout was, a directory must be marked (ovl_create_over_whiteout).
    forbid!(cx.why, OverlayMark, dir, if is_dir && !may_mark && is_in_lower(cx.k, dir, name))?;
    let upper_dir = room_for(cx, dir, name)?;
    let upper = upper_like(cx.k, upper_dir, name, &inode);
    if is_dir && may_mark && (is_merged(cx.k, dir) || is_in_lower(cx.k, dir, name)) {
        make_opaque(cx.k, upper);
    }
    let data = match inode.data {
        InodeData::Regular { .. } => InodeData::Overlay,
        other => other,
    };
    let layers = Some(Rc::new(Layers::default()));
    let id = cx.k.create(
        dir,
        name,
        Inode {
            data,
            layers,
            ..inode
        },
    );
    set_upper(cx.k, id, upper);
    Ok(id)
}

/// Hides a name that is about to go.
///
/// # Errors
/// Those of copying up.
pub(in crate::kernel::fs) fn remove(
    cx: &mut Ctx<'_>,
    dir: InodeId,
    name: &str,
) -> Result<(), Errno> {
    copy_up(cx, dir)?;
    let upper = upper_of(cx.k, dir).ok_or(lost!(EROFS))?;
    // A directory with whiteouts makes room for one that is marked first (ovl_clear_empty).
    let is_cleared =
        cx.k.entry(upper, name)
            .is_some_and(|id| has_whiteouts(cx.k, id));
    let may_mark = mounter_of(cx.k, dir).marks == Marks::Kept;
    forbid!(cx.why, OverlayMark, dir, if is_cleared && !may_mark)?;
    remove_entry(cx, upper, name);
    if is_in_lower(cx.k, dir, name) {
        put_whiteout(cx, dir, upper, name);
    }
    Ok(())
}

/// Another name for a file.
///
/// # Errors
/// Those of copying up.
pub(in crate::kernel::fs) fn link(
    cx: &mut Ctx<'_>,
    id: InodeId,
    dir: InodeId,
    name: &str,
) -> Result<(), Errno> {
    copy_up(cx, id)?;
    let upper_dir = room_for(cx, dir, name)?;
    let upper = upper_of(cx.k, id).ok_or(lost!(EROFS))?;
    add_entry(cx, upper_dir, name, upper);
    Ok(())
}

/// A directory that lower layers have a part in cannot be moved (redirect_dir=off).
///
/// # Errors
/// EXDEV.
pub(in crate::kernel::fs) fn may_move(k: &Kernel, why: &Why, id: InodeId) -> Result<(), Errno> {
    let inode = k.vfs.inodes.get(id).ok_or(lost!(ENOENT))?;
    let is_dir = inode.kind() == FileKind::Directory;
    let is_lower = inode.layers.as_ref().is_some_and(|l| !l.lowers.is_empty());
    if is_dir && is_lower {
        Err(refuse!(why, OverlayRenameDir, id))
    } else {
        Ok(())
    }
}

/// Moves a name.
///
/// # Errors
/// Those of copying up.
pub(in crate::kernel::fs) fn rename(
    cx: &mut Ctx<'_>,
    (from_dir, from): (InodeId, &str),
    (to_dir, to): (InodeId, &str),
    id: InodeId,
) -> Result<(), Errno> {
    copy_up(cx, id)?;
    let is_dir = cx.k.vfs.inodes.get(id).map(Inode::kind) == Some(FileKind::Directory);
    let is_marked = is_dir && (is_merged(cx.k, to_dir) || is_in_lower(cx.k, to_dir, to));
    let may_mark = mounter_of(cx.k, to_dir).marks == Marks::Kept;
    // ovl_set_opaque_xerr.
    forbid!(cx.why, OverlayRenameDir, id, if is_marked && !may_mark)?;
    let upper_to = room_for(cx, to_dir, to)?;
    let upper_from = upper_of(cx.k, from_dir).ok_or(lost!(EROFS))?;
    let upper = upper_of(cx.k, id).ok_or(lost!(EROFS))?;
    move_entry(cx, (upper_from, from), (upper_to, to), upper);
    if is_marked {
        make_opaque(cx.k, upper);
    }
    if is_in_lower(cx.k, from_dir, from) {
        put_whiteout(cx, from_dir, upper_from, from);
    }
    Ok(())
}
