//! A check that was recorded, and the recorder.

use super::Rule;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::cred::Cap;
use crate::kernel::fs::{InodeId, MountId, Node};
use crate::kernel::{Errno, NsId, Signal, TaskId};
use std::cell::RefCell;
use std::rc::Rc;

/// What a check looked at, or the value that it read there. Small and `Copy`; names are put in
/// when the record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    None,
    /// A descriptor, PID, uid, size, or whatever the rule is about.
    Number(i64),
    /// As `Number`, beyond what is signed.
    Unsigned(u64),
    /// Of a file, shown in octal.
    Mode(u64),
    Task(u64),
    Ns(u64),
    Inode(u64),
    Mount(u64),
    /// A file that is computed: of proc, or a control group's.
    Computed,
    /// A control group.
    Cgroup(u64),
    Cap(u64),
    Signal(u64),
}

macro_rules! from_numbers {
    ($($number:ty)*) => {
        $(impl From<$number> for Thing {
            #[inline(always)]
            fn from(number: $number) -> Self {
                Thing::Number(number as i64)
            }
        })*
    };
}

from_numbers! { i8 i32 u16 u8 u32 i64 }

macro_rules! from_unsigned {
    ($($number:ty)*) => {
        $(impl From<$number> for Thing {
            #[inline(always)]
            fn from(number: $number) -> Self {
                Thing::Unsigned(number as u64)
            }
        })*
    };
}

from_unsigned! { u64 usize }

impl From<()> for Thing {
    #[inline(always)]
    fn from((): ()) -> Self {
        Thing::None
    }
}

impl From<bool> for Thing {
    #[inline(always)]
    fn from(value: bool) -> Self {
        Thing::Number(i64::from(value))
    }
}

impl From<TaskId> for Thing {
    #[inline(always)]
    fn from(id: TaskId) -> Self {
        Thing::Task(id.as_u64())
    }
}

impl From<NsId> for Thing {
    #[inline(always)]
    fn from(id: NsId) -> Self {
        Thing::Ns(id.as_u64())
    }
}

impl From<InodeId> for Thing {
    #[inline(always)]
    fn from(id: InodeId) -> Self {
        Thing::Inode(id.as_u64())
    }
}

impl From<MountId> for Thing {
    #[inline(always)]
    fn from(id: MountId) -> Self {
        Thing::Mount(id.as_u64())
    }
}

impl From<CgroupId> for Thing {
    #[inline(always)]
    fn from(id: CgroupId) -> Self {
        Thing::Cgroup(id.as_u64())
    }
}

impl From<Node> for Thing {
    #[inline(always)]
    fn from(node: Node) -> Self {
        match node {
            Node::Inode(id) => Thing::Inode(id.as_u64()),
            Node::Proc(_) | Node::Cgroup(_) => Thing::Computed,
            Node::Ns(id) => Thing::Ns(id.as_u64()),
        }
    }
}

impl From<Cap> for Thing {
    #[inline(always)]
    fn from(cap: Cap) -> Self {
        Thing::Cap(cap as u64)
    }
}

impl From<Signal> for Thing {
    #[inline(always)]
    fn from(signal: Signal) -> Self {
        Thing::Signal(signal as u64)
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Passed,
    /// The call, or the instruction, ends here.
    Refused,
    /// One of several conditions, which holds.
    Yes,
    /// One of several conditions, which does not hold; another may.
    No,
}

/// A check that was made while its tick was replayed. The last one that refused decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    pub rule: Rule,
    /// The task that was in the kernel.
    pub subject: Option<TaskId>,
    pub object: Thing,
    pub read: Thing,
    pub verdict: Verdict,
}

/// Checks in the order in which they were made.
pub type Checks = Rc<RefCell<Vec<Check>>>;

/// Where checks are recorded: nowhere, unless a tick is replayed to be explained.
#[derive(Debug, Default)]
pub struct Why {
    checks: Option<Checks>,
    /// The task that is in the kernel.
    pub subject: Option<TaskId>,
}

/// What the macros call. Out of line, and with as few arguments as the site has: there are many
/// sites, and the page's bytes count.
impl Why {
    pub fn new(checks: Option<&Checks>, subject: TaskId) -> Self {
        Self {
            checks: checks.cloned(),
            subject: Some(subject),
        }
    }

    #[inline(always)]
    pub fn is_on(&self) -> bool {
        self.checks.is_some()
    }

    #[cold]
    #[inline(never)]
    fn note(&self, rule: Rule, object: Thing, read: Thing, verdict: Verdict) {
        if let Some(checks) = &self.checks {
            checks.borrow_mut().push(Check {
                rule,
                subject: self.subject,
                object,
                read,
                verdict,
            });
        }
    }

    #[cold]
    #[inline(never)]
    pub fn ask(&self, rule: Rule, holds: bool, object: Thing, read: Thing) {
        let verdict = match holds {
            true => Verdict::Yes,
            false => Verdict::No,
        };
        self.note(rule, object, read, verdict);
    }

    #[cold]
    #[inline(never)]
    pub fn refuse_read(&self, rule: Rule, object: Thing, read: Thing) -> Errno {
        self.note(rule, object, read, Verdict::Refused);
        rule.errno()
    }

    #[cold]
    #[inline(never)]
    pub fn refuse_of(&self, rule: Rule, object: Thing) -> Errno {
        self.refuse_read(rule, object, Thing::None)
    }

    #[cold]
    #[inline(never)]
    pub fn refuse(&self, rule: Rule) -> Errno {
        self.refuse_read(rule, Thing::None, Thing::None)
    }

    /// # Errors
    /// The errno of the rule, unless it passed.
    #[cold]
    #[inline(never)]
    pub fn check_read(
        &self,
        rule: Rule,
        passed: bool,
        object: Thing,
        read: Thing,
    ) -> Result<(), Errno> {
        if !passed {
            return Err(self.refuse_read(rule, object, read));
        }
        self.note(rule, object, read, Verdict::Passed);
        Ok(())
    }

    /// # Errors
    /// As [`Why::check_read`].
    #[cold]
    #[inline(never)]
    pub fn check_of(&self, rule: Rule, passed: bool, object: Thing) -> Result<(), Errno> {
        self.check_read(rule, passed, object, Thing::None)
    }

    /// # Errors
    /// As [`Why::check_read`].
    #[cold]
    #[inline(never)]
    pub fn check(&self, rule: Rule, passed: bool) -> Result<(), Errno> {
        self.check_read(rule, passed, Thing::None, Thing::None)
    }
}
