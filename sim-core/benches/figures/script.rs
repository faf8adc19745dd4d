//! The system calls that make a container and undo it, without the programs that think about
//! them. `real_kernel.c` has the same script.

use super::bench::{Bench, frames_for};
use super::{Clock, LEAST_SECONDS};
use sim_core::Event;
use sim_core::event::Sink;
use sim_core::kernel::Syscall;
use sim_core::kernel::syscall::{
    CloneFlags, InBuf, MountFlags, OpenFlags, OutBuf, SigNr, WaitOptions,
};
use sim_core::view::tasks;

const IMAGE: &str = "/var/lib/docker/images/word";
const ROOT: &str = "/var/lib/docker/overlay2/rootfs";
const GROUP: &str = "/mnt/deck";
/// The runtime's pipe: memhog has its terminal at 0 to 2.
const READ_END: i32 = 3;
const WRITE_END: i32 = 4;

fn mount(source: &str, target: &str, fstype: &str, flags: MountFlags) -> Syscall {
    Syscall::Mount {
        source: source.into(),
        target: target.into(),
        fstype: fstype.into(),
        flags,
        data: "".into(),
    }
}

fn mkdir(path: &str) -> Syscall {
    let (path, mode) = (path.into(), 0o755);
    Syscall::Mkdir { path, mode }
}

fn rmdir(path: &str) -> Syscall {
    let path = path.into();
    Syscall::Rmdir { path }
}

fn chdir(path: &str) -> Syscall {
    let path = path.into();
    Syscall::Chdir { path }
}

fn clone() -> Syscall {
    let flags = CloneFlags::NEWPID
        .with(CloneFlags::NEWNS)
        .with(CloneFlags::NEWUTS)
        .with(CloneFlags::NEWIPC);
    let exit_signal = SigNr(17);
    Syscall::Clone { flags, exit_signal }
}

/// The first process of the container, in the order of runc.
fn inside() -> [Syscall; 13] {
    let none = MountFlags::default();
    [
        Syscall::Read {
            fd: READ_END,
            buf: OutBuf::Value { len: 1 },
        },
        mount("none", "/", "", MountFlags::REC.with(MountFlags::PRIVATE)),
        mount(IMAGE, ROOT, "", MountFlags::BIND),
        mount("tmpfs", &format!("{ROOT}/tmp"), "tmpfs", none),
        mount("/dev", &format!("{ROOT}/dev"), "", MountFlags::BIND),
        mount("proc", &format!("{ROOT}/proc"), "proc", none),
        chdir(ROOT),
        Syscall::PivotRoot {
            new_root: ".".into(),
            put_old: ".".into(),
        },
        Syscall::Umount2 {
            target: ".".into(),
            flags: 2,
        },
        chdir("/"),
        Syscall::Sethostname {
            name: "deck".into(),
        },
        Syscall::Execve {
            path: "/bin/word".into(),
            argv: ["word".into()].into(),
        },
        Syscall::ExitGroup { status: 0 },
    ]
}

/// The runtime: puts the process into its control group, lets it go on, waits and cleans up.
fn outside(child: i32) -> [Syscall; 7] {
    // The lowest free descriptor.
    let fd = 5;
    [
        Syscall::Openat {
            path: format!("{GROUP}/cgroup.procs").into(),
            flags: OpenFlags::WRONLY,
            mode: 0,
        },
        Syscall::Write {
            fd,
            buf: InBuf::Value(child.to_string().as_bytes().into()),
        },
        Syscall::Close { fd },
        Syscall::Write {
            fd: WRITE_END,
            buf: InBuf::Value(b"x"[..].into()),
        },
        Syscall::Wait4 {
            pid: child,
            options: WaitOptions::default(),
        },
        rmdir(GROUP),
        rmdir(ROOT),
    ]
}

fn round(bench: &mut Bench) {
    let runtime = bench.sleeper;
    for call in [mkdir(GROUP), mkdir(ROOT), clone()] {
        bench.post(runtime, call);
    }
    settle(bench);
    let child = bench.child_is_born();
    for call in inside() {
        bench.post(child, call);
    }
    for call in outside(child) {
        bench.post(runtime, call);
    }
    settle(bench);
}

/// A script that is refused something measures nothing.
fn settle(bench: &mut Bench) {
    bench.settle();
    if let Sink::Full(records) = &bench.sink {
        for record in records {
            if let Event::SyscallExit { nr, result, .. } = record.event
                && let Err(errno) = result
            {
                panic!("call {nr} of the script: {errno:?}");
            }
        }
    }
}

/// The calls of `docker run` and what undoes them.
pub fn docker_script_ns(clock: Clock, processes: usize) -> f64 {
    let (mut seconds, mut done) = (0.0, 0);
    while seconds <= LEAST_SECONDS {
        let mut bench = prepared(processes);
        let before = tasks(&bench.machine).len();
        while bench.has_numbers_for(1_000) && seconds <= LEAST_SECONDS {
            let start = clock();
            (0..1_000).for_each(|_| round(&mut bench));
            seconds += clock() - start;
            done += 1_000;
        }
        let after = tasks(&bench.machine).len();
        assert_eq!(after, before, "every container has ended");
    }
    seconds * 1e9 / f64::from(done)
}

/// A machine in which one round was made, and refused nothing.
fn prepared(processes: usize) -> Bench {
    let mut bench = Bench::new(Sink::full(), frames_for(processes) + 512, processes);
    let flags = OpenFlags::default();
    bench.call(bench.sleeper, Syscall::Pipe2 { flags });
    let groups = mount("cgroup2", "/mnt", "cgroup2", MountFlags::default());
    bench.call(bench.sleeper, groups);
    round(&mut bench);
    bench.sink = Sink::Null;
    bench
}
