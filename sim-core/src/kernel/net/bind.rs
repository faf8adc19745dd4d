//! Local addresses and ports (inet_csk_get_port, udp_lib_get_port).

use super::packet::End;
use super::sock::{Holder, Reuse, Socket, SocketId, SocketKind};
use super::space::LocalTable;
use super::tcp::{FIN_TIMEOUT_NS, PortFrom, Tcp, TcpState};
use super::{NetCap, SpaceId, is_capable, sock};
use crate::kernel::{Ctx, Errno};
use std::net::Ipv4Addr;

/// bind(2) of ip(7).
///
/// # Errors
/// EADDRNOTAVAIL, EACCES, EINVAL, EADDRINUSE, in this order.
pub(super) fn bind(cx: &mut Ctx<'_>, id: SocketId, end: End) -> Result<(), Errno> {
    let socket = cx.socket(id)?;
    let space = socket.space;
    let ns = cx.k.net.spaces.get(space).ok_or(lost!(ESRCH))?;
    let addr = end.addr;
    // Before the first address there is no table that could say no (inet_addr_type).
    let is_bare = ns.local_table == LocalTable::None;
    let is_valid = addr.is_unspecified()
        || is_bare
        || addr.is_multicast()
        || cx.k.net.is_local(space, addr)
        || cx.k.net.is_broadcast(space, addr);
    forbid!(cx.why, BindLocal, if !is_valid)?;
    let is_raw = matches!(socket.kind, SocketKind::Raw(_));
    let is_privileged = end.port != 0 && !is_raw && ns.is_privileged(end.port);
    forbid!(cx.why, BindPrivileged, end.port, if is_privileged && !is_capable(cx, ns.user_ns, NetCap::BindService))?;
    let is_bound = match &socket.kind {
        SocketKind::Tcp(tcp) => tcp.state != TcpState::Closed || tcp.local.port != 0,
        SocketKind::Udp(udp) => udp.local.is_some(),
        SocketKind::Raw(_) => false,
        SocketKind::Unix(_) | SocketKind::Netlink => return Err(lost!(EAFNOSUPPORT)),
    };
    forbid!(cx.why, BindOnce, id.as_u64(), if is_bound)?;
    let port = match end.port {
        0 if !is_raw => free_port(cx, id, addr).ok_or_else(|| refuse!(cx.why, PortFree))?,
        port => port,
    };
    forbid!(cx.why, PortFree, end.port, if !is_raw && is_conflict(cx, id, End { addr, port }))?;
    set_local(cx, id, End { addr, port })
}

pub(super) fn set_local(cx: &mut Ctx<'_>, id: SocketId, end: End) -> Result<(), Errno> {
    match &mut cx.socket_mut(id)?.kind {
        SocketKind::Tcp(tcp) => {
            tcp.local = end;
            tcp.bound_addr = end.addr;
        }
        SocketKind::Udp(udp) => udp.local = Some(end),
        SocketKind::Raw(raw) => raw.local = Some(End { port: 0, ..end }),
        SocketKind::Unix(_) | SocketKind::Netlink => {}
    }
    Ok(())
}

fn overlap(a: Ipv4Addr, b: Ipv4Addr) -> bool {
    a == b || a.is_unspecified() || b.is_unspecified()
}

/// inet_csk_bind_conflict: two sockets may have one port if both set SO_REUSEADDR and neither
/// listens. For UDP both setting it is enough.
pub(super) fn is_conflict(cx: &mut Ctx<'_>, id: SocketId, end: End) -> bool {
    let Ok(socket) = cx.socket(id) else {
        return true;
    };
    let (space, reuse) = (socket.space, socket.reuse);
    purge(cx, space);
    let (Ok(socket), Some(ns)) = (cx.socket(id), cx.k.net.spaces.get(space)) else {
        return true;
    };
    let is_tcp = matches!(socket.kind, SocketKind::Tcp(_));
    let others = ns.sockets.iter().filter(|other| **other != id);
    let others = others.filter_map(|other| cx.k.net.sockets.get(*other));
    let in_use = others.into_iter().any(|other| {
        let (local, is_listening) = match (&other.kind, is_tcp) {
            (SocketKind::Tcp(tcp), true) => {
                let is_listening = tcp.state == TcpState::Listen;
                (Some(tcp.local), is_listening)
            }
            (SocketKind::Udp(udp), false) => (udp.local, false),
            _ => (None, false),
        };
        let may_share = reuse == Reuse::Yes && other.reuse == Reuse::Yes && !is_listening;
        local.is_some_and(|l| l.port == end.port && overlap(l.addr, end.addr) && !may_share)
    });
    let waits = is_tcp
        && ns.time_wait.iter().any(|tw| {
            let may_share = reuse == Reuse::Yes && tw.reuse == Reuse::Yes;
            tw.local.port == end.port && overlap(tw.local.addr, end.addr) && !may_share
        });
    in_use || waits
}

/// What has waited long enough is over.
fn purge(cx: &mut Ctx<'_>, space: SpaceId) {
    let now_ns = cx.now_ns;
    let Some(ns) = cx.k.net.spaces.get_mut(space) else {
        return;
    };
    ns.time_wait.retain(|tw| tw.until_ns > now_ns);
    let is_over = |socket: &Socket| match (&socket.kind, socket.holder) {
        (SocketKind::Tcp(tcp), Holder::Nobody { since_ns }) => {
            tcp.state == TcpState::FinWait2 && now_ns >= since_ns + FIN_TIMEOUT_NS
        }
        _ => false,
    };
    let ids = ns.sockets.clone();
    let over = |id: &SocketId| cx.k.net.sockets.get(*id).is_some_and(is_over);
    let gone: Vec<SocketId> = ids.into_iter().filter(over).collect();
    gone.into_iter().for_each(|id| sock::remove(cx, id));
}

/// Whether a port cannot be that of a new connection: somebody bound it, or has this connection.
pub(super) fn is_connection_taken(cx: &mut Ctx<'_>, id: SocketId, local: End, to: End) -> bool {
    let Ok(socket) = cx.socket(id) else {
        return true;
    };
    let space = socket.space;
    purge(cx, space);
    let Some(ns) = cx.k.net.spaces.get(space) else {
        return true;
    };
    let is_same = |tcp: &Tcp| (tcp.local, tcp.remote) == (local, to);
    let mut others = ns.sockets.iter().filter(|other| **other != id);
    others.any(
        |other| match cx.k.net.sockets.get(*other).map(|s| &s.kind) {
            Some(SocketKind::Tcp(tcp)) => {
                tcp.local.port == local.port && (tcp.port == PortFrom::Bind || is_same(tcp))
            }
            _ => false,
        },
    ) || ns.time_wait.iter().any(|tw| tw.local.port == local.port)
}

/// An ephemeral port that nobody has.
pub(super) fn free_port(cx: &mut Ctx<'_>, id: SocketId, addr: Ipv4Addr) -> Option<u16> {
    search_port(cx, id, addr, |cx, end| is_conflict(cx, id, end))
}

pub(super) fn search_port(
    cx: &mut Ctx<'_>,
    id: SocketId,
    addr: Ipv4Addr,
    is_taken: impl Fn(&mut Ctx<'_>, End) -> bool,
) -> Option<u16> {
    let space = cx.socket(id).ok()?.space;
    let net = cx.k.net.spaces.get(space)?;
    let (mut port, [first, last]) = (net.last_port, net.local_ports);
    for _ in first..=last {
        port = match port {
            p if (first..last).contains(&p) => p + 1,
            _ => first,
        };
        if !is_taken(cx, End { addr, port }) {
            cx.k.net.spaces.get_mut(space)?.last_port = port;
            return Some(port);
        }
    }
    None
}
