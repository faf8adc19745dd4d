//! The page cache: pages of files in frames.

use super::inode::{InodeData, InodeId, Source, release_inode};
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
    let inode = cx.k.vfs.inodes.get(id).ok_or(Errno::EACCES)?;
    let InodeData::Regular { pages, source, .. } = &inode.data else {
        return Err(Errno::EACCES);
    };
    if page >= MAX_PAGES {
        return Err(Errno::EFBIG);
    }
    if let Some(Some(pfn)) = pages.get(page as usize) {
        return Ok(*pfn);
    }
    let source = *source;
    let pfn = mm::alloc(cx, FrameUse::PageCache { inode: id, page })?;
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

/// A mapping keeps the inode.
pub fn hold_mapped(k: &mut Kernel, id: InodeId) {
    k.hold_inode(id);
}

/// A mapping is gone.
pub fn release_mapped(cx: &mut Ctx<'_>, id: InodeId) {
    release_inode(cx, id);
}

/// Drops all pages of a file (O_TRUNC). What is mapped stays with those who map it.
pub(super) fn truncate(cx: &mut Ctx<'_>, id: InodeId) {
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
    for pfn in dropped.iter().flatten() {
        mm::unpin(cx, *pfn);
    }
}
