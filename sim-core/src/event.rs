//! Everything that can happen in the machine, and where it is told.

use crate::hw::{CpuId, FaultAccess, Pfn, TtyId};
use crate::kernel::rule::Checks;
use crate::kernel::{BlockReason, Errno, FaultOutcome, NsKind, Signal, Syscall, TaskId};
use std::rc::Rc;

/// What happened. Events explain; they are never needed to draw a right picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A task trapped from ring 3 into the kernel with a system call.
    SyscallEnter {
        task: TaskId,
        call: Rc<Syscall>,
    },
    /// The handler has answered; `result` is the return value or the errno.
    SyscallExit {
        task: TaskId,
        nr: u16,
        result: Result<i64, Errno>,
    },
    /// Back from ring 0 to ring 3, after a system call, a fault, an interrupt or a switch.
    ReturnToUser {
        task: TaskId,
    },
    /// The handler cannot answer yet; the task sleeps.
    SyscallBlock {
        task: TaskId,
        on: BlockReason,
    },
    /// The scheduler gave a CPU to another task, or to none.
    Switch {
        from: Option<TaskId>,
        to: Option<TaskId>,
    },
    /// A sleeping task became runnable.
    Wake {
        task: TaskId,
    },
    Fork {
        parent: TaskId,
        child: TaskId,
        /// The child's number in the first PID namespace.
        pid: i32,
    },
    Exec {
        task: TaskId,
        path: String,
    },
    Exit {
        task: TaskId,
        status: i32,
    },
    /// A zombie was waited for and is gone.
    Reap {
        task: TaskId,
    },
    /// The MMU refused a translation and the kernel dealt with it.
    PageFault {
        task: TaskId,
        addr: u64,
        access: FaultAccess,
        outcome: FaultOutcome,
    },
    /// The word at the instruction pointer was not an instruction.
    IllegalInstruction {
        task: TaskId,
        ip: u64,
    },
    /// A signal became pending.
    SignalSend {
        task: TaskId,
        signal: Signal,
    },
    /// The task's handler for a signal runs.
    SignalHandle {
        task: TaskId,
        signal: Signal,
    },
    /// A signal was acted upon.
    SignalDeliver {
        task: TaskId,
        signal: Signal,
    },
    Interrupt {
        source: InterruptSource,
    },
    /// Few frames were free: a page of this task went to a slot of the swap area.
    SwapOut {
        task: TaskId,
        addr: u64,
        slot: u64,
        pfn: Pfn,
    },
    /// The disk was asked for a slot of the swap area: a major fault.
    SwapIn {
        task: TaskId,
        slot: u64,
        pfn: Pfn,
    },
    /// Few frames were free: pages of files that the disk still has were dropped.
    CacheDrop {
        pages: u64,
    },
    FrameAlloc {
        pfn: Pfn,
    },
    FrameFree {
        pfn: Pfn,
    },
    NamespaceNew {
        kind: NsKind,
        id: u64,
    },
    TtyOutput {
        tty: TtyId,
        bytes: u32,
    },
    TtyInput {
        tty: TtyId,
        bytes: u32,
    },
    /// Memory ran out; this task was chosen.
    OomKill {
        victim: TaskId,
        rss_pages: u64,
    },
    /// A CPU began, or was taken out, while the machine ran.
    CpuPlugged {
        cpu: CpuId,
    },
    CpuUnplugged {
        cpu: CpuId,
    },
    /// A command could not be done.
    Refused {
        why: Refusal,
    },
    /// An invariant does not hold. Nothing moves any more.
    Halt {
        invariant: String,
    },
}

/// Which device interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InterruptSource {
    /// The local timer of the CPU: a slice may be over, sleepers may be due.
    Timer,
    Keyboard,
    /// Another CPU: the scheduler is to be called (RESCHEDULE_VECTOR).
    Reschedule,
}

/// Why a command did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    NoSuchTerminal,
    NoSuchProcess,
    /// Neither there, nor the next one, nor one that was taken out.
    NoSuchCpu,
    /// To be plugged in, but it is in.
    CpuIsIn,
    /// To be taken out, but it is out.
    CpuIsOut,
    /// CPU 0 takes the interrupts and stays.
    FirstCpu,
    /// The machine has halted.
    Halted,
}

/// An event with its place in time. Events with the same `tick` share the state after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// Simulated nanoseconds since boot.
    pub at_ns: u64,
    /// Ticks since boot.
    pub tick: u64,
    pub cpu: CpuId,
    pub event: Event,
}

/// Where events go. One value is reused from command to command.
#[derive(Clone, Debug)]
pub enum Sink {
    /// Nowhere: the machine runs at full speed.
    Null,
    /// The last `capacity` events.
    Ring {
        records: std::collections::VecDeque<Record>,
        capacity: usize,
    },
    /// All of them.
    Full(Vec<Record>),
    /// All of them, and every check that was made: a tick is replayed to be explained.
    Explain {
        records: Vec<Record>,
        checks: Checks,
    },
}

impl Sink {
    /// A sink that keeps the last `capacity` events.
    pub fn ring(capacity: usize) -> Self {
        Sink::Ring {
            records: std::collections::VecDeque::with_capacity(capacity),
            capacity,
        }
    }

    /// A sink that keeps everything.
    pub fn full() -> Self {
        Sink::Full(Vec::new())
    }

    /// A sink that keeps everything, and the checks.
    pub fn explain() -> Self {
        Sink::Explain {
            records: Vec::new(),
            checks: Checks::default(),
        }
    }

    /// Where checks are recorded, if they are.
    #[inline]
    pub fn checks(&self) -> Option<&Checks> {
        match self {
            Sink::Explain { checks, .. } => Some(checks),
            Sink::Null | Sink::Ring { .. } | Sink::Full(_) => None,
        }
    }

    // Those that happen all the time have functions of their own, which get what they say in
    // registers and make the record where it is kept. A record made elsewhere and copied cost more
    // than the call that it told of.

    #[inline(never)]
    pub fn entered(&mut self, at_ns: u64, tick: u64, cpu: CpuId, task: TaskId, call: Rc<Syscall>) {
        let event = Event::SyscallEnter { task, call };
        self.push(Record {
            at_ns,
            tick,
            cpu,
            event,
        });
    }

    /// Back in ring 3, and in the kernel again with the next call. `at` are the times and ticks of
    /// the two.
    #[inline(never)]
    pub fn came_again(&mut self, at: [(u64, u64); 2], cpu: CpuId, task: TaskId, call: Rc<Syscall>) {
        let [(at_ns, tick), (then_ns, then)] = at;
        self.returned(at_ns, tick, cpu, task);
        self.entered(then_ns, then, cpu, task, call);
    }

    #[inline(never)]
    pub fn answered(
        &mut self,
        at_ns: u64,
        tick: u64,
        cpu: CpuId,
        task: TaskId,
        nr: u16,
        result: Result<i64, Errno>,
    ) {
        let event = Event::SyscallExit { task, nr, result };
        self.push(Record {
            at_ns,
            tick,
            cpu,
            event,
        });
    }

    #[inline(never)]
    pub fn returned(&mut self, at_ns: u64, tick: u64, cpu: CpuId, task: TaskId) {
        let event = Event::ReturnToUser { task };
        self.push(Record {
            at_ns,
            tick,
            cpu,
            event,
        });
    }

    #[inline(always)]
    pub fn push(&mut self, record: Record) {
        match self {
            Sink::Null => {}
            Sink::Ring { records, capacity } => {
                if records.len() >= *capacity {
                    records.pop_front();
                }
                records.push_back(record);
            }
            Sink::Full(records) | Sink::Explain { records, .. } => records.push(record),
        }
    }

    /// Whether anybody listens; events need not be made for the null sink.
    #[inline]
    pub fn listens(&self) -> bool {
        !matches!(self, Sink::Null)
    }
}
