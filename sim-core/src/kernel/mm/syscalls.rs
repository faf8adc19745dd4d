//! mmap(2), munmap(2), brk(2).

use super::limits::{Charge, may_expand};
use super::mapping::{MAX_MAP_COUNT, MIN_ADDR, TASK_SIZE, find_room, insert, unmap};
use super::nommu::{self, Wanted};
use super::{Backing, MmId, Sharing, Vma, VmaName, VmaTraits, populate};
use crate::hw::{Mmu, PAGE_BYTES};
use crate::kernel::syscall::{MmapFlags, Prot, done};
use crate::kernel::{Ctx, Errno, SysResult, fs};

pub(super) const PAGE: u64 = PAGE_BYTES as u64;

pub(super) fn my_space(cx: &Ctx<'_>) -> Result<MmId, Errno> {
    cx.me()?.mm.ok_or(lost!(ENOMEM))
}

/// A length in whole pages; `None` if it passes the end of all addresses.
pub(super) fn page_align(length: u64) -> Option<u64> {
    Some(length.checked_add(PAGE - 1)? & !(PAGE - 1))
}

/// mmap(2), in the order of ksys_mmap_pgoff and do_mmap.
///
/// # Errors
/// As mmap(2) says. ENODEV for what cannot be mapped, and EINVAL for huge pages, which are not
/// modelled.
pub fn sys_mmap(
    cx: &mut Ctx<'_>,
    addr: u64,
    length: u64,
    prot: Prot,
    flags: MmapFlags,
    fd: i32,
    offset: u64,
) -> SysResult {
    if cx.hw.mmu == Mmu::None {
        let wanted = Wanted {
            length,
            prot,
            flags,
            fd,
            offset,
        };
        return nommu::mmap(cx, wanted);
    }
    forbid!(cx.why, OffsetAligned, offset, if !offset.is_multiple_of(PAGE))?;
    let is_anonymous = flags.has(MmapFlags::ANONYMOUS);
    if !is_anonymous {
        cx.file(fd)?;
    }
    forbid!(cx.why, MmapLength, length, if flags.has(MmapFlags::HUGETLB) || length == 0)?;
    let length = page_align(length).ok_or_else(|| refuse!(cx.why, AddressEnd, length))?;
    let (page, count) = (offset / PAGE, length / PAGE);
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    forbid!(cx.why, MapCount, space.vmas.len() => MAX_MAP_COUNT, if space.vmas.len() > MAX_MAP_COUNT)?;
    let start = place(cx, id, addr, length, flags)?;
    let mut vma = Vma {
        start,
        end: start + count,
        prot: Prot(prot.0 & Prot::ALL.0),
        may: Prot::ALL,
        sharing: Sharing::Private,
        backing: Backing::Anon,
        name: VmaName::Mapping,
        traits: VmaTraits::default(),
        anon: None,
    };
    // 3 is MAP_SHARED_VALIDATE, which files know.
    vma.sharing = match (flags.0 & 0xf, is_anonymous) {
        (1, _) | (3, false) => Sharing::Shared,
        (2, _) => Sharing::Private,
        _ => return Err(refuse!(cx.why, MmapSharing, flags.0)),
    };
    forbid!(cx.why, MmapGrowsdown, flags.0, if flags.has(MmapFlags::GROWSDOWN))?;
    if !is_anonymous {
        // file_mmap_ok: no further than positions in a file go.
        let end = offset.saturating_add(length);
        forbid!(cx.why, MmapOffset, offset, if end > i64::MAX as u64)?;
        let (inode, may, by) = fs::mappable(cx, fd, vma.prot, vma.sharing)?;
        vma.may = may;
        // /dev/zero is anonymous memory.
        if let Some(inode) = inode {
            vma.backing = Backing::File { inode, page, by };
        }
    }
    if flags.has(MmapFlags::NORESERVE) {
        vma.traits = vma.traits.with(VmaTraits::NORESERVE);
    }
    map_region(cx, id, vma)?;
    if flags.has(MmapFlags::POPULATE) || flags.has(MmapFlags::LOCKED) {
        populate(cx, id, start, start + count);
    }
    done((start * PAGE) as i64)
}

/// get_unmapped_area: the first page.
fn place(cx: &Ctx<'_>, id: MmId, addr: u64, length: u64, flags: MmapFlags) -> Result<u64, Errno> {
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let last = TASK_SIZE
        .checked_sub(length)
        .ok_or_else(|| refuse!(cx.why, RoomForMapping, length))?;
    let is_free = |first: u64| {
        let at = space.vmas.partition_point(|v| v.end <= first);
        let next = space.vmas.get(at);
        next.is_none_or(|next| first + length / PAGE <= next.start_with_gap())
    };
    if flags.has(MmapFlags::FIXED) || flags.has(MmapFlags::FIXED_NOREPLACE) {
        forbid!(cx.why, RoomForMapping, addr => last, if addr > last)?;
        forbid!(cx.why, AddressAligned, addr, if !addr.is_multiple_of(PAGE))?;
        // CAP_SYS_RAWIO in the first user namespace.
        forbid!(cx.why, MmapMinAddr, addr => MIN_ADDR, if addr < MIN_ADDR && !cx.is_capable(crate::kernel::cred::Cap::SYS_RAWIO))?;
        let first = addr / PAGE;
        let at = space.vmas.partition_point(|v| v.end <= first);
        let next = space.vmas.get(at);
        let is_taken = next.is_some_and(|next| next.start < first + length / PAGE);
        return match flags.has(MmapFlags::FIXED_NOREPLACE) && is_taken {
            true => Err(refuse!(cx.why, MmapNoreplace, addr)),
            false => Ok(first),
        };
    }
    let hint = match addr & !(PAGE - 1) {
        0 => None,
        hint => Some(hint.max(MIN_ADDR)),
    };
    if let Some(hint) = hint
        && hint <= last
        && is_free(hint / PAGE)
    {
        return Ok(hint / PAGE);
    }
    find_room(space, length / PAGE).ok_or_else(|| refuse!(cx.why, RoomForMapping, length))
}

/// mmap_region: limits, what was there goes, and the mapping comes. Shared anonymous memory gets
/// its file here.
///
/// # Errors
/// ENOMEM.
pub(super) fn map_region(cx: &mut Ctx<'_>, id: MmId, mut vma: Vma) -> Result<(), Errno> {
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let first = space.vmas.partition_point(|v| v.end <= vma.start);
    let covered = space
        .vmas
        .iter()
        .skip(first)
        .take_while(|v| v.start < vma.end);
    let covered: u64 = covered.map(|v| v.cut(vma.start, vma.end).pages()).sum();
    may_expand(cx, id, &vma, vma.pages().saturating_sub(covered))?;
    let is_accountable = vma.prot.has(Prot::WRITE)
        && vma.sharing == Sharing::Private
        && !vma.traits.has(VmaTraits::NORESERVE);
    if is_accountable {
        Charge::pages(cx, vma.pages())?;
        vma.traits = vma.traits.with(VmaTraits::ACCOUNT);
    }
    let is_new_file = vma.sharing == Sharing::Shared && vma.backing == Backing::Anon;
    if is_new_file && !vma.traits.has(VmaTraits::NORESERVE) {
        // shmem_acct_size: whatever may be done with it.
        Charge::pages(cx, vma.pages())?;
    }
    unmap(cx, id, vma.start, vma.end)?;
    if is_new_file {
        let inode = fs::shmem_file(cx.k, vma.pages() * PAGE);
        vma.backing = Backing::File {
            inode,
            page: 0,
            by: None,
        };
        vma.name = VmaName::SharedAnon;
    }
    if let Backing::File { inode, .. } = vma.backing {
        fs::hold_mapped(cx.k, inode);
    }
    insert(cx, id, vma);
    Ok(())
}

/// munmap(2). Unmapping nothing is no error.
///
/// # Errors
/// EINVAL for unaligned addresses and empty lengths, ENOMEM with too many mappings.
pub fn sys_munmap(cx: &mut Ctx<'_>, addr: u64, length: u64) -> SysResult {
    if cx.hw.mmu == Mmu::None {
        return nommu::munmap(cx, addr, length);
    }
    let is_within = addr <= TASK_SIZE && length <= TASK_SIZE - addr;
    forbid!(cx.why, AddressAligned, addr => length, if !addr.is_multiple_of(PAGE) || !is_within)?;
    let length = page_align(length)
        .filter(|len| *len > 0)
        .ok_or_else(|| refuse!(cx.why, AddressRange, addr => length))?;
    let id = my_space(cx)?;
    unmap(cx, id, addr / PAGE, (addr + length) / PAGE)?;
    done(0)
}

/// brk(2), as the system call: returns the present end, moved if that was possible.
///
/// # Errors
/// None but ENOMEM for a caller without memory.
pub fn sys_brk(cx: &mut Ctx<'_>, addr: u64) -> SysResult {
    if cx.hw.mmu == Mmu::None {
        return nommu::brk(cx, addr);
    }
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let (first, old) = (space.brk_start, space.brk);
    let refused = done(old as i64);
    if addr < first || addr > TASK_SIZE {
        return refused;
    }
    let (from, to) = (old.div_ceil(PAGE), addr.div_ceil(PAGE));
    if to < from {
        if unmap(cx, id, to, from).is_err() {
            return refused;
        }
    } else if to > from {
        // A page is kept free below the next mapping.
        let next = space
            .vmas
            .get(space.vmas.partition_point(|v| v.end <= from));
        if next.is_some_and(|next| to + 1 > next.start_with_gap()) {
            return refused;
        }
        let vma = Vma {
            start: from,
            end: to,
            prot: Prot::READ.with(Prot::WRITE),
            may: Prot::ALL,
            sharing: Sharing::Private,
            backing: Backing::Anon,
            name: VmaName::Heap,
            traits: VmaTraits::ACCOUNT,
            anon: None,
        };
        if may_expand(cx, id, &vma, to - from).is_err() || Charge::pages(cx, to - from).is_err() {
            return refused;
        }
        insert(cx, id, vma);
    }
    if let Some(space) = cx.k.mm.spaces.get_mut(id) {
        space.brk = addr;
    }
    done(addr as i64)
}
