//! Network devices: loopback, veth(4) and bridges, with their addresses.

use super::route::{Route, RouteScope};
use super::space::{LocalTable, SpaceId};
use super::{Net, NetNs};
use crate::kernel::syscall::Str;
use crate::store::{Key, sorted};
use std::fmt;
use std::net::Ipv4Addr;

pub type DeviceId = Key<Device>;

/// struct net_device.
#[derive(Clone, Debug, Hash)]
pub struct Device {
    pub name: Str,
    pub space: SpaceId,
    /// Number in its namespace.
    pub index: u32,
    pub kind: DeviceKind,
    pub link: Link,
    /// The first is the one that ioctls speak of.
    pub addrs: Vec<IfAddr>,
    /// The bridge that it is a port of.
    pub master: Option<DeviceId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    Loopback,
    /// `None` only while the pair is being made or taken apart.
    Veth {
        peer: Option<DeviceId>,
    },
    Bridge,
}

/// `IFF_UP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    Down,
    Up,
}

/// struct in_ifaddr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IfAddr {
    pub local: Ipv4Addr,
    pub prefix_len: u8,
}

/// Whether an address is the first in its network on a device (IFA_F_SECONDARY).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddrRank {
    Primary,
    Secondary,
}

/// The netmask of a prefix.
pub fn mask_of(prefix_len: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(prefix_len.min(32)))
        .unwrap_or(0)
}

impl fmt::Display for IfAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.local, self.prefix_len)
    }
}

impl IfAddr {
    pub fn network(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.local.to_bits() & mask_of(self.prefix_len))
    }

    fn is_beside(&self, other: &IfAddr) -> bool {
        (self.prefix_len, self.network()) == (other.prefix_len, other.network())
    }

    pub fn contains(&self, addr: Ipv4Addr) -> bool {
        addr.to_bits() & mask_of(self.prefix_len) == self.network().to_bits()
    }

    /// The address of everybody in the network, if it has one.
    pub fn broadcast(&self) -> Option<Ipv4Addr> {
        let everybody = self.local.to_bits() | !mask_of(self.prefix_len);
        (self.prefix_len < 31).then_some(Ipv4Addr::from_bits(everybody))
    }
}

impl Device {
    /// Where in the list of addresses a network's first one is not.
    pub fn rank(&self, at: usize) -> AddrRank {
        let earlier = self.addrs.get(..at).unwrap_or_default();
        let addr = self.addrs.get(at);
        match addr.is_some_and(|addr| earlier.iter().any(|other| other.is_beside(addr))) {
            true => AddrRank::Secondary,
            false => AddrRank::Primary,
        }
    }
}

impl Net {
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    pub fn is_up(&self, id: DeviceId) -> bool {
        self.devices.get(id).is_some_and(|d| d.link == Link::Up)
    }

    /// Devices of a namespace, by index.
    pub fn devices_of(&self, space: SpaceId) -> impl Iterator<Item = (DeviceId, &Device)> {
        let ids = self.spaces.get(space).map(|s| s.devices.as_slice());
        let ids = ids.unwrap_or_default().iter();
        ids.filter_map(|id| Some((*id, self.devices.get(*id)?)))
    }

    pub fn by_name(&self, space: SpaceId, name: &str) -> Option<DeviceId> {
        let mut all = self.devices_of(space);
        all.find(|(_, d)| d.name.as_ref() == name).map(|(id, _)| id)
    }

    pub fn by_index(&self, space: SpaceId, index: u32) -> Option<DeviceId> {
        let mut all = self.devices_of(space);
        all.find(|(_, d)| d.index == index).map(|(id, _)| id)
    }

    /// Enters a device in a namespace under a free index: its own if it is free there.
    pub fn register(&mut self, id: DeviceId, space: SpaceId) {
        let wanted = self.devices.get(id).map_or(0, |d| d.index);
        let mut index = wanted;
        // Devices that were moved here may have the next ones.
        while index == 0 || self.by_index(space, index).is_some() {
            let Some(to) = self.spaces.get_mut(space) else {
                return;
            };
            index = to.take_index();
        }
        if let Some(to) = self.spaces.get_mut(space) {
            to.devices.push(id);
        }
        if let Some(device) = self.devices.get_mut(id) {
            device.index = index;
            device.space = space;
        }
        let devices = &self.devices;
        if let Some(to) = self.spaces.get_mut(space) {
            let index_of = |id: DeviceId| devices.get(id).map_or(0, |d| d.index);
            let with_index = to.devices.iter().map(|id| (index_of(*id), *id));
            let in_order = sorted(with_index.collect()).into_iter();
            to.devices = in_order.map(|(_, id)| id).collect();
        }
    }

    /// A new device, down, in a namespace.
    pub fn add_device(&mut self, space: SpaceId, name: &str, kind: DeviceKind) -> DeviceId {
        let id = self.devices.insert(Device {
            name: name.into(),
            space,
            index: 0,
            kind,
            link: Link::Down,
            addrs: Vec::new(),
            master: None,
        });
        self.register(id, space);
        id
    }

    fn space_of(&mut self, id: DeviceId) -> Option<&mut NetNs> {
        let space = self.devices.get(id)?.space;
        self.spaces.get_mut(space)
    }

    /// fib_add_ifaddr: the network of an address is reachable through its device, if that is up.
    fn add_connected(&mut self, id: DeviceId, addr: IfAddr) {
        let Some(device) = self.devices.get(id) else {
            return;
        };
        let is_host = addr.prefix_len == 32 && addr.network() == addr.local;
        let is_zero = addr.network().octets()[0] == 0;
        let is_loopback = device.kind == DeviceKind::Loopback;
        if device.link == Link::Down || is_loopback || is_host || is_zero {
            return;
        }
        let route = Route {
            dst: addr.network(),
            prefix_len: addr.prefix_len,
            gateway: None,
            dev: id,
            scope: RouteScope::Link,
            source: Some(addr.local),
        };
        if let Some(space) = self.space_of(id) {
            let is_same =
                |r: &Route| (r.dst, r.prefix_len, r.dev) == (route.dst, route.prefix_len, id);
            if !space.routes.iter().any(is_same) {
                space.routes.push(route);
            }
        }
    }

    /// inet_insert_ifa: primary addresses stand before secondary ones.
    pub fn insert_addr(&mut self, id: DeviceId, addr: IfAddr) {
        let Some(device) = self.devices.get_mut(id) else {
            return;
        };
        if addr.local.is_unspecified() || device.addrs.contains(&addr) {
            return;
        }
        let is_secondary = device.addrs.iter().any(|other| other.is_beside(&addr));
        let mut places = 0..device.addrs.len();
        let place = places.find(|at| !is_secondary && device.rank(*at) == AddrRank::Secondary);
        device
            .addrs
            .insert(place.unwrap_or(device.addrs.len()), addr);
        if let Some(space) = self.space_of(id) {
            space.local_table = LocalTable::Made;
        }
        self.add_connected(id, addr);
    }

    /// inet_del_ifa. With a primary address go the secondary ones of its network; a device that
    /// loses its last address loses its routes.
    pub fn delete_addr(&mut self, id: DeviceId, addr: IfAddr) {
        let Some(device) = self.devices.get_mut(id) else {
            return;
        };
        let place = device.addrs.iter().position(|a| *a == addr);
        let is_primary = place.is_some_and(|at| device.rank(at) == AddrRank::Primary);
        device
            .addrs
            .retain(|a| *a != addr && !(is_primary && a.is_beside(&addr)));
        let rest = device.addrs.clone();
        let Some(space) = self.space_of(id) else {
            return;
        };
        space.routes.retain(|route| {
            let is_mine = route.dev == id && (rest.is_empty() || route.source == Some(addr.local));
            !is_mine
        });
        for other in rest {
            self.add_connected(id, other);
        }
    }

    /// `IFF_UP` is set: the loopback device gets its address, networks become reachable.
    pub fn bring_up(&mut self, id: DeviceId) {
        let Some(device) = self.devices.get_mut(id) else {
            return;
        };
        if device.link == Link::Up {
            return;
        }
        device.link = Link::Up;
        if device.kind == DeviceKind::Loopback {
            let addr = IfAddr {
                local: Ipv4Addr::LOCALHOST,
                prefix_len: 8,
            };
            self.insert_addr(id, addr);
        }
        let addrs = self.devices.get(id).map(|d| d.addrs.clone());
        for addr in addrs.unwrap_or_default() {
            self.add_connected(id, addr);
        }
    }

    /// `IFF_UP` is cleared: routes and neighbours go; addresses stay, and stay local.
    pub fn take_down(&mut self, id: DeviceId) {
        let Some(device) = self.devices.get_mut(id) else {
            return;
        };
        device.link = Link::Down;
        if let Some(space) = self.space_of(id) {
            space.routes.retain(|route| route.dev != id);
            space.neighbours.retain(|(dev, _), _| *dev != id);
            space.conntrack.forget_masqueraded(id);
        }
    }

    /// Takes a device out of its namespace, down and without addresses.
    fn unregister(&mut self, id: DeviceId) {
        self.take_down(id);
        let Some(device) = self.devices.get_mut(id) else {
            return;
        };
        device.addrs.clear();
        device.master = None;
        if let Some(space) = self.space_of(id) {
            space.devices.retain(|d| *d != id);
        }
    }

    /// Deletes a device. Both ends of a veth pair go together, and a bridge frees its ports.
    pub fn delete_device(&mut self, id: DeviceId) {
        let Some(kind) = self.devices.get(id).map(|d| d.kind) else {
            return;
        };
        let peer = match kind {
            DeviceKind::Veth { peer } => peer,
            DeviceKind::Bridge => {
                self.free_ports(id);
                None
            }
            DeviceKind::Loopback => None,
        };
        for id in [Some(id), peer].into_iter().flatten() {
            self.unregister(id);
            self.devices.remove(id);
        }
    }

    fn free_ports(&mut self, bridge: DeviceId) {
        let Some(space) = self.devices.get(bridge).map(|d| d.space) else {
            return;
        };
        let is_port = |(id, d): (DeviceId, &Device)| (d.master == Some(bridge)).then_some(id);
        let ports: Vec<DeviceId> = self.devices_of(space).filter_map(is_port).collect();
        for port in ports {
            if let Some(device) = self.devices.get_mut(port) {
                device.master = None;
            }
        }
    }

    /// Moves a device to another namespace: it comes out down, without addresses and master.
    pub fn move_device(&mut self, id: DeviceId, to: SpaceId) {
        self.unregister(id);
        self.register(id, to);
    }
}
