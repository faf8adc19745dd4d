//! Calls out of a mailbox, made one after another without looking anything up twice.

use super::programs::Programs;
use super::run::{Timer, Turn, follow, spend};
use crate::hw::Ring;
use crate::kernel::cgroup::Freeze;
use crate::kernel::entry::answer;
use crate::kernel::sched::{Phase, Resched, program_own_timer};
use crate::kernel::syscall::dispatch;
use crate::kernel::task::{ActiveCall, CallOrigin};
use crate::kernel::{Ctx, Errno, Injection, Outcome};

/// What a handler answered that has nothing more to say: the number of the call, and its result.
type Answered = (u16, Result<i64, Errno>);

/// The usual way of a task that is told what to do: back to ring 3, into the call that waits in
/// its mailbox, and that call. Does the ticks that are due and usual, as [`super::run`] would, and
/// leaves everything else to it. The answer is whether it is still this CPU's turn.
#[inline(always)]
pub(super) fn glide(cx: &mut Ctx<'_>, programs: &mut Programs, turn: &Turn) -> bool {
    let at = usize::from(cx.cpu.0);
    // Steps of a program that follow one another are not kept waiting.
    if (cx.k.sched.cpus.get(at)).is_none_or(|this| this.phase != Phase::Return) {
        return true;
    }
    let mut answered: Option<Answered> = None;
    loop {
        let (Some(hw), Some(this)) = (cx.hw.cpus.get_mut(at), cx.k.sched.cpus.get_mut(at)) else {
            return true;
        };
        let Some(id) = this.current else {
            return true;
        };
        let Some(task) = cx.k.tasks.get_mut(id) else {
            return true;
        };
        let is_ungrouped = task.cgroups.v2 == cx.k.cgroups.roots.v2 && this.groups.is_empty();
        if let Some((nr, result)) = answered.take() {
            if !is_ungrouped {
                // It has just joined a group.
                let next = cx.conclude(nr, result.map(Outcome::Done));
                return follow(cx, programs, turn, (Ring::Kernel, next), Timer::MayMove);
            }
            answer(task, result);
            if cx.sink.listens() {
                (cx.sink).answered(cx.now_ns, cx.tick, cx.cpu, id, nr, result);
            }
            let free_at_ns = spend(cx.now_ns, hw, this, task, (Ring::Kernel, cx.cost_ns));
            this.phase = Phase::Return;
            let next_period_ns = cx.k.sched.next_period_ns;
            program_own_timer(hw, this, &task.sched, next_period_ns, free_at_ns);
            if !turn.lasts(free_at_ns, cx.tick) {
                return false;
            }
            cx.now_ns = free_at_ns;
        }
        let is_plain = task.call.is_none()
            && is_ungrouped
            && task.freeze == Freeze::No
            && task.signals.is_quiet();
        let takes_up_old = task.suspended.is_some() && task.mailbox.is_empty();
        if !is_plain || takes_up_old || this.need_resched == Resched::Yes {
            return true;
        }

        // The way back and the trap: one piece, unless something may come between.
        let (exit_ns, entry_ns) = (cx.k.costs.syscall_exit_ns, cx.k.costs.syscall_entry_ns);
        let ready_ns = cx.now_ns.saturating_add(exit_ns);
        let free_at_ns = ready_ns.saturating_add(entry_ns);
        let is_interrupted = hw.irq_pending || hw.ipi_pending || hw.timer_ns <= free_at_ns;
        if is_interrupted
            || !turn.lasts(free_at_ns, cx.tick + 2)
            || task.security.seccomp.is_some()
            || cx.k.mm.frames.free() < cx.k.mm.swap.low_frames
            || task.sched.uses_up_slice(exit_ns + entry_ns)
            || !matches!(task.mailbox.front(), Some(Injection::Call(_)))
        {
            return true;
        }
        let Some(Injection::Call(call)) = task.mailbox.pop_front() else {
            return true;
        };
        (hw.ring, hw.ip) = (Ring::Kernel, task.regs.ip);
        if cx.sink.listens() {
            let at = [(cx.now_ns, cx.tick + 1), (ready_ns, cx.tick + 2)];
            cx.sink.came_again(at, cx.cpu, id, call.clone());
        }
        spend(
            cx.now_ns,
            hw,
            this,
            task,
            (Ring::Kernel, exit_ns + entry_ns),
        );
        this.phase = Phase::Call;
        task.call = Some(ActiveCall {
            call: call.clone(),
            entries: 1,
            progress: 0,
            origin: CallOrigin::Mailbox,
            is_interrupted: false,
        });
        cx.now_ns = free_at_ns;
        cx.tick += 2;

        // The handler.
        (cx.task, cx.why.subject) = (id, Some(id));
        cx.tick += 1;
        cx.cost_ns = cx.k.costs.syscall_work_ns;
        cx.hw.is_due_earlier = false;
        let result = dispatch(cx, &call);
        let is_quiet = cx.k.notices.is_empty() && cx.k.panic.is_none() && !cx.hw.is_due_earlier;
        let nr = call.nr();
        match result {
            Ok(Outcome::Done(value)) if is_quiet => answered = Some((nr, Ok(value))),
            Err(errno) if is_quiet => answered = Some((nr, Err(errno))),
            _ => {
                let next = cx.conclude(nr, result);
                return follow(cx, programs, turn, (Ring::Kernel, next), Timer::MayMove);
            }
        }
    }
}
