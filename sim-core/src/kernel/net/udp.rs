//! UDP (udp(7)), and what raw sockets send.

use super::ip::Sent;
use super::packet::{self, Body, End, Icmp, Packet, Proto, Tuple};
use super::route::Way;
use super::sock::{SocketId, SocketKind};
use super::{SpaceId, bind, ip};
use crate::kernel::{Ctx, Errno};
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Largest datagram.
const DATA_MAX: usize = 65_507;

/// Sends a datagram; without an address to where the socket is connected.
///
/// # Errors
/// EDESTADDRREQ, EMSGSIZE, EINVAL for port 0, ENETUNREACH, EACCES for broadcasts, EAGAIN without
/// a free port, EPERM for what a filter of this host drops.
pub(super) fn send(
    cx: &mut Ctx<'_>,
    id: SocketId,
    to: Option<End>,
    data: &[u8],
) -> Result<(), Errno> {
    let socket = cx.socket(id)?;
    let (space, is_raw) = (socket.space, matches!(socket.kind, SocketKind::Raw(_)));
    let (local, remote) = match &socket.kind {
        SocketKind::Udp(d) | SocketKind::Raw(d) => (d.local, d.remote),
        _ => return Err(lost!(EOPNOTSUPP)),
    };
    forbid!(cx.why, DatagramSize, data.len() => DATA_MAX, if data.len() > DATA_MAX)?;
    forbid!(cx.why, DatagramPort, if to.is_some_and(|to| to.port == 0) && !is_raw)?;
    let to = to
        .or(remote)
        .ok_or_else(|| refuse!(cx.why, DatagramDestination))?;
    if let Some(error) = cx.take_error(id) {
        return Err(error);
    }
    let (source, to) = source(cx, space, local, to)?;
    let body = if is_raw {
        Body::Icmp(Icmp::from_bytes(data))
    } else {
        let local = match local {
            Some(local) => local,
            None => {
                let addr = Ipv4Addr::UNSPECIFIED;
                let port =
                    bind::free_port(cx, id, addr).ok_or_else(|| refuse!(cx.why, PortAvailable))?;
                bind::set_local(cx, id, End { addr, port })?;
                End { addr, port }
            }
        };
        Body::Udp {
            sport: local.port,
            dport: to.port,
            data: data.into(),
        }
    };
    let sent = ip::send_now(cx, space, Packet::new(source, to.addr, body));
    forbid!(cx.why, RouteExists, if sent == Sent::NoRoute)?;
    forbid!(cx.why, LoopbackSource, if sent == Sent::FromLoopback)?;
    forbid!(cx.why, PacketFilter, if sent == Sent::Dropped)
}

/// The source address of a datagram, and its destination with "any" made into this host.
///
/// # Errors
/// ENETUNREACH, EACCES.
pub(super) fn source(
    cx: &Ctx<'_>,
    space: SpaceId,
    local: Option<End>,
    to: End,
) -> Result<(Ipv4Addr, End), Errno> {
    let bound = local.map(|l| l.addr).filter(|a| !a.is_unspecified());
    let way =
        cx.k.net
            .way(space, to.addr)
            .ok_or_else(|| refuse!(cx.why, RouteExists))?;
    let source = match way {
        // SO_BROADCAST is not modelled.
        Way::Broadcast => return Err(refuse!(cx.why, BroadcastAllowed)),
        Way::Local { source } => Some(source),
        Way::Through { source, .. } => source,
    };
    let to = match to.addr.is_unspecified() {
        true => End {
            addr: bound.unwrap_or(Ipv4Addr::LOCALHOST),
            ..to
        },
        false => to,
    };
    let source = bound.or(source).unwrap_or(Ipv4Addr::UNSPECIFIED);
    Ok((source, to))
}

/// __udp4_lib_lookup: the most particular socket; of equal ones the newest.
fn lookup(cx: &Ctx<'_>, space: SpaceId, local: End, remote: End) -> Option<SocketId> {
    let mut best = None;
    let mut best_score = 0;
    for id in cx.k.net.spaces.get(space)?.sockets.iter().rev() {
        let Some(SocketKind::Udp(udp)) = cx.k.net.sockets.get(*id).map(|s| &s.kind) else {
            continue;
        };
        let Some(own) = udp.local.filter(|own| own.port == local.port) else {
            continue;
        };
        let is_any = own.addr.is_unspecified();
        if (!is_any && own.addr != local.addr) || udp.remote.is_some_and(|r| r != remote) {
            continue;
        }
        let score = 1 + u32::from(!is_any) + 2 * u32::from(udp.remote.is_some());
        if score > best_score {
            best_score = score;
            best = Some(*id);
        }
    }
    best
}

pub(super) fn receive(cx: &mut Ctx<'_>, space: SpaceId, packet: &Packet) {
    let Body::Udp { data, .. } = &packet.body else {
        return;
    };
    let Tuple { src, dst, .. } = packet.tuple();
    match lookup(cx, space, dst, src) {
        Some(id) => {
            if let Some(SocketKind::Udp(udp)) = cx.k.net.sockets.get_mut(id).map(|s| &mut s.kind) {
                udp.put(src, Rc::clone(data));
            }
            cx.wake_socket(id);
        }
        None => ip::unreachable(cx, space, packet::PORT_UNREACH, packet),
    }
}

/// An ICMP error about something that was sent: connected UDP sockets hear of it. A TCP
/// connection that is being made goes on trying (tcp_v4_err while the caller has the socket).
pub(super) fn error(cx: &mut Ctx<'_>, space: SpaceId, about: Tuple, icmp: &Icmp) {
    if about.proto != Proto::Udp || icmp.kind != packet::DEST_UNREACH {
        return;
    }
    let errno = match icmp.code {
        packet::PORT_UNREACH => Errno::ECONNREFUSED,
        packet::NET_UNREACH => Errno::ENETUNREACH,
        _ => Errno::EHOSTUNREACH,
    };
    let Some(id) = lookup(cx, space, about.src, about.dst) else {
        return;
    };
    if let Some(socket) = cx.k.net.sockets.get_mut(id)
        && let SocketKind::Udp(udp) = &socket.kind
        && udp.remote.is_some()
    {
        socket.error = Some(errno);
        cx.wake_socket(id);
    }
}
