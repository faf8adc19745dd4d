//! Power-on: the first namespaces, the root file system, and the first task.

use super::cgroup::{CgroupSet, Cgroups, Freeze, Layout};
use super::cred::{Cap, Security, UserNs};
use super::mm::{self, FrameOrder, FrameUse, Memory};
use super::ns::{Namespaces, NsData, NsProxy, NsSwap, Offsets, PidNs, TimeNs};
use super::sched::{Sched, SchedEntity};
use super::signal::{Shield, SignalState};
use super::task::{
    self, Cred, DidExec, JobReport, Links, List, ProgramId, Regs, RunState, Subreaper, Task,
};
use super::{Ctx, Errno, Kernel, Reply, fs};
use crate::event::Sink;
use crate::hw::cost::Costs;
use crate::hw::{CpuId, Hardware, Pfn};
use crate::store::Slab;
use std::rc::Rc;

/// The program that the first task becomes.
pub const INIT: &str = "/sbin/init";
/// In the bare world: the first task's program, and the descriptor that it can be had from.
pub const AGENT: &str = "oracle-agent";
pub const AGENT_FD: i32 = 191;
/// Host name of the first UTS namespace.
const HOSTNAME: &str = "host";

/// What is there at power-on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum World {
    /// A host with programs, devices, terminals and /proc.
    #[default]
    Lab,
    /// As little as can be: a tmpfs with `/a`, `/b`, `/mnt`, `/tmp` and `/proc`. The first task
    /// and its children do nothing but what is injected into them.
    Bare,
}

/// Loads the kernel. The first task stands before its first instruction; if it could not be
/// made, the kernel has panicked with the reason.
pub fn boot(hw: &mut Hardware, world: World, costs: Costs, order: FrameOrder, seed: u64) -> Kernel {
    let mut ns = Namespaces::default();
    let mut net_tables = super::net::Net::default();
    // In the order in which Linux numbers them (include/linux/proc_ns.h).
    let time = ns.create(
        NsData::Time(TimeNs {
            offsets: Offsets::Frozen,
            ..TimeNs::default()
        }),
        None,
    );
    let mut cgroups = Cgroups::new(match world {
        World::Lab => Layout::Unified,
        World::Bare => Layout::Hybrid,
    });
    let root = match world {
        World::Lab => cgroups.roots,
        World::Bare => cgroups.world(),
    };
    let cgroup = ns.create(NsData::Cgroup { root }, None);
    let first = PidNs {
        // A world that is recorded is a namespace of the machine that it is recorded on.
        level: u32::from(world == World::Bare),
        ..PidNs::default()
    };
    let pid = ns.create(NsData::Pid(first), None);
    let user = ns.create(NsData::User(UserNs::first()), None);
    let uts = ns.create(
        NsData::Uts {
            nodename: HOSTNAME.into(),
        },
        None,
    );
    let ipc = ns.create(NsData::Ipc(Box::default()), None);
    let mnt = ns.create(NsData::Mnt(fs::MountNs::default()), None);
    let space = net_tables.create(user);
    let net = ns.create(NsData::Net(space), None);
    let init_ns = NsProxy {
        mnt,
        uts,
        ipc,
        net,
        cgroup,
        time,
        time_for_children: time,
        pid_for_children: pid,
    };
    let mut kernel = Kernel {
        costs,
        tasks: Slab::default(),
        pids: Slab::default(),
        sched: Sched::new(hw.cpus.len()),
        mm: Memory::boot(hw, order, seed),
        vfs: fs::Vfs::default(),
        ns,
        cgroups,
        net: net_tables,
        init_ns,
        init_user_ns: user,
        init: None,
        born: 0,
        adopted: 0,
        world,
        notices: Vec::new(),
        panic: None,
    };
    let root = match world {
        World::Lab => fs::boot(&mut kernel, hw, mnt, pid),
        World::Bare => fs::boot_bare(&mut kernel, mnt, pid),
    };
    if let Err(errno) = first_task(&mut kernel, hw, world, root) {
        kernel.panic = Some(format!("No working init found: {}", errno.name()).into());
    }
    kernel
}

fn first_task(
    k: &mut Kernel,
    hw: &mut Hardware,
    world: World,
    root: fs::FsStruct,
) -> Result<(), Errno> {
    let mut sink = Sink::Null;
    // A context needs a caller; until the first task is in, it names nobody.
    let nobody = task::TaskId::from_u64(0);
    let mut cx = Ctx {
        k,
        hw,
        why: super::rule::Why::new(None, nobody),
        sink: &mut sink,
        task: nobody,
        cpu: CpuId(0),
        now_ns: 0,
        tick: 0,
        cost_ns: 0,
    };
    let pid = task::first_pid(&mut cx)?;
    let kernel_frame = mm::alloc(&mut cx, FrameUse::Kernel)?;
    let proxy = cx.k.init_ns.clone();
    let user_ns = cx.k.init_user_ns;
    // The first ones are the kernel's own, and stay when their last process leaves.
    for _ in ["kernel", "task"] {
        cx.k.ns.hold_proxy(&proxy);
        cx.k.ns.hold(user_ns);
    }
    let groups = (cx.k.ns.cgroup_root(cx.k.init_ns.cgroup)).unwrap_or(cx.k.cgroups.roots);
    let mut cred = Cred::root(user_ns);
    if world == World::Bare {
        // The machine on which cases are recorded has given it away.
        cred.bounding = cred.bounding.without(Cap::SYS_RESOURCE);
        cred.permitted = cred.bounding;
        cred.effective = cred.bounding;
    }
    let id =
        cx.k.tasks
            .insert(blank(pid, cred, proxy, root, kernel_frame, groups));
    cx.k.cgroups.count_first(groups);
    cx.k.cgroup_fork(id, groups);
    cx.k.born = 1;
    cx.k.init = Some(id);
    if let Some(pid) = cx.k.pids.get_mut(pid) {
        pid.task = Some(id);
    }
    let pid_ns = cx.k.init_ns.pid_for_children;
    if let Some(pid_ns) = cx.k.ns.pid_mut(pid_ns) {
        pid_ns.child_reaper = Some(id);
    }
    cx.k.join_pgrp(id, pid);
    cx.k.join_session(id, pid);
    cx.task = id;
    match world {
        World::Lab => task::load_program(&mut cx, INIT)?,
        World::Bare => {
            fs::agent_file(&mut cx)?;
            task::load_descriptor(&mut cx, AGENT_FD, AGENT)?;
        }
    }
    cx.enqueue(id, CpuId(0));
    Ok(())
}

fn blank(
    pid: task::PidId,
    cred: Cred,
    ns: NsProxy,
    fs: fs::FsStruct,
    kernel_frame: Pfn,
    cgroups: CgroupSet,
) -> Task {
    Task {
        pid,
        pgrp: pid,
        session: pid,
        pgrp_place: 0,
        session_place: 0,
        comm: "swapper".into(),
        argv: Rc::from([]),
        program: ProgramId(0),
        exe: None,
        regs: Regs::default(),
        state: RunState::Runnable,
        cpu: CpuId(0),
        sched: SchedEntity::default(),
        parent: None,
        children: List::default(),
        zombies: List::default(),
        links: Links::default(),
        links_order: 0,
        born: 0,
        exit_signal: 0,
        exit_status: 0,
        cred: Rc::new(cred),
        security: Security::default(),
        ns: Rc::new(ns),
        fs: Rc::new(fs),
        files: Rc::default(),
        mm: None,
        signals: SignalState {
            shield: Shield::Up,
            ..SignalState::default()
        },
        call: None,
        suspended: None,
        injected: None,
        told: Reply::None,
        exiting: None,
        job: JobReport::Nothing,
        kernel_frame,
        reply: Reply::None,
        mailbox: Default::default(),
        tty: None,
        utime_ns: 0,
        stime_ns: 0,
        start_ns: 0,
        minor_faults: 0,
        major_faults: 0,
        vfork_parent: None,
        did_exec: DidExec::No,
        pdeath_signal: None,
        subreaper: Subreaper::No,
        cgroups,
        sched_group: None,
        freeze: Freeze::No,
    }
}
