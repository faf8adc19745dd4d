//! Connection tracking and address translation (nf_conntrack, nf_nat). It is at work in
//! namespaces that have rules.

use super::device::DeviceId;
use super::ip::Flight;
use super::nft::{ChainType, Hook, Passage, Verdict};
use super::packet::{Body, End, Proto, Tuple};
use super::{SpaceId, nft};
use crate::kernel::Ctx;
use crate::store::{Key, Slab, SortedMap};
use std::net::Ipv4Addr;

pub type CtId = Key<Connection>;

/// struct nf_conn.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    pub orig: Tuple,
    /// What answers look like: not the inverse of `orig` once it is translated.
    pub reply: Tuple,
    pub state: CtState,
    /// The device that its source was masqueraded for.
    pub masqueraded: Option<DeviceId>,
    /// Chains that had their say about the destination and about the source.
    pub dst_done: Done,
    pub src_done: Done,
}

/// Whether answers have been seen, or the first packet is not through yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CtState {
    Unconfirmed,
    New,
    Established,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Done {
    No,
    Yes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CtDir {
    Original,
    Reply,
    /// An ICMP error about the connection.
    Related,
}

#[derive(Clone, Debug, Default, Hash)]
pub struct Conntrack {
    table: Slab<Connection>,
    by_tuple: SortedMap<Tuple, (CtId, CtDir)>,
}

/// What a rule wants of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NatTo {
    pub addr: Option<Ipv4Addr>,
    pub port: Option<u16>,
    pub masquerade: Option<DeviceId>,
}

impl Conntrack {
    pub fn get(&self, id: CtId) -> Option<&Connection> {
        self.table.get(id)
    }

    fn confirm(&mut self, id: CtId) {
        let Some(ct) = self.table.get_mut(id) else {
            return;
        };
        if ct.state == CtState::Unconfirmed {
            ct.state = CtState::New;
            self.by_tuple.insert(ct.orig, (id, CtDir::Original));
            self.by_tuple.insert(ct.reply, (id, CtDir::Reply));
        }
    }

    fn remove(&mut self, id: CtId) {
        if let Some(ct) = self.table.remove(id) {
            self.by_tuple.remove(&ct.orig);
            self.by_tuple.remove(&ct.reply);
        }
    }

    /// The address that connections were masqueraded with is gone.
    pub fn forget_masqueraded(&mut self, dev: DeviceId) {
        let all = self.table.iter();
        let gone: Vec<CtId> = all
            .filter(|(_, ct)| ct.masqueraded == Some(dev))
            .map(|(id, _)| id)
            .collect();
        gone.into_iter().for_each(|id| self.remove(id));
    }
}

/// A packet passes a hook of a namespace: tracked, translated and judged in the order of the
/// priorities.
pub(super) fn pass(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    passage: Passage,
    flight: &mut Flight,
) -> Verdict {
    let Some(ns) = cx.k.net.spaces.get(space) else {
        return Verdict::Drop;
    };
    if ns.rules.is_empty() {
        return Verdict::Accept;
    }
    if matches!(passage.hook, Hook::Prerouting | Hook::Output) && flight.ct.is_none() {
        flight.ct = track(cx, space, flight);
    }
    if matches!(passage.hook, Hook::Input | Hook::Postrouting) {
        // Filters before source translation see the packet as it came.
        let mut verdict = nft::judge(cx, space, passage, ChainType::Filter, flight);
        if verdict == Verdict::Accept {
            verdict = translate_source(cx, space, passage, flight);
        }
        if verdict == Verdict::Accept {
            confirm(cx, space, flight);
        } else {
            discard(cx, space, flight);
        }
        return verdict;
    }
    let mut verdict = Verdict::Accept;
    if matches!(passage.hook, Hook::Prerouting | Hook::Output) {
        verdict = translate_destination(cx, space, passage, flight);
    }
    if verdict == Verdict::Accept {
        verdict = nft::judge(cx, space, passage, ChainType::Filter, flight);
    }
    if verdict != Verdict::Accept {
        discard(cx, space, flight);
    }
    verdict
}

/// nf_conntrack_in: the connection of a packet, or a new one.
fn track(cx: &mut Ctx<'_>, space: SpaceId, flight: &mut Flight) -> Option<(CtId, CtDir)> {
    let table = &mut cx.k.net.spaces.get_mut(space)?.conntrack;
    if flight.packet.is_icmp_error() {
        return relate(table, flight);
    }
    let tuple = flight.packet.tuple();
    if let Some((id, dir)) = table.by_tuple.get(&tuple).copied() {
        if dir == CtDir::Reply
            && let Some(ct) = table.table.get_mut(id)
        {
            ct.state = CtState::Established;
        }
        return Some((id, dir));
    }
    if !flight.packet.may_begin() {
        return None;
    }
    let ct = Connection {
        orig: tuple,
        reply: tuple.inverse(),
        state: CtState::Unconfirmed,
        masqueraded: None,
        dst_done: Done::No,
        src_done: Done::No,
    };
    Some((table.table.insert(ct), CtDir::Original))
}

/// An error about a translated packet goes to who sent it, about what it sent.
fn relate(table: &mut Conntrack, flight: &mut Flight) -> Option<(CtId, CtDir)> {
    let Body::Icmp(icmp) = &mut flight.packet.body else {
        return None;
    };
    let about = icmp.about?;
    let (id, dir) = table.by_tuple.get(&about.inverse()).copied()?;
    let ct = table.table.get(id)?;
    let as_sent = match dir {
        CtDir::Reply => ct.orig,
        CtDir::Original | CtDir::Related => ct.reply,
    };
    icmp.about = Some(as_sent);
    flight.packet.dst = as_sent.src.addr;
    Some((id, CtDir::Related))
}

/// Dropped before it was confirmed: as if it had never been there.
fn discard(cx: &mut Ctx<'_>, space: SpaceId, flight: &Flight) {
    let Some((id, _)) = flight.ct else { return };
    let Some(ns) = cx.k.net.spaces.get_mut(space) else {
        return;
    };
    let is_fresh = |ct: &Connection| ct.state == CtState::Unconfirmed;
    if ns.conntrack.get(id).is_some_and(is_fresh) {
        ns.conntrack.remove_fresh(id);
    }
}

impl Conntrack {
    fn remove_fresh(&mut self, id: CtId) {
        self.table.remove(id);
    }

    /// A reply tuple that no other connection has, by another port if need be
    /// (nf_nat_l4proto_unique_tuple).
    fn unique(&self, mut reply: Tuple, own: CtId) -> Tuple {
        let is_taken = |t: &Tuple| self.by_tuple.get(t).is_some_and(|(id, _)| *id != own);
        for _ in 0..=u16::MAX {
            if !is_taken(&reply) {
                break;
            }
            let port = reply.dst.port.checked_add(1).unwrap_or(1024);
            reply.dst.port = port;
            if reply.proto == Proto::Icmp {
                reply.src.port = port;
            }
        }
        reply
    }
}

fn confirm(cx: &mut Ctx<'_>, space: SpaceId, flight: &Flight) {
    if let (Some((id, _)), Some(ns)) = (flight.ct, cx.k.net.spaces.get_mut(space)) {
        ns.conntrack.confirm(id);
    }
}

fn connection(cx: &Ctx<'_>, space: SpaceId, id: CtId) -> Option<Connection> {
    cx.k.net.spaces.get(space)?.conntrack.get(id).cloned()
}

/// The connection that a packet belongs to, and which way it goes.
fn connection_of(
    cx: &Ctx<'_>,
    space: SpaceId,
    flight: &Flight,
) -> Option<(CtId, CtDir, Connection)> {
    let (id, dir) = flight.ct?;
    Some((id, dir, connection(cx, space, id)?))
}

fn put(cx: &mut Ctx<'_>, space: SpaceId, id: CtId, ct: Connection) {
    if let Some(ns) = cx.k.net.spaces.get_mut(space)
        && let Some(slot) = ns.conntrack.table.get_mut(id)
    {
        *slot = ct;
    }
}

/// Prerouting and output: what the first packet's rule said about the destination holds for all.
fn translate_destination(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    passage: Passage,
    flight: &mut Flight,
) -> Verdict {
    let Some((id, dir, mut ct)) = connection_of(cx, space, flight) else {
        return Verdict::Accept;
    };
    if ct.state == CtState::Unconfirmed && ct.dst_done == Done::No {
        match nft::nat(cx, space, passage, flight) {
            nft::Nat::To(to) => {
                ct.reply.src = End {
                    addr: to.addr.unwrap_or(ct.reply.src.addr),
                    port: to.port.unwrap_or(ct.reply.src.port),
                };
            }
            nft::Nat::Untouched => {}
            nft::Nat::Drop => return Verdict::Drop,
        }
        ct.dst_done = Done::Yes;
        put(cx, space, id, ct.clone());
    }
    match dir {
        CtDir::Original => flight.packet.set_dst(ct.reply.src),
        CtDir::Reply => flight.packet.set_dst(ct.orig.src),
        CtDir::Related => {}
    }
    Verdict::Accept
}

/// Postrouting and input: the same for the source.
fn translate_source(
    cx: &mut Ctx<'_>,
    space: SpaceId,
    passage: Passage,
    flight: &mut Flight,
) -> Verdict {
    let Some((id, dir, mut ct)) = connection_of(cx, space, flight) else {
        return Verdict::Accept;
    };
    if ct.state == CtState::Unconfirmed && ct.src_done == Done::No {
        match nft::nat(cx, space, passage, flight) {
            nft::Nat::To(to) => {
                ct.reply.dst = End {
                    addr: to.addr.unwrap_or(ct.reply.dst.addr),
                    port: to.port.unwrap_or(ct.reply.dst.port),
                };
                ct.masqueraded = to.masquerade;
            }
            nft::Nat::Untouched => {}
            nft::Nat::Drop => return Verdict::Drop,
        }
        ct.src_done = Done::Yes;
        if let Some(ns) = cx.k.net.spaces.get(space) {
            ct.reply = ns.conntrack.unique(ct.reply, id);
        }
        put(cx, space, id, ct.clone());
    }
    match dir {
        CtDir::Original => flight.packet.set_src(ct.reply.dst),
        CtDir::Reply => flight.packet.set_src(ct.orig.dst),
        CtDir::Related => {}
    }
    Verdict::Accept
}
