//! What rtnetlink(7) tells of a network namespace.

use super::device::{Device, DeviceId, DeviceKind, IfAddr, Link};
use super::requests::{
    AddrInfo, IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST, IFF_UP, LinkInfo, NetlinkRequest,
    Operstate, PeerPlace, RouteInfo,
};
use super::route::Route;
use super::{Net, SpaceId};
use crate::kernel::Reply;
use crate::store::sorted_by_key;
use std::cmp::Reverse;

/// The answer to a request that only asks.
pub(super) fn answer(net: &Net, space: SpaceId, request: &NetlinkRequest) -> Option<Reply> {
    match request {
        NetlinkRequest::GetLinks => Some(Reply::Links(links(net, space).collect())),
        NetlinkRequest::GetAddrs => Some(Reply::Addrs(addrs(net, space).collect())),
        NetlinkRequest::GetRoutes => Some(Reply::Routes(routes(net, space).into())),
        NetlinkRequest::NewVeth { .. }
        | NetlinkRequest::NewBridge { .. }
        | NetlinkRequest::SetMaster { .. }
        | NetlinkRequest::SetNs { .. }
        | NetlinkRequest::DelLink { .. }
        | NetlinkRequest::NewAddr { .. }
        | NetlinkRequest::DelAddr { .. }
        | NetlinkRequest::NewRoute { .. }
        | NetlinkRequest::Nft(_) => None,
    }
}

/// rtnl_fill_ifinfo.
fn links(net: &Net, space: SpaceId) -> impl Iterator<Item = LinkInfo> + '_ {
    let index_of = |id: DeviceId| net.device(id).map(|d| d.index);
    net.devices_of(space).map(move |(id, device)| LinkInfo {
        index: device.index,
        name: device.name.clone(),
        flags: flags(device),
        operstate: operstate(net, id, device),
        peer: peer(device).and_then(|id| net.device(id)).map(|peer| {
            let place = match peer.space == space {
                true => PeerPlace::Here,
                false => PeerPlace::Elsewhere,
            };
            (peer.index, place)
        }),
        master: device.master.and_then(index_of),
    })
}

fn peer(device: &Device) -> Option<DeviceId> {
    match device.kind {
        DeviceKind::Veth { peer } => peer,
        DeviceKind::Loopback | DeviceKind::Bridge => None,
    }
}

fn flags(device: &Device) -> u16 {
    let up = match device.link {
        Link::Up => IFF_UP,
        Link::Down => 0,
    };
    up | match device.kind {
        DeviceKind::Loopback => IFF_LOOPBACK,
        DeviceKind::Veth { .. } | DeviceKind::Bridge => IFF_BROADCAST | IFF_MULTICAST,
    }
}

/// default_operstate in net/core/link_watch.c. A bridge has the carrier of its ports; one that has
/// none cannot tell.
fn operstate(net: &Net, id: DeviceId, device: &Device) -> Operstate {
    if device.link == Link::Down {
        return Operstate::Down;
    }
    let of_ports = |port: &(DeviceId, &Device)| port.1.master == Some(id);
    match device.kind {
        DeviceKind::Loopback => Operstate::Unknown,
        DeviceKind::Veth { .. } if net.carrier(id) => Operstate::Up,
        // Linux looks for the number of the other end in this namespace, whoever has it here.
        DeviceKind::Veth { peer } => {
            let number = peer.and_then(|peer| net.device(peer)).map(|d| d.index);
            let here = number.and_then(|number| net.by_index(device.space, number));
            match here {
                Some(beneath) if !net.carrier(beneath) => Operstate::LowerLayerDown,
                Some(_) | None => Operstate::Down,
            }
        }
        DeviceKind::Bridge => {
            let ports = net.devices_of(device.space).filter(of_ports);
            let carriers = ports.map(|(id, _)| net.carrier(id));
            match carriers.reduce(|one, other| one || other) {
                None => Operstate::Unknown,
                Some(true) => Operstate::Up,
                Some(false) => Operstate::Down,
            }
        }
    }
}

/// inet_fill_ifaddr.
fn addrs(net: &Net, space: SpaceId) -> impl Iterator<Item = AddrInfo> + '_ {
    net.devices_of(space).flat_map(|(_, device)| {
        let addrs = device.addrs.iter().enumerate();
        addrs.map(|(at, addr)| AddrInfo {
            index: device.index,
            addr: *addr,
            rank: device.rank(at),
        })
    })
}

/// fn_trie_dump: by destination, the longest prefix of one first.
fn routes(net: &Net, space: SpaceId) -> Vec<RouteInfo> {
    let Some(ns) = net.spaces.get(space) else {
        return Vec::new();
    };
    let order = |route: &&Route| (route.dst, Reverse(route.prefix_len));
    let routes = sorted_by_key(ns.routes.iter(), order).into_iter();
    let told = routes.map(|route| RouteInfo {
        dst: IfAddr {
            local: route.dst,
            prefix_len: route.prefix_len,
        },
        gateway: route.gateway,
        index: net.device(route.dev).map_or(0, |d| d.index),
        scope: route.scope,
        source: route.source,
    });
    told.collect()
}
