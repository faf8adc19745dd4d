//! What must hold between any two ticks. Each check recounts what is kept up to date.

use super::ns::NsKind;
use super::sched::{Phase, Place, Resched, Who};
use super::task::{BlockReason, RunState};
use super::{Kernel, TaskId, fs, mm, net};
use crate::hw::Hardware;
use crate::kernel::rule::Why;
use std::collections::{BTreeMap, BTreeSet};

/// All invariants.
///
/// # Errors
/// The name of the first that does not hold, and where.
pub fn check(k: &Kernel, hw: &Hardware) -> Result<(), String> {
    mm::check(k, hw)?;
    queues(k)?;
    waits(k)?;
    family(k)?;
    numbers(k)?;
    namespaces(k)?;
    fs::check(k, hw)
}

/// Every task is in exactly one queue: a CPU, a run queue, or what its state says it waits in.
fn queues(k: &Kernel) -> Result<(), String> {
    let mut queued: BTreeMap<TaskId, u32> = BTreeMap::new();
    let mut running: BTreeMap<TaskId, u32> = BTreeMap::new();
    for cpu in &k.sched.cpus {
        for (level, queue) in cpu.levels() {
            for who in queue.iter() {
                match who {
                    Who::Task(task) => {
                        *queued.entry(task).or_default() += 1;
                        let fits = k.tasks.get(task).is_some_and(|t| t.sched_group == level);
                        if !fits {
                            return Err(format!("task {task:?} is queued in another group"));
                        }
                    }
                    Who::Group(id) => {
                        let group = cpu.group(id).filter(|g| g.above == level);
                        let fits =
                            group.is_some_and(|g| g.place == Place::Queued && !g.queue.is_empty());
                        if !fits {
                            return Err(format!("group {id:?} is queued where it does not belong"));
                        }
                    }
                }
            }
        }
        for group in &cpu.groups {
            let above = cpu.queue_at(group.above);
            let times = above.map_or(0, |q| {
                q.iter().filter(|w| *w == Who::Group(group.group)).count()
            });
            if times != usize::from(group.place == Place::Queued) {
                return Err(format!(
                    "group {:?} is {:?}, but queued {times} times",
                    group.group, group.place
                ));
            }
        }
        if let Some(task) = cpu.current {
            *running.entry(task).or_default() += 1;
        }
    }
    for (id, task) in k.tasks.iter() {
        let in_queue = queued.remove(&id).unwrap_or(0);
        let on_cpu = running.remove(&id).unwrap_or(0);
        // A task that has just blocked is still current until the scheduler runs.
        let fits = match task.state {
            RunState::Runnable => in_queue == 1,
            RunState::Running => on_cpu == 1 && in_queue == 0,
            RunState::Blocked(_) | RunState::Stopped => in_queue == 0 && on_cpu <= 1,
            RunState::Zombie => in_queue == 0 && on_cpu == 0,
        };
        if !fits {
            return Err(format!(
                "task {id:?} is {:?}, but in {in_queue} run queues and on {on_cpu} CPUs",
                task.state
            ));
        }
    }
    match queued.keys().chain(running.keys()).next() {
        Some(id) => Err(format!("task {id:?} is queued but does not exist")),
        None => Ok(()),
    }
}

/// Whoever waits will be woken: it stands in the queue of what it waits for, or a timer is set.
/// And no CPU idles while somebody waits for it.
fn waits(k: &Kernel) -> Result<(), String> {
    let timers = k.sched.cpus.iter().flat_map(|cpu| cpu.timers.iter());
    let timed: BTreeSet<TaskId> = timers.map(|(_, _, task)| task).collect();
    for (id, task) in k.tasks.iter() {
        let RunState::Blocked(reason) = task.state else {
            continue;
        };
        let is_queued = match reason {
            BlockReason::Sleep { .. } | BlockReason::Disk { .. } => timed.contains(&id),
            BlockReason::Tty(tty) => {
                let tty = k.vfs.ttys.get(usize::from(tty.0));
                tty.is_some_and(|tty| tty.readers.contains(id))
            }
            BlockReason::PipeRead(pipe) => {
                let pipe = k.vfs.pipes.get(pipe);
                pipe.is_some_and(|pipe| pipe.read_wait.contains(id))
            }
            BlockReason::SocketConnection(socket)
            | BlockReason::SocketData(socket)
            | BlockReason::SocketRoom(socket) => {
                let socket = k.net.sockets.get(socket);
                socket.is_some_and(|socket| socket.wait.contains(id))
            }
            BlockReason::PipeWrite(pipe) => {
                let pipe = k.vfs.pipes.get(pipe);
                pipe.is_some_and(|pipe| pipe.write_wait.contains(id))
            }
            BlockReason::FifoOpen(pipe) => {
                let pipe = k.vfs.pipes.get(pipe);
                pipe.is_some_and(|pipe| pipe.openers.iter().any(|o| o.task == id))
            }
            BlockReason::Vfork(child) => {
                let child = k.tasks.get(child);
                child.is_some_and(|child| child.vfork_parent == Some(id))
            }
            BlockReason::MsgSend { ns, id: queue } => {
                let queue = k
                    .ipc(ns)
                    .and_then(|ipc| ipc.msg.get(&Why::default(), queue));
                queue.is_ok_and(|queue| queue.senders.contains(id))
            }
            BlockReason::MsgReceive { ns, id: queue } => {
                let queue = k
                    .ipc(ns)
                    .and_then(|ipc| ipc.msg.get(&Why::default(), queue));
                queue.is_ok_and(|queue| queue.receivers.contains(id))
            }
            BlockReason::Memory => k.mm.waiting.contains(id),
            // Found by looking at the family, or by a signal.
            BlockReason::Child(_)
            | BlockReason::Signal
            | BlockReason::PidNsEmpty
            | BlockReason::Frozen => true,
        };
        if !is_queued {
            return Err(format!(
                "task {id:?} waits for {reason:?}, which does not know"
            ));
        }
    }
    let forgotten = k.sched.cpus.iter().position(|cpu| {
        cpu.phase == Phase::Idle && !cpu.queue.is_empty() && cpu.need_resched == Resched::No
    });
    match forgotten {
        Some(cpu) => Err(format!("CPU {cpu} is idle and has tasks in its run queue")),
        None => Ok(()),
    }
}

/// Every task but the first is in exactly one list of its parent.
fn family(k: &Kernel) -> Result<(), String> {
    let mut listed = BTreeSet::new();
    for (id, task) in k.tasks.iter() {
        let living = task.children.iter(&k.tasks).map(|c| (c, false));
        let dead = task.zombies.iter(&k.tasks).map(|c| (c, true));
        for ((child, t), is_zombie) in living.chain(dead) {
            let fits = t.parent == Some(id) && (t.state == RunState::Zombie) == is_zombie;
            if !fits || !listed.insert(child) {
                return Err(format!("task {child:?} is in the wrong list of {id:?}"));
            }
        }
    }
    match k
        .tasks
        .iter()
        .find(|(id, _)| Some(*id) != k.init && !listed.contains(id))
    {
        Some((id, _)) => Err(format!("task {id:?} is in no parent's list")),
        None => Ok(()),
    }
}

/// Numbers are unique in a PID namespace and lead back to their owner.
fn numbers(k: &Kernel) -> Result<(), String> {
    let mut seen = 0;
    for (id, pid) in k.pids.iter() {
        if pid.is_unused() {
            return Err(format!("pid {id:?} is used by nobody"));
        }
        for (ns, nr) in pid.numbers.iter() {
            seen += 1;
            if k.ns.pid(*ns).and_then(|n| n.map.get(*nr)) != Some(id) {
                return Err(format!("number {nr} does not lead back to pid {id:?}"));
            }
        }
        let members = pid
            .pgrp
            .iter()
            .filter(|t| k.tasks.get(**t).is_some_and(|t| t.pgrp == id));
        if members.count() != pid.pgrp.len() {
            return Err(format!(
                "process group {id:?} lists a task that is not in it"
            ));
        }
    }
    let kept: usize =
        k.ns.iter()
            .filter_map(|(id, _)| k.ns.pid(id))
            .map(|n| n.map.len())
            .sum();
    if kept != seen {
        return Err(format!(
            "numbers in PID namespaces: kept {kept}, counted {seen}"
        ));
    }
    Ok(())
}

/// Every namespace has a member or a holder, and as many as it counts.
fn namespaces(k: &Kernel) -> Result<(), String> {
    let mut refs: BTreeMap<super::NsId, u32> = BTreeMap::new();
    let mut count = |id| *refs.entry(id).or_default() += 1;
    k.init_ns.all().into_iter().for_each(&mut count);
    count(k.init_user_ns);
    for (_, task) in k.tasks.iter() {
        count(task.cred.user_ns);
        // A zombie has given its proxy back, as on Linux.
        if !task.has_exited() {
            task.ns.all().into_iter().for_each(&mut count);
        }
    }
    for (_, pid) in k.pids.iter() {
        if let Some((ns, _)) = pid.numbers.last() {
            count(*ns);
        }
    }
    for (id, _) in k.ns.iter() {
        let above = k.ns.get(id).map(|ns| ns.above());
        above.into_iter().flatten().flatten().for_each(&mut count);
    }
    fs::namespace_refs(k).into_iter().for_each(&mut count);
    net::namespace_refs(k).into_iter().for_each(&mut count);
    for (id, ns) in k.ns.iter() {
        let counted = refs.get(&id).copied().unwrap_or(0);
        let kind = k.ns.kind(id).map_or("?", NsKind::name);
        if ns.refs != counted {
            return Err(format!(
                "references of {kind} namespace {id:?}: kept {}, counted {counted}",
                ns.refs
            ));
        }
        if counted == 0 {
            return Err(format!(
                "{kind} namespace {id:?} has neither member nor holder"
            ));
        }
    }
    Ok(())
}
