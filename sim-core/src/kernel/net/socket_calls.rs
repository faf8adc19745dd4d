//! The calls on sockets: socket(2), bind(2), listen(2), accept4(2), connect(2) and others.

use super::packet::{End, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP};
use super::requests::SockAddr;
use super::sock::{self, Datagrams, Holder, Reuse, SocketId, SocketKind};
use super::tcp::{self, Stream, Tcp, TcpState};
use super::transfer::{self, Wanted};
use super::unix::{self, Unix, UnixName, UnixState};
use super::{NetCap, bind, ip, is_capable, udp, unix_connect};
use crate::kernel::cred::IdKind;
use crate::kernel::fs;
use crate::kernel::rule::Why;
use crate::kernel::syscall::{OpenFlags, SysResult, done, done_fd};
use crate::kernel::{Ctx, Errno, Reply};
use std::net::Ipv4Addr;

const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_NETLINK: i32 = 16;
const SOCK_STREAM: u32 = 1;
const SOCK_DGRAM: u32 = 2;
const SOCK_RAW: u32 = 3;
/// SOCK_NONBLOCK and SOCK_CLOEXEC are the flags of open(2).
const SOCK_FLAGS: u32 = OpenFlags::NONBLOCK.0 | OpenFlags::CLOEXEC.0;
const SOMAXCONN: i32 = 4096;
const SOL_SOCKET: i32 = 1;
const SO_REUSEADDR: i32 = 2;
const SO_TYPE: i32 = 3;
const SO_ERROR: i32 = 4;
const SO_PEERCRED: i32 = 17;
const SO_ACCEPTCONN: i32 = 30;

/// socket(2): AF_INET with TCP, UDP and raw ICMP, AF_UNIX streams, AF_NETLINK for
/// configuration.
///
/// # Errors
/// EINVAL, EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT, EPERM for raw sockets without
/// CAP_NET_RAW, EMFILE.
pub fn sys_socket(cx: &mut Ctx<'_>, domain: i32, kind: u32, protocol: i32) -> SysResult {
    let flags = kind & !0xf;
    forbid!(cx.why, SocketFlags, flags, if flags & !SOCK_FLAGS != 0)?;
    let space = cx.space()?;
    let state = match (domain, kind & 0xf) {
        (AF_INET, SOCK_STREAM) if matches!(protocol, 0 | IPPROTO_TCP) => {
            SocketKind::Tcp(Tcp::default())
        }
        (AF_INET, SOCK_DGRAM) if matches!(protocol, 0 | IPPROTO_UDP) => {
            SocketKind::Udp(Datagrams::default())
        }
        (AF_INET, SOCK_RAW) if protocol == IPPROTO_ICMP => {
            let owner = cx.k.net.spaces.get(space).ok_or(lost!(ESRCH))?.user_ns;
            forbid!(cx.why, SocketRaw, owner, if !is_capable(cx, owner, NetCap::Raw))?;
            SocketKind::Raw(Datagrams::default())
        }
        (AF_INET, SOCK_STREAM | SOCK_DGRAM | SOCK_RAW) => {
            return Err(refuse!(cx.why, SocketProtocol, protocol));
        }
        (AF_UNIX, SOCK_STREAM) if matches!(protocol, 0 | AF_UNIX) => {
            SocketKind::Unix(Unix::default())
        }
        (AF_UNIX, SOCK_STREAM) => return Err(refuse!(cx.why, SocketProtocol, protocol)),
        (AF_NETLINK, SOCK_RAW | SOCK_DGRAM) => SocketKind::Netlink,
        (AF_INET | AF_UNIX | AF_NETLINK, _) => return Err(refuse!(cx.why, SocketType, kind)),
        _ => return Err(refuse!(cx.why, SocketFamily, domain)),
    };
    done_fd(open(cx, state, OpenFlags(flags))?.1)
}

/// A new socket with a descriptor.
fn open(cx: &mut Ctx<'_>, kind: SocketKind, flags: OpenFlags) -> Result<(SocketId, i32), Errno> {
    let (ns, space) = (cx.me()?.ns.net, cx.space()?);
    let id = sock::insert(cx, ns, space, kind, Holder::File);
    sock::hold(cx, id);
    // On failure the file is closed, and the socket with it.
    Ok((id, fs::install_socket(cx, id, flags)?))
}

/// socketpair(2), in [`Reply::Pipe`]: only Unix streams.
///
/// # Errors
/// EINVAL, EOPNOTSUPP for other domains, ESOCKTNOSUPPORT, EMFILE.
pub fn sys_socketpair(cx: &mut Ctx<'_>, domain: i32, kind: u32, protocol: i32) -> SysResult {
    let flags = OpenFlags(kind & !0xf);
    forbid!(cx.why, SocketFlags, flags.0, if flags.0 & !SOCK_FLAGS != 0)?;
    match (domain, kind & 0xf, protocol) {
        (AF_UNIX, SOCK_STREAM, 0 | AF_UNIX) => {}
        (AF_UNIX, SOCK_STREAM, _) => return Err(refuse!(cx.why, SocketProtocol, protocol)),
        (AF_UNIX, ..) => return Err(refuse!(cx.why, SocketType, kind)),
        (AF_INET | AF_NETLINK, ..) => return Err(refuse!(cx.why, SocketpairFamily, domain)),
        _ => return Err(refuse!(cx.why, SocketFamily, domain)),
    }
    let (a, read) = open(cx, SocketKind::Unix(Unix::default()), flags)?;
    let (b, write) = match open(cx, SocketKind::Unix(Unix::default()), flags) {
        Ok(second) => second,
        Err(errno) => {
            fs::sys_close(cx, read)?;
            return Err(errno);
        }
    };
    let outcome = unix::pair(cx, a, b)?;
    cx.reply(Reply::Pipe { read, write })?;
    Ok(outcome)
}

fn inet(why: &Why, addr: &SockAddr) -> Result<End, Errno> {
    match addr {
        SockAddr::Inet { addr, port } => Ok(End {
            addr: *addr,
            port: *port,
        }),
        SockAddr::None => Err(refuse!(why, SockaddrGiven)),
        SockAddr::Path(_) | SockAddr::Abstract(_) => Err(refuse!(why, SockaddrFamily)),
    }
}

/// bind(2).
///
/// # Errors
/// EBADF, ENOTSOCK, and those of the address family.
pub fn sys_bind(cx: &mut Ctx<'_>, fd: i32, addr: SockAddr) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    match cx.socket(id)?.kind {
        SocketKind::Tcp(_) | SocketKind::Udp(_) | SocketKind::Raw(_) => {
            bind::bind(cx, id, inet(&cx.why, &addr)?)?;
        }
        SocketKind::Unix(_) => unix_connect::bind(cx, id, &addr)?,
        SocketKind::Netlink => return Err(refuse!(cx.why, SocketAddressable, fd)),
    }
    done(0)
}

/// listen(2).
///
/// # Errors
/// EBADF, ENOTSOCK, EOPNOTSUPP, EINVAL for a connected socket, EADDRINUSE.
pub fn sys_listen(cx: &mut Ctx<'_>, fd: i32, backlog: i32) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    // A negative one counts as very large (it is compared unsigned).
    let backlog = match backlog {
        0..=SOMAXCONN => backlog as usize,
        _ => SOMAXCONN as usize,
    };
    match &cx.socket(id)?.kind {
        SocketKind::Tcp(tcp) => match tcp.state {
            TcpState::Closed => tcp_listen(cx, id, tcp.local, backlog)?,
            TcpState::Listen => {
                if let Some(tcp) = cx.tcp_mut(id) {
                    tcp.backlog = backlog;
                }
            }
            TcpState::SynSent
            | TcpState::SynRecv
            | TcpState::Established
            | TcpState::FinWait1
            | TcpState::FinWait2
            | TcpState::CloseWait
            | TcpState::Closing
            | TcpState::LastAck => return Err(refuse!(cx.why, ListenState, fd)),
        },
        SocketKind::Unix(_) => unix_connect::listen(cx, id, backlog)?,
        SocketKind::Udp(_) | SocketKind::Raw(_) | SocketKind::Netlink => {
            return Err(refuse!(cx.why, ListenKind, fd));
        }
    }
    done(0)
}

fn tcp_listen(cx: &mut Ctx<'_>, id: SocketId, mut local: End, backlog: usize) -> Result<(), Errno> {
    if local.port == 0 {
        local.port =
            bind::free_port(cx, id, local.addr).ok_or_else(|| refuse!(cx.why, PortFree))?;
    }
    // Meanwhile somebody may listen on a port that was shared.
    forbid!(cx.why, PortFree, local.port, if bind::is_conflict(cx, id, local))?;
    let tcp = cx.tcp_mut(id).ok_or(lost!(EBADF))?;
    *tcp = Tcp {
        state: TcpState::Listen,
        local,
        bound_addr: tcp.bound_addr,
        backlog,
        ..Tcp::default()
    };
    Ok(())
}

/// connect(2). A connection that nobody answers waits for good: nothing is sent again.
///
/// # Errors
/// EBADF, ENOTSOCK, EISCONN, EALREADY, EINPROGRESS, ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL,
/// those of unix(7).
pub fn sys_connect(cx: &mut Ctx<'_>, fd: i32, addr: SockAddr) -> SysResult {
    let (id, flags) = fs::socket_of_fd(cx, fd)?;
    match cx.socket(id)?.kind {
        SocketKind::Tcp(_) => tcp_connect(cx, id, flags, &addr),
        SocketKind::Udp(_) | SocketKind::Raw(_) => datagram_connect(cx, id, &addr),
        SocketKind::Unix(_) => unix_connect::connect(cx, id, flags, &addr),
        SocketKind::Netlink => Err(refuse!(cx.why, SocketAddressable)),
    }
}

fn tcp_connect(cx: &mut Ctx<'_>, id: SocketId, flags: OpenFlags, addr: &SockAddr) -> SysResult {
    let is_resumed = cx.me()?.call.as_ref().is_some_and(|c| c.entries > 1);
    let state = cx.tcp(id).ok_or(lost!(EBADF))?.state;
    match state {
        TcpState::SynSent if is_resumed => {}
        TcpState::SynSent if flags.has(OpenFlags::NONBLOCK) => {
            return Err(refuse!(cx.why, ConnectPending));
        }
        TcpState::SynSent => {}
        TcpState::Closed if is_resumed => {}
        TcpState::Closed => {
            let to = inet(&cx.why, addr)?;
            tcp::start(cx, id, to)?;
        }
        _ if is_resumed => {}
        TcpState::Listen
        | TcpState::SynRecv
        | TcpState::Established
        | TcpState::FinWait1
        | TcpState::FinWait2
        | TcpState::CloseWait
        | TcpState::Closing
        | TcpState::LastAck => return Err(refuse!(cx.why, SocketConnected)),
    }
    match cx.tcp(id).ok_or(lost!(EBADF))?.state {
        TcpState::SynSent if flags.has(OpenFlags::NONBLOCK) => {
            Err(refuse!(cx.why, ConnectProgress))
        }
        TcpState::SynSent => transfer::wait(cx, id, flags, Wanted::Connection),
        TcpState::Closed => {
            // The socket can be used for another attempt.
            let tcp = cx.tcp_mut(id).ok_or(lost!(EBADF))?;
            let (local, bound_addr) = (tcp.local, tcp.bound_addr);
            *tcp = Tcp {
                local: End {
                    addr: bound_addr,
                    ..local
                },
                bound_addr,
                ..Tcp::default()
            };
            Err(cx.take_error(id).unwrap_or(lost!(ECONNABORTED)))
        }
        _ => done(0),
    }
}

fn datagram_connect(cx: &mut Ctx<'_>, id: SocketId, addr: &SockAddr) -> SysResult {
    let space = cx.socket(id)?.space;
    let (local, remote) = match addr {
        SockAddr::None => (None, None),
        other => {
            let to = inet(&cx.why, other)?;
            let own = match &cx.socket(id)?.kind {
                SocketKind::Udp(d) | SocketKind::Raw(d) => d.local,
                _ => None,
            };
            let (source, to) = udp::source(cx, space, own, to)?;
            let is_udp = matches!(cx.socket(id)?.kind, SocketKind::Udp(_));
            let port = match (own.map_or(0, |own| own.port), is_udp) {
                (0, true) => {
                    let any = Ipv4Addr::UNSPECIFIED;
                    bind::free_port(cx, id, any).ok_or_else(|| refuse!(cx.why, PortAvailable))?
                }
                (port, _) => port,
            };
            let local = End { addr: source, port };
            (Some(local), Some(to))
        }
    };
    if let SocketKind::Udp(d) | SocketKind::Raw(d) = &mut cx.socket_mut(id)?.kind {
        d.local = local.or(d.local);
        d.remote = remote;
    }
    done(0)
}

/// accept4(2).
///
/// # Errors
/// EINVAL for flags and for sockets that do not listen, EBADF, ENOTSOCK, EOPNOTSUPP, EAGAIN,
/// EMFILE.
pub fn sys_accept4(cx: &mut Ctx<'_>, fd: i32, flags: OpenFlags) -> SysResult {
    forbid!(cx.why, SocketFlags, flags.0, if flags.0 & !SOCK_FLAGS != 0)?;
    fs::may_accept_at(cx, fd)?;
    let (id, open) = fs::socket_of_fd(cx, fd)?;
    let child = match &mut cx.socket_mut(id)?.kind {
        SocketKind::Tcp(tcp) if tcp.state == TcpState::Listen => tcp.queue.pop_front(),
        SocketKind::Unix(unix) if unix.state == UnixState::Listening => unix.queue.pop_front(),
        SocketKind::Tcp(_) | SocketKind::Unix(_) => {
            return Err(refuse!(cx.why, AcceptListening, fd));
        }
        SocketKind::Udp(_) | SocketKind::Raw(_) | SocketKind::Netlink => {
            return Err(refuse!(cx.why, AcceptKind, fd));
        }
    };
    let Some(child) = child else {
        return transfer::wait(cx, id, open, Wanted::Connection);
    };
    // Whoever waits for a place in the queue.
    cx.wake_socket(id);
    sock::hold(cx, child);
    done_fd(fs::install_socket(cx, child, flags)?)
}

/// shutdown(2): how is 0 (SHUT_RD), 1 (SHUT_WR) or 2 (SHUT_RDWR).
///
/// # Errors
/// EBADF, ENOTSOCK, EINVAL, ENOTCONN, EOPNOTSUPP.
pub fn sys_shutdown(cx: &mut Ctx<'_>, fd: i32, how: i32) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    let (input, output) = match how {
        0 => (Stream::Shut, Stream::Open),
        1 => (Stream::Open, Stream::Shut),
        2 => (Stream::Shut, Stream::Shut),
        _ => return Err(refuse!(cx.why, ShutdownHow, how)),
    };
    match &mut cx.socket_mut(id)?.kind {
        SocketKind::Unix(_) => unix::shut(cx, id, input, output),
        SocketKind::Tcp(tcp) => {
            if matches!(
                tcp.state,
                TcpState::Closed | TcpState::Listen | TcpState::SynSent
            ) {
                return Err(refuse!(cx.why, SocketNotConnected, fd));
            }
            if input == Stream::Shut && tcp.input == Stream::Open {
                tcp.input = Stream::Shut;
            }
            if output == Stream::Shut {
                tcp::shut_output(cx, id);
                ip::flush(cx);
            }
            cx.wake_socket(id);
        }
        SocketKind::Udp(d) | SocketKind::Raw(d) => {
            d.remote
                .ok_or_else(|| refuse!(cx.why, SocketNotConnected, fd))?;
        }
        SocketKind::Netlink => return Err(refuse!(cx.why, ShutdownKind, fd)),
    }
    done(0)
}

fn sock_addr(end: End) -> SockAddr {
    SockAddr::Inet {
        addr: end.addr,
        port: end.port,
    }
}

fn name_of(unix: &Unix) -> SockAddr {
    shown_name(unix.name.as_ref())
}

fn shown_name(name: Option<&UnixName>) -> SockAddr {
    match name {
        Some(UnixName::Path(path)) => SockAddr::Path(path.clone()),
        Some(UnixName::Abstract(name)) => SockAddr::Abstract(name.clone()),
        None => SockAddr::None,
    }
}

/// getsockname(2), in [`Reply::SockAddr`].
///
/// # Errors
/// EBADF, ENOTSOCK.
pub fn sys_getsockname(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    let addr = match &cx.socket(id)?.kind {
        SocketKind::Tcp(tcp) => sock_addr(tcp.local),
        SocketKind::Udp(d) | SocketKind::Raw(d) => sock_addr(d.local.unwrap_or(End::ANY)),
        SocketKind::Unix(unix) => name_of(unix),
        SocketKind::Netlink => SockAddr::None,
    };
    cx.reply(Reply::SockAddr(addr))?;
    done(0)
}

/// getpeername(2), in [`Reply::SockAddr`].
///
/// # Errors
/// EBADF, ENOTSOCK, ENOTCONN.
pub fn sys_getpeername(cx: &mut Ctx<'_>, fd: i32) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    let addr = match &cx.socket(id)?.kind {
        SocketKind::Tcp(tcp) => match tcp.state {
            TcpState::Closed | TcpState::Listen | TcpState::SynSent => {
                return Err(refuse!(cx.why, SocketNotConnected, fd));
            }
            _ => sock_addr(tcp.remote),
        },
        SocketKind::Udp(d) | SocketKind::Raw(d) => sock_addr(
            d.remote
                .ok_or_else(|| refuse!(cx.why, SocketNotConnected, fd))?,
        ),
        SocketKind::Unix(unix) => {
            let is_connected = unix.state == UnixState::Connected;
            check!(cx.why, SocketNotConnected, fd, if is_connected)?;
            // One that is gone is still named (unix_getname).
            match unix.peer {
                Some(peer) => cx.unix(peer).map_or(SockAddr::None, name_of),
                None => shown_name(unix.parted_from.as_ref()),
            }
        }
        SocketKind::Netlink => SockAddr::None,
    };
    cx.reply(Reply::SockAddr(addr))?;
    done(0)
}

/// setsockopt(2): only SO_REUSEADDR.
///
/// # Errors
/// EBADF, ENOTSOCK, ENOPROTOOPT.
pub fn sys_setsockopt(cx: &mut Ctx<'_>, fd: i32, level: i32, name: i32, value: i32) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    forbid!(cx.why, SocketOption, name, if (level, name) != (SOL_SOCKET, SO_REUSEADDR))?;
    cx.socket_mut(id)?.reuse = match value {
        0 => Reuse::No,
        _ => Reuse::Yes,
    };
    done(0)
}

/// getsockopt(2): SO_REUSEADDR, SO_TYPE, SO_ERROR and SO_ACCEPTCONN in [`Reply::Int`],
/// SO_PEERCRED in [`Reply::Ucred`].
///
/// # Errors
/// EBADF, ENOTSOCK, ENOPROTOOPT.
pub fn sys_getsockopt(cx: &mut Ctx<'_>, fd: i32, level: i32, name: i32) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    forbid!(cx.why, SocketOption, level, if level != SOL_SOCKET)?;
    let socket = cx.socket(id)?;
    let value = match name {
        SO_REUSEADDR => i32::from(socket.reuse == Reuse::Yes),
        SO_TYPE => match socket.kind {
            SocketKind::Tcp(_) | SocketKind::Unix(_) => SOCK_STREAM as i32,
            SocketKind::Udp(_) => SOCK_DGRAM as i32,
            SocketKind::Raw(_) | SocketKind::Netlink => SOCK_RAW as i32,
        },
        SO_ERROR => cx.take_error(id).map_or(0, Errno::nr),
        SO_ACCEPTCONN => i32::from(match &socket.kind {
            SocketKind::Tcp(tcp) => tcp.state == TcpState::Listen,
            SocketKind::Unix(unix) => unix.state == UnixState::Listening,
            SocketKind::Udp(_) | SocketKind::Raw(_) | SocketKind::Netlink => false,
        }),
        SO_PEERCRED => return peer_cred(cx, id),
        _ => return Err(refuse!(cx.why, SocketOption, name)),
    };
    cx.reply(Reply::Int(value))?;
    done(0)
}

/// The peer in the reader's own numbers: 0 for a process that it cannot see.
fn peer_cred(cx: &mut Ctx<'_>, id: SocketId) -> SysResult {
    let cred = cx.unix(id).and_then(|unix| unix.peer_cred.clone());
    let reply = match cred {
        None => Reply::Ucred {
            pid: 0,
            uid: u32::MAX,
            gid: u32::MAX,
        },
        Some(cred) => {
            let ns = cx.k.pid_ns_of(cx.me()?);
            let mut numbers = cred.numbers.iter();
            let own = numbers.find(|(in_ns, _)| Some(*in_ns) == ns);
            Reply::Ucred {
                pid: own.map_or(0, |(_, nr)| *nr),
                uid: super::munged(cx, IdKind::Uid, cred.uid),
                gid: super::munged(cx, IdKind::Gid, cred.gid),
            }
        }
    };
    cx.reply(reply)?;
    done(0)
}
