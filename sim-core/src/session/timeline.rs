//! Who had which CPU when: one lane per CPU, from the events as they come.

use crate::Machine;
use crate::event::{Event, Record};
use crate::hw::CpuId;
use crate::kernel::TaskId;
use crate::kernel::sched::Phase;
use crate::kernel::task::ActiveCall;
use crate::store::CowVec;
use std::rc::Rc;

/// What a CPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    Idle,
    /// In ring 3.
    User,
    /// In ring 0, for a task or an interrupt.
    Kernel,
}

/// A stretch of one lane. Spans of a lane touch and do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub from_ns: u64,
    pub to_ns: u64,
    pub what: SpanKind,
    /// Stable id; `None` when idle.
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

/// The start of a span; it lasts until the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    from_ns: u64,
    /// Place in `who`, with the kind in the two lowest bits.
    what: u32,
}

impl Mark {
    fn new(from_ns: u64, kind: SpanKind, who: u32) -> Self {
        Self {
            from_ns,
            what: who << 2 | kind as u32,
        }
    }

    fn kind(self) -> SpanKind {
        match self.what & 3 {
            0 => SpanKind::Idle,
            1 => SpanKind::User,
            _ => SpanKind::Kernel,
        }
    }

    fn who(self) -> u32 {
        self.what >> 2
    }
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
/// `who` of nobody.
const NOBODY: u32 = 0;
/// Marks on all lanes before old ones are thinned: 16 bytes each.
const MARKS_MAX: usize = 1 << 20;

/// The whole history of all CPUs. Clones share what both have.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    lanes: Vec<CowVec<Mark>>,
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
            lanes: vec![CowVec::default(); machine.kernel.sched.cpus.len()],
            who,
            names: CowVec::default(),
            grain_ns: 0,
        };
        timeline.look_at(machine);
        timeline
    }

    /// Sets every lane to what its CPU is doing: at the start, and where history is cut.
    pub fn look_at(&mut self, machine: &Machine) {
        for cpu in 0..self.lanes.len() {
            let Some(sched) = machine.kernel.sched.cpus.get(cpu) else {
                continue;
            };
            let task = sched.current.and_then(|id| machine.kernel.tasks.get(id));
            let has_begun = |call: &ActiveCall| call.entries > 0;
            let kind = match sched.phase {
                _ if task.is_none() => SpanKind::Idle,
                Phase::Idle => SpanKind::Idle,
                // A trap takes effect with the tick of its handler.
                Phase::User | Phase::Fault(_) => SpanKind::User,
                Phase::Call => match task.and_then(|task| task.call.as_ref()) {
                    Some(call) if has_begun(call) => SpanKind::Kernel,
                    Some(_) | None => SpanKind::User,
                },
                Phase::Return | Phase::Schedule => SpanKind::Kernel,
            };
            let who = match sched.current {
                Some(task) if kind != SpanKind::Idle => self.who_is(task, machine),
                Some(_) | None => NOBODY,
            };
            self.mark(cpu, Mark::new(machine.now_ns(), kind, who));
        }
    }

    /// Follows one event. `machine` is as it was a little later, and names tasks only.
    pub fn hear(&mut self, record: &Record, machine: &Machine) {
        let cpu = usize::from(record.cpu.0);
        let (kind, who) = match &record.event {
            Event::Switch { to: None, .. } => (SpanKind::Idle, NOBODY),
            Event::Switch { to: Some(task), .. } => (SpanKind::Kernel, self.who_is(*task, machine)),
            Event::ReturnToUser { task } => (SpanKind::User, self.who_is(*task, machine)),
            // The step that trapped was in ring 3 until its handler began.
            Event::SyscallExit { .. }
            | Event::SyscallBlock { .. }
            | Event::Exit { .. }
            | Event::PageFault { .. }
            | Event::SignalDeliver { .. }
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
        for lane in &mut self.lanes {
            let keep = lane.partition_point(|mark| mark.from_ns < now_ns);
            lane.truncate(keep);
        }
        self.recall_names(machine);
        // Marks of this very moment may belong to ticks that are undone.
        self.look_at(machine);
    }

    /// Lanes between two moments. `end_ns` is the end of the session. At most about `max_spans`
    /// spans per lane: what is shorter than its share is merged with what surrounds it.
    pub fn lanes(&self, from_ns: u64, to_ns: u64, end_ns: u64, max_spans: usize) -> Vec<Lane> {
        let to_ns = to_ns.min(end_ns);
        let length_ns = to_ns.saturating_sub(from_ns);
        let grain_ns = length_ns.div_ceil(max_spans.max(1) as u64);
        (0..)
            .zip(&self.lanes)
            .map(|(cpu, lane)| {
                let marks = between(lane, from_ns, to_ns);
                let spans = merged(marks, to_ns, grain_ns).into_iter();
                let spans = spans.map(|(mark, to_ns)| self.span(mark, to_ns)).collect();
                Lane { cpu, spans }
            })
            .collect()
    }

    /// Estimated bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.marks() * size_of::<Mark>()
            + self.who.len() * (size_of::<Who>() + 32)
            + self.names.len() * 4
    }

    fn marks(&self) -> usize {
        self.lanes.iter().map(CowVec::len).sum()
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
        let Some(lane) = self.lanes.get_mut(cpu) else {
            return;
        };
        match lane.last_mut() {
            Some(last) if last.what == mark.what => return,
            // A span without length is none.
            Some(last) if last.from_ns >= mark.from_ns => last.what = mark.what,
            Some(_) | None => lane.push(mark),
        }
        if self.marks() > MARKS_MAX {
            self.thin();
        }
    }

    /// Halves the memory at least, by merging short spans of the past.
    fn thin(&mut self) {
        while self.marks() > MARKS_MAX / 2 {
            self.grain_ns = (self.grain_ns * 2).max(1_000);
            for lane in &mut self.lanes {
                let all: Vec<Mark> = lane.iter().copied().collect();
                let end_ns = all.last().map_or(0, |mark| mark.from_ns);
                let mut thinned = CowVec::default();
                for (mark, _) in merged(all.iter().copied(), end_ns, self.grain_ns) {
                    thinned.push(mark);
                }
                if let Some(last) = all.last()
                    && thinned.last() != Some(last)
                {
                    thinned.push(*last);
                }
                *lane = thinned;
            }
        }
    }

    fn now(&self, cpu: CpuId) -> Option<Mark> {
        self.lanes.get(usize::from(cpu.0))?.last().copied()
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

/// The marks that matter between two moments, the first moved up to the start.
fn between(lane: &CowVec<Mark>, from_ns: u64, to_ns: u64) -> impl Iterator<Item = Mark> + '_ {
    let first = lane
        .partition_point(|mark| mark.from_ns <= from_ns)
        .saturating_sub(1);
    let marks = (first..lane.len()).filter_map(|at| lane.get(at).copied());
    marks
        .take_while(move |mark| mark.from_ns < to_ns)
        .map(move |mark| Mark {
            from_ns: mark.from_ns.max(from_ns),
            ..mark
        })
}

/// Spans with their ends, none shorter than `grain_ns` except where a longer one follows: the
/// short ones in a row become one. It shows what took most of its time, and idleness only if
/// that took half.
fn merged(marks: impl Iterator<Item = Mark>, end_ns: u64, grain_ns: u64) -> Vec<(Mark, u64)> {
    let mut marks = marks.peekable();
    let mut spans: Vec<(Mark, u64)> = Vec::new();
    let mut group = Group::default();
    while let Some(mark) = marks.next() {
        let to_ns = marks.peek().map_or(end_ns, |next| next.from_ns);
        let length_ns = to_ns.saturating_sub(mark.from_ns);
        if length_ns >= grain_ns {
            group.flush(&mut spans);
            push_span(&mut spans, mark, to_ns);
        } else {
            group.add(mark, to_ns, length_ns);
            if group.length_ns >= grain_ns {
                group.flush(&mut spans);
            }
        }
    }
    group.flush(&mut spans);
    spans
}

/// Short spans in a row.
#[derive(Default)]
struct Group {
    start: Option<(u64, u64)>,
    length_ns: u64,
    /// Time per kind and task, in order of appearance. Few: a group is about a pixel wide.
    shares: Vec<(u32, u64)>,
}

impl Group {
    fn add(&mut self, mark: Mark, to_ns: u64, length_ns: u64) {
        let from_ns = self.start.map_or(mark.from_ns, |(from_ns, _)| from_ns);
        self.start = Some((from_ns, to_ns));
        self.length_ns += length_ns;
        match self.shares.iter_mut().find(|(what, _)| *what == mark.what) {
            Some((_, share_ns)) => *share_ns += length_ns,
            None => self.shares.push((mark.what, length_ns)),
        }
    }

    fn flush(&mut self, spans: &mut Vec<(Mark, u64)>) {
        let idle = |what: u32| Mark { from_ns: 0, what }.kind() == SpanKind::Idle;
        let most = self
            .shares
            .iter()
            .max_by_key(|(what, share_ns)| match idle(*what) {
                true if *share_ns >= self.length_ns.div_ceil(2) => u64::MAX,
                true => 0,
                false => *share_ns,
            });
        if let (Some((from_ns, to_ns)), Some(&(what, _))) = (self.start, most) {
            push_span(spans, Mark { from_ns, what }, to_ns);
        }
        *self = Self::default();
    }
}

fn push_span(spans: &mut Vec<(Mark, u64)>, mark: Mark, to_ns: u64) {
    match spans.last_mut() {
        Some((last, last_to_ns)) if last.what == mark.what => *last_to_ns = to_ns,
        Some(_) | None => spans.push((mark, to_ns)),
    }
}
