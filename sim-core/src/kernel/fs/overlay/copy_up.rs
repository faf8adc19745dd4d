//! Copying a file to the upper layer before it is changed.

use super::{Layers, Opaque, upper_of};
use crate::kernel::fs::inode::{Inode, InodeData, InodeId, Source};
use crate::kernel::fs::pagecache;
use crate::kernel::syscall::Str;
use crate::kernel::{Ctx, Errno, Kernel};
use std::rc::Rc;

/// Makes sure that an inode has a counterpart in the upper layer, its directories first. Other
/// file systems have nothing to do.
///
/// # Errors
/// EROFS without an upper layer, ENOENT for what was removed, ENOSPC, ENOMEM.
pub(in crate::kernel::fs) fn copy_up(cx: &mut Ctx<'_>, id: InodeId) -> Result<(), Errno> {
    copy_up_with(cx, id, Bytes::Copied)
}

/// As [`copy_up`], of a file that is truncated at once (ovl_copy_up_flags).
///
/// # Errors
/// As [`copy_up`].
pub(in crate::kernel::fs) fn copy_up_empty(cx: &mut Ctx<'_>, id: InodeId) -> Result<(), Errno> {
    copy_up_with(cx, id, Bytes::LeftOut)
}

/// What becomes of the bytes of the file that is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    Copied,
    LeftOut,
}

fn copy_up_with(cx: &mut Ctx<'_>, id: InodeId, bytes: Bytes) -> Result<(), Errno> {
    let mut missing = Vec::new();
    let mut at = id;
    while super::is_overlay(cx.k, at) && upper_of(cx.k, at).is_none() {
        missing.push(at);
        let parent = cx.k.vfs.inodes.get(at).and_then(|i| i.parent);
        at = parent.ok_or(lost!(EROFS))?;
    }
    while let Some(id) = missing.pop() {
        copy_one(cx, id, bytes)?;
    }
    Ok(())
}

/// The name of an inode in its directory.
fn name_of(k: &Kernel, dir: InodeId, id: InodeId) -> Option<Str> {
    match &k.vfs.inodes.get(dir)?.data {
        InodeData::Directory { entries } => {
            let found = entries.iter().find(|(_, entry)| *entry == id);
            found.map(|(name, _)| name.clone())
        }
        InodeData::Regular { .. }
        | InodeData::Symlink { .. }
        | InodeData::Device(_)
        | InodeData::Fifo(_)
        | InodeData::Socket
        | InodeData::Overlay
        | InodeData::Process(_) => None,
    }
}

fn copy_one(cx: &mut Ctx<'_>, id: InodeId, bytes: Bytes) -> Result<(), Errno> {
    let inode = cx.k.vfs.inodes.get(id).ok_or(lost!(ENOENT))?.clone();
    let dir = inode.parent.ok_or(lost!(EROFS))?;
    let name = name_of(cx.k, dir, id).ok_or(lost!(ENOENT))?;
    let upper_dir = upper_of(cx.k, dir).ok_or(lost!(EROFS))?;
    let old = cx.k.real_inode(id);
    let is_file = inode.data == InodeData::Overlay;
    let real = upper_like(cx.k, upper_dir, &name, &inode);
    if is_file
        && bytes == Bytes::Copied
        && let Err(errno) = copy_bytes(cx, old, real)
    {
        crate::kernel::fs::inode::remove_entry(cx, upper_dir, &name);
        return Err(errno);
    }
    set_upper(cx.k, id, real);
    if is_file {
        // The bytes are those of the copy from now on.
        let below = forget_lowers(cx.k, id);
        for lower in below {
            crate::kernel::fs::inode::release_inode(cx, lower);
        }
    }
    Ok(())
}

/// A new counterpart in the upper layer, empty yet.
pub(super) fn upper_like(k: &mut Kernel, upper_dir: InodeId, name: &str, inode: &Inode) -> InodeId {
    let data = match &inode.data {
        InodeData::Directory { .. } => InodeData::Directory {
            entries: Rc::default(),
        },
        InodeData::Regular { .. } | InodeData::Overlay => InodeData::Regular {
            size: 0,
            pages: Rc::default(),
            source: Source::Memory,
        },
        InodeData::Symlink { target } => InodeData::Symlink {
            target: target.clone(),
        },
        InodeData::Device(device) => InodeData::Device(*device),
        InodeData::Fifo(_) => InodeData::Fifo(None),
        InodeData::Socket | InodeData::Process(_) => InodeData::Socket,
    };
    let real = Inode {
        sb: None,
        links: 0,
        holds: 0,
        parent: None,
        removed_as: None,
        layers: None,
        opaque: Opaque::No,
        data,
        ..inode.clone()
    };
    k.create(upper_dir, name, real)
}

/// Notes and holds a counterpart in the upper layer.
pub(super) fn set_upper(k: &mut Kernel, id: InodeId, upper: InodeId) {
    k.hold_inode(upper);
    if let Some(inode) = k.vfs.inodes.get_mut(id) {
        let layers = inode.layers.get_or_insert_with(Rc::default);
        Rc::make_mut(layers).upper = Some(upper);
    }
}

fn forget_lowers(k: &mut Kernel, id: InodeId) -> Vec<InodeId> {
    match k.vfs.inodes.get_mut(id).and_then(|i| i.layers.as_mut()) {
        Some(layers) => {
            let layers: &mut Layers = Rc::make_mut(layers);
            std::mem::take(&mut layers.lowers)
        }
        None => Vec::new(),
    }
}

fn copy_bytes(cx: &mut Ctx<'_>, from: InodeId, to: InodeId) -> Result<(), Errno> {
    if pagecache::copy_source(cx.k, from, to) == pagecache::Copied::Yes {
        return Ok(());
    }
    let size = cx.k.vfs.inodes.get(from).map_or(0, |i| i.size_bytes());
    if size > 0 {
        // Copied with the caller's limits.
        crate::kernel::fs::rw::within_fsize(cx, to, size - 1, &[0])?;
    }
    crate::kernel::fs::rw::copy_contents(cx, from, to, size)
}
