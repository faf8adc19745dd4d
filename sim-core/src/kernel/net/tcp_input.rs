//! TCP: what comes in.

use super::packet::{Body, End, Packet, Segment, TcpFlags, Tuple};
use super::sock::{self, Holder, SocketId, SocketKind};
use super::tcp::{self, Fin, RX_MAX, Stream, Tcp, TcpState};
use super::{SpaceId, ip};
use crate::kernel::{Ctx, Errno};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// tcp_v4_rcv.
pub(super) fn receive(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    src: Ipv4Addr,
    dst: Ipv4Addr,
    segment: &Segment,
) {
    let local = End {
        addr: dst,
        port: segment.dport,
    };
    let remote = End {
        addr: src,
        port: segment.sport,
    };
    if let Some(id) = connected(cx, space, local, remote) {
        return connection(cx, id, segment);
    }
    let is_syn = segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::ACK);
    if let Some(ns) = cx.k.net.spaces.get_mut(space) {
        let is_it = |tw: &super::space::TimeWait| tw.local == local && tw.remote == remote;
        if ns.time_wait.iter().any(is_it) {
            if !is_syn {
                return;
            }
            // A new connection may take the place of the old one.
            ns.time_wait.retain(|tw| !is_it(tw));
        }
    }
    match listener(cx, space, local) {
        Some(id) if is_syn => welcome(cx, id, local, remote, segment),
        Some(_) | None if segment.flags.has(TcpFlags::RST) => {}
        Some(_) | None => refuse(cx, space, local, remote, segment),
    }
}

fn connected(cx: &Ctx<'_>, space: SpaceId, local: End, remote: End) -> Option<SocketId> {
    let ids = cx.k.net.spaces.get(space)?.sockets.iter();
    let is_it = |tcp: &Tcp| {
        let is_open = !matches!(tcp.state, TcpState::Closed | TcpState::Listen);
        is_open && tcp.local == local && tcp.remote == remote
    };
    ids.copied().find(|id| cx.tcp(*id).is_some_and(is_it))
}

/// A listener on this very address is preferred to one on all.
fn listener(cx: &Ctx<'_>, space: SpaceId, local: End) -> Option<SocketId> {
    let ids = &cx.k.net.spaces.get(space)?.sockets;
    let find = |addr: Ipv4Addr| {
        let is_it = |tcp: &Tcp| {
            let end = End { addr, ..local };
            tcp.state == TcpState::Listen && tcp.local == end
        };
        ids.iter()
            .copied()
            .find(|id| cx.tcp(*id).is_some_and(is_it))
    };
    find(local.addr).or_else(|| find(Ipv4Addr::UNSPECIFIED))
}

/// tcp_v4_send_reset.
fn refuse(cx: &mut Ctx<'_>, space: SpaceId, local: End, remote: End, segment: &Segment) {
    let answer = Segment {
        sport: local.port,
        dport: remote.port,
        seq: segment.ack,
        ack: segment.seq.saturating_add(segment.len()),
        flags: TcpFlags::RST.with(TcpFlags::ACK),
        window: 0,
        data: Rc::from([]),
    };
    ip::send(
        cx,
        space,
        Packet::new(local.addr, remote.addr, Body::Tcp(answer)),
    );
}

/// nf_send_reset: what the rules reject is answered as if nobody listened; a reset is not.
pub(super) fn reject(cx: &mut Ctx<'_>, space: SpaceId, packet: &Packet) {
    let Body::Tcp(segment) = &packet.body else {
        return;
    };
    if !segment.flags.has(TcpFlags::RST) {
        let Tuple { src, dst, .. } = packet.tuple();
        refuse(cx, space, dst, src, segment);
    }
}

/// A connection comes in; with a full queue it is not heard.
fn welcome(cx: &mut Ctx<'_>, id: SocketId, local: End, remote: End, segment: &Segment) {
    let Ok(socket) = cx.socket(id) else { return };
    let (ns, space, reuse) = (socket.ns, socket.space, socket.reuse);
    let Some(tcp) = cx.tcp(id) else { return };
    if tcp.queue.len() > tcp.backlog {
        return;
    }
    let child = Tcp {
        state: TcpState::SynRecv,
        local,
        bound_addr: tcp.bound_addr,
        remote,
        parent: Some(id),
        rcv_nxt: 1,
        snd_nxt: 1,
        window: segment.window,
        ..Tcp::default()
    };
    let child = sock::insert(cx, ns, space, SocketKind::Tcp(child), Holder::Listener);
    if let Ok(socket) = cx.socket_mut(child) {
        socket.reuse = reuse;
    }
    let flags = TcpFlags::SYN.with(TcpFlags::ACK);
    tcp::emit(cx, child, 0, flags, Rc::from([]));
}

fn connection(cx: &mut Ctx<'_>, id: SocketId, segment: &Segment) {
    if segment.flags.has(TcpFlags::RST) {
        return reset(cx, id);
    }
    let Some(tcp) = cx.tcp_mut(id) else { return };
    match tcp.state {
        TcpState::SynSent => {
            let is_answer = segment.flags.has(TcpFlags::SYN.with(TcpFlags::ACK));
            if is_answer && segment.ack == 1 {
                tcp.state = TcpState::Established;
                tcp.snd_una = 1;
                tcp.rcv_nxt = 1;
                tcp.window = segment.window;
                tcp::acknowledge(cx, id);
                cx.wake_socket(id);
            }
            return;
        }
        TcpState::SynRecv => {
            if segment.flags.has(TcpFlags::SYN) {
                let flags = TcpFlags::SYN.with(TcpFlags::ACK);
                return tcp::emit(cx, id, 0, flags, Rc::from([]));
            }
            if !segment.flags.has(TcpFlags::ACK) || !arrive(cx, id) {
                return;
            }
        }
        TcpState::Closed | TcpState::Listen => return,
        TcpState::Established
        | TcpState::FinWait1
        | TcpState::FinWait2
        | TcpState::CloseWait
        | TcpState::Closing
        | TcpState::LastAck => {}
    }
    acknowledged(cx, id, segment);
    if segment.len() > 0 {
        data(cx, id, segment);
    }
    tcp::push(cx, id);
    cx.wake_socket(id);
}

/// The handshake is complete: the connection waits to be accepted, if there is room.
fn arrive(cx: &mut Ctx<'_>, id: SocketId) -> bool {
    let Some(parent) = cx.tcp(id).and_then(|tcp| tcp.parent) else {
        return false;
    };
    let Some(listener) = cx.tcp_mut(parent) else {
        return false;
    };
    if listener.queue.len() > listener.backlog {
        return false;
    }
    listener.queue.push_back(id);
    if let Some(tcp) = cx.tcp_mut(id) {
        tcp.state = TcpState::Established;
        tcp.snd_una = 1;
        tcp.parent = None;
    }
    cx.wake_socket(parent);
    true
}

fn acknowledged(cx: &mut Ctx<'_>, id: SocketId, segment: &Segment) {
    let Some(tcp) = cx.tcp_mut(id) else { return };
    if !segment.flags.has(TcpFlags::ACK) || segment.ack > tcp.snd_nxt {
        return;
    }
    let n = segment.ack.saturating_sub(tcp.snd_una);
    let bytes = (n as usize).min(tcp.tx.len());
    tcp.tx.drain(..bytes);
    tcp.snd_una = tcp.snd_una.max(segment.ack);
    tcp.window = segment.window;
    if tcp.fin != Fin::Sent || segment.ack != tcp.snd_nxt {
        return;
    }
    match tcp.state {
        TcpState::FinWait1 => tcp.state = TcpState::FinWait2,
        TcpState::Closing => tcp::time_wait(cx, id),
        TcpState::LastAck => {
            tcp.state = TcpState::Closed;
            gone(cx, id);
        }
        TcpState::Closed
        | TcpState::Listen
        | TcpState::SynSent
        | TcpState::SynRecv
        | TcpState::Established
        | TcpState::FinWait2
        | TcpState::CloseWait => {}
    }
}

/// A closed connection that nobody holds disappears.
fn gone(cx: &mut Ctx<'_>, id: SocketId) {
    match cx.socket(id).map(|s| s.holder) {
        Ok(Holder::Nobody { .. }) => sock::remove(cx, id),
        Ok(Holder::File | Holder::Listener) => cx.wake_socket(id),
        Err(_) => {}
    }
}

fn data(cx: &mut Ctx<'_>, id: SocketId, segment: &Segment) {
    let Ok(holder) = cx.socket(id).map(|s| s.holder) else {
        return;
    };
    if matches!(holder, Holder::Nobody { .. }) && !segment.data.is_empty() {
        // Nobody will ever read it.
        return tcp::abort(cx, id);
    }
    let Some(tcp) = cx.tcp_mut(id) else { return };
    // What was heard before is passed over.
    let known = tcp.rcv_nxt.saturating_sub(segment.seq);
    if segment.seq <= tcp.rcv_nxt {
        let room = RX_MAX.saturating_sub(tcp.rx.len() as u64);
        let news = segment.data.iter().skip(known as usize);
        let before = tcp.rx.len();
        tcp.rx.extend(news.take(room as usize));
        tcp.rcv_nxt += (tcp.rx.len() - before) as u64;
        let is_whole = tcp.rcv_nxt == segment.seq + segment.data.len() as u64;
        if segment.flags.has(TcpFlags::FIN) && is_whole && tcp.input != Stream::Ended {
            tcp.rcv_nxt += 1;
            end_of_stream(cx, id);
        }
    }
    if cx.tcp(id).is_some_and(|tcp| tcp.state != TcpState::Closed) {
        tcp::acknowledge(cx, id);
    }
}

fn end_of_stream(cx: &mut Ctx<'_>, id: SocketId) {
    let Some(tcp) = cx.tcp_mut(id) else { return };
    tcp.input = Stream::Ended;
    match tcp.state {
        TcpState::Established => tcp.state = TcpState::CloseWait,
        TcpState::FinWait1 => tcp.state = TcpState::Closing,
        TcpState::FinWait2 => {
            // Acknowledged while the connection can still be told.
            tcp::acknowledge(cx, id);
            tcp::time_wait(cx, id);
        }
        TcpState::Closed
        | TcpState::Listen
        | TcpState::SynSent
        | TcpState::SynRecv
        | TcpState::CloseWait
        | TcpState::Closing
        | TcpState::LastAck => {}
    }
}

/// tcp_reset.
fn reset(cx: &mut Ctx<'_>, id: SocketId) {
    let Some(tcp) = cx.tcp_mut(id) else { return };
    let errno = match tcp.state {
        TcpState::SynSent => Errno::ECONNREFUSED,
        TcpState::CloseWait => Errno::EPIPE,
        TcpState::SynRecv => return sock::remove(cx, id),
        TcpState::Closed | TcpState::Listen => return,
        TcpState::Established
        | TcpState::FinWait1
        | TcpState::FinWait2
        | TcpState::Closing
        | TcpState::LastAck => Errno::ECONNRESET,
    };
    tcp.state = TcpState::Closed;
    if tcp.input == Stream::Open {
        tcp.input = Stream::Shut;
    }
    tcp.output = Stream::Shut;
    // What has come in can still be read.
    tcp.tx.clear();
    if let Ok(socket) = cx.socket_mut(id) {
        socket.error = Some(errno);
    }
    gone(cx, id);
}
