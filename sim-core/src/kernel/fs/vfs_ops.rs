//! Changes of directories, once they are allowed. An overlay carries them out on its upper
//! layer too.

use super::inode::{Inode, InodeData, InodeId, remove_entry};
use super::overlay;
use crate::kernel::{Ctx, Errno};
use std::rc::Rc;

/// Makes an inode and enters it in a directory.
///
/// # Errors
/// Those of copying up.
pub(super) fn enter(
    cx: &mut Ctx<'_>,
    dir: InodeId,
    name: &str,
    inode: Inode,
) -> Result<InodeId, Errno> {
    if overlay::is_overlay(cx.k, dir) {
        let id = overlay::enter(cx, dir, name, inode)?;
        overlay::added_below(cx.k, dir, name);
        return Ok(id);
    }
    super::superblock::has_room(cx.k, &cx.why, dir)?;
    let id = cx.k.create(dir, name, inode);
    overlay::added_below(cx.k, dir, name);
    Ok(id)
}

/// Takes a name out of a directory.
///
/// # Errors
/// Those of copying up.
pub(super) fn remove(cx: &mut Ctx<'_>, dir: InodeId, name: &str) -> Result<(), Errno> {
    if overlay::is_overlay(cx.k, dir) {
        overlay::remove(cx, dir, name)?;
    }
    remove_entry(cx, dir, name);
    Ok(())
}

/// Gives a file another name.
///
/// # Errors
/// Those of copying up.
pub(super) fn link(cx: &mut Ctx<'_>, id: InodeId, dir: InodeId, name: &str) -> Result<(), Errno> {
    if overlay::is_overlay(cx.k, dir) {
        overlay::link(cx, id, dir, name)?;
    }
    super::superblock::has_room(cx.k, &cx.why, dir)?;
    add_entry(cx, dir, name, id);
    overlay::added_below(cx.k, dir, name);
    Ok(())
}

/// Moves a name; what had the new name is gone.
///
/// # Errors
/// Those of copying up, EXDEV for a directory of a lower layer.
pub(super) fn rename(
    cx: &mut Ctx<'_>,
    (from_dir, from): (InodeId, &str),
    (to_dir, to): (InodeId, &str),
    id: InodeId,
) -> Result<(), Errno> {
    if overlay::is_overlay(cx.k, from_dir) {
        overlay::rename(cx, (from_dir, from), (to_dir, to), id)?;
    }
    move_entry(cx, (from_dir, from), (to_dir, to), id);
    overlay::added_below(cx.k, to_dir, to);
    Ok(())
}

/// The entries themselves.
pub(super) fn move_entry(
    cx: &mut Ctx<'_>,
    (from_dir, from): (InodeId, &str),
    (to_dir, to): (InodeId, &str),
    id: InodeId,
) {
    // Whatever comes, the inode stays.
    cx.k.hold_inode(id);
    remove_entry(cx, to_dir, to);
    remove_entry(cx, from_dir, from);
    add_entry(cx, to_dir, to, id);
    super::inode::release_inode(cx, id);
}

pub(super) fn add_entry(cx: &mut Ctx<'_>, dir: InodeId, name: &str, id: InodeId) {
    let Some(InodeData::Directory { entries }) = cx.k.vfs.inodes.get_mut(dir).map(|d| &mut d.data)
    else {
        return;
    };
    Rc::make_mut(entries).push((name.into(), id));
    if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
        inode.links += 1;
        inode.parent = Some(dir);
        inode.removed_as = None;
    }
}
