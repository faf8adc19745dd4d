//! TCP (tcp(7)): connecting, sending, closing.

use super::packet::{Body, End, Packet, Segment, TcpFlags};
use super::route::Way;
use super::sock::{self, Holder, SocketId, SocketKind};
use super::space::TimeWait;
use super::{bind, ip};
use crate::kernel::{Ctx, Errno};
use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Who has chosen a socket's port: one that connect(2) chose serves connections to other ends too
/// (__inet_hash_connect).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PortFrom {
    #[default]
    Bind,
    Connect,
}

/// State of a TCP socket.
#[derive(Clone, Debug, Hash)]
pub struct Tcp {
    pub state: TcpState,
    pub local: End,
    /// What bind(2) said, to go back to when a connection fails.
    pub bound_addr: Ipv4Addr,
    pub port: PortFrom,
    pub remote: End,
    /// Connections that may wait to be accepted: one more than that.
    pub backlog: usize,
    pub queue: VecDeque<SocketId>,
    /// The listener that it waits at to be accepted.
    pub parent: Option<SocketId>,
    pub rx: VecDeque<u8>,
    pub rcv_nxt: u64,
    /// Bytes from `snd_una` on: sent but not acknowledged, or not sent.
    pub tx: VecDeque<u8>,
    pub snd_una: u64,
    pub snd_nxt: u64,
    /// What the other side has room for.
    pub window: u64,
    pub fin: Fin,
    /// Nothing more comes in.
    pub input: Stream,
    /// Nothing more may be sent.
    pub output: Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Stream {
    #[default]
    Open,
    Shut,
    /// The other side has said that there is no more (SOCK_DONE).
    Ended,
}

/// Whether the end of the stream has been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fin {
    No,
    Wanted,
    Sent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynRecv,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
}

impl Default for Tcp {
    fn default() -> Self {
        Self {
            port: PortFrom::Bind,
            state: TcpState::Closed,
            local: End::ANY,
            bound_addr: Ipv4Addr::UNSPECIFIED,
            remote: End::ANY,
            backlog: 0,
            queue: VecDeque::new(),
            parent: None,
            rx: VecDeque::new(),
            rcv_nxt: 0,
            tx: VecDeque::new(),
            snd_una: 0,
            snd_nxt: 0,
            window: RX_MAX,
            fin: Fin::No,
            input: Stream::Open,
            output: Stream::Open,
        }
    }
}

/// Room for bytes that were not read (net.ipv4.tcp_rmem), and not acknowledged (tcp_wmem).
pub const RX_MAX: u64 = 262_144;
pub const TX_MAX: usize = 2_097_152;
/// Most bytes of one segment; there is no MTU.
const SEGMENT_MAX: u64 = 65_000;
/// TCP_TIMEWAIT_LEN and net.ipv4.tcp_fin_timeout.
pub const FIN_TIMEOUT_NS: u64 = 60_000_000_000;

impl Tcp {
    fn room(&self) -> u64 {
        RX_MAX.saturating_sub(self.rx.len() as u64)
    }
}

impl Ctx<'_> {
    pub(super) fn tcp(&self, id: SocketId) -> Option<&Tcp> {
        match &self.k.net.sockets.get(id)?.kind {
            SocketKind::Tcp(tcp) => Some(tcp),
            _ => None,
        }
    }

    pub(super) fn tcp_mut(&mut self, id: SocketId) -> Option<&mut Tcp> {
        match &mut self.k.net.sockets.get_mut(id)?.kind {
            SocketKind::Tcp(tcp) => Some(tcp),
            _ => None,
        }
    }
}

/// Sends a segment of a connection.
pub(super) fn emit(cx: &mut Ctx<'_>, id: SocketId, seq: u64, flags: TcpFlags, data: Rc<[u8]>) {
    let Ok(space) = cx.socket(id).map(|s| s.space) else {
        return;
    };
    let Some(tcp) = cx.tcp(id) else { return };
    let segment = Segment {
        sport: tcp.local.port,
        dport: tcp.remote.port,
        seq,
        ack: tcp.rcv_nxt,
        flags,
        window: tcp.room(),
        data,
    };
    let packet = Packet::new(tcp.local.addr, tcp.remote.addr, Body::Tcp(segment));
    ip::send(cx, space, packet);
}

pub(super) fn acknowledge(cx: &mut Ctx<'_>, id: SocketId) {
    if let Some(seq) = cx.tcp(id).map(|tcp| tcp.snd_nxt) {
        emit(cx, id, seq, TcpFlags::ACK, Rc::from([]));
    }
}

/// Sends what the other side has room for, and the end of the stream after the last byte.
pub(super) fn push(cx: &mut Ctx<'_>, id: SocketId) {
    while let Some(tcp) = cx.tcp_mut(id) {
        let is_open = matches!(
            tcp.state,
            TcpState::Established
                | TcpState::CloseWait
                | TcpState::FinWait1
                | TcpState::Closing
                | TcpState::LastAck
        );
        if !is_open || tcp.fin == Fin::Sent {
            return;
        }
        let flying = tcp.snd_nxt.saturating_sub(tcp.snd_una);
        let unsent = (tcp.tx.len() as u64).saturating_sub(flying);
        let n = unsent
            .min(tcp.window.saturating_sub(flying))
            .min(SEGMENT_MAX);
        let seq = tcp.snd_nxt;
        if n > 0 {
            let data = tcp.tx.iter().skip(flying as usize).take(n as usize);
            let data: Rc<[u8]> = data.copied().collect();
            tcp.snd_nxt += n;
            emit(cx, id, seq, TcpFlags::ACK, data);
        } else if unsent == 0 && tcp.fin == Fin::Wanted {
            tcp.fin = Fin::Sent;
            tcp.snd_nxt += 1;
            emit(cx, id, seq, TcpFlags::FIN.with(TcpFlags::ACK), Rc::from([]));
        } else {
            return;
        }
    }
}

/// tcp_v4_connect: chooses addresses and sends the first segment.
///
/// # Errors
/// ENETUNREACH, EADDRNOTAVAIL without a free port.
pub(super) fn start(cx: &mut Ctx<'_>, id: SocketId, to: End) -> Result<(), Errno> {
    let space = cx.socket(id)?.space;
    // ip_route_connect looks for a way twice: the second time from the loopback address to itself.
    let is_any = to.addr.is_unspecified();
    let to = match is_any {
        true => End {
            addr: Ipv4Addr::LOCALHOST,
            ..to
        },
        false => to,
    };
    let way =
        cx.k.net
            .way(space, to.addr)
            .ok_or_else(|| refuse!(cx.why, RouteExists))?;
    let source = match way {
        Way::Broadcast => return Err(refuse!(cx.why, RouteExists)),
        Way::Through { .. } if is_any || to.addr.is_multicast() => {
            return Err(refuse!(cx.why, RouteExists));
        }
        Way::Through { source, .. } => source.unwrap_or(Ipv4Addr::UNSPECIFIED),
        Way::Local { source } => source,
    };
    let mut local = cx.tcp(id).ok_or(lost!(EBADF))?.local;
    if local.addr.is_unspecified() {
        local.addr = source;
    }
    let mut port = cx.tcp(id).map_or(PortFrom::Bind, |tcp| tcp.port);
    if local.port == 0 {
        let is_taken = |cx: &mut Ctx<'_>, local| bind::is_connection_taken(cx, id, local, to);
        local.port = bind::search_port(cx, id, local.addr, is_taken)
            .ok_or_else(|| refuse!(cx.why, PortLeft))?;
        port = PortFrom::Connect;
    }
    let bound_addr = cx.tcp(id).map_or(local.addr, |tcp| tcp.bound_addr);
    let tcp = cx.tcp_mut(id).ok_or(lost!(EBADF))?;
    *tcp = Tcp {
        state: TcpState::SynSent,
        local,
        bound_addr,
        port,
        remote: to,
        snd_nxt: 1,
        ..Tcp::default()
    };
    emit(cx, id, 0, TcpFlags::SYN, Rc::from([]));
    ip::flush(cx);
    Ok(())
}

/// Nothing more will be sent: after the last byte comes the end.
pub(super) fn shut_output(cx: &mut Ctx<'_>, id: SocketId) {
    let Some(tcp) = cx.tcp_mut(id) else { return };
    tcp.output = Stream::Shut;
    tcp.state = match tcp.state {
        TcpState::Established | TcpState::SynRecv => TcpState::FinWait1,
        TcpState::CloseWait => TcpState::LastAck,
        other => other,
    };
    if matches!(tcp.state, TcpState::FinWait1 | TcpState::LastAck) && tcp.fin == Fin::No {
        tcp.fin = Fin::Wanted;
    }
    push(cx, id);
}

/// Ends a connection at once, and lets the other side know.
pub(super) fn abort(cx: &mut Ctx<'_>, id: SocketId) {
    if let Some(seq) = cx.tcp(id).map(|tcp| tcp.snd_nxt) {
        let flags = TcpFlags::RST.with(TcpFlags::ACK);
        emit(cx, id, seq, flags, Rc::from([]));
    }
    sock::remove(cx, id);
}

/// tcp_close: a listener resets those who wait; bytes that nobody read reset the connection.
pub(super) fn close(cx: &mut Ctx<'_>, id: SocketId) {
    let Some(tcp) = cx.tcp_mut(id) else { return };
    match tcp.state {
        TcpState::Closed | TcpState::SynSent => sock::remove(cx, id),
        TcpState::Listen => {
            let waiting = std::mem::take(&mut tcp.queue);
            for child in waiting {
                abort(cx, child);
            }
            let half = cx.k.net.sockets.iter();
            let is_half = |s: &sock::Socket| match &s.kind {
                SocketKind::Tcp(tcp) => tcp.parent == Some(id),
                _ => false,
            };
            let half: Vec<SocketId> = half.filter(|(_, s)| is_half(s)).map(|(c, _)| c).collect();
            half.into_iter().for_each(|child| sock::remove(cx, child));
            sock::remove(cx, id);
        }
        TcpState::SynRecv
        | TcpState::Established
        | TcpState::FinWait1
        | TcpState::FinWait2
        | TcpState::CloseWait
        | TcpState::Closing
        | TcpState::LastAck => {
            if tcp.rx.is_empty() {
                shut_output(cx, id);
            } else {
                abort(cx, id);
            }
        }
    }
}

/// The connection is over in order; its port stays taken for a while.
pub(super) fn time_wait(cx: &mut Ctx<'_>, id: SocketId) {
    let until_ns = cx.now_ns.saturating_add(FIN_TIMEOUT_NS);
    let Ok(socket) = cx.socket(id) else { return };
    let (space, reuse, holder) = (socket.space, socket.reuse, socket.holder);
    let Some(tcp) = cx.tcp_mut(id) else { return };
    let (local, remote) = (tcp.local, tcp.remote);
    tcp.state = TcpState::Closed;
    tcp.output = Stream::Shut;
    if let Some(ns) = cx.k.net.spaces.get_mut(space) {
        ns.time_wait.push(TimeWait {
            local,
            remote,
            reuse,
            until_ns,
        });
    }
    match holder {
        Holder::Nobody { .. } => sock::remove(cx, id),
        Holder::File | Holder::Listener => cx.wake_socket(id),
    }
}
