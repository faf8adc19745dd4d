//! Writing scripts.

use super::{Expectation, SCRIPT_VERSION};
use crate::Command;
use crate::hw::Mmu;
use crate::hw::cost::Costs;
use crate::kernel::FrameOrder;
use crate::kernel::boot::World;
use crate::machine::{BootOptions, SWAP_FRAMES};
use crate::text::quote;
use std::fmt::{self, Write};

/// The script of these commands.
pub fn script<'a>(
    boot: &BootOptions,
    commands: impl Iterator<Item = &'a Command>,
    expect: Option<Expectation>,
) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_script(&mut text, boot, commands, expect);
    text
}

fn write_script<'a>(
    to: &mut String,
    boot: &BootOptions,
    commands: impl Iterator<Item = &'a Command>,
    expect: Option<Expectation>,
) -> fmt::Result {
    writeln!(to, "ringside {SCRIPT_VERSION}")?;
    write_boot(to, boot)?;
    for command in commands {
        write_command(to, command)?;
        to.write_char('\n')?;
    }
    if let Some(Expectation { model, digest }) = expect {
        writeln!(to, "expect model={model} digest={digest:016x}")?;
    }
    Ok(())
}

fn write_boot(to: &mut String, boot: &BootOptions) -> fmt::Result {
    let BootOptions {
        cpus,
        ram_frames,
        seed,
        frame_order,
        costs,
        swap_frames,
        world,
        mmu,
    } = boot;
    let order = order_name(*frame_order);
    write!(
        to,
        "boot cpus={cpus} ram={ram_frames} seed={seed} order={order}"
    )?;
    if *world != World::Lab {
        write!(to, " world={}", world_name(*world))?;
    }
    if *mmu != Mmu::Paging {
        write!(to, " mmu={}", mmu_name(*mmu))?;
    }
    if *swap_frames != SWAP_FRAMES {
        write!(to, " swap={swap_frames}")?;
    }
    let usual = Costs::default();
    for ((name, ns), (_, usual_ns)) in costs.named().into_iter().zip(usual.named()) {
        if ns != usual_ns {
            write!(to, " {name}={ns}")?;
        }
    }
    to.write_char('\n')
}

pub(super) fn world_name(world: World) -> &'static str {
    match world {
        World::Lab => "lab",
        World::Bare => "bare",
    }
}

pub(super) fn mmu_name(mmu: Mmu) -> &'static str {
    match mmu {
        Mmu::Paging => "paging",
        Mmu::None => "none",
    }
}

pub(super) fn order_name(order: FrameOrder) -> &'static str {
    match order {
        FrameOrder::Linear => "linear",
        FrameOrder::Shuffled => "shuffled",
    }
}

fn write_command(to: &mut String, command: &Command) -> fmt::Result {
    match command {
        Command::Input { tty, text } => {
            write!(to, "input {} ", tty.0)?;
            quote(to, text)
        }
        Command::Hangup { tty } => write!(to, "hangup {}", tty.0),
        Command::Plug { cpu } => write!(to, "plug {}", cpu.0),
        Command::Unplug { cpu } => write!(to, "unplug {}", cpu.0),
        Command::Inject { pid, act } => write!(to, "inject {pid} {act}"),
        Command::Advance {
            until_ns,
            max_ticks,
        } => {
            to.write_str("advance")?;
            // One of the two is always said.
            if *until_ns != u64::MAX || *max_ticks == u64::MAX {
                write!(to, " until={until_ns}")?;
            }
            if *max_ticks != u64::MAX {
                write!(to, " ticks={max_ticks}")?;
            }
            Ok(())
        }
    }
}
