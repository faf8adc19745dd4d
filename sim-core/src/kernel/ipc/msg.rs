//! Message queues (ipc/msg.c).

use super::perm::{self, Found, Perm};
use super::{IPC_NOWAIT, IPC_RMID, IPC_SET, IPC_STAT};
use crate::kernel::syscall::{InBuf, OutBuf, SysResult, done};
use crate::kernel::task::WaitQueue;
use crate::kernel::{BlockReason, Ctx, Errno, Outcome, Reply};
use std::collections::VecDeque;
use std::rc::Rc;

/// struct msg_queue.
#[derive(Clone, Debug, Hash)]
pub struct MsgQueue {
    pub perm: Perm,
    pub messages: VecDeque<Msg>,
    pub senders: WaitQueue,
    pub receivers: WaitQueue,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Msg {
    pub kind: i64,
    pub text: Rc<[u8]>,
}

/// MSGMNI.
const MAX_QUEUES: usize = 32000;
/// MSGMAX, bytes of one message.
const MSGMAX: u64 = 8192;
/// MSGMNB, bytes in one queue.
const MSGMNB: u64 = 16384;
/// Flags of msgrcv(2).
const MSG_NOERROR: i32 = 0o10000;
const MSG_EXCEPT: i32 = 0o20000;
const MSG_COPY: i32 = 0o40000;

impl MsgQueue {
    fn bytes(&self) -> u64 {
        self.messages.iter().map(|m| m.text.len() as u64).sum()
    }
}

/// msgget(2).
///
/// # Errors
/// ENOENT, EEXIST, EACCES, ENOSPC as msgget(2) says.
pub fn sys_msgget(cx: &mut Ctx<'_>, key: i32, flags: i32) -> SysResult {
    let ns = cx.me()?.ns.ipc;
    let ids = &cx.k.ipc(ns)?.msg;
    if let Found::There(id) = perm::find(&cx.why, ids, key, flags, |queue| &queue.perm)? {
        perm::check(cx, &ids.get(&cx.why, id)?.perm, flags)?;
        return done(id);
    }
    forbid!(cx.why, MsgQueues, ids.len() => MAX_QUEUES, if ids.len() >= MAX_QUEUES)?;
    let queue = MsgQueue {
        perm: perm::new(cx, key, flags)?,
        messages: VecDeque::new(),
        senders: WaitQueue::default(),
        receivers: WaitQueue::default(),
    };
    done(cx.k.ipc_mut(ns)?.msg.add(queue))
}

/// Whose queue vanished while the caller slept hears EIDRM.
fn missing(cx: &Ctx<'_>, errno: Errno) -> Errno {
    let slept = cx.me().ok().and_then(|task| task.call.as_ref());
    match slept.is_some_and(|call| call.entries > 1) {
        true => refuse!(cx.why, IpcRemoved),
        false => errno,
    }
}

/// msgsnd(2), the type by value.
///
/// # Errors
/// EINVAL, EIDRM, EACCES, EAGAIN, EFAULT, EINTR as msgsnd(2) says.
pub fn sys_msgsnd(cx: &mut Ctx<'_>, id: i32, kind: i64, text: InBuf, flags: i32) -> SysResult {
    forbid!(cx.why, MsgsndArguments, kind => text.len(), if text.len() > MSGMAX || id < 0 || kind < 1)?;
    let text: Rc<[u8]> = match &text {
        InBuf::User { addr, len } => cx.copy_from_user(*addr, *len)?.into(),
        InBuf::Value(bytes) => bytes.clone(),
    };
    let ns = cx.me()?.ns.ipc;
    let queue = cx.k.ipc(ns)?.msg.get(&cx.why, id);
    let queue = queue.map_err(|errno| missing(cx, errno))?;
    perm::check(cx, &queue.perm, 0o222)?;
    let has_room =
        queue.bytes() + text.len() as u64 <= MSGMNB && (queue.messages.len() as u64) < MSGMNB;
    let task = cx.task;
    let queue = cx.k.ipc_mut(ns)?.msg.get_mut(&cx.why, id)?;
    if !has_room {
        forbid!(cx.why, MsgRoom, id, if flags & IPC_NOWAIT != 0)?;
        queue.senders.add(task);
        return Ok(Outcome::Block(BlockReason::MsgSend { ns, id }));
    }
    queue.messages.push_back(Msg { kind, text });
    let woken = queue.receivers.take();
    cx.wake_all(woken);
    done(0)
}

/// Which message a receiver wants (convert_mode, testmsg).
fn wanted(queue: &MsgQueue, kind: i64, flags: i32) -> Option<usize> {
    let mut messages = queue.messages.iter();
    match kind {
        0 => messages.next().map(|_| 0),
        1.. if flags & MSG_EXCEPT != 0 => messages.position(|m| m.kind != kind),
        1.. => messages.position(|m| m.kind == kind),
        // The lowest type that is not above; the first of those.
        _ => {
            let most = kind.checked_neg().unwrap_or(i64::MAX);
            let fitting = messages.enumerate().filter(|(_, m)| m.kind <= most);
            fitting.min_by_key(|(_, m)| m.kind).map(|(at, _)| at)
        }
    }
}

/// msgrcv(2): the text, and how many bytes.
///
/// # Errors
/// EINVAL, EIDRM, EACCES, E2BIG, ENOMSG, EFAULT, EINTR as msgrcv(2) says; ENOSYS for MSG_COPY.
pub fn sys_msgrcv(cx: &mut Ctx<'_>, id: i32, buf: OutBuf, kind: i64, flags: i32) -> SysResult {
    forbid!(cx.why, MsgrcvArguments, id, if id < 0 || buf.len() > i64::MAX as u64)?;
    if flags & MSG_COPY != 0 {
        return Err(Errno::ENOSYS);
    }
    let ns = cx.me()?.ns.ipc;
    let queue = cx.k.ipc(ns)?.msg.get(&cx.why, id);
    let queue = queue.map_err(|errno| missing(cx, errno))?;
    perm::check(cx, &queue.perm, 0o444)?;
    let at = wanted(queue, kind, flags);
    let task = cx.task;
    let queue = cx.k.ipc_mut(ns)?.msg.get_mut(&cx.why, id)?;
    let Some((at, message)) = at.and_then(|at| Some((at, queue.messages.get(at)?.clone()))) else {
        forbid!(cx.why, MsgWaiting, id, if flags & IPC_NOWAIT != 0)?;
        queue.receivers.add(task);
        return Ok(Outcome::Block(BlockReason::MsgReceive { ns, id }));
    };
    forbid!(cx.why, MsgFits, message.text.len() => buf.len(), if message.text.len() as u64 > buf.len() && flags & MSG_NOERROR == 0)?;
    queue.messages.remove(at);
    let woken = queue.senders.take();
    cx.wake_all(woken);
    let length = message.text.len().min(buf.len() as usize);
    let text = message.text.get(..length).unwrap_or_default();
    match buf {
        OutBuf::User { addr, .. } => cx.copy_to_user(addr, text)?,
        OutBuf::Value { .. } => cx.reply(Reply::Bytes(text.into()))?,
    }
    done(length as i64)
}

/// msgctl(2): IPC_RMID, IPC_SET with the values given, IPC_STAT into [`Reply::Ipc`].
///
/// # Errors
/// EINVAL, EIDRM, EACCES, EPERM as msgctl(2) says; EINVAL for other commands.
pub fn sys_msgctl(
    cx: &mut Ctx<'_>,
    id: i32,
    command: i32,
    uid: u32,
    gid: u32,
    mode: u16,
) -> SysResult {
    let ns = cx.me()?.ns.ipc;
    let queue = cx.k.ipc(ns)?.msg.get(&cx.why, id)?;
    let (perm, bytes, count) = (queue.perm, queue.bytes(), queue.messages.len() as u64);
    match command {
        IPC_STAT => {
            perm::check(cx, &perm, 0o444)?;
            cx.reply(Reply::Ipc(perm.stat(bytes, count)))?;
        }
        IPC_SET => {
            perm::check_owner(cx, &perm)?;
            let queue = cx.k.ipc_mut(ns)?.msg.get_mut(&cx.why, id)?;
            let perm = &mut queue.perm;
            (perm.uid, perm.gid, perm.mode) = (uid, gid, mode & 0o777);
            // Who sleeps looks again whether it still may.
            let mut woken = queue.receivers.take();
            woken.append(queue.senders.take());
            cx.wake_all(woken);
        }
        IPC_RMID => {
            perm::check_owner(cx, &perm)?;
            if let Some(mut queue) = cx.k.ipc_mut(ns)?.msg.remove(id) {
                let mut woken = queue.receivers.take();
                woken.append(queue.senders.take());
                cx.wake_all(woken);
            }
        }
        _ => return Err(refuse!(cx.why, IpcCommand, command)),
    }
    done(0)
}
