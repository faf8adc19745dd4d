//! Reading from and writing to sockets.

use super::packet::End;
use super::requests::SockAddr;
use super::sock::{SocketId, SocketKind};
use super::tcp::{self, RX_MAX, Stream, TX_MAX, TcpState};
use super::{ip, udp, unix};
use crate::kernel::fs;
use crate::kernel::rule::Why;
use crate::kernel::syscall::{InBuf, MsgFlags, OpenFlags, OutBuf, SysResult, done};
use crate::kernel::{BlockReason, Ctx, Errno, Outcome, Reply, Signal};

/// What somebody waits for at a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    Connection,
    Data,
    Room,
}

/// Waits at a socket, or says EAGAIN.
pub(super) fn wait(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, what: Wanted) -> SysResult {
    wait_at(cx, id, id, flags, what)
}

/// Waits at a socket for the sake of another.
pub(super) fn wait_at(
    cx: &mut Ctx<'_>,
    at: SocketId,
    _of: SocketId,
    flags: OpenFlags,
    what: Wanted,
) -> SysResult {
    forbid!(cx.why, WouldBlock, if flags.has(OpenFlags::NONBLOCK))?;
    let task = cx.task;
    cx.socket_mut(at)?.wait.add(task);
    Ok(Outcome::Block(match what {
        Wanted::Connection => BlockReason::SocketConnection(at),
        Wanted::Data => BlockReason::SocketData(at),
        Wanted::Room => BlockReason::SocketRoom(at),
    }))
}

/// EPIPE with its signal.
pub(super) fn broken(cx: &mut Ctx<'_>) -> SysResult {
    let task = cx.task;
    cx.send_signal(task, Signal::SIGPIPE);
    Err(refuse!(cx.why, SocketPeerGone))
}

/// After some bytes went out: all, or so many before a signal, or wait for room.
pub(super) fn written(
    cx: &mut Ctx<'_>,
    id: SocketId,
    flags: OpenFlags,
    wanted: usize,
    total: usize,
    enqueue: impl FnOnce(&mut Ctx<'_>, SocketId),
) -> SysResult {
    if total == wanted || (flags.has(OpenFlags::NONBLOCK) && total > 0) {
        return done(total as i64);
    }
    forbid!(cx.why, WouldBlock, if flags.has(OpenFlags::NONBLOCK))?;
    let me = cx.me_mut()?;
    if me.signals.is_pending() && total > 0 {
        return done(total as i64);
    }
    if let Some(call) = me.call.as_mut() {
        call.progress = total as u64;
    }
    enqueue(cx, id);
    Ok(Outcome::Block(BlockReason::SocketRoom(id)))
}

/// read(2) of a socket.
///
/// # Errors
/// Those of recv(2).
pub fn read(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, buf: &OutBuf, len: u64) -> SysResult {
    // Whatever its state (sock_read_iter).
    if len == 0 {
        return done(0);
    }
    match cx.socket(id)?.kind {
        SocketKind::Tcp(_) => tcp_read(cx, id, flags, buf, len),
        SocketKind::Udp(_) | SocketKind::Raw(_) => match datagram(cx, id, flags, buf, len)? {
            Received::Wait(outcome) => Ok(outcome),
            Received::Got { outcome, .. } => Ok(outcome),
        },
        SocketKind::Unix(_) => unix::read(cx, id, flags, buf, len),
        // Requests are answered by their own calls; nothing else ever comes.
        SocketKind::Netlink => wait(cx, id, flags, Wanted::Data),
    }
}

/// write(2) of a socket.
///
/// # Errors
/// Those of send(2).
pub fn write(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, bytes: &[u8]) -> SysResult {
    match cx.socket(id)?.kind {
        SocketKind::Tcp(_) => tcp_write(cx, id, flags, bytes),
        SocketKind::Udp(_) | SocketKind::Raw(_) => {
            udp::send(cx, id, None, bytes)?;
            done(bytes.len() as i64)
        }
        SocketKind::Unix(_) => unix::write(cx, id, flags, bytes),
        SocketKind::Netlink => Err(refuse!(cx.why, NetlinkBytes)),
    }
}

fn tcp_read(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, buf: &OutBuf, len: u64) -> SysResult {
    let tcp = cx.tcp(id).ok_or(lost!(EBADF))?;
    forbid!(cx.why, SocketNotConnected, if tcp.state == TcpState::Listen)?;
    if tcp.rx.is_empty() && len > 0 {
        let (state, input) = (tcp.state, tcp.input);
        // The end of the stream is told as often as it is asked for, and before an error.
        if input == Stream::Ended {
            return done(0);
        }
        if let Some(errno) = cx.take_error(id) {
            return Err(errno);
        }
        return match (state, input) {
            (_, Stream::Shut | Stream::Ended) => done(0),
            (TcpState::Closed, Stream::Open) => Err(refuse!(cx.why, SocketNotConnected)),
            (_, Stream::Open) => wait(cx, id, flags, Wanted::Data),
        };
    }
    let n = tcp.rx.len().min(len as usize);
    let was_full = tcp.rx.len() as u64 >= RX_MAX / 2;
    cx.prepare_out(buf, n as u64)?;
    let tcp = cx.tcp_mut(id).ok_or(lost!(EBADF))?;
    let bytes: Vec<u8> = tcp.rx.drain(..n).collect();
    if was_full {
        tcp::acknowledge(cx, id);
        ip::flush(cx);
    }
    cx.deliver_out(buf, &bytes)
}

fn tcp_write(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, bytes: &[u8]) -> SysResult {
    let already = cx.me()?.call.as_ref().map_or(0, |c| c.progress) as usize;
    let tcp = cx.tcp(id).ok_or(lost!(EBADF))?;
    let is_open = matches!(tcp.state, TcpState::Established | TcpState::CloseWait);
    if tcp.state == TcpState::SynSent {
        return wait(cx, id, flags, Wanted::Room);
    }
    if !is_open || tcp.output == Stream::Shut {
        return match cx.take_error(id) {
            Some(Errno::EPIPE) | None => broken(cx),
            Some(errno) => Err(errno),
        };
    }
    let tcp = cx.tcp_mut(id).ok_or(lost!(EBADF))?;
    // What is not acknowledged by now was lost: it is sent again with the new bytes.
    tcp.snd_nxt = tcp.snd_una;
    let rest = bytes.get(already..).unwrap_or_default();
    let n = TX_MAX.saturating_sub(tcp.tx.len()).min(rest.len());
    tcp.tx.extend(rest.iter().take(n));
    tcp::push(cx, id);
    ip::flush(cx);
    written(cx, id, flags, bytes.len(), already + n, |cx, id| {
        let task = cx.task;
        if let Ok(socket) = cx.socket_mut(id) {
            socket.wait.add(task);
        }
    })
}

enum Received {
    Wait(Outcome),
    Got { outcome: Outcome, from: End },
}

/// One datagram; what does not fit is lost.
fn datagram(
    cx: &mut Ctx<'_>,
    id: SocketId,
    flags: OpenFlags,
    buf: &OutBuf,
    len: u64,
) -> Result<Received, Errno> {
    if let Some(errno) = cx.take_error(id) {
        return Err(errno);
    }
    let first = match &cx.socket(id)?.kind {
        SocketKind::Udp(d) | SocketKind::Raw(d) => d.inbox.front().cloned(),
        _ => None,
    };
    let Some((from, data)) = first else {
        return Ok(Received::Wait(wait(cx, id, flags, Wanted::Data)?));
    };
    let part: Vec<u8> = data.iter().take(len as usize).copied().collect();
    cx.prepare_out(buf, part.len() as u64)?;
    if let SocketKind::Udp(d) | SocketKind::Raw(d) = &mut cx.socket_mut(id)?.kind {
        d.inbox.pop_front();
    }
    let outcome = cx.deliver_out(buf, &part)?;
    Ok(Received::Got { outcome, from })
}

fn with_flags(why: &Why, flags: OpenFlags, msg: MsgFlags) -> Result<OpenFlags, Errno> {
    forbid!(why, MsgFlagsModelled, msg.0, if msg.0 & !(MsgFlags::DONTWAIT.0 | MsgFlags::NOSIGNAL.0) != 0)?;
    Ok(match msg.has(MsgFlags::DONTWAIT) {
        true => flags.with(OpenFlags::NONBLOCK),
        false => flags,
    })
}

/// sendto(2). Only MSG_DONTWAIT is modelled; MSG_NOSIGNAL is refused.
///
/// # Errors
/// EBADF, ENOTSOCK, EISCONN for streams with an address, and those of the socket.
pub fn sys_sendto(
    cx: &mut Ctx<'_>,
    fd: i32,
    buf: InBuf,
    flags: MsgFlags,
    addr: SockAddr,
) -> SysResult {
    let (id, open) = fs::socket_of_fd(cx, fd)?;
    forbid!(cx.why, MsgFlagsModelled, flags.0, if flags.has(MsgFlags::NOSIGNAL))?;
    let open = with_flags(&cx.why, open, flags)?;
    let bytes = cx.take_in(&buf)?;
    let to = match addr {
        SockAddr::None => None,
        SockAddr::Inet { addr, port } => Some(End { addr, port }),
        SockAddr::Path(_) | SockAddr::Abstract(_) => return Err(refuse!(cx.why, SendAddress, fd)),
    };
    match cx.socket(id)?.kind {
        SocketKind::Udp(_) | SocketKind::Raw(_) => {
            udp::send(cx, id, to, &bytes)?;
            done(bytes.len() as i64)
        }
        // tcp(7) does not look at the address; unix(7) refuses one.
        SocketKind::Tcp(_) | SocketKind::Netlink => write(cx, id, open, &bytes),
        SocketKind::Unix(_) if to.is_some() => Err(refuse!(cx.why, SendAddress, fd)),
        SocketKind::Unix(_) => write(cx, id, open, &bytes),
    }
}

/// recvfrom(2); the sender of a datagram is in [`Reply::From`] if the buffer is by value.
///
/// # Errors
/// EBADF, ENOTSOCK, and those of the socket.
pub fn sys_recvfrom(cx: &mut Ctx<'_>, fd: i32, buf: OutBuf, flags: MsgFlags) -> SysResult {
    let (id, open) = fs::socket_of_fd(cx, fd)?;
    let open = with_flags(&cx.why, open, flags)?;
    let len = buf.len();
    match cx.socket(id)?.kind {
        SocketKind::Udp(_) | SocketKind::Raw(_) => match datagram(cx, id, open, &buf, len)? {
            Received::Wait(outcome) => Ok(outcome),
            Received::Got { outcome, from } => {
                let reply = std::mem::take(cx.me_mut()?.answer_data());
                if let Reply::Bytes(bytes) = reply {
                    let addr = SockAddr::Inet {
                        addr: from.addr,
                        port: from.port,
                    };
                    cx.reply(Reply::From { bytes, addr })?;
                }
                Ok(outcome)
            }
        },
        SocketKind::Tcp(_) | SocketKind::Unix(_) | SocketKind::Netlink => {
            read(cx, id, open, &buf, len)
        }
    }
}
