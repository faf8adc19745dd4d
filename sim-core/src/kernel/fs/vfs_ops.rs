//! Changes of directories, once they are allowed. An overlay carries them out on its upper
//! layer too.

use super::inode::{Inode, InodeData, InodeId, remove_entry};
use super::links::{self, HardLink, LinkState};
use super::overlay;
use crate::kernel::{Ctx, Errno, Kernel};
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
    let id = cx.k.entry(dir, name);
    let link = cx.k.link_at(dir, name);
    remove_entry(cx, dir, name);
    match (link, id) {
        (Some(link), _) => links::removed(cx, link),
        (None, Some(id)) => cx.k.lose_first_name(id, name),
        (None, None) => {}
    }
    overlay::removed_below(cx, dir, name);
    Ok(())
}

impl Kernel {
    /// The first of several names is gone: who has the inode open keeps it; if nobody does,
    /// another one takes its place.
    fn lose_first_name(&mut self, id: InodeId, name: &str) {
        let Some(inode) = self.vfs.inodes.get(id).filter(|i| i.links > 0) else {
            return;
        };
        let (is_held, mut dir) = (inode.holds > 0, inode.parent);
        if !is_held {
            let names_it = |inode: &Inode| match &inode.data {
                InodeData::Directory { entries } => entries.iter().any(|(_, e)| *e == id),
                _ => false,
            };
            let found = self.vfs.inodes.iter().find(|(_, inode)| names_it(inode));
            dir = found.map(|(dir, _)| dir);
        }
        if let Some(inode) = self.vfs.inodes.get_mut(id) {
            inode.parent = dir;
            inode.removed_as = is_held.then(|| name.into());
        }
    }
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
    let parent = cx.k.vfs.inodes.get(id).and_then(|inode| inode.parent);
    add_entry(cx, dir, name, id);
    if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
        inode.parent = parent;
    }
    cx.k.vfs.links.insert(HardLink {
        inode: id,
        dir,
        name: name.into(),
        state: LinkState::InDirectory,
    });
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
    let (moved, replaced) = (cx.k.link_at(from_dir, from), cx.k.link_at(to_dir, to));
    move_entry(cx, (from_dir, from), (to_dir, to), id);
    if let Some(link) = replaced {
        links::removed(cx, link);
    }
    if let Some(link) = moved.and_then(|link| cx.k.vfs.links.get_mut(link)) {
        (link.dir, link.name) = (to_dir, to.into());
    }
    overlay::removed_below(cx, from_dir, from);
    overlay::removed_below(cx, to_dir, to);
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
    let is_first = cx.k.link_at(from_dir, from).is_none();
    let known = cx.k.vfs.inodes.get(id);
    let known = known.and_then(|inode| Some((inode.parent?, inode.removed_as.clone())));
    remove_entry(cx, to_dir, to);
    remove_entry(cx, from_dir, from);
    add_entry(cx, to_dir, to, id);
    // Another name than the one that it is known by changes nothing.
    if let (Some((parent, removed_as)), Some(inode)) = (known, cx.k.vfs.inodes.get_mut(id)) {
        inode.parent = Some(if is_first { to_dir } else { parent });
        inode.removed_as = removed_as;
    }
    super::inode::release_inode(cx, id);
}

pub(super) fn add_entry(cx: &mut Ctx<'_>, dir: InodeId, name: &str, id: InodeId) {
    let Some(InodeData::Directory { entries }) = cx.k.vfs.inodes.get_mut(dir).map(|d| &mut d.data)
    else {
        return;
    };
    Rc::make_mut(entries).push((name.into(), id));
    let Some(inode) = cx.k.vfs.inodes.get_mut(id) else {
        return;
    };
    let old = inode.parent.replace(dir);
    let had_none = inode.links == 0;
    inode.links += 1;
    if let Some(old) = old.filter(|_| had_none) {
        super::inode::release_inode(cx, old);
    }
}
