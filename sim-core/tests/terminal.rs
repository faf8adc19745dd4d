//! Commands at the host's terminal, held against what their originals print: util-linux 2.38 and
//! iproute2 6.1 on the recorded kernel, without what is not modelled.

#![cfg(not(target_arch = "wasm32"))]

use expect_test::{Expect, expect};
use sim_core::view::{tasks, terminal};
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;
const HOST: u16 = 1;

struct Terminal(Session);

impl Terminal {
    fn new() -> Self {
        let mut terminal = Terminal(Session::new(BootOptions::default()));
        terminal.wait();
        terminal
    }

    fn wait(&mut self) {
        self.0.advance(self.0.now_ns() + 500 * MS, 10_000_000);
        self.0.machine().check_invariants().expect("invariants");
    }

    /// The lines that a command prints, without the prompt that follows.
    fn ask(&mut self, command: &str) -> String {
        self.0.input(HOST, &format!("{command}\n"));
        self.wait();
        let lines = terminal(self.0.machine(), HOST).lines;
        let asked = lines.iter().rposition(|line| line.ends_with(command));
        let answer = &lines[asked.map_or(0, |at| at + 1)..];
        answer[..answer.len().saturating_sub(1)].join("\n")
    }

    fn check(&mut self, command: &str, expect: Expect) {
        let answer = self.ask(command);
        expect.assert_eq(&format!("$ {command}\n{answer}"));
    }

    /// The youngest process with this name.
    fn pid(&self, comm: &str) -> i32 {
        let mut all = tasks(self.0.machine());
        all.sort_by_key(|t| t.task);
        let found = all.into_iter().rfind(|t| &*t.comm == comm);
        found.expect("it runs").pid
    }
}

#[test]
fn lsns_shows_what_a_container_has_of_its_own() {
    let mut host = Terminal::new();
    host.check(
        "lsns",
        expect![[r#"
            $ lsns
                    NS TYPE   NPROCS PID USER COMMAND
            4026531832 time        3   1 root /sbin/init
            4026531833 cgroup      3   1 root /sbin/init
            4026531834 pid         3   1 root /sbin/init
            4026531835 user        3   1 root /sbin/init
            4026531836 uts         3   1 root /sbin/init
            4026531837 ipc         3   1 root /sbin/init
            4026531838 mnt         3   1 root /sbin/init
            4026531839 net         3   1 root /sbin/init"#]],
    );
    host.0.launch("docker run --name deck ppt");
    host.wait();
    host.check(
        "lsns",
        expect![[r#"
            $ lsns
                    NS TYPE   NPROCS PID USER COMMAND
            4026531832 time        6   1 root /sbin/init
            4026531833 cgroup      5   1 root /sbin/init
            4026531834 pid         5   1 root /sbin/init
            4026531835 user        6   1 root /sbin/init
            4026531836 uts         5   1 root /sbin/init
            4026531837 ipc         5   1 root /sbin/init
            4026531838 mnt         5   1 root /sbin/init
            4026531839 net         5   1 root /sbin/init
            4026531840 mnt         1   6 root /bin/ppt
            4026531841 pid         1   6 root /bin/ppt
            4026531842 uts         1   6 root /bin/ppt
            4026531843 ipc         1   6 root /bin/ppt
            4026531844 net         1   6 root /bin/ppt
            4026531845 cgroup      1   6 root /bin/ppt"#]],
    );
    host.check(
        "lsns -t pid",
        expect![[r#"
            $ lsns -t pid
                    NS TYPE NPROCS PID USER COMMAND
            4026531834 pid       5   1 root /sbin/init
            4026531841 pid       1   6 root /bin/ppt"#]],
    );
    let ppt = host.pid("ppt");
    host.check(
        &format!("lsns -p {ppt}"),
        expect![[r#"
            $ lsns -p 6
                    NS TYPE   NPROCS PID USER COMMAND
            4026531832 time        6   1 root /sbin/init
            4026531835 user        6   1 root /sbin/init
            4026531840 mnt         1   6 root /bin/ppt
            4026531841 pid         1   6 root /bin/ppt
            4026531842 uts         1   6 root /bin/ppt
            4026531843 ipc         1   6 root /bin/ppt
            4026531844 net         1   6 root /bin/ppt
            4026531845 cgroup      1   6 root /bin/ppt"#]],
    );
    host.check(
        "lsns -t container",
        expect![[r#"
            $ lsns -t container
            lsns: unknown namespace type: container"#]],
    );
    host.check(
        "lsns --what",
        expect![[r#"
            $ lsns --what
            lsns: not modelled: '--what' (-t TYPE, -p PID)"#]],
    );
    host.check(
        "lsns -p 9999; echo $?",
        expect![[r#"
        $ lsns -p 9999; echo $?
        0"#]],
    );
    host.check(
        "unshare -m umount -l /proc",
        expect![[r#"
        $ unshare -m umount -l /proc
    "#]],
    );
    host.check(
        "umount -l /proc",
        expect![[r#"
        $ umount -l /proc
    "#]],
    );
    host.check(
        "lsns",
        expect![[r#"
        $ lsns
    "#]],
    );
}

#[test]
fn lsns_hangs_processes_on_their_parents() {
    let mut host = Terminal::new();
    host.ask("unshare -n sh -c 'unshare -u sleep 1000; true' &");
    host.check(
        "lsns",
        expect![[r#"
        $ lsns
                NS TYPE   NPROCS PID USER COMMAND
        4026531832 time        5   1 root /sbin/init
        4026531833 cgroup      5   1 root /sbin/init
        4026531834 pid         5   1 root /sbin/init
        4026531835 user        5   1 root /sbin/init
        4026531836 uts         4   1 root /sbin/init
        4026531837 ipc         5   1 root /sbin/init
        4026531838 mnt         5   1 root /sbin/init
        4026531839 net         3   1 root /sbin/init
        4026531840 net         2   3 root sh -c unshare -u sleep 1000; true
        4026531841 uts         1   4 root └─sleep 1000"#]],
    );
}

#[test]
fn nsenter_goes_into_a_container() {
    let mut host = Terminal::new();
    host.0.launch("docker run --name deck ppt");
    host.wait();
    let ppt = host.pid("ppt");
    host.check(
        &format!("nsenter -t {ppt} -u hostname"),
        expect![[r#"
        $ nsenter -t 5 -u hostname
        deck"#]],
    );
    host.check(
        &format!("nsenter -t {ppt} -a ps"),
        expect![[r#"
            $ nsenter -t 5 -a ps
                PID TTY          TIME CMD
                  1 tty2     00:00:00 ppt
                  2 tty1     00:00:00 ps"#]],
    );
    host.check(
        &format!("nsenter -mt{ppt} ls /"),
        expect![[r#"
            $ nsenter -mt5 ls /
            bin  dev  etc  proc  tmp"#]],
    );
    host.check(
        &format!("nsenter --target={ppt} --pid --no-fork ps"),
        expect![[r#"
            $ nsenter --target=5 --pid --no-fork ps
                PID TTY          TIME CMD
                  1 console  00:00:00 init
                  2 tty1     00:00:00 sh
                  3 tty2     00:00:00 docker
                  4 tty2     00:00:00 runc
                  5 tty2     00:00:00 ppt
                 10 tty1     00:00:00 ps"#]],
    );
    host.check(
        &format!("nsenter --target {ppt} --net ip link"),
        expect![[r#"
            $ nsenter --target 5 --net ip link
            1: lo: <LOOPBACK> state DOWN"#]],
    );
    host.check(
        "nsenter -t 9999 -m true",
        expect![[r#"
            $ nsenter -t 9999 -m true
            nsenter: cannot open /proc/9999/ns/mnt: No such file or directory"#]],
    );
    host.check(
        "nsenter -t x -m true",
        expect![[r#"
            $ nsenter -t x -m true
            nsenter: failed to parse pid: 'x'"#]],
    );
    host.check(
        "nsenter -n true",
        expect![[r#"
            $ nsenter -n true
            nsenter: neither filename nor target pid supplied for ns/net"#]],
    );
    host.check(
        "nsenter -a true",
        expect![[r#"
            $ nsenter -a true
            nsenter: no target PID specified for --all"#]],
    );
    host.check(
        "nsenter -t 1 -Q",
        expect![[r#"
        $ nsenter -t 1 -Q
        nsenter: invalid option -- 'Q'"#]],
    );
    host.check(
        "nsenter -t 1 --quick",
        expect![[r#"
            $ nsenter -t 1 --quick
            nsenter: unrecognized option '--quick'"#]],
    );
    host.check(
        "nsenter nosuch",
        expect![[r#"
            $ nsenter nosuch
            nsenter: failed to execute nosuch: No such file or directory"#]],
    );
}

#[test]
fn unshare_as_in_util_linux() {
    let mut host = Terminal::new();
    host.check(
        "unshare -Ur cat /proc/self/uid_map",
        expect![[r#"
            $ unshare -Ur cat /proc/self/uid_map
                     0          0          1"#]],
    );
    host.check(
        "unshare -u sh -c 'hostname inner; hostname'; hostname",
        expect![[r#"
            $ unshare -u sh -c 'hostname inner; hostname'; hostname
            inner
            host"#]],
    );
    host.check(
        "unshare --pid --fork --mount-proc ps",
        expect![[r#"
            $ unshare --pid --fork --mount-proc ps
                PID TTY          TIME CMD
                  1 tty1     00:00:00 ps"#]],
    );
    host.check(
        "unshare -m sh -c 'mount -t tmpfs t /mnt; mount' ; mount",
        expect![[r#"
            $ unshare -m sh -c 'mount -t tmpfs t /mnt; mount' ; mount
            rootfs on / type tmpfs (rw,relatime)
            devtmpfs on /dev type devtmpfs (rw,relatime)
            proc on /proc type proc (rw,relatime)
            cgroup2 on /sys/fs/cgroup type cgroup2 (rw,relatime)
            t on /mnt type tmpfs (rw,relatime)
            rootfs on / type tmpfs (rw,relatime)
            devtmpfs on /dev type devtmpfs (rw,relatime)
            proc on /proc type proc (rw,relatime)
            cgroup2 on /sys/fs/cgroup type cgroup2 (rw,relatime)"#]],
    );
    host.check(
        "unshare -n ip link",
        expect![[r#"
            $ unshare -n ip link
            1: lo: <LOOPBACK> state DOWN"#]],
    );
}

#[test]
fn ip_wires_two_namespaces() {
    let mut host = Terminal::new();
    host.check(
        "ip link",
        expect![[r#"
        $ ip link
        1: lo: <LOOPBACK> state DOWN"#]],
    );
    host.check(
        "ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link",
        expect![[r#"
            $ ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link
            host# ip link
            1: lo: <LOOPBACK> state DOWN
            host# ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip lin
            k
            1: lo: <LOOPBACK> state DOWN
            2: v1@v0: <BROADCAST,MULTICAST,M-DOWN> state DOWN
            3: v0@v1: <BROADCAST,MULTICAST,M-DOWN> state DOWN
            4: br0: <BROADCAST,MULTICAST> state DOWN"#]],
    );
    host.check(
        "ip link set v0 up; ip link",
        expect![[r#"
            $ ip link set v0 up; ip link
            1: lo: <LOOPBACK> state DOWN
            2: v1@v0: <BROADCAST,MULTICAST> state DOWN
            3: v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> state LOWERLAYERDOWN
            4: br0: <BROADCAST,MULTICAST> state DOWN"#]],
    );
    host.check(
        "ip link set v0 master br0; ip link set br0 up; ip link",
        expect![[r#"
            $ ip link set v0 master br0; ip link set br0 up; ip link
            1: lo: <LOOPBACK> state DOWN
            2: v1@v0: <BROADCAST,MULTICAST> state DOWN
            3: v0@v1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> master br0 state LOWERLAYER
            DOWN
            4: br0: <NO-CARRIER,BROADCAST,MULTICAST,UP> state DOWN"#]],
    );
    host.check(
        "unshare -n sleep 1000 &",
        expect![[r#"
        $ unshare -n sleep 1000 &
    "#]],
    );
    let other = host.pid("sleep");
    host.check(
        &format!("ip link set v1 netns {other}; ip link"),
        expect![[r#"
            $ ip link set v1 netns 12; ip link
            1: lo: <LOOPBACK> state DOWN
            3: v0@if2: <NO-CARRIER,BROADCAST,MULTICAST,UP> master br0 state DOWN
            4: br0: <NO-CARRIER,BROADCAST,MULTICAST,UP> state DOWN"#]],
    );
    let inside = |host: &mut Terminal, command: &str, expect| {
        host.check(&format!("nsenter -t {other} -n {command}"), expect);
    };
    inside(
        &mut host,
        "ip link set v1 up",
        expect![[r#"
        $ nsenter -t 12 -n ip link set v1 up
    "#]],
    );
    inside(
        &mut host,
        "ip addr add 10.0.0.2/24 dev v1",
        expect![[r#"
        $ nsenter -t 12 -n ip addr add 10.0.0.2/24 dev v1
    "#]],
    );
    inside(
        &mut host,
        "ip addr add 10.0.0.3/24 dev v1",
        expect![[r#"
        $ nsenter -t 12 -n ip addr add 10.0.0.3/24 dev v1
    "#]],
    );
    inside(
        &mut host,
        "ip addr add 10.0.0.7 dev v1",
        expect![[r#"
        $ nsenter -t 12 -n ip addr add 10.0.0.7 dev v1
    "#]],
    );
    inside(
        &mut host,
        "ip addr",
        expect![[r#"
            $ nsenter -t 12 -n ip addr
            1: lo: <LOOPBACK> state DOWN
            2: v1@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> state UP
                inet 10.0.0.2/24 scope global v1
                inet 10.0.0.7/32 scope global v1
                inet 10.0.0.3/24 scope global secondary v1"#]],
    );
    inside(
        &mut host,
        "ip route add 10.0.0.0/16 via 10.0.0.9",
        expect![[r#"
            $ nsenter -t 12 -n ip route add 10.0.0.0/16 via 10.0.0.9
        "#]],
    );
    inside(
        &mut host,
        "ip route add default via 10.0.0.9",
        expect![[r#"
            $ nsenter -t 12 -n ip route add default via 10.0.0.9
        "#]],
    );
    inside(
        &mut host,
        "ip route add 10.7.0.0/16 dev v1",
        expect![[r#"
        $ nsenter -t 12 -n ip route add 10.7.0.0/16 dev v1
    "#]],
    );
    inside(
        &mut host,
        "ip route",
        expect![[r#"
            $ nsenter -t 12 -n ip route
            default via 10.0.0.9 dev v1
            10.0.0.0/24 dev v1 proto kernel scope link src 10.0.0.2
            10.0.0.0/16 via 10.0.0.9 dev v1
            10.7.0.0/16 dev v1 scope link"#]],
    );
    inside(
        &mut host,
        "ip addr del 10.0.0.2/24 dev v1",
        expect![[r#"
        $ nsenter -t 12 -n ip addr del 10.0.0.2/24 dev v1
    "#]],
    );
    inside(
        &mut host,
        "ip a show v1",
        expect![[r#"
            $ nsenter -t 12 -n ip a show v1
            2: v1@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> state UP
                inet 10.0.0.7/32 scope global v1"#]],
    );
    inside(
        &mut host,
        "ip route",
        expect![[r#"
            $ nsenter -t 12 -n ip route
            default via 10.0.0.9 dev v1
            10.0.0.0/16 via 10.0.0.9 dev v1
            10.7.0.0/16 dev v1 scope link"#]],
    );
    host.check(
        "ip link",
        expect![[r#"
            $ ip link
            1: lo: <LOOPBACK> state DOWN
            3: v0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> master br0 state UP
            4: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> state UP"#]],
    );
    host.check(
        "ip addr add 10.0.0.1/24 dev br0; ip r",
        expect![[r#"
            $ ip addr add 10.0.0.1/24 dev br0; ip r
            10.0.0.0/24 dev br0 proto kernel scope link src 10.0.0.1"#]],
    );
    host.check(
        "ip link set br0 down; ip r; ip l",
        expect![[r#"
            $ ip link set br0 down; ip r; ip l
            1: lo: <LOOPBACK> state DOWN
            3: v0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> master br0 state UP
            4: br0: <BROADCAST,MULTICAST> state DOWN"#]],
    );
}

#[test]
fn ip_refuses_as_iproute2_does() {
    let mut host = Terminal::new();
    host.ask("ip link add v0 type veth peer name v1; ip link add br0 type bridge");
    let mut told = String::new();
    for command in [
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
    ] {
        let answer = host.ask(&format!("{command}; echo $?"));
        told.push_str(&format!("$ {command}\n{answer}\n"));
    }
    expect![[r#"
        $ ip
        Usage: ip { link | address | route } { show | add | del | set }
        255
        $ ip tunnel
        Object "tunnel" is unknown, try "ip help".
        1
        $ ip -br link
        not modelled: option "-br"
        255
        $ ip link set nosuch up
        Cannot find device "nosuch"
        1
        $ ip link add br0 type bridge
        RTNETLINK answers: File exists
        2
        $ ip link add w0 type vlan
        not modelled: devices of type vlan (veth, bridge)
        255
        $ ip link add w0 type veth
        not modelled: a veth pair whose other end the kernel names
        255
        $ ip link add w0
        Not enough information: "type" argument is required.
        255
        $ ip link set v0 netns 12345
        RTNETLINK answers: No such process
        2
        $ ip link set lo netns 1
        0
        $ ip link set v0 netns x
        Error: argument "x" is wrong: Invalid "netns" value

        255
        $ ip link set lo master br0
        RTNETLINK answers: Invalid argument
        2
        $ ip link set v0 master v9
        Error: argument "v9" is wrong: Device does not exist

        255
        $ ip link set v0 sideways
        Error: either "dev" is duplicate, or "sideways" is a garbage.
        255
        $ ip link set
        Not enough information: "dev" argument is required.
        255
        $ ip link del lo
        RTNETLINK answers: Operation not supported
        2
        $ ip link del v9
        Cannot find device "v9"
        1
        $ ip link show v9
        Device "v9" does not exist.
        1
        $ ip link frob
        Command "frob" is unknown, try "ip link help".
        255
        $ ip addr add
        Not enough information: "dev" argument is required.
        255
        $ ip addr add 10.0.0.300/24 dev v0
        Error: any valid prefix is expected rather than "10.0.0.300/24".
        1
        $ ip addr add 10.0.0.3/44 dev v0
        Error: any valid prefix is expected rather than "10.0.0.3/44".
        1
        $ ip addr del 10.0.0.3/24 dev v0
        Error: ipv4: Address not found.
        2
        $ ip addr add 10.0.0.3/24 dev v0
        0
        $ ip addr add 10.0.0.3/24 dev v0
        Error: ipv4: Address already assigned.
        2
        $ ip route add default via 10.0.0.9
        Error: Nexthop has invalid gateway.
        2
        $ ip route add 1.2.3.0/24 dev v0
        Error: Device for nexthop is not up.
        2
        $ ip link set v0 up
        0
        $ ip route add 1.2.3.4/24 dev v0
        Error: Invalid prefix for given prefix length.
        2
        $ ip route add 1.2.3.0/24 dev v0
        0
        $ ip route add 1.2.3.0/24 dev v0
        RTNETLINK answers: File exists
        2
        $ ip route add default
        RTNETLINK answers: No such device
        2
        $ ip route del default
        not modelled: ip route delete
        255
        $ ip route add
        Not enough information: "to" argument is required.
        255
    "#]]
    .assert_eq(&told);
}

#[test]
fn lists_and_redirections_of_the_shell() {
    let mut host = Terminal::new();
    let mut told = String::new();
    for line in [
        "true && echo yes",
        "false && echo no; echo $?",
        "false || echo other",
        "true || echo no && echo both",
        "echo $? '$?' \"$?\" \\$? a\\ b \"a\\\"b\"",
        "echo $$",
        "sleep 1 & echo $!",
        "ls /nope 2> /tmp/e; echo $?; cat /tmp/e",
        "ls /nope > /tmp/both 2>&1; cat /tmp/both",
        "> /tmp/empty; ls -1 /tmp",
        "echo lost >&9",
        "echo 2 > /tmp/2; echo 3>/tmp/3; cat /tmp/2",
        "echo $HOME",
        "echo $(ls)",
        "echo `ls`",
        "ls /proc/*",
        "cat << end",
        "ls |",
        "ls ||",
        "&& ls",
        "ls | | ls",
        "; ls",
        "(ls)",
        "ls >",
        "echo 'open",
        "true && sleep 1 &",
    ] {
        let answer = host.ask(line);
        told.push_str(&format!("$ {line}\n{answer}\n"));
    }
    expect![[r#"
        $ true && echo yes
        yes
        $ false && echo no; echo $?
        1
        $ false || echo other
        other
        $ true || echo no && echo both
        both
        $ echo $? '$?' "$?" \$? a\ b "a\"b"
        0 $? 0 $? a b a"b
        $ echo $$
        2
        $ sleep 1 & echo $!
        13
        $ ls /nope 2> /tmp/e; echo $?; cat /tmp/e
        2
        ls: cannot access '/nope': No such file or directory
        $ ls /nope > /tmp/both 2>&1; cat /tmp/both
        ls: cannot access '/nope': No such file or directory
        $ > /tmp/empty; ls -1 /tmp
        both
        e
        empty
        $ echo lost >&9
        sh: 9: Bad file descriptor
        $ echo 2 > /tmp/2; echo 3>/tmp/3; cat /tmp/2

        2
        $ echo $HOME
        sh: not modelled: $H
        $ echo $(ls)
        sh: not modelled: $(
        $ echo `ls`
        sh: not modelled: `
        $ ls /proc/*
        sh: not modelled: *
        $ cat << end
        sh: not modelled: << <& <>
        $ ls |
        sh: Syntax error: end of file unexpected
        $ ls ||
        sh: Syntax error: end of file unexpected
        $ && ls
        sh: Syntax error: "&&" unexpected
        $ ls | | ls
        sh: Syntax error: "|" unexpected
        $ ; ls
        sh: Syntax error: ";" unexpected
        $ (ls)
        sh: Syntax error: "(" unexpected
        $ ls >
        sh: Syntax error: newline unexpected
        $ echo 'open
        sh: Syntax error: Unterminated quoted string
        $ true && sleep 1 &
        sh: not modelled: a list with && or || in the background
    "#]]
    .assert_eq(&told);
}
