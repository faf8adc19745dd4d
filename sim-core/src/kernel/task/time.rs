//! Sleeping, yielding, and how much of the CPU one is owed.

use crate::kernel::cred::Cap;
use crate::kernel::sched::{Resched, Who};
use crate::kernel::syscall::done;
use crate::kernel::{BlockReason, Ctx, Outcome, Reply, SysResult};

/// nanosleep(2). The deadline is noted at the first entry, so that a wake-up in between
/// shortens nothing.
///
/// # Errors
/// EINTR when a handler has run.
pub fn sys_nanosleep(cx: &mut Ctx<'_>, duration_ns: u64) -> SysResult {
    let now_ns = cx.now_ns;
    let call = cx.me_mut()?.call.as_mut().ok_or(lost!(EINVAL))?;
    let is_first = call.entries <= 1;
    if is_first {
        call.progress = now_ns.saturating_add(duration_ns);
    }
    let until_ns = call.progress;
    if now_ns >= until_ns {
        return done(0);
    }
    if is_first {
        cx.arm_timer(until_ns);
    }
    Ok(Outcome::Block(BlockReason::Sleep { until_ns }))
}

/// sched_yield(2).
pub fn sys_sched_yield(cx: &mut Ctx<'_>) -> SysResult {
    let cpu = cx.cpu;
    if let Some(this) = cx.k.sched.cpu_mut(cpu) {
        this.need_resched = Resched::Yes;
    }
    done(0)
}

/// setpriority(2) with PRIO_PROCESS.
///
/// # Errors
/// ESRCH for nobody, EPERM for another user's process, EACCES to become more important
/// without privilege.
pub fn sys_setpriority(cx: &mut Ctx<'_>, pid: i32, nice: i32) -> SysResult {
    let nice = nice.clamp(-20, 19) as i8;
    let me = cx.me()?;
    let ns = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
    let id = if pid == 0 {
        cx.task
    } else {
        cx.k.task_by_number(ns, pid)
            .ok_or_else(|| refuse!(cx.why, ProcessExists, pid))?
    };
    let cred = me.cred.clone();
    let is_capable = cx.is_capable(Cap::SYS_NICE);
    let it = cx.k.tasks.get(id).ok_or(lost!(ESRCH))?.cred.clone();
    let is_same_user = cred.euid == it.uid || cred.euid == it.euid;
    forbid!(cx.why, SetpriorityOwner, id => it.euid, if !is_same_user && !cx.is_ns_capable(it.user_ns, Cap::SYS_NICE))?;
    let task = cx.k.tasks.get_mut(id).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, SetpriorityRaise, nice => task.sched.nice, if !is_capable && nice < task.sched.nice)?;
    // The queue keeps sums of weights: a queued task leaves it and comes back.
    let cpu = task.cpu;
    let was_queued =
        cx.k.sched
            .cpu_mut(cpu)
            .and_then(|c| c.queue_at_mut(task.sched_group))
            .and_then(|q| q.remove(Who::Task(id)))
            .is_some();
    task.sched.set_nice(nice);
    let queue = cx.k.sched.cpu_mut(cpu);
    let queue = queue.and_then(|c| c.queue_at_mut(task.sched_group));
    if let Some(queue) = queue.filter(|_| was_queued) {
        queue.insert(Who::Task(id), &task.sched);
    }
    if task.sched_group.is_some() {
        cx.k.share_out();
    }
    done(0)
}

/// getrusage(2) with RUSAGE_SELF.
///
/// # Errors
/// None.
pub fn sys_getrusage(cx: &mut Ctx<'_>) -> SysResult {
    let me = cx.me()?;
    let rusage = Reply::Rusage {
        utime_ns: me.utime_ns,
        stime_ns: me.stime_ns,
        minor_faults: me.minor_faults,
        major_faults: me.major_faults,
    };
    cx.reply(rusage)?;
    done(0)
}
