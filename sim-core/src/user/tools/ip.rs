//! ip(8): devices, addresses and routes of the network namespace that it runs in.
//!
//! What is not modelled (link-layer addresses, MTU, queues, IPv6) is not in what it prints.

mod show;

use crate::kernel::syscall::{
    IFF_UP, IfAddr, IfName, Ioctl, LinkInfo, NetIoctl, NetlinkRequest, NsTarget, Str,
};
use crate::kernel::{Errno, Reply, Syscall};
use crate::user::tool::{Asked, Flow, Pending, Round, Sys};
use std::net::Ipv4Addr;
use std::rc::Rc;

const AF_NETLINK: i32 = 16;
const SOCK_RAW: u32 = 3;
const NETLINK_ROUTE: i32 = 0;

/// What is said before the tool ends, and how it ends.
struct End {
    text: String,
    status: i32,
}

impl End {
    /// A command line that is not understood.
    fn usage(text: impl Into<String>) -> Self {
        End {
            text: text.into(),
            status: 255,
        }
    }

    /// A device that is not there.
    fn no_device(name: &str) -> Self {
        End {
            text: format!("Cannot find device \"{name}\""),
            status: 1,
        }
    }

    /// A call that the kernel refused.
    fn refused(errno: Errno, why: &str) -> Self {
        let text = match why {
            "" => format!("RTNETLINK answers: {}", errno.text()),
            why => format!("Error: {why}."),
        };
        End { text, status: 2 }
    }
}

/// A part of the tool: waits for an answer, or ends, or goes on.
type Part<T> = Result<Result<T, End>, Pending>;

/// Ends the tool's part with what it says, if that is how it goes on.
macro_rules! go_on {
    ($part:expr) => {
        match $part {
            Ok(value) => value,
            Err(end) => return Ok(Err(end)),
        }
    };
}
use go_on;

/// `ip link|addr|route`, with `show`, `add`, `del` and, for links, `set`.
pub fn ip(sys: &mut Sys<'_>) -> Round {
    let words = sys.words();
    Ok(Flow::Exit(match command(sys, &words)? {
        Ok(()) => 0,
        Err(End { text, status }) => {
            sys.print(2, &format!("{text}\n"))?;
            status
        }
    }))
}

/// Objects and commands may be shortened.
fn is(word: &str, full: &str) -> bool {
    !word.is_empty() && full.starts_with(word)
}

fn command(sys: &mut Sys<'_>, words: &[&str]) -> Part<()> {
    let words = match words {
        // The only family there is.
        ["-4", rest @ ..] => rest,
        [option, ..] if option.starts_with('-') => {
            let text = format!("not modelled: option \"{option}\"");
            return Ok(Err(End::usage(text)));
        }
        words => words,
    };
    let Some((object, words)) = words.split_first() else {
        let usage = "Usage: ip { link | address | route } { show | add | del | set }";
        return Ok(Err(End::usage(usage)));
    };
    let objects = ["link", "address", "route"];
    let Some(object) = objects.into_iter().find(|full| is(object, full)) else {
        let text = format!("Object \"{object}\" is unknown, try \"ip help\".");
        return Ok(Err(End { text, status: 1 }));
    };
    let (verb, words) = words.split_first().unwrap_or((&"show", &[]));
    let socket = Syscall::Socket {
        domain: AF_NETLINK,
        kind: SOCK_RAW,
        protocol: NETLINK_ROUTE,
    };
    let fd = match sys.call(socket)? {
        Ok(fd) => fd as i32,
        Err(errno) => {
            let text = format!("Cannot open netlink socket: {}", errno.text());
            return Ok(Err(End { text, status: 1 }));
        }
    };
    let mut ip = Ip { fd, sys };
    let shows = is(verb, "show") || is(verb, "list");
    match object {
        "link" if is(verb, "add") => add_link(&mut ip, words),
        "link" if is(verb, "set") => set_link(&mut ip, words),
        "link" if is(verb, "delete") => {
            let (name, _) = go_on!(device(words));
            let link = go_on!(ip.link(name)?);
            ip.ask(NetlinkRequest::DelLink { index: link.index }, |_| "")
        }
        "link" if shows => show::links(&mut ip, words, show::Detail::Links),
        "address" if is(verb, "add") || is(verb, "delete") => change_address(&mut ip, verb, words),
        "address" if shows => show::links(&mut ip, words, show::Detail::Addresses),
        "route" if shows => show::routes(&mut ip),
        "route" if is(verb, "add") => add_route(&mut ip, words),
        "route" if is(verb, "delete") => Ok(Err(End::usage("not modelled: ip route delete"))),
        _ => {
            let text = format!("Command \"{verb}\" is unknown, try \"ip {object} help\".");
            Ok(Err(End::usage(text)))
        }
    }
}

/// The tool with its socket.
struct Ip<'a, 'b> {
    fd: i32,
    sys: &'a mut Sys<'b>,
}

impl Ip<'_, '_> {
    fn request(&mut self, request: NetlinkRequest) -> Asked<Reply> {
        let fd = self.fd;
        self.sys.reply(Syscall::Sendmsg { fd, request })
    }

    /// A request that changes something. `why` is what the kernel says beside some errnos
    /// (NLMSGERR_ATTR_MSG).
    fn ask(&mut self, request: NetlinkRequest, why: impl Fn(Errno) -> &'static str) -> Part<()> {
        let answer = self.request(request)?;
        Ok(answer
            .map(|_| ())
            .map_err(|errno| End::refused(errno, why(errno))))
    }

    fn links(&mut self) -> Part<Rc<[LinkInfo]>> {
        Ok(match self.request(NetlinkRequest::GetLinks)? {
            Ok(Reply::Links(links)) => Ok(links),
            Ok(_) => Ok([].into()),
            Err(errno) => Err(End::refused(errno, "")),
        })
    }

    fn link(&mut self, name: &str) -> Part<LinkInfo> {
        let links = go_on!(self.links()?);
        let found = links
            .iter()
            .find(|link| link.name.as_ref() == name)
            .cloned();
        Ok(found.ok_or_else(|| End::no_device(name)))
    }
}

/// `[dev] NAME`, and the words behind.
fn device<'a, 'b>(words: &'a [&'b str]) -> Result<(&'b str, &'a [&'b str]), End> {
    match words {
        ["dev", name, rest @ ..] | [name, rest @ ..] if *name != "dev" => Ok((name, rest)),
        _ => Err(missing("dev")),
    }
}

fn missing(what: &str) -> End {
    End::usage(format!(
        "Not enough information: \"{what}\" argument is required."
    ))
}

/// `ip link add NAME type veth peer name NAME [netns PID]`, `ip link add NAME type bridge`.
fn add_link(ip: &mut Ip<'_, '_>, words: &[&str]) -> Part<()> {
    let words = match words {
        ["name" | "dev", rest @ ..] => rest,
        words => words,
    };
    let request = match words {
        [name, "type", "bridge"] => NetlinkRequest::NewBridge {
            name: Str::from(*name),
        },
        [name, "type", "veth", "peer", rest @ ..] => {
            let (peer, rest) = match rest {
                ["name", peer, rest @ ..] | [peer, rest @ ..] => (*peer, rest),
                [] => {
                    let text = "Command line is not complete. Try option \"help\"";
                    return Ok(Err(End::usage(text)));
                }
            };
            let peer_ns = match rest {
                [] => NsTarget::Own,
                ["netns", pid] => NsTarget::Pid(go_on!(namespace(pid))),
                [other, ..] => return Ok(Err(garbage(other))),
            };
            NetlinkRequest::NewVeth {
                name: Str::from(*name),
                peer: Str::from(peer),
                peer_ns,
            }
        }
        [_, "type", "veth", ..] => {
            let text = "not modelled: a veth pair whose other end the kernel names";
            return Ok(Err(End::usage(text)));
        }
        [_, "type", kind, ..] => {
            let text = format!("not modelled: devices of type {kind} (veth, bridge)");
            return Ok(Err(End::usage(text)));
        }
        _ => return Ok(Err(missing("type"))),
    };
    ip.ask(request, |_| "")
}

/// A namespace is named by one of its processes.
fn namespace(pid: &str) -> Result<i32, End> {
    pid.parse().map_err(|_| {
        End::usage(format!(
            "Error: argument \"{pid}\" is wrong: Invalid \"netns\" value\n"
        ))
    })
}

fn garbage(word: &str) -> End {
    End::usage(format!(
        "Error: either \"dev\" is duplicate, or \"{word}\" is a garbage."
    ))
}

/// `ip link set [dev] NAME up|down|master NAME|nomaster|netns PID ...`
fn set_link(ip: &mut Ip<'_, '_>, words: &[&str]) -> Part<()> {
    let (name, mut words) = go_on!(device(words));
    let index = go_on!(ip.link(name)?).index;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        let mut value = || {
            let (value, rest) = words.split_first()?;
            words = rest;
            Some(*value)
        };
        match *word {
            "up" => go_on!(switch(ip, name, |flags| flags | IFF_UP)?),
            "down" => go_on!(switch(ip, name, |flags| flags & !IFF_UP)?),
            "nomaster" => {
                let request = NetlinkRequest::SetMaster { index, master: 0 };
                go_on!(ip.ask(request, |_| "")?);
            }
            "master" => {
                let bridge = value().unwrap_or_default();
                let Ok(master) = ip.link(bridge)? else {
                    let text =
                        format!("Error: argument \"{bridge}\" is wrong: Device does not exist\n");
                    return Ok(Err(End::usage(text)));
                };
                let master = master.index;
                go_on!(ip.ask(NetlinkRequest::SetMaster { index, master }, |_| "")?);
            }
            "netns" => {
                let ns = NsTarget::Pid(go_on!(namespace(value().unwrap_or_default())));
                let why = |errno| match errno {
                    Errno::EINVAL => "The interface netns is immutable",
                    _ => "",
                };
                go_on!(ip.ask(NetlinkRequest::SetNs { index, ns }, why)?);
            }
            other => return Ok(Err(garbage(other))),
        }
    }
    Ok(Ok(()))
}

/// Changes a device's flags (netdevice(7)).
fn switch(ip: &mut Ip<'_, '_>, name: &str, change: impl Fn(u16) -> u16) -> Part<()> {
    let (fd, name) = (ip.fd, IfName::new(name));
    let mut ioctl = |request| {
        ip.sys.call(Syscall::Ioctl {
            fd,
            request: Ioctl::Net(request),
        })
    };
    let flags = match ioctl(NetIoctl::Siocgifflags(name))? {
        Ok(flags) => change(flags as u16),
        Err(errno) => return Ok(Err(End::refused(errno, ""))),
    };
    let set = ioctl(NetIoctl::Siocsifflags(name, flags))?;
    Ok(set.map(|_| ()).map_err(|errno| End::refused(errno, "")))
}

/// `ADDRESS[/LENGTH]`; a lone address is a network of its own.
fn prefix(word: &str) -> Result<IfAddr, End> {
    let (local, length) = word.split_once('/').unwrap_or((word, "32"));
    match (local.parse(), length.parse()) {
        (Ok(local), Ok(prefix_len @ 0..=32)) => Ok(IfAddr { local, prefix_len }),
        _ => {
            let text = format!("Error: any valid prefix is expected rather than \"{word}\".");
            Err(End { text, status: 1 })
        }
    }
}

/// `ip addr add|del ADDRESS/LENGTH dev NAME`
fn change_address(ip: &mut Ip<'_, '_>, verb: &str, words: &[&str]) -> Part<()> {
    let [address, "dev", name] = words else {
        return Ok(Err(missing("dev")));
    };
    let addr = go_on!(prefix(address));
    let index = go_on!(ip.link(name)?).index;
    let request = match is(verb, "add") {
        true => NetlinkRequest::NewAddr { index, addr },
        false => NetlinkRequest::DelAddr { index, addr },
    };
    ip.ask(request, |errno| match errno {
        Errno::EEXIST => "ipv4: Address already assigned",
        Errno::EADDRNOTAVAIL => "ipv4: Address not found",
        _ => "",
    })
}

/// `ip route add DESTINATION|default [via ADDRESS] [dev NAME]`
fn add_route(ip: &mut Ip<'_, '_>, words: &[&str]) -> Part<()> {
    let Some((to, mut words)) = words.split_first() else {
        return Ok(Err(missing("to")));
    };
    let dst = match *to {
        "default" => IfAddr {
            local: Ipv4Addr::UNSPECIFIED,
            prefix_len: 0,
        },
        to => go_on!(prefix(to)),
    };
    let (mut gateway, mut index) = (None, 0);
    while !words.is_empty() {
        match words {
            ["via", address, rest @ ..] => {
                let text =
                    format!("Error: any valid address is expected rather than \"{address}\".");
                gateway = Some(go_on!(address.parse().map_err(|_| End { text, status: 1 })));
                words = rest;
            }
            ["dev", name, rest @ ..] => {
                index = go_on!(ip.link(name)?).index;
                words = rest;
            }
            [other, ..] => return Ok(Err(garbage(other))),
            [] => {}
        }
    }
    let request = NetlinkRequest::NewRoute {
        dst,
        gateway,
        index,
    };
    ip.ask(request, |errno| match errno {
        Errno::ENETUNREACH => "Nexthop has invalid gateway",
        Errno::ENETDOWN => "Device for nexthop is not up",
        Errno::EINVAL => "Invalid prefix for given prefix length",
        _ => "",
    })
}
