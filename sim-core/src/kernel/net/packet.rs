//! Packets: IPv4 with TCP, UDP or ICMP.

use std::net::Ipv4Addr;
use std::rc::Rc;

pub const IPPROTO_ICMP: i32 = 1;
pub const IPPROTO_TCP: i32 = 6;
pub const IPPROTO_UDP: i32 = 17;

/// ICMP types and codes (icmp(7)).
pub const ECHO_REPLY: u8 = 0;
pub const DEST_UNREACH: u8 = 3;
pub const ECHO: u8 = 8;
pub const TIME_EXCEEDED: u8 = 11;
pub const NET_UNREACH: u8 = 0;
pub const HOST_UNREACH: u8 = 1;
pub const PROT_UNREACH: u8 = 2;
pub const PORT_UNREACH: u8 = 3;
pub const NET_PROHIBITED: u8 = 9;
pub const HOST_PROHIBITED: u8 = 10;
pub const ADMIN_PROHIBITED: u8 = 13;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proto {
    Tcp,
    Udp,
    Icmp,
}

/// Address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    pub addr: Ipv4Addr,
    pub port: u16,
}

impl End {
    pub const ANY: End = End {
        addr: Ipv4Addr::UNSPECIFIED,
        port: 0,
    };
}

/// What tells flows apart. Echo requests and replies have their id as both ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    pub proto: Proto,
    pub src: End,
    pub dst: End,
    /// The type of an ICMP message: two hosts that ask each other have two flows. Else 0.
    pub kind: u8,
}

impl Tuple {
    pub fn inverse(self) -> Tuple {
        Tuple {
            src: self.dst,
            dst: self.src,
            kind: match (self.proto, self.kind) {
                (Proto::Icmp, ECHO) => ECHO_REPLY,
                (Proto::Icmp, ECHO_REPLY) => ECHO,
                (Proto::Icmp | Proto::Tcp | Proto::Udp, kind) => kind,
            },
            ..self
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    pub src: Ipv4Addr,
    pub dst: Ipv4Addr,
    pub ttl: u8,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    Tcp(Segment),
    Udp {
        sport: u16,
        dport: u16,
        data: Rc<[u8]>,
    },
    Icmp(Icmp),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Icmp {
    pub kind: u8,
    pub code: u8,
    pub id: u16,
    pub seq: u16,
    pub data: Rc<[u8]>,
    /// Errors: the flow of the packet that they are about.
    pub about: Option<Tuple>,
}

/// A TCP segment. Sequence numbers begin at 0 on both sides and do not wrap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Segment {
    pub sport: u16,
    pub dport: u16,
    pub seq: u64,
    pub ack: u64,
    pub flags: TcpFlags,
    pub window: u64,
    pub data: Rc<[u8]>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    pub const FIN: TcpFlags = TcpFlags(1);
    pub const SYN: TcpFlags = TcpFlags(2);
    pub const RST: TcpFlags = TcpFlags(4);
    pub const ACK: TcpFlags = TcpFlags(16);

    pub const fn has(self, other: TcpFlags) -> bool {
        self.0 & other.0 == other.0
    }
    pub const fn with(self, other: TcpFlags) -> TcpFlags {
        TcpFlags(self.0 | other.0)
    }
}

impl Segment {
    /// Sequence numbers that it takes up.
    pub fn len(&self) -> u64 {
        let signs = [TcpFlags::SYN, TcpFlags::FIN];
        self.data.len() as u64 + signs.iter().filter(|sign| self.flags.has(**sign)).count() as u64
    }
}

pub const TTL: u8 = 64;

impl Packet {
    pub fn new(src: Ipv4Addr, dst: Ipv4Addr, body: Body) -> Self {
        Self {
            src,
            dst,
            ttl: TTL,
            body,
        }
    }

    pub fn proto(&self) -> Proto {
        match self.body {
            Body::Tcp(_) => Proto::Tcp,
            Body::Udp { .. } => Proto::Udp,
            Body::Icmp(_) => Proto::Icmp,
        }
    }

    pub fn ports(&self) -> (u16, u16) {
        match &self.body {
            Body::Tcp(segment) => (segment.sport, segment.dport),
            Body::Udp { sport, dport, .. } => (*sport, *dport),
            Body::Icmp(icmp) => (icmp.id, icmp.id),
        }
    }

    pub fn tuple(&self) -> Tuple {
        let (sport, dport) = self.ports();
        Tuple {
            proto: self.proto(),
            src: End {
                addr: self.src,
                port: sport,
            },
            dst: End {
                addr: self.dst,
                port: dport,
            },
            kind: match &self.body {
                Body::Icmp(icmp) => icmp.kind,
                Body::Tcp(_) | Body::Udp { .. } => 0,
            },
        }
    }

    /// Whether a connection can begin with it (valid_new of ICMP, tcp_new): not with an answer.
    pub fn may_begin(&self) -> bool {
        match &self.body {
            Body::Icmp(icmp) => icmp.kind == ECHO,
            Body::Tcp(segment) => {
                let flags = segment.flags;
                let is_first = flags.has(TcpFlags::SYN) != flags.has(TcpFlags::ACK);
                is_first && !flags.has(TcpFlags::FIN) && !flags.has(TcpFlags::RST)
            }
            Body::Udp { .. } => true,
        }
    }

    /// An error message about another packet: there is none about errors.
    pub fn is_icmp_error(&self) -> bool {
        match &self.body {
            Body::Icmp(icmp) => icmp.kind != ECHO && icmp.kind != ECHO_REPLY,
            Body::Tcp(_) | Body::Udp { .. } => false,
        }
    }

    pub fn set_src(&mut self, end: End) {
        self.src = end.addr;
        match &mut self.body {
            Body::Tcp(segment) => segment.sport = end.port,
            Body::Udp { sport, .. } => *sport = end.port,
            Body::Icmp(icmp) => icmp.id = end.port,
        }
    }

    pub fn set_dst(&mut self, end: End) {
        self.dst = end.addr;
        match &mut self.body {
            Body::Tcp(segment) => segment.dport = end.port,
            Body::Udp { dport, .. } => *dport = end.port,
            Body::Icmp(icmp) => icmp.id = end.port,
        }
    }

    /// As a raw socket reads an ICMP packet: the header of IP, then the message (raw(7)).
    pub fn to_bytes(&self) -> Vec<u8> {
        let Body::Icmp(icmp) = &self.body else {
            return Vec::new();
        };
        let message = icmp.to_bytes();
        let mut bytes = vec![0x45, 0];
        bytes.extend((message.len() as u16).saturating_add(20).to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, self.ttl, IPPROTO_ICMP as u8, 0, 0]);
        bytes.extend(self.src.octets());
        bytes.extend(self.dst.octets());
        let sum = checksum(&bytes).to_be_bytes();
        bytes.splice(10..12, sum);
        bytes.extend(message);
        bytes
    }
}

impl Icmp {
    /// What a raw socket sends; a message shorter than its header is filled up with zeros.
    pub fn from_bytes(bytes: &[u8]) -> Icmp {
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        Icmp {
            kind: byte(0),
            code: byte(1),
            id: u16::from_be_bytes([byte(4), byte(5)]),
            seq: u16::from_be_bytes([byte(6), byte(7)]),
            data: bytes.get(8..).unwrap_or_default().into(),
            about: None,
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![self.kind, self.code, 0, 0];
        bytes.extend(self.id.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.data.iter());
        let sum = checksum(&bytes).to_be_bytes();
        bytes.splice(2..4, sum);
        bytes
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| {
        let byte = |at: usize| pair.get(at).copied().unwrap_or(0);
        u64::from(u16::from_be_bytes([byte(0), byte(1)]))
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
