//! The end of a process: exit_group(2), and signals that kill.

use super::reparent::pass_on_children;
use super::{JobReport, RunState, TaskId};
use crate::event::Event;
use crate::kernel::ns::{NsSwap, PidNsState};
use crate::kernel::signal::{Origin, OrphanedBy};
use crate::kernel::syscall::{SaFlags, SigAct};
use crate::kernel::{BlockReason, Ctx, NsId, Outcome, Signal, SysResult, UserNotice, fs, mm};

/// exit_group(2). The init of a PID namespace gives back what it holds, then kills everybody in
/// the namespace and waits until they are gone (pid_namespaces(7)).
///
/// # Errors
/// None but ESRCH for a caller that is gone.
pub fn sys_exit_group(cx: &mut Ctx<'_>, status: i32) -> SysResult {
    let id = cx.task;
    let task = cx.me_mut()?;
    let is_first = task.call.as_ref().is_none_or(|call| call.entries <= 1);
    // A signal that kills has put its own status there.
    let status = *task.exiting.get_or_insert((status & 0xff) << 8);
    if cx.k.init == Some(id) {
        cx.k.panic = Some("Attempted to kill init!".into());
        return Ok(Outcome::NoReturn);
    }
    if is_first {
        give_back(cx, id);
    }
    if cx.k.is_child_reaper(id) {
        let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
        if zap_pid_ns(cx, ns) == Members::Left {
            return Ok(Outcome::Block(BlockReason::PidNsEmpty));
        }
    }
    do_exit(cx, status);
    Ok(Outcome::NoReturn)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Members {
    Left,
    None,
}

/// zap_pid_ns_processes: SIGKILL to every other member; children that die are not kept.
fn zap_pid_ns(cx: &mut Ctx<'_>, ns: NsId) -> Members {
    let id = cx.task;
    let is_first = cx.k.ns.pid(ns).is_some_and(|n| n.state == PidNsState::Open);
    if let Some(pid_ns) = cx.k.ns.pid_mut(ns) {
        pid_ns.state = PidNsState::Dying;
    }
    if is_first {
        if let Some(task) = cx.k.tasks.get_mut(id) {
            std::rc::Rc::make_mut(&mut task.signals.actions)[Signal::SIGCHLD.place()] =
                SigAct::Ignore;
        }
        for victim in members(cx, ns) {
            // SEND_SIG_PRIV: no shield keeps it off.
            cx.send_signal_from(victim, Signal::SIGKILL, Origin::Outside);
        }
    }
    let zombies: Vec<TaskId> = match cx.k.tasks.get(id) {
        Some(task) => task.zombies.iter(&cx.k.tasks).map(|(z, _)| z).collect(),
        None => Vec::new(),
    };
    for zombie in zombies {
        reap(cx, zombie);
    }
    // Numbers, not tasks: a group with the number of a dead one may have members outside.
    match cx.k.ns.pid(ns).map_or(0, |ns| ns.map.len()) {
        0 | 1 => Members::None,
        _ => Members::Left,
    }
}

/// Everybody numbered in a namespace but its init.
fn members(cx: &Ctx<'_>, ns: NsId) -> Vec<TaskId> {
    let map = cx.k.ns.pid(ns).into_iter().flat_map(|n| n.map.iter());
    map.filter_map(|(_, pid)| cx.k.pids.get(pid)?.task)
        .filter(|&t| t != cx.task)
        .collect()
}

/// The first half of do_exit: memory, files and namespaces.
fn give_back(cx: &mut Ctx<'_>, id: TaskId) {
    let Some(task) = cx.k.tasks.get_mut(id) else {
        return;
    };
    task.job = JobReport::Nothing;
    task.suspended = None;
    task.mailbox.clear();
    let space = task.mm.take();
    let files = std::mem::take(&mut task.files);
    let vfork_parent = task.vfork_parent.take();
    let (fs, proxy, tty) = (task.fs.clone(), task.ns.clone(), task.tty);
    let is_leader = task.session == task.pid;
    if let Some(parent) = vfork_parent {
        cx.wake_if(parent, |reason| reason == BlockReason::Vfork(id));
    }
    if let Some(space) = space {
        mm::release(cx, space);
    }
    fs::release_files(cx, &files);
    if is_leader && let Some(tty) = tty {
        fs::session_leader_exit(cx, tty);
    }
    fs::release_fs(cx, &fs);
    cx.k.cgroup_exit(id);
    let gone = cx.k.ns.release_proxy(&proxy);
    cx.tear_down(gone);
}

/// exit_notify: passes the children on, becomes a zombie, tells the parent.
fn do_exit(cx: &mut Ctx<'_>, status: i32) {
    let id = cx.task;
    cx.emit(Event::Exit { task: id, status });
    cx.k.notices.push(UserNotice::Gone { task: id });
    pass_on_children(cx, id);
    cx.kill_orphaned_pgrp(id, OrphanedBy::Itself);
    let Some(task) = cx.k.tasks.get_mut(id) else {
        return;
    };
    task.state = RunState::Zombie;
    task.exit_status = status;
    task.call = None;
    task.suspended = None;
    task.mailbox.clear();
    become_zombie(cx, id);
}

/// Moves to the parent's list of zombies and tells it, or is gone at once if the parent
/// ignores SIGCHLD (wait(2), NOTES).
fn become_zombie(cx: &mut Ctx<'_>, id: TaskId) {
    let parent = cx.k.tasks.get(id).and_then(|t| t.parent);
    unlink(cx, id);
    link(cx, id, parent, ListName::Zombies);
    match parent {
        Some(parent) => tell_parent(cx, id, parent),
        None => reap(cx, id),
    }
}

/// do_notify_parent: the exit signal, and a wake-up. A parent that ignores SIGCHLD, or asked for
/// it with SA_NOCLDWAIT, gets no zombie.
pub(super) fn tell_parent(cx: &mut Ctx<'_>, id: TaskId, parent: TaskId) {
    let Some(child) = cx.k.tasks.get(id) else {
        return;
    };
    let (mut signal, pgrp) = (Signal::from_nr(child.exit_signal), child.pgrp);
    let mut keeps_zombie = KeepsZombie::Yes;
    if signal == Some(Signal::SIGCHLD)
        && let Some(task) = cx.k.tasks.get(parent)
    {
        let ignores = task.signals.action(Signal::SIGCHLD) == SigAct::Ignore;
        if ignores {
            signal = None;
        }
        if ignores || task.signals.child_flags.has(SaFlags::NOCLDWAIT) {
            keeps_zombie = KeepsZombie::No;
        }
    }
    if let Some(signal) = signal {
        cx.send_signal_from(parent, signal, Origin::Inside);
    }
    if keeps_zombie == KeepsZombie::No {
        reap(cx, id);
    }
    cx.wake_parent(parent, id, pgrp);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeepsZombie {
    Yes,
    No,
}

#[derive(Clone, Copy)]
pub(super) enum ListName {
    Children,
    Zombies,
}

/// Takes a task out of its parent's lists.
pub(super) fn unlink(cx: &mut Ctx<'_>, id: TaskId) {
    let Some(parent) = cx.k.tasks.get(id).and_then(|t| t.parent) else {
        return;
    };
    let Some(task) = cx.k.tasks.get(parent) else {
        return;
    };
    let (children, zombies) = (task.children, task.zombies);
    let links = cx.k.tasks.get(id).map(|t| t.links).unwrap_or_default();
    // Which list it is in is told by the end that it stands at, or does not matter.
    let in_zombies = zombies.first == Some(id)
        || zombies.last == Some(id)
        || links
            .prev
            .or(links.next)
            .and_then(|n| cx.k.tasks.get(n))
            .is_some_and(|n| n.state == RunState::Zombie);
    let list = if in_zombies { zombies } else { children }.remove(&mut cx.k.tasks, id);
    if let Some(task) = cx.k.tasks.get_mut(parent) {
        if in_zombies {
            task.zombies = list
        } else {
            task.children = list
        }
    }
}

pub(super) fn link(cx: &mut Ctx<'_>, id: TaskId, parent: Option<TaskId>, list: ListName) {
    if let Some(task) = cx.k.tasks.get_mut(id) {
        task.parent = parent;
    }
    let Some(parent) = parent else { return };
    let Some(task) = cx.k.tasks.get(parent) else {
        return;
    };
    let old = match list {
        ListName::Children => task.children,
        ListName::Zombies => task.zombies,
    };
    let new = old.insert_in_order(&mut cx.k.tasks, id);
    if let Some(task) = cx.k.tasks.get_mut(parent) {
        match list {
            ListName::Children => task.children = new,
            ListName::Zombies => task.zombies = new,
        }
    }
}

/// release_task: the zombie's last traces go, its numbers may come back.
pub(super) fn reap(cx: &mut Ctx<'_>, id: TaskId) {
    if cx
        .k
        .tasks
        .get(id)
        .is_none_or(|t| t.state != RunState::Zombie)
    {
        return;
    }
    unlink(cx, id);
    cx.k.leave_pgrp(id);
    cx.k.leave_session(id);
    cx.emit(Event::Reap { task: id });
    let Some(task) = cx.k.tasks.remove(id) else {
        return;
    };
    let numbers = cx.k.pids.get(task.pid).map(|p| p.numbers.clone());
    if let Some(pid) = cx.k.pids.get_mut(task.pid) {
        pid.task = None;
    }
    cx.k.cgroup_release(task.cgroups);
    cx.k.free_pid_if_unused(task.pid);
    cx.k.release_ns(task.cred.user_ns);
    mm::unpin(cx, task.kernel_frame);
    for (ns, _) in numbers.iter().flat_map(|n| n.iter()) {
        let Some(pid_ns) = cx.k.ns.pid_mut(*ns) else {
            continue;
        };
        if pid_ns.child_reaper == Some(id) {
            pid_ns.child_reaper = None;
        } else if pid_ns.state == PidNsState::Dying
            && let Some(reaper) = pid_ns.child_reaper
        {
            cx.wake_if(reaper, |reason| reason == BlockReason::PidNsEmpty);
        }
    }
}
