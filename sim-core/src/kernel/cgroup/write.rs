//! What is written to the files of a group.

use super::attach::{Opener, attach};
use super::files::CgroupFile as F;
use super::{CgroupFile, CgroupId, Controllers, Freeze, Hierarchy, Presence};
use crate::hw::PAGE_BYTES;
use crate::kernel::rule::Why;
use crate::kernel::{Ctx, Errno, NsId, Signal};

/// kstrtoint: a whole decimal, octal or hexadecimal number.
pub(super) fn number(why: &Why, text: &str) -> Result<i32, Errno> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.strip_prefix("0x") {
        Some(rest) => (16, rest),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    forbid!(why, CgroupNumber, if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)))?;
    let value = i64::from_str_radix(digits, radix).map_err(|_| refuse!(why, CgroupNumberRange))?;
    i32::try_from(sign * value).map_err(|_| refuse!(why, CgroupNumberRange))
}

/// kstrtoull.
pub(super) fn unsigned(why: &Why, text: &str) -> Result<u64, Errno> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let (radix, digits) = match digits.strip_prefix("0x") {
        Some(rest) => (16, rest),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    forbid!(why, CgroupNumber, if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)))?;
    u64::from_str_radix(digits, radix).map_err(|_| refuse!(why, CgroupNumberRange))
}

/// kstrtoll.
pub(super) fn signed(why: &Why, text: &str) -> Result<i64, Errno> {
    match text.strip_prefix('-') {
        Some(rest) if rest.starts_with('+') => Err(refuse!(why, CgroupNumber)),
        Some(rest) => {
            let value =
                i64::try_from(unsigned(why, rest)?).map_err(|_| refuse!(why, CgroupNumberRange))?;
            Ok(-value)
        }
        None => i64::try_from(unsigned(why, text)?).map_err(|_| refuse!(why, CgroupNumberRange)),
    }
}

/// `max`, or a number that is not negative.
fn limit(why: &Why, text: &str) -> Result<Option<u32>, Errno> {
    match text {
        "max" => Ok(None),
        // The largest number is no limit.
        _ => u32::try_from(number(why, text)?)
            .map(|max| Some(max).filter(|max| *max < i32::MAX as u32))
            .map_err(|_| refuse!(why, CgroupNumberRange)),
    }
}

/// Bytes with a suffix, as pages; `none` is no limit (page_counter_memparse).
fn pages(why: &Why, text: &str, none: &str) -> Result<Option<u64>, Errno> {
    if text == none {
        return Ok(None);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text.get(digits.len()..).unwrap_or_default() {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        _ => return Err(refuse!(why, CgroupBytes)),
    };
    let bytes: u64 = digits.parse().map_err(|_| refuse!(why, CgroupBytes))?;
    let bytes = bytes.checked_shl(shift).unwrap_or(u64::MAX);
    let count = bytes / PAGE_BYTES as u64;
    Ok((count < i64::MAX as u64 / PAGE_BYTES as u64).then_some(count))
}

/// Writes to a file of a group; `opener_ns` is the cgroup namespace in which it was opened.
///
/// # Errors
/// ENODEV for a removed group, EINVAL and ERANGE for values, and those of the file.
pub fn write(
    cx: &mut Ctx<'_>,
    id: CgroupId,
    file: CgroupFile,
    bytes: &[u8],
    opener_ns: NsId,
) -> Result<(), Errno> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| refuse!(cx.why, CgroupText))?
        .trim();
    let group = cx.k.cgroups.get(id).ok_or(lost!(ENODEV))?;
    forbid!(cx.why, CgroupPresent, if group.presence == Presence::Removed)?;
    let (hierarchy, used) = (group.hierarchy, group.memory.current);
    match file {
        F::Procs | F::Tasks | F::Threads => {
            attach(cx, id, text, Opener { ns: opener_ns }, file)?;
        }
        F::Freeze => {
            let freeze = match number(&cx.why, text)? {
                0 => Freeze::No,
                1 => Freeze::Yes,
                _ => return Err(refuse!(cx.why, CgroupFreezeRange)),
            };
            if let Some(group) = cx.k.cgroups.table.get_mut(id) {
                group.freeze = freeze;
            }
            cx.freeze_members(id);
        }
        F::Kill => {
            forbid!(cx.why, CgroupKillValue, if number(&cx.why, text)? != 1)?;
            forbid!(cx.why, CgroupThreadedFile, if cx.k.cgroups.is_threaded(id))?;
            for group in cx.k.cgroups.subtree(id) {
                for task in cx.k.cgroup_members(group) {
                    cx.send_signal(task, Signal::SIGKILL);
                }
            }
        }
        F::MaxDepth | F::MaxDescendants => {
            let value = limit(&cx.why, text)?;
            if let Some(group) = cx.k.cgroups.table.get_mut(id) {
                match file {
                    F::MaxDepth => group.max_depth = value,
                    _ => group.max_descendants = value,
                }
            }
        }
        F::SubtreeControl => subtree_control(cx, id, text)?,
        F::Type if text == "threaded" => cx.enable_threaded(id)?,
        F::Pressure | F::CpuPressure | F::IoPressure | F::MemoryPressure => {
            return Err(refuse!(cx.why, CgroupFileModelled));
        }
        F::CpuMax => super::cpu::set_max(cx, id, text)?,
        F::CpuWeight => super::cpu::set_weight(cx, id, text)?,
        F::CpuWeightNice => super::cpu::set_nice(cx, id, text)?,
        F::PidsMax => {
            let max = match text {
                "max" => None,
                // PIDS_MAX is more than there can be numbers.
                _ => {
                    let max = signed(&cx.why, text)?;
                    forbid!(cx.why, CgroupPidsValue, max, if !(0..=4_194_304).contains(&max))?;
                    Some(max as u64)
                }
            };
            if let Some(group) = cx.k.cgroups.table.get_mut(id) {
                group.pids.max = max;
            }
        }
        F::MemoryMax | F::MemoryLimit => {
            let none = if hierarchy == Hierarchy::V2 {
                "max"
            } else {
                "-1"
            };
            let max = pages(&cx.why, text, none)?;
            // Nothing can be swapped out: version 1 refuses, version 2 kills later.
            forbid!(cx.why, CgroupV1MemoryInUse, used, if hierarchy != Hierarchy::V2 && max.is_some_and(|max| used > max))?;
            if let Some(group) = cx.k.cgroups.table.get_mut(id) {
                // A root shows no limit.
                if group.parent.is_none() {
                    return Err(lost!(EINVAL));
                }
                group.memory.max = max;
            }
        }
        F::MemoryFailcnt | F::MemoryMaxUsage => {
            if let Some(group) = cx.k.cgroups.table.get_mut(id) {
                match file {
                    F::MemoryFailcnt => group.memory.at_max = 0,
                    _ => group.memory.peak = group.memory.current,
                }
            }
        }
        // Nobody is told: the program that would be is the host's.
        F::CloneChildren | F::NotifyOnRelease => {
            let value = unsigned(&cx.why, text)? != 0;
            if let Some(group) = cx.k.cgroups.table.get_mut(id) {
                match file {
                    F::CloneChildren => group.clones = value,
                    _ => group.notifies = value,
                }
            }
        }
        F::ReleaseAgent | F::MemoryOomControl => {
            return Err(refuse!(cx.why, CgroupFileModelled));
        }
        F::Type
        | F::Controllers
        | F::Events
        | F::Stat
        | F::StatLocal
        | F::CpuStat
        | F::CpuStatLocal
        | F::MemoryCurrent
        | F::MemoryEvents
        | F::MemoryPeak
        | F::MemoryUsage
        | F::PidsCurrent
        | F::PidsEvents
        | F::PidsPeak
        | F::SaneBehavior => return Err(refuse!(cx.why, CgroupReadOnly)),
    }
    Ok(())
}

/// Names that a kernel of this configuration knows, beside those that are modelled.
const OTHERS: [&str; 4] = ["cpuset", "io", "hugetlb", "perf_event"];

/// cgroup_subtree_control_write.
fn subtree_control(cx: &mut Ctx<'_>, id: CgroupId, text: &str) -> Result<(), Errno> {
    let (mut enable, mut disable): (u8, u8) = (0, 0);
    for token in text.split(' ').filter(|token| !token.is_empty()) {
        let (plus, name) = match (token.strip_prefix('+'), token.strip_prefix('-')) {
            (Some(name), _) => (true, name),
            (None, Some(name)) => (false, name),
            (None, None) => return Err(refuse!(cx.why, CgroupControllerSign)),
        };
        let known = Controllers::NAMES.iter().find(|(_, n)| *n == name);
        let other = OTHERS.iter().position(|other| *other == name);
        // The others are nowhere to be had.
        let bit = match (known, other) {
            (Some((one, _)), _) => one.0,
            (None, Some(at)) => 16 << at,
            (None, None) => return Err(refuse!(cx.why, CgroupControllerExists)),
        };
        if plus {
            enable |= bit;
            disable &= !bit;
        } else {
            disable |= bit;
            enable &= !bit;
        }
    }
    let groups = &cx.k.cgroups;
    let group = groups.get(id).ok_or(lost!(ENODEV))?;
    let own = group.subtree_control.0;
    enable &= !own;
    disable &= own;
    forbid!(cx.why, CgroupControllerAvailable, enable, if enable & !groups.controllers(id).0 != 0)?;
    let below = group.children.iter().filter_map(|child| groups.get(*child));
    forbid!(cx.why, CgroupControllerInUse, disable, if below
        .into_iter()
        .any(|c| c.subtree_control.0 & disable != 0))?;
    cx.may_enable(id, Controllers(enable))?;
    let children = group.children.clone();
    if let Some(group) = cx.k.cgroups.table.get_mut(id) {
        group.subtree_control = Controllers(own & !disable | enable);
    }
    if (enable | disable) & Controllers::CPU.0 != 0 {
        super::cpu::switched(cx, id);
    }
    // What a child may no longer control has no limit there any more.
    for child in children {
        if let Some(child) = cx.k.cgroups.table.get_mut(child) {
            if disable & Controllers::PIDS.0 != 0 {
                child.pids.max = None;
            }
            if disable & Controllers::MEMORY.0 != 0 {
                child.memory.max = None;
            }
        }
    }
    Ok(())
}
