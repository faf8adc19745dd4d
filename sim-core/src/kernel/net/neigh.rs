//! Neighbours (arp(7)): who has the next hop's address on the link.

use super::device::{DeviceId, DeviceKind};
use super::ip::Flight;
use super::nft::Verdict;
use super::{Net, SpaceId};
use crate::kernel::Ctx;
use std::net::Ipv4Addr;

/// struct neighbour.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Neighbour {
    Reachable {
        at: DeviceId,
        since_ns: u64,
    },
    /// Asked for at this time; packets wait for the answer.
    Incomplete {
        since_ns: u64,
        waiting: Vec<Flight>,
    },
}

/// An answer is believed for so long (base_reachable_time and the first probe).
const REACHABLE_NS: u64 = 35_000_000_000;
/// A question is asked again after this time (retrans_time).
const RETRANS_NS: u64 = 1_000_000_000;
/// Packets that wait for one answer at most.
const WAITING_MAX: usize = 101;

/// Sends a packet to a next hop on a device's link.
pub(super) fn transmit(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    dev: DeviceId,
    hop: Ipv4Addr,
    flight: Flight,
) {
    let now_ns = cx.now_ns;
    let known =
        cx.k.net
            .spaces
            .get_mut(space)
            .and_then(|s| s.neighbours.get_mut(&(dev, hop)));
    match known {
        Some(Neighbour::Reachable { at, since_ns }) if now_ns < *since_ns + REACHABLE_NS => {
            let at = *at;
            carry(cx, dev, at, flight);
            return;
        }
        Some(Neighbour::Incomplete { since_ns, waiting }) if now_ns < *since_ns + RETRANS_NS => {
            if waiting.len() < WAITING_MAX {
                waiting.push(flight);
            }
            return;
        }
        Some(_) | None => {}
    }
    let from = flight.packet.src;
    let own = cx.k.net.is_local(space, from).then_some(from);
    let asker = own.or_else(|| cx.k.net.select_addr(space, dev, hop));
    match asker.and_then(|asker| ask(cx, space, dev, asker, hop)) {
        Some(at) => {
            learn(cx, space, dev, hop, at);
            carry(cx, dev, at, flight);
        }
        None => {
            let entry = Neighbour::Incomplete {
                since_ns: now_ns,
                waiting: vec![flight],
            };
            if let Some(space) = cx.k.net.spaces.get_mut(space) {
                space.neighbours.insert((dev, hop), entry);
            }
        }
    }
}

/// Asks everybody on the link. Whoever hears it notes the asker if it knows of it; whoever has
/// the address answers, and notes it in any case (arp_process).
fn ask(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    dev: DeviceId,
    asker: Ipv4Addr,
    wanted: Ipv4Addr,
) -> Option<DeviceId> {
    let mut answer = None;
    for taker in cx.k.net.heard_by(dev) {
        let Some(there) = cx.k.net.device(taker).map(|d| d.space) else {
            continue;
        };
        let is_valid = !cx.k.net.is_local(there, asker) && !wanted.is_loopback();
        let has = there != space && is_valid && cx.k.net.is_local(there, wanted);
        let knows = cx.k.net.spaces.get(there);
        let knows = knows.is_some_and(|s| s.neighbours.contains_key(&(taker, asker)));
        if has || knows {
            learn(cx, there, taker, asker, dev);
        }
        // The answer must find its way back.
        let back = cx.k.net.device(dev).and_then(|d| d.master).unwrap_or(dev);
        if has && answer.is_none() && cx.k.net.heard_by(taker).contains(&back) {
            answer = Some(taker);
        }
    }
    answer
}

/// Notes where an address is; packets that waited for it go out.
fn learn(cx: &mut Ctx<'_>, space: SpaceId, dev: DeviceId, addr: Ipv4Addr, at: DeviceId) {
    let entry = Neighbour::Reachable {
        at,
        since_ns: cx.now_ns,
    };
    let Some(ns) = cx.k.net.spaces.get_mut(space) else {
        return;
    };
    if let Some(Neighbour::Incomplete { waiting, .. }) = ns.neighbours.insert((dev, addr), entry) {
        for flight in waiting {
            carry(cx, dev, at, flight);
        }
    }
}

/// Carries a frame over veth pairs and bridges to where it is taken up.
fn carry(cx: &mut Ctx<'_>, dev: DeviceId, at: DeviceId, mut flight: Flight) {
    let Some(taker) = cx.k.net.reaches(dev, at) else {
        return;
    };
    let journey = cx.k.net.journey(dev, taker).unwrap_or_default();
    for crossing in journey.crossings {
        if crossing.came_in.is_none() {
            // What came in through a port does not go out by it.
            if flight.port == Some(crossing.goes_out) {
                return;
            }
            continue;
        }
        flight.port = crossing.came_in;
        if super::ip::cross(cx, crossing.bridge, &mut flight) != Verdict::Accept {
            return;
        }
    }
    flight.port = journey.port;
    super::ip::receive(cx, taker, flight);
}

impl Net {
    pub(super) fn loopback(&self, space: SpaceId) -> Option<DeviceId> {
        let mut all = self.devices_of(space);
        all.find(|(_, d)| d.kind == DeviceKind::Loopback)
            .map(|(id, _)| id)
    }
}
