//! Sockets: TCP, UDP, unix and one ICMP echo.

use super::Agent;
use super::link::address;
use super::sys::{Answer, Failure, close, sys};
use conformance::case::Params;
use libc::{c_char, c_int, sockaddr, sockaddr_in, sockaddr_un, socklen_t};
use serde_json::json;
use std::mem::zeroed;
use std::net::Ipv4Addr;

/// How many connections may wait to be accepted.
const BACKLOG: c_int = 8;
const INET_BYTES: socklen_t = size_of::<sockaddr_in>() as socklen_t;

pub fn run(_: &mut Agent, op: &str, p: &Params) -> Answer {
    match op {
        "tcp_listen" => {
            let fd = inet(libc::SOCK_STREAM)?;
            or_close(fd, bind_inet(fd, p).and_then(|_| sys!(listen(fd, BACKLOG))))
        }
        "udp_bind" => {
            let fd = inet(libc::SOCK_DGRAM)?;
            or_close(fd, bind_inet(fd, p))
        }
        "tcp_connect" => {
            let to = inet_param(p)?;
            let fd = inet(libc::SOCK_STREAM)?;
            or_close(fd, sys!(connect(fd, any(&to), INET_BYTES)))
        }
        "udp_send" => {
            let (to, data) = (inet_param(p)?, p.text("data")?);
            let fd = inet(libc::SOCK_DGRAM)?;
            let bytes = data.as_ptr().cast();
            let sent = sys!(sendto(fd, bytes, data.len(), 0, any(&to), INET_BYTES));
            close(fd);
            Ok(sent?.into())
        }
        "accept" => {
            let none = std::ptr::null_mut();
            Ok(sys!(accept(p.int("fd")?, none, std::ptr::null_mut()))?.into())
        }
        // Addresses only: the ports are chosen by the kernel.
        "peername" => inet_name(|at, bytes| sys!(getpeername(p.int("fd")?, at, bytes))),
        "sockname" => inet_name(|at, bytes| sys!(getsockname(p.int("fd")?, at, bytes))),
        "raw_socket" => Ok(sys!(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))?.into()),
        "ping" => ping(&address(&p.text("addr")?, 0)?),
        "unix_listen" => {
            let (name, bytes) = unix_param(p)?;
            // Without one it goes on with -1, and answers with what that comes to.
            let fd = sys!(socket(AF_UNIX, SOCK_STREAM, 0)).unwrap_or(-1) as c_int;
            let bound = sys!(bind(fd, any(&name), bytes));
            or_close(fd, bound.and_then(|_| sys!(listen(fd, BACKLOG))))
        }
        "unix_connect" => {
            let (name, bytes) = unix_param(p)?;
            // Without one it goes on with -1, and answers with what that comes to.
            let fd = sys!(socket(AF_UNIX, SOCK_STREAM, 0)).unwrap_or(-1) as c_int;
            or_close(fd, sys!(connect(fd, any(&name), bytes)))
        }
        "peercred" => {
            let mut peer = libc::ucred {
                pid: 0,
                uid: 0,
                gid: 0,
            };
            let mut bytes = size_of::<libc::ucred>() as socklen_t;
            let at = (&raw mut peer).cast();
            let fd = p.int("fd")?;
            sys!(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, at, &mut bytes))?;
            Ok(json!({"pid": peer.pid, "uid": peer.uid as i32, "gid": peer.gid as i32}))
        }
        _ => Err(Failure::NotMine),
    }
}

fn any<T>(address: &T) -> *const sockaddr {
    std::ptr::from_ref(address).cast()
}

fn inet(kind: c_int) -> Result<c_int, Failure> {
    Ok(sys!(socket(AF_INET, kind, 0))? as c_int)
}

fn inet_param(p: &Params) -> Result<sockaddr_in, Failure> {
    address(&p.text("addr")?, p.number("port")? as u16)
}

/// The descriptor, or the failure and the descriptor is closed.
fn or_close(fd: c_int, answer: Result<i64, Failure>) -> Answer {
    if let Err(failure) = answer {
        close(fd);
        return Err(failure);
    }
    Ok(fd.into())
}

fn bind_inet(fd: c_int, p: &Params) -> Result<i64, Failure> {
    if p.flag("reuse")? {
        let on: c_int = 1;
        let at = (&raw const on).cast();
        sys!(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, at, 4))?;
    }
    sys!(bind(fd, any(&inet_param(p)?), INET_BYTES))
}

fn inet_name(ask: impl Fn(*mut sockaddr, *mut socklen_t) -> Result<i64, Failure>) -> Answer {
    // SAFETY: A sockaddr_in is numbers.
    let mut name: sockaddr_in = unsafe { zeroed() };
    let mut bytes = INET_BYTES;
    ask((&raw mut name).cast(), &mut bytes)?;
    Ok(Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes())
        .to_string()
        .into())
}

/// A path, or a name without a file.
fn unix_param(p: &Params) -> Result<(sockaddr_un, socklen_t), Failure> {
    // SAFETY: A sockaddr_un is numbers.
    let mut address: sockaddr_un = unsafe { zeroed() };
    address.sun_family = libc::AF_UNIX as u16;
    // An abstract name begins with a zero byte, a path ends with one.
    let (name, start) = match p.text_or_none("abstract") {
        Some(name) => (name, 1),
        None => (p.text("path")?, 0),
    };
    let room = &mut address.sun_path[start..];
    if name.len() >= room.len() {
        return Err(Failure::Case("the name of a socket is too long".into()));
    }
    for (slot, byte) in room.iter_mut().zip(name.bytes()) {
        *slot = byte as c_char;
    }
    let bytes = size_of::<libc::sa_family_t>() + name.len() + 1;
    Ok((address, bytes as socklen_t))
}

/// How long the answer to an echo is awaited.
const ECHO_MS: c_int = 50;
const ECHO: [u8; 8] = [8, 0, 0, 0, 0x12, 0x34, 0, 1];

/// One ICMP echo by a raw socket: 1 when the reply came, else 0.
fn ping(to: &sockaddr_in) -> Answer {
    let fd = sys!(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP))? as c_int;
    let mut message = ECHO;
    let words = message
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let checksum = !((sum & 0xffff) + (sum >> 16)) as u16;
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    let sent = sys!(sendto(
        fd,
        message.as_ptr().cast(),
        8,
        0,
        any(to),
        INET_BYTES
    ));
    let came = sent.map(|_| is_answered(fd));
    close(fd);
    Ok(i32::from(came?).into())
}

fn is_answered(fd: c_int) -> bool {
    for _ in 0..8 {
        let mut ready = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        if !sys!(poll(&mut ready, 1, ECHO_MS)).is_ok_and(|count| count > 0) {
            return false;
        }
        let mut packet = [0u8; 256];
        let count = sys!(recv(fd, packet.as_mut_ptr().cast(), packet.len(), 0));
        // An IP header of 20 bytes, then an echo reply (type 0) with our identifier.
        if count.is_ok_and(|n| n >= 28) && packet[20] == 0 && packet[24..26] == ECHO[4..6] {
            return true;
        }
    }
    false
}
