//! The link layer: which devices a frame reaches through veth pairs and bridges.
//!
//! A device stands for its own MAC address, so no bridge has to learn: a frame reaches its
//! destination if the links on the way are up. Bridges do not speak STP.

use super::Net;
use super::device::{DeviceId, DeviceKind, Link};

/// How a frame comes to where it is taken up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journey {
    pub crossings: Vec<Crossing>,
    /// The port of the bridge that takes it up.
    pub port: Option<DeviceId>,
}

/// A bridge that a frame leaves again through a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    pub bridge: DeviceId,
    /// `None`: the bridge itself sent it.
    pub came_in: Option<DeviceId>,
    pub goes_out: DeviceId,
}

impl Net {
    /// Whether frames can leave: both ends of a pair must be up.
    pub(super) fn carrier(&self, id: DeviceId) -> bool {
        let Some(device) = self.device(id) else {
            return false;
        };
        let is_connected = match device.kind {
            DeviceKind::Loopback | DeviceKind::Bridge => true,
            DeviceKind::Veth { peer } => peer.is_some_and(|peer| self.is_up(peer)),
        };
        device.link == Link::Up && is_connected
    }

    /// Devices at which a frame sent from `from` to everybody is taken up by a network layer,
    /// nearest first. A port hands its frames to its bridge.
    pub fn heard_by(&self, from: DeviceId) -> Vec<DeviceId> {
        let mut heard = Vec::new();
        let mut seen = vec![from];
        let mut leaving = vec![from];
        while let Some(id) = leaving.pop() {
            if !self.carrier(id) {
                continue;
            }
            match self.device(id).map(|d| d.kind) {
                Some(DeviceKind::Veth { peer: Some(peer) }) => {
                    self.arrive(peer, &mut heard, &mut seen, &mut leaving);
                }
                Some(DeviceKind::Bridge) => self.flood(id, None, &mut seen, &mut leaving),
                Some(DeviceKind::Veth { peer: None } | DeviceKind::Loopback) | None => {}
            }
        }
        heard
    }

    fn arrive(
        &self,
        at: DeviceId,
        heard: &mut Vec<DeviceId>,
        seen: &mut Vec<DeviceId>,
        leaving: &mut Vec<DeviceId>,
    ) {
        let Some(device) = self.device(at) else {
            return;
        };
        match device.master {
            None => heard.push(at),
            Some(bridge) if !self.is_up(bridge) || seen.contains(&bridge) => {}
            Some(bridge) => {
                seen.push(bridge);
                heard.push(bridge);
                self.flood(bridge, Some(at), seen, leaving);
            }
        }
    }

    fn flood(
        &self,
        bridge: DeviceId,
        from: Option<DeviceId>,
        seen: &mut Vec<DeviceId>,
        leaving: &mut Vec<DeviceId>,
    ) {
        let Some(space) = self.device(bridge).map(|d| d.space) else {
            return;
        };
        for (id, device) in self.devices_of(space) {
            let is_port = device.master == Some(bridge) && Some(id) != from;
            if is_port && !seen.contains(&id) {
                seen.push(id);
                leaving.push(id);
            }
        }
    }

    /// What a frame crosses from one device to where it is taken up.
    pub fn journey(&self, from: DeviceId, taker: DeviceId) -> Option<Journey> {
        let mut ways = vec![(from, Vec::new())];
        let mut seen = vec![from];
        while let Some((id, crossings)) = ways.pop() {
            if !self.carrier(id) {
                continue;
            }
            let (bridge, came_in) = match self.device(id)?.kind {
                DeviceKind::Bridge => (id, None),
                DeviceKind::Veth { peer: Some(peer) } => match self.device(peer)?.master {
                    Some(bridge) => (bridge, Some(peer)),
                    None if peer == taker => {
                        let port = None;
                        return Some(Journey { crossings, port });
                    }
                    None => continue,
                },
                DeviceKind::Veth { peer: None } | DeviceKind::Loopback => continue,
            };
            if bridge == taker {
                let port = came_in;
                return Some(Journey { crossings, port });
            }
            if !self.is_up(bridge) {
                continue;
            }
            let mut ports = Vec::new();
            self.flood(bridge, came_in, &mut seen, &mut ports);
            for goes_out in ports {
                let crossing = Crossing {
                    bridge,
                    came_in,
                    goes_out,
                };
                ways.push((goes_out, [crossings.clone(), vec![crossing]].concat()));
            }
        }
        None
    }

    /// The device at which a frame for `to` is taken up: itself, or the bridge that it is a port
    /// of.
    pub fn reaches(&self, from: DeviceId, to: DeviceId) -> Option<DeviceId> {
        let taker = self.device(to)?.master.unwrap_or(to);
        self.heard_by(from).contains(&taker).then_some(taker)
    }
}
