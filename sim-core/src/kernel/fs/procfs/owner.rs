//! Whose the files of proc are (task_dump_owner), and who may look behind them.

use super::net_files::NetNode;
use super::{Entry, PidFile, ProcNode, SysFile, kind};
use crate::kernel::cred::{Dumpable, may_ptrace};
use crate::kernel::fs::fd::OpenKind;
use crate::kernel::syscall::FileKind;
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, Errno, Kernel, Task};

pub fn mode(k: &Kernel, node: ProcNode) -> u16 {
    match node.entry {
        // What the descriptor was opened for.
        Entry::Fd(pid, nr) => {
            let task = k.pids.get(pid).and_then(|pid| k.tasks.get(pid.task?));
            let fd = task.and_then(|task| task.files.get(nr));
            match fd.and_then(|fd| k.vfs.files.get(fd.file)) {
                Some(file) if file.kind == OpenKind::Path => 0,
                Some(file) => match file.flags.0 & 3 {
                    0 => 0o500,
                    1 => 0o300,
                    _ => 0o700,
                },
                None => 0,
            }
        }
        Entry::Net(net) => net.mode(),
        Entry::NsDir(_) => 0o511,
        Entry::FdDir(_) => 0o500,
        Entry::File(
            _,
            PidFile::Comm
            | PidFile::OomScoreAdj
            | PidFile::UidMap
            | PidFile::GidMap
            | PidFile::Setgroups
            | PidFile::TimensOffsets,
        )
        | Entry::SysFile(
            SysFile::Domainname
            | SysFile::Hostname
            | SysFile::Msgmax
            | SysFile::Msgmnb
            | SysFile::Msgmni
            | SysFile::Overflowgid
            | SysFile::Overflowuid
            | SysFile::PidMax
            | SysFile::Shmmni,
        ) => 0o644,
        Entry::SysFile(SysFile::NsLastPid) => 0o666,
        _ => match kind(node) {
            FileKind::Directory => 0o555,
            FileKind::Symlink => 0o777,
            FileKind::Regular | FileKind::CharDevice | FileKind::Fifo | FileKind::Socket => 0o444,
        },
    }
}

/// Whether a node is in /proc/sys and not of the network.
pub fn is_setting(node: ProcNode) -> bool {
    matches!(
        node.entry,
        Entry::Sys | Entry::SysKernel | Entry::SysFile(_)
    )
}

/// Whether writing moves the position on: files that take anything just there, like timens_offsets
/// and comm, leave it.
pub fn moves_on(node: ProcNode) -> bool {
    use PidFile as F;
    !matches!(
        node.entry,
        Entry::File(_, F::TimensOffsets | F::Comm | F::OomScoreAdj)
    )
}

/// proc_pid_permission.
///
/// # Errors
/// ESRCH for the directory of a process that was reaped.
pub fn may_enter(cx: &Ctx<'_>, node: ProcNode) -> Result<(), Errno> {
    let is_dir = matches!(node.entry, Entry::Pid(_));
    forbid!(cx.why, ProcProcess, if is_dir && super::is_gone(cx.k, node))
}

/// A process always sees its own descriptors (proc_fd_permission).
pub fn is_own_fds(cx: &Ctx<'_>, node: ProcNode) -> bool {
    let Entry::FdDir(pid) = node.entry else {
        return false;
    };
    cx.k.pids.get(pid).and_then(|pid| pid.task) == Some(cx.task)
}

/// Whether an open file does without the process that it tells of.
fn is_independent(node: ProcNode) -> bool {
    use PidFile as F;
    matches!(
        node.entry,
        Entry::File(
            _,
            F::Mountinfo | F::Mounts | F::UidMap | F::GidMap | F::Setgroups
        )
    )
}

/// Whether opening a file takes what it tells of, and fails without.
pub fn is_read_at_open(node: ProcNode) -> bool {
    is_independent(node) || matches!(node.entry, Entry::File(_, PidFile::Maps))
}

/// Whether a file that is open can be read: what tells of a process needs it.
///
/// # Errors
/// ESRCH.
pub fn may_read_on(cx: &Ctx<'_>, node: ProcNode) -> Result<(), Errno> {
    forbid!(cx.why, ProcProcess, if !is_independent(node) && super::is_gone(cx.k, node))
}

/// Whether a node is in the directory of a process. The directory itself is immutable.
pub fn is_of_process(node: ProcNode) -> bool {
    process_of(node).is_some() && !matches!(node.entry, Entry::Pid(_))
}

/// The process that a node is of.
pub(super) fn process_of(node: ProcNode) -> Option<PidId> {
    match node.entry {
        Entry::Pid(pid)
        | Entry::File(pid, _)
        | Entry::Link(pid, _)
        | Entry::NsDir(pid)
        | Entry::FdDir(pid)
        | Entry::Fd(pid, _)
        | Entry::Ns(pid, _)
        | Entry::Net(NetNode::Dir(pid)) => Some(pid),
        Entry::Root
        | Entry::Net(_)
        | Entry::SelfLink
        | Entry::MountsLink
        | Entry::System(_)
        | Entry::Sys
        | Entry::Fs
        | Entry::SysKernel
        | Entry::SysFile(_) => None,
    }
}

/// Owner and group: root, but a process's files are its effective user's, unless it does not
/// want to be looked into.
pub fn owner(k: &Kernel, node: ProcNode) -> (u32, u32) {
    let pid = process_of(node).and_then(|pid| k.pids.get(pid));
    let task = pid.and_then(|pid| pid.task);
    let Some(task) = task.and_then(|id| k.tasks.get(id)) else {
        return (0, 0);
    };
    // Directories that all may read and search always tell the effective user.
    let is_open_dir = matches!(node.entry, Entry::Pid(_) | Entry::Net(NetNode::Dir(_)));
    if is_open_dir || (task.mm.is_some() && task.security.dumpable == Dumpable::Yes) {
        return (task.cred.euid, task.cred.egid);
    }
    root_of(k, task)
}

/// The root of the user namespace that the program was started in.
fn root_of(k: &Kernel, task: &Task) -> (u32, u32) {
    let user_ns = task.mm.and(task.security.mm_user_ns);
    match user_ns.and_then(|id| k.ns.user(id)) {
        Some(ns) => (
            ns.uid_map.down(0).unwrap_or(0),
            ns.gid_map.down(0).unwrap_or(0),
        ),
        None => (0, 0),
    }
}

/// What lies behind a process's links and maps is for those who may trace it.
///
/// # Errors
/// EACCES.
pub(super) fn may_look_behind(cx: &Ctx<'_>, pid: PidId) -> Result<(), Errno> {
    let task = cx.k.pids.get(pid).and_then(|pid| pid.task);
    may_ptrace(cx, task.ok_or(lost!(ESRCH))?).map_err(|_| refuse!(cx.why, ProcLookBehind))
}
