//! What the rules say about a packet.

use super::{
    Action, Chain, ChainType, Field, Match, Passage, Reject, Rule, Ruleset, STATE_ESTABLISHED,
    STATE_INVALID, STATE_NEW, STATE_RELATED, Sense, TYPE_LOCAL, TYPE_OTHER, Table, Values, Verdict,
};
use crate::kernel::Ctx;
use crate::kernel::net::conntrack::{CtDir, CtState, NatTo};
use crate::kernel::net::ip::{self, Flight};
use crate::kernel::net::packet::{Body, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, Proto};
use crate::kernel::net::{DeviceId, SpaceId, tcp_input};
use crate::store::sorted_by_key;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// Jumps inside each other (NFT_JUMP_STACK_SIZE).
const DEPTH_MAX: u32 = 16;

/// What a chain came to.
enum Result_ {
    Action(Action),
    /// Its end, or `return`.
    Nothing,
}

/// Base chains of a type at a hook, by priority.
fn chains_at(
    rules: &Ruleset,
    passage: Passage,
    kind: ChainType,
) -> Vec<(&Table, &Chain, super::Base)> {
    let all = rules
        .tables
        .iter()
        .flat_map(|t| t.chains.iter().map(move |c| (t, c)));
    let fit = all
        .filter_map(|(t, c)| Some((t, c, c.base?)))
        .filter(|(_, _, base)| base.hook == passage.hook && base.chain_type == kind);
    sorted_by_key(fit, |(_, _, base)| base.priority)
}

/// The verdict of all chains of a type: the first that drops decides.
pub(in crate::kernel::net) fn judge(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    passage: Passage,
    kind: ChainType,
    flight: &Flight,
) -> Verdict {
    let Some(rules) = cx.k.net.spaces.get(space).map(|s| Rc::clone(&s.rules)) else {
        return Verdict::Drop;
    };
    for (table, chain, base) in chains_at(&rules, passage, kind) {
        match evaluate(cx, space, passage, table, chain, flight, 0) {
            Result_::Action(Action::Drop) => return Verdict::Drop,
            Result_::Action(Action::Reject(how)) => {
                let about = &flight.packet;
                match how {
                    Reject::Icmp(code) => ip::unreachable(cx, space, code, about),
                    Reject::TcpReset => tcp_input::reject(cx, space, about),
                }
                return Verdict::Drop;
            }
            Result_::Action(_) => {}
            Result_::Nothing if base.policy == Verdict::Drop => return Verdict::Drop,
            Result_::Nothing => {}
        }
    }
    Verdict::Accept
}

/// What the nat chains of a hook want for a new connection.
pub(in crate::kernel::net) enum Nat {
    Untouched,
    To(NatTo),
    Drop,
}

pub(in crate::kernel::net) fn nat(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    passage: Passage,
    flight: &Flight,
) -> Nat {
    let Some(rules) = cx.k.net.spaces.get(space).map(|s| Rc::clone(&s.rules)) else {
        return Nat::Drop;
    };
    for (table, chain, base) in chains_at(&rules, passage, ChainType::Nat) {
        let to = match evaluate(cx, space, passage, table, chain, flight, 0) {
            Result_::Action(Action::Dnat { addr, port } | Action::Snat { addr, port }) => NatTo {
                addr,
                port,
                masquerade: None,
            },
            Result_::Action(Action::Masquerade) => {
                let dst = flight.packet.dst;
                let addr = |dev| Some((dev, cx.k.net.select_addr(space, dev, dst)?));
                let Some((dev, addr)) = passage.output.and_then(addr) else {
                    return Nat::Drop;
                };
                NatTo {
                    addr: Some(addr),
                    port: None,
                    masquerade: Some(dev),
                }
            }
            Result_::Action(Action::Redirect { port }) => {
                let first = |dev| Some(cx.k.net.device(dev)?.addrs.first()?.local);
                let addr = match passage.input {
                    None => Some(Ipv4Addr::LOCALHOST),
                    Some(dev) => first(dev),
                };
                // A device without an address has nowhere to redirect to.
                let Some(addr) = addr else {
                    return Nat::Drop;
                };
                NatTo {
                    addr: Some(addr),
                    port,
                    masquerade: None,
                }
            }
            Result_::Action(Action::Drop | Action::Reject(_)) => return Nat::Drop,
            Result_::Action(_) => return Nat::Untouched,
            Result_::Nothing if base.policy == Verdict::Drop => return Nat::Drop,
            Result_::Nothing => continue,
        };
        return Nat::To(to);
    }
    Nat::Untouched
}

fn evaluate(
    cx: &Ctx<'_>,
    space: SpaceId,
    passage: Passage,
    table: &Table,
    chain: &Chain,
    flight: &Flight,
    depth: u32,
) -> Result_ {
    if depth >= DEPTH_MAX {
        return Result_::Action(Action::Drop);
    }
    let enter = |name: &str| match table.chains.iter().find(|c| c.name.as_ref() == name) {
        Some(chain) => evaluate(cx, space, passage, table, chain, flight, depth + 1),
        None => Result_::Nothing,
    };
    for rule in &chain.rules {
        if !rule_fits(cx, space, passage, rule, flight) {
            continue;
        }
        match &rule.action {
            None => {}
            Some(Action::Return) => return Result_::Nothing,
            Some(Action::Goto(name)) => return enter(name),
            Some(Action::Jump(name)) => match enter(name) {
                Result_::Nothing => {}
                action @ Result_::Action(_) => return action,
            },
            Some(action) => return Result_::Action(action.clone()),
        }
    }
    Result_::Nothing
}

fn rule_fits(cx: &Ctx<'_>, space: SpaceId, passage: Passage, rule: &Rule, flight: &Flight) -> bool {
    let mut all = rule.matches.iter();
    all.all(|m| fits(cx, space, passage, m, flight))
}

fn fits(cx: &Ctx<'_>, space: SpaceId, passage: Passage, m: &Match, flight: &Flight) -> bool {
    let packet = &flight.packet;
    let (sport, dport) = packet.ports();
    let port = |proto: Proto, port: u16| (packet.proto() == proto).then_some(u32::from(port));
    let name_of = |dev: Option<DeviceId>| Some(cx.k.net.device(dev?)?.name.clone());
    // A header that is not there fits nothing, not even its opposite.
    let number = match m.of {
        Field::InputName => return name_fits(m, name_of(passage.input).as_deref()),
        Field::OutputName => return name_fits(m, name_of(passage.output).as_deref()),
        Field::SourceAddr => Some(packet.src.to_bits()),
        Field::DestAddr => Some(packet.dst.to_bits()),
        Field::Protocol => Some(match packet.proto() {
            Proto::Tcp => IPPROTO_TCP as u32,
            Proto::Udp => IPPROTO_UDP as u32,
            Proto::Icmp => IPPROTO_ICMP as u32,
        }),
        Field::TcpSport => port(Proto::Tcp, sport),
        Field::TcpDport => port(Proto::Tcp, dport),
        Field::UdpSport => port(Proto::Udp, sport),
        Field::UdpDport => port(Proto::Udp, dport),
        Field::IcmpType => match &packet.body {
            Body::Icmp(icmp) => Some(u32::from(icmp.kind)),
            Body::Tcp(_) | Body::Udp { .. } => None,
        },
        Field::CtState => Some(state(cx, space, flight)),
        Field::FibDestType => Some(match cx.k.net.is_local(space, packet.dst) {
            true => TYPE_LOCAL,
            false => TYPE_OTHER,
        }),
    };
    let (Some(number), Values::Ranges(ranges)) = (number, &m.values) else {
        return false;
    };
    let is_in = ranges
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&number));
    is_in == (m.sense == Sense::Is)
}

fn state(cx: &Ctx<'_>, space: SpaceId, flight: &Flight) -> u32 {
    let Some((id, dir)) = flight.ct else {
        return STATE_INVALID;
    };
    let ct = cx.k.net.spaces.get(space).and_then(|s| s.conntrack.get(id));
    match (dir, ct.map(|ct| ct.state)) {
        (CtDir::Related, _) => STATE_RELATED,
        (CtDir::Reply, _) | (CtDir::Original, Some(CtState::Established)) => STATE_ESTABLISHED,
        (CtDir::Original, Some(CtState::New | CtState::Unconfirmed)) => STATE_NEW,
        (CtDir::Original, None) => STATE_INVALID,
    }
}

fn name_fits(m: &Match, name: Option<&str>) -> bool {
    let Values::Names(names) = &m.values else {
        return false;
    };
    // A packet without the device has the empty name.
    let name = name.unwrap_or("");
    let is_in = names.iter().any(|wanted| match wanted.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => wanted.as_ref() == name,
    });
    is_in == (m.sense == Sense::Is)
}
