//! System calls with arguments from sensible to absurd.

use super::{Rng, newer_calls};
use sim_core::kernel::syscall::{
    AtFlags, ClockId, CloneFlags, InBuf, Ioctl, LineMode, MODELLED, MmapFlags, MountFlags,
    OpenFlags, OutBuf, Prctl, Prot, Restart, SaFlags, SeekWhence, SigAct, SigMaskHow, SigNr, Str,
    WaitFor, WaitOptions,
};
use sim_core::kernel::{Injection, Syscall, UserStep};

const PATHS: &[&str] = &[
    "/",
    ".",
    "..",
    "",
    "/proc",
    "/proc/self",
    "/proc/self/ns/uts",
    "/proc/1/status",
    "/dev",
    "/dev/null",
    "/dev/tty",
    "/tmp",
    "/tmp/a",
    "/tmp/a/b",
    "/bin/word",
    "/bin/sh",
    "/sbin/init",
    "/no/such/file",
    "relative",
    "a/../../..",
    "//tmp//a/",
    "/proc/self/exe",
    "/proc/999999",
    "/tmp/가나다",
    "/bin",
    "/etc",
    "/etc/hostname",
];

pub fn path(rng: &mut Rng) -> Str {
    if rng.one_in(20) {
        return "x/".repeat(rng.below(3_000) as usize).into();
    }
    (*rng.pick(PATHS)).into()
}

pub fn fd(rng: &mut Rng) -> i32 {
    match rng.below(10) {
        0 => rng.next() as i32,
        1 => -1,
        _ => rng.below(6) as i32,
    }
}

pub fn pid(rng: &mut Rng) -> i32 {
    match rng.below(6) {
        0 => rng.next() as i32,
        1 => -1,
        2 => 0,
        3 => -(rng.below(12) as i32),
        _ => rng.below(16) as i32,
    }
}

/// Addresses around the mappings of programs, at the edges, and anywhere.
pub fn addr(rng: &mut Rng) -> u64 {
    let near = *rng.pick(&[
        0,
        0x40_0000,
        0x7fff_ffff_f000,
        0x7fff_f7f0_0000,
        1 << 47,
        u64::MAX - 0xfff,
    ]);
    match rng.below(4) {
        0 => rng.next() >> rng.below(64),
        1 => near,
        _ => near
            .wrapping_add(rng.below(64) * 0x1000)
            .wrapping_sub(0x8000),
    }
}

pub fn len(rng: &mut Rng) -> u64 {
    match rng.below(8) {
        0 => rng.next() >> rng.below(64),
        1 => 0,
        2 => 1,
        _ => rng.below(40) * 0x400,
    }
}

pub fn int(rng: &mut Rng) -> i32 {
    match rng.below(4) {
        0 => rng.next() as i32,
        _ => rng.below(70) as i32 - 3,
    }
}

/// One or two known bits, rarely all.
fn bits(rng: &mut Rng, known: &[u64]) -> u64 {
    match rng.below(12) {
        0 => rng.next(),
        1 => 0,
        2..6 => rng.pick(known) | rng.pick(known) | rng.pick(known),
        _ => *rng.pick(known),
    }
}

fn clone_flags(rng: &mut Rng) -> CloneFlags {
    CloneFlags(bits(
        rng,
        &[
            CloneFlags::NEWNS.0,
            CloneFlags::NEWUTS.0,
            CloneFlags::NEWPID.0,
            CloneFlags::NEWIPC.0,
            CloneFlags::NEWNET.0,
            CloneFlags::NEWUSER.0,
            CloneFlags::VM.0 | CloneFlags::VFORK.0,
            CloneFlags::PARENT.0,
            CloneFlags::NEWNS.0 | CloneFlags::NEWPID.0 | CloneFlags::NEWUTS.0,
        ],
    ))
}

fn small_flags(rng: &mut Rng) -> u32 {
    let known: Vec<u64> = (0..20).map(|bit| 1 << bit).collect();
    bits(rng, &known) as u32
}

fn in_buf(rng: &mut Rng) -> InBuf {
    match rng.below(3) {
        0 => InBuf::Value((0..rng.below(300)).map(|_| rng.next() as u8).collect()),
        1 => InBuf::Value(b"hello\n"[..].into()),
        _ => InBuf::User {
            addr: addr(rng),
            len: len(rng),
        },
    }
}

fn out_buf(rng: &mut Rng) -> OutBuf {
    match rng.below(2) {
        0 => OutBuf::Value { len: len(rng) },
        _ => OutBuf::User {
            addr: addr(rng),
            len: len(rng),
        },
    }
}

fn name(rng: &mut Rng) -> Str {
    match rng.below(4) {
        0 => "h".repeat(rng.below(100) as usize).into(),
        1 => "".into(),
        _ => "deck".into(),
    }
}

fn argv(rng: &mut Rng) -> std::rc::Rc<[Str]> {
    match rng.below(6) {
        0 => [].into(),
        1 => (0..rng.below(500)).map(|_| Str::from("argument")).collect(),
        _ => (0..rng.below(3)).map(|_| path(rng)).collect(),
    }
}

/// A call by its name. A new call needs an arm here; the test below says so.
fn call(name_of: &str, rng: &mut Rng) -> Option<Syscall> {
    Some(match name_of {
        "read" => Syscall::Read {
            fd: fd(rng),
            buf: out_buf(rng),
        },
        "write" => Syscall::Write {
            fd: fd(rng),
            buf: in_buf(rng),
        },
        "close" => Syscall::Close { fd: fd(rng) },
        "lseek" => Syscall::Lseek {
            fd: fd(rng),
            offset: rng.next() as i64 >> rng.below(64),
            whence: *rng.pick(&[SeekWhence::Set, SeekWhence::Cur, SeekWhence::End]),
        },
        "mmap" => Syscall::Mmap {
            addr: addr(rng),
            length: len(rng),
            prot: Prot(rng.below(9) as u32),
            flags: MmapFlags(*rng.pick(&[0x22, 0x21, 0x32, 0x8022, 0x2, 0x1, 0x12, 0, u32::MAX])),
            fd: fd(rng),
            offset: len(rng),
        },
        "mprotect" => Syscall::Mprotect {
            addr: addr(rng),
            length: len(rng),
            prot: Prot(rng.below(9) as u32),
        },
        "munmap" => Syscall::Munmap {
            addr: addr(rng),
            length: len(rng),
        },
        "brk" => Syscall::Brk { addr: addr(rng) },
        "rt_sigaction" => Syscall::RtSigaction {
            signal: SigNr(int(rng)),
            act: Some(*rng.pick(&[
                SigAct::Default,
                SigAct::Ignore,
                SigAct::Handle {
                    restart: Restart::Interrupt,
                },
                SigAct::Handle {
                    restart: Restart::Restart,
                },
                SigAct::HandleOnce,
            ])),
            flags: SaFlags(rng.below(4) as u32),
        },
        "rt_sigpending" => Syscall::RtSigpending {},
        "waitid" => Syscall::Waitid {
            which: match rng.below(4) {
                0 => WaitFor::All,
                1 => WaitFor::Pid(pid(rng)),
                2 => WaitFor::Pgid(pid(rng)),
                _ => WaitFor::Pidfd(fd(rng)),
            },
            options: WaitOptions(rng.below(16) as u32),
        },
        "prctl" => Syscall::Prctl {
            option: match rng.below(8) {
                0 => Prctl::SetPdeathsig(SigNr(int(rng))),
                1 => Prctl::GetPdeathsig,
                2 => Prctl::SetChildSubreaper(rng.below(2)),
                4.. => newer_calls::cred_prctl(rng),
                _ => Prctl::GetChildSubreaper,
            },
        },
        "clock_gettime" => Syscall::ClockGettime {
            clock: *rng.pick(&[ClockId::Realtime, ClockId::Monotonic, ClockId::Boottime]),
        },
        "pidfd_open" => Syscall::PidfdOpen {
            pid: pid(rng),
            flags: 0,
        },
        "pidfd_send_signal" => Syscall::PidfdSendSignal {
            fd: fd(rng),
            signal: SigNr(int(rng)),
            flags: 0,
        },
        "rt_sigprocmask" => Syscall::RtSigprocmask {
            how: *rng.pick(&[SigMaskHow::Block, SigMaskHow::Unblock, SigMaskHow::SetMask]),
            set: rng.next(),
        },
        "ioctl" => Syscall::Ioctl {
            fd: fd(rng),
            request: match rng.below(8) {
                0 => Ioctl::Tcsets(LineMode::Raw),
                1 => Ioctl::Tcsets(LineMode::Canonical),
                2 => Ioctl::Tiocsctty,
                3 => Ioctl::Tiocspgrp(pid(rng)),
                5.. => Ioctl::Net(newer_calls::net_ioctl(rng)),
                _ => Ioctl::Tiocgpgrp,
            },
        },
        "sched_yield" => Syscall::SchedYield {},
        "dup" => Syscall::Dup { fd: fd(rng) },
        "dup2" => Syscall::Dup2 {
            old: fd(rng),
            new: fd(rng),
        },
        "pause" => Syscall::Pause {},
        "nanosleep" => Syscall::Nanosleep {
            duration_ns: rng.next() >> rng.below(64),
        },
        "getpid" => Syscall::Getpid {},
        "clone" => Syscall::Clone {
            flags: clone_flags(rng),
            exit_signal: SigNr(*rng.pick(&[17, 17, 17, 0, 9, 99, -1])),
        },
        "fork" => Syscall::Fork {},
        "execve" => Syscall::Execve {
            path: path(rng),
            argv: argv(rng),
        },
        "wait4" => Syscall::Wait4 {
            pid: pid(rng),
            options: WaitOptions(*rng.pick(&[0, 0, 1, 2, 8, 11, u32::MAX])),
        },
        "kill" => Syscall::Kill {
            pid: pid(rng),
            signal: SigNr(int(rng)),
        },
        "uname" => Syscall::Uname {},
        "getcwd" => Syscall::Getcwd {},
        "chdir" => Syscall::Chdir { path: path(rng) },
        "mkdir" => Syscall::Mkdir {
            path: path(rng),
            mode: rng.next() as u16,
        },
        "fstat" => Syscall::Fstat { fd: fd(rng) },
        "lstat" => Syscall::Lstat { path: path(rng) },
        "fcntl" => Syscall::Fcntl {
            fd: fd(rng),
            cmd: *rng.pick(&[0, 1, 2, 3, 4, 1030, 1032, 77]),
            arg: rng.next() as i64 >> rng.below(64),
        },
        "truncate" => Syscall::Truncate {
            path: path(rng),
            length: rng.next() as i64 >> rng.below(64),
        },
        "ftruncate" => Syscall::Ftruncate {
            fd: fd(rng),
            length: rng.next() as i64 >> rng.below(64),
        },
        "fchdir" => Syscall::Fchdir { fd: fd(rng) },
        "rename" => Syscall::Rename {
            from_path: path(rng),
            to_path: path(rng),
        },
        "link" => Syscall::Link {
            from_path: path(rng),
            to_path: path(rng),
        },
        "chmod" => Syscall::Chmod {
            path: path(rng),
            mode: rng.next() as u16,
        },
        "fchmod" => Syscall::Fchmod {
            fd: fd(rng),
            mode: rng.next() as u16,
        },
        "chown" => Syscall::Chown {
            path: path(rng),
            uid: rng.next() as u32,
            gid: rng.next() as u32,
        },
        "fchown" => Syscall::Fchown {
            fd: fd(rng),
            uid: rng.next() as u32,
            gid: rng.next() as u32,
        },
        "lchown" => Syscall::Lchown {
            path: path(rng),
            uid: rng.next() as u32,
            gid: rng.next() as u32,
        },
        "umask" => Syscall::Umask {
            mask: rng.next() as u16,
        },
        "mknod" => Syscall::Mknod {
            path: path(rng),
            mode: *rng.pick(&[0, 0o644, 0o010_666, 0o020_666, 0o040_755, 0o170_000]),
            dev: *rng.pick(&[0, 0x103, 0x105, 0x500, 0x501, 0x401, u32::MAX]),
        },
        "dup3" => Syscall::Dup3 {
            old: fd(rng),
            new: fd(rng),
            flags: OpenFlags(*rng.pick(&[0, 0o2_000_000, 1])),
        },
        "renameat2" => Syscall::Renameat2 {
            from_path: path(rng),
            to_path: path(rng),
            flags: rng.below(4) as u32,
        },
        "rmdir" => Syscall::Rmdir { path: path(rng) },
        "unlink" => Syscall::Unlink { path: path(rng) },
        "symlink" => Syscall::Symlink {
            target: path(rng),
            path: path(rng),
        },
        "readlink" => Syscall::Readlink { path: path(rng) },
        "getuid" => Syscall::Getuid {},
        "getgid" => Syscall::Getgid {},
        "geteuid" => Syscall::Geteuid {},
        "getegid" => Syscall::Getegid {},
        "setpgid" => Syscall::Setpgid {
            pid: pid(rng),
            pgid: pid(rng),
        },
        "getppid" => Syscall::Getppid {},
        "setsid" => Syscall::Setsid {},
        "getpgid" => Syscall::Getpgid { pid: pid(rng) },
        "getsid" => Syscall::Getsid { pid: pid(rng) },
        "setpriority" => Syscall::Setpriority {
            pid: pid(rng),
            nice: int(rng),
        },
        "pivot_root" => Syscall::PivotRoot {
            new_root: path(rng),
            put_old: path(rng),
        },
        "chroot" => Syscall::Chroot { path: path(rng) },
        "mount" => Syscall::Mount {
            source: path(rng),
            target: path(rng),
            fstype: (*rng.pick(&["tmpfs", "proc", "devtmpfs", "", "ext9", "overlay"])).into(),
            flags: MountFlags(bits(
                rng,
                &[
                    0,
                    1,
                    32,
                    4096,
                    4096 | 16384,
                    8192,
                    1 << 18,
                    1 << 18 | 16384,
                    1 << 20,
                    1 << 19,
                    1 << 20 | 16384,
                    1 << 19 | 16384,
                    1 << 17,
                ],
            )),
            data: (*rng.pick(&[
                "",
                "size=8k",
                "lowerdir=/etc,upperdir=/tmp/a,workdir=/tmp/b",
                "lowerdir=/bin:/etc",
                "lowerdir=",
            ]))
            .into(),
        },
        "umount2" => Syscall::Umount2 {
            target: path(rng),
            flags: int(rng),
        },
        "sethostname" => Syscall::Sethostname { name: name(rng) },
        "gettid" => Syscall::Gettid {},
        "getdents64" => Syscall::Getdents64 { fd: fd(rng) },
        "exit_group" => Syscall::ExitGroup { status: int(rng) },
        "openat" => Syscall::Openat {
            path: path(rng),
            flags: OpenFlags(small_flags(rng)),
            mode: rng.next() as u16,
        },
        "newfstatat" => Syscall::Newfstatat { path: path(rng) },
        "unshare" => Syscall::Unshare {
            flags: clone_flags(rng),
        },
        "pipe2" => Syscall::Pipe2 {
            flags: OpenFlags(small_flags(rng)),
        },
        "execveat" => Syscall::Execveat {
            fd: fd(rng),
            argv: [path(rng)].into(),
            flags: AtFlags(rng.below(2) as u32 * 0x1000),
        },
        "getrusage" => Syscall::Getrusage {},
        "setns" => Syscall::Setns {
            fd: fd(rng),
            kind: clone_flags(rng),
        },
        other => return newer_calls::call(other, rng),
    })
}

/// Any modelled call, with any arguments.
pub fn any_call(rng: &mut Rng) -> Syscall {
    let (_, name) = *rng.pick(MODELLED);
    call(name, rng).unwrap_or(Syscall::Getppid {})
}

/// A call, or an instruction at some address.
pub fn any_injection(rng: &mut Rng) -> Injection {
    if !rng.one_in(8) {
        return any_call(rng).into();
    }
    let addr = rng.next() >> rng.below(64);
    Injection::Step(match rng.below(5) {
        0 => UserStep::Load { addr },
        1 => UserStep::Store { addr, byte: 7 },
        2 => UserStep::Fetch { addr },
        3 => UserStep::Illegal,
        _ => UserStep::Divide,
    })
}

/// Calls that the generator leaves out.
pub fn not_generated() -> Vec<&'static str> {
    let mut rng = Rng(0);
    let names = MODELLED.iter().map(|(_, name)| *name);
    names
        .filter(|name| call(name, &mut rng).is_none())
        .collect()
}
