//! What ip(8) prints.

use super::{End, Ip, Part, device, go_on};
use crate::kernel::Reply;
use crate::kernel::syscall::{
    AddrInfo, AddrRank, IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST, IFF_UP, LinkInfo,
    NetlinkRequest, Operstate, PeerPlace, RouteScope,
};
use std::rc::Rc;

/// What is shown of a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Links,
    Addresses,
}

/// Devices in order, or the one that is named.
pub(super) fn links(ip: &mut Ip<'_, '_>, words: &[&str], detail: Detail) -> Part<()> {
    let all = go_on!(ip.links()?);
    let wanted = match words {
        [] => None,
        words => Some(go_on!(device(words)).0),
    };
    if let Some(name) = wanted
        && !all.iter().any(|link| link.name.as_ref() == name)
    {
        let text = format!("Device \"{name}\" does not exist.");
        return Ok(Err(End { text, status: 1 }));
    }
    let addresses: Rc<[AddrInfo]> = match detail {
        Detail::Links => [].into(),
        Detail::Addresses => match ip.request(NetlinkRequest::GetAddrs)? {
            Ok(Reply::Addrs(addresses)) => addresses,
            Ok(_) | Err(_) => [].into(),
        },
    };
    let shown = |link: &&LinkInfo| wanted.is_none_or(|name| link.name.as_ref() == name);
    let mut text = String::new();
    for link in all.iter().filter(shown) {
        text.push_str(&line(link, &all));
        for of in addresses.iter().filter(|of| of.index == link.index) {
            text.push_str(&address(link, of));
        }
    }
    ip.sys.print(1, &text)?;
    Ok(Ok(()))
}

fn line(link: &LinkInfo, all: &[LinkInfo]) -> String {
    let numbered = |index: u32| all.iter().find(|other| other.index == index);
    let beneath = match link.peer {
        Some((index, PeerPlace::Here)) => numbered(index),
        Some((_, PeerPlace::Elsewhere)) | None => None,
    };
    let at = match (link.peer, beneath) {
        (_, Some(peer)) => format!("@{}", peer.name),
        (Some((index, _)), None) => format!("@if{index}"),
        (None, None) => String::new(),
    };
    let is_up = link.flags & IFF_UP != 0;
    let has_carrier = matches!(link.operstate, Operstate::Up | Operstate::Unknown);
    let is_peer_down = beneath.is_some_and(|peer| peer.flags & IFF_UP == 0);
    let flags = [
        ("NO-CARRIER", is_up && !has_carrier),
        ("LOOPBACK", link.flags & IFF_LOOPBACK != 0),
        ("BROADCAST", link.flags & IFF_BROADCAST != 0),
        ("MULTICAST", link.flags & IFF_MULTICAST != 0),
        ("UP", is_up),
        ("LOWER_UP", is_up && has_carrier),
        ("M-DOWN", is_peer_down),
    ];
    let flags = flags.iter().filter(|(_, is_set)| *is_set);
    let flags: Vec<&str> = flags.map(|(name, _)| *name).collect();
    let master = match link.master.and_then(numbered) {
        Some(master) => format!("master {} ", master.name),
        None => String::new(),
    };
    let state = match link.operstate {
        Operstate::Unknown => "UNKNOWN",
        Operstate::Down => "DOWN",
        Operstate::LowerLayerDown => "LOWERLAYERDOWN",
        Operstate::Up => "UP",
    };
    let (index, name, flags) = (link.index, &link.name, flags.join(","));
    format!("{index}: {name}{at}: <{flags}> {master}state {state}\n")
}

fn address(link: &LinkInfo, of: &AddrInfo) -> String {
    let scope = match of.addr.local.is_loopback() {
        true => "host",
        false => "global",
    };
    let rank = match of.rank {
        AddrRank::Primary => "",
        AddrRank::Secondary => "secondary ",
    };
    format!("    inet {} scope {scope} {rank}{}\n", of.addr, link.name)
}

/// The main table.
pub(super) fn routes(ip: &mut Ip<'_, '_>) -> Part<()> {
    let links = go_on!(ip.links()?);
    let routes = match ip.request(NetlinkRequest::GetRoutes)? {
        Ok(Reply::Routes(routes)) => routes,
        Ok(_) | Err(_) => [].into(),
    };
    let mut text = String::new();
    for route in routes.iter() {
        let dst = match (route.dst.prefix_len, route.dst.local) {
            (0, _) => "default".to_string(),
            (32, host) => host.to_string(),
            _ => route.dst.to_string(),
        };
        let via = route
            .gateway
            .map_or(String::new(), |via| format!("via {via} "));
        let link = links.iter().find(|link| link.index == route.index);
        let dev = link.map_or("", |link| link.name.as_ref());
        let scope = match (route.scope, route.gateway) {
            (RouteScope::Link, None) => "scope link ",
            (RouteScope::Link, Some(_)) | (RouteScope::Universe, _) => "",
        };
        let (by, source) = match route.source {
            Some(source) => ("proto kernel ", format!("src {source} ")),
            None => ("", String::new()),
        };
        let is_dead =
            link.is_some_and(|link| !matches!(link.operstate, Operstate::Up | Operstate::Unknown));
        let dead = if is_dead { "linkdown " } else { "" };
        text.push_str(&format!("{dst} {via}dev {dev} {by}{scope}{source}{dead}\n"));
    }
    ip.sys.print(1, &text)?;
    Ok(Ok(()))
}
