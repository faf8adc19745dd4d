//! System V IPC (sysvipc(7)): shared memory and message queues, per IPC namespace.

mod msg;
mod perm;
mod shm;

pub use msg::{Msg, MsgQueue, sys_msgctl, sys_msgget, sys_msgrcv, sys_msgsnd};
pub use perm::{Ids, Perm};
pub use shm::{Segment, detached, sys_shmat, sys_shmctl, sys_shmdt, sys_shmget};

use super::ns::{NsData, NsId};
use super::{Ctx, Errno, Kernel, fs};

/// struct ipc_namespace.
#[derive(Clone, Debug, Default, Hash)]
pub struct IpcNs {
    pub shm: Ids<Segment>,
    pub msg: Ids<MsgQueue>,
}

/// Bits of the `flags` of shmget(2) and msgget(2).
pub const IPC_CREAT: i32 = 0o1000;
pub const IPC_EXCL: i32 = 0o2000;
pub const IPC_NOWAIT: i32 = 0o4000;
/// The key of what has none.
pub const IPC_PRIVATE: i32 = 0;
/// Commands of shmctl(2) and msgctl(2).
pub const IPC_RMID: i32 = 0;
pub const IPC_SET: i32 = 1;
pub const IPC_STAT: i32 = 2;

/// What IPC_STAT tells: struct shmid_ds and struct msqid_ds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpcStat {
    pub key: i32,
    pub uid: u32,
    pub gid: u32,
    pub cuid: u32,
    pub cgid: u32,
    pub mode: u16,
    /// Bytes of the segment, or bytes in the queue.
    pub bytes: u64,
    /// Attachments of the segment, or messages in the queue.
    pub count: u64,
}

impl Kernel {
    pub(super) fn ipc(&self, id: NsId) -> Result<&IpcNs, Errno> {
        match self.ns.get(id).map(|ns| &ns.data) {
            Some(NsData::Ipc(ipc)) => Ok(ipc),
            _ => Err(lost!(EINVAL)),
        }
    }

    pub(super) fn ipc_mut(&mut self, id: NsId) -> Result<&mut IpcNs, Errno> {
        match self.ns.get_mut(id).map(|ns| &mut ns.data) {
            Some(NsData::Ipc(ipc)) => Ok(ipc),
            _ => Err(lost!(EINVAL)),
        }
    }
}

/// The namespace is gone (free_ipc_ns): so are its objects. Memory that is attached stays with
/// those who have it; nobody waits at a queue, as who would wait is in the namespace.
pub fn tear_down(cx: &mut Ctx<'_>, gone: &IpcNs) {
    for (_, segment) in gone.shm.iter() {
        fs::release_mapped(cx, segment.file);
    }
}
