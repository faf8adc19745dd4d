//! Configuring devices and routes: ioctl(2) and netlink(7).

use super::device::{DeviceId, DeviceKind, IfAddr, Link, mask_of};
use super::requests::{
    IFF_BROADCAST, IFF_LOOPBACK, IFF_RUNNING, IFF_UP, IfName, NetIoctl, NetlinkRequest, NsTarget,
};
use super::route::{Route, RouteScope};
use super::sock::SocketKind;
use super::{NetCap, SpaceId, dump, is_capable, nft};
use crate::kernel::fs;
use crate::kernel::syscall::{SysResult, done};
use crate::kernel::{Ctx, Errno};
use std::net::Ipv4Addr;

/// Whether the caller may configure a namespace.
fn admin(cx: &Ctx<'_>, space: SpaceId) -> Result<(), Errno> {
    let owner = cx.k.net.spaces.get(space).ok_or(lost!(ESRCH))?.user_ns;
    match is_capable(cx, owner, NetCap::Admin) {
        true => Ok(()),
        false => Err(refuse!(cx.why, NetAdmin, owner)),
    }
}

/// netdevice(7): ioctl(2) on a socket.
///
/// # Errors
/// EPERM before anything else, ENODEV, EADDRNOTAVAIL, EINVAL; ENETDOWN, ENETUNREACH, EEXIST for
/// routes.
pub fn net_ioctl(cx: &mut Ctx<'_>, id: super::SocketId, request: NetIoctl) -> SysResult {
    let space = cx.socket(id)?.space;
    let find = |cx: &Ctx<'_>, name: IfName| {
        let device = cx.k.net.by_name(space, name.as_str());
        device.ok_or_else(|| refuse!(cx.why, DeviceExists))
    };
    match request {
        NetIoctl::Siocgifindex(name) => {
            let device = find(cx, name)?;
            done(cx.k.net.device(device).map_or(0, |d| d.index))
        }
        NetIoctl::Siocgifflags(name) => {
            let device = find(cx, name)?;
            done(i64::from(flags(cx, device)))
        }
        NetIoctl::Siocsifflags(name, flags) => {
            admin(cx, space)?;
            let device = find(cx, name)?;
            match flags & IFF_UP {
                0 => cx.k.net.take_down(device),
                _ => cx.k.net.bring_up(device),
            }
            done(0)
        }
        NetIoctl::Siocsifaddr(name, addr) => {
            admin(cx, space)?;
            let device = find(cx, name)?;
            set_addr(cx, device, addr)
        }
        NetIoctl::Siocsifnetmask(name, mask) => {
            admin(cx, space)?;
            let device = find(cx, name)?;
            set_mask(cx, device, mask)
        }
        NetIoctl::Siocaddrt {
            dst,
            mask,
            gateway,
            dev,
        } => {
            admin(cx, space)?;
            let prefix_len = prefix_len(mask).ok_or_else(|| refuse!(cx.why, NetmaskValid))?;
            forbid!(cx.why, RouteMask, if dst.to_bits() & !mask.to_bits() != 0)?;
            let dev = match dev {
                Some(name) => Some(find(cx, name)?),
                None => None,
            };
            add_route(cx, space, dst, prefix_len, gateway, dev)
        }
    }
}

fn flags(cx: &Ctx<'_>, id: DeviceId) -> u16 {
    let Some(device) = cx.k.net.device(id) else {
        return 0;
    };
    let up = match device.link {
        Link::Up => IFF_UP | IFF_RUNNING,
        Link::Down => 0,
    };
    up | match device.kind {
        DeviceKind::Loopback => IFF_LOOPBACK,
        DeviceKind::Veth { .. } | DeviceKind::Bridge => IFF_BROADCAST,
    }
}

/// `None` for a mask with holes.
fn prefix_len(mask: Ipv4Addr) -> Option<u8> {
    let len = mask.to_bits().leading_ones() as u8;
    (mask_of(len) == mask.to_bits()).then_some(len)
}

/// devinet_ioctl, SIOCSIFADDR: the address with the mask of its class.
fn set_addr(cx: &mut Ctx<'_>, id: DeviceId, addr: Ipv4Addr) -> SysResult {
    let [first, ..] = addr.octets();
    let prefix_len = match first {
        0 if addr.is_unspecified() => 0,
        0..=127 => 8,
        128..=191 => 16,
        192..=223 => 24,
        240..=255 => 32,
        224..=239 => return Err(refuse!(cx.why, AddressClass)),
    };
    let old = cx.k.net.device(id).and_then(|d| d.addrs.first().copied());
    if old.is_some_and(|old| old.local == addr) {
        return done(0);
    }
    if let Some(old) = old {
        cx.k.net.delete_addr(id, old);
    }
    let new = IfAddr {
        local: addr,
        prefix_len,
    };
    cx.k.net.insert_addr(id, new);
    done(0)
}

fn set_mask(cx: &mut Ctx<'_>, id: DeviceId, mask: Ipv4Addr) -> SysResult {
    let old = cx.k.net.device(id).and_then(|d| d.addrs.first().copied());
    let old = old.ok_or_else(|| refuse!(cx.why, DeviceAddress))?;
    let prefix_len = prefix_len(mask).ok_or_else(|| refuse!(cx.why, NetmaskValid))?;
    if prefix_len != old.prefix_len {
        cx.k.net.delete_addr(id, old);
        let new = IfAddr { prefix_len, ..old };
        cx.k.net.insert_addr(id, new);
    }
    done(0)
}

/// fib_create_info and fib_table_insert. A route that is there already is EEXIST; a new one for
/// the same destination comes first.
fn add_route(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    dst: Ipv4Addr,
    prefix_len: u8,
    gateway: Option<Ipv4Addr>,
    dev: Option<DeviceId>,
) -> SysResult {
    let route = match gateway {
        Some(gateway) => through(cx, space, gateway, dev)?,
        None => {
            let dev = dev.ok_or_else(|| refuse!(cx.why, DeviceExists))?;
            Route {
                dst,
                prefix_len,
                gateway: None,
                dev,
                scope: RouteScope::Link,
                source: None,
            }
        }
    };
    forbid!(cx.why, DeviceUp, if !cx.k.net.is_up(route.dev))?;
    let route = Route {
        dst,
        prefix_len,
        ..route
    };
    let ns = cx.k.net.spaces.get_mut(space).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, RouteNew, if ns.routes.contains(&route))?;
    ns.routes.insert(0, route);
    done(0)
}

/// fib_check_nh_v4_gw: a gateway must be on a link; one's own address stands for its device.
fn through(
    cx: &Ctx<'_>,
    space: SpaceId,
    gateway: Ipv4Addr,
    dev: Option<DeviceId>,
) -> Result<Route, Errno> {
    let net = &cx.k.net;
    let own = |id: &DeviceId| {
        let device = net.device(*id).filter(|_| dev.is_none_or(|dev| dev == *id));
        device.is_some_and(|d| d.addrs.iter().any(|a| a.local == gateway))
    };
    let mut route = Route {
        dst: Ipv4Addr::UNSPECIFIED,
        prefix_len: 0,
        gateway: Some(gateway),
        dev: DeviceId::from_u64(0),
        scope: RouteScope::Universe,
        source: None,
    };
    let mut all = net.devices_of(space).map(|(id, _)| id);
    if let Some(id) = all.find(own) {
        route.dev = id;
        route.scope = RouteScope::Link;
        return Ok(route);
    }
    forbid!(cx.why, GatewayGiven, if gateway.is_unspecified())?;
    let ns = net.spaces.get(space).ok_or(lost!(ESRCH))?;
    // A broadcast address is no neighbour: it is looked for nearer than on a link.
    let is_host = !net.is_broadcast(space, gateway);
    let mut links = ns.routes.iter().filter(|r| {
        let is_near = is_host && r.scope == RouteScope::Link && dev.is_none_or(|dev| dev == r.dev);
        is_near && gateway.to_bits() & mask_of(r.prefix_len) == r.dst.to_bits()
    });
    route.dev = links
        .next()
        .ok_or_else(|| refuse!(cx.why, GatewayReachable))?
        .dev;
    Ok(route)
}

/// sendmsg(2) on a netlink socket, with one request by value.
///
/// # Errors
/// EBADF, ENOTSOCK, EOPNOTSUPP for other sockets, EPERM; those of rtnetlink(7).
pub fn sys_sendmsg(cx: &mut Ctx<'_>, fd: i32, request: NetlinkRequest) -> SysResult {
    let (id, _) = fs::socket_of_fd(cx, fd)?;
    let space = cx.socket(id)?.space;
    forbid!(cx.why, SocketNetlink, if !matches!(cx.socket(id)?.kind, SocketKind::Netlink))?;
    if let Some(answer) = dump::answer(&cx.k.net, space, &request) {
        // Whoever is in a namespace may look around in it.
        cx.reply(answer)?;
        return done(0);
    }
    admin(cx, space)?;
    match request {
        NetlinkRequest::NewVeth {
            name,
            peer,
            peer_ns,
        } => new_veth(cx, space, &name, &peer, peer_ns)?,
        NetlinkRequest::NewBridge { name } => {
            vacant(cx, space, &name)?;
            cx.k.net.add_device(space, &name, DeviceKind::Bridge);
        }
        NetlinkRequest::SetMaster { index, master } => set_master(cx, space, index, master)?,
        NetlinkRequest::SetNs { index, ns } => set_ns(cx, space, index, ns)?,
        NetlinkRequest::DelLink { index } => {
            let device = indexed(cx, space, index)?;
            match cx.k.net.device(device).map(|d| d.kind) {
                Some(DeviceKind::Loopback) => return Err(refuse!(cx.why, DeviceDeletable, index)),
                Some(DeviceKind::Veth { .. } | DeviceKind::Bridge) => {
                    cx.k.net.delete_device(device);
                }
                None => return Err(lost!(ENODEV)),
            }
        }
        NetlinkRequest::NewAddr { index, addr } => new_addr(cx, space, index, addr)?,
        NetlinkRequest::DelAddr { index, addr } => del_addr(cx, space, index, addr)?,
        NetlinkRequest::NewRoute {
            dst,
            gateway,
            index,
        } => return new_route(cx, space, dst, gateway, index),
        NetlinkRequest::GetLinks | NetlinkRequest::GetAddrs | NetlinkRequest::GetRoutes => {}
        NetlinkRequest::Nft(text) => {
            let ns = cx.k.net.spaces.get_mut(space).ok_or(lost!(ESRCH))?;
            nft::run(&mut ns.rules, &text).map_err(|_| refuse!(cx.why, NftCommands))?;
        }
    }
    done(0)
}

fn indexed(cx: &Ctx<'_>, space: SpaceId, index: u32) -> Result<DeviceId, Errno> {
    let device = cx.k.net.by_index(space, index);
    device.ok_or_else(|| refuse!(cx.why, DeviceExists, index))
}

/// inet_rtm_newaddr. A device may have addresses that are not in the class that ioctls give.
fn new_addr(cx: &mut Ctx<'_>, space: SpaceId, index: u32, addr: IfAddr) -> Result<(), Errno> {
    forbid!(cx.why, PrefixLength, addr.prefix_len, if addr.prefix_len > 32)?;
    let id = indexed(cx, space, index)?;
    let has_it = cx.k.net.device(id).is_some_and(|d| d.addrs.contains(&addr));
    forbid!(cx.why, AddressNew, index, if has_it)?;
    cx.k.net.insert_addr(id, addr);
    Ok(())
}

/// inet_rtm_deladdr.
fn del_addr(cx: &mut Ctx<'_>, space: SpaceId, index: u32, addr: IfAddr) -> Result<(), Errno> {
    let id = indexed(cx, space, index)?;
    let has_it = cx.k.net.device(id).is_some_and(|d| d.addrs.contains(&addr));
    forbid!(cx.why, AddressThere, index, if !has_it)?;
    cx.k.net.delete_addr(id, addr);
    Ok(())
}

/// inet_rtm_newroute, rtm_to_fib_config.
fn new_route(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    dst: IfAddr,
    gateway: Option<Ipv4Addr>,
    index: u32,
) -> SysResult {
    forbid!(cx.why, PrefixLength, dst.prefix_len, if dst.prefix_len > 32)?;
    forbid!(cx.why, RouteMask, if dst.network() != dst.local)?;
    let dev = match index {
        0 => None,
        index => Some(indexed(cx, space, index)?),
    };
    add_route(cx, space, dst.local, dst.prefix_len, gateway, dev)
}

/// A name that a new device may have (dev_valid_name).
fn vacant(cx: &Ctx<'_>, space: SpaceId, name: &str) -> Result<(), Errno> {
    let is_bad = |c: char| c == '/' || c == ':' || c.is_whitespace();
    forbid!(cx.why, DeviceNameLength, name.len(), if name.len() > 15)?;
    forbid!(cx.why, DeviceNameValid, if name.is_empty() || name == "." || name == ".." || name.contains(is_bad))?;
    match cx.k.net.by_name(space, name) {
        Some(_) => Err(refuse!(cx.why, DeviceNameFree)),
        None => Ok(()),
    }
}

/// The namespace that is meant, if the caller may put devices there.
fn target(cx: &Ctx<'_>, own: SpaceId, target: NsTarget) -> Result<SpaceId, Errno> {
    let ns = match target {
        NsTarget::Own => return Ok(own),
        NsTarget::Pid(nr) => {
            let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
            let task =
                cx.k.task_by_number(ns, nr)
                    .ok_or_else(|| refuse!(cx.why, ProcessExists, nr))?;
            let task = cx.k.tasks.get(task).ok_or(lost!(ESRCH))?;
            if task.mm.is_none() {
                // A zombie has no namespaces any more.
                return Err(refuse!(cx.why, ProcessExists, nr));
            }
            task.ns.net
        }
        NsTarget::Fd(fd) => fs::ns_of_fd(cx, fd)?,
    };
    let space = cx.k.net_space(ns).ok_or(lost!(EINVAL))?;
    admin(cx, space)?;
    Ok(space)
}

fn new_veth(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    name: &str,
    peer: &str,
    peer_ns: NsTarget,
) -> Result<(), Errno> {
    forbid!(cx.why, DeviceNameLength, name.len() => peer.len(), if name.len() > 15 || peer.len() > 15)?;
    let peer_space = target(cx, space, peer_ns)?;
    vacant(cx, space, name)?;
    vacant(cx, peer_space, peer)?;
    forbid!(cx.why, DeviceNameFree, if space == peer_space && name == peer)?;
    let kind = DeviceKind::Veth { peer: None };
    let there = cx.k.net.add_device(peer_space, peer, kind);
    let kind = DeviceKind::Veth { peer: Some(there) };
    let here = cx.k.net.add_device(space, name, kind);
    if let Some(device) = cx.k.net.devices.get_mut(there) {
        device.kind = DeviceKind::Veth { peer: Some(here) };
    }
    Ok(())
}

/// do_set_master, br_add_if.
fn set_master(cx: &mut Ctx<'_>, space: SpaceId, index: u32, master: u32) -> Result<(), Errno> {
    let id = indexed(cx, space, index)?;
    let bridge = match master {
        0 => None,
        master => Some(
            cx.k.net
                .by_index(space, master)
                .ok_or_else(|| refuse!(cx.why, BridgeExists, master))?,
        ),
    };
    let device = cx.k.net.device(id).ok_or(lost!(ENODEV))?;
    if device.master == bridge {
        return Ok(());
    }
    let kind = device.kind;
    if let Some(device) = cx.k.net.devices.get_mut(id) {
        device.master = None;
    }
    let Some(bridge) = bridge else { return Ok(()) };
    match cx.k.net.device(bridge).map(|d| d.kind) {
        Some(DeviceKind::Bridge) => {}
        Some(DeviceKind::Loopback | DeviceKind::Veth { .. }) | None => {
            return Err(refuse!(cx.why, BridgeKind, master));
        }
    }
    match kind {
        DeviceKind::Loopback => return Err(refuse!(cx.why, BridgePortKind, index)),
        DeviceKind::Bridge => return Err(refuse!(cx.why, BridgeLoop, index)),
        DeviceKind::Veth { .. } => {}
    }
    if let Some(device) = cx.k.net.devices.get_mut(id) {
        device.master = Some(bridge);
    }
    Ok(())
}

/// __dev_change_net_namespace. The loopback device and bridges stay where they are.
fn set_ns(cx: &mut Ctx<'_>, space: SpaceId, index: u32, ns: NsTarget) -> Result<(), Errno> {
    let to = target(cx, space, ns)?;
    let id = indexed(cx, space, index)?;
    if to == space {
        return Ok(());
    }
    let device = cx.k.net.device(id).ok_or(lost!(ENODEV))?;
    match device.kind {
        DeviceKind::Loopback | DeviceKind::Bridge => {
            return Err(refuse!(cx.why, DeviceMovable, index));
        }
        DeviceKind::Veth { .. } => {}
    }
    forbid!(cx.why, DeviceNameFree, if cx.k.net.by_name(to, &device.name).is_some())?;
    cx.k.net.move_device(id, to);
    Ok(())
}
