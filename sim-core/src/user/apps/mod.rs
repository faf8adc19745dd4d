//! Applications: nothing but registers and memory.
//!
//! `regs.ip` says which instruction comes next; the numbers are places in the program's text.
//! Every instruction loads what it needs first and then stores once or traps, so that one that
//! faults has changed nothing.

mod cells;
mod excel;
mod formula;
mod memhog;
mod ppt;
mod word;

pub use excel::excel;
pub use memhog::memhog;
pub use ppt::ppt;
pub use word::word;

use super::registry::{DATA_PAGES, TEXT_PAGES};
use super::{Trap, text_start};
use crate::hw::PageFault;
use crate::kernel::syscall::{InBuf, Ioctl, LineMode, MmapFlags, OutBuf, Prot};
use crate::kernel::task::Regs;
use crate::kernel::{Errno, Syscall};

const KEY_BYTES: u64 = 64;
const SCREEN_BYTES: usize = 2048;

/// Keys read from the terminal lie here.
fn keys_at(regs: &Regs) -> u64 {
    text_start(regs) + u64::from(TEXT_PAGES) * 4096
}

/// Marks and scratch of an application.
fn scratch(regs: &Regs) -> u64 {
    keys_at(regs) + 1024
}

/// What is written to the terminal is put together here.
fn screen(regs: &Regs) -> u64 {
    keys_at(regs) + 4096
}

/// The document lies at the start of the heap.
fn heap(regs: &Regs) -> u64 {
    keys_at(regs) + u64::from(DATA_PAGES) * 4096
}

/// Pages that "insert an object" asks for.
const OBJECT_PAGES: u64 = 16;
/// Ctrl-O, Ctrl-Q, and Ctrl-L, which starts and stops what a program does on its own.
const INSERT: u8 = 0x0f;
const QUIT: u8 = 0x11;
const WORK: u8 = 0x0c;

type Step = Result<Trap, PageFault>;

fn label(regs: &Regs) -> u64 {
    (regs.ip - text_start(regs)) / 8
}

fn go(regs: &mut Regs, label: u64) -> Step {
    regs.ip = text_start(regs) + label * 8;
    Ok(Trap::Next)
}

fn call(regs: &mut Regs, call: Syscall, then: u64) -> Step {
    regs.ip = text_start(regs) + then * 8;
    Ok(Trap::Syscall(call))
}

fn run(step: Step) -> Trap {
    step.unwrap_or_else(Trap::Fault)
}

fn exit(regs: &mut Regs) -> Step {
    call(regs, Syscall::ExitGroup { status: 0 }, label(regs))
}

fn set_line(mode: LineMode) -> Syscall {
    Syscall::Ioctl {
        fd: 0,
        request: Ioctl::Tcsets(mode),
    }
}

fn read_keys(regs: &Regs) -> Syscall {
    Syscall::Read {
        fd: 0,
        buf: OutBuf::User {
            addr: keys_at(regs),
            len: KEY_BYTES,
        },
    }
}

fn write_screen(regs: &Regs) -> Syscall {
    Syscall::Write {
        fd: 1,
        buf: InBuf::User {
            addr: screen(regs),
            len: regs.r[7],
        },
    }
}

fn new_object() -> Syscall {
    Syscall::Mmap {
        addr: 0,
        length: OBJECT_PAGES * 4096,
        prot: Prot::READ.with(Prot::WRITE),
        flags: MmapFlags::PRIVATE.with(MmapFlags::ANONYMOUS),
        fd: -1,
        offset: 0,
    }
}

/// While a program works, its reads only look whether there are keys (VMIN 0, VTIME 0).
fn work_line(work: u64) -> Syscall {
    set_line(match work {
        0 => LineMode::Raw,
        _ => LineMode::RawTimeout { deciseconds: 0 },
    })
}

/// What the last read(2) came to.
enum Keys {
    Some(u64),
    /// A timeout, or an interrupted call: nothing was typed.
    None,
    /// The terminal is gone.
    End,
}

fn keys(regs: &Regs) -> Keys {
    match regs.ax {
        n if n > 0 => Keys::Some(n as u64),
        n if n == -i64::from(Errno::EINTR.nr()) => Keys::None,
        _ => Keys::End,
    }
}

/// Cuts a text to what a screen buffer holds, at a character.
fn fit(mut text: String) -> String {
    let mut end = text.len().min(SCREEN_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// Home and clear.
const CLEAR: &str = "\x1b[H\x1b[2J";
