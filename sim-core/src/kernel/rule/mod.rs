//! Why the kernel refuses: every check has a rule.
//!
//! The reason of a refusal is never stored. When the machine runs, a check is a plain condition;
//! when a tick is replayed to explain it, the same check is also a record ([`Check`]) of who asked
//! for what, and of the value that was read. Nothing of it is part of the machine.
//!
//! ```text
//! forbid!(cx.why, rule, object => read, condition)?   refuses when the condition holds
//! check!(cx.why, rule, object => read, condition)?    refuses when it does not
//! ask!(cx.why, rule, object => read, condition)       one of several conditions; the answer is it
//! refuse!(cx.why, rule, object => read)               the errno itself, where there is no condition
//! lost!(ESRCH)                                        what an invariant says is there is not there
//! ```
//!
//! `object` and `=> read` may be left out. They are evaluated only for a refusal or a record.

mod check;
mod list;

pub use check::{Check, Checks, Thing, Verdict, Why};
pub use list::Rule;

/// Refuses when the condition holds: `Err` with the errno of the rule.
macro_rules! forbid {
    ($why:expr, $rule:ident, if $condition:expr) => {
        check!($why, $rule, if !$condition)
    };
    ($why:expr, $rule:ident, $object:expr, if $condition:expr) => {
        check!($why, $rule, $object, if !$condition)
    };
    ($why:expr, $rule:ident, $object:expr => $read:expr, if $condition:expr) => {
        check!($why, $rule, $object => $read, if !$condition)
    };
}

/// Refuses unless the condition holds: `Err` with the errno of the rule.
macro_rules! check {
    ($why:expr, $rule:ident, if $condition:expr) => {
        check!(@ $why, $condition, passed, check($crate::kernel::rule::Rule::$rule, passed))
    };
    ($why:expr, $rule:ident, $object:expr, if $condition:expr) => {
        check!(@ $why, $condition, passed, check_of(
            $crate::kernel::rule::Rule::$rule,
            passed,
            $crate::kernel::rule::Thing::from($object),
        ))
    };
    ($why:expr, $rule:ident, $object:expr => $read:expr, if $condition:expr) => {
        check!(@ $why, $condition, passed, check_read(
            $crate::kernel::rule::Rule::$rule,
            passed,
            $crate::kernel::rule::Thing::from($object),
            $crate::kernel::rule::Thing::from($read),
        ))
    };
    (@ $why:expr, $condition:expr, $passed:ident, $($note:tt)*) => {{
        let $passed: bool = $condition;
        if !$passed || $why.is_on() {
            $why.$($note)*
        } else {
            Ok::<(), $crate::kernel::Errno>(())
        }
    }};
}

/// One of several conditions: it refuses nothing by itself, but is part of the chain.
macro_rules! ask {
    ($why:expr, $rule:ident, $object:expr => $read:expr, if $condition:expr) => {{
        let holds: bool = $condition;
        if $why.is_on() {
            use $crate::kernel::rule::{Rule, Thing};
            $why.ask(Rule::$rule, holds, Thing::from($object), Thing::from($read));
        }
        holds
    }};
}

/// The errno of a rule, where what was found leaves nothing else to answer.
macro_rules! refuse {
    ($why:expr, $rule:ident) => {
        $why.refuse($crate::kernel::rule::Rule::$rule)
    };
    ($why:expr, $rule:ident, $object:expr) => {
        $why.refuse_of(
            $crate::kernel::rule::Rule::$rule,
            $crate::kernel::rule::Thing::from($object),
        )
    };
    ($why:expr, $rule:ident, $object:expr => $read:expr) => {
        $why.refuse_read(
            $crate::kernel::rule::Rule::$rule,
            $crate::kernel::rule::Thing::from($object),
            $crate::kernel::rule::Thing::from($read),
        )
    };
}

/// The answer where something is missing that an invariant says is there: nobody ever gets it,
/// so it has no rule. It is here because a handler must not panic.
macro_rules! lost {
    ($errno:ident) => {
        $crate::kernel::Errno::$errno
    };
}
