//! fork(2) and clone(2).

use super::{DidExec, JobReport, Links, List, Pid, PidId, RunState, Subreaper, Task, TaskId};
use crate::event::Event;
use crate::hw::{Mmu, Pfn};
use crate::kernel::cgroup::{CgroupSet, Freeze};
use crate::kernel::cred::{self, Cap, Cred};
use crate::kernel::fs::FsStruct;
use crate::kernel::mm::{self, FrameUse, MmId};
use crate::kernel::ns::{self, NsProxy, NsSwap, PidNsState};
use crate::kernel::rule::Why;
use crate::kernel::signal::Shield;
use crate::kernel::syscall::{CloneFlags, SigNr, done};
use crate::kernel::{
    BlockReason, Ctx, Errno, NsId, NsKind, Outcome, Signal, SysResult, UserNotice, fs,
};
use std::rc::Rc;

/// fork(2).
///
/// # Errors
/// EINVAL without an MMU; those of [`sys_clone`].
pub fn sys_fork(cx: &mut Ctx<'_>) -> SysResult {
    // In kernel/fork.c: "can not support in nommu mode".
    forbid!(cx.why, NommuFork, if cx.hw.mmu == Mmu::None)?;
    sys_clone(cx, CloneFlags::default(), Signal::SIGCHLD.into())
}

/// clone(2), for processes. Threads (`CLONE_THREAD`, `CLONE_SIGHAND`) and shared tables
/// (`CLONE_FS`, `CLONE_FILES`) are not modelled and refused; `CLONE_VM` goes with `CLONE_VFORK`.
///
/// # Errors
/// EINVAL for combinations that clone(2) forbids and for what is not modelled, a copy of memory
/// without an MMU among it; EPERM for new
/// namespaces without privilege; EAGAIN without a free number; ENOMEM without frames, or in a
/// PID namespace whose init has ended; ENOSPC beyond 32 nested PID namespaces.
pub fn sys_clone(cx: &mut Ctx<'_>, flags: CloneFlags, exit_signal: SigNr) -> SysResult {
    if let Some(child) = vforked_child(cx)? {
        return vfork_wait(cx, child);
    }
    check_flags(&cx.why, flags, cx.me()?.signals.shield)?;
    // Linux does not look, and gives the child a memory without mappings.
    forbid!(cx.why, NommuFork, if cx.hw.mmu == Mmu::None && !flags.has(CloneFlags::VM))?;
    if exit_signal.0 != 0 {
        crate::kernel::syscall::signal_arg(&cx.why, exit_signal)?;
    }
    let child = copy_process(cx, flags, exit_signal.0)?;
    cx.k.notices.push(UserNotice::Forked {
        parent: cx.task,
        child,
    });
    cx.emit(Event::Fork {
        parent: cx.task,
        child,
        pid: cx.k.first_number(child),
    });
    let cpu = cx.select_cpu_for_new();
    cx.enqueue(child, cpu);
    if flags.has(CloneFlags::VFORK) {
        if let Some(call) = cx.me_mut()?.call.as_mut() {
            call.progress = child.as_u64();
        }
        return vfork_wait(cx, child);
    }
    child_number(cx, child)
}

fn child_number(cx: &Ctx<'_>, child: TaskId) -> SysResult {
    let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
    let task = cx.k.tasks.get(child).ok_or(lost!(ESRCH))?;
    done(cx.k.number_of(task, ns).unwrap_or(0))
}

/// The child of this very call, if it is re-entered after waiting for it.
fn vforked_child(cx: &Ctx<'_>) -> Result<Option<TaskId>, Errno> {
    let call = cx.me()?.call.as_ref();
    Ok(call
        .filter(|c| c.entries > 1 && c.progress != 0)
        .map(|c| TaskId::from_u64(c.progress)))
}

/// vfork(2): the parent sleeps until the child has its own memory or is dead.
fn vfork_wait(cx: &mut Ctx<'_>, child: TaskId) -> SysResult {
    match cx.k.tasks.get(child) {
        Some(task) if task.vfork_parent == Some(cx.task) => {
            Ok(Outcome::Block(BlockReason::Vfork(child)))
        }
        Some(_) => child_number(cx, child),
        // Reaped by somebody else meanwhile.
        None => done(0),
    }
}

/// The combinations that clone(2) forbids, in the order of copy_process; then what is not
/// modelled: threads, shared tables, and memory that is shared for longer than vfork(2).
fn check_flags(why: &Why, flags: CloneFlags, shield: Shield) -> Result<(), Errno> {
    let refused = flags.has(CloneFlags::NEWNS.with(CloneFlags::FS))
        || flags.has(CloneFlags::NEWUSER.with(CloneFlags::FS))
        || (flags.has(CloneFlags::THREAD) && !flags.has(CloneFlags::SIGHAND))
        || (flags.has(CloneFlags::SIGHAND) && !flags.has(CloneFlags::VM))
        || (flags.has(CloneFlags::PARENT) && shield == Shield::Up);
    let known = ns::ALL_FLAGS
        .with(CloneFlags::VM)
        .with(CloneFlags::VFORK)
        .with(CloneFlags::PARENT);
    forbid!(why, CloneFlags, flags.0, if refused || flags.0 & !known.0 != 0)?;
    forbid!(why, CloneVmVfork, flags.0, if flags.has(CloneFlags::VM) != flags.has(CloneFlags::VFORK))
}

/// Everything that a child gets from its parent. What can fail comes first, so that nothing has
/// to be undone but frames.
fn copy_process(cx: &mut Ctx<'_>, flags: CloneFlags, exit_signal: i32) -> Result<TaskId, Errno> {
    let parent = cx.me()?;
    let groups = parent.cgroups;
    let copied = Copied {
        mm: parent.mm,
        ns: parent.ns.clone(),
        fs: parent.fs.clone(),
        user_ns: parent.cred.user_ns,
    };
    // Shared until one of the two changes it.
    let files = parent.files.clone();
    let new_cred = copy_creds(cx, flags)?;
    let (kernel_frame, space, proxy, fs) =
        match copy_resources(cx, &copied, flags, new_cred.as_ref()) {
            Ok(resources) => resources,
            Err(errno) => {
                ns::discard(cx, new_cred.as_ref());
                return Err(errno);
            }
        };
    let mut proxy = proxy;
    if !flags.has(CloneFlags::VM) {
        cx.k.enter_time_ns(&mut proxy);
    }
    cx.k.ns.hold_proxy(&proxy);
    if let Err(errno) = check_number(cx, proxy.pid_for_children, groups) {
        fs::release_fs(cx, &fs);
        let gone = cx.k.ns.release_proxy(&Rc::new(proxy));
        cx.tear_down(gone);
        if let Some(space) = space {
            mm::release(cx, space);
        }
        mm::unpin(cx, kernel_frame);
        ns::discard(cx, new_cred.as_ref());
        return Err(errno);
    }
    fs::hold_files(cx.k, &files);
    let pid = alloc_pid(cx, proxy.pid_for_children)?;
    let born = cx.k.born;
    cx.k.born += 1;
    let parent = cx.me()?;
    let cred = new_cred.map_or_else(|| parent.cred.clone(), Rc::new);
    let user_ns = cred.user_ns;
    let child = Task {
        pid,
        pgrp: parent.pgrp,
        session: parent.session,
        comm: parent.comm.clone(),
        argv: parent.argv.clone(),
        program: parent.program,
        exe: parent.exe,
        cpu: parent.cpu,
        tty: parent.tty,
        cgroups: groups,
        sched_group: parent.sched_group,
        pgrp_place: 0,
        session_place: 0,
        regs: super::Regs {
            ax: 0,
            ..parent.regs
        },
        state: RunState::Runnable,
        parent: if flags.has(CloneFlags::PARENT) {
            parent.parent
        } else {
            Some(cx.task)
        },
        children: List::default(),
        zombies: List::default(),
        links: Links::default(),
        links_order: 0,
        born,
        // A sibling's end is told as the caller's own (copy_process).
        exit_signal: if flags.has(CloneFlags::PARENT) {
            parent.exit_signal
        } else {
            exit_signal
        },
        exit_status: 0,
        cred,
        security: parent.security.clone(),
        ns: same_or_new(copied.ns, proxy),
        fs: same_or_new(copied.fs, fs),
        files,
        mm: space,
        signals: parent.signals.forked(),
        call: None,
        suspended: None,
        injected: None,
        told: crate::kernel::Reply::None,
        exiting: None,
        job: JobReport::Nothing,
        kernel_frame,
        reply: crate::kernel::Reply::None,
        mailbox: Default::default(),
        utime_ns: 0,
        stime_ns: 0,
        start_ns: cx.now_ns,
        minor_faults: 0,
        major_faults: 0,
        vfork_parent: flags.has(CloneFlags::VFORK).then_some(cx.task),
        did_exec: DidExec::No,
        pdeath_signal: None,
        subreaper: Subreaper::No,
        freeze: Freeze::No,
        sched: crate::kernel::sched::SchedEntity {
            vlag: 0,
            ..parent.sched
        },
    };
    cx.k.ns.hold(user_ns);
    let (pgrp, session) = (child.pgrp, child.session);
    let id = cx.k.tasks.insert(child);
    if let Some(pid) = cx.k.pids.get_mut(pid) {
        pid.task = Some(id);
    }
    cx.k.cgroup_fork(id, groups);
    cx.k.join_pgrp(id, pgrp);
    cx.k.join_session(id, session);
    adopt(cx, id, pid);
    Ok(id)
}

/// The parent's, if the child's is the same.
fn same_or_new<T: PartialEq>(parents: Rc<T>, childs: T) -> Rc<T> {
    if *parents == childs {
        parents
    } else {
        Rc::new(childs)
    }
}

/// copy_creds, and the limit on processes: new credentials if there is to be a user namespace.
fn copy_creds(cx: &mut Ctx<'_>, flags: CloneFlags) -> Result<Option<Cred>, Errno> {
    if !flags.has(CloneFlags::NEWUSER) {
        let cred = cx.me()?.cred.clone();
        cred::may_fork(cx, &cred)?;
        return Ok(None);
    }
    let new = cred::new_user_ns_cred(cx)?;
    if let Err(errno) = cred::may_fork(cx, &new) {
        ns::discard(cx, Some(&new));
        return Err(errno);
    }
    Ok(Some(new))
}

/// What of the parent is copied by what follows.
struct Copied {
    mm: Option<MmId>,
    ns: Rc<NsProxy>,
    fs: Rc<FsStruct>,
    user_ns: NsId,
}

type Resources = (Pfn, Option<MmId>, NsProxy, FsStruct);

/// Memory and namespaces; after an error nothing is left of them.
fn copy_resources(
    cx: &mut Ctx<'_>,
    parent: &Copied,
    flags: CloneFlags,
    new_cred: Option<&Cred>,
) -> Result<Resources, Errno> {
    let user_ns = new_cred.map_or(parent.user_ns, |new| new.user_ns);
    if flags.any(ns::CREATES) {
        cx.ns_capable(user_ns, Cap::SYS_ADMIN)?;
    }
    let kernel_frame = mm::alloc(cx, FrameUse::Kernel)?;
    let space = match (parent.mm, flags.has(CloneFlags::VM)) {
        (Some(id), true) => {
            mm::share(cx, id);
            Some(id)
        }
        (Some(id), false) => match mm::fork(cx, id) {
            Ok(copy) => Some(copy),
            Err(errno) => {
                mm::unpin(cx, kernel_frame);
                return Err(errno);
            }
        },
        (None, _) => None,
    };
    let (proxy, fs) = match ns::copy(cx, &parent.ns, &parent.fs, flags, user_ns) {
        Ok(both) => both,
        Err(errno) => {
            if let Some(space) = space {
                mm::release(cx, space);
            }
            mm::unpin(cx, kernel_frame);
            return Err(errno);
        }
    };
    Ok((kernel_frame, space, proxy, fs))
}

/// Lists the child with its parent, and as the init of its PID namespace if it is number 1.
fn adopt(cx: &mut Ctx<'_>, id: TaskId, pid: PidId) {
    let order = cx.k.adopted;
    cx.k.adopted += 1;
    if let Some(task) = cx.k.tasks.get_mut(id) {
        task.links_order = order;
    }
    let parent = cx.k.tasks.get(id).and_then(|t| t.parent);
    if let Some(list) = parent.and_then(|p| cx.k.tasks.get(p)).map(|p| p.children) {
        let list = list.insert_in_order(&mut cx.k.tasks, id);
        if let Some(parent) = parent.and_then(|p| cx.k.tasks.get_mut(p)) {
            parent.children = list;
        }
    }
    let inner = cx.k.pids.get(pid).and_then(|p| p.numbers.last().copied());
    if let Some((ns, 1)) = inner
        && let Some(ns) = cx.k.ns.pid_mut(ns)
    {
        ns.child_reaper = Some(id);
        if let Some(task) = cx.k.tasks.get_mut(id) {
            task.signals.shield = Shield::Up;
        }
    }
}

/// The numbers are taken before anybody asks whether the child may be: a fork that fails here
/// uses them up, at every level, as on Linux (copy_process: alloc_pid, cgroup_can_fork).
///
/// # Errors
/// EAGAIN without a free number or at the limit of a control group; ENOMEM in a PID namespace
/// whose init has ended (pid_namespaces(7)).
fn check_number(cx: &mut Ctx<'_>, ns: NsId, groups: CgroupSet) -> Result<(), Errno> {
    let mut at = Some(ns);
    while let Some(id) = at {
        let ns = cx.k.ns.pid(id).ok_or(lost!(ENOMEM))?;
        if ns.map.next_free(ns.last).is_none() {
            return Err(refuse!(cx.why, PidFree, id));
        }
        at = ns.parent;
    }
    let is_dead = cx.k.ns.pid(ns).is_none_or(|ns| {
        ns.state == PidNsState::Dying || (ns.last > 0 && ns.child_reaper.is_none())
    });
    let answer = if is_dead {
        Err(refuse!(cx.why, PidNsAlive))
    } else if groups == cx.k.cgroups.roots {
        Ok(())
    } else {
        cx.k.cgroups.charge_pid(&cx.why, groups.pids)
    };
    let mut taken = answer.is_err().then_some(ns);
    while let Some(ns) = taken.and_then(|id| cx.k.ns.pid_mut(id)) {
        ns.last = ns.map.next_free(ns.last).unwrap_or(ns.last);
        taken = ns.parent;
    }
    answer
}

/// A `Pid` with a number in `ns` and in each of its ancestors.
fn alloc_pid(cx: &mut Ctx<'_>, ns: NsId) -> Result<PidId, Errno> {
    let mut chain = Vec::new();
    let mut at = Some(ns);
    while let Some(id) = at {
        let pid_ns = cx.k.ns.pid(id).ok_or(lost!(EAGAIN))?;
        let nr = pid_ns
            .map
            .next_free(pid_ns.last)
            .ok_or_else(|| refuse!(cx.why, PidFree, id))?;
        chain.push((id, nr));
        at = pid_ns.parent;
    }
    chain.reverse();
    let numbers: Rc<[(NsId, i32)]> = chain.into();
    let pid = cx.k.pids.insert(Pid {
        numbers: numbers.clone(),
        task: None,
        pgrp: Vec::new(),
        session: Vec::new(),
    });
    for (id, nr) in numbers.iter() {
        if let Some(pid_ns) = cx.k.ns.pid_mut(*id) {
            pid_ns.map.insert(*nr, pid);
            pid_ns.last = *nr;
        }
    }
    cx.k.ns.hold(ns);
    Ok(pid)
}

/// The `Pid` of the first task.
pub(crate) fn first_pid(cx: &mut Ctx<'_>) -> Result<PidId, Errno> {
    debug_assert_eq!(
        cx.k.ns.kind(cx.k.init_ns.pid_for_children),
        Some(NsKind::Pid)
    );
    alloc_pid(cx, cx.k.init_ns.pid_for_children)
}
