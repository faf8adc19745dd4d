//! The page cache: pages of files in frames.

use super::inode::{Inode, InodeData, InodeId, Source, release_inode};
use super::overlay::Opaque;
use super::superblock::{charge, uncharge};
use crate::hw::{Contents, DiskFile, DiskNode, PAGE_BYTES, Pfn};
use crate::kernel::mm::{self, FrameUse};
use crate::kernel::{Ctx, Errno, Kernel};
use std::rc::Rc;

/// Largest file that the model keeps, in pages (1 GiB).
const MAX_PAGES: u64 = 1 << 18;

/// The frame of a file's page, read from the disk or made zero if it is not there yet.
///
/// # Errors
/// EFBIG beyond the largest file, ENOMEM without a frame, EACCES for what has no pages.
pub fn page(cx: &mut Ctx<'_>, id: InodeId, page: u64) -> Result<Pfn, Errno> {
    let inode = cx.k.vfs.inodes.get(id).ok_or(lost!(EACCES))?;
    let InodeData::Regular { pages, source, .. } = &inode.data else {
        return Err(lost!(EACCES));
    };
    forbid!(cx.why, FileSize, page => MAX_PAGES, if page >= MAX_PAGES)?;
    if let Some(Some(pfn)) = pages.get(page as usize) {
        return Ok(*pfn);
    }
    let (source, sb) = (*source, inode.sb);
    charge(cx.k, &cx.why, sb)?;
    let pfn = match mm::alloc(cx, FrameUse::PageCache { inode: id, page }) {
        Ok(pfn) => pfn,
        Err(errno) => {
            uncharge(cx.k, sb, 1);
            return Err(errno);
        }
    };
    if source == Source::Memory {
        mm::mark_shmem(cx.k, pfn);
    }
    if let Source::Disk(node) = source {
        let contents = from_disk(cx, node, page);
        cx.charge(cx.k.costs.disk_page_ns);
        cx.hw.ram.set(pfn, contents);
    }
    if let Some(InodeData::Regular { pages, .. }) = cx.k.vfs.inodes.get_mut(id).map(|i| &mut i.data)
    {
        let pages = Rc::make_mut(pages);
        if pages.len() <= page as usize {
            pages.resize(page as usize + 1, None);
        }
        if let Some(slot) = pages.get_mut(page as usize) {
            *slot = Some(pfn);
        }
    }
    Ok(pfn)
}

fn from_disk(cx: &Ctx<'_>, node: u32, page: u64) -> Contents {
    let Some(DiskNode::File { file, .. }) = cx.hw.disk.nodes.get(node as usize) else {
        return Contents::Zero;
    };
    match file {
        DiskFile::Program { program, .. } => Contents::Pattern {
            seed: u32::from(*program),
            page: page as u32,
        },
        DiskFile::Bytes(bytes) => {
            let start = page as usize * PAGE_BYTES;
            let end = bytes.len().min(start + PAGE_BYTES);
            let mut contents = Contents::Zero;
            if let Some(part) = bytes.get(start..end) {
                contents.write(0, part);
            }
            contents
        }
    }
}

/// The frame of a file's page if it is in the page cache.
pub fn cached_page(k: &Kernel, id: InodeId, page: u64) -> Option<Pfn> {
    match &k.vfs.inodes.get(id)?.data {
        InodeData::Regular { pages, .. } => *pages.get(page as usize)?,
        InodeData::Directory { .. }
        | InodeData::Symlink { .. }
        | InodeData::Overlay
        | InodeData::Device(_)
        | InodeData::Fifo(_)
        | InodeData::Socket
        | InodeData::Process(_) => None,
    }
}

/// Drops the page from the page cache if the disk has the same: how many were dropped. Nobody may
/// map it.
pub fn drop_clean_page(cx: &mut Ctx<'_>, id: InodeId, page: u64) -> u64 {
    let Some(pfn) = cached_page(cx.k, id, page) else {
        return 0;
    };
    let Some(inode) = cx.k.vfs.inodes.get(id) else {
        return 0;
    };
    let InodeData::Regular {
        source: Source::Disk(node),
        ..
    } = inode.data
    else {
        return 0;
    };
    let sb = inode.sb;
    let (mut here, mut there) = ([0; PAGE_BYTES], [0; PAGE_BYTES]);
    cx.hw.ram.frame(pfn).read(0, &mut here);
    from_disk(cx, node, page).read(0, &mut there);
    if here != there {
        return 0;
    }
    if let Some(InodeData::Regular { pages, .. }) = cx.k.vfs.inodes.get_mut(id).map(|i| &mut i.data)
        && let Some(slot) = Rc::make_mut(pages).get_mut(page as usize)
    {
        *slot = None;
    }
    uncharge(cx.k, sb, 1);
    mm::unpin(cx, pfn);
    1
}

/// Pages that a file has: what is mapped behind them cannot be accessed.
pub fn file_pages(k: &Kernel, id: InodeId) -> u64 {
    let size = k.vfs.inodes.get(id).map_or(0, Inode::size_bytes);
    size.div_ceil(PAGE_BYTES as u64)
}

/// A file without a name for shared memory (shmem_kernel_file_setup). Who wants it, holds it.
pub fn shmem_file(k: &mut Kernel, size: u64) -> InodeId {
    k.vfs.inodes.insert(Inode {
        sb: None,
        mode: 0o777,
        uid: 0,
        gid: 0,
        links: 0,
        holds: 0,
        parent: None,
        data: InodeData::Regular {
            size,
            pages: Rc::default(),
            source: Source::Memory,
        },
        layers: None,
        opaque: Opaque::No,
        removed_as: None,
    })
}

/// A mapping keeps the inode.
pub fn hold_mapped(k: &mut Kernel, id: InodeId) {
    k.hold_inode(id);
}

/// A mapping is gone.
pub fn release_mapped(cx: &mut Ctx<'_>, id: InodeId) {
    release_inode(cx, id);
}

/// Drops all pages of a file (O_TRUNC), those that are mapped too.
pub(super) fn truncate(cx: &mut Ctx<'_>, id: InodeId) {
    mm::unmap_file(cx, id, 0);
    let Some(inode) = cx.k.vfs.inodes.get_mut(id) else {
        return;
    };
    let InodeData::Regular {
        size,
        pages,
        source,
    } = &mut inode.data
    else {
        return;
    };
    *size = 0;
    *source = Source::Memory;
    let dropped = std::mem::take(pages);
    let sb = inode.sb;
    uncharge(cx.k, sb, dropped.iter().flatten().count() as u64);
    for pfn in dropped.iter().flatten() {
        mm::unpin(cx, *pfn);
    }
}

/// Changes the size of a file (truncate(2)): what is cut off is gone, what is added reads as
/// zeros. Mapped pages go too.
///
/// # Errors
/// EFBIG beyond RLIMIT_FSIZE; ENOMEM for reading what is kept.
pub(super) fn resize(cx: &mut Ctx<'_>, id: InodeId, size: u64) -> Result<(), Errno> {
    let page_bytes = PAGE_BYTES as u64;
    let inode = cx.k.vfs.inodes.get(id).ok_or(lost!(EINVAL))?;
    let InodeData::Regular {
        size: old, source, ..
    } = &inode.data
    else {
        return Err(lost!(EINVAL));
    };
    let (old, source) = (*old, *source);
    if size > old {
        super::rw::within_fsize(cx, id, size - 1, &[0])?;
    }
    if size == 0 {
        truncate(cx, id);
        return Ok(());
    }
    let kept = size.min(old);
    if source != Source::Memory && size < old {
        // The disk's file stays as it is; what is kept of it has to be in memory.
        for at in 0..kept.div_ceil(page_bytes) {
            page(cx, id, at)?;
        }
    }
    if size < old {
        cut(cx, id, size);
    }
    if let Some(InodeData::Regular { size: now, .. }) =
        cx.k.vfs.inodes.get_mut(id).map(|i| &mut i.data)
    {
        *now = size;
    }
    Ok(())
}

/// Drops the pages behind `size` and clears the rest of the last one.
fn cut(cx: &mut Ctx<'_>, id: InodeId, size: u64) {
    mm::unmap_file(cx, id, size.div_ceil(PAGE_BYTES as u64));
    let Some(inode) = cx.k.vfs.inodes.get_mut(id) else {
        return;
    };
    let sb = inode.sb;
    let InodeData::Regular { pages, source, .. } = &mut inode.data else {
        return;
    };
    *source = Source::Memory;
    let kept = size.div_ceil(PAGE_BYTES as u64) as usize;
    let pages = Rc::make_mut(pages);
    let dropped = if pages.len() > kept {
        pages.split_off(kept)
    } else {
        Vec::new()
    };
    let within = size as usize % PAGE_BYTES;
    let last = pages.get(kept.wrapping_sub(1)).copied().flatten();
    uncharge(cx.k, sb, dropped.iter().flatten().count() as u64);
    for pfn in dropped.into_iter().flatten() {
        mm::unpin(cx, pfn);
    }
    if let Some(frame) = last
        .filter(|_| within > 0)
        .and_then(|pfn| cx.hw.ram.frame_mut(pfn))
    {
        frame.write(within, &vec![0; PAGE_BYTES - within]);
    }
}

/// Lets a new file be what another is on the disk, pages and program alike. False if the other
/// is not, or not any more, a file of the disk alone.
pub(super) fn copy_source(k: &mut Kernel, from: InodeId, to: InodeId) -> Copied {
    let Some(InodeData::Regular {
        size,
        pages,
        source,
    }) = k.vfs.inodes.get(from).map(|i| &i.data)
    else {
        return Copied::No;
    };
    let (size, source) = (*size, *source);
    if pages.iter().any(Option::is_some) {
        return Copied::No;
    }
    match k.vfs.inodes.get_mut(to).map(|i| &mut i.data) {
        Some(InodeData::Regular {
            size: new_size,
            source: new_source,
            ..
        }) => {
            *new_size = size;
            *new_source = source;
            Copied::Yes
        }
        Some(_) | None => Copied::No,
    }
}

/// Whether nothing is left to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    Yes,
    No,
}
