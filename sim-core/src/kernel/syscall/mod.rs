//! The system calls: one list makes the enum, the numbers, the names and the dispatch.
//!
//! Simplification: paths and small structures travel by value. The bytes of read(2) and
//! write(2) go through the caller's memory.

mod abi;
mod cred_text;
mod ctx;
mod net_text;
mod text;

pub use abi::{
    AtFlags, ClockId, CloneFlags, Dirent, FLAGS, FileKind, InBuf, Ioctl, LineMode, MmapFlags,
    MountFlags, MsgFlags, OpenFlags, OutBuf, Prctl, Prot, Reply, Restart, SaFlags, SeekWhence,
    SigAct, SigMaskHow, SigNr, Stat, Str, SysReturn, WaitFor, WaitOptions,
};
pub use ctx::{Ctx, Outcome, SysResult, done, done_fd};

pub use super::cred::{Cap, CapSet, SeccompAction};
pub use super::net::{
    AddrInfo, AddrRank, IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST, IFF_UP, IfAddr, IfName,
    LinkInfo, NetIoctl, NetlinkRequest, NsTarget, Operstate, PeerPlace, RouteInfo, RouteScope,
};

use super::cred::{self, Resource};
use super::net::SockAddr;
use super::rule::Why;
use super::{Errno, Signal, fs, ipc, mm, net, ns, signal, task};

macro_rules! syscalls {
    ($($nr:literal $variant:ident $name:literal { $($field:ident : $ty:ty),* } => $handler:path;)*) => {
        /// A system call with its arguments. Each has a man page of its name in section 2.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Syscall { $($variant { $($field: $ty),* },)* }

        impl Syscall {
            /// Number on x86-64.
            pub fn nr(&self) -> u16 {
                match self { $(Syscall::$variant { .. } => $nr,)* }
            }
            /// Name, as strace(1) prints it.
            pub fn name(&self) -> &'static str {
                match self { $(Syscall::$variant { .. } => $name,)* }
            }
        }

        impl Syscall {
            fn write_arguments(&self, to: &mut text::ArgumentWriter<'_, '_>) -> std::fmt::Result {
                match self { $(Syscall::$variant { $($field),* } => { $(to.put($field)?;)* })* }
                Ok(())
            }
            /// `None` for a name that no call has.
            fn read_arguments(
                name: &str,
                from: &mut text::ArgumentReader<'_, '_>,
            ) -> Option<Syscall> {
                Some(match name {
                    $($name => Syscall::$variant { $($field: from.get(stringify!($field))),* },)*
                    _ => return None,
                })
            }
        }

        /// Name of the call with this number on x86-64, if it is modelled.
        pub fn name_of(nr: u16) -> Option<&'static str> {
            match nr { $($nr => Some($name),)* _ => None }
        }

        /// Every call that has a handler: number and name.
        pub const MODELLED: &[(u16, &str)] = &[$(($nr, $name),)*];

        /// Runs the handler of a call, which the task is in. It takes effect at one instant; its
        /// cost is charged afterwards.
        #[inline(never)]
        pub(crate) fn dispatch(cx: &mut Ctx<'_>, call: &Syscall) -> SysResult {
            match call {
                $(Syscall::$variant { $($field),* } => {
                    $(let $field = $field.clone();)*
                    $handler(cx, $($field),*)
                })*
            }
        }
    };
}

syscalls! {
    0 Read "read" { fd: i32, buf: OutBuf } => fs::sys_read;
    1 Write "write" { fd: i32, buf: InBuf } => fs::sys_write;
    3 Close "close" { fd: i32 } => fs::sys_close;
    5 Fstat "fstat" { fd: i32 } => fs::sys_fstat;
    6 Lstat "lstat" { path: Str } => fs::sys_lstat;
    8 Lseek "lseek" { fd: i32, offset: i64, whence: SeekWhence } => fs::sys_lseek;
    9 Mmap "mmap" { addr: u64, length: u64, prot: Prot, flags: MmapFlags, fd: i32, offset: u64 } => mm::sys_mmap;
    10 Mprotect "mprotect" { addr: u64, length: u64, prot: Prot } => mm::sys_mprotect;
    11 Munmap "munmap" { addr: u64, length: u64 } => mm::sys_munmap;
    12 Brk "brk" { addr: u64 } => mm::sys_brk;
    13 RtSigaction "rt_sigaction" { signal: SigNr, act: Option<SigAct>, flags: SaFlags } => signal::sys_rt_sigaction;
    14 RtSigprocmask "rt_sigprocmask" { how: SigMaskHow, set: u64 } => signal::sys_rt_sigprocmask;
    16 Ioctl "ioctl" { fd: i32, request: Ioctl } => fs::sys_ioctl;
    24 SchedYield "sched_yield" { } => task::sys_sched_yield;
    28 Madvise "madvise" { addr: u64, length: u64, advice: i32 } => mm::sys_madvise;
    29 Shmget "shmget" { key: i32, size: u64, flags: i32 } => ipc::sys_shmget;
    30 Shmat "shmat" { id: i32, addr: u64, flags: i32 } => ipc::sys_shmat;
    31 Shmctl "shmctl" { id: i32, command: i32, uid: u32, gid: u32, mode: u16 } => ipc::sys_shmctl;
    32 Dup "dup" { fd: i32 } => fs::sys_dup;
    33 Dup2 "dup2" { old: i32, new: i32 } => fs::sys_dup2;
    34 Pause "pause" { } => signal::sys_pause;
    35 Nanosleep "nanosleep" { duration_ns: u64 } => task::sys_nanosleep;
    39 Getpid "getpid" { } => task::sys_getpid;
    41 Socket "socket" { domain: i32, kind: u32, protocol: i32 } => net::sys_socket;
    42 Connect "connect" { fd: i32, addr: SockAddr } => net::sys_connect;
    44 Sendto "sendto" { fd: i32, buf: InBuf, flags: MsgFlags, addr: SockAddr } => net::sys_sendto;
    45 Recvfrom "recvfrom" { fd: i32, buf: OutBuf, flags: MsgFlags } => net::sys_recvfrom;
    46 Sendmsg "sendmsg" { fd: i32, request: NetlinkRequest } => net::sys_sendmsg;
    48 Shutdown "shutdown" { fd: i32, how: i32 } => net::sys_shutdown;
    49 Bind "bind" { fd: i32, addr: SockAddr } => net::sys_bind;
    50 Listen "listen" { fd: i32, backlog: i32 } => net::sys_listen;
    51 Getsockname "getsockname" { fd: i32 } => net::sys_getsockname;
    52 Getpeername "getpeername" { fd: i32 } => net::sys_getpeername;
    53 Socketpair "socketpair" { domain: i32, kind: u32, protocol: i32 } => net::sys_socketpair;
    54 Setsockopt "setsockopt" { fd: i32, level: i32, name: i32, value: i32 } => net::sys_setsockopt;
    55 Getsockopt "getsockopt" { fd: i32, level: i32, name: i32 } => net::sys_getsockopt;
    56 Clone "clone" { flags: CloneFlags, exit_signal: SigNr } => task::sys_clone;
    57 Fork "fork" { } => task::sys_fork;
    59 Execve "execve" { path: Str, argv: std::rc::Rc<[Str]> } => task::sys_execve;
    61 Wait4 "wait4" { pid: i32, options: WaitOptions } => task::sys_wait4;
    62 Kill "kill" { pid: i32, signal: SigNr } => signal::sys_kill;
    63 Uname "uname" { } => ns::sys_uname;
    67 Shmdt "shmdt" { addr: u64 } => ipc::sys_shmdt;
    68 Msgget "msgget" { key: i32, flags: i32 } => ipc::sys_msgget;
    69 Msgsnd "msgsnd" { id: i32, kind: i64, text: InBuf, flags: i32 } => ipc::sys_msgsnd;
    70 Msgrcv "msgrcv" { id: i32, buf: OutBuf, kind: i64, flags: i32 } => ipc::sys_msgrcv;
    71 Msgctl "msgctl" { id: i32, command: i32, uid: u32, gid: u32, mode: u16 } => ipc::sys_msgctl;
    72 Fcntl "fcntl" { fd: i32, cmd: i32, arg: i64 } => fs::sys_fcntl;
    76 Truncate "truncate" { path: Str, length: i64 } => fs::sys_truncate;
    77 Ftruncate "ftruncate" { fd: i32, length: i64 } => fs::sys_ftruncate;
    79 Getcwd "getcwd" { } => fs::sys_getcwd;
    80 Chdir "chdir" { path: Str } => fs::sys_chdir;
    81 Fchdir "fchdir" { fd: i32 } => fs::sys_fchdir;
    82 Rename "rename" { from_path: Str, to_path: Str } => fs::sys_rename;
    83 Mkdir "mkdir" { path: Str, mode: u16 } => fs::sys_mkdir;
    84 Rmdir "rmdir" { path: Str } => fs::sys_rmdir;
    86 Link "link" { from_path: Str, to_path: Str } => fs::sys_link;
    87 Unlink "unlink" { path: Str } => fs::sys_unlink;
    88 Symlink "symlink" { target: Str, path: Str } => fs::sys_symlink;
    89 Readlink "readlink" { path: Str } => fs::sys_readlink;
    90 Chmod "chmod" { path: Str, mode: u16 } => fs::sys_chmod;
    91 Fchmod "fchmod" { fd: i32, mode: u16 } => fs::sys_fchmod;
    92 Chown "chown" { path: Str, uid: u32, gid: u32 } => fs::sys_chown;
    93 Fchown "fchown" { fd: i32, uid: u32, gid: u32 } => fs::sys_fchown;
    94 Lchown "lchown" { path: Str, uid: u32, gid: u32 } => fs::sys_lchown;
    95 Umask "umask" { mask: u16 } => fs::sys_umask;
    97 Getrlimit "getrlimit" { resource: Resource } => cred::sys_getrlimit;
    98 Getrusage "getrusage" { } => task::sys_getrusage;
    102 Getuid "getuid" { } => cred::sys_getuid;
    104 Getgid "getgid" { } => cred::sys_getgid;
    105 Setuid "setuid" { uid: u32 } => cred::sys_setuid;
    106 Setgid "setgid" { gid: u32 } => cred::sys_setgid;
    107 Geteuid "geteuid" { } => cred::sys_geteuid;
    108 Getegid "getegid" { } => cred::sys_getegid;
    109 Setpgid "setpgid" { pid: i32, pgid: i32 } => task::sys_setpgid;
    110 Getppid "getppid" { } => task::sys_getppid;
    112 Setsid "setsid" { } => task::sys_setsid;
    113 Setreuid "setreuid" { ruid: u32, euid: u32 } => cred::sys_setreuid;
    114 Setregid "setregid" { rgid: u32, egid: u32 } => cred::sys_setregid;
    115 Getgroups "getgroups" { } => cred::sys_getgroups;
    116 Setgroups "setgroups" { list: std::rc::Rc<[u32]> } => cred::sys_setgroups;
    117 Setresuid "setresuid" { ruid: u32, euid: u32, suid: u32 } => cred::sys_setresuid;
    118 Getresuid "getresuid" { } => cred::sys_getresuid;
    119 Setresgid "setresgid" { rgid: u32, egid: u32, sgid: u32 } => cred::sys_setresgid;
    120 Getresgid "getresgid" { } => cred::sys_getresgid;
    121 Getpgid "getpgid" { pid: i32 } => task::sys_getpgid;
    122 Setfsuid "setfsuid" { uid: u32 } => cred::sys_setfsuid;
    123 Setfsgid "setfsgid" { gid: u32 } => cred::sys_setfsgid;
    124 Getsid "getsid" { pid: i32 } => task::sys_getsid;
    125 Capget "capget" { pid: i32 } => cred::sys_capget;
    126 Capset "capset" { pid: i32, effective: u64, permitted: u64, inheritable: u64 } => cred::sys_capset;
    127 RtSigpending "rt_sigpending" { } => signal::sys_rt_sigpending;
    133 Mknod "mknod" { path: Str, mode: u16, dev: u32 } => fs::sys_mknod;
    141 Setpriority "setpriority" { pid: i32, nice: i32 } => task::sys_setpriority;
    155 PivotRoot "pivot_root" { new_root: Str, put_old: Str } => fs::sys_pivot_root;
    157 Prctl "prctl" { option: Prctl } => task::sys_prctl;
    160 Setrlimit "setrlimit" { resource: Resource, soft: u64, hard: u64 } => cred::sys_setrlimit;
    161 Chroot "chroot" { path: Str } => fs::sys_chroot;
    165 Mount "mount" { source: Str, target: Str, fstype: Str, flags: MountFlags, data: Str } => fs::sys_mount;
    166 Umount2 "umount2" { target: Str, flags: i32 } => fs::sys_umount2;
    170 Sethostname "sethostname" { name: Str } => ns::sys_sethostname;
    186 Gettid "gettid" { } => task::sys_gettid;
    217 Getdents64 "getdents64" { fd: i32 } => fs::sys_getdents64;
    228 ClockGettime "clock_gettime" { clock: ClockId } => ns::sys_clock_gettime;
    231 ExitGroup "exit_group" { status: i32 } => task::sys_exit_group;
    247 Waitid "waitid" { which: WaitFor, options: WaitOptions } => task::sys_waitid;
    257 Openat "openat" { path: Str, flags: OpenFlags, mode: u16 } => fs::sys_openat;
    262 Newfstatat "newfstatat" { path: Str } => fs::sys_newfstatat;
    272 Unshare "unshare" { flags: CloneFlags } => ns::sys_unshare;
    288 Accept4 "accept4" { fd: i32, flags: OpenFlags } => net::sys_accept4;
    292 Dup3 "dup3" { old: i32, new: i32, flags: OpenFlags } => fs::sys_dup3;
    293 Pipe2 "pipe2" { flags: OpenFlags } => fs::sys_pipe2;
    308 Setns "setns" { fd: i32, kind: CloneFlags } => ns::sys_setns;
    316 Renameat2 "renameat2" { from_path: Str, to_path: Str, flags: u32 } => fs::sys_renameat2;
    317 Seccomp "seccomp" { deny: std::rc::Rc<[Str]>, action: SeccompAction } => cred::sys_seccomp;
    322 Execveat "execveat" { fd: i32, argv: std::rc::Rc<[Str]>, flags: AtFlags } => task::sys_execveat;
    424 PidfdSendSignal "pidfd_send_signal" { fd: i32, signal: SigNr, flags: u32 } => signal::sys_pidfd_send_signal;
    434 PidfdOpen "pidfd_open" { pid: i32, flags: u32 } => signal::sys_pidfd_open;
}

/// The signal with this number, or EINVAL.
pub(crate) fn signal_arg(why: &Why, number: SigNr) -> Result<Signal, Errno> {
    Signal::from_nr(number.0).ok_or_else(|| refuse!(why, SignalExists, number.0))
}
