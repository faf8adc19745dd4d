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
    match file {
        SystemFile::Cpuinfo => {
            let cpu =
                |id: crate::hw::CpuId| format!("processor\t: {}\nmodel name\t: Ringside\n\n", id.0);
            k.sched.online().map(cpu).collect()
        }
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
        SystemFile::Swaps => swaps(cx),
        SystemFile::Stat => {
            let mut text = String::new();
            let mut line = |name: &str, of: [u64; 3]| {
                let [user, system, idle] = of.map(|ns| ns / 10_000_000);
                let _ = writeln!(text, "{name} {user} 0 {system} {idle} 0 0 0 0 0 0");
            };
            line("cpu ", times(cx, |_| true));
            for id in k.sched.online() {
                line(
                    &format!("cpu{}", id.0),
                    times(cx, |at| at == usize::from(id.0)),
                );
            }
            text + &format!("btime 0\nprocesses {}\n", k.born)
        }
        SystemFile::Uptime => {
            let [_, _, idle] = times(cx, |_| true);
            format!("{} {}\n", seconds(cx.now_ns), seconds(idle))
        }
        SystemFile::Version => format!("Linux version {RELEASE} (ringside) #1\n"),
    }
}

/// Time in ring 3, in ring 0 and idle, of some CPUs together.
fn times(cx: &Ctx<'_>, of: impl Fn(usize) -> bool) -> [u64; 3] {
    let all = cx.k.sched.cpus.iter().enumerate();
    let mut sums = [0; 3];
    for (_, cpu) in all.filter(|(at, _)| of(*at)) {
        sums[0] += cpu.times.user_ns;
        sums[1] += cpu.times.system_ns;
        sums[2] += cpu.times.idle_ns(cpu.phase, cx.now_ns);
    }
    sums
}

/// proc_meminfo(5), the lines that are modelled.
fn meminfo(cx: &Ctx<'_>) -> String {
    let (frames, swap) = (&cx.k.mm.frames, &cx.k.mm.swap);
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
        ("SwapTotal", swap.total()),
        ("SwapFree", swap.total() - swap.used()),
        ("AnonPages", anon),
        ("PageTables", tables),
    ] {
        let kb = pages * PAGE_BYTES as u64 / 1024;
        let _ = writeln!(text, "{:<16}{kb:>8} kB", format!("{name}:"));
    }
    text
}

/// proc_swaps(5).
fn swaps(cx: &Ctx<'_>) -> String {
    let swap = &cx.k.mm.swap;
    let mut text = String::from("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    if swap.total() > 0 {
        let kb = |pages: u64| pages * PAGE_BYTES as u64 / 1024;
        let (size, used) = (kb(swap.total()), kb(swap.used()));
        let name = "/dev/vda2";
        let _ = writeln!(text, "{name:<40}partition\t{size}\t\t{used}\t\t-2");
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
        SysFile::Ostype => "Linux\n".into(),
        // Of the reader's PID namespace; inner ones begin with all that there could be.
        SysFile::PidMax if cx.k.pid_ns_of(cx.me()?) == cx.k.lab_pid_ns() => format!("{PID_MAX}\n"),
        SysFile::PidMax => "4194304\n".into(),
        SysFile::NsLastPid => {
            let ns = cx.k.pid_ns_of(cx.me()?).and_then(|ns| cx.k.ns.pid(ns));
            format!("{}\n", ns.map_or(0, |ns| ns.last))
        }
        SysFile::CapLastCap => "40\n".into(),
        SysFile::Domainname => "(none)\n".into(),
        SysFile::Msgmax => "8192\n".into(),
        SysFile::Msgmnb => "16384\n".into(),
        SysFile::Msgmni => "32000\n".into(),
        SysFile::NgroupsMax => "65536\n".into(),
        SysFile::Overflowgid | SysFile::Overflowuid => "65534\n".into(),
        SysFile::Shmmni => "4096\n".into(),
    })
}
