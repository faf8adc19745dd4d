//! Time: which CPU ticks next, and what a tick is.
//!
//! A tick is one of: a step of a program, a phase of a system call, a page fault, an interrupt,
//! a scheduling decision. It takes effect at one instant; its cost is charged afterwards as time
//! during which its CPU is busy. Ticks are ordered by (time, CPU).

use super::programs::Programs;
use super::{Machine, forced};
use crate::event::{Event, Sink};
use crate::hw::{Bus, CpuId, Mmu, Ring};
use crate::kernel::rule::Why;
use crate::kernel::sched::{Phase, Resched, program_timer};
use crate::kernel::task::CallOrigin;
use crate::kernel::{Ctx, Injection, Signal, TaskId};
use crate::user::{self, StepInput, Trap};

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

impl Machine {
    pub(super) fn advance(&mut self, until_ns: u64, max_ticks: u64, sink: &mut Sink) -> Stop {
        for _ in 0..max_ticks {
            if self.kernel.panic.is_some() {
                return Stop::Halted;
            }
            match self.next_tick() {
                Some((at_ns, cpu)) if at_ns <= until_ns => self.tick(at_ns, cpu, sink),
                Some(_) | None => {
                    self.now_ns = self.now_ns.max(until_ns);
                    return Stop::Until;
                }
            }
        }
        if self.kernel.panic.is_some() {
            Stop::Halted
        } else {
            Stop::Ticks
        }
    }

    /// When the next tick is, if nothing more comes in: `None` when every CPU is idle and no
    /// timer is armed.
    pub fn next_tick_ns(&self) -> Option<u64> {
        self.next_tick().map(|(at_ns, _)| at_ns)
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

    /// The earliest among the CPUs, the first of those that are equally early.
    fn next_tick(&self) -> Option<(u64, CpuId)> {
        let (mut first_ns, mut first) = (u64::MAX, None);
        for (hw, cpu) in self.hw.cpus.iter().zip(&self.kernel.sched.cpus) {
            let due_ns = match cpu.phase {
                Phase::Offline => continue,
                Phase::Idle if hw.irq_pending || cpu.need_resched == Resched::Yes => 0,
                Phase::Idle => hw.timer_ns,
                Phase::User | Phase::Call | Phase::Fault | Phase::Return | Phase::Schedule => 0,
            };
            let at_ns = due_ns.max(hw.free_at_ns).max(self.now_ns);
            if at_ns < first_ns {
                (first_ns, first) = (at_ns, Some(hw.id));
            }
        }
        Some((first_ns, first?))
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

    fn tick(&mut self, at_ns: u64, cpu: CpuId, sink: &mut Sink) {
        self.now_ns = at_ns;
        self.ticks += 1;
        let at = usize::from(cpu.0);
        let (Some(hw), Some(this)) = (self.hw.cpus.get(at), self.kernel.sched.cpus.get(at)) else {
            return;
        };
        let is_interrupted = hw.irq_pending || hw.ipi_pending || hw.timer_ns <= at_ns;
        let phase = this.phase;
        let task = this.current.unwrap_or(TaskId::from_u64(0));
        let mut cx = Ctx {
            task,
            k: &mut self.kernel,
            hw: &mut self.hw,
            why: Why::new(sink.checks(), task),
            sink,
            cpu,
            now_ns: at_ns,
            tick: self.ticks,
            cost_ns: 0,
        };
        let (next, ring) = match phase {
            Phase::User if !is_interrupted => user_tick(&mut cx, &mut self.programs),
            Phase::User | Phase::Idle if is_interrupted => (cx.interrupt(), Ring::Kernel),
            Phase::User | Phase::Idle | Phase::Schedule => (cx.schedule(), Ring::Kernel),
            Phase::Offline => return,
            Phase::Call => (cx.run_call(), Ring::Kernel),
            Phase::Return => (cx.return_to_user(), Ring::Kernel),
            Phase::Fault => (cx.page_fault(), Ring::Kernel),
        };
        let free_at_ns = at_ns.saturating_add(cx.cost_ns);
        cx.end_tick(ring, next);
        if !matches!(phase, Phase::User) || is_interrupted {
            program_timer(&self.kernel, &mut self.hw, cpu, free_at_ns);
        }
        if !self.kernel.notices.is_empty() {
            for notice in self.kernel.notices.drain(..) {
                self.programs.hear(&notice);
            }
        }
        if let Some(invariant) = self.kernel.panic.clone() {
            self.emit(
                sink,
                Event::Halt {
                    invariant: invariant.as_ref().into(),
                },
            );
        }
    }
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
    let root = (task.mm)
        .and_then(|mm| cx.k.mm.spaces.get(mm))
        .map(|space| space.pgd);
    let at = usize::from(cx.cpu.0);
    let (Some(root), Some(tool), Some(cpu)) = (root, programs.get_mut(id), cx.hw.cpus.get_mut(at))
    else {
        return (Phase::Schedule, Ring::Kernel);
    };
    let mmu = cx.hw.mmu;
    let mut bus = match mmu {
        Mmu::Paging => Bus::new(&mut cx.hw.ram, cpu, root),
        Mmu::None => Bus::physical(&mut cx.hw.ram, cpu),
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
    let input = StepInput {
        reply: &task.reply,
        argv: &task.argv,
        mmu,
    };
    let trap = user::step(task.program, &mut task.regs, &mut bus, tool, input);
    let (walks, stored) = (bus.walks, bus.stored);
    let ip = task.regs.ip;
    cpu.ip = ip;
    if let Some(stored) = stored {
        cx.k.notice_store(stored);
    }
    let next = match trap {
        Trap::Next => Phase::User,
        Trap::Syscall(call) => cx.enter(call, CallOrigin::Program),
        Trap::Fault(fault) => {
            cpu.raise(fault);
            Phase::Fault
        }
        Trap::Illegal => {
            cpu.ring = Ring::Kernel;
            cx.emit(Event::IllegalInstruction { task: id, ip });
            cx.force_signal(id, Signal::SIGILL);
            Phase::Return
        }
    };
    charge_step(cx, walks);
    (next, Ring::User)
}

/// A step costs its time and its page-table walks.
fn charge_step(cx: &mut Ctx<'_>, walks: u64) {
    cx.charge(cx.k.costs.user_step_ns + walks * cx.k.costs.tlb_miss_ns);
}
