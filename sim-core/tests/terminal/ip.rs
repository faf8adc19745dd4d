//! ip(8).

use super::Terminal;
use expect_test::expect;

#[test]
fn ip_wires_two_namespaces() {
    let mut host = Terminal::new();
    let commands = [
        "ip link",
        "ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link",
        "ip link set v0 up; ip link",
        "ip link set v0 master br0; ip link set br0 up; ip link",
        "unshare -n sleep 1000 &",
    ];
    host.check(
        &commands,
        expect![[r#"
        $ ip link
        1: lo: <LOOPBACK> state DOWN
        $ ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link
        host# ip link
        1: lo: <LOOPBACK> state DOWN
        host# ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip lin
        k
        1: lo: <LOOPBACK> state DOWN
        2: v1@v0: <BROADCAST,MULTICAST,M-DOWN> state DOWN
        3: v0@v1: <BROADCAST,MULTICAST,M-DOWN> state DOWN
        4: br0: <BROADCAST,MULTICAST> state DOWN
        $ ip link set v0 up; ip link
        1: lo: <LOOPBACK> state DOWN
        2: v1@v0: <BROADCAST,MULTICAST> state DOWN
        3: v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> state LOWERLAYERDOWN
        4: br0: <BROADCAST,MULTICAST> state DOWN
        $ ip link set v0 master br0; ip link set br0 up; ip link
        1: lo: <LOOPBACK> state DOWN
        2: v1@v0: <BROADCAST,MULTICAST> state DOWN
        3: v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> master br0 state LOWERLAYER
        DOWN
        4: br0: <NO-CARRIER,BROADCAST,MULTICAST,UP> state DOWN
        $ unshare -n sleep 1000 &
    "#]],
    );
    let other = host.pid("sleep");
    let inside = [
        "ip link set v1 up",
        "ip addr add 10.0.0.2/24 dev v1",
        "ip addr add 10.0.0.3/24 dev v1",
        "ip addr add 10.0.0.7 dev v1",
        "ip addr",
        "ip route add 10.0.0.0/16 via 10.0.0.9",
        "ip route add default via 10.0.0.9",
        "ip route add 10.7.0.0/16 dev v1",
        "ip route",
        "ip addr del 10.0.0.2/24 dev v1",
        "ip a show v1",
        "ip route",
    ];
    let inside = inside.map(|command| format!("nsenter -t {other} -n {command}"));
    let moved = format!("ip link set v1 netns {other}; ip link");
    let commands: Vec<&str> = std::iter::once(moved.as_str())
        .chain(inside.iter().map(String::as_str))
        .chain(["ip link", "ip addr add 10.0.0.1/24 dev br0; ip r"])
        .chain(["ip link set br0 down; ip r; ip l"])
        .collect();
    host.check(
        &commands,
        expect![[r#"
        $ ip link set v1 netns 12; ip link
        1: lo: <LOOPBACK> state DOWN
        3: v0@if2: <NO-CARRIER,BROADCAST,MULTICAST,UP> master br0 state DOWN
        4: br0: <NO-CARRIER,BROADCAST,MULTICAST,UP> state DOWN
        $ nsenter -t 12 -n ip link set v1 up
        $ nsenter -t 12 -n ip addr add 10.0.0.2/24 dev v1
        $ nsenter -t 12 -n ip addr add 10.0.0.3/24 dev v1
        $ nsenter -t 12 -n ip addr add 10.0.0.7 dev v1
        $ nsenter -t 12 -n ip addr
        1: lo: <LOOPBACK> state DOWN
        2: v1@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> state UP
            inet 10.0.0.2/24 scope global v1
            inet 10.0.0.7/32 scope global v1
            inet 10.0.0.3/24 scope global secondary v1
        $ nsenter -t 12 -n ip route add 10.0.0.0/16 via 10.0.0.9
        $ nsenter -t 12 -n ip route add default via 10.0.0.9
        $ nsenter -t 12 -n ip route add 10.7.0.0/16 dev v1
        $ nsenter -t 12 -n ip route
        default via 10.0.0.9 dev v1
        10.0.0.0/24 dev v1 proto kernel scope link src 10.0.0.2
        10.0.0.0/16 via 10.0.0.9 dev v1
        10.7.0.0/16 dev v1 scope link
        $ nsenter -t 12 -n ip addr del 10.0.0.2/24 dev v1
        $ nsenter -t 12 -n ip a show v1
        2: v1@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> state UP
            inet 10.0.0.7/32 scope global v1
        $ nsenter -t 12 -n ip route
        default via 10.0.0.9 dev v1
        10.0.0.0/16 via 10.0.0.9 dev v1
        10.7.0.0/16 dev v1 scope link
        $ ip link
        1: lo: <LOOPBACK> state DOWN
        3: v0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> master br0 state UP
        4: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> state UP
        $ ip addr add 10.0.0.1/24 dev br0; ip r
        10.0.0.0/24 dev br0 proto kernel scope link src 10.0.0.1
        $ ip link set br0 down; ip r; ip l
        1: lo: <LOOPBACK> state DOWN
        3: v0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> master br0 state UP
        4: br0: <BROADCAST,MULTICAST> state DOWN
    "#]],
    );
}

#[test]
fn ip_refuses_as_iproute2_does() {
    let mut host = Terminal::new();
    host.ask("ip link add v0 type veth peer name v1; ip link add br0 type bridge");
    let commands = [
        "ip",
        "ip tunnel",
        "ip -br link",
        "ip link set nosuch up",
        "ip link add br0 type bridge",
        "ip link add w0 type vlan",
        "ip link add w0 type veth",
        "ip link add w0",
        "ip link set v0 netns 12345",
        "ip link set lo netns 1",
        "ip link set v0 netns x",
        "ip link set lo master br0",
        "ip link set v0 master v9",
        "ip link set v0 sideways",
        "ip link set",
        "ip link del lo",
        "ip link del v9",
        "ip link show v9",
        "ip link frob",
        "ip addr add",
        "ip addr add 10.0.0.300/24 dev v0",
        "ip addr add 10.0.0.3/44 dev v0",
        "ip addr del 10.0.0.3/24 dev v0",
        "ip addr add 10.0.0.3/24 dev v0",
        "ip addr add 10.0.0.3/24 dev v0",
        "ip route add default via 10.0.0.9",
        "ip route add 1.2.3.0/24 dev v0",
        "ip link set v0 up",
        "ip route add 1.2.3.4/24 dev v0",
        "ip route add 1.2.3.0/24 dev v0",
        "ip route add 1.2.3.0/24 dev v0",
        "ip route add default",
        "ip route del default",
        "ip route add",
    ];
    let commands = commands.map(|command| format!("{command}; echo $?"));
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    host.check(
        &commands,
        expect![[r#"
        $ ip; echo $?
        Usage: ip { link | address | route } { show | add | del | set }
        255
        $ ip tunnel; echo $?
        Object "tunnel" is unknown, try "ip help".
        1
        $ ip -br link; echo $?
        not modelled: option "-br"
        255
        $ ip link set nosuch up; echo $?
        Cannot find device "nosuch"
        1
        $ ip link add br0 type bridge; echo $?
        RTNETLINK answers: File exists
        2
        $ ip link add w0 type vlan; echo $?
        not modelled: devices of type vlan (veth, bridge)
        255
        $ ip link add w0 type veth; echo $?
        not modelled: a veth pair whose other end the kernel names
        255
        $ ip link add w0; echo $?
        Not enough information: "type" argument is required.
        255
        $ ip link set v0 netns 12345; echo $?
        RTNETLINK answers: No such process
        2
        $ ip link set lo netns 1; echo $?
        0
        $ ip link set v0 netns x; echo $?
        Error: argument "x" is wrong: Invalid "netns" value

        255
        $ ip link set lo master br0; echo $?
        RTNETLINK answers: Invalid argument
        2
        $ ip link set v0 master v9; echo $?
        Error: argument "v9" is wrong: Device does not exist

        255
        $ ip link set v0 sideways; echo $?
        Error: either "dev" is duplicate, or "sideways" is a garbage.
        255
        $ ip link set; echo $?
        Not enough information: "dev" argument is required.
        255
        $ ip link del lo; echo $?
        RTNETLINK answers: Operation not supported
        2
        $ ip link del v9; echo $?
        Cannot find device "v9"
        1
        $ ip link show v9; echo $?
        Device "v9" does not exist.
        1
        $ ip link frob; echo $?
        Command "frob" is unknown, try "ip link help".
        255
        $ ip addr add; echo $?
        Not enough information: "dev" argument is required.
        255
        $ ip addr add 10.0.0.300/24 dev v0; echo $?
        Error: any valid prefix is expected rather than "10.0.0.300/24".
        1
        $ ip addr add 10.0.0.3/44 dev v0; echo $?
        Error: any valid prefix is expected rather than "10.0.0.3/44".
        1
        $ ip addr del 10.0.0.3/24 dev v0; echo $?
        Error: ipv4: Address not found.
        2
        $ ip addr add 10.0.0.3/24 dev v0; echo $?
        0
        $ ip addr add 10.0.0.3/24 dev v0; echo $?
        Error: ipv4: Address already assigned.
        2
        $ ip route add default via 10.0.0.9; echo $?
        Error: Nexthop has invalid gateway.
        2
        $ ip route add 1.2.3.0/24 dev v0; echo $?
        Error: Device for nexthop is not up.
        2
        $ ip link set v0 up; echo $?
        0
        $ ip route add 1.2.3.4/24 dev v0; echo $?
        Error: Invalid prefix for given prefix length.
        2
        $ ip route add 1.2.3.0/24 dev v0; echo $?
        0
        $ ip route add 1.2.3.0/24 dev v0; echo $?
        RTNETLINK answers: File exists
        2
        $ ip route add default; echo $?
        RTNETLINK answers: No such device
        2
        $ ip route del default; echo $?
        not modelled: ip route delete
        255
        $ ip route add; echo $?
        Not enough information: "to" argument is required.
        255
    "#]],
    );
}
