//! The files of a group: which there are, and what they say.

use super::{Cgroup, CgroupId, Controllers, Freeze, Hierarchy, Layout, Presence};
use crate::hw::PAGE_BYTES;
use crate::kernel::{Ctx, Errno, Kernel, TaskId};
use crate::store::sorted;
use std::fmt::Write;

macro_rules! files {
    ($($variant:ident = $name:literal, $mode:literal;)*) => {
        /// A file in a group's directory.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CgroupFile { $($variant),* }

        impl CgroupFile {
            pub const ALL: &'static [CgroupFile] = &[$(CgroupFile::$variant),*];
            pub fn name(self) -> &'static str {
                match self { $(CgroupFile::$variant => $name),* }
            }
            /// Its mode before anybody changes it.
            pub fn mode(self) -> u16 {
                match self { $(CgroupFile::$variant => $mode),* }
            }
        }
    };
}

files! {
    Procs = "cgroup.procs", 0o644;
    // Version 2.
    Controllers = "cgroup.controllers", 0o444;
    Events = "cgroup.events", 0o444;
    Freeze = "cgroup.freeze", 0o644;
    Kill = "cgroup.kill", 0o200;
    MaxDepth = "cgroup.max.depth", 0o644;
    MaxDescendants = "cgroup.max.descendants", 0o644;
    Pressure = "cgroup.pressure", 0o644;
    Stat = "cgroup.stat", 0o444;
    StatLocal = "cgroup.stat.local", 0o444;
    SubtreeControl = "cgroup.subtree_control", 0o644;
    Threads = "cgroup.threads", 0o644;
    Type = "cgroup.type", 0o644;
    CpuPressure = "cpu.pressure", 0o644;
    CpuStat = "cpu.stat", 0o444;
    CpuStatLocal = "cpu.stat.local", 0o444;
    CpuMax = "cpu.max", 0o644;
    CpuWeight = "cpu.weight", 0o644;
    CpuWeightNice = "cpu.weight.nice", 0o644;
    IoPressure = "io.pressure", 0o644;
    MemoryPressure = "memory.pressure", 0o644;
    MemoryCurrent = "memory.current", 0o444;
    MemoryEvents = "memory.events", 0o444;
    MemoryMax = "memory.max", 0o644;
    MemoryPeak = "memory.peak", 0o444;
    // Both.
    PidsCurrent = "pids.current", 0o444;
    PidsEvents = "pids.events", 0o444;
    PidsMax = "pids.max", 0o644;
    PidsPeak = "pids.peak", 0o444;
    // Version 1.
    CloneChildren = "cgroup.clone_children", 0o644;
    SaneBehavior = "cgroup.sane_behavior", 0o444;
    NotifyOnRelease = "notify_on_release", 0o644;
    ReleaseAgent = "release_agent", 0o644;
    Tasks = "tasks", 0o644;
    MemoryFailcnt = "memory.failcnt", 0o644;
    MemoryLimit = "memory.limit_in_bytes", 0o644;
    MemoryMaxUsage = "memory.max_usage_in_bytes", 0o644;
    MemoryOomControl = "memory.oom_control", 0o644;
    MemoryUsage = "memory.usage_in_bytes", 0o444;
}

use CgroupFile as F;

const CORE: &[F] = &[
    F::Controllers,
    F::MaxDepth,
    F::MaxDescendants,
    F::Pressure,
    F::Procs,
    F::Stat,
    F::SubtreeControl,
    F::Threads,
    F::CpuPressure,
    F::CpuStat,
    F::CpuStatLocal,
    F::IoPressure,
    F::MemoryPressure,
];
const CORE_BELOW_ROOT: &[F] = &[F::Events, F::Freeze, F::Kill, F::StatLocal, F::Type];
const V1: &[F] = &[F::CloneChildren, F::Procs, F::NotifyOnRelease, F::Tasks];
const V1_ROOT: &[F] = &[F::SaneBehavior, F::ReleaseAgent];
const PIDS: &[F] = &[F::PidsCurrent, F::PidsEvents, F::PidsMax, F::PidsPeak];
const CPU: &[F] = &[F::CpuMax, F::CpuWeight, F::CpuWeightNice];
const MEMORY: &[F] = &[
    F::MemoryCurrent,
    F::MemoryEvents,
    F::MemoryMax,
    F::MemoryPeak,
];
const MEMORY_V1: &[F] = &[
    F::MemoryFailcnt,
    F::MemoryLimit,
    F::MemoryMaxUsage,
    F::MemoryOomControl,
    F::MemoryUsage,
];

/// The files that a group has.
pub fn files_of(k: &Kernel, id: CgroupId) -> Vec<CgroupFile> {
    let Some(group) = k.cgroups.get(id) else {
        return Vec::new();
    };
    let is_root = group.parent.is_none();
    let mut lists: Vec<&[F]> = Vec::new();
    match group.hierarchy {
        Hierarchy::V2 => {
            lists.push(CORE);
            if !is_root {
                lists.push(CORE_BELOW_ROOT);
                let own = k.cgroups.controllers(id);
                for (one, files) in [
                    (Controllers::CPU, CPU),
                    (Controllers::MEMORY, MEMORY),
                    (Controllers::PIDS, PIDS),
                ] {
                    if own.has(one) {
                        lists.push(files);
                    }
                }
            }
        }
        Hierarchy::Pids => lists.extend([V1, if is_root { V1_ROOT } else { PIDS }]),
        Hierarchy::Memory => {
            lists.extend([V1, MEMORY_V1]);
            if is_root {
                lists.push(V1_ROOT);
            }
        }
    }
    lists.into_iter().flatten().copied().collect()
}

fn limit(value: Option<impl std::fmt::Display>) -> String {
    value.map_or("max\n".into(), |value| format!("{value}\n"))
}

/// What version 1 says for "no limit": the largest number of whole pages.
const NO_LIMIT: u64 = i64::MAX as u64 / PAGE_BYTES as u64 * PAGE_BYTES as u64;

/// What a file says.
///
/// # Errors
/// ENODEV for a removed group, EINVAL for what can only be written, EOPNOTSUPP for pressure,
/// which this kernel does not measure.
pub fn text(cx: &Ctx<'_>, id: CgroupId, file: CgroupFile) -> Result<String, Errno> {
    let k = &cx.k;
    let group = k.cgroups.get(id).ok_or(lost!(ENODEV))?;
    forbid!(cx.why, CgroupPresent, if group.presence == Presence::Removed)?;
    let bytes = |pages: u64| format!("{}\n", pages * PAGE_BYTES as u64);
    Ok(match file {
        F::Procs => {
            forbid!(cx.why, CgroupThreadedFile, if k.cgroups.is_threaded(id))?;
            members(cx, group, k.domain_members(id))?
        }
        F::Threads | F::Tasks => members(cx, group, k.cgroup_members(id))?,
        F::Controllers => k.cgroups.controllers(id).text(),
        F::SubtreeControl => group.subtree_control.text(),
        F::Events => {
            let populated = u8::from(k.cgroups.is_populated(id));
            let frozen = u8::from(k.is_frozen(id));
            format!("populated {populated}\nfrozen {frozen}\n")
        }
        F::Freeze => format!("{}\n", u8::from(group.freeze == Freeze::Yes)),
        F::Kill => return Err(refuse!(cx.why, CgroupWriteOnly)),
        F::MaxDepth => limit(group.max_depth),
        F::MaxDescendants => limit(group.max_descendants),
        F::Stat => stat(k, id),
        F::StatLocal => "frozen_usec 0\n".into(),
        F::Type => k.cgroups.type_text(id).into(),
        F::Pressure | F::CpuPressure | F::IoPressure | F::MemoryPressure => {
            return Err(refuse!(cx.why, CgroupFileModelled));
        }
        F::CpuStat => super::cpu::stat(k, id),
        F::CpuStatLocal => super::cpu::stat_local(cx, id),
        F::CpuMax => group.cpu.max_text(),
        F::CpuWeight => format!("{}\n", group.cpu.weight()),
        F::CpuWeightNice => format!("{}\n", group.cpu.nice()),
        F::MemoryCurrent | F::MemoryUsage => bytes(group.memory.current),
        F::MemoryPeak | F::MemoryMaxUsage => bytes(group.memory.peak),
        F::MemoryMax => limit(group.memory.max_bytes()),
        F::MemoryLimit => format!("{}\n", group.memory.max_bytes().unwrap_or(NO_LIMIT)),
        F::MemoryFailcnt => format!("{}\n", group.memory.at_max),
        F::MemoryEvents => format!(
            "low 0\nhigh 0\nmax {}\noom {}\noom_kill {}\noom_group_kill 0\nsock_throttled 0\n",
            group.memory.at_max, group.memory.oom, group.memory.oom_kill
        ),
        F::MemoryOomControl => format!(
            "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n",
            group.memory.oom_kill
        ),
        F::PidsCurrent => format!("{}\n", group.pids.current),
        F::PidsPeak => format!("{}\n", group.pids.peak),
        F::PidsMax => limit(group.pids.max),
        F::PidsEvents => format!("max {}\n", group.pids.refused),
        F::CloneChildren => format!("{}\n", u8::from(group.clones)),
        F::NotifyOnRelease => format!("{}\n", u8::from(group.notifies)),
        F::SaneBehavior => "0\n".into(),
        F::ReleaseAgent => "\n".into(),
    })
}

/// Numbers as the reader's PID namespace has them. Version 2 shows 0 for those outside, version 1
/// sorts and leaves them out.
fn members(cx: &Ctx<'_>, group: &Cgroup, all: Vec<TaskId>) -> Result<String, Errno> {
    let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
    let number = |id| cx.k.group_number(cx.k.pid_of(id)?, ns).into();
    let mut numbers: Vec<i32> = all.into_iter().filter_map(number).collect();
    if group.hierarchy != Hierarchy::V2 {
        numbers.retain(|nr| *nr > 0);
        numbers = sorted(numbers);
    }
    let mut text = String::new();
    for nr in numbers {
        let _ = writeln!(text, "{nr}");
    }
    Ok(text)
}

fn stat(k: &Kernel, id: CgroupId) -> String {
    let below = k.cgroups.subtree(id).len() - 1;
    match k.cgroups.layout {
        Layout::Unified => format!("nr_descendants {below}\nnr_dying_descendants 0\n"),
        // Controllers that are on version 2 by themselves are counted too.
        Layout::Hybrid => format!(
            "nr_descendants {below}\nnr_subsys_perf_event {}\nnr_subsys_hugetlb 0\n\
             nr_dying_descendants 0\nnr_dying_subsys_perf_event 0\nnr_dying_subsys_hugetlb 0\n",
            below + 1
        ),
    }
}
