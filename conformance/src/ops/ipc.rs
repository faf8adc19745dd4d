//! System V shared memory and message queues.

use super::Op;
use super::processes::number;
use crate::hands::{Halt, Hands, OpResult, Region};
use serde_json::json;
use sim_core::kernel::ipc::{IPC_CREAT, IPC_EXCL, IPC_NOWAIT, IPC_RMID, IPC_STAT};
use sim_core::kernel::syscall::{InBuf, OutBuf};
use sim_core::kernel::{Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("shmget", shmget),
    ("shmat", shmat),
    ("shmdt", shmdt),
    ("shmrm", shmrm),
    ("shmstat", shmstat),
    ("msgget", msgget),
    ("msgsnd", msgsnd),
    ("msgrcv", msgrcv),
];

const SHM_RDONLY: i32 = 0o10000;

fn flags(hands: &Hands<'_>) -> Result<i32, Halt> {
    let mut flags = 0o600;
    if hands.params.flag("create")? {
        flags |= IPC_CREAT;
    }
    if hands.params.flag("excl")? {
        flags |= IPC_EXCL;
    }
    Ok(flags)
}

fn label(hands: &mut Hands<'_>, call: Syscall) -> OpResult {
    let (id, _) = hands.call(call)?;
    let label = hands.params.text("as")?;
    hands.notes.ipc.insert(label, id);
    Ok(json!(0))
}

fn id(hands: &Hands<'_>) -> Result<i32, Halt> {
    let label = hands.params.text("id")?;
    let id = hands.notes.ipc.get(&label);
    id.map(|id| *id as i32)
        .ok_or_else(|| Halt::Bad(format!("no object '{label}'")))
}

fn shmget(hands: &mut Hands<'_>) -> OpResult {
    let key = hands.params.int("key")?;
    let size = hands.params.number_or("n", 1)? as u64 * 4096;
    let flags = flags(hands)?;
    label(hands, Syscall::Shmget { key, size, flags })
}

fn shmat(hands: &mut Hands<'_>) -> OpResult {
    let (id, pages) = (id(hands)?, hands.params.number_or("n", 1)? as u64);
    let flags = match hands.params.flag("ro")? {
        true => SHM_RDONLY,
        false => 0,
    };
    let (addr, _) = hands.call(Syscall::Shmat { id, addr: 0, flags })?;
    let label = hands.params.text("r")?;
    let addr = addr as u64;
    hands.notes.regions.insert(label, Region { addr, pages });
    Ok(json!(0))
}

fn shmdt(hands: &mut Hands<'_>) -> OpResult {
    let addr = hands.region("r")?.addr;
    number(hands, Syscall::Shmdt { addr })
}

fn shmctl(hands: &Hands<'_>, command: i32) -> Result<Syscall, Halt> {
    Ok(Syscall::Shmctl {
        id: id(hands)?,
        command,
        uid: 0,
        gid: 0,
        mode: 0,
    })
}

fn shmrm(hands: &mut Hands<'_>) -> OpResult {
    let call = shmctl(hands, IPC_RMID)?;
    number(hands, call)
}

fn shmstat(hands: &mut Hands<'_>) -> OpResult {
    let call = shmctl(hands, IPC_STAT)?;
    match hands.call(call)?.1 {
        Reply::Ipc(stat) => Ok(json!({ "nattch": stat.count, "size": stat.bytes })),
        other => Err(Halt::Bad(format!("shmctl answered {other:?}"))),
    }
}

fn msgget(hands: &mut Hands<'_>) -> OpResult {
    let key = hands.params.int("key")?;
    let flags = flags(hands)?;
    label(hands, Syscall::Msgget { key, flags })
}

fn msgsnd(hands: &mut Hands<'_>) -> OpResult {
    let text = hands.params.text("data")?.into_bytes();
    let call = Syscall::Msgsnd {
        id: id(hands)?,
        kind: 1,
        text: InBuf::Value(text.into()),
        flags: IPC_NOWAIT,
    };
    number(hands, call)
}

fn msgrcv(hands: &mut Hands<'_>) -> OpResult {
    let call = Syscall::Msgrcv {
        id: id(hands)?,
        buf: OutBuf::Value { len: 4096 },
        kind: 0,
        flags: match hands.params.flag("nowait")? {
            true => IPC_NOWAIT,
            false => 0,
        },
    };
    match hands.call(call)?.1 {
        Reply::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned().into()),
        other => Err(Halt::Bad(format!("msgrcv answered {other:?}"))),
    }
}
