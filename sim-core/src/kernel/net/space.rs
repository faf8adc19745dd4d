//! A network namespace (network_namespaces(7)).

use super::conntrack::Conntrack;
use super::device::{DeviceId, DeviceKind};
use super::neigh::Neighbour;
use super::nft::Ruleset;
use super::packet::End;
use super::route::Route;
use super::sock::SocketId;
use crate::kernel::syscall::Str;
use crate::kernel::{Ctx, Kernel, NsId};
use crate::store::{Key, SortedMap};
use std::net::Ipv4Addr;
use std::rc::Rc;

pub type SpaceId = Key<NetNs>;

/// struct net.
#[derive(Clone, Debug, Hash)]
pub struct NetNs {
    /// The user namespace that owns it.
    pub user_ns: NsId,
    /// By index.
    pub devices: Vec<DeviceId>,
    pub last_index: u32,
    /// Without local ones, which follow from the addresses. Of equally long prefixes the first counts.
    pub routes: Vec<Route>,
    pub local_table: LocalTable,
    pub neighbours: SortedMap<(DeviceId, Ipv4Addr), Neighbour>,
    /// net.ipv4.ip_forward; every number but 0 is on.
    pub ip_forward: i32,
    /// net.ipv4.ip_unprivileged_port_start.
    pub unprivileged_port_start: u16,
    /// net.ipv4.ip_local_port_range: the first and the last port that the kernel chooses from.
    pub local_ports: [u16; 2],
    /// Sockets of ip(7), oldest first.
    pub sockets: Vec<SocketId>,
    pub time_wait: Vec<TimeWait>,
    /// unix(7): abstract names.
    pub names: SortedMap<Str, SocketId>,
    pub last_port: u16,
    pub rules: Rc<Ruleset>,
    pub conntrack: Conntrack,
}

/// Whether there is a table of local addresses: the first address makes it, and it stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LocalTable {
    #[default]
    None,
    Made,
}

/// A TCP connection that this side closed first (tcp(7)): its port stays taken for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeWait {
    pub local: End,
    pub remote: End,
    pub reuse: super::sock::Reuse,
    pub until_ns: u64,
}

/// What [`NetNs::local_ports`] are at first.
const LOCAL_PORTS: [u16; 2] = [32768, 60999];

impl NetNs {
    pub fn take_index(&mut self) -> u32 {
        self.last_index += 1;
        self.last_index
    }

    /// Ports below need CAP_NET_BIND_SERVICE.
    pub fn is_privileged(&self, port: u16) -> bool {
        port < self.unprivileged_port_start
    }
}

impl super::Net {
    /// A new namespace with its loopback device, which is down.
    pub fn create(&mut self, user_ns: NsId) -> SpaceId {
        let space = self.spaces.insert(NetNs {
            user_ns,
            devices: Vec::new(),
            last_index: 0,
            routes: Vec::new(),
            local_table: LocalTable::None,
            neighbours: SortedMap::default(),
            ip_forward: 0,
            unprivileged_port_start: 1024,
            local_ports: LOCAL_PORTS,
            sockets: Vec::new(),
            time_wait: Vec::new(),
            names: SortedMap::default(),
            last_port: LOCAL_PORTS[0],
            rules: Rc::default(),
            conntrack: Conntrack::default(),
        });
        self.add_device(space, "lo", DeviceKind::Loopback);
        space
    }
}

/// The last member and holder is gone: devices go, and with them the other ends of veth pairs.
/// Physical devices would go back to the first namespace; there are none.
pub fn destroy(k: &mut Kernel, space: SpaceId) {
    let Some(ns) = k.net.spaces.get(space) else {
        return;
    };
    let (devices, sockets) = (ns.devices.clone(), ns.sockets.clone());
    for device in devices {
        k.net.delete_device(device);
    }
    // Only connections that nobody holds any more are left.
    for socket in sockets {
        k.net.sockets.remove(socket);
    }
    k.net.spaces.remove(space);
}

impl Ctx<'_> {
    /// The caller's network namespace.
    ///
    /// # Errors
    /// ESRCH for a caller that is gone.
    pub(super) fn space(&self) -> Result<SpaceId, crate::kernel::Errno> {
        let ns = self.me()?.ns.net;
        self.k.net_space(ns).ok_or(lost!(ESRCH))
    }
}

impl Kernel {
    /// The network behind a network namespace.
    pub fn net_space(&self, ns: NsId) -> Option<SpaceId> {
        match self.ns.get(ns)?.data {
            crate::kernel::ns::NsData::Net(space) => Some(space),
            _ => None,
        }
    }
}
