//! Calls about the network, System V IPC and identity, with arguments from sensible to absurd.

use super::Rng;
use super::calls::{addr, fd, int, len, path, pid};
use sim_core::kernel::cred::{AmbientOp, Resource, SeccompAction};
use sim_core::kernel::net::{IfAddr, IfName, NetIoctl, NetlinkRequest, NsTarget, SockAddr};
use sim_core::kernel::syscall::{InBuf, MsgFlags, OpenFlags, OutBuf, Prctl, Str};
use sim_core::kernel::{Errno, Syscall};
use std::net::Ipv4Addr;

const DEVICES: &[&str] = &["lo", "v0", "v1", "br0", "", "a-name-that-is-too-long"];
const NFT: &[&str] = &[
    "add table ip nat",
    "add chain ip nat post { type nat hook postrouting priority 100 ; }",
    "add rule ip nat post masquerade",
    "add rule ip nat pre tcp dport 80 dnat to 10.0.0.2:8080",
    "nonsense",
    "",
];
/// Real, effective and the like: root, users, and "leave it".
const IDS: &[u32] = &[0, 1, 1000, 65_534, u32::MAX - 1, u32::MAX];

fn id(rng: &mut Rng) -> u32 {
    *rng.pick(IDS)
}

fn inet(rng: &mut Rng) -> Ipv4Addr {
    *rng.pick(&[
        Ipv4Addr::UNSPECIFIED,
        Ipv4Addr::LOCALHOST,
        Ipv4Addr::BROADCAST,
        Ipv4Addr::new(10, 0, 0, 1),
        Ipv4Addr::new(10, 0, 0, 2),
        Ipv4Addr::new(255, 255, 255, 0),
        Ipv4Addr::new(224, 0, 0, 1),
    ])
}

fn socket_addr(rng: &mut Rng) -> SockAddr {
    match rng.below(6) {
        0 => SockAddr::None,
        1 => SockAddr::Path(path(rng)),
        2 => SockAddr::Abstract((*rng.pick(&["", "a", "b"])).into()),
        _ => SockAddr::Inet {
            addr: inet(rng),
            port: *rng.pick(&[0, 1, 80, 8080, 65_535]),
        },
    }
}

fn device(rng: &mut Rng) -> Str {
    (*rng.pick(DEVICES)).into()
}

fn ns_target(rng: &mut Rng) -> NsTarget {
    match rng.below(3) {
        0 => NsTarget::Own,
        1 => NsTarget::Pid(pid(rng)),
        _ => NsTarget::Fd(fd(rng)),
    }
}

fn if_addr(rng: &mut Rng) -> IfAddr {
    IfAddr {
        local: inet(rng),
        prefix_len: *rng.pick(&[0, 8, 24, 31, 32, 33, 255]),
    }
}

fn netlink(rng: &mut Rng) -> NetlinkRequest {
    let index = rng.below(6) as u32;
    match rng.below(12) {
        0 => NetlinkRequest::NewVeth {
            name: device(rng),
            peer: device(rng),
            peer_ns: ns_target(rng),
        },
        1 => NetlinkRequest::NewBridge { name: device(rng) },
        2 => NetlinkRequest::SetMaster {
            index,
            master: rng.below(6) as u32,
        },
        3 => NetlinkRequest::SetNs {
            index,
            ns: ns_target(rng),
        },
        4 => NetlinkRequest::DelLink { index },
        5 => NetlinkRequest::NewAddr {
            index,
            addr: if_addr(rng),
        },
        6 => NetlinkRequest::DelAddr {
            index,
            addr: if_addr(rng),
        },
        7 => NetlinkRequest::NewRoute {
            dst: if_addr(rng),
            gateway: rng.one_in(2).then(|| inet(rng)),
            index,
        },
        8 => NetlinkRequest::GetLinks,
        9 => NetlinkRequest::GetAddrs,
        10 => NetlinkRequest::GetRoutes,
        _ => NetlinkRequest::Nft((*rng.pick(NFT)).into()),
    }
}

/// An ioctl of a socket.
pub fn net_ioctl(rng: &mut Rng) -> NetIoctl {
    let chosen: &&str = rng.pick(DEVICES);
    let name = IfName::new(chosen);
    match rng.below(6) {
        0 => NetIoctl::Siocgifindex(name),
        1 => NetIoctl::Siocgifflags(name),
        2 => NetIoctl::Siocsifflags(name, *rng.pick(&[0, 1, u16::MAX])),
        3 => NetIoctl::Siocsifaddr(name, inet(rng)),
        4 => NetIoctl::Siocsifnetmask(name, inet(rng)),
        _ => NetIoctl::Siocaddrt {
            dst: inet(rng),
            mask: inet(rng),
            gateway: rng.one_in(2).then(|| inet(rng)),
            dev: rng.one_in(2).then_some(name),
        },
    }
}

/// An option about identity.
pub fn cred_prctl(rng: &mut Rng) -> Prctl {
    let value = rng.next() >> rng.below(64);
    match rng.below(11) {
        0 => Prctl::CapbsetRead(value % 50),
        1 => Prctl::CapbsetDrop(value % 50),
        2 => {
            let op = *rng.pick(&[
                AmbientOp::IsSet,
                AmbientOp::Raise,
                AmbientOp::Lower,
                AmbientOp::ClearAll,
            ]);
            Prctl::CapAmbient(op, value % 50)
        }
        3 => Prctl::SetKeepcaps(value % 3),
        4 => Prctl::GetKeepcaps,
        5 => Prctl::SetSecurebits(value),
        6 => Prctl::GetSecurebits,
        7 => Prctl::SetNoNewPrivs(value % 3),
        8 => Prctl::GetNoNewPrivs,
        9 => Prctl::SetDumpable(value % 4),
        _ => Prctl::GetDumpable,
    }
}

fn out(rng: &mut Rng) -> OutBuf {
    match rng.below(2) {
        0 => OutBuf::Value { len: len(rng) },
        _ => OutBuf::User {
            addr: addr(rng),
            len: len(rng),
        },
    }
}

fn text(rng: &mut Rng) -> InBuf {
    match rng.below(2) {
        0 => InBuf::Value(b"hello"[..].into()),
        _ => InBuf::User {
            addr: addr(rng),
            len: len(rng),
        },
    }
}

/// `None` for calls that are made elsewhere.
pub fn call(name: &str, rng: &mut Rng) -> Option<Syscall> {
    network(name, rng)
        .or_else(|| ipc(name, rng))
        .or_else(|| identity(name, rng))
}

fn network(name: &str, rng: &mut Rng) -> Option<Syscall> {
    let domain = *rng.pick(&[1, 2, 2, 16, 10]);
    let kind = *rng.pick(&[1, 2, 3, 1 | 0o4000, u32::MAX]);
    let protocol = *rng.pick(&[0, 1, 6, 17, 12]);
    Some(match name {
        "socket" => Syscall::Socket {
            domain,
            kind,
            protocol,
        },
        "socketpair" => Syscall::Socketpair {
            domain,
            kind,
            protocol,
        },
        "connect" => Syscall::Connect {
            fd: fd(rng),
            addr: socket_addr(rng),
        },
        "bind" => Syscall::Bind {
            fd: fd(rng),
            addr: socket_addr(rng),
        },
        "listen" => Syscall::Listen {
            fd: fd(rng),
            backlog: int(rng),
        },
        "accept4" => Syscall::Accept4 {
            fd: fd(rng),
            flags: OpenFlags(*rng.pick(&[0, 0o4000, 0o2_000_000, 7])),
        },
        "sendto" => Syscall::Sendto {
            fd: fd(rng),
            buf: text(rng),
            flags: MsgFlags(*rng.pick(&[0, 0x40, 0x4000, u32::MAX])),
            addr: socket_addr(rng),
        },
        "recvfrom" => Syscall::Recvfrom {
            fd: fd(rng),
            buf: out(rng),
            flags: MsgFlags(*rng.pick(&[0, 0x40])),
        },
        "sendmsg" => Syscall::Sendmsg {
            fd: fd(rng),
            request: netlink(rng),
        },
        "shutdown" => Syscall::Shutdown {
            fd: fd(rng),
            how: int(rng) % 4,
        },
        "getsockname" => Syscall::Getsockname { fd: fd(rng) },
        "getpeername" => Syscall::Getpeername { fd: fd(rng) },
        "setsockopt" => Syscall::Setsockopt {
            fd: fd(rng),
            level: *rng.pick(&[1, 0, 6]),
            name: *rng.pick(&[2, 6, 17, 4]),
            value: int(rng),
        },
        "getsockopt" => Syscall::Getsockopt {
            fd: fd(rng),
            level: *rng.pick(&[1, 0, 6]),
            name: *rng.pick(&[2, 3, 4, 17]),
        },
        _ => return None,
    })
}

fn ipc(name: &str, rng: &mut Rng) -> Option<Syscall> {
    let key = rng.below(4) as i32;
    let object = *rng.pick(&[0, 1, 2, 32_768, -1]);
    let flags = *rng.pick(&[0, 0o600, 0o1600, 0o3600, 0o4000, 0o10000, 0o20000, -1]);
    let command = *rng.pick(&[0, 1, 2, 3, 99]);
    let (uid, gid, mode) = (id(rng), id(rng), rng.next() as u16);
    Some(match name {
        "madvise" => Syscall::Madvise {
            addr: addr(rng),
            length: len(rng),
            advice: *rng.pick(&[0, 3, 4, 8, 9, 10, 11, 18, 19, 20, 21, 22, 23, -1]),
        },
        "shmget" => Syscall::Shmget {
            key,
            size: len(rng),
            flags,
        },
        "shmat" => Syscall::Shmat {
            id: object,
            addr: addr(rng),
            flags,
        },
        "shmdt" => Syscall::Shmdt { addr: addr(rng) },
        "shmctl" => Syscall::Shmctl {
            id: object,
            command,
            uid,
            gid,
            mode,
        },
        "msgget" => Syscall::Msgget { key, flags },
        "msgsnd" => Syscall::Msgsnd {
            id: object,
            kind: i64::from(int(rng)),
            text: text(rng),
            flags,
        },
        "msgrcv" => Syscall::Msgrcv {
            id: object,
            buf: out(rng),
            kind: i64::from(int(rng)),
            flags,
        },
        "msgctl" => Syscall::Msgctl {
            id: object,
            command,
            uid,
            gid,
            mode,
        },
        _ => return None,
    })
}

fn identity(name: &str, rng: &mut Rng) -> Option<Syscall> {
    let resource = *rng.pick(&[
        Resource::Fsize,
        Resource::Data,
        Resource::Stack,
        Resource::Nproc,
        Resource::Nofile,
        Resource::As,
        Resource::Core,
    ]);
    let (a, b, c) = (id(rng), id(rng), id(rng));
    Some(match name {
        "getrlimit" => Syscall::Getrlimit { resource },
        "setrlimit" => Syscall::Setrlimit {
            resource,
            soft: rng.next() >> rng.below(64),
            hard: *rng.pick(&[u64::MAX, 1 << 20, 64, 0]),
        },
        "setuid" => Syscall::Setuid { uid: a },
        "setgid" => Syscall::Setgid { gid: a },
        "setreuid" => Syscall::Setreuid { ruid: a, euid: b },
        "setregid" => Syscall::Setregid { rgid: a, egid: b },
        "setresuid" => Syscall::Setresuid {
            ruid: a,
            euid: b,
            suid: c,
        },
        "setresgid" => Syscall::Setresgid {
            rgid: a,
            egid: b,
            sgid: c,
        },
        "getresuid" => Syscall::Getresuid {},
        "getresgid" => Syscall::Getresgid {},
        "setfsuid" => Syscall::Setfsuid { uid: a },
        "setfsgid" => Syscall::Setfsgid { gid: a },
        "getgroups" => Syscall::Getgroups {},
        "setgroups" => Syscall::Setgroups {
            list: [a, b, c][..rng.below(4) as usize].into(),
        },
        "capget" => Syscall::Capget { pid: pid(rng) },
        "capset" => Syscall::Capset {
            pid: *rng.pick(&[0, 0, 1, 5]),
            effective: rng.next(),
            permitted: rng.next() | rng.next(),
            inheritable: rng.next() & rng.next(),
        },
        "seccomp" => Syscall::Seccomp {
            deny: [*rng.pick(&["mkdir", "kill", "getppid", "no_such_call"])]
                .map(Str::from)
                .into(),
            action: *rng.pick(&[
                SeccompAction::KillProcess,
                SeccompAction::Trap,
                SeccompAction::Errno(Errno::EPERM),
                SeccompAction::Allow,
            ]),
        },
        _ => return None,
    })
}
