//! wait4(2) and waitid(2).

use super::exit::reap;
use super::{JobReport, PidId, RunState, Task, TaskId};
use crate::kernel::fs;
use crate::kernel::syscall::{WaitFor, WaitOptions, done};
use crate::kernel::{BlockReason, Ctx, Errno, NsId, Outcome, Reply, Signal, SysResult};

/// Which children a wait is about (struct wait_opts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitedFor {
    Any,
    Pid(TaskId),
    Group(PidId),
}

impl WaitedFor {
    /// eligible_pid: whether it is about a child of this process group. Others' news do not even
    /// make a waiting parent look whether there is anybody left (pid_child_should_wake).
    fn is_about(self, id: TaskId, pgrp: PidId) -> bool {
        match self {
            WaitedFor::Any => true,
            WaitedFor::Pid(wanted) => wanted == id,
            WaitedFor::Group(group) => group == pgrp,
        }
    }
}

/// What there is to tell of a child.
#[derive(Clone, Copy)]
enum News {
    Dead { status: i32 },
    Stopped(Signal),
    Continued,
}

/// What a wait comes to.
enum Found {
    /// A child, its number for the caller, and the news.
    Child(TaskId, i32, News),
    /// With WNOHANG: there are children, but no news of them.
    Nothing,
    Wait,
}

const JOBS: WaitOptions = WaitOptions(WaitOptions::UNTRACED.0 | WaitOptions::CONTINUED.0);

/// Whether the child is one that the caller waits for (eligible_child): those whose end is told
/// by another signal than SIGCHLD only with __WCLONE or __WALL.
fn is_eligible(which: WaitedFor, options: WaitOptions, id: TaskId, task: &Task) -> bool {
    let is_meant = which.is_about(id, task.pgrp);
    let is_clone = task.exit_signal != Signal::SIGCHLD.nr();
    is_meant && (options.has(WaitOptions::WALL) || is_clone == options.has(WaitOptions::WCLONE))
}

impl Ctx<'_> {
    /// Wakes a parent that waits for this child, which was of this group.
    pub fn wake_parent(&mut self, parent: TaskId, child: TaskId, pgrp: PidId) {
        self.wake_if(parent, |reason| match reason {
            BlockReason::Child(which) => which.is_about(child, pgrp),
            _ => false,
        });
    }
}

fn news_of(options: WaitOptions, task: &Task) -> Option<News> {
    if task.state == RunState::Zombie {
        return options.has(WaitOptions::EXITED).then_some(News::Dead {
            status: task.exit_status,
        });
    }
    match task.job {
        JobReport::Stopped(signal) if options.has(WaitOptions::UNTRACED) => {
            Some(News::Stopped(signal))
        }
        JobReport::Continued if options.has(WaitOptions::CONTINUED) => Some(News::Continued),
        JobReport::Stopped(_) | JobReport::Continued | JobReport::Nothing => None,
    }
}

/// do_wait: the children in the order in which they became children; the first with news is it.
fn look(
    cx: &mut Ctx<'_>,
    ns: NsId,
    which: WaitedFor,
    options: WaitOptions,
) -> Result<Found, Errno> {
    let me = cx.me()?;
    let tasks = &cx.k.tasks;
    let eligible = |(id, task): &(TaskId, &Task)| is_eligible(which, options, *id, task);
    let mut is_anybody = false;
    let mut found = None;
    if let WaitedFor::Pid(id) = which {
        // One child: no list is looked at.
        let task = tasks.get(id).filter(|t| t.parent == Some(cx.task));
        let task = task.filter(|task| is_eligible(which, options, id, task));
        is_anybody = task.is_some();
        found = task.and_then(|task| Some((id, task.links_order, news_of(options, task)?)));
    } else {
        if options.has(WaitOptions::EXITED) {
            let dead = me.zombies.iter(tasks).find(eligible);
            found = dead.and_then(|(id, t)| Some((id, t.links_order, news_of(options, t)?)));
        }
        is_anybody |= found.is_some();
        if options.any(JOBS) {
            // A stopped child that is listed before the dead one comes first.
            let before = found.map_or(u64::MAX, |(_, order, _)| order);
            let living = me.children.iter(tasks).filter(eligible);
            for (id, task) in living.take_while(|(_, t)| t.links_order < before) {
                is_anybody = true;
                if let Some(news) = news_of(options, task) {
                    found = Some((id, task.links_order, news));
                    break;
                }
            }
        } else if !is_anybody {
            is_anybody = me.children.iter(tasks).any(|child| eligible(&child));
        }
        if !is_anybody && !options.has(WaitOptions::EXITED) {
            is_anybody = me.zombies.iter(tasks).any(|child| eligible(&child));
        }
    }
    if let Some((id, _, news)) = found {
        let task = tasks.get(id).ok_or(lost!(ECHILD))?;
        return Ok(Found::Child(
            id,
            cx.k.number_of(task, ns).unwrap_or(0),
            news,
        ));
    }
    forbid!(cx.why, WaitChild, if !is_anybody)?;
    Ok(if options.has(WaitOptions::NOHANG) {
        Found::Nothing
    } else {
        Found::Wait
    })
}

/// The news is told once, unless WNOWAIT leaves it.
fn take(cx: &mut Ctx<'_>, id: TaskId, news: News, options: WaitOptions) {
    if options.has(WaitOptions::NOWAIT) {
        return;
    }
    match news {
        News::Dead { .. } => reap(cx, id),
        News::Stopped(_) | News::Continued => {
            if let Some(task) = cx.k.tasks.get_mut(id) {
                task.job = JobReport::Nothing;
            }
        }
    }
}

/// wait4(2): returns the child's number, its status is in [`Reply::Wait`].
///
/// # Errors
/// EINVAL for unknown options, ESRCH for `i32::MIN`, ECHILD if there is no such child, EINTR when
/// a handler has run.
pub fn sys_wait4(cx: &mut Ctx<'_>, pid: i32, options: WaitOptions) -> SysResult {
    let known = JOBS
        .with(WaitOptions::NOHANG)
        .with(WaitOptions::WNOTHREAD)
        .with(WaitOptions::WALL)
        .with(WaitOptions::WCLONE);
    forbid!(cx.why, WaitOptions, if options.without(known) != WaitOptions::default())?;
    let options = options.with(WaitOptions::EXITED);
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let number = |nr: i32| cx.k.ns.pid(ns).and_then(|n| n.map.get(nr));
    let which = match pid {
        -1 => WaitedFor::Any,
        0 => WaitedFor::Group(me.pgrp),
        ..0 => {
            let group = pid
                .checked_neg()
                .ok_or_else(|| refuse!(cx.why, WaitGroup, pid))?;
            WaitedFor::Group(number(group).ok_or_else(|| refuse!(cx.why, WaitChild, group))?)
        }
        1.. => WaitedFor::Pid(
            cx.k.task_by_number(ns, pid)
                .ok_or_else(|| refuse!(cx.why, WaitChild, pid))?,
        ),
    };
    match look(cx, ns, which, options)? {
        Found::Child(id, nr, news) => {
            let status = match news {
                News::Dead { status } => status,
                News::Stopped(signal) => signal.nr() << 8 | 0x7f,
                News::Continued => 0xffff,
            };
            cx.reply(Reply::Wait { pid: nr, status })?;
            take(cx, id, news, options);
            done(nr)
        }
        Found::Nothing => {
            cx.reply(Reply::Wait { pid: 0, status: 0 })?;
            done(0)
        }
        Found::Wait => Ok(Outcome::Block(BlockReason::Child(which))),
    }
}

/// waitid(2): what it tells is in [`Reply::WaitId`].
///
/// # Errors
/// EINVAL for unknown options, for none of WEXITED, WSTOPPED and WCONTINUED, and for a bad
/// number; EBADF, ECHILD, EINTR as wait4(2).
pub fn sys_waitid(cx: &mut Ctx<'_>, which: WaitFor, options: WaitOptions) -> SysResult {
    let states = JOBS.with(WaitOptions::EXITED);
    let known = states
        .with(WaitOptions::NOHANG)
        .with(WaitOptions::NOWAIT)
        .with(WaitOptions::WNOTHREAD)
        .with(WaitOptions::WALL)
        .with(WaitOptions::WCLONE);
    forbid!(cx.why, WaitOptions, if options.without(known) != WaitOptions::default() || !options.any(states))?;
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let number = |nr: i32| cx.k.ns.pid(ns).and_then(|n| n.map.get(nr));
    let which = match which {
        WaitFor::All => WaitedFor::Any,
        WaitFor::Pid(..=0) | WaitFor::Pgid(..0) => return Err(refuse!(cx.why, WaitWhich)),
        WaitFor::Pid(pid) => WaitedFor::Pid(
            cx.k.task_by_number(ns, pid)
                .ok_or_else(|| refuse!(cx.why, WaitChild, pid))?,
        ),
        WaitFor::Pgid(0) => WaitedFor::Group(me.pgrp),
        WaitFor::Pgid(group) => {
            WaitedFor::Group(number(group).ok_or_else(|| refuse!(cx.why, WaitChild, group))?)
        }
        WaitFor::Pidfd(..0) => return Err(refuse!(cx.why, WaitWhich)),
        WaitFor::Pidfd(fd) => {
            let pid = cx.k.pids.get(fs::pid_of_fd(cx, fd)?);
            WaitedFor::Pid(
                pid.and_then(|p| p.task)
                    .ok_or_else(|| refuse!(cx.why, WaitChild, fd))?,
            )
        }
    };
    match look(cx, ns, which, options)? {
        Found::Child(id, pid, news) => {
            // CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_CONTINUED.
            let (code, status) = match news {
                News::Dead { status } if status & 0x7f == 0 => (1, status >> 8 & 0xff),
                News::Dead { status } => (2, status & 0x7f),
                News::Stopped(signal) => (5, signal.nr()),
                News::Continued => (6, Signal::SIGCONT.nr()),
            };
            let uid = cx.k.tasks.get(id).map_or(0, |t| t.cred.uid);
            cx.reply(Reply::WaitId {
                pid,
                uid,
                code,
                status,
            })?;
            take(cx, id, news, options);
            done(0)
        }
        Found::Nothing => done(0),
        Found::Wait => Ok(Outcome::Block(BlockReason::Child(which))),
    }
}
