//! prctl(2), what concerns privilege (cap_task_prctl, prctl in kernel/sys.c).

use super::{Cap, CapSet, Cred, Dumpable, NoNewPrivs};
use crate::kernel::rule::Why;
use crate::kernel::syscall::{Prctl, done};
use crate::kernel::{Ctx, Errno, SysResult};
use std::rc::Rc;

/// securebits (capabilities(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SecureBits(pub u64);

impl SecureBits {
    pub const NOROOT: SecureBits = SecureBits(1);
    pub const NO_SETUID_FIXUP: SecureBits = SecureBits(1 << 2);
    pub const KEEP_CAPS: SecureBits = SecureBits(1 << 4);
    pub const KEEP_CAPS_LOCKED: SecureBits = SecureBits(1 << 5);
    pub const NO_CAP_AMBIENT_RAISE: SecureBits = SecureBits(1 << 6);
    /// Those of executables that are to be checked: anybody may set them.
    const UNPRIVILEGED: u64 = 0xf00;
    const BITS: u64 = 0x555;
    const LOCKS: u64 = Self::BITS << 1;

    pub const fn has(self, bit: SecureBits) -> bool {
        self.0 & bit.0 != 0
    }
    pub const fn without(self, bit: SecureBits) -> SecureBits {
        SecureBits(self.0 & !bit.0)
    }
}

/// PR_CAP_AMBIENT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AmbientOp {
    IsSet,
    Raise,
    Lower,
    ClearAll,
}

fn cap_arg(why: &Why, nr: u64) -> Result<Cap, Errno> {
    Cap::from_nr(nr).ok_or_else(|| refuse!(why, CapExists, nr))
}

/// The options of prctl(2) about privilege.
///
/// # Errors
/// EINVAL for what there is not, EPERM.
pub fn cred_prctl(cx: &mut Ctx<'_>, option: Prctl) -> SysResult {
    match option {
        Prctl::CapbsetRead(nr) => bounding_read(cx, nr),
        Prctl::CapbsetDrop(nr) => bounding_drop(cx, nr),
        Prctl::CapAmbient(op, nr) => ambient(cx, op, nr),
        Prctl::SetKeepcaps(value) => set_keepcaps(cx, value),
        Prctl::GetKeepcaps => bit(cx, |c| c.securebits.has(SecureBits::KEEP_CAPS)),
        Prctl::SetSecurebits(bits) => set_securebits(cx, bits),
        Prctl::GetSecurebits => cx.me().and_then(|me| done(me.cred.securebits.0 as i64)),
        Prctl::SetNoNewPrivs(value) => set_no_new_privs(cx, value),
        Prctl::GetNoNewPrivs => {
            let yes = |me: &crate::kernel::Task| me.security.no_new_privs == NoNewPrivs::Yes;
            cx.me().and_then(|me| done(i64::from(yes(me))))
        }
        Prctl::SetDumpable(value) => set_dumpable(cx, value),
        Prctl::GetDumpable => {
            let yes = |me: &crate::kernel::Task| me.security.dumpable == Dumpable::Yes;
            cx.me().and_then(|me| done(i64::from(yes(me))))
        }
        Prctl::SetPdeathsig(_)
        | Prctl::GetPdeathsig
        | Prctl::SetChildSubreaper(_)
        | Prctl::GetChildSubreaper => Err(Errno::EINVAL),
    }
}

fn bit(cx: &Ctx<'_>, is_set: fn(&Cred) -> bool) -> SysResult {
    done(i64::from(is_set(&cx.me()?.cred)))
}

/// A change that commit_creds has nothing to say about: it takes nothing and gives nothing away.
fn change(cx: &mut Ctx<'_>, how: impl FnOnce(&mut Cred)) -> SysResult {
    let me = cx.me_mut()?;
    let mut new = Cred::clone(&me.cred);
    how(&mut new);
    me.cred = Rc::new(new);
    done(0)
}

fn bounding_read(cx: &Ctx<'_>, nr: u64) -> SysResult {
    let cap = cap_arg(&cx.why, nr)?;
    done(i64::from(cx.me()?.cred.bounding.has(cap)))
}

fn bounding_drop(cx: &mut Ctx<'_>, nr: u64) -> SysResult {
    cx.ns_capable(cx.me()?.cred.user_ns, Cap::SETPCAP)?;
    let cap = cap_arg(&cx.why, nr)?;
    change(cx, |new| new.bounding = new.bounding.without(cap))
}

fn ambient(cx: &mut Ctx<'_>, op: AmbientOp, nr: u64) -> SysResult {
    if op == AmbientOp::ClearAll {
        forbid!(cx.why, AmbientArguments, nr, if nr != 0)?;
        return change(cx, |new| new.ambient = CapSet::EMPTY);
    }
    let cap = cap_arg(&cx.why, nr)?;
    let cred = &cx.me()?.cred;
    match op {
        AmbientOp::IsSet => done(i64::from(cred.ambient.has(cap))),
        AmbientOp::Lower | AmbientOp::ClearAll => {
            change(cx, |new| new.ambient = new.ambient.without(cap))
        }
        AmbientOp::Raise => {
            let may = cred.permitted.has(cap)
                && cred.inheritable.has(cap)
                && !cred.securebits.has(SecureBits::NO_CAP_AMBIENT_RAISE);
            forbid!(cx.why, AmbientRaise, cap, if !may)?;
            change(cx, |new| new.ambient = new.ambient.with(cap))
        }
    }
}

fn set_keepcaps(cx: &mut Ctx<'_>, value: u64) -> SysResult {
    forbid!(cx.why, PrctlValue, value, if value > 1)?;
    forbid!(cx.why, KeepcapsLocked, if cx.me()?.cred.securebits.has(SecureBits::KEEP_CAPS_LOCKED))?;
    change(cx, |new| {
        let rest = new.securebits.without(SecureBits::KEEP_CAPS);
        new.securebits = SecureBits(rest.0 | (value * SecureBits::KEEP_CAPS.0));
    })
}

fn set_securebits(cx: &mut Ctx<'_>, bits: u64) -> SysResult {
    let cred = &cx.me()?.cred;
    let (old, user_ns) = (cred.securebits.0, cred.user_ns);
    let locks = old & SecureBits::LOCKS;
    let changes_locked = (locks >> 1) & (old ^ bits) != 0;
    let unlocks = locks & !bits != 0;
    let is_unknown = bits & !(SecureBits::BITS | SecureBits::LOCKS) != 0;
    forbid!(cx.why, SecurebitsLocked, bits => locks, if changes_locked || unlocks || is_unknown)?;
    if (old ^ bits) & !SecureBits::UNPRIVILEGED != 0 {
        cx.ns_capable(user_ns, Cap::SETPCAP)?;
    }
    change(cx, |new| new.securebits = SecureBits(bits))
}

fn set_no_new_privs(cx: &mut Ctx<'_>, value: u64) -> SysResult {
    forbid!(cx.why, PrctlValue, value, if value != 1)?;
    cx.me_mut()?.security.no_new_privs = NoNewPrivs::Yes;
    done(0)
}

fn set_dumpable(cx: &mut Ctx<'_>, value: u64) -> SysResult {
    cx.me_mut()?.security.dumpable = match value {
        0 => Dumpable::No,
        1 => Dumpable::Yes,
        _ => return Err(refuse!(cx.why, PrctlValue, value)),
    };
    done(0)
}
