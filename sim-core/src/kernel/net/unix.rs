//! Unix stream sockets (unix(7)): names, credentials, data, the end.

use super::sock::{self, SocketId, SocketKind};
use super::tcp::Stream;
use super::transfer::{self, Wanted};
use crate::kernel::fs::{self, PathRef};
use crate::kernel::syscall::{OpenFlags, OutBuf, Str, SysResult, done};
use crate::kernel::{Ctx, Errno, NsId, Outcome};
use std::collections::VecDeque;
use std::rc::Rc;

/// State of a Unix socket.
#[derive(Clone, Debug, Default, Hash)]
pub struct Unix {
    pub state: UnixState,
    pub name: Option<UnixName>,
    /// Held while the socket is bound to it.
    pub place: Option<PathRef>,
    pub backlog: usize,
    pub queue: VecDeque<SocketId>,
    pub peer: Option<SocketId>,
    /// The name of a peer that is gone: it is told for as long as this side is there.
    pub parted_from: Option<UnixName>,
    pub rx: VecDeque<u8>,
    pub input: Stream,
    pub output: Stream,
    pub peer_cred: Option<PeerCred>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnixState {
    #[default]
    Unconnected,
    Listening,
    Connected,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnixName {
    Path(Str),
    Abstract(Str),
}

/// SO_PEERCRED: who the other side was when it connected or listened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerCred {
    /// Its numbers by PID namespace.
    pub numbers: Rc<[(NsId, i32)]>,
    pub uid: u32,
    pub gid: u32,
}

/// Bytes that wait for one reader at most (net.core.wmem_default).
const RX_MAX: usize = 212_992;

impl Ctx<'_> {
    pub(super) fn unix(&self, id: SocketId) -> Option<&Unix> {
        match &self.k.net.sockets.get(id)?.kind {
            SocketKind::Unix(unix) => Some(unix),
            _ => None,
        }
    }

    pub(super) fn unix_mut(&mut self, id: SocketId) -> Option<&mut Unix> {
        match &mut self.k.net.sockets.get_mut(id)?.kind {
            SocketKind::Unix(unix) => Some(unix),
            _ => None,
        }
    }

    /// The caller as its peers will see it.
    pub(super) fn own_peer_cred(&self) -> Result<PeerCred, Errno> {
        let me = self.me()?;
        let numbers = self.k.pids.get(me.pid).map(|p| Rc::clone(&p.numbers));
        Ok(PeerCred {
            numbers: numbers.unwrap_or_else(|| Rc::from([])),
            uid: me.cred.euid,
            gid: me.cred.egid,
        })
    }
}

pub(super) fn read(
    cx: &mut Ctx<'_>,
    id: SocketId,
    flags: OpenFlags,
    buf: &OutBuf,
    len: u64,
) -> SysResult {
    let unix = cx.unix(id).ok_or(lost!(EBADF))?;
    forbid!(cx.why, UnixReadConnected, if unix.state != UnixState::Connected)?;
    if unix.rx.is_empty() && len > 0 {
        let is_over = unix.input == Stream::Shut || unix.peer.is_none();
        if let Some(errno) = cx.take_error(id) {
            return Err(errno);
        }
        return match is_over {
            true => done(0),
            false => transfer::wait(cx, id, flags, Wanted::Data),
        };
    }
    let n = unix.rx.len().min(len as usize);
    let peer = unix.peer;
    cx.prepare_out(buf, n as u64)?;
    let unix = cx.unix_mut(id).ok_or(lost!(EBADF))?;
    let bytes: Vec<u8> = unix.rx.drain(..n).collect();
    if let Some(peer) = peer {
        cx.wake_socket(peer);
    }
    cx.deliver_out(buf, &bytes)
}

pub(super) fn write(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, bytes: &[u8]) -> SysResult {
    let already = cx.me()?.call.as_ref().map_or(0, |c| c.progress) as usize;
    let unix = cx.unix(id).ok_or(lost!(EBADF))?;
    if unix.output == Stream::Shut {
        return transfer::broken(cx);
    }
    forbid!(cx.why, SocketNotConnected, if unix.state != UnixState::Connected)?;
    let peer = unix.peer;
    let Some((peer, other)) = peer.and_then(|p| Some((p, cx.unix_mut(p)?))) else {
        return transfer::broken(cx);
    };
    if other.input == Stream::Shut {
        return transfer::broken(cx);
    }
    let rest = bytes.get(already..).unwrap_or_default();
    let n = RX_MAX.saturating_sub(other.rx.len()).min(rest.len());
    other.rx.extend(rest.iter().take(n));
    if n > 0 {
        cx.wake_socket(peer);
    }
    transfer::written(cx, id, flags, bytes.len(), already + n, |cx, id| {
        // The reader makes room: the writer waits at its own socket.
        let task = cx.task;
        if let Ok(socket) = cx.socket_mut(id) {
            socket.wait.add(task);
        }
    })
}

/// shutdown(2).
pub(super) fn shut(cx: &mut Ctx<'_>, id: SocketId, input: Stream, output: Stream) {
    let Some(unix) = cx.unix_mut(id) else { return };
    let peer = unix.peer;
    if input == Stream::Shut {
        unix.input = Stream::Shut;
    }
    if output == Stream::Shut {
        unix.output = Stream::Shut;
    }
    if let Some(other) = peer.and_then(|p| cx.unix_mut(p)) {
        if output == Stream::Shut {
            other.input = Stream::Shut;
        }
        if input == Stream::Shut {
            other.output = Stream::Shut;
        }
    }
    cx.wake_socket(id);
    if let Some(peer) = peer {
        cx.wake_socket(peer);
    }
}

/// The last descriptor is closed (unix_release_sock). Bytes that nobody read, and connections
/// that nobody accepted, reset the other side.
pub(super) fn close(cx: &mut Ctx<'_>, id: SocketId) {
    let Ok(space) = cx.socket(id).map(|s| s.space) else {
        return;
    };
    let Some(unix) = cx.unix_mut(id) else { return };
    let unix = std::mem::take(unix);
    match &unix.name {
        Some(UnixName::Abstract(name)) => {
            // An accepted socket has the listener's name, but does not own it.
            if let Some(space) = cx.k.net.spaces.get_mut(space)
                && space.names.get(name) == Some(&id)
            {
                space.names.remove(name);
            }
        }
        Some(UnixName::Path(_)) => cx.k.net.paths.retain(|_, bound| *bound != id),
        None => {}
    }
    part(cx, unix.peer, unix.name.clone(), unix.rx.is_empty());
    for waiting in &unix.queue {
        let child = cx.unix(*waiting);
        let (peer, name) = child.map_or((None, None), |u| (u.peer, u.name.clone()));
        part(cx, peer, name, false);
        sock::remove(cx, *waiting);
    }
    sock::remove(cx, id);
    if let Some(place) = unix.place {
        fs::release_socket_path(cx, place);
    }
}

/// The other side has lost its peer.
fn part(cx: &mut Ctx<'_>, peer: Option<SocketId>, name: Option<UnixName>, is_read: bool) {
    let Some(peer) = peer else { return };
    let Some(other) = cx.unix_mut(peer) else {
        return;
    };
    other.peer = None;
    other.parted_from = name;
    other.input = Stream::Shut;
    other.output = Stream::Shut;
    if !is_read && let Ok(socket) = cx.socket_mut(peer) {
        socket.error = Some(Errno::ECONNRESET);
    }
    cx.wake_socket(peer);
}

/// The pair of socketpair(2).
pub(super) fn pair(cx: &mut Ctx<'_>, a: SocketId, b: SocketId) -> Result<Outcome, Errno> {
    let cred = cx.own_peer_cred()?;
    for (id, peer) in [(a, b), (b, a)] {
        if let Some(unix) = cx.unix_mut(id) {
            unix.state = UnixState::Connected;
            unix.peer = Some(peer);
            unix.peer_cred = Some(cred.clone());
        }
    }
    Ok(Outcome::Done(0))
}
