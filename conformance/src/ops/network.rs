//! Network.

use super::Op;
use super::files::path;
use super::processes::number;
use crate::hands::{Halt, Hands, OpResult};
use serde_json::{Value, json};
use sim_core::kernel::net::{IfName, NetIoctl, NetlinkRequest, NsTarget, SockAddr};
use sim_core::kernel::syscall::{InBuf, Ioctl, MsgFlags, OpenFlags, OutBuf};
use sim_core::kernel::{Errno, Reply, Syscall};
use sim_core::observe;
use std::net::Ipv4Addr;

pub const OPS: &[(&str, Op)] = &[
    ("accept", |h| {
        let fd = h.params.int("fd")?;
        let flags = OpenFlags::default();
        number(h, Syscall::Accept4 { fd, flags })
    }),
    ("br_add", |h| {
        let name = path(h, "dev")?;
        netlink(h, NetlinkRequest::NewBridge { name })
    }),
    ("br_addif", br_addif),
    ("if_addr", if_addr),
    ("if_del", |h| {
        let index = index(h, "dev")?;
        netlink(h, NetlinkRequest::DelLink { index })
    }),
    ("if_down", |h| if_switch(h, |flags| flags & !IFF_UP)),
    ("if_flags", if_flags),
    ("if_list", if_list),
    ("if_setns", if_setns),
    ("if_up", |h| if_switch(h, |flags| flags | IFF_UP)),
    ("peercred", peercred),
    ("peername", |h| {
        let fd = h.params.int("fd")?;
        name(h, Syscall::Getpeername { fd })
    }),
    ("ping", ping),
    ("raw_socket", |h| {
        let call = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
        number(h, call)
    }),
    ("route_add", route_add),
    ("sockname", |h| {
        let fd = h.params.int("fd")?;
        name(h, Syscall::Getsockname { fd })
    }),
    ("tcp_connect", tcp_connect),
    ("tcp_listen", |h| bound(h, SOCK_STREAM)),
    ("udp_bind", |h| bound(h, SOCK_DGRAM)),
    ("udp_send", udp_send),
    ("unix_connect", unix_connect),
    ("unix_listen", unix_listen),
    ("veth_add", veth_add),
];

const AF_UNIX: i32 = 1;
const AF_INET: i32 = 2;
const AF_NETLINK: i32 = 16;
const SOCK_STREAM: u32 = 1;
const SOCK_DGRAM: u32 = 2;
const SOCK_RAW: u32 = 3;
const SOCK_CLOEXEC: u32 = 0o2_000_000;
const IPPROTO_ICMP: i32 = 1;
const IFF_UP: u16 = 1;
const SOL_SOCKET: i32 = 1;
const SO_REUSEADDR: i32 = 2;
const SO_PEERCRED: i32 = 17;
/// Connections that a listener of the recorded program lets wait.
const BACKLOG: i32 = 8;
/// Packets that a ping looks at.
const PING_PACKETS: u32 = 8;

fn socket(domain: i32, kind: u32, protocol: i32) -> Syscall {
    Syscall::Socket {
        domain,
        kind,
        protocol,
    }
}

/// Makes a call on a socket of its own, which is closed afterwards.
fn on_socket(
    hands: &mut Hands<'_>,
    domain: i32,
    kind: u32,
    call: impl FnOnce(i32) -> Syscall,
) -> Result<i64, Halt> {
    let fd = hands.call(socket(domain, kind | SOCK_CLOEXEC, 0))?.0 as i32;
    let result = hands.attempt(call(fd))?;
    hands.call(Syscall::Close { fd })?;
    Ok(result?.0)
}

fn ioctl(hands: &mut Hands<'_>, request: NetIoctl) -> Result<i64, Halt> {
    let request = Ioctl::Net(request);
    on_socket(hands, AF_INET, SOCK_DGRAM, |fd| Syscall::Ioctl {
        fd,
        request,
    })
}

fn netlink(hands: &mut Hands<'_>, request: NetlinkRequest) -> OpResult {
    let call = |fd| Syscall::Sendmsg { fd, request };
    Ok(on_socket(hands, AF_NETLINK, SOCK_RAW, call)?.into())
}

fn dev(hands: &Hands<'_>, name: &str) -> Result<IfName, Halt> {
    Ok(IfName::new(&hands.params.text(name)?))
}

fn index(hands: &mut Hands<'_>, name: &str) -> Result<u32, Halt> {
    let dev = dev(hands, name)?;
    Ok(ioctl(hands, NetIoctl::Siocgifindex(dev))? as u32)
}

fn address(hands: &Hands<'_>, name: &str) -> Result<Ipv4Addr, Halt> {
    let text = hands.params.text(name)?;
    text.parse()
        .map_err(|_| Halt::Bad(format!("no address '{text}'")))
}

fn end(hands: &Hands<'_>) -> Result<SockAddr, Halt> {
    Ok(SockAddr::Inet {
        addr: address(hands, "addr")?,
        port: hands.params.number("port")? as u16,
    })
}

fn if_switch(hands: &mut Hands<'_>, change: fn(u16) -> u16) -> OpResult {
    let dev = dev(hands, "dev")?;
    let flags = ioctl(hands, NetIoctl::Siocgifflags(dev))? as u16;
    Ok(ioctl(hands, NetIoctl::Siocsifflags(dev, change(flags)))?.into())
}

fn if_flags(hands: &mut Hands<'_>) -> OpResult {
    let dev = dev(hands, "dev")?;
    let flags = ioctl(hands, NetIoctl::Siocgifflags(dev))? as u16;
    Ok(json!({ "up": flags & IFF_UP != 0 }))
}

fn if_addr(hands: &mut Hands<'_>) -> OpResult {
    let dev = dev(hands, "dev")?;
    let addr = address(hands, "addr")?;
    ioctl(hands, NetIoctl::Siocsifaddr(dev, addr))?;
    let mask = address(hands, "mask")?;
    Ok(ioctl(hands, NetIoctl::Siocsifnetmask(dev, mask))?.into())
}

fn if_list(hands: &mut Hands<'_>) -> OpResult {
    let names = hands.seen(|machine, task| json!(observe::interfaces(machine, task)))?;
    let names = names.as_array().cloned().unwrap_or_default();
    let mut names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    Ok(json!(names))
}

/// The namespace that a device goes to.
fn target(hands: &Hands<'_>, pid: &str, fd: &str) -> Result<NsTarget, Halt> {
    Ok(if hands.params.has(pid) {
        NsTarget::Pid(hands.params.int(pid)?)
    } else if hands.params.has(fd) {
        NsTarget::Fd(hands.params.int(fd)?)
    } else {
        NsTarget::Own
    })
}

fn if_setns(hands: &mut Hands<'_>) -> OpResult {
    let index = index(hands, "dev")?;
    let ns = target(hands, "pid", "fd")?;
    netlink(hands, NetlinkRequest::SetNs { index, ns })
}

fn veth_add(hands: &mut Hands<'_>) -> OpResult {
    let request = NetlinkRequest::NewVeth {
        name: path(hands, "dev")?,
        peer: path(hands, "peer")?,
        peer_ns: target(hands, "peer_pid", "peer_fd")?,
    };
    netlink(hands, request)
}

fn br_addif(hands: &mut Hands<'_>) -> OpResult {
    let index_of = index(hands, "dev")?;
    let master = index(hands, "br")?;
    let request = NetlinkRequest::SetMaster {
        index: index_of,
        master,
    };
    netlink(hands, request)
}

fn route_add(hands: &mut Hands<'_>) -> OpResult {
    let (dst, mask) = if hands.params.text("dst")? == "default" {
        (Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED)
    } else {
        (address(hands, "dst")?, address(hands, "mask")?)
    };
    let gateway = match hands.params.has("gw") {
        true => Some(address(hands, "gw")?),
        false => None,
    };
    let dev = match hands.params.has("dev") {
        true => Some(dev(hands, "dev")?),
        false => None,
    };
    let request = NetIoctl::Siocaddrt {
        dst,
        mask,
        gateway,
        dev,
    };
    Ok(ioctl(hands, request)?.into())
}

/// Makes calls on a new socket; if one fails the socket is closed.
fn opened(hands: &mut Hands<'_>, fd: i32, calls: Vec<Syscall>) -> OpResult {
    for call in calls {
        if let Err(errno) = hands.attempt(call)? {
            hands.call(Syscall::Close { fd })?;
            return Err(errno.into());
        }
    }
    Ok(fd.into())
}

fn bound(hands: &mut Hands<'_>, kind: u32) -> OpResult {
    let addr = end(hands)?;
    let fd = hands.call(socket(AF_INET, kind, 0))?.0 as i32;
    let mut calls = Vec::new();
    if hands.params.flag("reuse")? {
        calls.push(Syscall::Setsockopt {
            fd,
            level: SOL_SOCKET,
            name: SO_REUSEADDR,
            value: 1,
        });
    }
    calls.push(Syscall::Bind { fd, addr });
    if kind == SOCK_STREAM {
        calls.push(Syscall::Listen {
            fd,
            backlog: BACKLOG,
        });
    }
    opened(hands, fd, calls)
}

fn tcp_connect(hands: &mut Hands<'_>) -> OpResult {
    let addr = end(hands)?;
    let fd = hands.call(socket(AF_INET, SOCK_STREAM, 0))?.0 as i32;
    opened(hands, fd, vec![Syscall::Connect { fd, addr }])
}

fn udp_send(hands: &mut Hands<'_>) -> OpResult {
    let addr = end(hands)?;
    let buf = InBuf::Value(hands.params.text("data")?.into_bytes().into());
    let flags = MsgFlags::default();
    let call = |fd| Syscall::Sendto {
        fd,
        buf,
        flags,
        addr,
    };
    Ok(on_socket(hands, AF_INET, SOCK_DGRAM, call)?.into())
}

fn name(hands: &mut Hands<'_>, call: Syscall) -> OpResult {
    match hands.call(call)?.1 {
        Reply::SockAddr(SockAddr::Inet { addr, .. }) => Ok(addr.to_string().into()),
        // What is not of this family is read as if it were: an address begins behind a port.
        Reply::SockAddr(SockAddr::Path(path)) => Ok(as_inet(path.bytes())),
        Reply::SockAddr(SockAddr::Abstract(name)) => {
            Ok(as_inet(std::iter::once(0).chain(name.bytes())))
        }
        Reply::SockAddr(_) => Ok("0.0.0.0".into()),
        other => Err(Halt::Bad(format!("the name of a socket is {other:?}"))),
    }
}

fn as_inet(name: impl Iterator<Item = u8>) -> Value {
    let mut bytes = name.skip(2).chain(std::iter::repeat(0));
    let mut byte = || bytes.next().unwrap_or_default();
    let address = Ipv4Addr::new(byte(), byte(), byte(), byte());
    address.to_string().into()
}

fn unix_addr(hands: &Hands<'_>) -> Result<SockAddr, Halt> {
    if hands.params.has("abstract") {
        return Ok(SockAddr::Abstract(path(hands, "abstract")?));
    }
    let path = path(hands, "path")?;
    // The address is one byte long then, a zero: an abstract name.
    Ok(match path.is_empty() {
        true => SockAddr::Abstract(path),
        false => SockAddr::Path(path),
    })
}

/// The program of the recordings goes on with -1 if it gets none.
fn unix_socket(hands: &mut Hands<'_>) -> Result<i32, Halt> {
    let made = hands.attempt(socket(AF_UNIX, SOCK_STREAM, 0))?;
    Ok(made.map_or(-1, |(fd, _)| fd as i32))
}

fn unix_listen(hands: &mut Hands<'_>) -> OpResult {
    let addr = unix_addr(hands)?;
    let fd = unix_socket(hands)?;
    let backlog = BACKLOG;
    let calls = vec![Syscall::Bind { fd, addr }, Syscall::Listen { fd, backlog }];
    opened(hands, fd, calls)
}

fn unix_connect(hands: &mut Hands<'_>) -> OpResult {
    let addr = unix_addr(hands)?;
    let fd = unix_socket(hands)?;
    opened(hands, fd, vec![Syscall::Connect { fd, addr }])
}

fn peercred(hands: &mut Hands<'_>) -> OpResult {
    let call = Syscall::Getsockopt {
        fd: hands.params.int("fd")?,
        level: SOL_SOCKET,
        name: SO_PEERCRED,
    };
    match hands.call(call)?.1 {
        Reply::Ucred { pid, uid, gid } => {
            Ok(json!({ "pid": pid, "uid": uid as i32, "gid": gid as i32 }))
        }
        other => Err(Halt::Bad(format!("SO_PEERCRED answered {other:?}"))),
    }
}

/// One echo: 1 if the answer comes, else 0.
fn ping(hands: &mut Hands<'_>) -> OpResult {
    let addr = SockAddr::Inet {
        addr: address(hands, "addr")?,
        port: 0,
    };
    let call = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    let fd = hands.call(call)?.0 as i32;
    let echo = [8, 0, 0, 0, 0x12, 0x34, 0, 1];
    let call = Syscall::Sendto {
        fd,
        buf: InBuf::Value(echo.to_vec().into()),
        flags: MsgFlags::default(),
        addr,
    };
    let sent = hands.attempt(call)?;
    if let Err(errno) = sent {
        hands.call(Syscall::Close { fd })?;
        return Err(errno.into());
    }
    let mut is_answered = false;
    for _ in 0..PING_PACKETS {
        let call = Syscall::Recvfrom {
            fd,
            buf: OutBuf::Value { len: 256 },
            flags: MsgFlags::DONTWAIT,
        };
        match hands.attempt(call)? {
            Ok((_, Reply::From { bytes, .. })) => {
                let is_reply = bytes.len() >= 28 && bytes[20] == 0;
                if is_reply && bytes[24..26] == [0x12, 0x34] {
                    is_answered = true;
                    break;
                }
            }
            Err(Errno::EAGAIN) => break,
            other => return Err(Halt::Bad(format!("recvfrom answered {other:?}"))),
        }
    }
    hands.call(Syscall::Close { fd })?;
    Ok(Value::from(i32::from(is_answered)))
}
