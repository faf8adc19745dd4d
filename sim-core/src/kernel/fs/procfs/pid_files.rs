//! Files about one process.

use super::id_files::{id_lines, id_map, privilege_lines, setgroups};
use super::owner::may_look_behind;
use super::tree::task_of;
use super::{PidFile, mounts};
use crate::hw::PAGE_BYTES;
use crate::kernel::cred::IdKind;
use crate::kernel::mm::{AddressSpace, Backing, Sharing, Vma, VmaName};
use crate::kernel::signal::{QUEUED_MAX, Signal};
use crate::kernel::syscall::{Prot, SigAct};
use crate::kernel::task::{PidId, RunState, Task};
use crate::kernel::{Ctx, Errno, NsId, cgroup};
use std::fmt::Write;

/// Clock ticks per second in which /proc counts (sysconf(_SC_CLK_TCK)).
const TICK_NS: u64 = 10_000_000;

pub(super) fn text(cx: &Ctx<'_>, ns: NsId, pid: PidId, file: PidFile) -> Result<Vec<u8>, Errno> {
    let task = task_of(cx, ns, pid)?;
    let space = task.mm.and_then(|mm| cx.k.mm.spaces.get(mm));
    Ok(match file {
        PidFile::Cmdline => {
            // A zombie's is empty: its memory is gone.
            let args = if space.is_some() {
                task.argv.as_ref()
            } else {
                &[]
            };
            args.iter().flat_map(|arg| arg.bytes().chain([0])).collect()
        }
        PidFile::Cgroup => {
            let own = cx.me()?.ns.cgroup;
            let roots = (cx.k.ns.cgroup_root(own)).unwrap_or(cx.k.cgroups.roots);
            cgroup::set_text(&cx.k.cgroups, task, roots).into_bytes()
        }
        PidFile::Comm => format!("{}\n", task.comm).into_bytes(),
        PidFile::OomScoreAdj => format!("{}\n", task.security.oom_score_adj).into_bytes(),
        PidFile::UidMap => id_map(cx, task, IdKind::Uid)?.into_bytes(),
        PidFile::GidMap => id_map(cx, task, IdKind::Gid)?.into_bytes(),
        PidFile::Setgroups => setgroups(cx, task)?.into_bytes(),
        PidFile::Maps => {
            may_look_behind(cx, pid)?;
            space.map(|s| maps(cx, s)).unwrap_or_default().into_bytes()
        }
        // One that has exited has no mount namespace.
        PidFile::Mounts | PidFile::Mountinfo if task.has_exited() => {
            return Err(refuse!(cx.why, ReadKind));
        }
        PidFile::Mounts => mounts::mounts(cx.k, task).into_bytes(),
        PidFile::Mountinfo => mounts::mountinfo(cx.k, task).into_bytes(),
        PidFile::Stat => stat(cx, ns, task, space).into_bytes(),
        // One that has exited has no time namespace (proc_timens_show_offsets).
        PidFile::TimensOffsets if task.has_exited() => Vec::new(),
        PidFile::TimensOffsets => crate::kernel::ns::offsets_text(cx.k, task).into_bytes(),
        PidFile::Statm => {
            let (size, rss) = space.map_or((0, Default::default()), |s| (s.size_pages(), s.rss));
            let text = space.map_or(0, |s| pages_of(s, VmaName::Text));
            let data = space.map_or(0, |s| s.size_pages() - pages_of(s, VmaName::Text));
            format!(
                "{size} {} {} {text} 0 {data} 0\n",
                rss.total(),
                rss.file + rss.shmem
            )
            .into_bytes()
        }
        PidFile::Status => status(cx, ns, task, space).into_bytes(),
        PidFile::Wchan => match task.state {
            RunState::Blocked(on) => on.wchan().as_bytes().to_vec(),
            RunState::Runnable | RunState::Running | RunState::Stopped | RunState::Zombie => {
                b"0".to_vec()
            }
        },
    })
}

fn pages_of(space: &AddressSpace, name: VmaName) -> u64 {
    space
        .vmas
        .iter()
        .filter(|v| v.name == name)
        .map(Vma::pages)
        .sum()
}

fn letter(task: &Task) -> char {
    match task.state {
        RunState::Runnable | RunState::Running => 'R',
        RunState::Blocked(on) => on.letter(),
        RunState::Stopped => 'T',
        RunState::Zombie => 'Z',
    }
}

fn parent_number(cx: &Ctx<'_>, ns: NsId, task: &Task) -> i32 {
    let parent = task.parent.and_then(|p| cx.k.tasks.get(p));
    parent.and_then(|p| cx.k.number_of(p, ns)).unwrap_or(0)
}

/// proc_pid_stat(5): 52 fields; what is not modelled is 0.
fn stat(cx: &Ctx<'_>, ns: NsId, task: &Task, space: Option<&AddressSpace>) -> String {
    let k = &cx.k;
    let nr = k.number_of(task, ns).unwrap_or(0);
    // Virtual terminals have major number 4.
    let tty_nr = task.tty.map_or(0, |tty| 4 << 8 | i32::from(tty.0));
    let foreground = task
        .tty
        .and_then(|tty| cx.tty(tty))
        .and_then(|t| t.foreground);
    let tpgid = foreground.map_or(-1, |g| k.group_number(g, ns));
    let (vsize, rss) = space.map_or((0, 0), |s| {
        (s.size_pages() * PAGE_BYTES as u64, s.rss.total())
    });
    let nice = i32::from(task.sched.nice);
    let sid = k.group_number(task.session, ns);
    let mut text = format!(
        "{nr} ({}) {} {} {} {sid} {tty_nr} {tpgid} 0 {} 0 {} 0 {} {} 0 0 {} {nice} 1 0 {} {vsize} {rss}",
        task.comm,
        letter(task),
        parent_number(cx, ns, task),
        k.group_number(task.pgrp, ns),
        task.minor_faults,
        task.major_faults,
        task.utime_ns / TICK_NS,
        task.stime_ns / TICK_NS,
        20 + nice,
        task.start_ns / TICK_NS,
    );
    text.push_str(" 18446744073709551615");
    for _ in 26..=37 {
        text.push_str(" 0");
    }
    let _ = write!(text, " {} {}", task.exit_signal, task.cpu.0);
    for _ in 40..=51 {
        text.push_str(" 0");
    }
    let _ = writeln!(text, " {}", task.exit_status);
    text
}

/// proc_pid_status(5), the lines that are modelled.
fn status(cx: &Ctx<'_>, ns: NsId, task: &Task, space: Option<&AddressSpace>) -> String {
    let k = &cx.k;
    let state = match letter(task) {
        'R' => "R (running)",
        'S' => "S (sleeping)",
        'D' => "D (disk sleep)",
        'T' => "T (stopped)",
        _ => "Z (zombie)",
    };
    let nr = k.number_of(task, ns).unwrap_or(0);
    let name = task.comm.replace('\\', "\\\\").replace('\n', "\\n");
    let mut text = format!("Name:\t{name}\n");
    // Who has exited has given back its directories, and the mask with them.
    if !task.has_exited() {
        let _ = writeln!(text, "Umask:\t{:04o}", task.fs.umask);
    }
    let _ = writeln!(text, "State:\t{state}");
    let _ = writeln!(
        text,
        "Tgid:\t{nr}\nNgid:\t0\nPid:\t{nr}\nPPid:\t{}\nTracerPid:\t0",
        parent_number(cx, ns, task)
    );
    text.push_str(&id_lines(cx, task));
    // The numbers in this instance's namespace and all below it.
    let inner = k.pids.get(task.pid).map(|p| p.numbers.clone());
    let from = inner
        .iter()
        .flat_map(|n| n.iter())
        .skip_while(|(level, _)| *level != ns);
    let numbers: Vec<String> = from.map(|(_, nr)| nr.to_string()).collect();
    // One thread per process; groups and sessions have numbers of their own.
    let list = |pid| {
        let pid = k.pids.get(pid).map(|p| p.numbers.clone());
        let all = inner.iter().flat_map(|n| n.iter());
        let shown = all.skip_while(|(level, _)| *level != ns);
        let number = |level| {
            let mut numbers = pid.iter().flat_map(|n| n.iter());
            numbers
                .find(|(id, _)| *id == level)
                .map_or(0, |(_, nr)| *nr)
        };
        let texts: Vec<String> = shown.map(|(level, _)| number(*level).to_string()).collect();
        texts.join("\t")
    };
    let own = numbers.join("\t");
    let _ = writeln!(text, "NStgid:\t{own}\nNSpid:\t{own}");
    let _ = writeln!(
        text,
        "NSpgid:\t{}\nNSsid:\t{}\nKthread:\t0",
        list(task.pgrp),
        list(task.session)
    );
    if let Some(space) = space {
        let kb = |pages: u64| pages * PAGE_BYTES as u64 / 1024;
        let _ = writeln!(text, "VmSize:\t{:8} kB", kb(space.size_pages()));
        let _ = writeln!(text, "VmRSS:\t{:8} kB", kb(space.rss.total()));
        let _ = writeln!(text, "RssAnon:\t{:8} kB", kb(space.rss.anon));
        let _ = writeln!(text, "RssFile:\t{:8} kB", kb(space.rss.file));
        let _ = writeln!(text, "RssShmem:\t{:8} kB", kb(space.rss.shmem));
        let _ = writeln!(text, "VmData:\t{:8} kB", kb(space.data_pages()));
        let _ = writeln!(text, "VmStk:\t{:8} kB", kb(pages_of(space, VmaName::Stack)));
        let _ = writeln!(text, "VmPTE:\t{:8} kB", kb(space.table_frames));
        let _ = writeln!(text, "VmSwap:\t{:8} kB", kb(space.swapped));
    }
    text.push_str("CoreDumping:\t0\nTHP_enabled:\t1\nThreads:\t1\n");
    // What kill(2) sends waits for the process, not for a thread of it.
    let set = |is: fn(SigAct) -> bool| {
        let all = (1..=64).filter_map(Signal::from_nr);
        all.filter(|signal| is(task.signals.action(*signal)))
            .fold(0, |set, signal| set | signal.bit())
    };
    let ignored = set(|act| act == SigAct::Ignore);
    let caught = set(SigAct::is_handler);
    let queued = task.signals.pending.count_ones() as usize + task.signals.queued.len();
    let _ = writeln!(text, "SigQ:\t{queued}/{QUEUED_MAX}");
    let _ = writeln!(text, "SigPnd:\t{:016x}", 0);
    let _ = writeln!(text, "ShdPnd:\t{:016x}", task.signals.pending);
    let _ = writeln!(text, "SigBlk:\t{:016x}", task.signals.blocked);
    let _ = writeln!(text, "SigIgn:\t{:016x}", ignored);
    let _ = writeln!(text, "SigCgt:\t{:016x}", caught);
    text.push_str(&privilege_lines(task));
    text
}

/// proc_pid_maps(5).
fn maps(cx: &Ctx<'_>, space: &AddressSpace) -> String {
    let mut text = String::new();
    for vma in space.vmas.iter() {
        let bit = |flag, letter| if vma.prot.has(flag) { letter } else { '-' };
        let shared = if vma.sharing == Sharing::Shared {
            's'
        } else {
            'p'
        };
        let (offset, inode) = match vma.backing {
            Backing::Anon => (0, None),
            Backing::File { inode, page, .. } => (page * PAGE_BYTES as u64, Some(inode)),
        };
        let sb = inode
            .and_then(|i| cx.k.vfs.inodes.get(i))
            .and_then(|i| i.sb);
        let dev = sb
            .and_then(|sb| cx.k.vfs.supers.get(sb))
            .map_or(0, |s| s.dev);
        let range = format!(
            "{:08x}-{:08x} {}{}{}{shared} {offset:08x} 00:{dev:02x} {}",
            vma.start * PAGE_BYTES as u64,
            vma.end * PAGE_BYTES as u64,
            bit(Prot::READ, 'r'),
            bit(Prot::WRITE, 'w'),
            bit(Prot::EXEC, 'x'),
            inode.map_or(0, |i| i.as_u64() & 0xffff_ffff),
        );
        let what = match vma.name {
            VmaName::Heap => "[heap]".to_string(),
            VmaName::Stack => "[stack]".to_string(),
            VmaName::SharedAnon => "/dev/zero (deleted)".to_string(),
            VmaName::Shm { key } => format!("/SYSV{key:08x} (deleted)"),
            VmaName::Text | VmaName::Data | VmaName::Mapping => {
                inode.and_then(|i| file_path(cx, i)).unwrap_or_default()
            }
        };
        let _ = if what.is_empty() {
            writeln!(text, "{range}")
        } else {
            writeln!(text, "{range:<72} {what}")
        };
    }
    text
}

/// A path of an inode, below the looker's root.
fn file_path(cx: &Ctx<'_>, inode: crate::kernel::fs::InodeId) -> Option<String> {
    let mount = cx.me().ok()?.fs.root.mount;
    cx.path_of(crate::kernel::fs::PathRef {
        mount,
        node: crate::kernel::fs::Node::Inode(inode),
        name: None,
    })
}
