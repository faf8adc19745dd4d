//! The network: namespaces with devices, addresses, routes and sockets (network_namespaces(7)).
//!
//! Packets travel at once: what a call sends has been received, answered and answered again when
//! the call goes on. Nothing is retransmitted by a timer; what is lost stays lost until its
//! sender sends more.

mod bind;
mod config;
mod conntrack;
mod device;
mod dump;
mod ip;
mod link;
mod neigh;
pub mod nft;
mod packet;
mod requests;
mod route;
mod sock;
mod socket_calls;
mod space;
mod tcp;
mod tcp_input;
mod transfer;
mod udp;
mod unix;
mod unix_connect;

pub use config::{net_ioctl, sys_sendmsg};
pub use device::{AddrRank, Device, DeviceId, DeviceKind, IfAddr, Link};
pub use packet::End;
pub use packet::Packet;
pub use requests::{
    AddrInfo, IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST, IFF_UP, IfName, LinkInfo, NetIoctl,
    NetlinkRequest, NsTarget, Operstate, PeerPlace, RouteInfo, SockAddr,
};
pub use route::RouteScope;
pub use sock::{Socket, SocketId, SocketKind, close_socket, is_tcp, namespace_refs, path_refs};
pub use socket_calls::{
    sys_accept4, sys_bind, sys_connect, sys_getpeername, sys_getsockname, sys_getsockopt,
    sys_listen, sys_setsockopt, sys_shutdown, sys_socket, sys_socketpair,
};
pub use space::{NetNs, SpaceId, destroy};
pub use transfer::{read, sys_recvfrom, sys_sendto, write};

use super::cred::{Cap, IdKind};
use super::fs::InodeId;
use super::{Ctx, Kernel, NsId, TaskId};
use crate::store::{Slab, SortedMap};
use std::collections::VecDeque;

/// Everything about the network.
#[derive(Clone, Debug, Default, Hash)]
pub struct Net {
    pub spaces: Slab<NetNs>,
    pub devices: Slab<Device>,
    pub sockets: Slab<Socket>,
    /// Unix sockets by the inode that they are bound to.
    pub paths: SortedMap<InodeId, SocketId>,
    /// Packets on their way. Empty between two ticks.
    pub outgoing: VecDeque<(SpaceId, Packet)>,
}

/// Capabilities that the network asks for (capabilities(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetCap {
    Admin,
    Raw,
    BindService,
}

/// Whether the caller holds a capability in the user namespace that owns a network namespace.
pub(crate) fn is_capable(cx: &Ctx<'_>, user_ns: NsId, cap: NetCap) -> bool {
    let cap = match cap {
        NetCap::Admin => Cap::NET_ADMIN,
        NetCap::Raw => Cap::NET_RAW,
        NetCap::BindService => Cap::NET_BIND_SERVICE,
    };
    cx.is_ns_capable(user_ns, cap)
}

/// A user or group id as the caller's user namespace shows it.
pub(crate) fn munged(cx: &Ctx<'_>, kind: IdKind, id: u32) -> u32 {
    let user_ns = cx.me().ok().and_then(|me| cx.k.ns.user(me.cred.user_ns));
    user_ns.map_or(id, |ns| ns.map(kind).shown(id))
}

/// Runs commands of nft(8) in the network namespace of a task (by its stable id).
///
/// # Errors
/// No such task, or commands that are not understood.
pub fn nft_outside(k: &mut Kernel, task: u64, commands: &str) -> Result<(), String> {
    let task = k.tasks.get(TaskId::from_u64(task));
    let space = task.and_then(|task| k.net_space(task.ns.net));
    let space = space.and_then(|space| k.net.spaces.get_mut(space));
    nft::run(&mut space.ok_or("no such process")?.rules, commands)
}
