//! A machine without an MMU (mm/nommu.c): addresses are frames' own, and a mapping is a run of
//! frames that belongs to one process. Nothing is shared, copied or filled in later.
//!
//! Source: Documentation/admin-guide/mm/nommu-mmap.rst.

use super::alloc::{count_map, out_of_bounds, uncount_map};
use super::limits::may_expand;
use super::mapping::{MAX_MAP_COUNT, forget, split, vmas_mut};
use super::syscalls::{PAGE, my_space, page_align};
use super::{Backing, FrameInfo, FrameUse, MmId, Sharing, Vma, VmaName, VmaTraits};
use crate::event::Event;
use crate::hw::{Contents, FaultAccess, PAGE_BYTES, Pfn, Stored};
use crate::kernel::fs::{self, ExecFile, InodeId};
use crate::kernel::syscall::{MmapFlags, Prot, done};
use crate::kernel::{Ctx, Errno, Kernel, SysResult, cgroup};

/// Where a program and its parts lie, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub first: u64,
    pub heap_pages: u64,
    pub stack_pages: u64,
}

fn anonymous(start: u64, end: u64, name: VmaName) -> Vma {
    Vma {
        start,
        end,
        prot: Prot::READ.with(Prot::WRITE),
        may: Prot::ALL,
        sharing: Sharing::Private,
        backing: Backing::Anon,
        name,
        traits: VmaTraits::default(),
        anon: None,
    }
}

/// Loads a program where it was linked to lie: text, data, heap and stack in one piece. Returns
/// one past its last page.
///
/// # Errors
/// ENOMEM if one of these frames is taken: by the same program running already, most of all.
pub fn load(cx: &mut Ctx<'_>, id: MmId, file: &ExecFile, place: Place) -> Result<u64, Errno> {
    let data = place.first + u64::from(file.text_pages);
    let heap = data + u64::from(file.data_pages);
    let stack = heap + place.heap_pages;
    let end = stack + place.stack_pages;
    take(cx, id, Some(place.first), end - place.first)?;
    let text = Vma {
        prot: Prot::READ.with(Prot::EXEC),
        backing: Backing::File {
            inode: file.inode,
            page: 0,
            by: None,
        },
        ..anonymous(place.first, data, VmaName::Text)
    };
    let parts = [
        text,
        anonymous(data, heap, VmaName::Data),
        anonymous(heap, stack, VmaName::Heap),
        anonymous(stack, end, VmaName::Stack),
    ];
    fs::hold_mapped(cx.k, file.inode);
    let space = cx.k.mm.spaces.get_mut(id).ok_or(lost!(ENOMEM))?;
    let parts = parts.into_iter().filter(|part| part.pages() > 0);
    space.vmas = std::rc::Rc::new(parts.collect());
    (space.brk_start, space.brk) = (heap * PAGE, heap * PAGE);
    read_in(cx, file.inode, 0, place.first, u64::from(file.text_pages))?;
    Ok(end)
}

/// Copies pages of a file; behind its end there are zeros.
fn read_in(cx: &mut Ctx<'_>, inode: InodeId, page: u64, to: u64, count: u64) -> Result<(), Errno> {
    let there = fs::file_pages(cx.k, inode).saturating_sub(page);
    for at in 0..count.min(there) {
        let cached = fs::page(cx, inode, page + at)?;
        cx.charge(cx.k.costs.copy_page_ns);
        cx.hw.ram.copy(cached, Pfn(to + at));
    }
    Ok(())
}

/// Cleared frames in a row for a space: from `at` on, or where there is room.
fn take(cx: &mut Ctx<'_>, id: MmId, at: Option<u64>, count: u64) -> Result<u64, Errno> {
    forbid!(cx.why, FrameFree, count => cx.k.mm.frames.free(), if count > cx.k.mm.frames.free())?;
    let mut charged = None;
    for done in 0..count {
        match cgroup::charge(cx) {
            Ok(group) => charged = group,
            Err(errno) => {
                uncharge(cx.k, charged, done);
                return Err(errno);
            }
        }
    }
    let taken = FrameInfo {
        usage: FrameUse::Anon,
        charged,
        ..FrameInfo::default()
    };
    let Some(first) = cx.k.mm.frames.take_run(at, count, taken) else {
        uncharge(cx.k, charged, count);
        return Err(out_of_bounds(cx));
    };
    for pfn in (first..first + count).map(Pfn) {
        count_map(cx, pfn, id);
        cx.hw.ram.set(pfn, Contents::Zero);
        cx.emit(Event::FrameAlloc { pfn });
    }
    Ok(first)
}

fn uncharge(k: &mut Kernel, group: Option<cgroup::CgroupId>, times: u64) {
    if let Some(group) = group {
        (0..times).for_each(|_| cgroup::uncharge(k, group));
    }
}

/// Gives the frames of a part of a mapping back.
pub(super) fn give_back(cx: &mut Ctx<'_>, id: MmId, start: u64, end: u64) {
    for pfn in (start..end).map(Pfn) {
        uncount_map(cx, pfn, id);
    }
}

/// What mmap(2) was asked for, beside its flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub length: u64,
    pub prot: Prot,
    pub flags: MmapFlags,
    pub fd: i32,
    pub offset: u64,
}

/// mmap(2), in the order of do_mmap: memory in one piece, wherever there is some. A hint is
/// ignored; a file's pages are copied.
///
/// # Errors
/// EINVAL for MAP_FIXED, for neither or both of private and shared, and for nothing; ENOMEM
/// without so many frames in a row; ENODEV for shared files, which could not be mapped without
/// being one piece of memory themselves.
pub(super) fn mmap(cx: &mut Ctx<'_>, wanted: Wanted) -> SysResult {
    let Wanted { flags, prot, .. } = wanted;
    forbid!(cx.why, OffsetAligned, wanted.offset, if !wanted.offset.is_multiple_of(PAGE))?;
    let is_anonymous = flags.has(MmapFlags::ANONYMOUS);
    if !is_anonymous {
        cx.file(wanted.fd)?;
    }
    let is_shared = match flags.0 & 0xf {
        1 | 3 => true,
        2 => false,
        _ => return Err(refuse!(cx.why, MmapSharing, flags.0)),
    };
    let refused = MmapFlags::HUGETLB.0 | MmapFlags::FIXED.0 | MmapFlags::GROWSDOWN.0;
    forbid!(cx.why, NommuMmapFlags, flags.0 => wanted.length, if flags.0 & refused != 0 || wanted.length == 0)?;
    let count =
        page_align(wanted.length).ok_or_else(|| refuse!(cx.why, AddressEnd, wanted.length))? / PAGE;
    let id = my_space(cx)?;
    let file = match is_anonymous {
        true => None,
        false => fs::mappable(cx, wanted.fd, prot, Sharing::Private)?.0,
    };
    forbid!(cx.why, NommuSharedFile, wanted.fd, if file.is_some() && is_shared)?;
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    forbid!(cx.why, MapCount, space.vmas.len() => MAX_MAP_COUNT, if space.vmas.len() > MAX_MAP_COUNT)?;
    let mut vma = Vma {
        prot: Prot(prot.0 & Prot::ALL.0),
        ..anonymous(0, count, VmaName::Mapping)
    };
    may_expand(cx, id, &vma, count)?;
    let start = take(cx, id, None, count)?;
    (vma.start, vma.end) = (start, start + count);
    if let Some(inode) = file
        && let Err(errno) = read_in(cx, inode, wanted.offset / PAGE, start, count)
    {
        give_back(cx, id, start, start + count);
        return Err(errno);
    }
    let vmas = vmas_mut(cx.k, id).ok_or(lost!(ENOMEM))?;
    let at = vmas.partition_point(|v| v.end <= start);
    vmas.insert(at, vma);
    done((start * PAGE) as i64)
}

/// munmap(2), as do_munmap: one mapping or a part of one, never more.
///
/// # Errors
/// EINVAL otherwise.
pub(super) fn munmap(cx: &mut Ctx<'_>, addr: u64, length: u64) -> SysResult {
    let length = page_align(length).filter(|length| *length > 0);
    let end = length.and_then(|length| addr.checked_add(length));
    let end = end.ok_or_else(|| refuse!(cx.why, AddressRange, addr))?;
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(EINVAL))?;
    let vma = *space
        .find(addr / PAGE)
        .ok_or_else(|| refuse!(cx.why, NommuMapped, addr))?;
    let is_whole = (addr, end) == (vma.start * PAGE, vma.end * PAGE);
    let is_part = addr.is_multiple_of(PAGE) && end <= vma.end * PAGE;
    // What came from a file goes whole.
    forbid!(cx.why, NommuWhole, addr => end, if !is_whole && (!is_part || vma.backing != Backing::Anon))?;
    let (start, end) = (addr / PAGE, end / PAGE);
    split(cx, id, start)?;
    split(cx, id, end)?;
    if let Some(vmas) = vmas_mut(cx.k, id) {
        vmas.retain(|vma| vma.start != start);
    }
    give_back(cx, id, start, end);
    if is_whole {
        forget(cx, &vma);
    }
    done(0)
}

/// brk(2): within the room that the program was loaded with.
///
/// # Errors
/// None but ENOMEM for a caller without memory.
pub(super) fn brk(cx: &mut Ctx<'_>, addr: u64) -> SysResult {
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get_mut(id).ok_or(lost!(ENOMEM))?;
    let room = space.find(space.brk_start / PAGE);
    let end = room.filter(|vma| vma.name == VmaName::Heap);
    let end = end.map_or(space.brk_start, |vma| vma.end * PAGE);
    if (space.brk_start..=end).contains(&addr) {
        space.brk = addr;
    }
    done(space.brk as i64)
}

impl Kernel {
    /// A store that nothing checked has happened: into the kernel itself, it is the end.
    pub fn notice_store(&mut self, stored: Stored) {
        let last = stored.addr.saturating_add(stored.bytes.saturating_sub(1));
        for pfn in stored.addr / PAGE..=last / PAGE {
            if self.mm.frames.info(Pfn(pfn)).usage == FrameUse::Kernel {
                let text = format!("the kernel was overwritten: a store to {:#x}", stored.addr);
                self.panic = Some(text.into());
            }
        }
    }
}

impl Ctx<'_> {
    /// The frame behind an address that a system call was given. Nothing asks whose it is.
    pub(super) fn physical_frame(&mut self, addr: u64, access: FaultAccess) -> Result<Pfn, Errno> {
        let pfn = Pfn(addr / PAGE_BYTES as u64);
        forbid!(self.why, UserAddress, addr, if pfn.0 >= self.hw.ram.frames())?;
        if access == FaultAccess::Write {
            self.k.notice_store(Stored { addr, bytes: 1 });
        }
        Ok(pfn)
    }
}
