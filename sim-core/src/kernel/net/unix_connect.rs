//! Unix stream sockets: binding and connecting.

use super::requests::SockAddr;
use super::sock::{self, Holder, SocketId, SocketKind};
use super::tcp::Stream;
use super::transfer::{self, Wanted};
use super::unix::{Unix, UnixName, UnixState};
use crate::kernel::fs::{self, Node};
use crate::kernel::syscall::{OpenFlags, SysResult, done};
use crate::kernel::{Ctx, Errno};

/// bind(2) of unix(7).
///
/// # Errors
/// EADDRINUSE, EINVAL for a socket that has a name, those of mknod(2).
pub(super) fn bind(cx: &mut Ctx<'_>, id: SocketId, addr: &SockAddr) -> Result<(), Errno> {
    let is_named = cx.unix(id).ok_or(lost!(EBADF))?.name.is_some();
    let space = cx.socket(id)?.space;
    match addr {
        SockAddr::Abstract(name) => {
            forbid!(cx.why, BindOnce, if is_named)?;
            let ns = cx.k.net.spaces.get_mut(space).ok_or(lost!(ESRCH))?;
            forbid!(cx.why, UnixNameFree, if ns.names.contains_key(name))?;
            ns.names.insert(name.clone(), id);
            let unix = cx.unix_mut(id).ok_or(lost!(EBADF))?;
            unix.name = Some(UnixName::Abstract(name.clone()));
        }
        SockAddr::Path(path) => {
            fs::may_make_socket(cx, path).map_err(|errno| match errno {
                Errno::EEXIST => refuse!(cx.why, UnixNameFree),
                other => other,
            })?;
            // Linux makes the file first, and takes it away again.
            forbid!(cx.why, BindOnce, if is_named)?;
            let place = fs::make_socket(cx, path)?;
            if let Node::Inode(inode) = place.node {
                cx.k.net.paths.insert(inode, id);
            }
            let unix = cx.unix_mut(id).ok_or(lost!(EBADF))?;
            unix.name = Some(UnixName::Path(path.clone()));
            unix.place = Some(place);
        }
        SockAddr::Inet { .. } | SockAddr::None => return Err(refuse!(cx.why, UnixAddress)),
    }
    Ok(())
}

/// listen(2) of unix(7).
///
/// # Errors
/// EINVAL without a name, or if connected.
pub(super) fn listen(cx: &mut Ctx<'_>, id: SocketId, backlog: usize) -> Result<(), Errno> {
    let cred = cx.own_peer_cred()?;
    let unix = cx.unix(id).ok_or(lost!(EBADF))?;
    forbid!(cx.why, UnixListen, if unix.name.is_none() || unix.state == UnixState::Connected)?;
    let unix = cx.unix_mut(id).ok_or(lost!(EBADF))?;
    unix.state = UnixState::Listening;
    unix.backlog = backlog;
    unix.peer_cred = Some(cred);
    cx.wake_socket(id);
    Ok(())
}

/// The socket that a name leads to.
fn find(cx: &mut Ctx<'_>, id: SocketId, addr: &SockAddr) -> Result<SocketId, Errno> {
    let space = cx.socket(id)?.space;
    let found = match addr {
        SockAddr::Abstract(name) => {
            let ns = cx.k.net.spaces.get(space);
            ns.and_then(|ns| ns.names.get(name)).copied()
        }
        SockAddr::Path(path) => match fs::socket_inode(cx, path)? {
            Some(inode) => cx.k.net.paths.get(&inode).copied(),
            None => None,
        },
        SockAddr::Inet { .. } | SockAddr::None => return Err(refuse!(cx.why, UnixAddress)),
    };
    found.ok_or_else(|| refuse!(cx.why, UnixListener))
}

/// unix_stream_connect.
///
/// # Errors
/// ECONNREFUSED without a listener, EISCONN, EINVAL for a listener, EAGAIN, and those of the
/// path: EACCES without write permission.
pub(super) fn connect(
    cx: &mut Ctx<'_>,
    id: SocketId,
    flags: OpenFlags,
    addr: &SockAddr,
) -> SysResult {
    let listener = find(cx, id, addr)?;
    let other = cx.unix(listener).ok_or(lost!(ECONNREFUSED))?;
    forbid!(cx.why, UnixListener, if other.state != UnixState::Listening || other.input == Stream::Shut)?;
    if other.queue.len() > other.backlog {
        return transfer::wait_at(cx, listener, id, flags, Wanted::Connection);
    }
    match cx.unix(id).ok_or(lost!(EBADF))?.state {
        UnixState::Unconnected => {}
        UnixState::Connected => return Err(refuse!(cx.why, SocketConnected)),
        UnixState::Listening => return Err(refuse!(cx.why, UnixConnectListening)),
    }
    let other = cx.unix(listener).ok_or(lost!(ECONNREFUSED))?;
    let (name, listener_cred) = (other.name.clone(), other.peer_cred.clone());
    let socket = cx.socket(listener)?;
    let (ns, space) = (socket.ns, socket.space);
    let server = Unix {
        state: UnixState::Connected,
        name,
        peer: Some(id),
        peer_cred: Some(cx.own_peer_cred()?),
        ..Unix::default()
    };
    let server = sock::insert(cx, ns, space, SocketKind::Unix(server), Holder::Listener);
    let client = cx.unix_mut(id).ok_or(lost!(EBADF))?;
    client.state = UnixState::Connected;
    client.peer = Some(server);
    client.peer_cred = listener_cred;
    if let Some(other) = cx.unix_mut(listener) {
        other.queue.push_back(server);
    }
    cx.wake_socket(listener);
    done(0)
}
