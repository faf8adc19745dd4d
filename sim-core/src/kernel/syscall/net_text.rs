//! Addresses and configuration requests as text: `127.0.0.1:80`, `"/tmp/s"`, `@"name"`.

use super::Str;
use super::text::{Argument, ArgumentReader};
use crate::kernel::net::{IfAddr, IfName, NetIoctl, NetlinkRequest, NsTarget, SockAddr};
use crate::text::{Scanner, TextError, quote};
use std::fmt::{self, Formatter};
use std::net::Ipv4Addr;

impl Argument for Ipv4Addr {
    fn blank() -> Self {
        Ipv4Addr::UNSPECIFIED
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        let text = from.take_while(|c| c.is_ascii_digit() || c == '.');
        text.parse()
            .map_err(|_| start.error(format!("{name}: no address '{text}'")))
    }
}

impl Argument for IfAddr {
    fn blank() -> Self {
        IfAddr {
            local: Ipv4Addr::UNSPECIFIED,
            prefix_len: 0,
        }
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let local = Ipv4Addr::read(name, from)?;
        from.expect('/')?;
        let prefix_len = from.number("the length of a prefix")?;
        Ok(IfAddr { local, prefix_len })
    }
}

/// What may be left out: `-` says that it is.
macro_rules! optional {
    ($($type:ty),*) => { $(
        impl Argument for Option<$type> {
            fn blank() -> Self {
                None
            }
            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                match self {
                    Some(value) => value.write(f),
                    None => f.write_str("-"),
                }
            }
            fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
                match from.take('-') {
                    Some(_) => Ok(None),
                    None => <$type>::read(name, from).map(Some),
                }
            }
        }
    )* };
}

optional!(Ipv4Addr, IfName);

impl Argument for IfName {
    fn blank() -> Self {
        IfName::new("")
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quote(f, self.as_str())
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        Ok(IfName::new(&from.quoted(name)?))
    }
}

impl Argument for SockAddr {
    fn blank() -> Self {
        SockAddr::None
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SockAddr::None => f.write_str("NULL"),
            SockAddr::Inet { addr, port } => write!(f, "{addr}:{port}"),
            SockAddr::Path(path) => quote(f, path),
            SockAddr::Abstract(name) => {
                f.write_str("@")?;
                quote(f, name)
            }
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        match from.peek() {
            Some('"') => Ok(SockAddr::Path(from.quoted(name)?.into())),
            Some('@') => {
                from.expect('@')?;
                Ok(SockAddr::Abstract(from.quoted(name)?.into()))
            }
            Some(c) if c.is_ascii_digit() => {
                let addr = Ipv4Addr::read(name, from)?;
                from.expect(':')?;
                let port = from.number("a port")?;
                Ok(SockAddr::Inet { addr, port })
            }
            _ => {
                let start = from.clone();
                match from.word(name)? {
                    "NULL" => Ok(SockAddr::None),
                    other => Err(start.error(format!("{name}: no address '{other}'"))),
                }
            }
        }
    }
}

impl Argument for NsTarget {
    fn blank() -> Self {
        NsTarget::Own
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            NsTarget::Own => f.write_str("own"),
            NsTarget::Pid(pid) => write!(f, "pid:{pid}"),
            NsTarget::Fd(fd) => write!(f, "fd:{fd}"),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        match from.word(name)? {
            "own" => Ok(NsTarget::Own),
            "pid" => {
                from.expect(':')?;
                Ok(NsTarget::Pid(from.number(name)?))
            }
            "fd" => {
                from.expect(':')?;
                Ok(NsTarget::Fd(from.number(name)?))
            }
            other => Err(start.error(format!("{name}: no '{other}'"))),
        }
    }
}

/// Writes a request and its arguments.
macro_rules! put {
    ($f:expr, $name:literal $(, $argument:expr)*) => {{
        $f.write_str($name)?;
        $( $f.write_str(", ")?; $argument.write($f)?; )*
        Ok(())
    }};
}

impl NetIoctl {
    pub(super) fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            NetIoctl::Siocgifindex(name) => put!(f, "SIOCGIFINDEX", name),
            NetIoctl::Siocgifflags(name) => put!(f, "SIOCGIFFLAGS", name),
            NetIoctl::Siocsifflags(name, flags) => put!(f, "SIOCSIFFLAGS", name, flags),
            NetIoctl::Siocsifaddr(name, addr) => put!(f, "SIOCSIFADDR", name, addr),
            NetIoctl::Siocsifnetmask(name, mask) => put!(f, "SIOCSIFNETMASK", name, mask),
            NetIoctl::Siocaddrt {
                dst,
                mask,
                gateway,
                dev,
            } => put!(f, "SIOCADDRT", dst, mask, gateway, dev),
        }
    }

    /// `None` for the name of another request.
    pub(super) fn read(request: &str, argument: &mut ArgumentReader<'_, '_>) -> Option<Self> {
        Some(match request {
            "SIOCGIFINDEX" => NetIoctl::Siocgifindex(argument.get("name")),
            "SIOCGIFFLAGS" => NetIoctl::Siocgifflags(argument.get("name")),
            "SIOCSIFFLAGS" => NetIoctl::Siocsifflags(argument.get("name"), argument.get("flags")),
            "SIOCSIFADDR" => NetIoctl::Siocsifaddr(argument.get("name"), argument.get("addr")),
            "SIOCSIFNETMASK" => {
                NetIoctl::Siocsifnetmask(argument.get("name"), argument.get("mask"))
            }
            "SIOCADDRT" => NetIoctl::Siocaddrt {
                dst: argument.get("dst"),
                mask: argument.get("mask"),
                gateway: argument.get("gateway"),
                dev: argument.get("dev"),
            },
            _ => return None,
        })
    }
}

impl Argument for NetlinkRequest {
    fn blank() -> Self {
        NetlinkRequest::DelLink { index: 0 }
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            NetlinkRequest::NewVeth {
                name,
                peer,
                peer_ns,
            } => put!(f, "newveth", name, peer, peer_ns),
            NetlinkRequest::NewBridge { name } => put!(f, "newbridge", name),
            NetlinkRequest::SetMaster { index, master } => put!(f, "setmaster", index, master),
            NetlinkRequest::SetNs { index, ns } => put!(f, "setns", index, ns),
            NetlinkRequest::DelLink { index } => put!(f, "dellink", index),
            NetlinkRequest::NewAddr { index, addr } => put!(f, "newaddr", index, addr),
            NetlinkRequest::DelAddr { index, addr } => put!(f, "deladdr", index, addr),
            NetlinkRequest::NewRoute {
                dst,
                gateway,
                index,
            } => put!(f, "newroute", dst, gateway, index),
            NetlinkRequest::GetLinks => put!(f, "getlinks"),
            NetlinkRequest::GetAddrs => put!(f, "getaddrs"),
            NetlinkRequest::GetRoutes => put!(f, "getroutes"),
            NetlinkRequest::Nft(text) => put!(f, "nft", text),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        let request = from.word(name)?;
        let mut argument = ArgumentReader::after_first(from);
        let request = match request {
            "newveth" => NetlinkRequest::NewVeth {
                name: argument.get("name"),
                peer: argument.get("peer"),
                peer_ns: argument.get("namespace"),
            },
            "newbridge" => NetlinkRequest::NewBridge {
                name: argument.get("name"),
            },
            "setmaster" => NetlinkRequest::SetMaster {
                index: argument.get("index"),
                master: argument.get("master"),
            },
            "setns" => NetlinkRequest::SetNs {
                index: argument.get("index"),
                ns: argument.get("namespace"),
            },
            "dellink" => NetlinkRequest::DelLink {
                index: argument.get("index"),
            },
            "newaddr" => NetlinkRequest::NewAddr {
                index: argument.get("index"),
                addr: argument.get("address"),
            },
            "deladdr" => NetlinkRequest::DelAddr {
                index: argument.get("index"),
                addr: argument.get("address"),
            },
            "newroute" => NetlinkRequest::NewRoute {
                dst: argument.get("destination"),
                gateway: argument.get("gateway"),
                index: argument.get("index"),
            },
            "getlinks" => NetlinkRequest::GetLinks,
            "getaddrs" => NetlinkRequest::GetAddrs,
            "getroutes" => NetlinkRequest::GetRoutes,
            "nft" => NetlinkRequest::Nft(argument.get::<Str>("commands")),
            other => return Err(start.error(format!("{name}: no '{other}'"))),
        };
        argument.finish(request)
    }
}
