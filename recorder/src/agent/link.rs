//! Network interfaces, their addresses and routes.

use super::netlink::{self, Message};
use super::sys::{Answer, Failure, c_text, close, nothing, read_text, sys};
use super::{Agent, PROC_FD};
use conformance::case::Params;
use libc::{c_char, c_int, c_ulong, c_void, ifreq, sockaddr, sockaddr_in};
use serde_json::json;
use std::mem::zeroed;

pub fn run(_: &mut Agent, op: &str, p: &Params) -> Answer {
    match op {
        "if_up" => change_flags(p, |flags| flags | libc::IFF_UP),
        "if_down" => change_flags(p, |flags| flags & !libc::IFF_UP),
        "if_flags" => {
            let (_, flags) = interface_flags(p)?;
            // Not IFF_RUNNING, which the kernel updates some time later.
            Ok(json!({"up": flags & libc::IFF_UP != 0}))
        }
        "if_addr" => {
            for (request, name) in [(libc::SIOCSIFADDR, "addr"), (libc::SIOCSIFNETMASK, "mask")] {
                let mut interface = named(&p.text("dev")?);
                interface.ifr_ifru.ifru_addr = any_address(address(&p.text(name)?, 0)?);
                ask(request, &mut interface)?;
            }
            Ok(0.into())
        }
        "if_list" => {
            let text = read_text(PROC_FD, "self/net/dev")?;
            let rows = text.lines().skip(2).filter_map(|line| line.split_once(':'));
            let mut names: Vec<&str> = rows.map(|(name, _)| name.trim()).collect();
            names.sort_unstable();
            Ok(names.into())
        }
        "route_add" => route_add(p),
        "veth_add" => {
            let (name, peer) = (p.text("dev")?, p.text("peer")?);
            let pid = p.has("peer_pid").then(|| p.int("peer_pid")).transpose()?;
            let mut message = Message::new(netlink::RTM_NEWLINK, netlink::CREATE_NEW, 0);
            message.text(netlink::IFLA_IFNAME, &name);
            message.nested(netlink::IFLA_LINKINFO, |info| {
                info.text(netlink::IFLA_INFO_KIND, "veth");
                info.nested(netlink::IFLA_INFO_DATA, |data| {
                    data.nested(netlink::VETH_INFO_PEER, |other| {
                        other.interface(0);
                        other.text(netlink::IFLA_IFNAME, &peer);
                        if let Some(pid) = pid {
                            other.attribute(netlink::IFLA_NET_NS_PID, &pid.to_ne_bytes());
                        }
                    });
                });
            });
            message.exchange()
        }
        "br_add" => {
            let mut message = Message::new(netlink::RTM_NEWLINK, netlink::CREATE_NEW, 0);
            message.text(netlink::IFLA_IFNAME, &p.text("dev")?);
            message.nested(netlink::IFLA_LINKINFO, |info| {
                info.text(netlink::IFLA_INFO_KIND, "bridge");
            });
            message.exchange()
        }
        "br_addif" => {
            let mut message = Message::new(netlink::RTM_NEWLINK, 0, index(&p.text("dev")?)?);
            let bridge = index(&p.text("br")?)?;
            message.attribute(netlink::IFLA_MASTER, &bridge.to_ne_bytes());
            message.exchange()
        }
        "if_del" => Message::new(netlink::RTM_DELLINK, 0, index(&p.text("dev")?)?).exchange(),
        "if_setns" => {
            let mut message = Message::new(netlink::RTM_NEWLINK, 0, index(&p.text("dev")?)?);
            if p.has("pid") {
                message.attribute(netlink::IFLA_NET_NS_PID, &p.int("pid")?.to_ne_bytes());
            } else {
                message.attribute(netlink::IFLA_NET_NS_FD, &p.int("fd")?.to_ne_bytes());
            }
            message.exchange()
        }
        _ => Err(Failure::NotMine),
    }
}

pub fn address(text: &str, port: u16) -> Result<sockaddr_in, Failure> {
    let parsed: Result<std::net::Ipv4Addr, _> = text.parse();
    let address = parsed.map_err(|_| Failure::Case(format!("no address '{text}'")))?;
    Ok(sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(address.octets()),
        },
        sin_zero: [0; 8],
    })
}

fn any_address(address: sockaddr_in) -> sockaddr {
    // SAFETY: Both are 16 bytes of numbers, made to stand for one another.
    unsafe { std::mem::transmute(address) }
}

fn named(name: &str) -> ifreq {
    // SAFETY: An ifreq is numbers.
    let mut interface: ifreq = unsafe { zeroed() };
    for (slot, byte) in interface.ifr_name.iter_mut().zip(name.bytes().take(15)) {
        *slot = byte as c_char;
    }
    interface
}

/// An ioctl on a socket made for it.
fn ask<T>(request: c_ulong, argument: &mut T) -> Result<(), Failure> {
    let fd = sys!(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))? as c_int;
    let argument: *mut c_void = std::ptr::from_mut(argument).cast();
    let answer = sys!(ioctl(fd, request, argument));
    close(fd);
    answer.map(|_| ())
}

fn index(name: &str) -> Result<c_int, Failure> {
    let mut interface = named(name);
    ask(libc::SIOCGIFINDEX, &mut interface)?;
    // SAFETY: SIOCGIFINDEX has filled in this member.
    Ok(unsafe { interface.ifr_ifru.ifru_ifindex })
}

fn interface_flags(p: &Params) -> Result<(ifreq, c_int), Failure> {
    let mut interface = named(&p.text("dev")?);
    ask(libc::SIOCGIFFLAGS, &mut interface)?;
    // SAFETY: SIOCGIFFLAGS has filled in this member.
    let flags = unsafe { interface.ifr_ifru.ifru_flags };
    Ok((interface, flags.into()))
}

fn change_flags(p: &Params, change: impl Fn(c_int) -> c_int) -> Answer {
    let (mut interface, flags) = interface_flags(p)?;
    interface.ifr_ifru.ifru_flags = change(flags) as i16;
    ask(libc::SIOCSIFFLAGS, &mut interface)?;
    Ok(nothing(0))
}

fn route_add(p: &Params) -> Answer {
    // SAFETY: An rtentry is numbers and pointers that may be null.
    let mut route: libc::rtentry = unsafe { zeroed() };
    let (destination, mask) = match p.text("dst")?.as_str() {
        "default" => ("0.0.0.0".to_string(), "0.0.0.0".to_string()),
        other => (other.to_string(), p.text("mask")?),
    };
    route.rt_dst = any_address(address(&destination, 0)?);
    route.rt_genmask = any_address(address(&mask, 0)?);
    route.rt_flags = libc::RTF_UP;
    if let Some(gateway) = p.text_or_none("gw") {
        route.rt_gateway = any_address(address(&gateway, 0)?);
        route.rt_flags |= libc::RTF_GATEWAY;
    }
    let device = p.text_or_none("dev").map(c_text).transpose()?;
    if let Some(device) = &device {
        route.rt_dev = device.as_ptr().cast_mut();
    }
    ask(libc::SIOCADDRT, &mut route)?;
    Ok(0.into())
}
