//! The network layer: output, input, forwarding, and ICMP (ip_output.c, ip_input.c, ip_forward.c).

use super::conntrack::{CtDir, CtId};
use super::device::DeviceId;
use super::nft::{Hook, Passage, Verdict};
use super::packet::{self, Body, Icmp, Packet};
use super::route::Way;
use super::{SpaceId, conntrack, neigh, sock, tcp_input, udp};
use crate::kernel::Ctx;
use std::net::Ipv4Addr;
use std::rc::Rc;

/// A packet with what it carries along: its connection, and in which direction it goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Flight {
    pub packet: Packet,
    pub ct: Option<(CtId, CtDir)>,
    /// The port of a bridge that it came in through; it does not leave by it again.
    pub port: Option<DeviceId>,
}

/// Packets that one call may set going; what is beyond is lost.
const FLIGHTS_MAX: u32 = 10_000;

/// Puts a packet of this namespace's own on its way; it leaves at the next [`flush`].
pub(super) fn send(cx: &mut Ctx<'_>, space: SpaceId, packet: Packet) {
    cx.k.net.outgoing.push_back((space, packet));
}

/// What became of a packet of this host's own, as its sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Away,
    /// Dropped by a filter of this host (NF_HOOK in ip_local_out and ip_output).
    Dropped,
    /// Translated to where no route leads (ip_route_me_harder).
    NoRoute,
    /// Translated to another host, with an address of this one's loopback as its source
    /// (__mkroute_output).
    FromLoopback,
}

/// Sends a packet at once, and what is sent in answer.
pub(super) fn send_now(cx: &mut Ctx<'_>, space: SpaceId, packet: Packet) -> Sent {
    flush(cx);
    let sent = output(cx, space, packet);
    flush(cx);
    sent
}

/// Lets every packet travel, and what is sent in answer.
pub(super) fn flush(cx: &mut Ctx<'_>) {
    for _ in 0..FLIGHTS_MAX {
        let Some((space, packet)) = cx.k.net.outgoing.pop_front() else {
            return;
        };
        output(cx, space, packet);
    }
    cx.k.net.outgoing.clear();
}

fn output(cx: &mut Ctx<'_>, space: SpaceId, packet: Packet) -> Sent {
    let Some(mut way) = cx.k.net.way(space, packet.dst) else {
        return Sent::Away;
    };
    let (out, _) = egress(cx, space, way);
    let mut flight = Flight {
        packet,
        ct: None,
        port: None,
    };
    let dst = flight.packet.dst;
    let passage = Passage {
        hook: Hook::Output,
        input: None,
        output: out,
    };
    if conntrack::pass(cx, space, passage, &mut flight) != Verdict::Accept {
        return Sent::Dropped;
    }
    if flight.packet.dst != dst {
        match cx.k.net.way(space, flight.packet.dst) {
            Some(new) => way = new,
            None => return Sent::NoRoute,
        }
        let is_inside = egress(cx, space, way).1.is_none();
        if flight.packet.src.is_loopback() && !is_inside {
            return Sent::FromLoopback;
        }
    }
    match finish(cx, space, way, None, flight) {
        Verdict::Accept => Sent::Away,
        Verdict::Drop => Sent::Dropped,
    }
}

/// The device and the next hop of a way.
fn egress(cx: &Ctx<'_>, space: SpaceId, way: Way) -> (Option<DeviceId>, Option<Ipv4Addr>) {
    match way {
        Way::Local { .. } => (cx.k.net.loopback(space), None),
        Way::Broadcast => (None, None),
        Way::Through { dev, next_hop, .. } => (Some(dev), Some(next_hop)),
    }
}

/// Postrouting, then the link.
fn finish(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    way: Way,
    input: Option<DeviceId>,
    mut flight: Flight,
) -> Verdict {
    let (Some(out), hop) = egress(cx, space, way) else {
        return Verdict::Accept;
    };
    let passage = Passage {
        hook: Hook::Postrouting,
        input,
        output: Some(out),
    };
    if conntrack::pass(cx, space, passage, &mut flight) != Verdict::Accept {
        return Verdict::Drop;
    }
    match hop {
        Some(hop) => {
            flight.ct = None;
            neigh::transmit(cx, space, out, hop, flight);
        }
        // The loopback device keeps the connection on the packet.
        None if cx.k.net.is_up(out) => receive(cx, out, flight),
        None => {}
    }
    Verdict::Accept
}

/// A packet has come in through a device.
pub(super) fn receive(cx: &mut Ctx<'_>, dev: DeviceId, mut flight: Flight) {
    let Some(device) = cx.k.net.device(dev) else {
        return;
    };
    let space = device.space;
    if !cx.k.net.is_up(dev) {
        return;
    }
    let passage = Passage {
        hook: Hook::Prerouting,
        input: Some(dev),
        output: None,
    };
    let meant_for = flight.packet.dst;
    if conntrack::pass(cx, space, passage, &mut flight) != Verdict::Accept {
        return;
    }
    take_up(cx, dev, flight, meant_for);
}

/// Behind prerouting: to whom a packet goes that was meant for this address.
fn take_up(cx: &mut Ctx<'_>, dev: DeviceId, mut flight: Flight, meant_for: Ipv4Addr) {
    let Some(device) = cx.k.net.device(dev) else {
        return;
    };
    let (space, is_loopback) = (device.space, device.kind == super::DeviceKind::Loopback);
    let (src, dst) = (flight.packet.src, flight.packet.dst);
    // Martians: what cannot have come this way (ip_route_input_slow, fib_validate_source).
    let is_strange = src.is_multicast() || src.is_broadcast() || src.is_unspecified();
    let is_inner = src.is_loopback() || dst.is_loopback() || cx.k.net.is_local(space, src);
    if is_strange || (!is_loopback && is_inner) {
        return;
    }
    match cx.k.net.way(space, dst) {
        Some(Way::Local { .. }) => {
            let passage = Passage {
                hook: Hook::Input,
                input: Some(dev),
                output: None,
            };
            if conntrack::pass(cx, space, passage, &mut flight) == Verdict::Accept {
                deliver(cx, space, flight.packet);
            }
        }
        Some(Way::Broadcast) => {}
        Some(way @ Way::Through { dev: out, .. }) if out == dev && dst != meant_for => {
            bridge_again(cx, space, dev, way, flight);
        }
        Some(way @ Way::Through { .. }) => forward(cx, space, dev, way, flight),
        // A host that does not forward says nothing.
        None if is_forwarding(cx, space) => {
            unreachable(cx, space, packet::NET_UNREACH, &flight.packet);
        }
        None => {}
    }
}

fn is_forwarding(cx: &Ctx<'_>, space: SpaceId) -> bool {
    let space = cx.k.net.spaces.get(space);
    space.is_some_and(|space| space.ip_forward != 0)
}

/// br_netfilter: a frame that a bridge hands from port to port passes the hooks of its namespace,
/// with the bridge as both devices. Whether it goes on.
pub(super) fn cross(cx: &mut Ctx<'_>, bridge: DeviceId, flight: &mut Flight) -> Verdict {
    let Some(space) = cx.k.net.device(bridge).map(|d| d.space) else {
        return Verdict::Drop;
    };
    let meant_for = flight.packet.dst;
    flight.ct = None;
    let came = Passage {
        hook: Hook::Prerouting,
        input: Some(bridge),
        output: None,
    };
    if conntrack::pass(cx, space, came, flight) != Verdict::Accept {
        return Verdict::Drop;
    }
    if flight.packet.dst != meant_for {
        // br_nf_pre_routing_finish: translated, it is for the bridge itself.
        take_up(cx, bridge, flight.clone(), meant_for);
        return Verdict::Drop;
    }
    let verdict = leave(cx, space, bridge, flight);
    flight.ct = None;
    verdict
}

/// The hooks of a frame that leaves a bridge which it came to.
fn leave(cx: &mut Ctx<'_>, space: SpaceId, bridge: DeviceId, flight: &mut Flight) -> Verdict {
    let passes = [
        Passage {
            hook: Hook::Forward,
            input: Some(bridge),
            output: Some(bridge),
        },
        Passage {
            hook: Hook::Postrouting,
            input: None,
            output: Some(bridge),
        },
    ];
    let mut all = passes.into_iter();
    match all.all(|passage| conntrack::pass(cx, space, passage, flight) == Verdict::Accept) {
        true => Verdict::Accept,
        false => Verdict::Drop,
    }
}

/// What was translated on its way into a bridge to somebody behind the same bridge is not routed
/// (br_nf_pre_routing_finish_bridge); another device than a bridge routes it as anything else.
fn bridge_again(cx: &mut Ctx<'_>, space: SpaceId, dev: DeviceId, way: Way, mut flight: Flight) {
    let is_bridge = cx.k.net.device(dev).map(|d| d.kind) == Some(super::DeviceKind::Bridge);
    if !is_bridge || !is_forwarding(cx, space) {
        return forward(cx, space, dev, way, flight);
    }
    let (_, Some(hop)) = egress(cx, space, way) else {
        return;
    };
    if leave(cx, space, dev, &mut flight) == Verdict::Accept {
        flight.ct = None;
        neigh::transmit(cx, space, dev, hop, flight);
    }
}

fn forward(cx: &mut Ctx<'_>, space: SpaceId, input: DeviceId, way: Way, mut flight: Flight) {
    if !is_forwarding(cx, space) {
        return;
    }
    if flight.packet.ttl <= 1 {
        error(cx, space, packet::TIME_EXCEEDED, 0, &flight.packet);
        return;
    }
    flight.packet.ttl -= 1;
    flight.port = None;
    let passage = Passage {
        hook: Hook::Forward,
        input: Some(input),
        output: egress(cx, space, way).0,
    };
    if conntrack::pass(cx, space, passage, &mut flight) == Verdict::Accept {
        finish(cx, space, way, Some(input), flight);
    }
}

pub(super) fn unreachable(cx: &mut Ctx<'_>, space: SpaceId, code: u8, about: &Packet) {
    error(cx, space, packet::DEST_UNREACH, code, about);
}

/// icmp_send: tells the sender what became of its packet; never about an error.
fn error(cx: &mut Ctx<'_>, space: SpaceId, kind: u8, code: u8, about: &Packet) {
    if about.is_icmp_error() {
        return;
    }
    // From the address that was meant if it is one of ours, else from the one on the way back.
    let source = match cx.k.net.is_local(space, about.dst) {
        true => Some(about.dst),
        false => match cx.k.net.way(space, about.src) {
            Some(Way::Through { source, .. }) => source,
            Some(Way::Local { source }) => Some(source),
            Some(Way::Broadcast) | None => None,
        },
    };
    let Some(source) = source else { return };
    let icmp = Icmp {
        kind,
        code,
        id: 0,
        seq: 0,
        data: Rc::from([]),
        about: Some(about.tuple()),
    };
    send(cx, space, Packet::new(source, about.src, Body::Icmp(icmp)));
}

/// ip_local_deliver.
fn deliver(cx: &mut Ctx<'_>, space: SpaceId, packet: Packet) {
    match &packet.body {
        Body::Tcp(segment) => tcp_input::receive(cx, space, packet.src, packet.dst, segment),
        Body::Udp { .. } => udp::receive(cx, space, &packet),
        Body::Icmp(icmp) => {
            sock::deliver_raw(cx, space, &packet);
            if icmp.kind == packet::ECHO {
                let reply = Icmp {
                    kind: packet::ECHO_REPLY,
                    ..icmp.clone()
                };
                let reply = Packet::new(packet.dst, packet.src, Body::Icmp(reply));
                send(cx, space, reply);
            } else if let Some(about) = icmp.about {
                udp::error(cx, space, about, icmp);
            }
        }
    }
}
