//! unshare(2), setns(2), sethostname(2), uname(2), and what clone(2) does with namespaces.

use super::{Namespace, NsData, NsId, NsKind, NsProxy, NsSwap, PidNs};
use crate::event::Event;
use crate::kernel::cred::{self, Cap, Cred};
use crate::kernel::fs::{self, FsStruct};
use crate::kernel::net;
use crate::kernel::syscall::{CloneFlags, Str, done};
use crate::kernel::{Ctx, Errno, Kernel, Reply, SysResult};
use std::rc::Rc;

/// Flags that make a namespace.
pub const ALL_FLAGS: CloneFlags = CloneFlags(
    CloneFlags::NEWNS.0
        | CloneFlags::NEWUTS.0
        | CloneFlags::NEWIPC.0
        | CloneFlags::NEWNET.0
        | CloneFlags::NEWPID.0
        | CloneFlags::NEWUSER.0
        | CloneFlags::NEWCGROUP.0
        | CloneFlags::NEWTIME.0,
);

/// Flags that ask for privilege: all but user namespaces (user_namespaces(7)).
pub const CREATES: CloneFlags = CloneFlags(ALL_FLAGS.0 & !CloneFlags::NEWUSER.0);

/// copy_namespaces: the proxy for a task with `flags`, and its root and working directory,
/// which move along into a new mount namespace. Nothing is held yet but their owner, `user_ns`.
///
/// # Errors
/// ENOMEM, ENOSPC (too deep), EINVAL for a PID namespace below one that is not one's own.
pub fn copy(
    cx: &mut Ctx<'_>,
    old: &NsProxy,
    old_fs: &FsStruct,
    flags: CloneFlags,
    user_ns: NsId,
) -> Result<(NsProxy, FsStruct), Errno> {
    let pid_level = match flags.has(CloneFlags::NEWPID) {
        true => Some(new_pid_level(cx, old, user_ns)?),
        false => None,
    };
    // What can fail comes first: a namespace that was made is never undone.
    let mut proxy = old.clone();
    let fs = if flags.has(CloneFlags::NEWNS) {
        let (tree, fs) = fs::copy_mount_ns(cx, old.mnt, user_ns, old_fs)?;
        proxy.mnt = create(cx, NsData::Mnt(tree), user_ns);
        fs::enter_mount_ns(cx.k, proxy.mnt);
        fs
    } else {
        fs::fork_fs(cx.k, old_fs)
    };
    if let Some(level) = pid_level {
        let parent = old.pid_for_children;
        let data = NsData::Pid(PidNs {
            parent: Some(parent),
            level,
            ..PidNs::default()
        });
        proxy.pid_for_children = create(cx, data, user_ns);
        cx.k.ns.hold(parent);
    }
    if flags.has(CloneFlags::NEWUTS) {
        let nodename =
            cx.k.ns
                .nodename(old.uts)
                .cloned()
                .unwrap_or_else(|| "".into());
        proxy.uts = create(cx, NsData::Uts { nodename }, user_ns);
    }
    if flags.has(CloneFlags::NEWTIME) {
        let time = cx.k.time_ns(old.time_for_children);
        let offsets = super::Offsets::Open;
        proxy.time_for_children =
            create(cx, NsData::Time(super::TimeNs { offsets, ..time }), user_ns);
    }
    if flags.has(CloneFlags::NEWIPC) {
        proxy.ipc = create(cx, NsData::Ipc(Box::default()), user_ns);
    }
    if flags.has(CloneFlags::NEWCGROUP) {
        // The groups that the caller is in become the root (cgroup_namespaces(7)).
        let root = cx.me()?.cgroups;
        proxy.cgroup = create(cx, NsData::Cgroup { root }, user_ns);
    }
    if flags.has(CloneFlags::NEWNET) {
        let space = cx.k.net.create(user_ns);
        proxy.net = create(cx, NsData::Net(space), user_ns);
    }
    Ok((proxy, fs))
}

/// The level of a new PID namespace below the caller's. A second unshare before the first fork
/// is refused, as there would be an empty one between (copy_pid_ns).
fn new_pid_level(cx: &Ctx<'_>, old: &NsProxy, user_ns: NsId) -> Result<u32, Errno> {
    let active = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(ESRCH))?;
    forbid!(cx.why, PidNsOnce, active => old.pid_for_children, if old.pid_for_children != active)?;
    // The numbers of an outer user namespace are not to be given out inside (create_pid_namespace).
    forbid!(cx.why, PidNsOwner, active, if !cx.k.is_in_user_ns(user_ns, cx.k.owner_of_ns(active)))?;
    let level = cx.k.ns.pid(active).ok_or(lost!(ESRCH))?.level + 1;
    if level > super::MAX_PID_NS_LEVEL {
        Err(refuse!(cx.why, PidNsDepth, active => level))
    } else {
        Ok(level)
    }
}

fn create(cx: &mut Ctx<'_>, data: NsData, user_ns: NsId) -> NsId {
    let kind = data.kind();
    cx.k.ns.hold(user_ns);
    let id = cx.k.ns.create(data, Some(user_ns));
    cx.emit(Event::NamespaceNew {
        kind,
        id: id.as_u64(),
    });
    id
}

/// unshare(2). Descriptors and directories are never shared between processes here, so
/// `CLONE_FILES` and `CLONE_FS` have nothing to do.
///
/// # Errors
/// EINVAL for unknown flags and kinds that are not modelled, EPERM without privilege.
pub fn sys_unshare(cx: &mut Ctx<'_>, flags: CloneFlags) -> SysResult {
    // Whoever has one thread has nothing to unshare of it.
    let alone = CloneFlags::VM
        .with(CloneFlags::SIGHAND)
        .with(CloneFlags::THREAD);
    let known = ALL_FLAGS
        .with(CloneFlags::FS)
        .with(CloneFlags::FILES)
        .with(alone);
    forbid!(cx.why, UnshareFlags, flags.0, if flags.0 & !known.0 != 0)?;
    let me = cx.me()?;
    let shares = (me.mm.and_then(|mm| cx.k.mm.spaces.get(mm))).is_some_and(|mm| mm.users > 1);
    forbid!(cx.why, UnshareFlags, flags.0, if shares && flags.has(CloneFlags::VM))?;
    let (old, old_fs, old_user_ns) = (me.ns.clone(), me.fs.clone(), me.cred.user_ns);
    // The other namespaces belong to the new user namespace (unshare_userns comes first).
    let new = match flags.has(CloneFlags::NEWUSER) {
        true => Some(cred::new_user_ns_cred(cx)?),
        false => None,
    };
    let user_ns = new.as_ref().map_or(old_user_ns, |new| new.user_ns);
    let copied = match flags.any(CREATES) {
        true => (cx.ns_capable(user_ns, Cap::SYS_ADMIN))
            .and_then(|()| copy(cx, &old, &old_fs, flags, user_ns).map(Some)),
        false => Ok(None),
    };
    let copied = match copied {
        Ok(copied) => copied,
        Err(errno) => {
            discard(cx, new.as_ref());
            return Err(errno);
        }
    };
    if let Some((proxy, fs)) = copied {
        switch(cx, proxy)?;
        cx.me_mut()?.fs = Rc::new(fs);
        fs::release_fs(cx, &old_fs);
    }
    if let Some(new) = new {
        cx.commit_creds(new)?;
    }
    done(0)
}

/// Takes back the user namespace of credentials that did not come into force.
pub fn discard(cx: &mut Ctx<'_>, new: Option<&Cred>) {
    if let Some(new) = new {
        cx.k.ns.hold(new.user_ns);
        cx.k.release_ns(new.user_ns);
    }
}

/// setns(2), with a descriptor of a /proc/PID/ns file. Joining a PID namespace is for the
/// children to come; joining a mount namespace sets root and working directory to its root.
///
/// # Errors
/// EBADF, EINVAL for a descriptor that is none of a namespace or of another kind, or a PID
/// namespace that is not one's own or below it; EPERM without privilege.
pub fn sys_setns(cx: &mut Ctx<'_>, fd: i32, kind: CloneFlags) -> SysResult {
    if let Ok(pid) = fs::pid_of_fd(cx, fd) {
        return super::join::join_process(cx, pid, kind);
    }
    let id = fs::ns_of_fd(cx, fd)?;
    let is = cx.k.ns.kind(id).ok_or(lost!(EINVAL))?;
    forbid!(cx.why, SetnsType, id => kind.0, if kind.0 != 0 && kind != is.flag())?;
    if is == NsKind::User {
        let new = cred::join_user_ns(cx, id)?;
        cx.commit_creds(new)?;
        return done(0);
    }
    let me = cx.me()?;
    let (old, user_ns) = (me.ns.clone(), me.cred.user_ns);
    // Privilege over the namespace, and over one's own user namespace.
    cx.capable_over(id, Cap::SYS_ADMIN)?;
    if is == NsKind::Mnt {
        cx.ns_capable(user_ns, Cap::SYS_CHROOT)?;
    }
    cx.ns_capable(user_ns, Cap::SYS_ADMIN)?;
    if is == NsKind::Pid {
        let active = cx.k.pid_ns_of(me).ok_or(lost!(ESRCH))?;
        forbid!(cx.why, SetnsPidDescendant, id => active, if !is_at_or_below(cx.k, id, active))?;
    }
    switch(cx, old.with(is, id))?;
    if is == NsKind::Mnt {
        enter_mount_ns(cx, id)?;
    }
    done(0)
}

/// Root and working directory become the root of a mount namespace.
pub(super) fn enter_mount_ns(cx: &mut Ctx<'_>, id: NsId) -> Result<(), Errno> {
    let old_fs = cx.me()?.fs.clone();
    let fs = fs::root_of(cx.k, id, &old_fs)?;
    cx.me_mut()?.fs = Rc::new(fs);
    fs::release_fs(cx, &old_fs);
    Ok(())
}

pub(super) fn is_at_or_below(k: &Kernel, mut ns: NsId, ancestor: NsId) -> bool {
    loop {
        if ns == ancestor {
            return true;
        }
        match k.ns.pid(ns).and_then(|n| n.parent) {
            Some(parent) => ns = parent,
            None => return false,
        }
    }
}

/// Gives the calling task another proxy.
pub(super) fn switch(cx: &mut Ctx<'_>, proxy: NsProxy) -> Result<(), Errno> {
    cx.k.ns.hold_proxy(&proxy);
    let old = std::mem::replace(&mut cx.me_mut()?.ns, Rc::new(proxy));
    let gone = cx.k.ns.release_proxy(&old);
    cx.tear_down(gone);
    Ok(())
}

/// sethostname(2): the name of the caller's UTS namespace.
///
/// # Errors
/// EPERM without privilege, EINVAL beyond 64 bytes.
pub fn sys_sethostname(cx: &mut Ctx<'_>, name: Str) -> SysResult {
    let uts = cx.me()?.ns.uts;
    cx.capable_over(uts, Cap::SYS_ADMIN)?;
    forbid!(cx.why, HostnameLength, name.len(), if name.len() > 64)?;
    cx.k.ns.set_nodename(uts, name);
    done(0)
}

/// uname(2), in [`Reply::Uname`].
pub fn sys_uname(cx: &mut Ctx<'_>) -> SysResult {
    let uts = cx.me()?.ns.uts;
    let nodename = cx.k.ns.nodename(uts).cloned().unwrap_or_else(|| "".into());
    cx.reply(Reply::Uname {
        nodename,
        release: super::RELEASE.into(),
        machine: "x86_64".into(),
    })?;
    done(0)
}

impl Ctx<'_> {
    /// What goes with namespaces that nobody refers to any more.
    pub fn tear_down(&mut self, gone: Vec<Namespace>) {
        for ns in gone {
            match &ns.data {
                NsData::Mnt(tree) => fs::drop_mount_ns(self, tree),
                NsData::Ipc(ipc) => crate::kernel::ipc::tear_down(self, ipc),
                NsData::Net(space) => net::destroy(self.k, *space),
                NsData::Pid(_)
                | NsData::Uts { .. }
                | NsData::User(_)
                | NsData::Cgroup { .. }
                | NsData::Time(_) => {}
            }
            for id in ns.above().into_iter().flatten() {
                self.k.release_ns(id);
            }
        }
    }
}

impl Namespace {
    /// What it holds references of: its owner, and its parent.
    pub fn above(&self) -> [Option<NsId>; 2] {
        let parent = match &self.data {
            NsData::Pid(pid) => pid.parent,
            NsData::User(user) => user.parent,
            NsData::Mnt(_)
            | NsData::Uts { .. }
            | NsData::Ipc(_)
            | NsData::Net(_)
            | NsData::Cgroup { .. }
            | NsData::Time(_) => None,
        };
        [self.owner, parent]
    }
}

impl Kernel {
    /// Gives back a reference to a PID or user namespace, and those that it alone kept.
    pub fn release_ns(&mut self, id: NsId) {
        let mut next = self.ns.release(id).map(|ns| ns.above());
        // Owners and parents are user namespaces, and PID namespaces, each with their own above.
        let mut rest = Vec::new();
        while let Some(above) = next.take() {
            rest.extend(above.into_iter().flatten());
            while let Some(id) = rest.pop() {
                next = self.ns.release(id).map(|ns| ns.above());
                if next.is_some() {
                    break;
                }
            }
        }
    }

    /// in_userns: whether a user namespace is another or a descendant of it.
    pub fn is_in_user_ns(&self, mut ns: NsId, ancestor: NsId) -> bool {
        loop {
            if ns == ancestor {
                return true;
            }
            match self.ns.user(ns).and_then(|n| n.parent) {
                Some(parent) => ns = parent,
                None => return false,
            }
        }
    }
}
