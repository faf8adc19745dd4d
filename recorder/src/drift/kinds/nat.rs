//! Packet filter rules and translation between containers on a bridge, the host and the outside.

use super::Taken;
use crate::drift::walk::Walk;
use serde_json::json;

/// Conditions of rules.
const MATCHES: [&str; 16] = [
    "",
    "",
    "ip saddr 172.17.0.0/16",
    "ip daddr 172.17.0.3",
    "ip saddr 192.168.1.2",
    "iifname br0",
    "iifname vx",
    "oifname br0",
    "oifname != br0",
    "udp dport { 53, 5353 }",
    "icmp type echo-request",
    "icmp type echo-reply",
    "ct state established",
    "ct state new",
    "meta l4proto udp",
    "fib daddr type local",
];
const ADDRESSES: [&str; 7] = [
    "172.17.0.1",
    "172.17.0.2",
    "172.17.0.3",
    "192.168.1.1",
    "192.168.1.2",
    "127.0.0.1",
    "172.17.0.9",
];

pub fn nat(w: &mut Walk) -> Taken {
    if w.steps.is_empty() {
        begin(w)?;
    }
    let a = w.anyone();
    let r = &mut w.random;
    let address = r.pick(&ADDRESSES);
    let port = r.pick(&[53, 53, 5353, 80]);
    let (op, params) = match r.percent() {
        0..22 => return rule(w),
        22..55 => ("ping", json!({"addr": address})),
        55..72 => (
            "udp_send",
            json!({"addr": address, "port": port, "data": r.pick(&["u1", "u22"])}),
        ),
        72..80 => {
            // It waits where nothing has come.
            let Some(b) = w.anyone_but_init() else {
                return Ok(());
            };
            return w.act(&b, "read", json!({"fd": 3, "n": 100}));
        }
        80..83 => {
            let device = r.pick(&["eth0", "lo"]);
            let op = r.pick(&["if_up", "if_down"]);
            (op, json!({"dev": device}))
        }
        83..86 => {
            let device = r.pick(&["br0", "vc", "vd", "vx"]);
            let op = r.pick(&["if_up", "if_up", "if_down"]);
            return w.act("init", op, json!({"dev": device}));
        }
        86..90 => {
            let data = r.pick(&["0", "1"]);
            let path = "/proc/sys/net/ipv4/ip_forward";
            let params = json!({"path": path, "existing": 1, "data": data});
            return w.act("init", "writef", params);
        }
        90..93 => ("route_add", json!({"dst": "default", "gw": address})),
        93..96 => {
            let cmd = r.pick(&["flush ruleset", "flush table ip t", "delete table ip t"]);
            return rules(w, "init", cmd);
        }
        _ => return Ok(()),
    };
    w.act(&a, op, params)
}

fn rules(w: &mut Walk, of: &str, cmd: &str) -> Taken {
    // The program of rules complains about what is not there; its world is lost then.
    let make = "add table ip t; ";
    w.act(
        "ctl",
        "nft",
        json!({"ns": of, "cmd": format!("{make}{cmd}")}),
    )
}

/// A chain at a hook with one rule more.
fn rule(w: &mut Walk) -> Taken {
    let r = &mut w.random;
    let is_nat = r.is_within(55);
    let (hook, action) = if is_nat {
        match r.percent() {
            0..60 => {
                let hook = r.pick(&["prerouting", "prerouting", "output"]);
                let action = r.pick(&[
                    "dnat to 172.17.0.2",
                    "dnat to 172.17.0.3",
                    "dnat to 192.168.1.2",
                    "udp dport 5353 redirect to :53",
                    "udp dport 5353 dnat to 172.17.0.2:53",
                    "accept",
                ]);
                (hook, action)
            }
            _ => {
                let hook = r.pick(&["postrouting", "postrouting", "input"]);
                let action = match hook {
                    "input" => "accept",
                    _ => r.pick(&[
                        "masquerade",
                        "masquerade",
                        "snat to 192.168.1.1",
                        "snat to 172.17.0.1",
                    ]),
                };
                (hook, action)
            }
        }
    } else {
        let hook = r.pick(&[
            "prerouting",
            "input",
            "forward",
            "forward",
            "output",
            "postrouting",
        ]);
        (hook, r.pick(&["drop", "accept", "drop", "counter"]))
    };
    let mut conditions = r.pick(&MATCHES);
    if (conditions.starts_with("iif") && matches!(hook, "output" | "postrouting"))
        || (conditions.starts_with("oif") && matches!(hook, "prerouting" | "input"))
    {
        conditions = "";
    }
    let is_of_two = conditions.starts_with("icmp") && action.starts_with("udp");
    if is_of_two || (conditions.starts_with("fib") && hook == "postrouting") {
        conditions = "";
    }
    let kind = if is_nat { "nat" } else { "filter" };
    let priority = match (is_nat, hook) {
        (true, "prerouting" | "output") => -100,
        (true, _) => 100,
        (false, _) => 0,
    };
    let of = match r.percent() {
        0..70 => "init",
        70..85 => "A",
        _ => "C",
    };
    if !w.live().iter().any(|name| name == of) {
        return Ok(());
    }
    let chain = format!("{kind}_{hook}");
    let cmd = format!(
        "add chain ip t {chain} {{ type {kind} hook {hook} priority {priority}; }}; \
         add rule ip t {chain} {conditions} {action}"
    );
    rules(w, of, &cmd)
}

/// Two containers on a bridge, and somebody outside.
fn begin(w: &mut Walk) -> Taken {
    for _ in 0..3 {
        w.fork("init", Some("NEWNET"))?;
    }
    w.act("init", "br_add", json!({"dev": "br0"}))?;
    for (device, pid) in [("vc", 2), ("vd", 3), ("vx", 4)] {
        w.act(
            "init",
            "veth_add",
            json!({"dev": device, "peer": "eth0", "peer_pid": pid}),
        )?;
        if device != "vx" {
            w.act("init", "br_addif", json!({"br": "br0", "dev": device}))?;
            w.act("init", "if_up", json!({"dev": device}))?;
        }
    }
    let all = [
        ("init", "br0", "172.17.0.1", "255.255.0.0"),
        ("init", "vx", "192.168.1.1", "255.255.255.0"),
        ("A", "eth0", "172.17.0.2", "255.255.0.0"),
        ("B", "eth0", "172.17.0.3", "255.255.0.0"),
        ("C", "eth0", "192.168.1.2", "255.255.255.0"),
    ];
    for (who, device, address, mask) in all {
        let params = json!({"dev": device, "addr": address, "mask": mask});
        w.act(who, "if_addr", params)?;
        w.act(who, "if_up", json!({"dev": device}))?;
    }
    for who in ["A", "B"] {
        let params = json!({"dst": "default", "gw": "172.17.0.1"});
        w.act(who, "route_add", params)?;
    }
    if w.random.is_within(60) {
        let params = json!({"dst": "default", "gw": "192.168.1.1"});
        w.act("C", "route_add", params)?;
    }
    if w.random.is_within(70) {
        let path = "/proc/sys/net/ipv4/ip_forward";
        let params = json!({"path": path, "existing": 1, "data": "1"});
        w.act("init", "writef", params)?;
    }
    for who in ["init", "A", "B", "C"] {
        w.act(who, "udp_bind", json!({"addr": "0.0.0.0", "port": 53}))?;
    }
    w.act("init", "if_up", json!({"dev": "lo"}))
}
