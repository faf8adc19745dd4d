//! How tools are written: as plain functions that make system calls.
//!
//! A tool is run from its beginning at every step, with the answers that it has had so far; where
//! they end, it asks for the next one, and that request becomes the step: a store into its
//! buffer, a trap, a load. So a tool reads like a program and is still a value that can be
//! cloned, hashed and stepped back. A loop ends each round with [`Flow::Again`], which keeps its
//! state and forgets the answers.
//!
//! The bytes of read(2) and write(2) go through the tool's own memory.

use super::registry::{Program, TEXT_PAGES};
use super::{StepInput, Trap, init, sh, text_start, tools};
use crate::hw::{Bus, Mmu};
use crate::kernel::syscall::{CloneFlags, InBuf, OutBuf, Str, SysReturn};
use crate::kernel::task::Regs;
use crate::kernel::{Errno, Reply, Signal, Syscall};
use crate::runtime;
use std::rc::Rc;

/// Where the buffer of a tool lies: the first page of its data.
fn buffer(regs: &Regs) -> u64 {
    text_start(regs) + u64::from(TEXT_PAGES) * 4096
}

const BUFFER_BYTES: usize = 4096;

/// What a tool asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    Call(Syscall),
    /// All of the bytes.
    Write {
        fd: i32,
        bytes: Rc<[u8]>,
    },
    /// At most a buffer full.
    Read {
        fd: i32,
    },
}

/// The tool's function has come to a request without an answer, which it left with [`Sys`]: as a
/// part of every result it would be copied at every `?`: 4 KB of the page in brotli.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending;

/// An answer, as far as it got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Answer {
    ret: SysReturn,
    reply: Reply,
    bytes: Rc<[u8]>,
}

/// What a round of a tool comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Again,
    Exit(i32),
}

pub type Round = Result<Flow, Pending>;
/// A value that needs answers, and may be an errno.
pub type Asked<T> = Result<Result<T, Errno>, Pending>;

/// State that a tool keeps between rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kept {
    #[default]
    Nothing,
    Init(init::State),
    Sh(sh::State),
    /// Long where there are many processes, and copied only when a round of it is over.
    Ps(Rc<tools::PsState>),
    Lsns(Rc<tools::LsnsState>),
}

/// Which part of the present request comes next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Doing {
    #[default]
    Thinking,
    Storing {
        fd: i32,
        bytes: Rc<[u8]>,
        done: usize,
    },
    Writing {
        fd: i32,
        bytes: Rc<[u8]>,
        done: usize,
        now: usize,
    },
    Written {
        fd: i32,
        bytes: Rc<[u8]>,
        done: usize,
    },
    Reading {
        fd: i32,
    },
    HaveRead,
    Called,
    Exiting,
}

/// A tool's own state; applications have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ToolState {
    kept: Kept,
    answers: Rc<Vec<Answer>>,
    doing: Doing,
}

/// The tool's side of the system calls.
pub struct Sys<'a> {
    answers: &'a [Answer],
    used: usize,
    /// The request without an answer, if the function has come to one.
    pending: Option<Request>,
    argv: &'a [Str],
    mmu: Mmu,
}

impl Sys<'_> {
    fn ask(&mut self, request: impl FnOnce() -> Request) -> Result<&Answer, Pending> {
        let at = self.used;
        self.used += 1;
        let answer = self.answers.get(at);
        if answer.is_none() {
            self.pending = Some(request());
        }
        answer.ok_or(Pending)
    }

    /// A system call; its return value.
    pub fn call(&mut self, call: Syscall) -> Asked<i64> {
        Ok(self.ask(|| Request::Call(call))?.ret)
    }

    /// A system call that answers with data.
    pub fn reply(&mut self, call: Syscall) -> Asked<Reply> {
        let answer = self.ask(|| Request::Call(call))?;
        Ok(answer.ret.map(|_| answer.reply.clone()))
    }

    /// A child that is to become another program soon: 0 in the child. What is built for a
    /// machine without an MMU does it as vfork(2).
    pub fn fork(&mut self) -> Asked<i64> {
        match self.mmu {
            Mmu::Paging => self.call(Syscall::Fork {}),
            Mmu::None => self.fork_into(CloneFlags::default()),
        }
    }

    /// The same, into new namespaces.
    pub fn fork_into(&mut self, flags: CloneFlags) -> Asked<i64> {
        let how = match self.mmu {
            Mmu::Paging => CloneFlags::default(),
            Mmu::None => CloneFlags::VM.with(CloneFlags::VFORK),
        };
        self.call(Syscall::Clone {
            flags: flags.with(how),
            exit_signal: Signal::SIGCHLD.into(),
        })
    }

    /// Writes everything; what could not be written is not told.
    pub fn print(&mut self, fd: i32, text: &str) -> Result<(), Pending> {
        if !text.is_empty() {
            self.write(fd, text)?.ok();
        }
        Ok(())
    }

    /// One write(2).
    pub fn write(&mut self, fd: i32, text: &str) -> Asked<i64> {
        let answer = self.ask(|| Request::Write {
            fd,
            bytes: text.as_bytes().into(),
        })?;
        Ok(answer.ret)
    }

    /// One read(2) of at most a page; empty at the end.
    pub fn read(&mut self, fd: i32) -> Asked<Rc<[u8]>> {
        let answer = self.ask(|| Request::Read { fd })?;
        Ok(answer.ret.map(|_| answer.bytes.clone()))
    }

    /// Says what is wrong, and ends.
    pub fn fail(&mut self, status: i32, text: &str) -> Round {
        self.print(2, text)?;
        Ok(Flow::Exit(status))
    }
}

impl<'a> Sys<'a> {
    pub fn arg(&self, at: usize) -> Option<&'a str> {
        self.argv.get(at).map(|arg| arg.as_ref())
    }

    /// Arguments after the program's name.
    pub fn args(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.argv.iter().skip(1).map(|arg| arg.as_ref())
    }

    /// The same, as a list.
    pub fn words(&self) -> Vec<&'a str> {
        self.args().collect()
    }
}

fn round(program: Program, kept: &mut Kept, sys: &mut Sys<'_>) -> Round {
    match program {
        Program::Init => init::round(kept, sys),
        Program::Sh => sh::round(kept, sys),
        Program::Ps => tools::ps(kept, sys),
        Program::Ls => tools::ls(sys),
        Program::Cat => tools::cat(sys),
        Program::Hostname => tools::hostname(sys),
        Program::Id => tools::id(sys),
        Program::Kill => tools::kill(sys),
        Program::Echo => tools::echo(sys),
        Program::Sleep => tools::sleep(sys),
        Program::Mount => tools::mount(sys),
        Program::Umount => tools::umount(sys),
        Program::Mkdir => tools::mkdir(sys),
        Program::Rm => tools::rm(sys),
        Program::Unshare => tools::unshare(sys),
        Program::Nsenter => tools::nsenter(sys),
        Program::Lsns => tools::lsns(kept, sys),
        Program::Ip => tools::ip(sys),
        Program::Docker => runtime::docker(sys),
        Program::Runc => runtime::runc(sys),
        Program::True => Ok(Flow::Exit(0)),
        Program::False => Ok(Flow::Exit(1)),
        // These have steps of their own.
        Program::Word | Program::Excel | Program::Ppt | Program::Memhog | Program::Agent => {
            Ok(Flow::Exit(127))
        }
    }
}

/// One step of a tool.
pub fn step(
    program: Program,
    regs: &mut Regs,
    bus: &mut Bus<'_>,
    tool: &mut ToolState,
    input: StepInput<'_>,
) -> Trap {
    let ret = match regs.ax {
        ax @ -4095..=-1 => Err(Errno::from_nr(-ax as i32).unwrap_or(Errno::EIO)),
        ax => Ok(ax),
    };
    let trap = match std::mem::take(&mut tool.doing) {
        Doing::Thinking => think(program, tool, input),
        Doing::Called => {
            tool.answer(ret, input.reply.clone(), Rc::from([]));
            think(program, tool, input)
        }
        Doing::Storing { fd, bytes, done } => {
            let end = bytes.len().min(done + BUFFER_BYTES);
            let part = bytes.get(done..end).unwrap_or_default();
            if let Err(fault) = bus.store_bytes(buffer(regs), part) {
                tool.doing = Doing::Storing { fd, bytes, done };
                return Trap::Fault(fault);
            }
            tool.doing = Doing::Writing {
                fd,
                bytes,
                done,
                now: end - done,
            };
            Trap::Next
        }
        Doing::Writing {
            fd,
            bytes,
            done,
            now,
        } => {
            tool.doing = Doing::Written { fd, bytes, done };
            let buf = InBuf::User {
                addr: buffer(regs),
                len: now as u64,
            };
            Trap::Syscall(Syscall::Write { fd, buf })
        }
        Doing::Written { fd, bytes, done } => written(program, tool, input, ret, (fd, bytes, done)),
        Doing::Reading { fd } => {
            tool.doing = Doing::HaveRead;
            let buf = OutBuf::User {
                addr: buffer(regs),
                len: BUFFER_BYTES as u64,
            };
            Trap::Syscall(Syscall::Read { fd, buf })
        }
        Doing::HaveRead => {
            let mut bytes = vec![0; ret.unwrap_or(0).clamp(0, BUFFER_BYTES as i64) as usize];
            if let Err(fault) = bus.load_bytes(buffer(regs), &mut bytes) {
                tool.doing = Doing::HaveRead;
                return Trap::Fault(fault);
            }
            tool.answer(ret, Reply::None, bytes.into());
            think(program, tool, input)
        }
        Doing::Exiting => {
            tool.doing = Doing::Exiting;
            Trap::Syscall(Syscall::ExitGroup { status: 255 })
        }
    };
    // The pointer follows the work through the program's text.
    let place = tool.answers.len() as u64 * 3 + tool.doing.place();
    regs.ip = text_start(regs) + place * 8 % (u64::from(TEXT_PAGES) * 4096);
    trap
}

fn written(
    program: Program,
    tool: &mut ToolState,
    input: StepInput<'_>,
    ret: SysReturn,
    (fd, bytes, done): (i32, Rc<[u8]>, usize),
) -> Trap {
    match ret {
        Ok(n) if n > 0 && done + (n as usize) < bytes.len() => {
            tool.doing = Doing::Storing {
                fd,
                bytes,
                done: done + n as usize,
            };
            Trap::Next
        }
        Err(Errno::EINTR) => {
            tool.doing = Doing::Storing { fd, bytes, done };
            Trap::Next
        }
        Ok(_) | Err(_) => {
            tool.answer(ret, Reply::None, Rc::from([]));
            think(program, tool, input)
        }
    }
}

/// Runs the tool's function up to its next request, which becomes what is done next.
fn think(program: Program, tool: &mut ToolState, input: StepInput<'_>) -> Trap {
    let mut kept = tool.kept.clone();
    let mut sys = Sys {
        answers: &tool.answers,
        used: 0,
        pending: None,
        argv: input.argv,
        mmu: input.mmu,
    };
    match round(program, &mut kept, &mut sys) {
        Ok(Flow::Again) => {
            tool.kept = kept;
            tool.answers = Rc::default();
            return Trap::Next;
        }
        Ok(Flow::Exit(status)) => {
            tool.doing = Doing::Exiting;
            return Trap::Syscall(Syscall::ExitGroup { status });
        }
        Err(Pending) => {}
    }
    match sys.pending {
        Some(Request::Call(call)) => {
            tool.doing = Doing::Called;
            Trap::Syscall(call)
        }
        Some(Request::Write { fd, bytes }) => {
            tool.doing = Doing::Storing { fd, bytes, done: 0 };
            Trap::Next
        }
        Some(Request::Read { fd }) => {
            tool.doing = Doing::Reading { fd };
            Trap::Next
        }
        // Whoever says that it waits has asked.
        None => Trap::Next,
    }
}

impl ToolState {
    fn answer(&mut self, ret: SysReturn, reply: Reply, bytes: Rc<[u8]>) {
        Rc::make_mut(&mut self.answers).push(Answer { ret, reply, bytes });
    }
}

impl Doing {
    fn place(&self) -> u64 {
        match self {
            Doing::Thinking | Doing::Called | Doing::Exiting => 0,
            Doing::Storing { .. } | Doing::Reading { .. } => 1,
            Doing::Writing { .. } | Doing::Written { .. } | Doing::HaveRead => 2,
        }
    }
}
