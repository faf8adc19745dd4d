//! mmap(2), munmap(2), mprotect(2), brk(2).

use super::tables::{drop_range, each_page, set_flags};
use super::{AddressSpace, Backing, MMAP_TOP, MmId, Sharing, Vma, VmaName};
use crate::hw::{PAGE_BYTES, PteFlags};
use crate::kernel::syscall::{MmapFlags, Prot, done};
use crate::kernel::{Ctx, Errno, SysResult, fs};
use std::rc::Rc;

const PAGE: u64 = PAGE_BYTES as u64;
/// Lowest address that may be mapped (vm.mmap_min_addr).
const MIN_ADDR: u64 = 0x1_0000;

fn my_space(cx: &Ctx<'_>) -> Result<MmId, Errno> {
    cx.me()?.mm.ok_or(Errno::ENOMEM)
}

/// First page and page count of a range; the length is rounded up.
fn pages(addr: u64, length: u64) -> Result<(u64, u64), Errno> {
    if !addr.is_multiple_of(PAGE) || length == 0 {
        return Err(Errno::EINVAL);
    }
    let end = addr
        .checked_add(length)
        .filter(|end| end >> 47 == 0)
        .ok_or(Errno::EINVAL)?;
    Ok((addr / PAGE, end.div_ceil(PAGE) - addr / PAGE))
}

/// mmap(2), anonymous private memory and files. Shared anonymous memory is not modelled.
///
/// # Errors
/// EINVAL for lengths, offsets and flags that mmap(2) forbids; ENOMEM without room; EPERM below
/// `vm.mmap_min_addr`; ENODEV for what is not modelled; those of the file.
pub fn sys_mmap(
    cx: &mut Ctx<'_>,
    addr: u64,
    length: u64,
    prot: Prot,
    flags: MmapFlags,
    fd: i32,
    offset: u64,
) -> SysResult {
    let sharing = match (flags.has(MmapFlags::SHARED), flags.has(MmapFlags::PRIVATE)) {
        (true, false) => Sharing::Shared,
        (false, true) => Sharing::Private,
        (true, true) | (false, false) => return Err(Errno::EINVAL),
    };
    if length == 0 || !offset.is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    let backing = if flags.has(MmapFlags::ANONYMOUS) {
        if sharing == Sharing::Shared {
            return Err(Errno::ENODEV);
        }
        Backing::Anon
    } else {
        Backing::File {
            inode: fs::mappable(cx, fd, prot, sharing)?,
            page: offset / PAGE,
        }
    };
    let id = my_space(cx)?;
    let count = length.div_ceil(PAGE);
    let space = cx.k.mm.spaces.get(id).ok_or(Errno::ENOMEM)?;
    let start = if flags.has(MmapFlags::FIXED) {
        if addr < MIN_ADDR {
            return Err(if addr.is_multiple_of(PAGE) {
                Errno::EPERM
            } else {
                Errno::EINVAL
            });
        }
        pages(addr, length)
            .map_err(|_| {
                if addr.is_multiple_of(PAGE) {
                    Errno::ENOMEM
                } else {
                    Errno::EINVAL
                }
            })?
            .0
    } else {
        find_room(space, count).ok_or(Errno::ENOMEM)?
    };
    let end = start + count;
    unmap(cx, id, start, end);
    if let Backing::File { inode, .. } = backing {
        fs::hold_mapped(cx.k, inode);
    }
    insert(
        cx,
        id,
        Vma {
            start,
            end,
            prot,
            sharing,
            backing,
            name: VmaName::Mapping,
        },
    );
    if flags.has(MmapFlags::POPULATE) && prot.has(Prot::WRITE) {
        for vpn in start..end.min(start + 512) {
            // As Linux: what cannot be populated is faulted in later, or fails then.
            if cx
                .fault_in(vpn * PAGE, 1, crate::hw::FaultAccess::Write)
                .is_err()
            {
                break;
            }
        }
    }
    done((start * PAGE) as i64)
}

/// The highest gap below the stack's reserve that is big enough.
fn find_room(space: &AddressSpace, count: u64) -> Option<u64> {
    let mut top = MMAP_TOP / PAGE;
    for vma in space.vmas.iter().rev() {
        if vma.end <= top && top - vma.end >= count {
            break;
        }
        top = top.min(vma.start);
    }
    let start = top.checked_sub(count)?;
    let below = space
        .vmas
        .iter()
        .rev()
        .find(|v| v.start < top)
        .map_or(MIN_ADDR / PAGE, |v| v.end);
    (start >= below).then_some(start)
}

/// Adds a mapping to a gap, joined to a neighbour that is the same but for the place.
pub(super) fn insert(cx: &mut Ctx<'_>, id: MmId, vma: Vma) {
    let Some(space) = cx.k.mm.spaces.get_mut(id) else {
        return;
    };
    let vmas = Rc::make_mut(&mut space.vmas);
    let at = vmas.partition_point(|v| v.end <= vma.start);
    let before = at.checked_sub(1).and_then(|i| vmas.get_mut(i));
    if vma.backing == Backing::Anon
        && let Some(before) = before
        && *before
            == (Vma {
                start: before.start,
                end: vma.start,
                ..vma
            })
    {
        before.end = vma.end;
        return;
    }
    vmas.insert(at, vma);
}

/// Takes `start..end` out of the mappings, splitting those that reach beyond.
fn unmap(cx: &mut Ctx<'_>, id: MmId, start: u64, end: u64) {
    for piece in carve(cx, id, start, end) {
        if let Backing::File { inode, .. } = piece.backing {
            fs::release_mapped(cx, inode);
        }
    }
    drop_range(cx, id, start, end);
}

/// Removes and returns the parts of mappings within `start..end`. A file mapping that is split
/// in two is held once more.
fn carve(cx: &mut Ctx<'_>, id: MmId, start: u64, end: u64) -> Vec<Vma> {
    let Some(space) = cx.k.mm.spaces.get_mut(id) else {
        return Vec::new();
    };
    if !space.vmas.iter().any(|v| v.start < end && v.end > start) {
        return Vec::new();
    }
    let (mut kept, mut carved, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
    for vma in space.vmas.iter() {
        if vma.start >= end || vma.end <= start {
            kept.push(*vma);
            continue;
        }
        let inside = vma.cut(start, end);
        let parts = [vma.cut(0, start), vma.cut(end, u64::MAX)];
        carved.push(inside);
        let outside = parts.into_iter().filter(|part| part.start < part.end);
        for part in outside {
            kept.push(part);
            pieces.push(part);
        }
    }
    space.vmas = Rc::new(kept);
    for piece in pieces {
        if let Backing::File { inode, .. } = piece.backing {
            fs::hold_mapped(cx.k, inode);
        }
    }
    carved
}

/// munmap(2). Unmapping nothing is no error.
///
/// # Errors
/// EINVAL for unaligned addresses and empty lengths.
pub fn sys_munmap(cx: &mut Ctx<'_>, addr: u64, length: u64) -> SysResult {
    let (start, count) = pages(addr, length)?;
    let id = my_space(cx)?;
    unmap(cx, id, start, start + count);
    done(0)
}

/// mprotect(2).
///
/// # Errors
/// EINVAL for an unaligned address, ENOMEM if part of the range is not mapped.
pub fn sys_mprotect(cx: &mut Ctx<'_>, addr: u64, length: u64, prot: Prot) -> SysResult {
    if addr.is_multiple_of(PAGE) && length == 0 {
        return done(0);
    }
    let (start, count) = pages(addr, length).map_err(|e| {
        if addr.is_multiple_of(PAGE) {
            Errno::ENOMEM
        } else {
            e
        }
    })?;
    let end = start + count;
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get(id).ok_or(Errno::ENOMEM)?;
    let mapped: u64 = space.vmas.iter().map(|v| v.cut(start, end).pages()).sum();
    if mapped < count {
        return Err(Errno::ENOMEM);
    }
    for piece in carve(cx, id, start, end) {
        insert(cx, id, Vma { prot, ..piece });
    }
    let Some(pgd) = cx.k.mm.spaces.get(id).map(|s| s.pgd) else {
        return done(0);
    };
    let mut present = Vec::new();
    each_page(&cx.hw.ram, pgd, |vpn, _, _, _| {
        if (start..end).contains(&vpn) {
            present.push(vpn);
        }
    });
    for vpn in present {
        // Writing faults once more, which tells copy-on-write from plain.
        let (set, clear) = match prot.has(Prot::EXEC) {
            true => (0, PteFlags::WRITE | PteFlags::NO_EXEC),
            false => (PteFlags::NO_EXEC, PteFlags::WRITE),
        };
        set_flags(cx, id, vpn, set, clear);
        if prot.0 == 0 {
            set_flags(cx, id, vpn, 0, PteFlags::USER);
        } else {
            set_flags(cx, id, vpn, PteFlags::USER, 0);
        }
    }
    done(0)
}

/// brk(2), as the system call: returns the present end, moved if that was possible.
///
/// # Errors
/// None but ENOMEM for a caller without memory.
pub fn sys_brk(cx: &mut Ctx<'_>, addr: u64) -> SysResult {
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get(id).ok_or(Errno::ENOMEM)?;
    let (first, old) = (space.brk_start, space.brk);
    let (from, to) = (old.div_ceil(PAGE), addr.div_ceil(PAGE));
    let collides = space.vmas.iter().any(|v| v.start < to && v.end > from);
    if addr < first || addr >> 47 != 0 || (to > from && collides) {
        return done(old as i64);
    }
    if to < from {
        unmap(cx, id, to, from);
    } else if to > from {
        let prot = Prot::READ.with(Prot::WRITE);
        let backing = Backing::Anon;
        let (sharing, name) = (Sharing::Private, VmaName::Heap);
        insert(
            cx,
            id,
            Vma {
                start: from,
                end: to,
                prot,
                sharing,
                backing,
                name,
            },
        );
    }
    if let Some(space) = cx.k.mm.spaces.get_mut(id) {
        space.brk = addr;
    }
    done(addr as i64)
}
