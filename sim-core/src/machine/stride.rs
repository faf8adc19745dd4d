//! Steps of a program, and the faults that they make, made one after another without looking
//! anything up twice.

use super::programs::Programs;
use super::run::{Timer, Turn, end_step, follow, program_step, spend};
use crate::hw::{Bus, Hardware, Mmu, Ring};
use crate::kernel::Ctx;
use crate::kernel::cgroup::Freeze;
use crate::kernel::sched::{Phase, Resched};
use crate::user::Trap;

/// The usual way of a task that computes: step after step, and where one faults, the handler and
/// the way back. Does the ticks that are due and usual, as [`super::run`] would, and leaves
/// everything else to it. The answer is whether it is still this CPU's turn.
#[inline(always)]
pub(super) fn stride(cx: &mut Ctx<'_>, programs: &mut Programs, turn: &Turn) -> bool {
    let at = usize::from(cx.cpu.0);
    if (cx.k.sched.cpus.get(at)).is_none_or(|this| this.phase != Phase::User) {
        return true;
    }
    let mut has_faulted = false;
    loop {
        let Hardware { cpus, ram, mmu, .. } = &mut *cx.hw;
        let (Some(hw), Some(this)) = (cpus.get_mut(at), cx.k.sched.cpus.get_mut(at)) else {
            return true;
        };
        let (Some(root), Some(id)) = (hw.cr3, this.current) else {
            return true;
        };
        let Some(task) = cx.k.tasks.get_mut(id) else {
            return true;
        };
        if has_faulted {
            // The end of the handler, and the way back.
            let free_at_ns = spend(cx.now_ns, hw, this, task, (Ring::Kernel, cx.cost_ns));
            this.phase = Phase::Return;
            if !turn.lasts(free_at_ns, cx.tick) {
                return false;
            }
            cx.now_ns = free_at_ns;
            let is_plain = task.call.is_none() && task.suspended.is_none();
            let is_quiet = task.freeze == Freeze::No && task.signals.is_quiet();
            if !is_plain || !is_quiet || this.need_resched == Resched::Yes {
                return true;
            }
            cx.tick += 1;
            (hw.ring, hw.ip) = (Ring::User, task.regs.ip);
            if cx.sink.listens() {
                cx.sink.returned(cx.now_ns, cx.tick, cx.cpu, id);
            }
            let exit_ns = cx.k.costs.syscall_exit_ns;
            let free_at_ns = spend(cx.now_ns, hw, this, task, (Ring::Kernel, exit_ns));
            this.phase = Phase::User;
            if !turn.lasts(free_at_ns, cx.tick) {
                return false;
            }
            cx.now_ns = free_at_ns;
        } else {
            let is_ungrouped = task.cgroups.v2 == cx.k.cgroups.roots.v2 && this.groups.is_empty();
            if *mmu == Mmu::None || !is_ungrouped || !task.mailbox.is_empty() {
                return true;
            }
            (cx.task, cx.why.subject) = (id, Some(id));
        }

        // Steps, until one is more than that.
        let (step_ns, walk_ns) = (cx.k.costs.user_step_ns, cx.k.costs.tlb_miss_ns);
        let trap = loop {
            if hw.irq_pending || hw.ipi_pending || hw.timer_ns <= cx.now_ns {
                return true;
            }
            cx.tick += 1;
            let mut bus = Bus::new(ram, hw, root);
            let trap = program_step(task, id, &mut bus, programs, *mmu);
            cx.cost_ns = step_ns + bus.walks * walk_ns;
            hw.ip = task.regs.ip;
            if !matches!(trap, Trap::Next) {
                break trap;
            }
            let free_at_ns = spend(cx.now_ns, hw, this, task, (Ring::User, cx.cost_ns));
            if !turn.lasts(free_at_ns, cx.tick) {
                return false;
            }
            cx.now_ns = free_at_ns;
        };
        let Trap::Fault(fault) = trap else {
            cx.hw.is_due_earlier = false;
            let next = end_step(cx, trap);
            return follow(cx, programs, turn, (Ring::User, next), Timer::Stands);
        };
        hw.raise(fault);
        let free_at_ns = spend(cx.now_ns, hw, this, task, (Ring::User, cx.cost_ns));
        this.phase = Phase::Fault;
        if !turn.lasts(free_at_ns, cx.tick) {
            return false;
        }
        cx.now_ns = free_at_ns;

        // The handler.
        cx.tick += 1;
        cx.cost_ns = 0;
        cx.hw.is_due_earlier = false;
        let next = cx.page_fault();
        let is_quiet = cx.k.notices.is_empty() && cx.k.panic.is_none() && !cx.hw.is_due_earlier;
        has_faulted = next == Phase::Return && is_quiet;
        if !has_faulted {
            return follow(cx, programs, turn, (Ring::Kernel, next), Timer::Stands);
        }
    }
}
