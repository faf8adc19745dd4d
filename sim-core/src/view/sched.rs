//! The run queues, and what those who are in none wait for.

use super::tasks::first_pid_of;
use crate::Machine;
use crate::hw::CpuId;
use crate::kernel::cgroup::path_from;
use crate::kernel::sched::{Phase, SchedEntity, Who};
use crate::kernel::task::{BlockReason, RunState};
use crate::kernel::{Kernel, TaskId};
use crate::store::sorted_by_key;

/// A task that runs or could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedTask {
    /// Stable id.
    pub task: u64,
    /// PID in the first PID namespace.
    pub pid: i32,
    pub comm: String,
    pub weight: u32,
    pub vruntime_ns: u64,
    /// Virtual time that it is owed: the queue's average less its own. Not less than 0 is
    /// eligible.
    pub lag_ns: i64,
    /// Virtual deadline; among the eligible the earliest runs.
    pub deadline_ns: u64,
    /// CPU time until its slice is used up.
    pub slice_left_ns: u64,
    pub cpu_time_ns: u64,
    /// Its group with the cpu controller, as a path; empty for the root. Weight and virtual times
    /// count among the tasks of that group.
    pub group: String,
}

impl QueuedTask {
    /// Whether it may be chosen: it has not had more than its share.
    pub fn is_eligible(&self) -> bool {
        self.lag_ns >= 0
    }
}

/// One CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuQueue {
    pub cpu: u8,
    pub current: Option<QueuedTask>,
    /// Of each group, in the order in which they would be chosen now: the eligible by deadline,
    /// then the others.
    pub waiting: Vec<QueuedTask>,
}

/// What a sleeper waits for, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    Key,
    Timer {
        until_ns: u64,
    },
    Child,
    Pipe,
    Network,
    Message,
    Signal,
    Memory,
    Disk,
    /// SIGCONT, or to be thawed.
    Resume,
}

/// A task that does not want a CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sleeper {
    pub task: u64,
    pub pid: i32,
    pub comm: String,
    pub wait: WaitFor,
    pub cpu_time_ns: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedView {
    pub cpus: Vec<CpuQueue>,
    /// By PID; without zombies.
    pub sleepers: Vec<Sleeper>,
}

/// Who runs, who waits for a CPU, and who for something else.
pub fn run_queues(machine: &Machine) -> SchedView {
    let k = &machine.kernel;
    let cpus = (0..).zip(&k.sched.cpus);
    let cpus = cpus.filter(|(_, cpu)| cpu.phase != Phase::Offline);
    let cpus = cpus.map(|(id, cpu)| {
        let running = cpu.current.and_then(|id| k.tasks.get(id));
        let running = running.filter(|task| task.state == RunState::Running);
        let mut waiting = Vec::new();
        for (level, queue) in cpu.levels() {
            let average_ns = queue.average(k.running_at(CpuId(id), level).as_ref());
            let tasks = queue.iter().filter_map(|who| match who {
                Who::Task(id) => queued(k, id, average_ns),
                Who::Group(_) => None,
            });
            // A queue is sorted by deadline.
            waiting.extend(sorted_by_key(tasks, |task| !task.is_eligible()));
        }
        let current = running.and(cpu.current).and_then(|task| {
            let level = k.sched_level(task);
            let average_ns = cpu
                .queue_at(level)?
                .average(k.running_at(CpuId(id), level).as_ref());
            queued(k, task, average_ns)
        });
        CpuQueue {
            cpu: id,
            current,
            waiting,
        }
    });
    let sleepers = k.tasks.iter().filter_map(|(id, _)| sleeper(k, id));
    SchedView {
        cpus: cpus.collect(),
        sleepers: sorted_by_key(sleepers, |task| task.pid),
    }
}

fn queued(k: &Kernel, id: TaskId, average_ns: u64) -> Option<QueuedTask> {
    let task = k.tasks.get(id)?;
    let entity: &SchedEntity = &task.sched;
    Some(QueuedTask {
        task: id.as_u64(),
        pid: first_pid_of(k, task),
        comm: task.comm.to_string(),
        weight: entity.weight,
        vruntime_ns: entity.vruntime,
        lag_ns: average_ns.wrapping_sub(entity.vruntime) as i64,
        deadline_ns: entity.deadline,
        slice_left_ns: entity.slice_left_ns(),
        cpu_time_ns: task.utime_ns + task.stime_ns,
        group: task.sched_group.map_or(String::new(), |id| {
            path_from(&k.cgroups, k.cgroups.roots.v2, id)
        }),
    })
}

fn sleeper(k: &Kernel, id: TaskId) -> Option<Sleeper> {
    let task = k.tasks.get(id)?;
    let wait = match task.state {
        RunState::Runnable | RunState::Running | RunState::Zombie => return None,
        RunState::Stopped => WaitFor::Resume,
        RunState::Blocked(reason) => match reason {
            BlockReason::Child(_) | BlockReason::Vfork(_) | BlockReason::PidNsEmpty => {
                WaitFor::Child
            }
            BlockReason::Sleep { until_ns } => WaitFor::Timer { until_ns },
            BlockReason::Signal => WaitFor::Signal,
            BlockReason::PipeRead(_) | BlockReason::PipeWrite(_) | BlockReason::FifoOpen(_) => {
                WaitFor::Pipe
            }
            BlockReason::SocketConnection(_)
            | BlockReason::SocketData(_)
            | BlockReason::SocketRoom(_) => WaitFor::Network,
            BlockReason::MsgSend { .. } | BlockReason::MsgReceive { .. } => WaitFor::Message,
            BlockReason::Tty(_) => WaitFor::Key,
            BlockReason::Frozen => WaitFor::Resume,
            BlockReason::Memory => WaitFor::Memory,
            BlockReason::Disk { .. } => WaitFor::Disk,
        },
    };
    Some(Sleeper {
        task: id.as_u64(),
        pid: first_pid_of(k, task),
        comm: task.comm.to_string(),
        wait,
        cpu_time_ns: task.utime_ns + task.stime_ns,
    })
}
