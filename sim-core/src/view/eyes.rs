//! The machine as one task can perceive it.
//!
//! What it is told is asked with its own system calls, on a copy of the machine: so the view
//! cannot say anything else than the kernel would.

use super::StripCell;
use super::space::place;
use super::tasks::namespaces_of;
use crate::Machine;
use crate::hw::PteFlags;
use crate::kernel::fs::{self, Node, PathRef};
use crate::kernel::mm::each_entry;
use crate::kernel::syscall::{OpenFlags, OutBuf};
use crate::kernel::{Ctx, Kernel, NsId, NsKind, Outcome, Reply, Task, TaskId, cgroup};
use crate::store::{sorted, sorted_by_key};

/// A task that has a number in the looker's PID namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTask {
    /// Stable id.
    pub task: u64,
    /// Its number there.
    pub pid: i32,
    /// Kinds of namespaces in which it is not with the looker.
    pub apart: Vec<NsKind>,
}

/// What the /proc that it has mounted shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenProc {
    /// There is none, or it may not look.
    Absent,
    /// The tasks of its own PID namespace.
    Own,
    /// The numbers of another one, as when a new PID namespace has no /proc of its own.
    Other(Vec<i32>),
}

/// What it calls `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenRoot {
    /// As getdents(2) gives them, `.` and `..` left out; none if it may not look.
    pub entries: Vec<String>,
    /// Where the host has that directory; `None` where no path of the host's leads to it.
    pub host_path: Option<String>,
    /// The kind of file system.
    pub file_system: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenDevice {
    pub name: String,
    /// `10.0.0.2/24`; empty without an address.
    pub addr: String,
}

/// A page of its own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenPage {
    pub addr: u64,
    /// Frame that it lies in, which it does not know; `None` where nobody has touched it yet,
    /// and where it lies on the disk.
    pub pfn: Option<u64>,
    pub kind: StripCell,
}

/// Pages without a frame that a view has at most; those with one are all there.
const ABSENT_MAX: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EyesView {
    /// Whose eyes: stable id.
    pub task: u64,
    pub comm: String,
    /// getpid(2), getppid(2): 0 for a parent that it cannot see.
    pub pid: i32,
    pub ppid: i32,
    pub hostname: String,
    /// getuid(2), getgid(2), and the name that its /etc/passwd has for the user; empty for none.
    pub uid: u32,
    pub gid: u32,
    pub user: String,
    pub root: SeenRoot,
    pub devices: Vec<SeenDevice>,
    /// Path of its group of version 2, as its cgroup namespace shows it.
    pub cgroup: String,
    /// What its time namespace adds to the time since boot.
    pub boot_offset_ns: i64,
    /// Kinds of namespaces in which it is not with init.
    pub namespaces: Vec<NsKind>,
    /// By number.
    pub tasks: Vec<SeenTask>,
    /// How many there are on the machine.
    pub all_tasks: usize,
    pub proc: SeenProc,
    /// In address order.
    pub pages: Vec<SeenPage>,
}

impl EyesView {
    /// How it sees a task; `None` for one that it cannot see.
    pub fn seen(&self, task: u64) -> Option<&SeenTask> {
        self.tasks.iter().find(|seen| seen.task == task)
    }

    /// The number by which it knows a task.
    pub fn pid_of(&self, task: u64) -> Option<i32> {
        self.seen(task).map(|seen| seen.pid)
    }
}

/// `None` for a task that is gone or has ended: it perceives nothing.
pub fn eyes(machine: &Machine, task: u64) -> Option<EyesView> {
    let id = TaskId::from_u64(task);
    let k = &machine.kernel;
    let me = k.tasks.get(id).filter(|task| !task.has_exited())?;
    let mut view = machine.ask(id, told)?;
    view.tasks = visible(k, me);
    let own: Vec<i32> = view.tasks.iter().map(|seen| seen.pid).collect();
    if view.proc == SeenProc::Other(own) {
        view.proc = SeenProc::Own;
    }
    view.namespaces = namespaces_of(k, me);
    view.pages = pages(machine, me);
    Some(view)
}

/// Every task that its PID namespace numbers, zombies included.
fn visible(k: &Kernel, me: &Task) -> Vec<SeenTask> {
    let own = k.pid_ns_of(me);
    let map = own.and_then(|ns| k.ns.pid(ns)).map(|ns| &ns.map);
    let numbers = map.into_iter().flat_map(|map| map.iter());
    let seen = numbers.filter_map(|(pid, of)| {
        let id = k.pids.get(of)?.task?;
        let task = k.tasks.get(id)?;
        let differs = |kind: &NsKind| ns_of(k, task, *kind) != ns_of(k, me, *kind);
        Some(SeenTask {
            task: id.as_u64(),
            pid,
            apart: NsKind::ALL.into_iter().filter(differs).collect(),
        })
    });
    seen.collect()
}

/// The namespace of a kind that a task is in.
pub(super) fn ns_of(k: &Kernel, task: &Task, kind: NsKind) -> Option<NsId> {
    match kind {
        NsKind::User => Some(task.cred.user_ns),
        NsKind::Pid => k.pid_ns_of(task),
        NsKind::Mnt | NsKind::Uts | NsKind::Ipc | NsKind::Net | NsKind::Cgroup | NsKind::Time => {
            task.ns.get(kind)
        }
    }
}

/// What its system calls answer.
fn told(cx: &mut Ctx<'_>) -> Option<EyesView> {
    let me = cx.k.tasks.get(cx.task)?;
    let own = cx.k.pid_ns_of(me)?;
    let ids = cx.k.ns.user(me.cred.user_ns)?;
    let uid = ids.uid_map.shown(me.cred.uid);
    let gid = ids.gid_map.shown(me.cred.gid);
    let parent = me.parent.and_then(|id| cx.k.tasks.get(id));
    let roots = cx.k.ns.cgroup_root(me.ns.cgroup);
    let roots = roots.unwrap_or(cx.k.cgroups.roots);
    let devices = cx.k.net_space(me.ns.net).into_iter();
    let devices = devices.flat_map(|space| cx.k.net.devices_of(space));
    let devices = devices.map(|(_, device)| SeenDevice {
        name: device.name.to_string(),
        addr: (device.addrs.first())
            .map(|a| format!("{}/{}", a.local, a.prefix_len))
            .unwrap_or_default(),
    });
    let mut view = EyesView {
        task: cx.task.as_u64(),
        comm: me.comm.to_string(),
        pid: cx.k.number_of(me, own)?,
        ppid: parent.and_then(|p| cx.k.number_of(p, own)).unwrap_or(0),
        hostname: (cx.k.ns.nodename(me.ns.uts))
            .map(|name| name.to_string())
            .unwrap_or_default(),
        uid,
        gid,
        user: String::new(),
        root: SeenRoot::default(),
        devices: devices.collect(),
        cgroup: cgroup::path_from(&cx.k.cgroups, roots.v2, me.cgroups.v2),
        boot_offset_ns: cx.k.time_ns(me.ns.time).boottime_ns,
        namespaces: Vec::new(),
        tasks: Vec::new(),
        all_tasks: cx.k.tasks.iter().count(),
        proc: SeenProc::Absent,
        pages: Vec::new(),
    };
    let root = me.fs.root;
    view.root = SeenRoot {
        host_path: host_path(cx.k, root),
        file_system: file_system(cx.k, root),
        entries: names(cx, "/").unwrap_or_default(),
    };
    if let Some(names) = names(cx, "/proc") {
        let numbers = names.iter().filter_map(|n| n.parse().ok());
        let numbers: Vec<i32> = sorted(numbers.collect());
        // An empty directory is no /proc.
        if names.iter().any(|name| name == "self") {
            view.proc = SeenProc::Other(numbers);
        }
    }
    view.user = user_name(cx, uid).unwrap_or_default();
    Some(view)
}

/// openat(2) and getdents64(2).
fn names(cx: &mut Ctx<'_>, dir: &str) -> Option<Vec<String>> {
    let Ok(Outcome::Done(fd)) = fs::sys_openat(cx, dir.into(), OpenFlags::DIRECTORY, 0) else {
        return None;
    };
    fs::sys_getdents64(cx, fd as i32).ok()?;
    let Reply::Dirents(entries) = &cx.me().ok()?.reply else {
        return None;
    };
    let names = entries.iter().map(|entry| entry.name.to_string());
    Some(names.filter(|name| name != "." && name != "..").collect())
}

/// What /etc/passwd calls a user.
fn user_name(cx: &mut Ctx<'_>, uid: u32) -> Option<String> {
    let flags = OpenFlags::default();
    let Ok(Outcome::Done(fd)) = fs::sys_openat(cx, "/etc/passwd".into(), flags, 0) else {
        return None;
    };
    fs::sys_read(cx, fd as i32, OutBuf::Value { len: 4096 }).ok()?;
    let Reply::Bytes(bytes) = &cx.me().ok()?.reply else {
        return None;
    };
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_string())
    })
}

/// Where the first task would find a directory.
fn host_path(k: &Kernel, place: PathRef) -> Option<String> {
    let first = k.task_by_number(k.init_ns.pid_for_children, 1)?;
    k.path_seen_from(k.tasks.get(first)?.fs.root, place)
}

fn file_system(k: &Kernel, place: PathRef) -> String {
    let mount = k.vfs.mounts.get(place.mount);
    let sb = mount.and_then(|mount| k.vfs.supers.get(mount.sb));
    match (place.node, sb) {
        (Node::Inode(_), Some(sb)) => sb.fs.name().to_string(),
        _ => String::new(),
    }
}

fn pages(machine: &Machine, me: &Task) -> Vec<SeenPage> {
    let k = &machine.kernel;
    let mut pages = Vec::new();
    let Some(space) = me.mm.and_then(|mm| k.mm.spaces.get(mm)) else {
        return pages;
    };
    each_entry(&machine.hw, space, |vpn, pte| {
        let kind = place(k, pte);
        if kind != StripCell::Absent {
            pages.push(SeenPage {
                addr: vpn << 12,
                pfn: pte.has(PteFlags::PRESENT).then_some(pte.pfn().0),
                kind,
            });
        }
    });
    let is_there = |addr: u64| pages.binary_search_by_key(&addr, |page| page.addr).is_ok();
    let mapped = space.vmas.iter().flat_map(|vma| vma.start..vma.end);
    let absent = mapped.map(|vpn| vpn << 12).filter(|addr| !is_there(*addr));
    let absent: Vec<u64> = absent.take(ABSENT_MAX).collect();
    let absent = absent.into_iter().map(|addr| SeenPage {
        addr,
        pfn: None,
        kind: StripCell::Absent,
    });
    sorted_by_key(pages.into_iter().chain(absent), |page| page.addr)
}
