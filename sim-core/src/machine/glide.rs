//! The usual ticks between two calls, without looking anything up twice.

use crate::hw::Ring;
use crate::kernel::cgroup::Freeze;
use crate::kernel::entry::charge_tick;
use crate::kernel::sched::{Phase, Resched};
use crate::kernel::task::{ActiveCall, CallOrigin};
use crate::kernel::{Ctx, Injection};

/// The way back to ring 3 and from there into the call that waits in the mailbox: ticks that need
/// nothing but a task and its CPU. Does those that are due and usual, as [`super::run`] would, and
/// leaves everything else to it. The answer is whether it is still this CPU's turn.
#[inline(always)]
pub(super) fn glide(cx: &mut Ctx<'_>, next_ns: u64, last: u64) -> bool {
    let at = usize::from(cx.cpu.0);
    // Steps of a program that follow one another are not kept waiting.
    let Some(this) = (cx.k.sched.cpus.get_mut(at)).filter(|this| this.phase == Phase::Return)
    else {
        return true;
    };
    let (Some(hw), Some(id)) = (cx.hw.cpus.get_mut(at), this.current) else {
        return true;
    };
    let Some(task) = cx.k.tasks.get_mut(id) else {
        return true;
    };
    let is_plain = task.cgroups.v2 == cx.k.cgroups.roots.v2
        && this.groups.is_empty()
        && task.call.is_none()
        && task.freeze == Freeze::No
        && task.signals.is_quiet();
    if !is_plain {
        return true;
    }
    loop {
        let (next, ns);
        if this.phase == Phase::Return {
            let takes_up_old = task.suspended.is_some() && task.mailbox.is_empty();
            if takes_up_old || this.need_resched == Resched::Yes {
                return true;
            }
            cx.tick += 1;
            (hw.ring, hw.ip) = (Ring::User, task.regs.ip);
            if cx.sink.listens() {
                cx.sink.returned(cx.now_ns, cx.tick, cx.cpu, id);
            }
            (next, ns) = (Phase::User, cx.k.costs.syscall_exit_ns);
        } else {
            let is_interrupted = hw.irq_pending || hw.ipi_pending || hw.timer_ns <= cx.now_ns;
            let Some(Injection::Call(call)) = task.mailbox.front() else {
                return true;
            };
            if is_interrupted {
                return true;
            }
            let call = call.clone();
            task.mailbox.pop_front();
            cx.tick += 1;
            hw.ring = Ring::Kernel;
            if cx.sink.listens() {
                let told = call.clone();
                cx.sink.entered(cx.now_ns, cx.tick, cx.cpu, id, told);
            }
            task.call = Some(ActiveCall {
                call,
                entries: 0,
                progress: 0,
                origin: CallOrigin::Mailbox,
                is_interrupted: false,
            });
            (next, ns) = (Phase::Call, cx.k.costs.syscall_entry_ns);
        }
        let free_at_ns = cx.now_ns.saturating_add(ns);
        this.phase = next;
        hw.free_at_ns = free_at_ns;
        charge_tick(task, this, Ring::Kernel, ns);
        if free_at_ns >= next_ns || cx.tick >= last {
            return false;
        }
        cx.now_ns = free_at_ns;
        if next == Phase::Call {
            return true;
        }
    }
}
