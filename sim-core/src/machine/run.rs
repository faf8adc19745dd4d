//! Time: which CPU ticks next, and what a tick is.
//!
//! A tick is one of: a step of a program, a phase of a system call, a page fault, an interrupt,
//! a scheduling decision. It takes effect at one instant; its cost is charged afterwards as time
//! during which its CPU is busy. Ticks are ordered by (time, CPU).

use super::glide::glide;
use super::programs::Programs;
use super::stride::stride;
use super::{Machine, forced};
use crate::event::{Event, Sink};
use crate::hw::{Bus, Cpu, CpuId, Hardware, Mmu, Ring};
use crate::kernel::entry::charge_tick;
use crate::kernel::rule::Why;
use crate::kernel::sched::{CpuSched, Phase, Resched};
use crate::kernel::task::{CallOrigin, Task};
use crate::kernel::{Ctx, Injection, Kernel, Signal, TaskId};
use crate::user::{self, StepInput, Trap};
use std::rc::Rc;

/// Why a command came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stop {
    /// The command took no time.
    Applied,
    /// The clock stands where it was asked to stand.
    Until,
    /// As many ticks as were asked for are done.
    Ticks,
    /// A broken invariant, or the end of init.
    Halted,
}

/// Who ticks next, and until when nobody else is due.
pub(super) struct Turn {
    at_ns: u64,
    cpu: CpuId,
    /// When the next CPU after this one is due.
    next_ns: u64,
    /// The last tick of the command.
    last: u64,
}

impl Turn {
    /// Whether it lasts when the CPU is free again at this time, after so many ticks.
    #[inline(always)]
    pub(super) fn lasts(&self, free_at_ns: u64, tick: u64) -> bool {
        free_at_ns < self.next_ns && tick < self.last
    }
}

impl Machine {
    pub(super) fn advance(&mut self, until_ns: u64, max_ticks: u64, sink: &mut Sink) -> Stop {
        let last = self.ticks.saturating_add(max_ticks);
        let nobody = TaskId::from_u64(0);
        // One context for all ticks.
        let mut cx = Ctx {
            k: &mut self.kernel,
            hw: &mut self.hw,
            why: Why::new(sink.checks(), nobody),
            sink,
            task: nobody,
            cpu: CpuId(0),
            now_ns: self.now_ns,
            tick: self.ticks,
            cost_ns: 0,
        };
        let stop = loop {
            if cx.k.panic.is_some() {
                break Stop::Halted;
            }
            if cx.tick >= last {
                break Stop::Ticks;
            }
            let turn = next_turn(cx.hw, cx.k, cx.now_ns).filter(|turn| turn.at_ns <= until_ns);
            let Some(mut turn) = turn else {
                cx.now_ns = cx.now_ns.max(until_ns);
                break Stop::Until;
            };
            (cx.now_ns, cx.cpu) = (turn.at_ns, turn.cpu);
            turn.next_ns = turn.next_ns.min(until_ns.saturating_add(1));
            turn.last = last;
            while stride(&mut cx, &mut self.programs, &turn)
                && glide(&mut cx, &mut self.programs, &turn)
                && let Some(at_ns) = tick(&mut cx, &mut self.programs, &turn)
                && cx.tick < last
            {
                cx.now_ns = at_ns;
            }
        };
        (self.now_ns, self.ticks) = (cx.now_ns, cx.tick);
        stop
    }

    /// When the next tick is, if nothing more comes in: `None` when every CPU is idle and no
    /// timer is armed.
    pub fn next_tick_ns(&self) -> Option<u64> {
        next_turn(&self.hw, &self.kernel, self.now_ns).map(|turn| turn.at_ns)
    }

    /// Whether every CPU is idle: nothing happens until the next timer or key.
    pub fn is_idle(&self) -> bool {
        let quiet = |cpu: &crate::hw::Cpu| !cpu.irq_pending;
        self.kernel.sched.cpus.iter().all(|c| match c.phase {
            Phase::Idle => c.need_resched == Resched::No,
            Phase::Offline => true,
            Phase::User | Phase::Call | Phase::Fault | Phase::Return | Phase::Schedule => false,
        }) && self.hw.cpus.iter().all(quiet)
    }

    pub(super) fn context<'a>(&'a mut self, cpu: CpuId, sink: &'a mut Sink) -> Ctx<'a> {
        let current = self.kernel.sched.cpu(cpu).and_then(|c| c.current);
        let task = current.unwrap_or(TaskId::from_u64(0));
        Ctx {
            k: &mut self.kernel,
            hw: &mut self.hw,
            why: Why::new(sink.checks(), task),
            sink,
            task,
            cpu,
            now_ns: self.now_ns,
            tick: self.ticks,
            cost_ns: 0,
        }
    }
}

/// The earliest among the CPUs, the first of those that are equally early.
fn next_turn(hw: &Hardware, k: &Kernel, now_ns: u64) -> Option<Turn> {
    let (mut at_ns, mut next_ns, mut first) = (u64::MAX, u64::MAX, None);
    for (hw, cpu) in hw.cpus.iter().zip(&k.sched.cpus) {
        let due_ns = match cpu.phase {
            Phase::Offline => u64::MAX,
            Phase::Idle if hw.irq_pending || cpu.need_resched == Resched::Yes => 0,
            Phase::Idle => hw.timer_ns,
            Phase::User | Phase::Call | Phase::Fault | Phase::Return | Phase::Schedule => 0,
        };
        let due_ns = due_ns.max(hw.free_at_ns).max(now_ns);
        if due_ns < at_ns {
            (next_ns, at_ns, first) = (at_ns, due_ns, Some(hw.id));
        } else {
            next_ns = next_ns.min(due_ns);
        }
    }
    Some(Turn {
        at_ns,
        cpu: first?,
        next_ns,
        last: u64::MAX,
    })
}

/// One tick of the CPU whose turn it is. The answer is when its next one is, if it is still its
/// turn then.
fn tick(cx: &mut Ctx<'_>, programs: &mut Programs, turn: &Turn) -> Option<u64> {
    let at = usize::from(cx.cpu.0);
    let (hw, this) = (cx.hw.cpus.get(at)?, cx.k.sched.cpus.get(at)?);
    let is_interrupted = hw.irq_pending || hw.ipi_pending || hw.timer_ns <= cx.now_ns;
    let phase = this.phase;
    cx.task = this.current.unwrap_or(TaskId::from_u64(0));
    cx.why.subject = Some(cx.task);
    cx.tick += 1;
    cx.cost_ns = 0;
    cx.hw.is_due_earlier = false;
    let (next, ring) = match phase {
        Phase::User if !is_interrupted => user_tick(cx, programs),
        Phase::User | Phase::Idle if is_interrupted => (cx.interrupt(), Ring::Kernel),
        Phase::User | Phase::Idle | Phase::Schedule => (cx.schedule(), Ring::Kernel),
        Phase::Offline => return None,
        Phase::Call => (cx.run_call(), Ring::Kernel),
        Phase::Return => (cx.return_to_user(), Ring::Kernel),
        Phase::Fault => (cx.page_fault(), Ring::Kernel),
    };
    let timer = match phase {
        Phase::User if !is_interrupted => Timer::Stands,
        Phase::Return | Phase::Fault if cx.k.sched.cpus.get(at)?.groups.is_empty() => Timer::Stands,
        // Nothing else changes what is due, unless somebody's time is limited.
        Phase::User
        | Phase::Return
        | Phase::Fault
        | Phase::Idle
        | Phase::Call
        | Phase::Schedule
        | Phase::Offline => Timer::MayMove,
    };
    after_tick(cx, programs, turn, (ring, next), timer)
}

/// Whether what a CPU's local timer waits for may be another thing after a tick.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    Stands,
    MayMove,
}

/// What follows a tick of any kind: its time is charged, the timer is set, and who is to hear of
/// it hears of it. The answer is as that of [`tick`].
#[inline(always)]
pub(super) fn after_tick(
    cx: &mut Ctx<'_>,
    programs: &mut Programs,
    turn: &Turn,
    (ring, next): (Ring, Phase),
    timer: Timer,
) -> Option<u64> {
    let free_at_ns = cx.end_tick(ring, next);
    if timer == Timer::MayMove {
        cx.program_timer(cx.cpu, free_at_ns);
    }
    if !cx.k.notices.is_empty() {
        for notice in cx.k.notices.drain(..) {
            programs.hear(&notice);
        }
    }
    if let Some(invariant) = &cx.k.panic {
        let invariant = invariant.as_ref().into();
        cx.emit(Event::Halt { invariant });
        return None;
    }
    let goes_on = !matches!(next, Phase::Idle | Phase::Offline)
        && !cx.hw.is_due_earlier
        && free_at_ns < turn.next_ns;
    goes_on.then_some(free_at_ns)
}

/// The end of a tick of a current task that belongs to no group and is done with its step or its
/// handler, but not in the usual way. The answer is whether it is still this CPU's turn.
#[inline(never)]
pub(super) fn follow(
    cx: &mut Ctx<'_>,
    programs: &mut Programs,
    turn: &Turn,
    how: (Ring, Phase),
    timer: Timer,
) -> bool {
    match after_tick(cx, programs, turn, how, timer) {
        Some(at_ns) if cx.tick < turn.last => {
            cx.now_ns = at_ns;
            true
        }
        _ => false,
    }
}

/// Charges time in a ring to the current task and its CPU. Returns when the CPU is free again.
#[inline(always)]
pub(super) fn spend(
    now_ns: u64,
    hw: &mut Cpu,
    this: &mut CpuSched,
    task: &mut Task,
    (ring, ns): (Ring, u64),
) -> u64 {
    let free_at_ns = now_ns.saturating_add(ns);
    hw.free_at_ns = free_at_ns;
    charge_tick(task, this, ring, ns);
    free_at_ns
}

/// One step of the current task's program, or what its mailbox says in place of it.
fn user_tick(cx: &mut Ctx<'_>, programs: &mut Programs) -> (Phase, Ring) {
    let id = cx.task;
    let Some(task) = cx.k.tasks.get_mut(id) else {
        return (Phase::Schedule, Ring::Kernel);
    };
    let step = match task.mailbox.front() {
        Some(Injection::Step(step)) => Some(*step),
        Some(Injection::Call(_)) => {
            let Some(Injection::Call(call)) = task.mailbox.pop_front() else {
                return (Phase::User, Ring::User);
            };
            return (cx.enter(call, CallOrigin::Mailbox), Ring::Kernel);
        }
        None => None,
    };
    let at = usize::from(cx.cpu.0);
    let Some(cpu) = cx.hw.cpus.get_mut(at) else {
        return (Phase::Schedule, Ring::Kernel);
    };
    let mmu = cx.hw.mmu;
    let mut bus = match cpu.cr3 {
        Some(root) => Bus::new(&mut cx.hw.ram, cpu, root),
        None => Bus::physical(&mut cx.hw.ram, cpu),
    };
    if let Some(step) = step {
        let end = forced::step(step, &mut bus);
        let walks = bus.walks;
        if let Some(stored) = bus.stored {
            cx.k.notice_store(stored);
        }
        charge_step(cx, walks);
        return (forced::after_step(cx, end), Ring::User);
    }
    let trap = program_step(task, id, &mut bus, programs, mmu);
    let (walks, stored) = (bus.walks, bus.stored);
    cpu.ip = task.regs.ip;
    if let Some(stored) = stored {
        cx.k.notice_store(stored);
    }
    charge_step(cx, walks);
    (end_step(cx, trap), Ring::User)
}

/// One step of a task's program.
#[inline(always)]
pub(super) fn program_step(
    task: &mut Task,
    id: TaskId,
    bus: &mut Bus<'_>,
    programs: &mut Programs,
    mmu: Mmu,
) -> Trap {
    let input = StepInput {
        reply: &task.reply,
        argv: &task.argv,
        mmu,
    };
    user::step(
        task.program,
        &mut task.regs,
        bus,
        move || programs.get_mut(id),
        input,
    )
}

/// What follows the current task's step.
pub(super) fn end_step(cx: &mut Ctx<'_>, trap: Trap) -> Phase {
    match trap {
        Trap::Next => Phase::User,
        Trap::Syscall(call) => cx.enter(Rc::new(call), CallOrigin::Program),
        Trap::Fault(fault) => {
            cx.hw.cpu_mut(cx.cpu).raise(fault);
            Phase::Fault
        }
        Trap::Illegal => {
            let (task, cpu) = (cx.task, cx.hw.cpu_mut(cx.cpu));
            cpu.ring = Ring::Kernel;
            let ip = cpu.ip;
            cx.emit(Event::IllegalInstruction { task, ip });
            cx.force_signal(task, Signal::SIGILL);
            Phase::Return
        }
    }
}

/// A step costs its time and its page-table walks.
fn charge_step(cx: &mut Ctx<'_>, walks: u64) {
    cx.charge(cx.k.costs.user_step_ns + walks * cx.k.costs.tlb_miss_ns);
}
