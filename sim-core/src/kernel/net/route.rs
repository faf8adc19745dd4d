//! Routes (fib_trie.c, route.c): longest prefix first.

use super::device::{DeviceId, DeviceKind, mask_of};
use super::{Net, SpaceId};
use std::net::Ipv4Addr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    pub dst: Ipv4Addr,
    pub prefix_len: u8,
    pub gateway: Option<Ipv4Addr>,
    pub dev: DeviceId,
    pub scope: RouteScope,
    /// The source address that it prefers.
    pub source: Option<Ipv4Addr>,
}

/// How far the destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RouteScope {
    Universe,
    Link,
}

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// In this namespace.
    Local {
        source: Ipv4Addr,
    },
    Broadcast,
    Through {
        dev: DeviceId,
        next_hop: Ipv4Addr,
        source: Option<Ipv4Addr>,
    },
}

impl Net {
    /// Whether an address is this namespace's own. The loopback device has whole networks. Also
    /// addresses of devices that are down.
    pub fn local_source(&self, space: SpaceId, addr: Ipv4Addr) -> Option<Ipv4Addr> {
        self.devices_of(space).find_map(|(id, device)| {
            let is_net = device.kind == DeviceKind::Loopback && self.is_up(id);
            let fits = |a: &&super::IfAddr| a.local == addr || (is_net && a.contains(addr));
            device.addrs.iter().find(fits).map(|a| a.local)
        })
    }

    pub fn is_local(&self, space: SpaceId, addr: Ipv4Addr) -> bool {
        self.local_source(space, addr).is_some()
    }

    pub fn is_broadcast(&self, space: SpaceId, addr: Ipv4Addr) -> bool {
        addr == Ipv4Addr::BROADCAST
            || self.devices_of(space).any(|(id, device)| {
                let has = |a: &super::IfAddr| a.broadcast() == Some(addr);
                self.is_up(id) && device.addrs.iter().any(has)
            })
    }

    /// The route in the main table.
    pub fn route(&self, space: SpaceId, dst: Ipv4Addr) -> Option<&Route> {
        let mut best: Option<&Route> = None;
        for route in &self.spaces.get(space)?.routes {
            let fits = dst.to_bits() & mask_of(route.prefix_len) == route.dst.to_bits();
            if fits && best.is_none_or(|b| route.prefix_len > b.prefix_len) {
                best = Some(route);
            }
        }
        best
    }

    /// fib_lookup: local addresses first, then routes; `None` is "network unreachable".
    pub fn way(&self, space: SpaceId, dst: Ipv4Addr) -> Option<Way> {
        if dst.is_unspecified() {
            let source = Ipv4Addr::LOCALHOST;
            return Some(Way::Local { source });
        }
        // A broadcast address lies in the network that the loopback device has.
        let is_limited = dst == Ipv4Addr::BROADCAST;
        if !is_limited && self.is_broadcast(space, dst) {
            return Some(Way::Broadcast);
        }
        if let Some(source) = self.local_source(space, dst) {
            return Some(Way::Local { source });
        }
        let route = self.route(space, dst)?;
        if is_limited {
            return Some(Way::Broadcast);
        }
        // A gateway that is an address of one's own stands for the device.
        let far = route
            .gateway
            .filter(|_| route.scope == RouteScope::Universe);
        let next_hop = far.unwrap_or(dst);
        Some(Way::Through {
            dev: route.dev,
            next_hop,
            source: route
                .source
                .or_else(|| self.select_addr(space, route.dev, next_hop)),
        })
    }

    /// inet_select_addr: an address of the device in the network of the next hop, or its first,
    /// or one of another device.
    pub fn select_addr(&self, space: SpaceId, dev: DeviceId, to: Ipv4Addr) -> Option<Ipv4Addr> {
        let addrs = self.device(dev).map(|d| d.addrs.as_slice());
        let addrs = addrs.unwrap_or_default();
        let near = addrs.iter().find(|a| a.contains(to)).or(addrs.first());
        let is_far = |a: &&super::IfAddr| !a.local.is_loopback();
        let others = self.devices_of(space).flat_map(|(_, d)| d.addrs.iter());
        near.or(others.into_iter().find(is_far)).map(|a| a.local)
    }
}
