//! Namespaces, identity, limits.

use super::Op;
use super::processes::{clone_flags, number};
use crate::hands::{Halt, Hands, OpResult};
use sim_core::kernel::{Reply, Syscall};

pub const OPS: &[(&str, Op)] = &[
    ("gethostname", gethostname),
    ("sethostname", sethostname),
    ("setns", setns),
    ("unshare", unshare),
];

fn unshare(hands: &mut Hands<'_>) -> OpResult {
    let flags = clone_flags(hands, "flags")?;
    number(hands, Syscall::Unshare { flags })
}

fn setns(hands: &mut Hands<'_>) -> OpResult {
    let fd = hands.params.int("fd")?;
    let kind = clone_flags(hands, "type")?;
    number(hands, Syscall::Setns { fd, kind })
}

fn sethostname(hands: &mut Hands<'_>) -> OpResult {
    let name = hands.params.text("name")?.into();
    number(hands, Syscall::Sethostname { name })
}

fn gethostname(hands: &mut Hands<'_>) -> OpResult {
    match hands.call(Syscall::Uname {})?.1 {
        Reply::Uname { nodename, .. } => Ok(nodename.as_ref().into()),
        other => Err(Halt::Bad(format!("uname answered {other:?}"))),
    }
}
