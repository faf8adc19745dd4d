//! Instructions that someone outside makes a task execute.

use crate::hw::{Bus, PageFault, Ring};
use crate::kernel::sched::Phase;
use crate::kernel::{Answer, Ctx, Reply, Signal, UserStep};

/// How an injected instruction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forced {
    /// With this byte in a register.
    Done(u8),
    Fault(PageFault),
    Illegal,
    Divide,
}

/// An instruction that someone outside makes a task execute; the registers stay as they are.
pub(super) fn step(step: UserStep, bus: &mut Bus<'_>) -> Forced {
    let done = match step {
        UserStep::Load { addr } => {
            let mut byte = [0];
            bus.load_bytes(addr, &mut byte).map(|()| byte[0])
        }
        UserStep::Store { addr, byte } => bus.store_bytes(addr, &[byte]).map(|()| 0),
        UserStep::Fetch { addr } => bus
            .fetch(addr)
            .map(|word| word.to_le_bytes()[(addr % 8) as usize]),
        UserStep::Illegal => return Forced::Illegal,
        UserStep::Divide => return Forced::Divide,
    };
    done.map_or_else(Forced::Fault, Forced::Done)
}

/// What follows an injected instruction. One that faulted stays in the mailbox.
pub(super) fn after_step(cx: &mut Ctx<'_>, end: Forced) -> Phase {
    let (id, cpu) = (cx.task, cx.cpu);
    let signal = match end {
        Forced::Done(byte) => {
            if let Some(task) = cx.k.tasks.get_mut(id) {
                task.mailbox.pop_front();
                task.injected = Some(Answer {
                    result: Ok(i64::from(byte)),
                    reply: Reply::None,
                });
            }
            None
        }
        Forced::Fault(fault) => {
            cx.hw.cpu_mut(cpu).raise(fault);
            return Phase::Fault;
        }
        Forced::Illegal => Some(Signal::SIGILL),
        Forced::Divide => Some(Signal::SIGFPE),
    };
    cx.hw.cpu_mut(cpu).ring = Ring::Kernel;
    if let Some(signal) = signal {
        cx.force_signal(id, signal);
    }
    Phase::Return
}
