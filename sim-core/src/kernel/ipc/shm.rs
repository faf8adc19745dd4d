//! Shared memory segments (ipc/shm.c): files without a name that processes map.

use super::perm::{self, Found, Perm};
use super::{IPC_PRIVATE, IPC_RMID, IPC_SET, IPC_STAT};
use crate::hw::PAGE_BYTES;
use crate::kernel::fs::{self, InodeId};
use crate::kernel::mm::{self, Backing};
use crate::kernel::syscall::{SysResult, done};
use crate::kernel::{Ctx, Kernel, Reply};

/// struct shmid_kernel.
#[derive(Clone, Debug, Hash)]
pub struct Segment {
    pub perm: Perm,
    /// Holds the pages; the segment itself holds it once.
    pub file: InodeId,
    pub bytes: u64,
    pub fate: Fate,
}

/// Whether it goes with its last attachment (SHM_DEST).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    Stays,
    /// Removed, and attached still.
    Dest,
}

/// SHMMNI.
const MAX_SEGMENTS: usize = 4096;
/// What the model keeps of one file.
const MAX_BYTES: u64 = 1 << 30;
/// Flags of shmat(2).
const SHM_RDONLY: i32 = 0o10000;
const SHM_RND: i32 = 0o20000;
const SHM_REMAP: i32 = 0o40000;
const SHM_EXEC: i32 = 0o100_000;
const PAGE: u64 = PAGE_BYTES as u64;

/// shmget(2).
///
/// # Errors
/// As shmget(2) says. A segment beyond 1 GiB is ENOSPC; SHM_HUGETLB is EINVAL.
pub fn sys_shmget(cx: &mut Ctx<'_>, key: i32, size: u64, flags: i32) -> SysResult {
    let ns = cx.me()?.ns.ipc;
    forbid!(cx.why, ShmgetFlags, flags, if flags & 0o4000 != 0)?;
    let ids = &cx.k.ipc(ns)?.shm;
    if let Found::There(id) = perm::find(&cx.why, ids, key, flags, |segment| &segment.perm)? {
        let segment = ids.get(&cx.why, id)?;
        forbid!(cx.why, ShmgetSize, size => segment.bytes, if size > segment.bytes)?;
        perm::check(cx, &segment.perm, flags)?;
        return done(id);
    }
    forbid!(cx.why, ShmgetSize, size, if size == 0)?;
    mm::may_promise(cx, size / PAGE)?;
    forbid!(cx.why, ShmSegments, size => MAX_BYTES, if ids.len() >= MAX_SEGMENTS || size > MAX_BYTES)?;
    let perm = perm::new(cx, key, flags)?;
    let file = fs::shmem_file(cx.k, size);
    fs::hold_mapped(cx.k, file);
    let segment = Segment {
        perm,
        file,
        bytes: size,
        fate: Fate::Stays,
    };
    done(cx.k.ipc_mut(ns)?.shm.add(segment))
}

/// shmat(2): the address.
///
/// # Errors
/// EINVAL, EIDRM, EACCES, ENOMEM as shmat(2) says.
pub fn sys_shmat(cx: &mut Ctx<'_>, id: i32, addr: u64, flags: i32) -> SysResult {
    let ns = cx.me()?.ns.ipc;
    let mut place = addr;
    if addr == 0 {
        forbid!(cx.why, ShmatRemap, flags, if flags & SHM_REMAP != 0)?;
    } else if !addr.is_multiple_of(PAGE) {
        forbid!(cx.why, AddressAligned, addr, if flags & SHM_RND == 0)?;
        place = addr - addr % PAGE;
        forbid!(cx.why, ShmatRemap, flags, if place == 0 && flags & SHM_REMAP != 0)?;
    }
    let is_read_only = flags & SHM_RDONLY != 0;
    let mut asked = if is_read_only { 0o444 } else { 0o666 };
    if flags & SHM_EXEC != 0 {
        asked |= 0o111;
    }
    let segment = cx.k.ipc(ns)?.shm.get(&cx.why, id)?.clone();
    perm::check(cx, &segment.perm, asked)?;
    let access = match is_read_only {
        true => mm::ShmAccess::Read,
        false => mm::ShmAccess::Write,
    };
    let place = match (place, flags & SHM_REMAP != 0) {
        (0, _) => mm::ShmPlace::Anywhere,
        (at, false) => mm::ShmPlace::Free(at),
        (at, true) => mm::ShmPlace::Over(at),
    };
    let at = mm::attach(
        cx,
        segment.file,
        segment.bytes,
        segment.perm.key,
        access,
        place,
    )?;
    done(at as i64)
}

/// shmdt(2).
///
/// # Errors
/// EINVAL if no segment is attached at this address.
pub fn sys_shmdt(cx: &mut Ctx<'_>, addr: u64) -> SysResult {
    mm::detach(cx, addr)?;
    done(0)
}

/// Mappings of a segment in all processes (shm_nattch).
fn attachments(k: &Kernel, file: InodeId) -> u64 {
    let all = k.mm.spaces.iter();
    let vmas = all.flat_map(|(_, space)| space.vmas.iter());
    let of_file =
        |vma: &&mm::Vma| matches!(vma.backing, Backing::File { inode, .. } if inode == file);
    vmas.filter(of_file).count() as u64
}

/// A mapping of a segment's file is gone; a removed segment goes with its last (shm_close).
pub fn detached(cx: &mut Ctx<'_>, file: InodeId) {
    let found = cx.k.ns.iter().find_map(|(ns, _)| {
        let ids = &cx.k.ipc(ns).ok()?.shm;
        let mut removed = ids.iter().filter(|(_, s)| s.fate == Fate::Dest);
        removed
            .find(|(_, s)| s.file == file)
            .map(|(id, _)| (ns, id))
    });
    if let Some((ns, id)) = found
        && attachments(cx.k, file) == 0
        && let Ok(ipc) = cx.k.ipc_mut(ns)
    {
        ipc.shm.remove(id);
        fs::release_mapped(cx, file);
    }
}

/// shmctl(2): IPC_RMID, IPC_SET with the values given, IPC_STAT into [`Reply::Ipc`].
///
/// # Errors
/// EINVAL, EIDRM, EACCES, EPERM as shmctl(2) says; EINVAL for other commands.
pub fn sys_shmctl(
    cx: &mut Ctx<'_>,
    id: i32,
    command: i32,
    uid: u32,
    gid: u32,
    mode: u16,
) -> SysResult {
    let ns = cx.me()?.ns.ipc;
    let segment = cx.k.ipc(ns)?.shm.get(&cx.why, id)?.clone();
    match command {
        IPC_STAT => {
            perm::check(cx, &segment.perm, 0o444)?;
            let count = attachments(cx.k, segment.file);
            let mut stat = segment.perm.stat(segment.bytes, count);
            if segment.fate == Fate::Dest {
                // SHM_DEST: it goes with its last attachment.
                stat.mode |= 0o1000;
            }
            cx.reply(Reply::Ipc(stat))?;
        }
        IPC_SET => {
            perm::check_owner(cx, &segment.perm)?;
            let perm = &mut cx.k.ipc_mut(ns)?.shm.get_mut(&cx.why, id)?.perm;
            (perm.uid, perm.gid, perm.mode) = (uid, gid, mode & 0o777);
        }
        IPC_RMID => {
            perm::check_owner(cx, &segment.perm)?;
            if attachments(cx.k, segment.file) > 0 {
                let segment = cx.k.ipc_mut(ns)?.shm.get_mut(&cx.why, id)?;
                segment.fate = Fate::Dest;
                segment.perm.key = IPC_PRIVATE;
            } else {
                cx.k.ipc_mut(ns)?.shm.remove(id);
                fs::release_mapped(cx, segment.file);
            }
        }
        _ => return Err(refuse!(cx.why, IpcCommand, command)),
    }
    done(0)
}
