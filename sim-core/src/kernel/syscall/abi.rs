//! Arguments and answers of system calls, with Linux's numbers.

use crate::kernel::cred::{AmbientOp, Rlimit};
use crate::kernel::net::{AddrInfo, LinkInfo, NetIoctl, RouteInfo, SockAddr};
use crate::kernel::{Errno, Signal};
use std::fmt::{self, Formatter};
use std::rc::Rc;

/// A path, a name, an argument.
pub type Str = Rc<str>;

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident : $ty:ty { $($flag:ident = $value:expr;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub $ty);

        impl $name {
            /// Names without their prefix.
            pub const NAMES: &[&str] = &[$(stringify!($flag)),*];
            /// The same with their bits.
            pub(super) const NAMED: &[(&str, u64)] = &[$((stringify!($flag), $value as u64)),*];
            $(pub const $flag: $name = $name($value);)*
            /// Whether all of `other` is set.
            pub const fn has(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }
            /// Whether any of `other` is set.
            pub const fn any(self, other: $name) -> bool {
                self.0 & other.0 != 0
            }
            /// The flag of this name, without its prefix.
            pub fn named(name: &str) -> Option<$name> {
                let (_, bits) = $name::NAMED.iter().find(|(flag, _)| *flag == name)?;
                Some($name(*bits as $ty))
            }
            pub const fn with(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }
            pub const fn without(self, other: $name) -> $name {
                $name(self.0 & !other.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                write_flags(f, u64::from(self.0), $name::NAMED)
            }
        }
    };
}

/// `RDWR|CREAT`, and what has no name as a number.
fn write_flags(f: &mut Formatter<'_>, flags: u64, named: &[(&str, u64)]) -> fmt::Result {
    let mut rest = flags;
    let mut separator = "";
    for (name, bits) in named {
        if *bits != 0 && rest & bits == *bits {
            f.write_str(separator)?;
            f.write_str(name)?;
            separator = "|";
            rest &= !bits;
        }
    }
    if rest != 0 || separator.is_empty() {
        write!(f, "{separator}{rest:#x}")?;
    }
    Ok(())
}

flags! {
    /// clone(2), unshare(2), setns(2).
    CloneFlags: u64 {
        VM = 0x100; FS = 0x200; FILES = 0x400; SIGHAND = 0x800; VFORK = 0x4000; PARENT = 0x8000;
        THREAD = 0x1_0000; NEWNS = 0x2_0000; NEWCGROUP = 0x200_0000; NEWUTS = 0x400_0000;
        NEWIPC = 0x800_0000; NEWUSER = 0x1000_0000; NEWPID = 0x2000_0000; NEWNET = 0x4000_0000;
        NEWTIME = 0x80;
    }
}
flags! {
    /// open(2).
    OpenFlags: u32 {
        WRONLY = 1; RDWR = 2; CREAT = 0o100; EXCL = 0o200; NOCTTY = 0o400; TRUNC = 0o1000;
        APPEND = 0o2000; NONBLOCK = 0o4000; DIRECTORY = 0o200_000; NOFOLLOW = 0o400_000;
        CLOEXEC = 0o2_000_000; PATH = 0o10_000_000;
    }
}
flags! {
    /// recv(2), send(2).
    MsgFlags: u32 { DONTWAIT = 0x40; NOSIGNAL = 0x4000; }
}
flags! {
    /// The `at` family (openat(2)).
    AtFlags: u32 { SYMLINK_NOFOLLOW = 0x100; EMPTY_PATH = 0x1000; }
}
flags! {
    /// mmap(2): protection.
    Prot: u32 { READ = 1; WRITE = 2; EXEC = 4; }
}
flags! {
    /// mmap(2): the rest.
    MmapFlags: u32 {
        SHARED = 1; PRIVATE = 2; FIXED = 0x10; ANONYMOUS = 0x20; GROWSDOWN = 0x100;
        LOCKED = 0x2000; NORESERVE = 0x4000; POPULATE = 0x8000; HUGETLB = 0x4_0000;
        FIXED_NOREPLACE = 0x10_0000;
    }
}

impl Prot {
    /// Every access that there is.
    pub const ALL: Prot = Prot::READ.with(Prot::WRITE).with(Prot::EXEC);
}
flags! {
    /// mount(2).
    MountFlags: u64 {
        RDONLY = 1; NOSUID = 2; NODEV = 4; NOEXEC = 8; REMOUNT = 32; NOSYMFOLLOW = 256;
        NOATIME = 1024; NODIRATIME = 2048; BIND = 4096; MOVE = 8192; REC = 16384; SILENT = 32768;
        UNBINDABLE = 1 << 17; PRIVATE = 1 << 18; SLAVE = 1 << 19; SHARED = 1 << 20;
        RELATIME = 1 << 21; STRICTATIME = 1 << 24;
    }
}

impl MountFlags {
    /// Those about access times.
    pub const ATIME: MountFlags = MountFlags::NOATIME
        .with(MountFlags::NODIRATIME)
        .with(MountFlags::RELATIME);
    /// Those that a less privileged mount namespace may not clear.
    pub const LOCKABLE: MountFlags = MountFlags::RDONLY
        .with(MountFlags::NOSUID)
        .with(MountFlags::NODEV)
        .with(MountFlags::NOEXEC);
    /// Those that are kept with a mount.
    pub const PER_MOUNT: MountFlags = MountFlags::LOCKABLE
        .with(MountFlags::ATIME)
        .with(MountFlags::NOSYMFOLLOW);
}
flags! {
    /// waitpid(2).
    WaitOptions: u32 {
        NOHANG = 1; UNTRACED = 2; EXITED = 4; CONTINUED = 8; NOWAIT = 0x0100_0000;
        WNOTHREAD = 0x2000_0000; WALL = 0x4000_0000; WCLONE = 0x8000_0000_u32;
    }
}
flags! {
    /// sigaction(2): what matters of a handler is in [`SigAct`]; these are for SIGCHLD.
    SaFlags: u32 { NOCLDSTOP = 1; NOCLDWAIT = 2; }
}

/// Which children waitid(2) is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitFor {
    All,
    Pid(i32),
    /// 0 is the caller's own group.
    Pgid(i32),
    Pidfd(i32),
}

/// clock_gettime(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClockId {
    Realtime,
    Monotonic,
    Boottime,
}

/// prctl(2), as far as modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prctl {
    SetPdeathsig(SigNr),
    GetPdeathsig,
    /// 0 or not.
    SetChildSubreaper(u64),
    GetChildSubreaper,
    CapbsetRead(u64),
    CapbsetDrop(u64),
    CapAmbient(AmbientOp, u64),
    SetKeepcaps(u64),
    GetKeepcaps,
    SetSecurebits(u64),
    GetSecurebits,
    SetNoNewPrivs(u64),
    GetNoNewPrivs,
    SetDumpable(u64),
    GetDumpable,
}

/// Every flag that some call knows, by type.
pub const FLAGS: &[(&str, &[&str])] = &[
    ("AtFlags", AtFlags::NAMES),
    ("CloneFlags", CloneFlags::NAMES),
    ("MmapFlags", MmapFlags::NAMES),
    ("MountFlags", MountFlags::NAMES),
    ("OpenFlags", OpenFlags::NAMES),
    ("Prot", Prot::NAMES),
    ("SaFlags", SaFlags::NAMES),
    ("WaitOptions", WaitOptions::NAMES),
];

/// Where bytes to be written come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InBuf {
    /// The caller's memory.
    User { addr: u64, len: u64 },
    /// By value: a call injected from outside.
    Value(Rc<[u8]>),
}

/// Where bytes read go to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OutBuf {
    /// The caller's memory.
    User { addr: u64, len: u64 },
    /// By value, into [`Reply::Bytes`]: a call injected from outside.
    Value { len: u64 },
}

impl InBuf {
    pub fn len(&self) -> u64 {
        match self {
            InBuf::User { len, .. } => *len,
            InBuf::Value(bytes) => bytes.len() as u64,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl OutBuf {
    pub fn len(&self) -> u64 {
        match self {
            OutBuf::User { len, .. } | OutBuf::Value { len } => *len,
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeekWhence {
    Set,
    Cur,
    End,
}

/// The number of a signal as a call gives it: there may be no such signal, and 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SigNr(pub i32);

impl From<Signal> for SigNr {
    fn from(signal: Signal) -> Self {
        SigNr(signal.nr())
    }
}

/// What a signal does from now on (sigaction(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigAct {
    Default,
    Ignore,
    /// A handler that takes a note; see the list of simplifications.
    Handle {
        restart: Restart,
    },
    /// SA_RESETHAND, without SA_RESTART: one such note, and the default from then on.
    HandleOnce,
}

impl SigAct {
    /// Whether a program's own function is called.
    pub fn is_handler(self) -> bool {
        match self {
            SigAct::Default | SigAct::Ignore => false,
            SigAct::Handle { .. } | SigAct::HandleOnce => true,
        }
    }
}

/// SA_RESTART or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Restart {
    Interrupt,
    Restart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigMaskHow {
    Block,
    Unblock,
    SetMask,
}

/// ioctl_tty(2), as far as modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ioctl {
    /// TCSETS: line editing and echo (canonical), or every key at once and no echo.
    Tcsets(LineMode),
    /// TIOCSCTTY: make it the controlling terminal of the calling session leader.
    Tiocsctty,
    /// TIOCSPGRP: the foreground process group.
    Tiocspgrp(i32),
    Tiocgpgrp,
    /// On a socket (netdevice(7)).
    Net(NetIoctl),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineMode {
    Canonical,
    Raw,
    /// VMIN 0, VTIME: a read gives 0 bytes when no key came for so long (termios(3)).
    RawTimeout {
        deciseconds: u8,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    Regular,
    Directory,
    Symlink,
    CharDevice,
    Fifo,
    Socket,
}

/// One entry of a directory (getdents(2)).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dirent {
    pub inode: u64,
    pub kind: FileKind,
    pub name: Str,
}

/// stat(2), the fields that are modelled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stat {
    pub dev: u64,
    pub inode: u64,
    pub kind: FileKind,
    /// Permission bits, 0o7777.
    pub mode: u16,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    /// Major and minor number of a device.
    pub rdev: (u32, u32),
    pub size_bytes: u64,
}

/// What a call answers beside its return value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reply {
    #[default]
    None,
    Bytes(Rc<[u8]>),
    Text(Str),
    Dirents(Rc<[Dirent]>),
    Stat(Stat),
    /// wait4(2): status as in wait(2).
    Wait {
        pid: i32,
        status: i32,
    },
    /// waitid(2): the fields of siginfo_t.
    WaitId {
        pid: i32,
        uid: u32,
        /// CLD_EXITED and so on.
        code: i32,
        /// Exit code or signal.
        status: i32,
    },
    /// rt_sigaction(2): the old action.
    SigAction(SigAct),
    /// pipe2(2): read end, write end.
    Pipe {
        read: i32,
        write: i32,
    },
    /// getresuid(2), getresgid(2), getgroups(2).
    Ids(Rc<[u32]>),
    /// capget(2).
    Caps {
        effective: u64,
        permitted: u64,
        inheritable: u64,
    },
    /// getrlimit(2).
    Rlimit(Rlimit),
    /// getrusage(2) with RUSAGE_SELF.
    Rusage {
        utime_ns: u64,
        stime_ns: u64,
        minor_faults: u64,
        major_faults: u64,
    },
    /// shmctl(2), msgctl(2) with IPC_STAT.
    Ipc(crate::kernel::ipc::IpcStat),
    SockAddr(SockAddr),
    /// recvfrom(2): the datagram and who sent it.
    From {
        bytes: Rc<[u8]>,
        addr: SockAddr,
    },
    /// getsockopt(2).
    Int(i32),
    /// getsockopt(2) with SO_PEERCRED.
    Ucred {
        pid: i32,
        uid: u32,
        gid: u32,
    },
    /// rtnetlink(7): what there is in a network namespace.
    Links(Rc<[LinkInfo]>),
    Addrs(Rc<[AddrInfo]>),
    Routes(Rc<[RouteInfo]>),
    Uname {
        nodename: Str,
        release: Str,
        machine: Str,
    },
}

/// A return value, or an errno.
pub type SysReturn = Result<i64, Errno>;
