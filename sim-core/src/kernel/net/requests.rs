//! What configuration calls and addresses look like, by value.

use super::device::{AddrRank, IfAddr};
use super::route::RouteScope;
use crate::kernel::syscall::Str;
use std::fmt;
use std::net::Ipv4Addr;

/// struct sockaddr.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SockAddr {
    /// A null pointer, or no address.
    None,
    /// ip(7).
    Inet { addr: Ipv4Addr, port: u16 },
    /// unix(7): a path in the file system.
    Path(Str),
    /// unix(7): a name that starts with a zero byte, kept without it.
    Abstract(Str),
}

/// The name of a device, at most 15 bytes (`IFNAMSIZ`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IfName([u8; 15], u8);

impl IfName {
    /// As an ioctl takes it: what is too long is cut off.
    pub fn new(name: &str) -> Self {
        let mut end = name.len().min(15);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let mut bytes = [0; 15];
        for (to, from) in bytes.iter_mut().zip(name.bytes().take(end)) {
            *to = from;
        }
        Self(bytes, end as u8)
    }

    pub fn as_str(&self) -> &str {
        let bytes = self.0.get(..usize::from(self.1)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Debug for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// netdevice(7) and route(8): requests of ioctl(2) on any socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetIoctl {
    /// Returns the index.
    Siocgifindex(IfName),
    /// Returns the flags.
    Siocgifflags(IfName),
    /// Only `IFF_UP` can be changed.
    Siocsifflags(IfName, u16),
    Siocsifaddr(IfName, Ipv4Addr),
    Siocsifnetmask(IfName, Ipv4Addr),
    /// Adds a route. Without a gateway, the network is on the device itself.
    Siocaddrt {
        dst: Ipv4Addr,
        mask: Ipv4Addr,
        gateway: Option<Ipv4Addr>,
        dev: Option<IfName>,
    },
}

/// `IFF_UP` and others (netdevice(7)).
pub const IFF_UP: u16 = 1;
pub const IFF_BROADCAST: u16 = 2;
pub const IFF_LOOPBACK: u16 = 8;
pub const IFF_RUNNING: u16 = 64;
pub const IFF_MULTICAST: u16 = 1 << 12;

/// The network namespace that a device goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NsTarget {
    /// The caller's own.
    Own,
    /// `IFLA_NET_NS_PID`.
    Pid(i32),
    /// `IFLA_NET_NS_FD`.
    Fd(i32),
}

/// One message of rtnetlink(7), or a list of commands of nft(8). Simplification: it travels by
/// value and the acknowledgement is the call's own result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NetlinkRequest {
    /// RTM_NEWLINK of kind veth; the target is the peer's.
    NewVeth {
        name: Str,
        peer: Str,
        peer_ns: NsTarget,
    },
    /// RTM_NEWLINK of kind bridge.
    NewBridge { name: Str },
    /// RTM_NEWLINK with IFLA_MASTER; 0 takes it out of its bridge.
    SetMaster { index: u32, master: u32 },
    /// RTM_NEWLINK with IFLA_NET_NS_PID or IFLA_NET_NS_FD.
    SetNs { index: u32, ns: NsTarget },
    /// RTM_DELLINK.
    DelLink { index: u32 },
    /// RTM_NEWADDR, without flags that replace what is there.
    NewAddr { index: u32, addr: IfAddr },
    /// RTM_DELADDR.
    DelAddr { index: u32, addr: IfAddr },
    /// RTM_NEWROUTE, in the main table; device 0 is the one that the gateway is found through.
    NewRoute {
        dst: IfAddr,
        gateway: Option<Ipv4Addr>,
        index: u32,
    },
    /// RTM_GETLINK with NLM_F_DUMP, answered with `Reply::Links`.
    GetLinks,
    /// RTM_GETADDR with NLM_F_DUMP, answered with `Reply::Addrs`.
    GetAddrs,
    /// RTM_GETROUTE with NLM_F_DUMP for the main table, answered with `Reply::Routes`.
    GetRoutes,
    /// nf_tables, as nft(8) reads it.
    Nft(Str),
}

/// Whether packets come and go: `IFF_LOWER_UP` and the operational state of RFC 2863.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operstate {
    /// A device that cannot tell; it has a carrier.
    Unknown,
    Down,
    /// Without a carrier, as the device beneath it in the same namespace.
    LowerLayerDown,
    Up,
}

/// What RTM_NEWLINK says of a device. Simplification: neither link-layer address nor MTU.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LinkInfo {
    pub index: u32,
    pub name: Str,
    /// `IFF_*` of netdevice(7).
    pub flags: u16,
    pub operstate: Operstate,
    /// IFLA_LINK: the other end of a veth pair, and whether it is in another namespace
    /// (IFLA_LINK_NETNSID).
    pub peer: Option<(u32, PeerPlace)>,
    /// IFLA_MASTER.
    pub master: Option<u32>,
}

/// Where the other end of a veth pair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeerPlace {
    Here,
    Elsewhere,
}

/// What RTM_NEWADDR says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddrInfo {
    pub index: u32,
    pub addr: IfAddr,
    pub rank: AddrRank,
}

/// What RTM_NEWROUTE says of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteInfo {
    pub dst: IfAddr,
    pub gateway: Option<Ipv4Addr>,
    pub index: u32,
    pub scope: RouteScope,
    /// RTPROT_KERNEL has one: the address that the route came with.
    pub source: Option<Ipv4Addr>,
}
