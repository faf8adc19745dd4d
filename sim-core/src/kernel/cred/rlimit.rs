//! Resource limits (getrlimit(2)).

use super::{Cap, Cred};
use crate::kernel::ns::NsId;
use crate::kernel::syscall::done;
use crate::kernel::{Ctx, Errno, Kernel, Reply, SysResult};
use std::rc::Rc;

pub const INFINITY: u64 = u64::MAX;
/// /proc/sys/fs/nr_open.
const NR_OPEN: u64 = 1_048_576;
const KINDS: usize = 16;

macro_rules! resources {
    ($($name:ident = $nr:literal, $word:literal;)*) => {
        /// A limited resource. Limits of those that nothing enforces here are kept all the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Resource { $($name = $nr,)* }

        impl Resource {
            pub fn name(self) -> &'static str {
                match self { $(Resource::$name => $word,)* }
            }
            /// By its name, `RLIMIT_NPROC`.
            pub fn named(name: &str) -> Option<Resource> {
                match name { $($word => Some(Resource::$name),)* _ => None }
            }
        }
    };
}

resources! {
    Cpu = 0, "RLIMIT_CPU"; Fsize = 1, "RLIMIT_FSIZE"; Data = 2, "RLIMIT_DATA";
    Stack = 3, "RLIMIT_STACK"; Core = 4, "RLIMIT_CORE"; Rss = 5, "RLIMIT_RSS";
    Nproc = 6, "RLIMIT_NPROC"; Nofile = 7, "RLIMIT_NOFILE"; Memlock = 8, "RLIMIT_MEMLOCK";
    As = 9, "RLIMIT_AS"; Locks = 10, "RLIMIT_LOCKS"; Sigpending = 11, "RLIMIT_SIGPENDING";
    Msgqueue = 12, "RLIMIT_MSGQUEUE"; Nice = 13, "RLIMIT_NICE"; Rtprio = 14, "RLIMIT_RTPRIO";
    Rttime = 15, "RLIMIT_RTTIME";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rlimit {
    pub soft: u64,
    pub hard: u64,
}

/// All limits of a process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rlimits([Rlimit; KINDS]);

impl Default for Rlimits {
    /// INIT_RLIMITS, but as many descriptors as most systems allow, and as many processes as
    /// there is memory for.
    fn default() -> Self {
        let free = Rlimit {
            soft: INFINITY,
            hard: INFINITY,
        };
        let mut all = Self([free; KINDS]);
        let mut set = |resource, soft, hard| all.set(resource, Rlimit { soft, hard });
        set(Resource::Stack, 8 << 20, INFINITY);
        set(Resource::Core, 0, INFINITY);
        set(Resource::Nofile, 1024, 1_048_576);
        set(Resource::Memlock, 8 << 20, 8 << 20);
        set(Resource::Msgqueue, 819_200, 819_200);
        set(Resource::Nice, 0, 0);
        set(Resource::Rtprio, 0, 0);
        all
    }
}

impl Rlimits {
    pub fn get(&self, resource: Resource) -> Rlimit {
        let [.., last] = self.0;
        self.0.get(resource as usize).copied().unwrap_or(last)
    }

    fn set(&mut self, resource: Resource, limit: Rlimit) {
        if let Some(place) = self.0.get_mut(resource as usize) {
            *place = limit;
        }
    }
}

/// PF_NPROC_EXCEEDED: a change of user went beyond the new user's limit; execve(2) will see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NprocState {
    #[default]
    Within,
    Exceeded,
}

/// getrlimit(2), in [`Reply::Rlimit`].
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn sys_getrlimit(cx: &mut Ctx<'_>, resource: Resource) -> SysResult {
    let limit = cx.me()?.security.rlimits.get(resource);
    cx.reply(Reply::Rlimit(limit))?;
    done(0)
}

/// setrlimit(2).
///
/// # Errors
/// EINVAL for a soft limit above the hard one; EPERM to raise the hard one without
/// CAP_SYS_RESOURCE over the first user namespace.
pub fn sys_setrlimit(cx: &mut Ctx<'_>, resource: Resource, soft: u64, hard: u64) -> SysResult {
    forbid!(cx.why, RlimitOrder, soft => hard, if soft > hard)?;
    forbid!(cx.why, RlimitNofileMaximum, hard => NR_OPEN, if resource == Resource::Nofile && hard > NR_OPEN)?;
    let old = cx.me()?.security.rlimits.get(resource);
    forbid!(cx.why, RlimitRaise, hard => old.hard, if hard > old.hard && !cx.is_capable(Cap::SYS_RESOURCE))?;
    let limits = &mut cx.me_mut()?.security.rlimits;
    Rc::make_mut(limits).set(resource, Rlimit { soft, hard });
    done(0)
}

impl Kernel {
    /// Processes that count as those of a user in a user namespace: its own, and all in
    /// namespaces that it made. Zombies count. `INFINITY` limits make nobody count.
    fn nproc(&self, user_ns: NsId, uid: u32) -> u64 {
        let counts = |cred: &Cred| {
            let (mut ns, mut id) = (cred.user_ns, cred.uid);
            loop {
                if (ns, id) == (user_ns, uid) {
                    return true;
                }
                match self.ns.user(ns) {
                    Some(at) => match at.parent {
                        Some(parent) => (ns, id) = (parent, at.creator_uid),
                        None => return false,
                    },
                    None => return false,
                }
            }
        };
        self.tasks.iter().filter(|(_, t)| counts(&t.cred)).count() as u64
    }

    /// is_rlimit_overlimit with UCOUNT_RLIMIT_NPROC, if there were `extra` more.
    fn is_over_nproc(&self, cred: &Cred, limit: u64, extra: u64) -> bool {
        let (mut ns, mut uid, mut max) = (cred.user_ns, cred.uid, limit);
        loop {
            if max != INFINITY && self.nproc(ns, uid) + extra > max {
                return true;
            }
            let Some(at) = self.ns.user(ns) else {
                return false;
            };
            let Some(parent) = at.parent else {
                return false;
            };
            (ns, uid, max) = (parent, at.creator_uid, at.nproc_max);
        }
    }
}

/// copy_process's look at RLIMIT_NPROC. The first namespace's root is exempt, and whoever has
/// CAP_SYS_RESOURCE or CAP_SYS_ADMIN over it.
///
/// # Errors
/// EAGAIN.
pub fn may_fork(cx: &mut Ctx<'_>, cred: &Cred) -> Result<(), Errno> {
    let limit = cx.me()?.security.rlimits.get(Resource::Nproc).soft;
    let is_first_ns = cred.user_ns == cx.k.init_user_ns;
    if (limit != INFINITY || !is_first_ns) && cx.k.is_over_nproc(cred, limit, 1) {
        let is_exempt = (is_first_ns && cred.uid == 0)
            || cx.is_capable(Cap::SYS_RESOURCE)
            || cx.is_capable(Cap::SYS_ADMIN);
        forbid!(cx.why, NprocLimit, cred.uid => limit, if !is_exempt)?;
    }
    cx.me_mut()?.security.nproc = NprocState::Within;
    Ok(())
}

/// flag_nproc_exceeded, before a change of the real user id: the caller does not count yet.
///
/// # Errors
/// ESRCH for a caller that is gone.
pub fn mark_nproc(cx: &mut Ctx<'_>, new: &Cred) -> Result<(), Errno> {
    let me = cx.me()?;
    if me.cred.uid == new.uid {
        return Ok(());
    }
    let limit = me.security.rlimits.get(Resource::Nproc).soft;
    let is_first_root = new.uid == 0 && new.user_ns == cx.k.init_user_ns;
    let is_over = !is_first_root && cx.k.is_over_nproc(new, limit, 0);
    cx.me_mut()?.security.nproc = match is_over {
        true => NprocState::Exceeded,
        false => NprocState::Within,
    };
    Ok(())
}

/// do_execveat_common's look at RLIMIT_NPROC.
///
/// # Errors
/// EAGAIN if a change of user went beyond the limit, and it still is.
pub fn may_exec(cx: &mut Ctx<'_>) -> Result<(), Errno> {
    let me = cx.me()?;
    if me.security.nproc == NprocState::Within {
        return Ok(());
    }
    let limit = me.security.rlimits.get(Resource::Nproc).soft;
    forbid!(cx.why, NprocLimit, () => limit, if cx.k.is_over_nproc(&me.cred, limit, 0))?;
    cx.me_mut()?.security.nproc = NprocState::Within;
    Ok(())
}
