//! seccomp(2). A filter is a list of calls with one action instead of a program: what BPF
//! programs in use amount to.

use super::{Cap, NoNewPrivs};
use crate::kernel::syscall::{Str, done};
use crate::kernel::{Ctx, Errno, SysResult, Task};
use std::rc::Rc;

/// What a filter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeccompAction {
    KillProcess,
    Trap,
    Errno(Errno),
    Allow,
}

impl SeccompAction {
    /// Lower takes precedence: the order of the actions' numbers.
    fn rank(self) -> u8 {
        match self {
            SeccompAction::KillProcess => 0,
            SeccompAction::Trap => 1,
            SeccompAction::Errno(_) => 2,
            SeccompAction::Allow => 3,
        }
    }
}

/// A filter and those set before it. Children and later programs keep them all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seccomp {
    /// Names of system calls.
    pub deny: Rc<[Str]>,
    pub action: SeccompAction,
    pub before: Option<Rc<Seccomp>>,
}

impl Seccomp {
    fn iter(&self) -> impl Iterator<Item = &Seccomp> {
        std::iter::successors(Some(self), |filter| filter.before.as_deref())
    }

    /// How many filters there are (`Seccomp_filters` in /proc/PID/status).
    pub fn count(&self) -> usize {
        self.iter().count()
    }

    /// All filters are asked; the most restrictive answer counts, of equal ones the latest.
    fn run(&self, name: &str) -> SeccompAction {
        let answers = self.iter().filter(|f| f.deny.iter().any(|n| **n == *name));
        answers
            .map(|f| f.action)
            .min_by_key(|action| action.rank())
            .unwrap_or(SeccompAction::Allow)
    }
}

/// seccomp(2) with SECCOMP_SET_MODE_FILTER.
///
/// # Errors
/// EACCES without no_new_privs or CAP_SYS_ADMIN over the user namespace; EINVAL for an empty
/// filter or a name that is no system call's.
pub fn sys_seccomp(cx: &mut Ctx<'_>, deny: Rc<[Str]>, action: SeccompAction) -> SysResult {
    let me = cx.me()?;
    forbid!(cx.why, SeccompPrivilege, if me.security.no_new_privs == NoNewPrivs::No
        && !cx.is_ns_capable(me.cred.user_ns, Cap::SYS_ADMIN))?;
    let before = me.security.seccomp.clone();
    cx.me_mut()?.security.seccomp = Some(Rc::new(Seccomp {
        deny,
        action,
        before,
    }));
    done(0)
}

/// What the filters of a task say to the call that it is in.
pub fn check_seccomp(task: &Task) -> SeccompAction {
    match (&task.security.seccomp, &task.call) {
        (Some(filters), Some(active)) => filters.run(active.call.name()),
        (None, _) | (_, None) => SeccompAction::Allow,
    }
}
