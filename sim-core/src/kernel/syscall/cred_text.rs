//! Arguments about identity and limits as text.

use super::text::{Argument, ArgumentReader};
use super::{Prctl, SigNr};
use crate::kernel::cred::{Resource, SeccompAction};
use crate::kernel::signal::Signal;
use crate::text::{Scanner, TextError};
use std::fmt::{self, Formatter, Write};
use std::rc::Rc;

impl Argument for Prctl {
    fn blank() -> Self {
        Prctl::GetDumpable
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Prctl::SetPdeathsig(signal) => {
                f.write_str("PR_SET_PDEATHSIG, ")?;
                signal.write(f)
            }
            Prctl::GetPdeathsig => f.write_str("PR_GET_PDEATHSIG"),
            Prctl::SetChildSubreaper(value) => write!(f, "PR_SET_CHILD_SUBREAPER, {value}"),
            Prctl::GetChildSubreaper => f.write_str("PR_GET_CHILD_SUBREAPER"),
            Prctl::CapbsetRead(cap) => write!(f, "PR_CAPBSET_READ, {cap}"),
            Prctl::CapbsetDrop(cap) => write!(f, "PR_CAPBSET_DROP, {cap}"),
            Prctl::CapAmbient(op, cap) => {
                f.write_str("PR_CAP_AMBIENT, ")?;
                op.write(f)?;
                write!(f, ", {cap}")
            }
            Prctl::SetKeepcaps(value) => write!(f, "PR_SET_KEEPCAPS, {value}"),
            Prctl::GetKeepcaps => f.write_str("PR_GET_KEEPCAPS"),
            Prctl::SetSecurebits(bits) => write!(f, "PR_SET_SECUREBITS, {bits}"),
            Prctl::GetSecurebits => f.write_str("PR_GET_SECUREBITS"),
            Prctl::SetNoNewPrivs(value) => write!(f, "PR_SET_NO_NEW_PRIVS, {value}"),
            Prctl::GetNoNewPrivs => f.write_str("PR_GET_NO_NEW_PRIVS"),
            Prctl::SetDumpable(value) => write!(f, "PR_SET_DUMPABLE, {value}"),
            Prctl::GetDumpable => f.write_str("PR_GET_DUMPABLE"),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        let option = from.word(name)?;
        let mut argument = ArgumentReader::after_first(from);
        let option = match option {
            "PR_SET_PDEATHSIG" => Prctl::SetPdeathsig(argument.get("signal")),
            "PR_GET_PDEATHSIG" => Prctl::GetPdeathsig,
            "PR_SET_CHILD_SUBREAPER" => Prctl::SetChildSubreaper(argument.get("value")),
            "PR_GET_CHILD_SUBREAPER" => Prctl::GetChildSubreaper,
            "PR_CAPBSET_READ" => Prctl::CapbsetRead(argument.get("capability")),
            "PR_CAPBSET_DROP" => Prctl::CapbsetDrop(argument.get("capability")),
            "PR_CAP_AMBIENT" => {
                let op = argument.get("operation");
                Prctl::CapAmbient(op, argument.get("capability"))
            }
            "PR_SET_KEEPCAPS" => Prctl::SetKeepcaps(argument.get("value")),
            "PR_GET_KEEPCAPS" => Prctl::GetKeepcaps,
            "PR_SET_SECUREBITS" => Prctl::SetSecurebits(argument.get("bits")),
            "PR_GET_SECUREBITS" => Prctl::GetSecurebits,
            "PR_SET_NO_NEW_PRIVS" => Prctl::SetNoNewPrivs(argument.get("value")),
            "PR_GET_NO_NEW_PRIVS" => Prctl::GetNoNewPrivs,
            "PR_SET_DUMPABLE" => Prctl::SetDumpable(argument.get("value")),
            "PR_GET_DUMPABLE" => Prctl::GetDumpable,
            other => return Err(start.error(format!("{name}: no '{other}'"))),
        };
        argument.finish(option)
    }
}

impl Argument for Rc<[u32]> {
    fn blank() -> Self {
        Rc::new([])
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (n, id) in self.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { ", " })?;
            write!(f, "{id}")?;
        }
        f.write_char(']')
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        from.expect('[')?;
        let mut ids = Vec::new();
        from.skip_blanks();
        while from.take(']').is_none() {
            if !ids.is_empty() {
                from.expect(',')?;
                from.skip_blanks();
            }
            ids.push(from.number(name)?);
            from.skip_blanks();
        }
        Ok(ids.into())
    }
}

impl Argument for SigNr {
    fn blank() -> Self {
        SigNr(0)
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match Signal::from_nr(self.0) {
            Some(signal) => f.write_str(signal.name()),
            None => self.0.write(f),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        if from.peek() != Some('S') {
            return from.number(name).map(SigNr);
        }
        let start = from.clone();
        let word = from.word(name)?;
        let found = Signal::named(word).ok_or_else(|| start.error(format!("{name}: no '{word}'")));
        found.map(SigNr::from)
    }
}

impl Argument for Resource {
    fn blank() -> Self {
        Resource::Cpu
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        let word = from.word(name)?;
        Resource::named(word).ok_or_else(|| start.error(format!("{name}: no '{word}'")))
    }
}

impl Argument for SeccompAction {
    fn blank() -> Self {
        SeccompAction::Allow
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SeccompAction::KillProcess => f.write_str("SECCOMP_RET_KILL_PROCESS"),
            SeccompAction::Trap => f.write_str("SECCOMP_RET_TRAP"),
            SeccompAction::Allow => f.write_str("SECCOMP_RET_ALLOW"),
            SeccompAction::Errno(errno) => write!(f, "SECCOMP_RET_ERRNO:{}", errno.nr()),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        match from.word(name)? {
            "SECCOMP_RET_KILL_PROCESS" => Ok(SeccompAction::KillProcess),
            "SECCOMP_RET_TRAP" => Ok(SeccompAction::Trap),
            "SECCOMP_RET_ALLOW" => Ok(SeccompAction::Allow),
            "SECCOMP_RET_ERRNO" if from.take(':').is_some() => {
                let nr: i32 = from.number("an errno")?;
                let errno = crate::kernel::Errno::from_nr(nr);
                let errno = errno.ok_or_else(|| start.error(format!("{name}: no errno {nr}")))?;
                Ok(SeccompAction::Errno(errno))
            }
            other => Err(start.error(format!("{name}: no '{other}'"))),
        }
    }
}
