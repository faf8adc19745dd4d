//! The tree of an instance: what is where.

use super::hide::{Listed, is_shown};
use super::net_files::NetNode;
use super::owner::{may_look_behind, process_of};
use super::{Entry, NsLink, PidFile, PidLink, ProcNode, ProcTarget, SysFile, SystemFile};
use crate::kernel::fs::Node;
use crate::kernel::fs::path::PathRef;
use crate::kernel::syscall::{Dirent, FileKind, Str};
use crate::kernel::task::{PidId, Task};
use crate::kernel::{Ctx, Errno, Kernel, NsId};

pub fn kind(node: ProcNode) -> FileKind {
    match node.entry {
        Entry::Net(net) => net.kind(),
        Entry::Root
        | Entry::Sys
        | Entry::Fs
        | Entry::SysKernel
        | Entry::Pid(_)
        | Entry::NsDir(_)
        | Entry::FdDir(_) => FileKind::Directory,
        Entry::SelfLink | Entry::MountsLink | Entry::Link(..) | Entry::Ns(..) | Entry::Fd(..) => {
            FileKind::Symlink
        }
        Entry::System(_) | Entry::SysFile(_) | Entry::File(..) => FileKind::Regular,
    }
}

/// A number that tells nodes of an instance apart.
pub fn inode_number(node: ProcNode) -> u64 {
    crate::store::digest_of(&node) >> 32
}

pub fn parent(node: ProcNode) -> ProcNode {
    node.with(match node.entry {
        Entry::Net(net) => net.parent(),
        Entry::Root
        | Entry::SelfLink
        | Entry::MountsLink
        | Entry::System(_)
        | Entry::Sys
        | Entry::Fs
        | Entry::Pid(_) => Entry::Root,
        Entry::SysKernel => Entry::Sys,
        Entry::SysFile(_) => Entry::SysKernel,
        Entry::File(pid, _) | Entry::Link(pid, _) | Entry::NsDir(pid) | Entry::FdDir(pid) => {
            Entry::Pid(pid)
        }
        Entry::Fd(pid, _) => Entry::FdDir(pid),
        Entry::Ns(pid, _) => Entry::NsDir(pid),
    })
}

/// The task of a `Pid`, if it is still there and the instance shows it.
pub(super) fn task_of<'a>(cx: &'a Ctx<'_>, ns: NsId, pid: PidId) -> Result<&'a Task, Errno> {
    let pid =
        cx.k.pids
            .get(pid)
            .ok_or_else(|| refuse!(cx.why, ProcProcess))?;
    pid.number_in(ns)
        .ok_or_else(|| refuse!(cx.why, ProcProcess))?;
    pid.task
        .and_then(|t| cx.k.tasks.get(t))
        .ok_or_else(|| refuse!(cx.why, ProcProcess))
}

/// Whether a node is of a process that was reaped.
pub fn is_gone(k: &Kernel, node: ProcNode) -> bool {
    process_of(node).is_some_and(|pid| k.pids.get(pid).is_none_or(|pid| pid.task.is_none()))
}

/// The name of a node in its directory.
pub fn name(k: &Kernel, node: ProcNode) -> Option<String> {
    Some(match node.entry {
        Entry::Root => return None,
        Entry::Net(net) => net.name().into(),
        Entry::SelfLink => "self".into(),
        Entry::MountsLink => "mounts".into(),
        Entry::System(file) => file.name().into(),
        Entry::Sys => "sys".into(),
        Entry::Fs => "fs".into(),
        Entry::SysKernel => "kernel".into(),
        Entry::SysFile(file) => file.name().into(),
        Entry::Pid(pid) => k.pids.get(pid)?.number_in(node.ns)?.to_string(),
        Entry::File(_, file) => file.name().into(),
        Entry::Link(_, link) => link.name().into(),
        Entry::NsDir(_) => "ns".into(),
        Entry::FdDir(_) => "fd".into(),
        Entry::Fd(_, fd) => fd.to_string(),
        Entry::Ns(_, link) => link.name().into(),
    })
}

/// One name in a directory.
///
/// # Errors
/// ENOENT.
pub fn lookup(cx: &Ctx<'_>, dir: ProcNode, name: &str) -> Result<ProcNode, Errno> {
    let named = |all: &[&'static str]| all.iter().position(|n| *n == name);
    let entry = match dir.entry {
        Entry::Root => match name {
            "self" => Some(Entry::SelfLink),
            "mounts" => Some(Entry::MountsLink),
            "sys" => Some(Entry::Sys),
            "fs" => Some(Entry::Fs),
            "net" => Some(Entry::Net(NetNode::Link)),
            _ => match SystemFile::ALL.iter().find(|f| f.name() == name) {
                Some(file) => Some(Entry::System(*file)),
                None => by_number(cx, dir.ns, name),
            },
        },
        Entry::Fs => None,
        Entry::Sys => match name {
            "kernel" => Some(Entry::SysKernel),
            "net" => Some(Entry::Net(NetNode::Sys)),
            _ => None,
        },
        Entry::Net(net) => {
            let mut children = net.children().into_iter();
            children.find(|child| child.name() == name).map(Entry::Net)
        }
        Entry::SysKernel => SysFile::ALL
            .iter()
            .find(|f| f.name() == name)
            .map(|f| Entry::SysFile(*f)),
        Entry::Pid(pid) => {
            task_of(cx, dir.ns, pid).map_err(|_| refuse!(cx.why, NameExists))?;
            let file = PidFile::ALL
                .iter()
                .find(|f| f.name() == name)
                .map(|f| Entry::File(pid, *f));
            let link = PidLink::ALL
                .iter()
                .find(|l| l.name() == name)
                .map(|l| Entry::Link(pid, *l));
            let ns = named(&["ns"]).map(|_| Entry::NsDir(pid));
            let fds = named(&["fd"]).map(|_| Entry::FdDir(pid));
            let net = named(&["net"]).map(|_| Entry::Net(NetNode::Dir(pid)));
            file.or(link).or(net).or(ns).or(fds)
        }
        Entry::FdDir(pid) => {
            let task = task_of(cx, dir.ns, pid).map_err(|_| refuse!(cx.why, NameExists))?;
            let nr: Option<i32> = name.parse().ok();
            nr.filter(|nr| nr.to_string() == name && task.files.get(*nr).is_some())
                .map(|nr| Entry::Fd(pid, nr))
        }
        Entry::NsDir(pid) => NsLink::ALL
            .iter()
            .find(|l| l.name() == name)
            .map(|l| Entry::Ns(pid, *l)),
        Entry::SelfLink
        | Entry::MountsLink
        | Entry::System(_)
        | Entry::SysFile(_)
        | Entry::File(..)
        | Entry::Link(..)
        | Entry::Fd(..)
        | Entry::Ns(..) => None,
    };
    entry
        .map(|entry| dir.with(entry))
        .ok_or_else(|| refuse!(cx.why, NameExists))
}

fn by_number(cx: &Ctx<'_>, ns: NsId, name: &str) -> Option<Entry> {
    // Only the canonical spelling: "1", not "01".
    let nr: i32 = name
        .parse()
        .ok()
        .filter(|nr: &i32| nr.to_string() == name)?;
    let pid = cx.k.ns.pid(ns)?.map.get(nr)?;
    cx.k.pids.get(pid)?.task?;
    Some(Entry::Pid(pid))
}

/// Everything in a directory.
///
/// # Errors
/// ENOENT for a process that is gone, ENOTDIR.
pub fn list(cx: &Ctx<'_>, place: PathRef, dir: ProcNode) -> Result<Vec<Dirent>, Errno> {
    let entries: Vec<Entry> = match dir.entry {
        Entry::Root => {
            let fixed = [
                Entry::MountsLink,
                Entry::Net(NetNode::Link),
                Entry::SelfLink,
                Entry::Sys,
            ];
            let files = SystemFile::ALL.iter().map(|f| Entry::System(*f));
            let numbers = cx.k.ns.pid(dir.ns).into_iter().flat_map(|ns| ns.map.iter());
            let alive =
                numbers.filter(|(_, pid)| cx.k.pids.get(*pid).is_some_and(|p| p.task.is_some()));
            fixed
                .into_iter()
                .chain(files)
                .chain(alive.map(|(_, pid)| Entry::Pid(pid)))
                .collect()
        }
        Entry::Fs => Vec::new(),
        Entry::Sys => vec![Entry::SysKernel, Entry::Net(NetNode::Sys)],
        Entry::Net(net) if net.kind() != FileKind::Directory => return Err(lost!(ENOTDIR)),
        Entry::Net(net) => net.children().into_iter().map(Entry::Net).collect(),
        Entry::SysKernel => SysFile::ALL.iter().map(|f| Entry::SysFile(*f)).collect(),
        Entry::Pid(pid) => {
            task_of(cx, dir.ns, pid).map_err(|_| refuse!(cx.why, NameExists))?;
            let files = PidFile::ALL.iter().map(|f| Entry::File(pid, *f));
            let links = PidLink::ALL.iter().map(|l| Entry::Link(pid, *l));
            let dirs = [
                Entry::NsDir(pid),
                Entry::FdDir(pid),
                Entry::Net(NetNode::Dir(pid)),
            ];
            files.chain(links).chain(dirs).collect()
        }
        Entry::NsDir(pid) => NsLink::ALL.iter().map(|l| Entry::Ns(pid, *l)).collect(),
        Entry::FdDir(pid) => {
            let task = task_of(cx, dir.ns, pid).map_err(|_| refuse!(cx.why, NameExists))?;
            task.files
                .iter()
                .map(|(nr, _)| Entry::Fd(pid, nr))
                .collect()
        }
        Entry::SelfLink
        | Entry::MountsLink
        | Entry::System(_)
        | Entry::SysFile(_)
        | Entry::File(..)
        | Entry::Link(..)
        | Entry::Fd(..)
        | Entry::Ns(..) => return Err(lost!(ENOTDIR)),
    };
    let dirent = |entry| {
        let node = dir.with(entry);
        if !is_shown(cx, place, node, Listed::InDirectory) {
            return None;
        }
        Some(Dirent {
            inode: inode_number(node),
            kind: kind(node),
            name: Str::from(name(cx.k, node)?),
        })
    };
    Ok(entries.into_iter().filter_map(dirent).collect())
}

/// Where a link leads.
///
/// # Errors
/// ENOENT where it leads nowhere (`self` of a process that the instance does not show), EINVAL
/// for what is no link.
pub fn target(cx: &Ctx<'_>, node: ProcNode) -> Result<ProcTarget, Errno> {
    match node.entry {
        Entry::SelfLink => {
            let nr =
                cx.k.number_of(cx.me()?, node.ns)
                    .ok_or_else(|| refuse!(cx.why, ProcSelf))?;
            Ok(ProcTarget::Text(nr.to_string().into()))
        }
        Entry::MountsLink => Ok(ProcTarget::Text("self/mounts".into())),
        Entry::Net(NetNode::Link) => Ok(ProcTarget::Text("self/net".into())),
        Entry::Link(pid, link) => {
            let task = task_of(cx, node.ns, pid)?;
            may_look_behind(cx, pid)?;
            forbid!(cx.why, ProcExited, if task.has_exited())?;
            Ok(ProcTarget::Place(match link {
                PidLink::Cwd => task.fs.cwd,
                PidLink::Root => task.fs.root,
                PidLink::Exe => {
                    let exe = task
                        .exe
                        .filter(|id| cx.k.vfs.inodes.contains(*id))
                        .ok_or_else(|| refuse!(cx.why, ProcExited))?;
                    PathRef {
                        mount: task.fs.root.mount,
                        node: Node::Inode(exe),
                        name: None,
                    }
                }
            }))
        }
        Entry::Fd(pid, nr) => {
            let task = task_of(cx, node.ns, pid)?;
            may_look_behind(cx, pid)?;
            let fd = task
                .files
                .get(nr)
                .ok_or_else(|| refuse!(cx.why, NameExists, nr))?;
            let file = cx.k.vfs.files.get(fd.file).ok_or(lost!(ENOENT))?;
            Ok(match file.path {
                Some(place) => ProcTarget::Place(place),
                None => ProcTarget::Nameless(format!("socket:[{}]", fd.file.as_u64()).into()),
            })
        }
        Entry::Ns(pid, link) => {
            let task = task_of(cx, node.ns, pid)?;
            may_look_behind(cx, pid)?;
            // A zombie has a number and a user still, and nothing else.
            let is_kept = matches!(link, NsLink::Pid | NsLink::User);
            forbid!(cx.why, ProcExited, if task.has_exited() && !is_kept)?;
            namespace_of(cx, task, link)
                .map(ProcTarget::Namespace)
                .ok_or_else(|| refuse!(cx.why, ProcExited))
        }
        Entry::Root
        | Entry::Net(_)
        | Entry::System(_)
        | Entry::Sys
        | Entry::Fs
        | Entry::SysKernel
        | Entry::SysFile(_)
        | Entry::Pid(_)
        | Entry::File(..)
        | Entry::FdDir(_)
        | Entry::NsDir(_) => Err(lost!(EINVAL)),
    }
}

fn namespace_of(cx: &Ctx<'_>, task: &Task, link: NsLink) -> Option<NsId> {
    Some(match link {
        NsLink::Cgroup => task.ns.cgroup,
        NsLink::Ipc => task.ns.ipc,
        NsLink::Mnt => task.ns.mnt,
        NsLink::Net => task.ns.net,
        NsLink::Pid => cx.k.pid_ns_of(task)?,
        NsLink::PidForChildren => cx.k.pid_ns_for_children(task)?,
        NsLink::Time => task.ns.time,
        NsLink::TimeForChildren => task.ns.time_for_children,
        NsLink::User => task.cred.user_ns,
        NsLink::Uts => task.ns.uts,
    })
}
