//! A system call as text, much as strace(1) prints it, and back: `mkdir("/tmp/a", 0o755)`.

use super::{
    AtFlags, ClockId, CloneFlags, InBuf, Ioctl, LineMode, MmapFlags, MountFlags, MsgFlags,
    OpenFlags, OutBuf, Prot, Restart, SaFlags, SeekWhence, SigAct, SigMaskHow, Str, Syscall,
    WaitFor, WaitOptions,
};
use crate::kernel::cred::AmbientOp;
use crate::text::{Scanner, TextError, quote};
use std::fmt::{self, Display, Formatter, Write};
use std::rc::Rc;

/// A type that system calls take as an argument. What `write` writes, `read` reads back.
pub(super) trait Argument: Sized {
    /// Stands in for one that could not be read, until the whole call is given up.
    fn blank() -> Self;

    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result;

    /// # Errors
    /// The text is not an argument of this type; `name` is the parameter's, for the message.
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError>;
}

/// Writes arguments with commas between them.
pub(super) struct ArgumentWriter<'a, 'b> {
    to: &'a mut Formatter<'b>,
    separator: &'static str,
}

impl<'a, 'b> ArgumentWriter<'a, 'b> {
    pub(super) fn new(to: &'a mut Formatter<'b>) -> Self {
        Self { to, separator: "" }
    }

    pub(super) fn put(&mut self, argument: &impl Argument) -> fmt::Result {
        self.to.write_str(self.separator)?;
        self.separator = ", ";
        argument.write(self.to)
    }
}

/// Reads arguments with commas between them. It keeps the first mistake and reads nothing more after
/// it: an early return after each argument of each call was 23 KB of code, 1 KB of it compressed.
pub(super) struct ArgumentReader<'a, 'b> {
    from: &'a mut Scanner<'b>,
    is_first: bool,
    mistake: Option<TextError>,
}

impl<'a, 'b> ArgumentReader<'a, 'b> {
    pub(super) fn new(from: &'a mut Scanner<'b>) -> Self {
        Self {
            from,
            is_first: true,
            mistake: None,
        }
    }

    /// The arguments that follow another, which has been read.
    pub(super) fn after_first(from: &'a mut Scanner<'b>) -> Self {
        Self {
            from,
            is_first: false,
            mistake: None,
        }
    }

    #[inline(never)]
    pub(super) fn get<T: Argument>(&mut self, name: &str) -> T {
        if self.mistake.is_none() {
            match self.next(name) {
                Ok(argument) => return argument,
                Err(mistake) => self.mistake = Some(mistake),
            }
        }
        T::blank()
    }

    fn next<T: Argument>(&mut self, name: &str) -> Result<T, TextError> {
        if !std::mem::replace(&mut self.is_first, false) {
            self.from.skip_blanks();
            self.from.expect(',')?;
        }
        self.from.skip_blanks();
        T::read(name, self.from)
    }

    /// What was made of the arguments, if all of them could be read.
    pub(super) fn finish<T>(self, made: T) -> Result<T, TextError> {
        match self.mistake {
            None => Ok(made),
            Some(mistake) => Err(mistake),
        }
    }
}

impl Syscall {
    /// Reads what [`Display`] writes.
    ///
    /// # Errors
    /// A call that is not modelled, or arguments that do not fit it.
    pub fn read(from: &mut Scanner<'_>) -> Result<Syscall, TextError> {
        let start = from.clone();
        let name = from.word("a system call")?;
        from.skip_blanks();
        from.expect('(')?;
        let mut arguments = ArgumentReader::new(from);
        let Some(call) = Syscall::read_arguments(name, &mut arguments) else {
            return Err(start.error(format!("no system call '{name}' is modelled")));
        };
        let call = arguments.finish(call)?;
        from.skip_blanks();
        from.expect(')')?;
        Ok(call)
    }
}

impl Display for Syscall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name())?;
        self.write_arguments(&mut ArgumentWriter::new(f))?;
        f.write_char(')')
    }
}

macro_rules! numbers {
    ($($type:ty: $format:literal;)*) => { $(
        impl Argument for $type {
            fn blank() -> Self {
                0
            }
            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                write!(f, $format, self)
            }
            fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
                from.number(name)
            }
        }
    )* };
}

numbers! {
    i32: "{}";
    u32: "{}";
    i64: "{}";
    // Modes are octal.
    u16: "{:#o}";
}

impl Argument for u64 {
    fn blank() -> Self {
        0
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // Addresses and masks are large; lengths and offsets mostly small.
        if *self < 0x1_0000 {
            write!(f, "{self}")
        } else {
            write!(f, "{self:#x}")
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        from.number(name)
    }
}

impl Argument for Str {
    fn blank() -> Self {
        "".into()
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        quote(f, self)
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        Ok(from.quoted(name)?.into())
    }
}

impl Argument for Rc<[Str]> {
    fn blank() -> Self {
        Rc::new([])
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (n, text) in self.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { ", " })?;
            quote(f, text)?;
        }
        f.write_char(']')
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        from.expect('[')?;
        let mut texts = Vec::new();
        from.skip_blanks();
        while from.take(']').is_none() {
            if !texts.is_empty() {
                from.expect(',')?;
                from.skip_blanks();
            }
            texts.push(Str::read(name, from)?);
            from.skip_blanks();
        }
        Ok(texts.into())
    }
}

/// `0x1000:64` is 64 bytes of the caller's memory.
fn read_place(from: &mut Scanner<'_>) -> Result<(u64, u64), TextError> {
    let addr = from.number("an address")?;
    from.expect(':')?;
    Ok((addr, from.number("a length")?))
}

impl Argument for InBuf {
    fn blank() -> Self {
        InBuf::User { addr: 0, len: 0 }
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            InBuf::User { addr, len } => write!(f, "{addr:#x}:{len}"),
            InBuf::Value(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => quote(f, text),
                Err(_) => {
                    f.write_str("x")?;
                    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
                }
            },
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        if from.peek() == Some('"') {
            return Ok(InBuf::Value(from.quoted(name)?.into_bytes().into()));
        }
        if from.take('x').is_none() {
            let (addr, len) = read_place(from)?;
            return Ok(InBuf::User { addr, len });
        }
        let digits = from.take_while(|c| c.is_ascii_hexdigit());
        if !digits.len().is_multiple_of(2) {
            return Err(from.error(format!("{name}: a byte is two hexadecimal digits")));
        }
        let byte = |at: usize| {
            digits
                .get(at..at + 2)
                .and_then(|d| u8::from_str_radix(d, 16).ok())
        };
        let bytes: Vec<u8> = (0..digits.len()).step_by(2).filter_map(byte).collect();
        Ok(InBuf::Value(bytes.into()))
    }
}

impl Argument for OutBuf {
    fn blank() -> Self {
        OutBuf::User { addr: 0, len: 0 }
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            OutBuf::User { addr, len } => write!(f, "{addr:#x}:{len}"),
            OutBuf::Value { len } => write!(f, ":{len}"),
        }
    }
    fn read(_: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        if from.take(':').is_some() {
            return Ok(OutBuf::Value {
                len: from.number("a length")?,
            });
        }
        let (addr, len) = read_place(from)?;
        Ok(OutBuf::User { addr, len })
    }
}

/// `RDWR|CREAT`, where a number may stand for a name.
fn read_flags(name: &str, from: &mut Scanner<'_>, named: &[(&str, u64)]) -> Result<u64, TextError> {
    let mut flags = 0;
    loop {
        let start = from.clone();
        if from.peek().is_some_and(|c| c.is_ascii_digit()) {
            flags |= from.number::<u64>(name)?;
        } else {
            let word = from.word(name)?;
            let flag = named.iter().find(|(flag, _)| *flag == word);
            let (_, bits) = flag.ok_or_else(|| start.error(format!("{name}: no flag '{word}'")))?;
            flags |= bits;
        }
        if from.take('|').is_none() {
            return Ok(flags);
        }
    }
}

macro_rules! flag_arguments {
    ($($type:ident),*) => { $(
        impl Argument for $type {
            fn blank() -> Self {
                $type::default()
            }
            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                write!(f, "{self:?}")
            }
            fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
                let start = from.clone();
                let flags = read_flags(name, from, $type::NAMED)?;
                let flags = flags.try_into();
                flags.map($type).map_err(|_| start.error(format!("{name} is out of range")))
            }
        }
    )* };
}

flag_arguments!(
    AtFlags,
    CloneFlags,
    MsgFlags,
    OpenFlags,
    Prot,
    MmapFlags,
    MountFlags,
    WaitOptions,
    SaFlags
);

macro_rules! words {
    ($($type:ident or $blank:expr; { $($value:pat => $word:literal => $make:expr;)* })*) => { $(
        impl Argument for $type {
            fn blank() -> Self {
                $blank
            }
            fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($value => $word,)* })
            }
            fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
                let start = from.clone();
                match from.word(name)? {
                    $($word => Ok($make),)*
                    other => Err(start.error(format!("{name}: no '{other}'"))),
                }
            }
        }
    )* };
}

words! {
    SeekWhence or SeekWhence::Set; {
        SeekWhence::Set => "SEEK_SET" => SeekWhence::Set;
        SeekWhence::Cur => "SEEK_CUR" => SeekWhence::Cur;
        SeekWhence::End => "SEEK_END" => SeekWhence::End;
    }
    ClockId or ClockId::Realtime; {
        ClockId::Realtime => "CLOCK_REALTIME" => ClockId::Realtime;
        ClockId::Monotonic => "CLOCK_MONOTONIC" => ClockId::Monotonic;
        ClockId::Boottime => "CLOCK_BOOTTIME" => ClockId::Boottime;
    }
    AmbientOp or AmbientOp::IsSet; {
        AmbientOp::IsSet => "PR_CAP_AMBIENT_IS_SET" => AmbientOp::IsSet;
        AmbientOp::Raise => "PR_CAP_AMBIENT_RAISE" => AmbientOp::Raise;
        AmbientOp::Lower => "PR_CAP_AMBIENT_LOWER" => AmbientOp::Lower;
        AmbientOp::ClearAll => "PR_CAP_AMBIENT_CLEAR_ALL" => AmbientOp::ClearAll;
    }
    SigMaskHow or SigMaskHow::Block; {
        SigMaskHow::Block => "SIG_BLOCK" => SigMaskHow::Block;
        SigMaskHow::Unblock => "SIG_UNBLOCK" => SigMaskHow::Unblock;
        SigMaskHow::SetMask => "SIG_SETMASK" => SigMaskHow::SetMask;
    }
    SigAct or SigAct::Default; {
        SigAct::Default => "SIG_DFL" => SigAct::Default;
        SigAct::Ignore => "SIG_IGN" => SigAct::Ignore;
        SigAct::Handle { restart: Restart::Interrupt } => "handler" => SigAct::Handle { restart: Restart::Interrupt };
        SigAct::Handle { restart: Restart::Restart } => "handler_SA_RESTART" => SigAct::Handle { restart: Restart::Restart };
        SigAct::HandleOnce => "handler_SA_RESETHAND" => SigAct::HandleOnce;
    }
}

impl Argument for Option<SigAct> {
    fn blank() -> Self {
        None
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Some(act) => act.write(f),
            None => f.write_str("NULL"),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let mut ahead = from.clone();
        if ahead.word(name)? == "NULL" {
            *from = ahead;
            return Ok(None);
        }
        SigAct::read(name, from).map(Some)
    }
}

impl Argument for WaitFor {
    fn blank() -> Self {
        WaitFor::All
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            WaitFor::All => f.write_str("P_ALL"),
            WaitFor::Pid(pid) => write!(f, "P_PID:{pid}"),
            WaitFor::Pgid(pgid) => write!(f, "P_PGID:{pgid}"),
            WaitFor::Pidfd(fd) => write!(f, "P_PIDFD:{fd}"),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        let word = from.word(name)?;
        if word == "P_ALL" {
            return Ok(WaitFor::All);
        }
        from.expect(':')?;
        match word {
            "P_PID" => Ok(WaitFor::Pid(from.number(name)?)),
            "P_PGID" => Ok(WaitFor::Pgid(from.number(name)?)),
            "P_PIDFD" => Ok(WaitFor::Pidfd(from.number(name)?)),
            other => Err(start.error(format!("{name}: no '{other}'"))),
        }
    }
}

impl Argument for LineMode {
    fn blank() -> Self {
        LineMode::Raw
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            LineMode::Canonical => f.write_str("ICANON"),
            LineMode::Raw => f.write_str("raw"),
            LineMode::RawTimeout { deciseconds } => write!(f, "VTIME:{deciseconds}"),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        match from.word(name)? {
            "ICANON" => Ok(LineMode::Canonical),
            "raw" => Ok(LineMode::Raw),
            "VTIME" if from.take(':').is_some() => {
                let deciseconds = from.number("deciseconds")?;
                Ok(LineMode::RawTimeout { deciseconds })
            }
            other => Err(start.error(format!("{name}: no '{other}'"))),
        }
    }
}

impl Argument for Ioctl {
    fn blank() -> Self {
        Ioctl::Tiocgpgrp
    }
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ioctl::Tcsets(mode) => {
                f.write_str("TCSETS, ")?;
                mode.write(f)
            }
            Ioctl::Tiocsctty => f.write_str("TIOCSCTTY"),
            Ioctl::Tiocspgrp(pgrp) => write!(f, "TIOCSPGRP, {pgrp}"),
            Ioctl::Tiocgpgrp => f.write_str("TIOCGPGRP"),
            Ioctl::Net(request) => request.write(f),
        }
    }
    fn read(name: &str, from: &mut Scanner<'_>) -> Result<Self, TextError> {
        let start = from.clone();
        let request = from.word(name)?;
        let mut argument = ArgumentReader::after_first(from);
        let ioctl = match request {
            "TCSETS" => Ioctl::Tcsets(argument.get("mode")),
            "TIOCSCTTY" => Ioctl::Tiocsctty,
            "TIOCSPGRP" => Ioctl::Tiocspgrp(argument.get("pgrp")),
            "TIOCGPGRP" => Ioctl::Tiocgpgrp,
            other => match crate::kernel::net::NetIoctl::read(other, &mut argument) {
                Some(request) => Ioctl::Net(request),
                None => return Err(start.error(format!("{name}: no '{other}'"))),
            },
        };
        argument.finish(ioctl)
    }
}
