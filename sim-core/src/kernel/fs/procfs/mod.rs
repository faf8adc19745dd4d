//! proc(5): files computed from the kernel's state, in the numbers of one PID namespace.
//!
//! An instance belongs to the PID namespace of whoever mounted it. What is not modelled is not
//! there.

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($variant),* }

        impl $type {
            pub const ALL: &'static [$type] = &[$($type::$variant),*];
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),* }
            }
        }
    };
}

mod hide;
mod id_files;
mod mounts;
mod net_files;
mod owner;
mod pid_files;
mod system_files;
mod tree;

pub use hide::{Listed, is_shown, may_pass, may_stat, options};
pub use id_files::{mapped_user_ns, may_open_for_writing, write};
pub use mounts::mountinfo;
pub use net_files::{NetNode, may_write as may_write_setting, write as write_setting};
pub use owner::{
    is_of_process, is_own_fds, is_read_at_open, is_setting, may_enter, may_read_on, mode, moves_on,
    owner,
};
pub use tree::{inode_number, is_gone, kind, list, lookup, name, parent, target};

use super::path::PathRef;
use crate::kernel::syscall::Str;
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, Errno, Kernel, NsId, NsKind};

/// A node of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcNode {
    /// The PID namespace that the instance shows.
    pub ns: NsId,
    pub entry: Entry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    Root,
    /// /proc/self and /proc/mounts: links that depend on who looks.
    SelfLink,
    MountsLink,
    System(SystemFile),
    /// The network.
    Net(NetNode),
    Sys,
    /// Where file systems may be mounted: empty.
    Fs,
    SysKernel,
    SysFile(SysFile),
    Pid(PidId),
    File(PidId, PidFile),
    /// `cwd`, `root` and `exe`.
    Link(PidId, PidLink),
    NsDir(PidId),
    /// Open descriptors, and one of them.
    FdDir(PidId),
    Fd(PidId, i32),
    Ns(PidId, NsLink),
}

names! {
    /// Files about the system.
    SystemFile {
        Cpuinfo = "cpuinfo", Filesystems = "filesystems", Loadavg = "loadavg", Meminfo = "meminfo", Stat = "stat", Swaps = "swaps",
        Uptime = "uptime", Version = "version",
    }
}
names! {
    /// Files in /proc/sys/kernel.
    SysFile {
        CapLastCap = "cap_last_cap", Domainname = "domainname", Hostname = "hostname", Msgmax = "msgmax", Msgmnb = "msgmnb",
        Msgmni = "msgmni", NgroupsMax = "ngroups_max", NsLastPid = "ns_last_pid", Osrelease = "osrelease", Ostype = "ostype",
        Overflowgid = "overflowgid", Overflowuid = "overflowuid", PidMax = "pid_max", Shmmni = "shmmni",
    }
}
names! {
    /// Files about a process.
    PidFile {
        Cgroup = "cgroup", Cmdline = "cmdline", Comm = "comm", Maps = "maps", Mountinfo = "mountinfo", Mounts = "mounts",
        OomScoreAdj = "oom_score_adj", Stat = "stat",
        TimensOffsets = "timens_offsets", Statm = "statm", Status = "status", Wchan = "wchan",
        UidMap = "uid_map", GidMap = "gid_map", Setgroups = "setgroups",
    }
}
names! {
    /// Magic links of a process.
    PidLink { Cwd = "cwd", Exe = "exe", Root = "root" }
}
names! {
    /// Files in /proc/PID/ns.
    NsLink {
        Cgroup = "cgroup", Ipc = "ipc", Mnt = "mnt", Net = "net", Pid = "pid",
        PidForChildren = "pid_for_children", Time = "time",
        TimeForChildren = "time_for_children", User = "user", Uts = "uts",
    }
}

/// Where a link of proc leads.
pub enum ProcTarget {
    Text(Str),
    /// A place, whatever path leads to it.
    Place(PathRef),
    Namespace(NsId),
    /// A socket, such as `socket:[4]`.
    Nameless(Str),
}

impl ProcNode {
    /// The root of an instance.
    pub fn root(ns: NsId) -> Self {
        Self {
            ns,
            entry: Entry::Root,
        }
    }

    pub(super) fn with(self, entry: Entry) -> Self {
        Self { entry, ..self }
    }
}

/// Whether a directory can never have an entry (is_empty_dir_inode).
pub fn is_always_empty(node: super::Node) -> bool {
    match node {
        super::Node::Proc(_)
        | super::Node::Inode(_)
        | super::Node::Ns(_)
        | super::Node::Cgroup(_) => false,
    }
}

/// `uts:[4026531838]`, as readlink(2) of a namespace file gives it.
pub fn namespace_name(k: &Kernel, id: NsId) -> String {
    let kind = k.ns.kind(id).map_or("?", NsKind::name);
    format!("{kind}:[{}]", k.ns.get(id).map_or(0, |ns| ns.inum))
}

/// The text of a file, as it is now.
///
/// # Errors
/// ESRCH for a process that is gone, EISDIR and EINVAL for what has no text.
pub fn text(cx: &Ctx<'_>, node: ProcNode) -> Result<Vec<u8>, Errno> {
    match node.entry {
        Entry::Net(file) => net_files::text(cx, node.ns, file).map(String::into_bytes),
        Entry::System(file) => Ok(system_files::text(cx, node.ns, file).into_bytes()),
        Entry::SysFile(file) => system_files::sys_text(cx, file).map(String::into_bytes),
        Entry::File(pid, file) => pid_files::text(cx, node.ns, pid, file),
        Entry::Root
        | Entry::Sys
        | Entry::Fs
        | Entry::SysKernel
        | Entry::Pid(_)
        | Entry::NsDir(_)
        | Entry::FdDir(_) => Err(refuse!(cx.why, ReadDirectory)),
        Entry::SelfLink | Entry::MountsLink | Entry::Link(..) | Entry::Ns(..) | Entry::Fd(..) => {
            Err(lost!(EINVAL))
        }
    }
}
