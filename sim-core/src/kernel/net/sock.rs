//! Sockets (socket(7)).

use super::packet::{Body, Packet};
use super::tcp::{self, Tcp};
use super::unix::{self, Unix};
use super::{End, SpaceId};
use crate::kernel::fs::PathRef;
use crate::kernel::task::WaitQueue;
use crate::kernel::{Ctx, Errno, Kernel, NsId};
use crate::store::Key;
use std::collections::VecDeque;
use std::rc::Rc;

pub type SocketId = Key<Socket>;

#[derive(Clone, Debug, Hash)]
pub struct Socket {
    /// Its network namespace, held while an open file refers to the socket.
    pub ns: NsId,
    pub space: SpaceId,
    pub kind: SocketKind,
    pub holder: Holder,
    pub reuse: Reuse,
    /// Everybody who waits for anything of it.
    pub wait: WaitQueue,
    /// SO_ERROR: reported once.
    pub error: Option<Errno>,
}

#[derive(Clone, Debug, Hash)]
pub enum SocketKind {
    Tcp(Tcp),
    Udp(Datagrams),
    /// ICMP.
    Raw(Datagrams),
    Unix(Unix),
    Netlink,
}

/// Who keeps a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    File,
    /// A connection that was not accepted yet.
    Listener,
    /// Closed, but the connection is not at its end.
    Nobody {
        since_ns: u64,
    },
}

/// SO_REUSEADDR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reuse {
    #[default]
    No,
    Yes,
}

/// State of a UDP or raw socket.
#[derive(Clone, Debug, Default, Hash)]
pub struct Datagrams {
    pub local: Option<End>,
    pub remote: Option<End>,
    pub inbox: VecDeque<(End, Rc<[u8]>)>,
}

/// Datagrams that wait in one socket at most; net.core.rmem_default counts bytes instead.
const INBOX_MAX: usize = 256;

impl Datagrams {
    pub fn put(&mut self, from: End, data: Rc<[u8]>) {
        if self.inbox.len() < INBOX_MAX {
            self.inbox.push_back((from, data));
        }
    }
}

impl Ctx<'_> {
    pub(super) fn socket(&self, id: SocketId) -> Result<&Socket, Errno> {
        self.k.net.sockets.get(id).ok_or(lost!(EBADF))
    }

    pub(super) fn socket_mut(&mut self, id: SocketId) -> Result<&mut Socket, Errno> {
        self.k.net.sockets.get_mut(id).ok_or(lost!(EBADF))
    }

    /// Whoever waits for something of a socket looks again.
    pub(super) fn wake_socket(&mut self, id: SocketId) {
        if let Some(socket) = self.k.net.sockets.get_mut(id) {
            let woken = socket.wait.take();
            self.wake_all(woken);
        }
    }

    /// SO_ERROR, which is cleared by being told.
    pub(super) fn take_error(&mut self, id: SocketId) -> Option<Errno> {
        self.k.net.sockets.get_mut(id)?.error.take()
    }
}

/// A new socket that nobody holds yet.
pub(super) fn insert(
    cx: &mut Ctx<'_>,
    ns: NsId,
    space: SpaceId,
    kind: SocketKind,
    holder: Holder,
) -> SocketId {
    let is_inet = match kind {
        SocketKind::Tcp(_) | SocketKind::Udp(_) | SocketKind::Raw(_) => true,
        SocketKind::Unix(_) | SocketKind::Netlink => false,
    };
    let id = cx.k.net.sockets.insert(Socket {
        ns,
        space,
        kind,
        holder,
        reuse: Reuse::No,
        wait: WaitQueue::default(),
        error: None,
    });
    if is_inet && let Some(ns) = cx.k.net.spaces.get_mut(space) {
        ns.sockets.push(id);
    }
    id
}

/// An open file begins to refer to a socket.
pub(super) fn hold(cx: &mut Ctx<'_>, id: SocketId) {
    if let Some(socket) = cx.k.net.sockets.get_mut(id) {
        socket.holder = Holder::File;
        let ns = socket.ns;
        cx.k.ns.hold(ns);
    }
}

/// Takes a socket out of all tables.
pub(super) fn remove(cx: &mut Ctx<'_>, id: SocketId) {
    cx.wake_socket(id);
    if let Some(socket) = cx.k.net.sockets.remove(id)
        && let Some(space) = cx.k.net.spaces.get_mut(socket.space)
    {
        space.sockets.retain(|s| *s != id);
    }
}

/// The last descriptor is closed.
pub fn close_socket(cx: &mut Ctx<'_>, id: SocketId) {
    let Some(socket) = cx.k.net.sockets.get_mut(id) else {
        return;
    };
    let ns = socket.ns;
    socket.holder = Holder::Nobody {
        since_ns: cx.now_ns,
    };
    match socket.kind {
        SocketKind::Tcp(_) => tcp::close(cx, id),
        SocketKind::Unix(_) => unix::close(cx, id),
        SocketKind::Udp(_) | SocketKind::Raw(_) | SocketKind::Netlink => remove(cx, id),
    }
    super::ip::flush(cx);
    let gone = cx.k.ns.release(ns);
    cx.tear_down(gone.into_iter().collect());
}

/// Every raw socket gets a copy of what comes in for it (raw(7)).
pub(super) fn deliver_raw(cx: &mut Ctx<'_>, space: SpaceId, packet: &Packet) {
    let Body::Icmp(_) = packet.body else { return };
    let Some(ns) = cx.k.net.spaces.get(space) else {
        return;
    };
    for id in ns.sockets.clone() {
        let Some(socket) = cx.k.net.sockets.get_mut(id) else {
            continue;
        };
        let SocketKind::Raw(raw) = &mut socket.kind else {
            continue;
        };
        let is_for = raw
            .local
            .is_none_or(|l| l.addr.is_unspecified() || l.addr == packet.dst);
        let is_from = raw.remote.is_none_or(|r| r.addr == packet.src);
        if is_for && is_from {
            let from = End {
                addr: packet.src,
                port: 0,
            };
            raw.put(from, packet.to_bytes().into());
            cx.wake_socket(id);
        }
    }
}

/// Network namespaces that sockets keep alive.
pub fn namespace_refs(k: &Kernel) -> Vec<NsId> {
    let all = k.net.sockets.iter();
    all.filter(|(_, socket)| socket.holder == Holder::File)
        .map(|(_, socket)| socket.ns)
        .collect()
}

/// Places that Unix sockets hold.
pub fn path_refs(k: &Kernel) -> Vec<PathRef> {
    let place = |socket: &Socket| match &socket.kind {
        SocketKind::Unix(unix) => unix.place,
        SocketKind::Tcp(_) | SocketKind::Udp(_) | SocketKind::Raw(_) | SocketKind::Netlink => None,
    };
    let all = k.net.sockets.iter();
    all.filter_map(|(_, socket)| place(socket)).collect()
}

/// Whether a socket is one of TCP.
pub fn is_tcp(k: &Kernel, id: SocketId) -> bool {
    let socket = k.net.sockets.get(id);
    socket.is_some_and(|socket| matches!(socket.kind, SocketKind::Tcp(_)))
}
