//! The view through a task's eyes, held against what its own system calls tell it.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::kernel::net::{IfName, NetIoctl};
use sim_core::kernel::syscall::{ClockId, CloneFlags, InBuf, Ioctl, OpenFlags, OutBuf, SigNr};
use sim_core::kernel::{Answer, Errno, NsKind, Reply, Syscall};
use sim_core::observe::{self, PageSeen};
use sim_core::view::{
    DialState, EyesView, SeenProc, StripCell, TaskRow, Usage, eyes, isolation, tasks,
};
use sim_core::{BootOptions, Command, Session};

const MS: u64 = 1_000_000;

fn session() -> Session {
    let mut session = Session::new(BootOptions::default());
    wait(&mut session, 100 * MS);
    for line in ["word", "excel", "docker run --name deck ppt"] {
        session.launch(line);
        wait(&mut session, 200 * MS);
    }
    session
}

fn wait(session: &mut Session, ns: u64) {
    session.advance(session.now_ns() + ns, 10_000_000);
    session.machine().check_invariants().expect("invariants");
}

/// The youngest with this name.
fn task(session: &Session, comm: &str) -> TaskRow {
    let mut all = tasks(session.machine());
    all.sort_by_key(|t| t.task);
    all.into_iter()
        .rfind(|t| &*t.comm == comm)
        .expect("it runs")
}

/// Lets a task make a system call, as a debugger would.
fn call(session: &mut Session, of: &TaskRow, call: Syscall) -> Answer {
    let act = call.into();
    session.apply(Command::Inject { pid: of.pid, act });
    for _ in 0..1_000 {
        session.advance(session.now_ns() + MS, 20);
        if let Some(answer) = observe::answer(session.machine(), of.task) {
            return answer;
        }
    }
    panic!("no answer");
}

fn value(session: &mut Session, of: &TaskRow, asked: Syscall) -> i64 {
    call(session, of, asked).result.expect("an answer")
}

/// ls(1); `None` where it may not look or nothing is there.
fn list(session: &mut Session, of: &TaskRow, path: &str) -> Option<Vec<String>> {
    let open = Syscall::Openat {
        path: path.into(),
        flags: OpenFlags::DIRECTORY,
        mode: 0,
    };
    let fd = call(session, of, open).result.ok()? as i32;
    let entries = call(session, of, Syscall::Getdents64 { fd }).reply;
    value(session, of, Syscall::Close { fd });
    let Reply::Dirents(entries) = entries else {
        panic!("no entries: {entries:?}");
    };
    Some(entries.iter().map(|e| e.name.to_string()).collect())
}

fn text(session: &mut Session, of: &TaskRow, path: &str) -> Option<String> {
    let open = Syscall::Openat {
        path: path.into(),
        flags: OpenFlags::default(),
        mode: 0,
    };
    let fd = call(session, of, open).result.ok()? as i32;
    let buf = OutBuf::Value { len: 4096 };
    let read = call(session, of, Syscall::Read { fd, buf }).reply;
    value(session, of, Syscall::Close { fd });
    let Reply::Bytes(bytes) = read else {
        panic!("no bytes");
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn see(session: &Session, of: &TaskRow) -> EyesView {
    eyes(session.machine(), of.task).expect("it lives")
}

/// Everything that the view says against everything that the task is told.
fn hold(session: &mut Session, of: &TaskRow) -> EyesView {
    let digest = session.machine().digest();
    let seen = see(session, of);
    let same = session.machine().digest() == digest;
    assert!(same, "looking changes nothing");
    hold_pages(session, of, &seen);
    assert_eq!(value(session, of, Syscall::Getpid {}), i64::from(seen.pid));
    assert_eq!(
        value(session, of, Syscall::Getppid {}),
        i64::from(seen.ppid)
    );
    assert_eq!(value(session, of, Syscall::Getuid {}), i64::from(seen.uid));
    assert_eq!(value(session, of, Syscall::Getgid {}), i64::from(seen.gid));
    let Reply::Uname { nodename, .. } = call(session, of, Syscall::Uname {}).reply else {
        panic!("uname");
    };
    assert_eq!(*nodename, *seen.hostname);
    // Whom it can name.
    let highest = tasks(session.machine()).iter().map(|t| t.pid).max();
    for pid in 1..highest.unwrap_or(0) + 3 {
        let kill = Syscall::Kill {
            pid,
            signal: SigNr(0),
        };
        let is_there = call(session, of, kill).result != Err(Errno::ESRCH);
        let is_seen = seen.tasks.iter().any(|t| t.pid == pid);
        assert_eq!(is_there, is_seen, "kill({pid}, 0) of {}", of.comm);
    }
    assert_eq!(seen.pid_of(of.task), Some(seen.pid));
    assert_eq!(seen.all_tasks, tasks(session.machine()).len());
    // What is where.
    let root = list(session, of, "/").unwrap_or_default();
    assert_eq!(root, seen.root.entries);
    let proc = list(session, of, "/proc").filter(|names| names.iter().any(|n| n == "self"));
    let numbers = proc.map(|names| {
        let mut all: Vec<i32> = names.iter().filter_map(|n| n.parse().ok()).collect();
        all.sort_unstable();
        all
    });
    let expected = match &seen.proc {
        SeenProc::Absent => None,
        SeenProc::Own => Some(seen.tasks.iter().map(|t| t.pid).collect()),
        SeenProc::Other(numbers) => Some(numbers.clone()),
    };
    assert_eq!(numbers, expected);
    if let Some(cgroup) = text(session, of, "/proc/self/cgroup") {
        assert_eq!(cgroup.trim_end(), format!("0::{}", seen.cgroup));
    }
    if let Some(passwd) = text(session, of, "/etc/passwd") {
        let begins = format!("{}:x:{}:", seen.user, seen.uid);
        assert!(seen.user.is_empty() || passwd.contains(&begins));
    }
    hold_devices(session, of, &seen);
    let before = session.now_ns() as i64;
    let clock = ClockId::Boottime;
    let told = value(session, of, Syscall::ClockGettime { clock }) - seen.boot_offset_ns;
    assert!((before..=session.now_ns() as i64).contains(&told));
    seen
}

fn hold_devices(session: &mut Session, of: &TaskRow, seen: &EyesView) {
    let socket = Syscall::Socket {
        domain: 2,
        kind: 2,
        protocol: 0,
    };
    let fd = value(session, of, socket) as i32;
    for name in ["lo", "v0", "v1", "eth0", "docker0"] {
        let request = Ioctl::Net(NetIoctl::Siocgifindex(IfName::new(name)));
        let is_there = call(session, of, Syscall::Ioctl { fd, request })
            .result
            .is_ok();
        let is_seen = seen.devices.iter().any(|d| d.name == name);
        assert_eq!(is_there, is_seen, "{name}");
    }
    value(session, of, Syscall::Close { fd });
    if let Some(dev) = text(session, of, "/proc/self/net/dev") {
        assert_eq!(dev.lines().count() - 2, seen.devices.len());
    }
}

fn hold_pages(session: &Session, of: &TaskRow, seen: &EyesView) {
    let mut last = None;
    for page in &seen.pages {
        assert!(last < Some(page.addr), "address order");
        last = Some(page.addr);
        let lies = observe::pages(session.machine(), of.task, page.addr, 1);
        match lies.as_slice() {
            [PageSeen::Zero] => assert_eq!(page.kind, StripCell::ZeroPage),
            [PageSeen::Absent] => assert_eq!(page.pfn, None),
            [PageSeen::Frame { pfn, .. }] => assert_eq!(page.pfn, Some(*pfn)),
            other => panic!("{other:?} at {:#x}", page.addr),
        }
    }
    let resident = seen.pages.iter().filter(|p| match p.kind {
        StripCell::Absent | StripCell::ZeroPage | StripCell::Swapped => false,
        StripCell::File | StripCell::Shared | StripCell::Private => true,
    });
    assert_eq!(resident.count() as u64, of.rss_pages);
    assert_eq!(seen.pages.len() as u64, of.vm_pages);
}

#[test]
fn a_task_of_the_host_sees_all_tasks_and_its_own_memory_only() {
    let mut session = session();
    let word = task(&session, "word");
    let seen = hold(&mut session, &word);
    assert_eq!(seen.tasks.len(), seen.all_tasks);
    assert_eq!(seen.pid, word.pid);
    assert_eq!(seen.hostname, "host");
    assert_eq!(seen.user, "root");
    assert_eq!(seen.proc, SeenProc::Own);
    assert_eq!(seen.root.host_path.as_deref(), Some("/"));
    assert!(seen.namespaces.is_empty());
    // It can tell who is elsewhere.
    for other in tasks(session.machine()) {
        let apart = seen.seen(other.task).map(|seen| seen.apart.clone());
        assert_eq!(apart.as_ref(), Some(&other.namespaces), "{}", other.comm);
    }
}

#[test]
fn a_container_sees_itself() {
    let mut session = session();
    let ppt = task(&session, "ppt");
    let seen = hold(&mut session, &ppt);
    assert_eq!(seen.pid, 1);
    assert_eq!(seen.ppid, 0);
    assert_eq!(seen.tasks.len(), 1);
    assert!(seen.tasks.iter().all(|own| own.apart.is_empty()));
    assert_eq!(seen.proc, SeenProc::Own);
    let path = seen.root.host_path.expect("where it is mounted");
    assert_eq!(path, "/var/lib/docker/overlay2/deck/merged");
    assert!(!seen.root.entries.iter().any(|name| name == "var"));
    // A shell beside it is number 2 or more for it.
    session.launch("docker exec deck sh");
    wait(&mut session, 200 * MS);
    let shell = task(&session, "sh");
    let both = see(&session, &ppt);
    assert_eq!(both.pid_of(shell.task), shell.inner_pid);
    assert_eq!(hold(&mut session, &shell).tasks, both.tasks);
}

#[test]
fn unshare_moves_nothing_and_changes_what_is_seen() {
    let mut session = session();
    let excel = task(&session, "excel");
    for (kind, flags) in [
        (NsKind::Uts, CloneFlags::NEWUTS),
        (NsKind::Net, CloneFlags::NEWNET),
        (NsKind::Mnt, CloneFlags::NEWNS),
        (NsKind::User, CloneFlags::NEWUSER),
    ] {
        let made = call(&mut session, &excel, Syscall::Unshare { flags });
        assert_eq!(made.result, Ok(0), "{kind:?}");
        if kind == NsKind::Uts {
            let name = "cells".into();
            value(&mut session, &excel, Syscall::Sethostname { name });
        }
        let seen = hold(&mut session, &excel);
        assert!(seen.namespaces.contains(&kind));
        assert_eq!(seen.pid, excel.pid);
        assert_eq!(seen.hostname, "cells");
        assert_eq!(seen.tasks.len(), seen.all_tasks);
    }
    // Nobody is mapped into the new user namespace yet.
    assert_eq!(see(&session, &excel).uid, 65_534);
    // For children, not for itself.
    let flags = CloneFlags::NEWPID;
    call(&mut session, &excel, Syscall::Unshare { flags });
    let seen = hold(&mut session, &excel);
    assert!(!seen.namespaces.contains(&NsKind::Pid));
}

#[test]
fn a_pid_namespace_within_one_keeps_the_hosts_proc() {
    let mut session = session();
    session.input(1, "unshare -p -f sh\n");
    wait(&mut session, 200 * MS);
    let outer = task(&session, "sh");
    session.input(1, "unshare -p -f sh\n");
    wait(&mut session, 200 * MS);
    let inner = task(&session, "sh");
    assert_ne!(outer.task, inner.task);
    let seen = hold(&mut session, &inner);
    assert_eq!((seen.pid, seen.tasks.len()), (1, 1));
    assert!(matches!(seen.proc, SeenProc::Other(numbers) if numbers.len() > 5));
    // The outer one: itself, unshare(1) and the inner one.
    let seen = hold(&mut session, &outer);
    assert_eq!((seen.pid, seen.tasks.len()), (1, 3));
    assert_eq!(seen.pid_of(task(&session, "word").task), None);
}

#[test]
fn a_root_of_its_own_without_a_namespace() {
    let mut session = session();
    let word = task(&session, "word");
    let path = "/etc".into();
    value(&mut session, &word, Syscall::Chroot { path });
    let seen = hold(&mut session, &word);
    assert_eq!(seen.root.host_path.as_deref(), Some("/etc"));
    assert!(seen.root.entries.iter().any(|name| name == "passwd"));
    assert_eq!(seen.proc, SeenProc::Absent);
    assert_eq!(seen.tasks.len(), seen.all_tasks);
    assert_eq!(seen.user, "", "no /etc/passwd below /etc");
}

#[test]
fn clocks_and_groups_are_shown_as_the_task_has_them() {
    let mut session = session();
    let word = task(&session, "word");
    let flags = CloneFlags::NEWTIME;
    value(&mut session, &word, Syscall::Unshare { flags });
    let flags = OpenFlags::WRONLY;
    let path = "/proc/self/timens_offsets".into();
    let open = Syscall::Openat {
        path,
        flags,
        mode: 0,
    };
    let fd = value(&mut session, &word, open) as i32;
    let buf = InBuf::Value(b"boottime 86400 0"[..].into());
    value(&mut session, &word, Syscall::Write { fd, buf });
    assert_eq!(
        hold(&mut session, &word).boot_offset_ns,
        0,
        "children's only"
    );
    // It is entered at exec.
    let argv = ["word".into()].into();
    let path = "/usr/bin/word".into();
    session.apply(Command::Inject {
        pid: word.pid,
        act: Syscall::Execve { path, argv }.into(),
    });
    wait(&mut session, 20 * MS);
    let word = task(&session, "word");
    assert_eq!(hold(&mut session, &word).boot_offset_ns, 86_400_000_000_000);
}

fn dial(session: &Session, of: &TaskRow, kind: NsKind) -> DialState {
    let view = isolation(session.machine(), of.task).expect("it lives");
    let found = view.dials.into_iter().find(|(k, _)| *k == kind);
    found.expect("all kinds are there").1
}

#[test]
fn dials_show_where_a_task_is_and_where_its_children_will_be() {
    let mut session = session();
    let word = task(&session, "word");
    for kind in NsKind::ALL {
        assert_eq!(dial(&session, &word, kind), DialState::Shared, "{kind:?}");
        let flags = kind.flag();
        value(&mut session, &word, Syscall::Unshare { flags });
        let expected = match kind {
            NsKind::Pid | NsKind::Time => DialState::Children,
            _ => DialState::Own,
        };
        assert_eq!(dial(&session, &word, kind), expected, "{kind:?}");
    }
    assert_eq!(task(&session, "word").pid, word.pid, "nothing moves");
    let ppt = task(&session, "ppt");
    assert_eq!(dial(&session, &ppt, NsKind::Pid), DialState::Own);
}

#[test]
fn usage_is_that_of_the_tightest_group() {
    let mut session = session();
    let word = task(&session, "word");
    let view = isolation(session.machine(), word.task).expect("it lives");
    assert_eq!((view.memory, view.pids), (None, None));
    let ppt = task(&session, "ppt");
    session.input(
        1,
        "echo 5 > /sys/fs/cgroup/docker/pids.max\n\
         echo 9 > /sys/fs/cgroup/docker/deck/pids.max\n\
         echo 1048576 > /sys/fs/cgroup/docker/deck/memory.max\n",
    );
    wait(&mut session, 200 * MS);
    let view = isolation(session.machine(), ppt.task).expect("it lives");
    assert_eq!(view.pids, Some(Usage { current: 1, max: 5 }));
    let memory = view.memory.expect("a limit");
    assert_eq!(memory.max, 1 << 20);
    assert!((1..memory.max).contains(&memory.current));
}

#[test]
fn the_dead_see_nothing() {
    let mut session = session();
    let word = task(&session, "word");
    session.input(1, &format!("kill -9 {}\n", word.pid));
    wait(&mut session, 200 * MS);
    assert_eq!(eyes(session.machine(), word.task), None);
    assert_eq!(eyes(session.machine(), u64::MAX), None);
    assert_eq!(isolation(session.machine(), word.task), None);
}
