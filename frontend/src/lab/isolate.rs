//! The gesture *isolate*: a living process unshares a namespace. It keeps its PID and its place.

use sim_core::command::Command;
use sim_core::kernel::Syscall;
use sim_core::view::NsKind;
use sim_core::{Session, observe};

/// unshare(2) of one kind by a task, as if it had called it itself; `None` for one that is gone.
pub fn command(session: &Session, task: u64, kind: NsKind) -> Option<Command> {
    let process = observe::process(session.machine(), task)?;
    let flags = kind.flag();
    Some(Command::Inject {
        pid: *process.numbers.first()?,
        act: Syscall::Unshare { flags }.into(),
    })
}
