//! What a process leaves behind: its children get another parent.

use super::exit::{ListName, link, tell_parent, unlink};
use super::{RunState, Subreaper, TaskId};
use crate::kernel::signal::{OrphanedBy, kill_ok};
use crate::kernel::{Ctx, Signal};
use crate::store::sorted;

/// forget_original_parent: every child, in order, gets the new parent and its PDEATHSIG; those
/// that are dead are reported anew.
pub(super) fn pass_on_children(cx: &mut Ctx<'_>, father: TaskId) {
    let Some(task) = cx.k.tasks.get(father) else {
        return;
    };
    if task.children.is_empty() && task.zombies.is_empty() {
        return;
    }
    let lists = [task.children, task.zombies];
    let all = lists.iter().flat_map(|list| list.iter(&cx.k.tasks));
    let children: Vec<(u64, TaskId)> = all.map(|(c, t)| (t.links_order, c)).collect();
    let reaper = find_reaper(cx, father);
    for (_, child) in sorted(children) {
        let order = cx.k.adopted;
        cx.k.adopted += 1;
        unlink(cx, child);
        let Some(task) = cx.k.tasks.get_mut(child) else {
            continue;
        };
        task.links_order = order;
        // We do not want people slaying init (reparent_leader).
        task.exit_signal = Signal::SIGCHLD.nr();
        let (state, pdeath) = (task.state, task.pdeath_signal);
        let list = match state {
            RunState::Zombie => ListName::Zombies,
            RunState::Runnable | RunState::Running | RunState::Blocked(_) | RunState::Stopped => {
                ListName::Children
            }
        };
        link(cx, child, reaper, list);
        if let Some(signal) = pdeath
            && kill_ok(cx, child, Some(signal)).is_ok()
        {
            cx.send_signal(child, signal);
        }
        if state == RunState::Zombie
            && let Some(reaper) = reaper
        {
            tell_parent(cx, child, reaper);
        }
        cx.kill_orphaned_pgrp(child, OrphanedBy::Father(father));
    }
}

/// find_new_reaper: the nearest living ancestor in the same PID namespace that is a subreaper,
/// else the namespace's init.
fn find_reaper(cx: &Ctx<'_>, father: TaskId) -> Option<TaskId> {
    let k = &cx.k;
    let task = k.tasks.get(father)?;
    let level = |id| k.pids.get(id).map(|p| p.numbers.len());
    let own = level(task.pid);
    let init = k.pid_ns_of(task).and_then(|ns| k.ns.pid(ns)?.child_reaper);
    let mut at = task.parent;
    while let Some((id, ancestor)) = at.and_then(|id| Some((id, k.tasks.get(id)?))) {
        if level(ancestor.pid) != own {
            break;
        }
        let is_alive = ancestor.exiting.is_none() && ancestor.state != RunState::Zombie;
        if ancestor.subreaper == Subreaper::Yes && is_alive {
            return Some(id);
        }
        at = ancestor.parent;
    }
    init.filter(|&init| init != father).or(k.init)
}
