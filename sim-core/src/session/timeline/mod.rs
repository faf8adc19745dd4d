//! Who had which CPU when: one lane per CPU, from the events as they come.

mod track;

use crate::Machine;
use crate::event::{Event, Record};
use crate::hw::CpuId;
use crate::kernel::TaskId;
use crate::kernel::sched::Phase;
use crate::kernel::task::ActiveCall;
use crate::store::CowVec;
use std::rc::Rc;
use track::{Mark, NOBODY, Track};

/// What a CPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    Idle,
    /// In ring 3.
    User,
    /// In ring 0, for a task or an interrupt.
    Kernel,
    /// It is not there: not plugged in yet, or taken out.
    Offline,
}

/// A stretch of one lane. Spans of a lane touch and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub from_ns: u64,
    pub to_ns: u64,
    pub what: SpanKind,
    /// Stable id; `None` when idle or not there.
    pub task: Option<u64>,
    /// PID in the first PID namespace, as it was when the span began; 0 when idle.
    pub pid: i32,
    /// Name of the program, as it was when the span began; empty when idle.
    pub comm: Rc<str>,
}

/// One CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub cpu: u8,
    /// In order, from the asked-for start to the asked-for end or the end of the session.
    pub spans: Vec<Span>,
}

/// A task under one name: a task that becomes another program is another `Who`.
#[derive(Clone, Debug)]
struct Who {
    task: TaskId,
    pid: i32,
    comm: Rc<str>,
}

/// A program's name as execve(2) cuts it (TASK_COMM_LEN less the terminator).
const COMM_CHARS: usize = 15;
/// Marks on all lanes before old ones are thinned: 16 bytes each.
const MARKS_MAX: usize = 1 << 20;

/// The whole history of all CPUs. Clones share what both have.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    tracks: Vec<Track>,
    /// Entry 0 stands for nobody.
    who: CowVec<Who>,
    /// Place in `who` of each task now, by its place in the kernel's table.
    names: CowVec<u32>,
    /// Spans shorter than this were merged with their neighbours, to bound the memory.
    grain_ns: u64,
}

impl Timeline {
    pub fn new(machine: &Machine) -> Self {
        let nobody = Who {
            task: TaskId::from_u64(0),
            pid: 0,
            comm: "".into(),
        };
        let mut who = CowVec::default();
        who.push(nobody);
        let mut timeline = Self {
            tracks: vec![Track::default(); machine.kernel.sched.cpus.len()],
            who,
            names: CowVec::default(),
            grain_ns: 0,
        };
        timeline.look_at(machine);
        timeline
    }

    /// Sets every lane to what its CPU is doing: at the start, and where history is cut.
    pub fn look_at(&mut self, machine: &Machine) {
        for cpu in 0..self.tracks.len() {
            let Some(sched) = machine.kernel.sched.cpus.get(cpu) else {
                self.mark(cpu, Mark::new(machine.now_ns(), SpanKind::Offline, NOBODY));
                continue;
            };
            let task = sched.current.and_then(|id| machine.kernel.tasks.get(id));
            let has_begun = |call: &ActiveCall| call.entries > 0;
            let kind = match sched.phase {
                Phase::Offline => SpanKind::Offline,
                _ if task.is_none() => SpanKind::Idle,
                Phase::Idle => SpanKind::Idle,
                // A trap takes effect with the tick of its handler.
                Phase::User | Phase::Fault => SpanKind::User,
                Phase::Call => match task.and_then(|task| task.call.as_ref()) {
                    Some(call) if has_begun(call) => SpanKind::Kernel,
                    Some(_) | None => SpanKind::User,
                },
                Phase::Return | Phase::Schedule => SpanKind::Kernel,
            };
            let who = match sched.current {
                Some(task) if kind != SpanKind::Idle && kind != SpanKind::Offline => {
                    self.who_is(task, machine)
                }
                Some(_) | None => NOBODY,
            };
            self.mark(cpu, Mark::new(machine.now_ns(), kind, who));
        }
    }

    /// Follows one event. `machine` is as it was a little later, and names tasks only.
    pub fn hear(&mut self, record: &Record, machine: &Machine) {
        let mut cpu = usize::from(record.cpu.0);
        let (kind, who) = match &record.event {
            Event::CpuPlugged { cpu: id } => {
                cpu = usize::from(id.0);
                while self.tracks.len() <= cpu {
                    self.tracks.push(Track::default());
                    self.mark(
                        self.tracks.len() - 1,
                        Mark::new(0, SpanKind::Offline, NOBODY),
                    );
                }
                (SpanKind::Idle, NOBODY)
            }
            Event::CpuUnplugged { cpu: id } => {
                cpu = usize::from(id.0);
                (SpanKind::Offline, NOBODY)
            }
            Event::Switch { to: None, .. } => (SpanKind::Idle, NOBODY),
            Event::Switch { to: Some(task), .. } => (SpanKind::Kernel, self.who_is(*task, machine)),
            Event::ReturnToUser { task } => (SpanKind::User, self.who_is(*task, machine)),
            // The step that trapped was in ring 3 until its handler began.
            Event::SyscallExit { .. }
            | Event::SyscallBlock { .. }
            | Event::Exit { .. }
            | Event::PageFault { .. }
            | Event::SignalDeliver { .. }
            | Event::SignalHandle { .. }
            | Event::Interrupt { .. } => match self.now(record.cpu) {
                // An idle CPU's interrupt shows if it leads to a switch.
                Some(mark) if mark.who() != NOBODY => (SpanKind::Kernel, mark.who()),
                Some(_) | None => return,
            },
            Event::Fork { child, pid, .. } => {
                let comm = self.comm_now(record.cpu);
                self.name(*child, *pid, comm);
                return;
            }
            Event::Exec { task, path } => {
                let file = path.rsplit('/').next().unwrap_or(path);
                let comm: String = file.chars().take(COMM_CHARS).collect();
                let pid = self.who_of(*task).map_or(0, |who| who.pid);
                let who = self.name(*task, pid, comm.into());
                (SpanKind::Kernel, who)
            }
            Event::SyscallEnter { .. }
            | Event::IllegalInstruction { .. }
            | Event::Wake { .. }
            | Event::Reap { .. }
            | Event::SignalSend { .. }
            | Event::SwapOut { .. }
            | Event::SwapIn { .. }
            | Event::CacheDrop { .. }
            | Event::FrameAlloc { .. }
            | Event::FrameFree { .. }
            | Event::NamespaceNew { .. }
            | Event::TtyOutput { .. }
            | Event::TtyInput { .. }
            | Event::OomKill { .. }
            | Event::Refused { .. }
            | Event::Halt { .. } => return,
        };
        self.mark(cpu, Mark::new(record.at_ns, kind, who));
    }

    /// Cuts everything after the present of `machine`.
    pub fn cut_at(&mut self, machine: &Machine) {
        let now_ns = machine.now_ns();
        for track in &mut self.tracks {
            track.cut_at(now_ns);
        }
        self.recall_names(machine);
        // Marks of this very moment may belong to ticks that are undone.
        self.look_at(machine);
    }

    /// Lanes between two moments, of the CPUs that were there at some time between them. `end_ns` is the end of the session. At most about `max_spans`
    /// spans per lane: what is shorter than its share is merged with what surrounds it.
    pub fn lanes(&self, from_ns: u64, to_ns: u64, end_ns: u64, max_spans: usize) -> Vec<Lane> {
        let to_ns = to_ns.min(end_ns);
        let length_ns = to_ns.saturating_sub(from_ns);
        let grain_ns = length_ns.div_ceil(max_spans.max(1) as u64);
        (0..)
            .zip(&self.tracks)
            .map(|(cpu, track)| {
                let spans = track.spans(from_ns, to_ns, grain_ns).into_iter();
                let spans = spans.map(|(mark, to_ns)| self.span(mark, to_ns)).collect();
                Lane { cpu, spans }
            })
            .filter(|lane: &Lane| lane.spans.iter().any(|s| s.what != SpanKind::Offline))
            .collect()
    }

    /// Estimated bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.marks() * size_of::<Mark>() * 5 / 4
            + self.who.len() * (size_of::<Who>() + 32)
            + self.names.len() * 4
    }

    fn marks(&self) -> usize {
        self.tracks.iter().map(Track::len).sum()
    }

    fn span(&self, mark: Mark, to_ns: u64) -> Span {
        let who = self
            .who
            .get(mark.who() as usize)
            .filter(|_| mark.who() != NOBODY);
        Span {
            from_ns: mark.from_ns,
            to_ns,
            what: mark.kind(),
            task: who.map(|who| who.task.as_u64()),
            pid: who.map_or(0, |who| who.pid),
            comm: who.map_or_else(|| "".into(), |who| who.comm.clone()),
        }
    }

    fn mark(&mut self, cpu: usize, mark: Mark) {
        if let Some(track) = self.tracks.get_mut(cpu) {
            track.push(mark);
        }
        if self.marks() > MARKS_MAX {
            self.thin();
        }
    }

    /// Halves the memory at least, by merging short spans of the past.
    fn thin(&mut self) {
        while self.marks() > MARKS_MAX / 2 {
            self.grain_ns = (self.grain_ns * 2).max(1_000);
            for track in &mut self.tracks {
                track.thin(self.grain_ns);
            }
        }
    }

    fn now(&self, cpu: CpuId) -> Option<Mark> {
        self.tracks.get(usize::from(cpu.0))?.last()
    }

    fn comm_now(&self, cpu: CpuId) -> Rc<str> {
        let who = self
            .now(cpu)
            .and_then(|mark| self.who.get(mark.who() as usize));
        who.map_or_else(|| "".into(), |who| who.comm.clone())
    }

    fn who_of(&self, task: TaskId) -> Option<&Who> {
        let at = *self.names.get(task.index() as usize)?;
        self.who.get(at as usize).filter(|who| who.task == task)
    }

    /// The present name of a task; from the machine, if no event has told it.
    fn who_is(&mut self, task: TaskId, machine: &Machine) -> u32 {
        if self.who_of(task).is_some() {
            return self
                .names
                .get(task.index() as usize)
                .copied()
                .unwrap_or(NOBODY);
        }
        let (pid, comm) = match machine.kernel.tasks.get(task) {
            Some(found) => (machine.kernel.first_number(task), found.comm.clone()),
            None => (0, "".into()),
        };
        self.name(task, pid, comm)
    }

    /// Names the tasks of a machine as they were named when they were last told of: by the end of
    /// what is cut off they may have had other names.
    fn recall_names(&mut self, machine: &Machine) {
        let told = (0..).zip(self.who.iter());
        let told: Vec<(u32, TaskId)> = told
            .filter(|(_, who)| {
                let task = machine.kernel.tasks.get(who.task);
                task.is_some_and(|task| task.comm == who.comm)
            })
            .map(|(at, who)| (at, who.task))
            .collect();
        for (who, task) in told {
            self.set_name(task, who);
        }
        for (id, task) in machine.kernel.tasks.iter() {
            self.name(id, machine.kernel.first_number(id), task.comm.clone());
        }
    }

    fn name(&mut self, task: TaskId, pid: i32, comm: Rc<str>) -> u32 {
        let at = task.index() as usize;
        if let Some(known) = self.who_of(task)
            && (known.pid, &known.comm) == (pid, &comm)
        {
            return self.names.get(at).copied().unwrap_or(NOBODY);
        }
        let who = self.who.len() as u32;
        self.who.push(Who { task, pid, comm });
        self.set_name(task, who);
        who
    }

    fn set_name(&mut self, task: TaskId, who: u32) {
        let at = task.index() as usize;
        while self.names.len() <= at {
            self.names.push(NOBODY);
        }
        if let Some(name) = self.names.get_mut(at) {
            *name = who;
        }
    }
}
