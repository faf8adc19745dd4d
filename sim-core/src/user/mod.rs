//! What runs in ring 3.
//!
//! Applications (Word, Excel, PPT) have nothing but registers and memory: their step is a
//! function of the two. Tools (`sh`, `ps`, `docker`, ...) keep their parse state as a value
//! beside the registers. Both see the world through system calls only.

mod apps;
mod disk;
mod init;
mod registry;
mod sh;
pub(crate) mod tool;
pub(crate) mod tools;

pub use disk::{bare_disk, disk};
pub use registry::Program;
use registry::TEXT_PAGES;
pub use tool::ToolState;

use crate::hw::{Bus, Mmu, PAGE_BYTES, PageFault};
use crate::kernel::syscall::Str;
use crate::kernel::task::{ProgramId, Regs};
use crate::kernel::{Reply, Syscall};

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The next step follows.
    Next,
    /// The `syscall` instruction. The answer is in `regs.ax` and the reply at the next step.
    Syscall(Syscall),
    /// A load, a store or the fetch could not be translated. The step has changed nothing and
    /// is tried again.
    Fault(PageFault),
    /// The word at the instruction pointer is not an instruction of this program.
    Illegal,
}

impl From<PageFault> for Trap {
    fn from(fault: PageFault) -> Self {
        Trap::Fault(fault)
    }
}

/// What a program can see at a step beside registers and memory.
#[derive(Clone, Copy, Debug)]
pub struct StepInput<'a> {
    /// What the last system call answered beside `regs.ax`.
    pub reply: &'a Reply,
    pub argv: &'a [Str],
    /// The machine that the program was built for.
    pub mmu: Mmu,
}

/// Where the text of the running program begins. Programs find their own data by where they run
/// themselves, as position-independent code does: their texts are of one size and aligned to it.
fn text_start(regs: &Regs) -> u64 {
    regs.ip & !(u64::from(TEXT_PAGES) * 4096 - 1)
}

/// One step: fetch the word at the instruction pointer, then loads, then at most one store or
/// one trap.
///
/// `tool` gives a tool's own state; applications have none.
#[inline]
pub fn step<'a>(
    program: ProgramId,
    regs: &mut Regs,
    bus: &mut Bus<'_>,
    tool: impl FnOnce() -> Option<&'a mut ToolState>,
    input: StepInput<'_>,
) -> Trap {
    let page = (regs.ip - text_start(regs)) / PAGE_BYTES as u64;
    let is_text = match bus.fetches(regs.ip, u32::from(program.0), page as u32) {
        Ok(is_text) => is_text,
        Err(fault) => return Trap::Fault(fault),
    };
    let (Some(program), true) = (Program::from_id(program), is_text) else {
        return Trap::Illegal;
    };
    match program {
        Program::Word => apps::word(regs, bus),
        Program::Excel => apps::excel(regs, bus),
        Program::Ppt => apps::ppt(regs, bus),
        Program::Memhog => apps::memhog(regs, bus, input.argv),
        // It waits to be told, forever.
        Program::Agent => Trap::Syscall(Syscall::Pause {}),
        _ => match tool() {
            Some(tool) => tool::step(program, regs, bus, tool, input),
            None => Trap::Illegal,
        },
    }
}
