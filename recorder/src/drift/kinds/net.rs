//! Interfaces, routes and sockets.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::json;

const DEVICES: [&str; 7] = ["lo", "v0", "v1", "w0", "w1", "br0", "eth0"];
const ADDRESSES: [&str; 8] = [
    "127.0.0.1",
    "10.0.0.1",
    "10.0.0.2",
    "10.1.0.1",
    "10.1.0.2",
    "0.0.0.0",
    "10.0.0.9",
    "10.2.0.1",
];

pub fn net(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        begin(w)?;
    }
    let a = w.anyone();
    let Some(b) = w.anyone_but_init() else {
        return w.fork("init", None);
    };
    let r = &mut w.random;
    let (device, other) = (r.pick(&DEVICES), r.pick(&DEVICES));
    let (address, port) = (r.pick(&ADDRESSES), r.pick(&[80, 81, 7000]));
    let fd = r.between(3, 8);
    let mut who = a.clone();
    let (op, params) = match r.percent() {
        // Nobody unshares: a network that is left goes away some time later.
        0..7 => {
            let flags = r.pick(&[None, Some("NEWNET"), Some("NEWUSER,NEWNET")]);
            return w.fork(&a, flags);
        }
        7..11 => {
            let mut params = json!({"dev": device, "peer": other});
            if r.is_within(60) {
                params["peer_pid"] = r.between(1, 5).into();
            }
            ("veth_add", params)
        }
        11..13 => ("br_add", json!({"dev": device})),
        13..16 => ("br_addif", json!({"br": "br0", "dev": device})),
        16..22 => {
            let mask = r.pick(&[
                "255.255.255.0",
                "255.255.255.0",
                "255.255.0.0",
                "255.0.0.0",
                "255.255.255.255",
            ]);
            (
                "if_addr",
                json!({"dev": device, "addr": address, "mask": mask}),
            )
        }
        22..30 => ("if_up", json!({"dev": device})),
        30..32 => ("if_down", json!({"dev": device})),
        32..33 => ("if_del", json!({"dev": device})),
        33..36 => ("if_flags", json!({"dev": device})),
        36..39 => ("if_list", json!({})),
        39..41 => ("if_setns", json!({"dev": device, "pid": r.between(1, 5)})),
        41..46 => {
            let mut params = json!({"dst": "default"});
            if r.is_within(50) {
                params = json!({"dst": r.pick(&["10.1.0.0", "10.2.0.0", "10.0.0.0"]), "mask": r.pick(&["255.255.0.0", "255.255.255.0"])});
            }
            if r.is_within(75) {
                params["gw"] = address.into();
            }
            if r.is_within(40) {
                params["dev"] = device.into();
            }
            ("route_add", params)
        }
        46..53 => {
            let mut params = json!({"addr": address, "port": port});
            if r.is_within(30) {
                params["reuse"] = 1.into();
            }
            ("tcp_listen", params)
        }
        53..60 => ("tcp_connect", json!({"addr": address, "port": port})),
        60..63 => ("accept", json!({"fd": fd})),
        63..66 => ("udp_bind", json!({"addr": address, "port": port})),
        66..70 => (
            "udp_send",
            json!({"addr": address, "port": port, "data": r.pick(&["u1", "u22"])}),
        ),
        70..72 => (r.pick(&["peername", "sockname"]), json!({"fd": fd})),
        72..75 => (
            "unix_listen",
            r.pick(&[
                json!({"path": "/tmp/s"}),
                json!({"abstract": "s"}),
                json!({"path": "/tmp/t"}),
            ]),
        ),
        75..78 => (
            "unix_connect",
            r.pick(&[
                json!({"path": "/tmp/s"}),
                json!({"abstract": "s"}),
                json!({"path": "/tmp/t"}),
                json!({"path": "/tmp"}),
            ]),
        ),
        78..79 => ("peercred", json!({"fd": fd})),
        79..85 => ("ping", json!({"addr": address})),
        85..86 => ("raw_socket", json!({})),
        86..89 => ("read", json!({"fd": fd, "n": r.pick(&[1, 100])})),
        89..92 => ("write", json!({"fd": fd, "data": r.pick(&["a", "bcd"])})),
        92..95 => ("close", json!({"fd": fd})),
        95..96 => (
            "writef",
            json!({"path": "/proc/sys/net/ipv4/ip_forward", "existing": 1, "data": r.pick(&["0", "1"])}),
        ),
        96..97 => {
            who = b.to_string();
            ("setuid", json!({"uid": 1000}))
        }
        97..98 => {
            who = b.to_string();
            (
                "capdrop",
                json!({"set": "ep", "caps": r.pick(&["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"])}),
            )
        }
        98..99 => {
            who = b.to_string();
            ("exit", json!({}))
        }
        _ => ("unlink", json!({"path": "/tmp/s"})),
    };
    w.act(&who, op, params)
}

/// Two hosts beside the first, mostly connected.
fn begin(w: &mut Walk) -> Taken {
    w.fork("init", Some("NEWNET"))?;
    w.fork("init", Some("NEWNET"))?;
    if w.random.is_within(20) {
        return Ok(());
    }
    w.act(
        "init",
        "veth_add",
        json!({"dev": "v0", "peer": "eth0", "peer_pid": 2}),
    )?;
    w.act(
        "init",
        "veth_add",
        json!({"dev": "v1", "peer": "eth0", "peer_pid": 3}),
    )?;
    if w.random.is_within(40) {
        w.act("init", "br_add", json!({"dev": "br0"}))?;
        for device in ["v0", "v1"] {
            w.act("init", "br_addif", json!({"br": "br0", "dev": device}))?;
            w.act("init", "if_up", json!({"dev": device}))?;
        }
        address(w, "init", "br0", "10.0.0.9")?;
        address(w, "A", "eth0", "10.0.0.1")?;
        return address(w, "B", "eth0", "10.0.0.2");
    }
    address(w, "init", "v0", "10.0.0.9")?;
    address(w, "init", "v1", "10.1.0.1")?;
    address(w, "A", "eth0", "10.0.0.1")?;
    address(w, "B", "eth0", "10.1.0.2")
}

fn address(w: &mut Walk, actor: &str, device: &str, address: &str) -> Taken {
    let params = json!({"dev": device, "addr": address, "mask": "255.255.255.0"});
    w.act(actor, "if_addr", params)?;
    w.act(actor, "if_up", json!({"dev": device}))
}
