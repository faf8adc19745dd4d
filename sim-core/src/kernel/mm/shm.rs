//! Attaching and detaching System V segments.

use super::mapping::{TASK_SIZE, find_room, unmap};
use super::syscalls::{PAGE, map_region, my_space, page_align};
use super::{Backing, Sharing, Vma, VmaName, VmaTraits};
use crate::hw::Mmu;
use crate::kernel::fs::InodeId;
use crate::kernel::syscall::Prot;
use crate::kernel::{Ctx, Errno};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShmAccess {
    Read,
    Write,
}

/// Where an attachment goes; addresses in bytes, aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShmPlace {
    Anywhere,
    Free(u64),
    /// SHM_REMAP: over what is there.
    Over(u64),
}

/// Maps a segment (do_shmat): the address.
///
/// # Errors
/// EINVAL where something is mapped, ENOMEM; ENOSYS without an MMU.
pub fn attach(
    cx: &mut Ctx<'_>,
    file: InodeId,
    bytes: u64,
    key: i32,
    access: ShmAccess,
    place: ShmPlace,
) -> Result<u64, Errno> {
    // Linux gives what lies in one piece of memory; that is not modelled.
    forbid!(cx.why, MmuPresent, if cx.hw.mmu == Mmu::None)?;
    let id = my_space(cx)?;
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(ENOMEM))?;
    let pages = page_align(bytes).ok_or(lost!(EINVAL))? / PAGE;
    let start = match place {
        ShmPlace::Anywhere => {
            find_room(space, pages).ok_or_else(|| refuse!(cx.why, RoomForMapping, pages))?
        }
        ShmPlace::Free(at) | ShmPlace::Over(at) => at / PAGE,
    };
    let end = start
        .checked_add(pages)
        .ok_or_else(|| refuse!(cx.why, AddressRange, start => pages))?;
    let is_taken = space.vmas.iter().any(|v| v.start < end && v.end > start);
    forbid!(cx.why, ShmatFree, start => end, if is_taken && matches!(place, ShmPlace::Free(_)))?;
    forbid!(cx.why, RoomForMapping, end, if end > TASK_SIZE / PAGE)?;
    let (prot, may) = match access {
        ShmAccess::Read => (Prot::READ, Prot::READ.with(Prot::EXEC)),
        ShmAccess::Write => (Prot::READ.with(Prot::WRITE), Prot::ALL),
    };
    let vma = Vma {
        start,
        end,
        prot,
        may,
        sharing: Sharing::Shared,
        backing: Backing::File {
            inode: file,
            page: 0,
            by: None,
        },
        name: VmaName::Shm { key },
        traits: VmaTraits::default(),
        anon: None,
    };
    map_region(cx, id, vma)?;
    Ok(start * PAGE)
}

/// Unmaps the segment that begins at an address, all parts of it (ksys_shmdt).
///
/// # Errors
/// EINVAL if none does.
pub fn detach(cx: &mut Ctx<'_>, addr: u64) -> Result<(), Errno> {
    forbid!(cx.why, AddressAligned, addr, if !addr.is_multiple_of(PAGE))?;
    let id = my_space(cx)?;
    let first = addr / PAGE;
    let space = cx.k.mm.spaces.get(id).ok_or(lost!(EINVAL))?;
    let segment = |vma: &Vma| match (vma.name, vma.backing) {
        (VmaName::Shm { .. }, Backing::File { inode, page, .. }) if vma.start == first + page => {
            Some(inode)
        }
        _ => None,
    };
    let file = space
        .vmas
        .iter()
        .find_map(segment)
        .ok_or_else(|| refuse!(cx.why, ShmdtAttached, addr))?;
    let parts = space.vmas.iter().filter(|v| segment(v) == Some(file));
    let ranges: Vec<(u64, u64)> = parts.map(|v| (v.start, v.end)).collect();
    for (start, end) in ranges {
        unmap(cx, id, start, end)?;
    }
    Ok(())
}
