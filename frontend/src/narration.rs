//! One sentence for what has just happened, made from its event.

use crate::i18n::Lang;
use crate::lab::names::Names;
use crate::story::josa;
use sim_core::Session;
use sim_core::event::{Event, InterruptSource, Record};
use sim_core::view::TaskId;

/// The most telling event of the latest tick, as a sentence.
pub fn sentence(lang: Lang, session: &Session) -> String {
    let Some(last) = session.events().last() else {
        return lang.t("say-boot").into();
    };
    let tick = last.tick;
    let of_tick: Vec<&Record> = session.events().filter(|r| r.tick == tick).collect();
    let told = of_tick.iter().max_by_key(|r| weight(&r.event));
    let text = told.map_or_else(String::new, |r| say(lang, &Names::of(session), r));
    match lang {
        Lang::Ko => josa::particles(&text),
        Lang::En => text,
    }
}

/// Which of several events of a tick is told.
fn weight(event: &Event) -> u8 {
    match event {
        Event::Halt { .. } => 9,
        Event::OomKill { .. } | Event::Exit { .. } => 8,
        Event::CpuPlugged { .. } | Event::CpuUnplugged { .. } => 7,
        Event::Exec { .. } | Event::Fork { .. } | Event::NamespaceNew { .. } => 7,
        Event::SignalDeliver { .. } | Event::SignalHandle { .. } | Event::Reap { .. } => 6,
        Event::PageFault { .. } | Event::IllegalInstruction { .. } => 5,
        Event::SyscallEnter { .. } | Event::SyscallBlock { .. } => 4,
        Event::SyscallExit { .. } | Event::Interrupt { .. } | Event::Refused { .. } => 3,
        Event::ReturnToUser { .. } | Event::Switch { .. } | Event::SignalSend { .. } => 2,
        Event::Wake { .. } | Event::TtyInput { .. } | Event::TtyOutput { .. } => 1,
        _ => 0,
    }
}

fn say(lang: Lang, names: &Names, record: &Record) -> String {
    let who = |task: &TaskId| names.comm_and_pid(task.as_u64());
    let cpu = record.cpu.0.to_string();
    match &record.event {
        Event::SyscallEnter { task, call } => lang.tf(
            "say-call",
            &[("who", &who(task)), ("call", &call.to_string())],
        ),
        Event::SyscallExit { task, result, .. } => {
            let who = who(task);
            match result {
                Ok(value) => lang.tf(
                    "say-answer",
                    &[("who", &who), ("value", &value.to_string())],
                ),
                Err(errno) => lang.tf("say-refused", &[("who", &who), ("errno", errno.name())]),
            }
        }
        Event::ReturnToUser { task } => {
            lang.tf("say-return", &[("who", &who(task)), ("cpu", &cpu)])
        }
        Event::SyscallBlock { task, on } => {
            lang.tf("say-sleep", &[("who", &who(task)), ("on", on.wchan())])
        }
        Event::Switch { to: Some(task), .. } => {
            lang.tf("say-switch", &[("who", &who(task)), ("cpu", &cpu)])
        }
        Event::Switch { to: None, .. } => lang.tf("say-idle", &[("cpu", &cpu)]),
        Event::Wake { task } => lang.tf("say-wake", &[("who", &who(task))]),
        Event::Fork { parent, pid, .. } => lang.tf(
            "say-fork",
            &[("who", &who(parent)), ("pid", &pid.to_string())],
        ),
        Event::Exec { task, path } => lang.tf("say-exec", &[("who", &who(task)), ("path", path)]),
        Event::Exit { task, .. } => lang.tf("say-exit", &[("who", &who(task))]),
        Event::Reap { .. } => lang.t("say-reap").into(),
        Event::PageFault { task, addr, .. } => {
            let addr = format!("{addr:#x}");
            lang.tf("say-fault", &[("who", &who(task)), ("addr", &addr)])
        }
        Event::IllegalInstruction { task, .. } => lang.tf("say-illegal", &[("who", &who(task))]),
        Event::SignalSend { task, signal } => lang.tf(
            "say-signal",
            &[("who", &who(task)), ("signal", signal.name())],
        ),
        Event::SignalHandle { task, signal } | Event::SignalDeliver { task, signal } => lang.tf(
            "say-deliver",
            &[("who", &who(task)), ("signal", signal.name())],
        ),
        Event::Interrupt { source } => match source {
            InterruptSource::Timer => lang.tf("say-timer", &[("cpu", &cpu)]),
            InterruptSource::Keyboard => lang.tf("say-keyboard", &[("cpu", &cpu)]),
            InterruptSource::Reschedule => lang.tf("say-reschedule", &[("cpu", &cpu)]),
        },
        Event::NamespaceNew { kind, .. } => lang.tf("say-namespace", &[("kind", kind.name())]),
        Event::TtyOutput { bytes, .. } => lang.tf("say-output", &[("bytes", &bytes.to_string())]),
        Event::TtyInput { bytes, .. } => lang.tf("say-input", &[("bytes", &bytes.to_string())]),
        Event::OomKill { victim, .. } => lang.tf("say-oom", &[("who", &who(victim))]),
        Event::SwapOut { task, slot, .. } => lang.tf(
            "say-swap-out",
            &[("who", &who(task)), ("slot", &slot.to_string())],
        ),
        Event::SwapIn { task, slot, .. } => lang.tf(
            "say-swap-in",
            &[("who", &who(task)), ("slot", &slot.to_string())],
        ),
        Event::CacheDrop { pages } => lang.tf("say-cache-drop", &[("pages", &pages.to_string())]),
        Event::FrameAlloc { pfn } => lang.tf("say-alloc", &[("frame", &pfn.0.to_string())]),
        Event::FrameFree { pfn } => lang.tf("say-free", &[("frame", &pfn.0.to_string())]),
        Event::CpuPlugged { cpu } => lang.tf("say-plugged", &[("cpu", &cpu.0.to_string())]),
        Event::CpuUnplugged { cpu } => lang.tf("say-unplugged", &[("cpu", &cpu.0.to_string())]),
        Event::Refused { .. } => lang.t("say-nothing").into(),
        Event::Halt { invariant } => lang.tf("say-halt", &[("invariant", invariant)]),
    }
}
