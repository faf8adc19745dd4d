//! Why something was refused: its tick is replayed with the recorder of checks on, and what was
//! recorded is put into words. Nothing of this is kept.

use super::Session;
use crate::event::{Event, Record};
use crate::hw::{FaultAccess, PAGE_BYTES, Pfn, walk_steps};
use crate::kernel::fs::procfs::namespace_name;
use crate::kernel::rule::{Check, Rule, Thing, Verdict};
use crate::kernel::{FaultOutcome, NsId, TaskId, cgroup, cred::Cap, signal::Signal};
use crate::{Command, Machine, Sink};

/// A refusal as a chain through the three parts of the machine, in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub tick: u64,
    pub at_ns: u64,
    /// Who asked for what.
    pub user: Vec<String>,
    /// The checks, in the order in which they were made.
    pub kernel: Vec<Step>,
    /// What the CPU and its MMU had to do with it.
    pub hardware: Vec<String>,
    /// An errno, a signal, or a process killed for memory.
    pub result: String,
}

/// A check, and the same in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub check: Check,
    /// The rule, whom it was about, and the value that was read.
    pub text: String,
    /// Where it is documented: `kill(2) EPERM`.
    pub page: String,
}

impl Step {
    /// One character: whether it passed, refused, or was one of several conditions.
    pub fn mark(&self) -> &'static str {
        match self.check.verdict {
            Verdict::Passed => "+",
            Verdict::Refused => "!",
            Verdict::Yes => "y",
            Verdict::No => "n",
        }
    }
}

/// Whether an event is a refusal: an errno, a fatal fault, a kill for memory.
pub fn is_refusal(event: &Event) -> bool {
    match event {
        Event::SyscallExit { result, .. } => result.is_err(),
        Event::PageFault { outcome, .. } => matches!(
            outcome,
            FaultOutcome::Segv | FaultOutcome::Bus | FaultOutcome::OutOfMemory
        ),
        Event::OomKill { .. } => true,
        _ => false,
    }
}

impl Session {
    /// Explains what was refused in a tick of the current branch. `None` if there is no such tick
    /// or nothing was refused in it.
    pub fn explain(&self, tick: u64) -> Option<Explanation> {
        let (before, records, checks) = self.replay_tick(tick)?;
        explain(&before, &records, &checks)
    }

    /// The machine before a tick, what happened in it, and every check that was made.
    fn replay_tick(&self, tick: u64) -> Option<(Machine, Vec<Record>, Vec<Check>)> {
        let branch = self.branch();
        let last = tick.checked_sub(1)?;
        if tick > branch.log.end_tick() {
            return None;
        }
        let target = branch.log.position_of_tick(tick);
        let keyframe = branch
            .keyframes
            .at_or_before(branch.log.position_of_tick(last))?;
        let mut machine = keyframe.machine.clone();
        let mut done = keyframe.position.tick;
        for at in keyframe.position.command..target.command {
            if let Some(command) = branch.log.rest_of(at, done) {
                machine.apply(&command, &mut Sink::Null);
            }
            done = 0;
        }
        let advance = |max_ticks| Command::Advance {
            until_ns: u64::MAX,
            max_ticks,
        };
        let quiet = target.tick.saturating_sub(done).saturating_sub(1);
        machine.apply(&advance(quiet), &mut Sink::Null);
        let before = machine.clone();
        let mut sink = Sink::explain();
        machine.apply(&advance(1), &mut sink);
        match sink {
            Sink::Explain { records, checks } => Some((before, records, checks.take())),
            Sink::Null | Sink::Ring { .. } | Sink::Full(_) => None,
        }
    }
}

fn explain(before: &Machine, records: &[Record], checks: &[Check]) -> Option<Explanation> {
    let refusal = records.iter().rev().find(|r| is_refusal(&r.event))?;
    let words = Words { machine: before };
    let fault = records.iter().rev().find_map(|record| match record.event {
        Event::PageFault {
            task, addr, access, ..
        } => Some((task, addr, access)),
        _ => None,
    });
    let task = match (&refusal.event, fault) {
        (Event::SyscallExit { task, .. } | Event::PageFault { task, .. }, _) => *task,
        (_, Some((task, ..))) => task,
        _ => return None,
    };
    let result = match &refusal.event {
        Event::SyscallExit {
            result: Err(errno), ..
        } => format!("{} ({})", errno.name(), errno.text()),
        Event::PageFault {
            outcome: FaultOutcome::Bus,
            ..
        } => "SIGBUS".into(),
        Event::PageFault {
            outcome: FaultOutcome::OutOfMemory,
            ..
        } => "out of memory, it waits".into(),
        Event::OomKill { victim, .. } => format!("SIGKILL for {}", words.task(*victim)),
        _ => "SIGSEGV".into(),
    };
    // What was refused on the way and dealt with did not decide.
    let decided = checks.iter().rposition(|c| c.verdict == Verdict::Refused);
    let kernel = checks.iter().enumerate().map(|(at, check)| {
        let mut check = *check;
        if check.verdict == Verdict::Refused && Some(at) != decided {
            check.verdict = Verdict::No;
        }
        Step {
            text: words.check(&check),
            page: page_of(check.rule),
            check,
        }
    });
    Some(Explanation {
        tick: refusal.tick,
        at_ns: refusal.at_ns,
        user: words.user(task, fault.map(|(_, addr, access)| (addr, access))),
        kernel: kernel.collect(),
        hardware: words.hardware(refusal, task, fault.map(|(_, addr, _)| addr)),
        result,
    })
}

fn page_of(rule: Rule) -> String {
    let what = rule.signal().unwrap_or(rule.errno().name());
    format!("{} {what}", rule.page())
}

/// Names of things, as the machine had them before the tick.
struct Words<'a> {
    machine: &'a Machine,
}

impl Words<'_> {
    fn task(&self, id: TaskId) -> String {
        let k = &self.machine.kernel;
        let comm = k.tasks.get(id).map_or("?", |task| &task.comm);
        format!("{comm}({})", k.first_number(id))
    }

    fn thing(&self, thing: Thing) -> String {
        let k = &self.machine.kernel;
        match thing {
            Thing::None => String::new(),
            Thing::Number(number) => number.to_string(),
            Thing::Unsigned(number @ ..0x1_0000) => number.to_string(),
            // An address, or as good as one.
            Thing::Unsigned(number) => format!("{number:#x}"),
            Thing::Mode(mode) => format!("{mode:#o}"),
            Thing::Task(id) => self.task(TaskId::from_u64(id)),
            Thing::Ns(id) => namespace_name(k, NsId::from_u64(id)),
            Thing::Inode(id) => format!("inode {}", id as u32),
            Thing::Mount(id) => format!("mount {}", id as u32),
            Thing::Computed => "proc".into(),
            Thing::Cgroup(id) => {
                let roots = &k.cgroups.roots;
                let id = cgroup::CgroupId::from_u64(id);
                let root = match k.cgroups.is_within(id, roots.v2) {
                    true => roots.v2,
                    false => roots.memory,
                };
                cgroup::path_from(&k.cgroups, root, id)
            }
            Thing::Cap(nr) => Cap::from_nr(nr).map_or(String::new(), |cap| {
                let mut name = String::from("CAP_");
                name.push_str(cap.name());
                name
            }),
            Thing::Signal(nr) => {
                let signal = Signal::from_nr(nr as i32);
                signal.map_or(String::new(), |signal| signal.name().into())
            }
        }
    }

    /// `kill-permission: sh(7) -> init(1), read 0`.
    fn check(&self, check: &Check) -> String {
        let mut text = check.rule.id();
        text.push_str(": ");
        if let Some(subject) = check.subject {
            text.push_str(&self.task(subject));
        }
        for (before, thing) in [(" -> ", check.object), (", read ", check.read)] {
            if thing != Thing::None {
                text.push_str(before);
                text.push_str(&self.thing(thing));
            }
        }
        text
    }

    fn user(&self, id: TaskId, fault: Option<(u64, FaultAccess)>) -> Vec<String> {
        let Some(task) = self.machine.kernel.tasks.get(id) else {
            return Vec::new();
        };
        let mut who = self.task(id);
        who.push_str(&format!(" uid {} at {:#x}", task.cred.euid, task.regs.ip));
        let mut lines = vec![who];
        if let Some(call) = &task.call {
            lines.push(call.call.to_string());
        }
        if let Some((addr, access)) = fault {
            let what = match access {
                FaultAccess::Read => "read",
                FaultAccess::Write => "write",
                FaultAccess::Execute => "execute",
            };
            lines.push(format!("{what} {addr:#x}"));
        }
        lines
    }

    fn hardware(&self, refusal: &Record, id: TaskId, fault: Option<u64>) -> Vec<String> {
        let k = &self.machine.kernel;
        let mut lines = vec![format!("cpu{} ring 0", refusal.cpu.0)];
        let space = k.tasks.get(id).and_then(|task| task.mm);
        let root = space.and_then(|mm| k.mm.spaces.get(mm)).map(|mm| mm.pgd);
        if let (Some(addr), Some(root)) = (fault, root) {
            lines.extend(self.walk(root, addr));
        }
        let is_memory = matches!(
            refusal.event,
            Event::OomKill { .. }
                | Event::PageFault {
                    outcome: FaultOutcome::OutOfMemory,
                    ..
                }
                | Event::SyscallExit {
                    result: Err(crate::kernel::Errno::ENOMEM),
                    ..
                }
        );
        if is_memory {
            let frames = &k.mm.frames;
            lines.push(format!(
                "frames free {} of {}",
                frames.free(),
                frames.total()
            ));
            let mut group = k.tasks.get(id).map(|task| task.cgroups.memory);
            while let Some(at) = group.and_then(|id| k.cgroups.get(id)) {
                if let (Some(max), Some(id)) = (at.memory.max, group) {
                    let kib = PAGE_BYTES as u64 / 1024;
                    lines.push(format!(
                        "{} charged {} KiB of {} KiB",
                        self.thing(Thing::Cgroup(id.as_u64())),
                        at.memory.current * kib,
                        max.saturating_mul(kib),
                    ));
                }
                group = at.parent;
            }
        }
        lines
    }

    /// What the MMU found on its way from CR3 to the page.
    fn walk(&self, root: Pfn, addr: u64) -> Vec<String> {
        let names = ["pt", "pd", "pdpt", "pml4"];
        let steps = walk_steps(&self.machine.hw.ram, root, addr);
        let line = |(level, table, at, entry): (usize, Pfn, u16, u64)| {
            let name = names.get(level).copied().unwrap_or("");
            let present = match entry & 1 {
                0 => "not present",
                _ => "present",
            };
            format!("{name} frame {} [{at}] = {entry:#x} {present}", table.0)
        };
        steps.into_iter().map(line).collect()
    }
}
