//! lsns(8), nsenter(1), unshare(1).

use super::Terminal;
use expect_test::expect;

#[test]
fn lsns_shows_what_a_container_has_of_its_own() {
    let mut host = Terminal::new();
    host.check(
        &["lsns"],
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
        4026531839 net         3   1 root /sbin/init
    "#]],
    );
    host.0.launch("docker run --name deck ppt");
    host.wait();
    let of_ppt = format!("lsns -p {}", host.pid("ppt"));
    let commands = [
        "lsns",
        "lsns -t pid",
        &of_ppt,
        "lsns -t container",
        "lsns --what",
        "lsns -p 9999; echo $?",
        "unshare -m umount -l /proc",
        "umount -l /proc",
        "lsns",
    ];
    host.check(
        &commands,
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
        4026531845 cgroup      1   6 root /bin/ppt
        $ lsns -t pid
                NS TYPE NPROCS PID USER COMMAND
        4026531834 pid       5   1 root /sbin/init
        4026531841 pid       1   6 root /bin/ppt
        $ lsns -p 6
                NS TYPE   NPROCS PID USER COMMAND
        4026531832 time        6   1 root /sbin/init
        4026531835 user        6   1 root /sbin/init
        4026531840 mnt         1   6 root /bin/ppt
        4026531841 pid         1   6 root /bin/ppt
        4026531842 uts         1   6 root /bin/ppt
        4026531843 ipc         1   6 root /bin/ppt
        4026531844 net         1   6 root /bin/ppt
        4026531845 cgroup      1   6 root /bin/ppt
        $ lsns -t container
        lsns: unknown namespace type: container
        $ lsns --what
        lsns: not modelled: '--what' (-t TYPE, -p PID)
        $ lsns -p 9999; echo $?
        0
        $ unshare -m umount -l /proc
        $ umount -l /proc
        $ lsns
    "#]],
    );
}

#[test]
fn lsns_hangs_processes_on_their_parents() {
    let mut host = Terminal::new();
    host.ask("unshare -n sh -c 'unshare -u sleep 1000; true' &");
    host.check(
        &["lsns"],
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
        4026531841 uts         1   4 root └─sleep 1000
    "#]],
    );
}

#[test]
fn nsenter_goes_into_a_container() {
    let mut host = Terminal::new();
    host.0.launch("docker run --name deck ppt");
    host.wait();
    let ppt = host.pid("ppt");
    let inside = [
        format!("nsenter -t {ppt} -u hostname"),
        format!("nsenter -t {ppt} -a ps"),
        format!("nsenter -mt{ppt} ls /"),
        format!("nsenter --target={ppt} --pid --no-fork ps"),
        format!("nsenter --target {ppt} --net ip link"),
    ];
    let refused = [
        "nsenter -t 9999 -m true",
        "nsenter -t x -m true",
        "nsenter -n true",
        "nsenter -a true",
        "nsenter -t 1 -Q",
        "nsenter -t 1 --quick",
        "nsenter nosuch",
    ];
    let commands: Vec<&str> = inside.iter().map(String::as_str).chain(refused).collect();
    host.check(
        &commands,
        expect![[r#"
        $ nsenter -t 5 -u hostname
        deck
        $ nsenter -t 5 -a ps
            PID TTY          TIME CMD
              1 tty2     00:00:00 ppt
              2 tty1     00:00:00 ps
        $ nsenter -mt5 ls /
        bin  dev  etc  proc  tmp
        $ nsenter --target=5 --pid --no-fork ps
            PID TTY          TIME CMD
              1 console  00:00:00 init
              2 tty1     00:00:00 sh
              3 tty2     00:00:00 docker
              4 tty2     00:00:00 runc
              5 tty2     00:00:00 ppt
             10 tty1     00:00:00 ps
        $ nsenter --target 5 --net ip link
        1: lo: <LOOPBACK> state DOWN
        $ nsenter -t 9999 -m true
        nsenter: cannot open /proc/9999/ns/mnt: No such file or directory
        $ nsenter -t x -m true
        nsenter: failed to parse pid: 'x'
        $ nsenter -n true
        nsenter: neither filename nor target pid supplied for ns/net
        $ nsenter -a true
        nsenter: no target PID specified for --all
        $ nsenter -t 1 -Q
        nsenter: invalid option -- 'Q'
        $ nsenter -t 1 --quick
        nsenter: unrecognized option '--quick'
        $ nsenter nosuch
        nsenter: failed to execute nosuch: No such file or directory
    "#]],
    );
}

#[test]
fn unshare_as_in_util_linux() {
    let commands = [
        "unshare -Ur cat /proc/self/uid_map",
        "unshare -u sh -c 'hostname inner; hostname'; hostname",
        "unshare --pid --fork --mount-proc ps",
        "unshare -m sh -c 'mount -t tmpfs t /mnt; mount' ; mount",
        "unshare -n ip link",
    ];
    Terminal::new().check(
        &commands,
        expect![[r#"
        $ unshare -Ur cat /proc/self/uid_map
                 0          0          1
        $ unshare -u sh -c 'hostname inner; hostname'; hostname
        inner
        host
        $ unshare --pid --fork --mount-proc ps
            PID TTY          TIME CMD
              1 tty1     00:00:00 ps
        $ unshare -m sh -c 'mount -t tmpfs t /mnt; mount' ; mount
        rootfs on / type tmpfs (rw,relatime)
        devtmpfs on /dev type devtmpfs (rw,relatime)
        proc on /proc type proc (rw,relatime)
        cgroup2 on /sys/fs/cgroup type cgroup2 (rw,relatime)
        t on /mnt type tmpfs (rw,relatime)
        rootfs on / type tmpfs (rw,relatime)
        devtmpfs on /dev type devtmpfs (rw,relatime)
        proc on /proc type proc (rw,relatime)
        cgroup2 on /sys/fs/cgroup type cgroup2 (rw,relatime)
        $ unshare -n ip link
        1: lo: <LOOPBACK> state DOWN
    "#]],
    );
}
