//! What the runtime makes, seen from outside.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::view::{NsKind, TaskRow, tasks, terminal};
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;
const HOST: u16 = 1;

fn wait(session: &mut Session) {
    session.advance(session.now_ns() + 200 * MS, 10_000_000);
    session.machine().check_invariants().expect("invariants");
}

fn all(session: &Session, comm: &str) -> Vec<TaskRow> {
    let mut rows = tasks(session.machine());
    rows.retain(|row| &*row.comm == comm);
    rows
}

/// A container with PPT, and a shell inside; the shell's terminal.
fn with_shell() -> (Session, u16) {
    let mut session = Session::new(BootOptions::default());
    wait(&mut session);
    session.launch("docker run --name deck ppt");
    wait(&mut session);
    session.launch("docker exec deck sh");
    wait(&mut session);
    let shell = all(&session, "sh").pop().expect("a shell inside");
    let tty = shell.tty.expect("its terminal");
    (session, tty)
}

fn ask(session: &mut Session, tty: u16, command: &str) -> String {
    session.input(tty, &format!("{command}\n"));
    wait(session);
    let lines = terminal(session.machine(), tty).lines;
    let asked = lines.iter().rposition(|line| line.ends_with(command));
    let answer = &lines[asked.map_or(0, |at| at + 1)..];
    answer[..answer.len().saturating_sub(1)].join("\n")
}

#[test]
fn everything_is_its_own_except_users_and_time() {
    let (session, _) = with_shell();
    let own = [
        NsKind::Mnt,
        NsKind::Uts,
        NsKind::Ipc,
        NsKind::Net,
        NsKind::Pid,
        NsKind::Cgroup,
    ];
    for comm in ["ppt", "sh"] {
        let row = all(&session, comm).pop().expect("it runs");
        assert_eq!(row.namespaces, own, "{comm}");
    }
}

#[test]
fn a_limit_set_by_the_host_holds_inside() {
    let (mut session, inside) = with_shell();
    let group = "/sys/fs/cgroup/docker/deck";
    let count = ask(&mut session, HOST, &format!("cat {group}/pids.current"));
    assert_eq!(count, "2");
    assert_eq!(ask(&mut session, inside, "cat /proc/self/cgroup"), "0::/");
    ask(&mut session, HOST, &format!("echo 3 > {group}/pids.max"));
    assert_eq!(ask(&mut session, inside, "sleep 1000 &"), "");
    let refused = ask(&mut session, inside, "sleep 2000 &");
    assert!(refused.contains("Resource temporarily"), "{refused}");
    assert_eq!(all(&session, "sleep").len(), 1);
}

#[test]
fn the_group_goes_with_the_container() {
    let (mut session, _) = with_shell();
    let ppt = all(&session, "ppt").pop().expect("it runs").pid;
    ask(&mut session, HOST, &format!("kill -9 {ppt}"));
    let groups = ask(&mut session, HOST, "ls /sys/fs/cgroup/docker");
    assert!(
        groups.contains("pids.max") && !groups.contains("deck"),
        "{groups}"
    );
    // And the name can be used again, when its books are closed.
    ask(&mut session, HOST, "docker rm deck");
    session.launch("docker run --name deck ppt");
    wait(&mut session);
    assert_eq!(all(&session, "ppt").len(), 1);
}

#[test]
fn what_is_written_inside_goes_into_a_layer_of_its_own() {
    let (mut session, inside) = with_shell();
    ask(&mut session, inside, "echo mine > /etc/note");
    assert_eq!(ask(&mut session, inside, "cat /etc/note"), "mine");
    let layer = "/var/lib/docker/overlay2/deck/diff";
    let written = ask(&mut session, HOST, &format!("cat {layer}/etc/note"));
    assert_eq!(written, "mine");
    let image = ask(&mut session, HOST, "ls /var/lib/docker/images/ppt/etc");
    assert!(!image.contains("note"), "{image}");
    let other = "docker run --name other ppt cat /etc/note";
    let other = ask(&mut session, HOST, other);
    assert!(other.contains("No such file"), "{other}");
    ask(&mut session, HOST, "docker stop deck");
    ask(&mut session, HOST, "docker rm deck");
    let left = ask(&mut session, HOST, "ls /var/lib/docker/overlay2");
    assert_eq!(left, "other");
}

#[test]
fn root_inside_has_the_capabilities_that_docker_leaves_it() {
    let (mut session, inside) = with_shell();
    let ppt = all(&session, "ppt").pop().expect("it runs").pid;
    for (tty, who) in [(inside, "self".into()), (HOST, ppt.to_string())] {
        let status = ask(&mut session, tty, &format!("cat /proc/{who}/status"));
        let has = |name: &str, value: &str| {
            let mut lines = status.lines().map(|line| line.split_whitespace());
            lines.any(|mut words| words.next() == Some(name) && words.next() == Some(value))
        };
        assert!(has("CapInh:", "0000000000000000"), "{who}: {status}");
        for set in ["CapPrm:", "CapEff:", "CapBnd:"] {
            assert!(has(set, "00000000a80425fb"), "{who}: {set}: {status}");
        }
        assert!(has("Seccomp:", "2"), "{who}: {status}");
    }
}

#[test]
fn what_is_everybodys_cannot_be_changed_from_inside() {
    let (mut session, inside) = with_shell();
    for (command, answer) in [
        ("mount -t tmpfs none /tmp", "Operation not permitted"),
        ("umount /proc", "Operation not permitted"),
        ("hostname other", "Operation not permitted"),
        (
            "echo other > /proc/sys/kernel/hostname",
            "Read-only file system",
        ),
    ] {
        let refused = ask(&mut session, inside, command);
        assert!(refused.contains(answer), "{command}: {refused}");
    }
    assert_eq!(ask(&mut session, inside, "hostname"), "deck");
}
