//! uid_map, gid_map and setgroups of a process (user_namespaces(7)), and the identity lines of
//! its status.

use super::tree::task_of;
use super::{Entry, PidFile, ProcNode, SysFile};
use crate::kernel::cred::{
    self, Cap, Cred, IdKind, NoNewPrivs, Setgroups, may_open_setgroups, write_id_map,
    write_setgroups,
};
use crate::kernel::mm::OOM_SCORE_ADJ_MIN;
use crate::kernel::task::PID_MAX;
use crate::kernel::{Ctx, Errno, NsId, Task, ns};
use std::fmt::Write;

/// uid_m_show, gid_m_show: the lower ids as the reader's user namespace has them; as its
/// parent has them, if it reads its own map.
pub(super) fn id_map(cx: &Ctx<'_>, task: &Task, kind: IdKind) -> Result<String, Errno> {
    let id = task.cred.user_ns;
    let ns = cx.k.ns.user(id).ok_or(lost!(EINVAL))?;
    let reader = cx.me()?.cred.user_ns;
    let lower = match ns.parent {
        Some(parent) if reader == id => parent,
        Some(_) | None => reader,
    };
    let lower = cx.k.ns.user(lower).ok_or(lost!(EINVAL))?;
    let mut text = String::new();
    for extent in ns.map(kind).extents() {
        let first = lower.map(kind).up(extent.lower_first).unwrap_or(u32::MAX);
        let _ = writeln!(text, "{:10} {first:10} {:10}", extent.first, extent.count);
    }
    Ok(text)
}

pub(super) fn setgroups(cx: &Ctx<'_>, task: &Task) -> Result<String, Errno> {
    let ns = cx.k.ns.user(task.cred.user_ns).ok_or(lost!(EINVAL))?;
    Ok(match ns.setgroups {
        Setgroups::Allow => "allow\n".into(),
        Setgroups::Deny => "deny\n".into(),
    })
}

/// proc_setgroups_open.
///
/// # Errors
/// EACCES.
pub fn may_open_for_writing(cx: &Ctx<'_>, node: ProcNode) -> Result<(), Errno> {
    match node.entry {
        Entry::File(pid, PidFile::Setgroups) => {
            let user_ns = task_of(cx, node.ns, pid)?.cred.user_ns;
            may_open_setgroups(cx, user_ns)
        }
        _ => Ok(()),
    }
}

/// TASK_COMM_LEN, less the byte behind it.
const COMM_MAX: usize = 15;

/// The user namespace that an id file is of, from its opening on.
pub fn mapped_user_ns(cx: &Ctx<'_>, node: ProcNode) -> Option<NsId> {
    match node.entry {
        Entry::File(pid, PidFile::UidMap | PidFile::GidMap | PidFile::Setgroups) => {
            Some(task_of(cx, node.ns, pid).ok()?.cred.user_ns)
        }
        _ => None,
    }
}

/// write(2) to a file of proc, with the credentials of who opened it.
///
/// # Errors
/// EIO and EINVAL for files that take nothing, ESRCH for a process that is gone, and those of the file.
pub fn write(
    cx: &mut Ctx<'_>,
    node: ProcNode,
    user_ns: Option<NsId>,
    (offset, bytes): (u64, &[u8]),
    writer: &Cred,
) -> Result<usize, Errno> {
    match node.entry {
        Entry::File(pid, PidFile::TimensOffsets) => {
            return ns::write_offsets(cx, offset, bytes, |cx| {
                let task = task_of(cx, node.ns, pid)?;
                // timens_for_children_get.
                forbid!(cx.why, ProcProcess, if task.has_exited())?;
                Ok(task.ns.time_for_children)
            });
        }
        Entry::File(pid, PidFile::Comm) => {
            // Threads of the process only.
            let is_own = cx.k.pids.get(pid).and_then(|pid| pid.task) == Some(cx.task);
            forbid!(cx.why, CommOwner, if !is_own)?;
            let name = bytes.get(..COMM_MAX).unwrap_or(bytes);
            cx.me_mut()?.comm = String::from_utf8_lossy(name).into();
            return Ok(bytes.len());
        }
        Entry::File(pid, PidFile::OomScoreAdj) => {
            let text = String::from_utf8_lossy(bytes);
            let range = OOM_SCORE_ADJ_MIN..=-OOM_SCORE_ADJ_MIN;
            let adjusts = text.trim().parse().ok().filter(|n| range.contains(n));
            let adjusts: i64 = adjusts.ok_or_else(|| refuse!(cx.why, OomScoreAdj))?;
            // Nobody without the capability goes below where it began.
            let may = adjusts >= 0 || cx.is_capable(Cap::SYS_RESOURCE);
            forbid!(cx.why, OomScoreAdjLower, adjusts, if !may)?;
            let task = task_of(cx, node.ns, pid)?.pid;
            let task = cx.k.pids.get(task).and_then(|pid| pid.task);
            if let Some(task) = task.and_then(|task| cx.k.tasks.get_mut(task)) {
                task.security.oom_score_adj = adjusts;
            }
            return Ok(bytes.len());
        }
        Entry::SysFile(SysFile::NsLastPid) => return write_last_pid(cx, offset, bytes),
        Entry::SysFile(SysFile::Hostname) => {
            if bytes.is_empty() {
                return Ok(0);
            }
            // The first line, as far as it fits, behind what was written before (proc_dostring).
            let uts = cx.me()?.ns.uts;
            let mut name = cx.k.ns.nodename(uts).map_or("", |n| n).as_bytes().to_vec();
            if offset <= name.len() as u64 {
                name.truncate(offset as usize);
                name.extend(bytes.iter().take_while(|c| !matches!(c, 0 | b'\n')));
                name.truncate(64);
                let name = String::from_utf8_lossy(&name).into_owned();
                cx.k.ns.set_nodename(uts, name.into());
            }
            return Ok(bytes.len());
        }
        _ => {}
    }
    let kind = match (node.entry, user_ns) {
        (Entry::File(_, PidFile::UidMap), _) => IdKind::Uid,
        (Entry::File(_, PidFile::GidMap), _) => IdKind::Gid,
        (Entry::File(..), Some(user_ns)) => {
            write_setgroups(cx, user_ns, offset, bytes)?;
            return Ok(bytes.len());
        }
        (Entry::File(..), None) => return Err(refuse!(cx.why, ReadKind)),
        _ => return Err(refuse!(cx.why, ProcReadOnly)),
    };
    let user_ns = user_ns.ok_or(lost!(EIO))?;
    write_id_map(cx, user_ns, kind, (offset, bytes), writer)?;
    Ok(bytes.len())
}

/// pid_ns_ctl_handler: the next process of the writer's PID namespace gets the first free number
/// behind this one (pid_namespaces(7)).
///
/// # Errors
/// EPERM without privilege over the namespace, EINVAL for what is no pid.
fn write_last_pid(cx: &mut Ctx<'_>, offset: u64, bytes: &[u8]) -> Result<usize, Errno> {
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let (owner, cred) = (cx.k.owner_of_ns(ns), &me.cred);
    // checkpoint_restore_ns_capable.
    if !cx.holds_cap(cred, owner, Cap::CHECKPOINT_RESTORE) {
        cx.ns_capable(owner, Cap::SYS_ADMIN)?;
    }
    // Behind the beginning nothing is looked at (proc_first_pos_non_zero_ignore).
    if offset != 0 {
        return Ok(bytes.len());
    }
    let text = String::from_utf8_lossy(bytes);
    let rest = text.trim_start();
    if rest.is_empty() {
        return Ok(bytes.len());
    }
    // One number; blanks behind it are taken too (proc_dointvec_minmax).
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let (digits, behind) = rest.split_at(end.unwrap_or(rest.len()));
    let blank_follows = behind.is_empty() || behind.starts_with([' ', '\t', '\n', '\0']);
    let last = digits
        .parse()
        .ok()
        .filter(|last| blank_follows && *last <= PID_MAX);
    let last = last.ok_or_else(|| refuse!(cx.why, LastPid, ns))?;
    if let Some(ns) = cx.k.ns.pid_mut(ns) {
        ns.last = last;
    }
    Ok(bytes.len() - behind.trim_start_matches([' ', '\t', '\n']).len())
}

/// `Uid:`, `Gid:` and `Groups:` as the reader's user namespace shows them.
pub(super) fn id_lines(cx: &Ctx<'_>, task: &Task) -> String {
    let mut text = String::new();
    let Some(ns) = cx.me().ok().and_then(|me| cx.k.ns.user(me.cred.user_ns)) else {
        return text;
    };
    let c = &task.cred;
    let [u, e, s, f] = [c.uid, c.euid, c.suid, c.fsuid].map(|id| ns.uid_map.shown(id));
    let _ = writeln!(text, "Uid:\t{u}\t{e}\t{s}\t{f}");
    let [g, e, s, f] = [c.gid, c.egid, c.sgid, c.fsgid].map(|id| ns.gid_map.shown(id));
    let _ = writeln!(text, "Gid:\t{g}\t{e}\t{s}\t{f}");
    text.push_str("Groups:\t");
    for gid in c.groups.iter() {
        let _ = write!(text, "{} ", ns.gid_map.shown(*gid));
    }
    text.push('\n');
    text
}

/// The lines about capabilities, no_new_privs and seccomp.
pub(super) fn privilege_lines(task: &Task) -> String {
    let c = &task.cred;
    let mut text = String::new();
    for (name, set) in [
        ("CapInh", c.inheritable),
        ("CapPrm", c.permitted),
        ("CapEff", c.effective),
        ("CapBnd", c.bounding),
        ("CapAmb", c.ambient),
    ] {
        let _ = writeln!(text, "{name}:\t{:016x}", set.0);
    }
    let security = &task.security;
    let no_new_privs = i32::from(security.no_new_privs == NoNewPrivs::Yes);
    let filters = security
        .seccomp
        .as_ref()
        .map_or(0, |f: &std::rc::Rc<cred::Seccomp>| f.count());
    let mode = if filters == 0 { 0 } else { 2 };
    let _ = writeln!(
        text,
        "NoNewPrivs:\t{no_new_privs}\nSeccomp:\t{mode}\nSeccomp_filters:\t{filters}"
    );
    text
}
