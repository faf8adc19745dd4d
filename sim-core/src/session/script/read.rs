//! Reading scripts. Any text is read or refused with a place and a reason.

use super::{
    COMMANDS_MAX, Expectation, SCRIPT_BYTES_MAX, SCRIPT_VERSION, Script, ScriptError,
    write::{mmu_name, order_name, world_name},
};
use crate::Command;
use crate::hw::{CpuId, Mmu, TtyId};
use crate::kernel::boot::World;
use crate::kernel::{FrameOrder, Injection};
use crate::machine::{BootOptions, SWAP_FRAMES_MAX};
use crate::text::{Scanner, TextError};

/// Reads a whole script.
pub fn script(text: &str) -> Result<Script, ScriptError> {
    let whole = |message: String| ScriptError {
        line: 0,
        column: 0,
        message,
    };
    if text.len() > SCRIPT_BYTES_MAX {
        return Err(whole(format!("longer than {SCRIPT_BYTES_MAX} bytes")));
    }
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    let Some((number, line)) = lines.next() else {
        return Err(whole(format!(
            "empty: a script begins with 'ringside {SCRIPT_VERSION}'"
        )));
    };
    on_line(number, line, header)?;
    let mut script = Script {
        boot: BootOptions::default(),
        commands: Vec::new(),
        expect: None,
    };
    let mut is_first = true;
    for (number, line) in lines {
        on_line(number, line, |from| {
            let start = from.clone();
            if script.expect.is_some() {
                return Err(start.error("nothing may follow 'expect'"));
            }
            match from.word("a command")? {
                "boot" if is_first => boot(from, &mut script.boot)?,
                "boot" => return Err(start.error("'boot' stands right after the header only")),
                "expect" => script.expect = Some(expect(from)?),
                word => {
                    if script.commands.len() >= COMMANDS_MAX {
                        return Err(start.error(format!("more than {COMMANDS_MAX} commands")));
                    }
                    let command = command(word, from, &start)?;
                    script.commands.push((number, command));
                }
            }
            Ok(())
        })?;
        is_first = false;
    }
    Ok(script)
}

/// Reads one line, all of it.
fn on_line<'a>(
    number: usize,
    line: &'a str,
    read: impl FnOnce(&mut Scanner<'a>) -> Result<(), TextError>,
) -> Result<(), ScriptError> {
    let mut from = Scanner::new(line);
    from.skip_blanks();
    let result = read(&mut from).and_then(|()| match from.is_at_end() {
        true => Ok(()),
        false => Err(from.error(format!(
            "expected the end of the line, found {}",
            from.found()
        ))),
    });
    result.map_err(|error| ScriptError {
        line: number,
        column: error.column,
        message: error.message,
    })
}

fn header(from: &mut Scanner<'_>) -> Result<(), TextError> {
    let start = from.clone();
    if from.word("'ringside'").ok() != Some("ringside") {
        return Err(start.error(format!("a script begins with 'ringside {SCRIPT_VERSION}'")));
    }
    from.skip_blanks();
    let at = from.clone();
    let version: u32 = from.number("the version")?;
    if version != SCRIPT_VERSION {
        return Err(at.error(format!(
            "script version {version}; this reads version {SCRIPT_VERSION}"
        )));
    }
    Ok(())
}

/// `name=` of the next setting; `None` at the end of the line.
fn setting<'a>(from: &mut Scanner<'a>) -> Result<Option<(&'a str, TextError)>, TextError> {
    if from.is_at_end() {
        return Ok(None);
    }
    let start = from.clone();
    let name = from.word("a setting")?;
    from.expect('=')?;
    Ok(Some((
        name,
        start.error(format!("no setting '{name}' here")),
    )))
}

fn boot(from: &mut Scanner<'_>, boot: &mut BootOptions) -> Result<(), TextError> {
    while let Some((name, unknown)) = setting(from)? {
        let value = from.clone();
        match name {
            "cpus" => {
                boot.cpus = from.number("cpus")?;
                if !(1..=64).contains(&boot.cpus) {
                    return Err(value.error("cpus is 1 to 64"));
                }
            }
            "ram" => {
                boot.ram_frames = from.number("ram")?;
                if !(256..=24 << 18).contains(&boot.ram_frames) {
                    return Err(value.error("ram is 256 to 6291456 frames"));
                }
            }
            "swap" => {
                boot.swap_frames = from.number("swap")?;
                if boot.swap_frames > SWAP_FRAMES_MAX {
                    return Err(value.error("swap is 0 to 65536 pages"));
                }
            }
            "seed" => boot.seed = from.number("seed")?,
            "order" => {
                let word = from.word("an order")?;
                let all = [FrameOrder::Linear, FrameOrder::Shuffled];
                let found = all.into_iter().find(|order| order_name(*order) == word);
                boot.frame_order =
                    found.ok_or_else(|| value.error("order is 'linear' or 'shuffled'"))?;
            }
            "world" => {
                let word = from.word("a world")?;
                let found = [World::Lab, World::Bare]
                    .into_iter()
                    .find(|world| world_name(*world) == word);
                boot.world = found.ok_or_else(|| value.error("world is 'lab' or 'bare'"))?;
            }
            "mmu" => {
                let word = from.word("paging or none")?;
                let found = [Mmu::Paging, Mmu::None].into_iter();
                let found = found.into_iter().find(|mmu| mmu_name(*mmu) == word);
                boot.mmu = found.ok_or_else(|| value.error("mmu is 'paging' or 'none'"))?;
            }
            _ => {
                let cost_ns = boot.costs.named_mut().into_iter().find(|(n, _)| *n == name);
                let (_, cost_ns) = cost_ns.ok_or(unknown)?;
                // A tick of more than a second is a mistake, and sums must fit.
                *cost_ns = from.number::<u64>(name)?;
                if *cost_ns > 1_000_000_000 {
                    return Err(value.error(format!("{name} is at most 1000000000")));
                }
            }
        }
    }
    Ok(())
}

fn expect(from: &mut Scanner<'_>) -> Result<Expectation, TextError> {
    let start = from.clone();
    let (mut model, mut digest) = (None, None);
    while let Some((name, unknown)) = setting(from)? {
        match name {
            "model" => model = Some(from.number("model")?),
            "digest" => {
                let value = from.clone();
                let digits = from.take_while(|c| c.is_ascii_hexdigit());
                digest = Some(
                    u64::from_str_radix(digits, 16)
                        .map_err(|_| value.error("digest is up to 16 hexadecimal digits"))?,
                );
            }
            _ => return Err(unknown),
        }
    }
    match (model, digest) {
        (Some(model), Some(digest)) => Ok(Expectation { model, digest }),
        _ => Err(start.error("'expect' takes model=N digest=HEX")),
    }
}

fn command(word: &str, from: &mut Scanner<'_>, start: &Scanner<'_>) -> Result<Command, TextError> {
    from.skip_blanks();
    Ok(match word {
        "input" => {
            let tty = TtyId(from.number("a terminal")?);
            from.skip_blanks();
            let text = from.quoted("the text")?;
            Command::Input { tty, text }
        }
        "hangup" => Command::Hangup {
            tty: TtyId(from.number("a terminal")?),
        },
        "plug" => Command::Plug {
            cpu: CpuId(from.number("a CPU")?),
        },
        "unplug" => Command::Unplug {
            cpu: CpuId(from.number("a CPU")?),
        },
        "inject" => {
            let pid = from.number("a process")?;
            from.skip_blanks();
            let act = Injection::read(from)?;
            Command::Inject { pid, act }
        }
        "advance" => advance(from, start)?,
        other => {
            return Err(start.error(format!(
                "no command '{other}': input, hangup, plug, unplug, inject and advance are known"
            )));
        }
    })
}

fn advance(from: &mut Scanner<'_>, start: &Scanner<'_>) -> Result<Command, TextError> {
    let (mut until_ns, mut max_ticks) = (None, None);
    while let Some((name, unknown)) = setting(from)? {
        match name {
            "until" => until_ns = Some(from.number("until")?),
            "ticks" => max_ticks = Some(from.number("ticks")?),
            _ => return Err(unknown),
        }
    }
    if until_ns.is_none() && max_ticks.is_none() {
        return Err(start.error("'advance' takes until=NS, ticks=N or both"));
    }
    Ok(Command::Advance {
        until_ns: until_ns.unwrap_or(u64::MAX),
        max_ticks: max_ticks.unwrap_or(u64::MAX),
    })
}
