//! Files about the system.

use super::{SysFile, SystemFile};
use crate::hw::PAGE_BYTES;
use crate::kernel::mm::FrameUse;
use crate::kernel::ns::RELEASE;
use crate::kernel::task::{PID_MAX, RunState};
use crate::kernel::{Ctx, Errno, NsId};
use std::fmt::Write;

const SECOND_NS: u64 = 1_000_000_000;

/// Seconds with two digits, as /proc prints them.
fn seconds(ns: u64) -> String {
    format!("{}.{:02}", ns / SECOND_NS, ns % SECOND_NS / 10_000_000)
}

pub(super) fn text(cx: &Ctx<'_>, ns: NsId, file: SystemFile) -> String {
    let k = &cx.k;
    let busy =
        |ns: fn(&crate::kernel::Task) -> u64| -> u64 { k.tasks.iter().map(|(_, t)| ns(t)).sum() };
    match file {
        SystemFile::Filesystems => {
            "nodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tproc\nnodev\tcgroup\nnodev\tcgroup2\n".into()
        }
        SystemFile::Loadavg => {
            let runs = |s: &RunState| matches!(s, RunState::Running | RunState::Runnable);
            let running = k.tasks.iter().filter(|(_, t)| runs(&t.state)).count();
            let last = k.ns.pid(ns).map_or(0, |n| n.last);
            // Averages over minutes are not modelled.
            format!("0.00 0.00 0.00 {running}/{} {last}\n", k.tasks.len())
        }
        SystemFile::Meminfo => meminfo(cx),
        SystemFile::Stat => {
            let (user, system) = (busy(|t| t.utime_ns), busy(|t| t.stime_ns));
            let all = cx.now_ns * k.sched.cpus.len() as u64;
            let ticks = |ns: u64| ns / 10_000_000;
            let idle = ticks(all.saturating_sub(user + system));
            format!(
                "cpu  {} 0 {} {idle} 0 0 0 0 0 0\nbtime 0\nprocesses {}\n",
                ticks(user),
                ticks(system),
                k.born
            )
        }
        SystemFile::Uptime => {
            let all = cx.now_ns * k.sched.cpus.len() as u64;
            let idle = all.saturating_sub(busy(|t| t.utime_ns) + busy(|t| t.stime_ns));
            format!("{} {}\n", seconds(cx.now_ns), seconds(idle))
        }
        SystemFile::Version => format!("Linux version {RELEASE} (ringside) #1\n"),
    }
}

/// proc_meminfo(5), the lines that are modelled.
fn meminfo(cx: &Ctx<'_>) -> String {
    let frames = &cx.k.mm.frames;
    let count =
        |of: fn(FrameUse) -> bool| frames.iter().filter(|(_, i)| of(i.usage)).count() as u64;
    let cached = count(|usage| matches!(usage, FrameUse::PageCache { .. }));
    let tables = count(|usage| matches!(usage, FrameUse::PageTable { .. }));
    let anon = count(|usage| usage == FrameUse::Anon);
    let mut text = String::new();
    for (name, pages) in [
        ("MemTotal", frames.total()),
        ("MemFree", frames.free()),
        ("Cached", cached),
        ("AnonPages", anon),
        ("PageTables", tables),
    ] {
        let kb = pages * PAGE_BYTES as u64 / 1024;
        let _ = writeln!(text, "{:<16}{kb:>8} kB", format!("{name}:"));
    }
    text
}

/// Files in /proc/sys/kernel; the host name is that of the reader's UTS namespace.
pub(super) fn sys_text(cx: &Ctx<'_>, file: SysFile) -> Result<String, Errno> {
    Ok(match file {
        SysFile::Hostname => {
            let uts = cx.me()?.ns.uts;
            format!("{}\n", cx.k.ns.nodename(uts).map_or("", |n| n))
        }
        SysFile::Osrelease => format!("{RELEASE}\n"),
        SysFile::PidMax => format!("{PID_MAX}\n"),
    })
}
