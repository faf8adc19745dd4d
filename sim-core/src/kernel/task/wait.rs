//! wait4(2).

use super::exit::reap;
use super::{JobReport, PidId, Task, TaskId};
use crate::kernel::syscall::{WaitOptions, done};
use crate::kernel::{BlockReason, Ctx, Errno, Outcome, Reply, SysResult};

/// Which children wait4(2) is about.
enum Which {
    Any,
    Pid(TaskId),
    Group(PidId),
}

impl Which {
    fn includes(&self, id: TaskId, task: &Task) -> bool {
        match self {
            Which::Any => true,
            Which::Pid(wanted) => *wanted == id,
            Which::Group(group) => task.pgrp == *group,
        }
    }
}

/// wait4(2): returns the child's number, its status is in [`Reply::Wait`].
///
/// # Errors
/// ECHILD if there is no such child, ESRCH for `i32::MIN`, EINTR when a handler has run.
pub fn sys_wait4(cx: &mut Ctx<'_>, pid: i32, options: WaitOptions) -> SysResult {
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(Errno::ESRCH)?;
    let number = |nr: i32| cx.k.ns.pid(ns).and_then(|n| n.map.get(nr));
    let which = match pid {
        -1 => Which::Any,
        0 => Which::Group(me.pgrp),
        ..0 => {
            let group = pid.checked_neg().ok_or(Errno::ESRCH)?;
            Which::Group(number(group).ok_or(Errno::ECHILD)?)
        }
        1.. => Which::Pid(cx.k.task_by_number(ns, pid).ok_or(Errno::ECHILD)?),
    };
    let found = match &which {
        // One child: no list is looked at.
        Which::Pid(id) => {
            let task = cx.k.tasks.get(*id).filter(|t| t.parent == Some(cx.task));
            let task = task.ok_or(Errno::ECHILD)?;
            if task.state == super::RunState::Zombie {
                Some(*id)
            } else {
                None
            }
        }
        Which::Any | Which::Group(_) => {
            let mut zombies = me.zombies.iter(&cx.k.tasks);
            zombies
                .find(|(id, task)| which.includes(*id, task))
                .map(|(id, _)| id)
        }
    };
    if let Some(zombie) = found {
        let task = cx.k.tasks.get(zombie).ok_or(Errno::ECHILD)?;
        let (nr, status) = (cx.k.number_of(task, ns).unwrap_or(0), task.exit_status);
        cx.reply(Reply::Wait { pid: nr, status })?;
        reap(cx, zombie);
        return done(nr);
    }
    let me = cx.me()?;
    let mut is_anybody = false;
    let mut report = None;
    let candidates: Vec<TaskId> = match which {
        Which::Pid(id) => vec![id],
        // Only stopped and continued children need a look; without asking for them, one will do.
        Which::Any if !options.any(WaitOptions(10)) => me.children.first.into_iter().collect(),
        Which::Any | Which::Group(_) => me.children.iter(&cx.k.tasks).map(|(id, _)| id).collect(),
    };
    for id in candidates {
        let Some(task) = cx.k.tasks.get(id) else {
            continue;
        };
        if !which.includes(id, task) {
            continue;
        }
        is_anybody = true;
        report = match task.job {
            JobReport::Stopped(signal) if options.has(WaitOptions::UNTRACED) => {
                Some((id, signal.nr() << 8 | 0x7f))
            }
            JobReport::Continued if options.has(WaitOptions::CONTINUED) => Some((id, 0xffff)),
            JobReport::Stopped(_) | JobReport::Continued | JobReport::Nothing => None,
        };
        if report.is_some() {
            break;
        }
    }
    if !is_anybody {
        return Err(Errno::ECHILD);
    }
    if let Some((id, status)) = report {
        let task = cx.k.tasks.get_mut(id).ok_or(Errno::ECHILD)?;
        task.job = JobReport::Nothing;
        let task = cx.k.tasks.get(id).ok_or(Errno::ECHILD)?;
        let nr = cx.k.number_of(task, ns).unwrap_or(0);
        cx.reply(Reply::Wait { pid: nr, status })?;
        return done(nr);
    }
    if options.has(WaitOptions::NOHANG) {
        cx.reply(Reply::Wait { pid: 0, status: 0 })?;
        return done(0);
    }
    Ok(Outcome::Block(BlockReason::Child))
}
