//! CPUs that come and go while the machine runs (Documentation/core-api/cpu_hotplug.rst).
//!
//! A number stands for a place: a CPU that was taken out keeps it, and may be plugged in again.

use super::{Phase, Resched, Sched, Who};
use crate::event::{Event, Refusal};
use crate::hw::{CPUS_MAX, Cpu, CpuId};
use crate::kernel::Ctx;
use crate::kernel::task::RunState;

impl Sched {
    /// Whether a CPU takes part.
    pub fn is_online(&self, cpu: CpuId) -> bool {
        self.cpu(cpu).is_some_and(|c| c.phase != Phase::Offline)
    }

    /// The numbers of the CPUs that take part.
    pub fn online(&self) -> impl Iterator<Item = CpuId> + '_ {
        let all = (0..).zip(&self.cpus);
        all.filter(|(_, c)| c.phase != Phase::Offline)
            .map(|(id, _)| CpuId(id))
    }
}

impl Ctx<'_> {
    /// cpu_up: a CPU begins, and looks for work.
    ///
    /// # Errors
    /// The number is not the next one or that of a CPU taken out.
    pub fn plug(&mut self, cpu: CpuId) -> Result<(), Refusal> {
        let at = usize::from(cpu.0);
        if self.k.sched.is_online(cpu) {
            return Err(Refusal::CpuIsIn);
        }
        if at > self.k.sched.cpus.len() || cpu.0 >= CPUS_MAX {
            return Err(Refusal::NoSuchCpu);
        }
        if at == self.k.sched.cpus.len() {
            self.hw.cpus.push(Cpu::new(cpu));
            self.k.sched.cpus.push(super::CpuSched::idle());
        }
        self.hw.cpu_mut(cpu).free_at_ns = self.now_ns;
        let now_ns = self.now_ns;
        if let Some(this) = self.k.sched.cpu_mut(cpu) {
            this.times.in_since_ns = now_ns;
            this.phase = Phase::Idle;
            // It finds out for itself whether somebody waits elsewhere.
            this.need_resched = Resched::Yes;
        }
        self.emit(Event::CpuPlugged { cpu });
        Ok(())
    }

    /// cpu_down: whoever is on the CPU or in its queue goes to others, and so do its timers.
    ///
    /// # Errors
    /// No such CPU, one that is out already, or the first one: x86 needs it for its interrupts.
    pub fn unplug(&mut self, cpu: CpuId) -> Result<(), Refusal> {
        match self.k.sched.cpu(cpu).map(|c| c.phase) {
            None => return Err(Refusal::NoSuchCpu),
            Some(Phase::Offline) => return Err(Refusal::CpuIsOut),
            Some(_) if cpu == CpuId(0) => return Err(Refusal::FirstCpu),
            Some(_) => {}
        }
        self.cpu = cpu;
        let current = self.k.sched.cpu(cpu).and_then(|c| c.current);
        if let Some(id) = current {
            // As schedule() would: a step that was interrupted or faulted is done again.
            self.put_previous(id);
        }
        let (mut moved, mut timers, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        let now_ns = self.now_ns;
        if let Some(this) = self.k.sched.cpu_mut(cpu) {
            let times = &mut this.times;
            times.was_in_ns += now_ns.saturating_sub(times.in_since_ns);
            this.current = None;
            this.phase = Phase::Offline;
            this.need_resched = Resched::No;
            for (_, queue) in this.levels() {
                let tasks = queue.iter().filter_map(|who| match who {
                    Who::Task(id) => Some(id),
                    Who::Group(_) => None,
                });
                moved.extend(tasks);
            }
            this.queue = Default::default();
            groups = std::mem::take(&mut this.groups);
            while let Some(due) = this.timers.pop_due(u64::MAX) {
                timers.push(due);
            }
        }
        if current.is_some() {
            self.emit(Event::Switch {
                from: current,
                to: None,
            });
        }
        let off = Cpu::new(cpu);
        *self.hw.cpu_mut(cpu) = off;
        self.emit(Event::CpuUnplugged { cpu });
        let first = CpuId(0);
        if let Some(this) = self.k.sched.cpu_mut(first) {
            for (at_ns, seq, task) in timers {
                this.timers.arm(at_ns, seq, task);
            }
        }
        for group in groups {
            if let (Some(since_ns), Some(of)) = (
                group.throttled_since_ns,
                self.k.cgroups.table.get_mut(group.group),
            ) {
                of.cpu.throttled_ns += now_ns.saturating_sub(since_ns);
            }
        }
        for id in moved {
            if let Some(task) = self.k.tasks.get_mut(id) {
                task.sched.vlag = 0;
                debug_assert!(task.state == RunState::Runnable);
            }
            let to = self.select_cpu_for_new();
            self.enqueue(id, to);
        }
        self.program_timer(first, self.now_ns);
        Ok(())
    }
}
