//! Time: which CPU ticks next, and what a tick is.
//!
//! A tick is one of: a step of a program, a phase of a system call, a page fault, an interrupt,
//! a scheduling decision. It takes effect at one instant; its cost is charged afterwards as time
//! during which its CPU is busy. Ticks are ordered by (time, CPU).

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

    fn next_tick(&self) -> Option<(u64, CpuId)> {
        let cpus = self.hw.cpus.iter().zip(&self.kernel.sched.cpus);
        cpus.filter_map(|(hw, cpu)| {
            let at_ns = match cpu.phase {
                Phase::Offline => return None,
                Phase::Idle if hw.irq_pending || cpu.need_resched == Resched::Yes => {
                    hw.free_at_ns.max(self.now_ns)
                }
                Phase::Idle if hw.timer_ns == u64::MAX => return None,
                Phase::Idle => hw.free_at_ns.max(self.now_ns).max(hw.timer_ns),
                Phase::User | Phase::Call | Phase::Fault | Phase::Return | Phase::Schedule => {
                    hw.free_at_ns.max(self.now_ns)
                }
            };
            Some((at_ns, hw.id))
        })
        .min()
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
        let hw = self.hw.cpu_mut(cpu);
        let is_interrupted = hw.irq_pending || hw.ipi_pending || hw.timer_ns <= at_ns;
        let Some(phase) = self.kernel.sched.cpu(cpu).map(|c| c.phase) else {
            return;
        };
        let (next, ring, cost_ns) = match phase {
            Phase::User if !is_interrupted => self.user_tick(cpu, sink),
            Phase::User | Phase::Idle if is_interrupted => {
                self.kernel_tick(cpu, sink, |cx| cx.interrupt())
            }
            Phase::User | Phase::Idle | Phase::Schedule => {
                self.kernel_tick(cpu, sink, |cx| cx.schedule())
            }
            Phase::Offline => return,
            Phase::Call => self.kernel_tick(cpu, sink, |cx| cx.run_call()),
            Phase::Return => self.kernel_tick(cpu, sink, |cx| cx.return_to_user()),
            Phase::Fault => self.kernel_tick(cpu, sink, |cx| cx.page_fault()),
        };
        let mut cx = self.context(cpu, sink);
        cx.account(ring, cost_ns);
        if let Some(this) = cx.k.sched.cpu_mut(cpu) {
            this.phase = next;
        }
        self.hw.cpu_mut(cpu).free_at_ns = at_ns.saturating_add(cost_ns);
        if !matches!(phase, Phase::User) || is_interrupted {
            program_timer(
                &self.kernel,
                &mut self.hw,
                cpu,
                at_ns.saturating_add(cost_ns),
            );
        }
        for notice in std::mem::take(&mut self.kernel.notices) {
            self.programs.hear(&notice);
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

    fn kernel_tick(
        &mut self,
        cpu: CpuId,
        sink: &mut Sink,
        act: impl FnOnce(&mut Ctx<'_>) -> Phase,
    ) -> (Phase, Ring, u64) {
        let mut cx = self.context(cpu, sink);
        let next = act(&mut cx);
        (next, Ring::Kernel, cx.cost_ns)
    }

    /// One step of the current task's program, or what its mailbox says in place of it.
    fn user_tick(&mut self, cpu: CpuId, sink: &mut Sink) -> (Phase, Ring, u64) {
        let costs = self.kernel.costs;
        let Some(id) = self.kernel.sched.cpu(cpu).and_then(|c| c.current) else {
            return (Phase::Schedule, Ring::Kernel, 0);
        };
        let Some(task) = self.kernel.tasks.get_mut(id) else {
            return (Phase::Schedule, Ring::Kernel, 0);
        };
        let step = match task.mailbox.front() {
            Some(Injection::Step(step)) => Some(*step),
            Some(Injection::Call(_)) => {
                let Some(Injection::Call(call)) = task.mailbox.pop_front() else {
                    return (Phase::User, Ring::User, 0);
                };
                return self.kernel_tick(cpu, sink, |cx| cx.enter(call, CallOrigin::Mailbox));
            }
            None => None,
        };
        let root = task
            .mm
            .and_then(|mm| self.kernel.mm.spaces.get(mm))
            .map(|space| space.pgd);
        let (Some(root), Some(tool)) = (root, self.programs.get_mut(id)) else {
            return (Phase::Schedule, Ring::Kernel, 0);
        };
        let at = usize::from(cpu.0).min(self.hw.cpus.len() - 1);
        let (ram, cpu_of_bus) = (&mut self.hw.ram, &mut self.hw.cpus[at]);
        let mut bus = match self.hw.mmu {
            Mmu::Paging => Bus::new(ram, cpu_of_bus, root),
            Mmu::None => Bus::physical(ram, cpu_of_bus),
        };
        if let Some(step) = step {
            let trap = forced::step(step, &mut bus);
            if let Some(stored) = bus.stored {
                self.kernel.notice_store(stored);
            }
            let cost_ns = costs.user_step_ns + bus.walks * costs.tlb_miss_ns;
            return (
                self.after_forced_step(id, trap, cpu, sink),
                Ring::User,
                cost_ns,
            );
        }
        let input = StepInput {
            reply: &task.reply,
            argv: &task.argv,
            mmu: self.hw.mmu,
        };
        let trap = user::step(task.program, &mut task.regs, &mut bus, tool, input);
        let cost_ns = costs.user_step_ns + bus.walks * costs.tlb_miss_ns;
        let ip = task.regs.ip;
        if let Some(stored) = bus.stored {
            self.kernel.notice_store(stored);
        }
        self.hw.cpu_mut(cpu).ip = ip;
        let next = match trap {
            Trap::Next => Phase::User,
            Trap::Syscall(call) => {
                let (next, _, entry_ns) =
                    self.kernel_tick(cpu, sink, |cx| cx.enter(call, CallOrigin::Program));
                return (next, Ring::User, cost_ns + entry_ns);
            }
            Trap::Fault(fault) => {
                self.hw.cpu_mut(cpu).raise(fault);
                Phase::Fault
            }
            Trap::Illegal => {
                self.hw.cpu_mut(cpu).ring = Ring::Kernel;
                let mut cx = self.context(cpu, sink);
                cx.emit(Event::IllegalInstruction { task: id, ip });
                cx.force_signal(id, Signal::SIGILL);
                Phase::Return
            }
        };
        (next, Ring::User, cost_ns)
    }
}
