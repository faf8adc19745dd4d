//! Everything that someone outside may ask of the machine.

pub use crate::hw::{CPUS_MAX, CpuId, TtyId};
use crate::kernel::Injection;

/// One thing that enters the machine. A list of them, with the boot options, is a session.
///
/// Every command is total: what the kernel refuses is an event with an errno, and a terminal or
/// process that does not exist is an event that says so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Text arrives at the keyboard of a terminal: keys, a composed syllable, a pasted line.
    /// Terminal 0 is the console, where `init` reads the programs that it is to start.
    Input { tty: TtyId, text: String },
    /// The line of a terminal is cut, as when its window is closed: SIGHUP to its session.
    Hangup { tty: TtyId },
    /// Lets time pass until the clock stands at `until_ns` or `max_ticks` ticks have been done,
    /// whichever comes first.
    Advance { until_ns: u64, max_ticks: u64 },
    /// A system call or an instruction is put into the mailbox of the task with this PID in the
    /// first PID namespace, as a debugger would make it act: the task does it when it next runs.
    Inject { pid: i32, act: Injection },
    /// A CPU is plugged in: the next number, or one that was taken out.
    Plug { cpu: CpuId },
    /// A CPU is taken out; its tasks go to others. CPU 0 stays.
    Unplug { cpu: CpuId },
}
