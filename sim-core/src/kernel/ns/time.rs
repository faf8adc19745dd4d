//! Time namespaces (time_namespaces(7)): the offsets of two clocks.

use super::{NsData, NsId, NsProxy};
use crate::kernel::boot::World;
use crate::kernel::syscall::{ClockId, done};
use crate::kernel::task::Task;
use crate::kernel::{Ctx, Errno, Kernel, SysResult};
use std::rc::Rc;

const SECOND_NS: i64 = 1_000_000_000;
/// KTIME_SEC_MAX: seconds that fit a signed number of nanoseconds.
const SECONDS_MAX: i64 = i64::MAX / SECOND_NS;

/// struct time_namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TimeNs {
    pub monotonic_ns: i64,
    pub boottime_ns: i64,
    pub offsets: Offsets,
}

/// Whether the offsets may still be set: only before the first process enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Offsets {
    #[default]
    Open,
    Frozen,
}

impl Kernel {
    /// How long ago the clocks began. The machine on which cases are recorded was up for long: their clocks can be put back.
    fn up_ns(&self, now_ns: u64) -> i64 {
        let before = match self.world {
            World::Lab => 0,
            World::Bare => 1_000_000 * SECOND_NS,
        };
        i64::try_from(now_ns)
            .unwrap_or(i64::MAX)
            .saturating_add(before)
    }

    pub fn time_ns(&self, id: NsId) -> TimeNs {
        match self.ns.get(id).map(|ns| &ns.data) {
            Some(NsData::Time(time)) => *time,
            Some(_) | None => TimeNs::default(),
        }
    }

    fn set_time_ns(&mut self, id: NsId, new: TimeNs) {
        if let Some(NsData::Time(time)) = self.ns.get_mut(id).map(|ns| &mut ns.data) {
            *time = new;
        }
    }

    /// timens_on_fork, at fork and exec: what was made for the children is entered.
    pub fn enter_time_ns(&mut self, proxy: &mut NsProxy) {
        let id = proxy.time_for_children;
        if proxy.time == id {
            return;
        }
        proxy.time = id;
        let time = self.time_ns(id);
        self.set_time_ns(
            id,
            TimeNs {
                offsets: Offsets::Frozen,
                ..time
            },
        );
    }
}

/// exec_task_namespaces.
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn enter_at_exec(cx: &mut Ctx<'_>) -> Result<(), Errno> {
    let me = cx.me()?;
    if me.ns.time == me.ns.time_for_children {
        return Ok(());
    }
    let mut proxy = me.ns.as_ref().clone();
    let (old, new) = (proxy.time, proxy.time_for_children);
    cx.k.enter_time_ns(&mut proxy);
    cx.k.ns.hold(new);
    cx.me_mut()?.ns = Rc::new(proxy);
    let gone = cx.k.ns.release(old);
    cx.tear_down(gone.into_iter().collect());
    Ok(())
}

/// clock_gettime(2): nanoseconds. Nobody has set the time of day here: it began at boot.
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn sys_clock_gettime(cx: &mut Ctx<'_>, clock: ClockId) -> SysResult {
    let time = cx.k.time_ns(cx.me()?.ns.time);
    let offset = match clock {
        ClockId::Realtime => 0,
        ClockId::Monotonic => time.monotonic_ns,
        ClockId::Boottime => time.boottime_ns,
    };
    let now = cx.k.up_ns(cx.now_ns);
    done(now.saturating_add(offset))
}

/// /proc/PID/timens_offsets.
pub fn offsets_text(k: &Kernel, task: &Task) -> String {
    let time = k.time_ns(task.ns.time_for_children);
    let line = |name: &str, ns: i64| {
        let (s, rest) = (ns.div_euclid(SECOND_NS), ns.rem_euclid(SECOND_NS));
        format!("{name:<10} {s:>10} {rest:>9}\n")
    };
    line("monotonic", time.monotonic_ns) + &line("boottime", time.boottime_ns)
}

/// Writing to it: `monotonic 86400 0`, a line for each clock. How many bytes were taken.
///
/// # Errors
/// EINVAL, ESRCH from `time_ns`, which looks for the namespace, EPERM without privilege, ERANGE for a time before the start or too far away, EACCES
/// once somebody is in the namespace.
pub fn write_offsets(
    cx: &mut Ctx<'_>,
    offset: u64,
    bytes: &[u8],
    time_ns: impl FnOnce(&Ctx<'_>) -> Result<NsId, Errno>,
) -> Result<usize, Errno> {
    forbid!(cx.why, TimeOffsetsText, if offset != 0)?;
    let text = std::str::from_utf8(bytes).map_err(|_| refuse!(cx.why, TimeOffsetsText))?;
    let mut parsed = Vec::new();
    let mut rest = text;
    while !rest.is_empty() && parsed.len() < 2 {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        // What stands behind three words is not looked at.
        let mut words = line.split_whitespace();
        let (Some(clock), Some(seconds), Some(ns)) = (words.next(), words.next(), words.next())
        else {
            return Err(refuse!(cx.why, TimeOffsetsText));
        };
        let clock = match clock {
            "monotonic" | "1" => ClockId::Monotonic,
            "boottime" | "7" => ClockId::Boottime,
            _ => return Err(refuse!(cx.why, TimeOffsetsText)),
        };
        let number = |text: &str| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(i64::MAX))
        };
        let (Some(seconds), Some(ns)) = (number(seconds), number(ns)) else {
            return Err(refuse!(cx.why, TimeOffsetsText));
        };
        forbid!(cx.why, TimeOffsetsText, ns, if !(0..SECOND_NS).contains(&ns))?;
        parsed.push((clock, seconds, ns));
    }
    forbid!(cx.why, TimeOffsetsText, if parsed.is_empty())?;
    let id = time_ns(cx)?;
    cx.capable_over(id, crate::kernel::cred::Cap::SYS_TIME)?;
    let now_s = cx.k.up_ns(cx.now_ns) / SECOND_NS;
    let mut time = cx.k.time_ns(id);
    let offsets = time.offsets;
    for (clock, seconds, ns) in parsed {
        let then = now_s.saturating_add(seconds);
        forbid!(cx.why, TimeOffsetsRange, seconds, if seconds.abs() > SECONDS_MAX || !(0..=SECONDS_MAX / 2).contains(&then))?;
        let offset = seconds * SECOND_NS + ns;
        match clock {
            ClockId::Monotonic => time.monotonic_ns = offset,
            ClockId::Boottime | ClockId::Realtime => time.boottime_ns = offset,
        }
    }
    forbid!(cx.why, TimeOffsetsFrozen, if offsets == Offsets::Frozen)?;
    cx.k.set_time_ns(id, time);
    Ok(bytes.len() - rest.len())
}
