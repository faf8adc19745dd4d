//! Packet filter rules (nft(8)): the subset that publishing ports, masquerading and plain
//! filtering need.
//!
//! Families `ip` and `inet`; chains of types `nat` and `filter` at the five hooks, and regular
//! chains to jump to. Matches: `ip saddr`, `ip daddr`, `ip protocol`, `meta l4proto`, `iifname`, `oifname` (also
//! `iif`, `oif`), `tcp`/`udp` `sport`/`dport`, `icmp type`, `ct state`, `fib daddr type local`;
//! each with `==`, `!=`, sets and ranges. Verdicts: `accept`, `drop`, `reject` (with a reset or an ICMP code), `return`, `jump`,
//! `goto`, `dnat to`, `snat to`, `masquerade`, `redirect`. Anything else is an error, and then
//! none of the commands has an effect.

mod commands;
mod judge;
mod rules;

pub use commands::run;
pub(super) use judge::{Nat, judge, nat};

use super::device::DeviceId;
use crate::kernel::syscall::Str;
use std::net::Ipv4Addr;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ruleset {
    pub tables: Vec<Table>,
}

impl Ruleset {
    /// Nothing is tracked or judged.
    pub fn is_empty(&self) -> bool {
        self.tables.iter().all(|table| table.chains.is_empty())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Ip,
    Inet,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    pub family: Family,
    pub name: Str,
    pub chains: Vec<Chain>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chain {
    pub name: Str,
    /// `None`: only jumped to.
    pub base: Option<Base>,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Base {
    pub chain_type: ChainType,
    pub hook: Hook,
    pub priority: i32,
    pub policy: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChainType {
    Nat,
    Filter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Accept,
    Drop,
}

/// Where a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    pub hook: Hook,
    pub input: Option<DeviceId>,
    pub output: Option<DeviceId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub matches: Vec<Match>,
    /// `None`: it only counts.
    pub action: Option<Action>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    pub of: Field,
    pub sense: Sense,
    pub values: Values,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sense {
    Is,
    IsNot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    SourceAddr,
    DestAddr,
    Protocol,
    InputName,
    OutputName,
    TcpSport,
    TcpDport,
    UdpSport,
    UdpDport,
    IcmpType,
    CtState,
    FibDestType,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Values {
    /// Addresses, ports, protocols, types, states: from, to.
    Ranges(Vec<(u32, u32)>),
    /// Names; an ending star stands for any rest.
    Names(Vec<Str>),
}

/// Numbers of `ct state` values.
pub const STATE_NEW: u32 = 0;
pub const STATE_ESTABLISHED: u32 = 1;
pub const STATE_RELATED: u32 = 2;
pub const STATE_INVALID: u32 = 3;
/// `fib daddr type local`, and everything else.
pub const TYPE_LOCAL: u32 = 1;
pub const TYPE_OTHER: u32 = 0;

/// What the sender of a rejected packet is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reject {
    /// Destination unreachable, with this code.
    Icmp(u8),
    TcpReset,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Accept,
    Drop,
    Reject(Reject),
    Return,
    Jump(Str),
    Goto(Str),
    Dnat {
        addr: Option<Ipv4Addr>,
        port: Option<u16>,
    },
    Snat {
        addr: Option<Ipv4Addr>,
        port: Option<u16>,
    },
    Masquerade,
    Redirect {
        port: Option<u16>,
    },
}
