//! The commands, and how this program is called for a process of a world.

use crate::agent::{Agent, start};
use crate::drift::{self, Drift, KINDS, Source};
use crate::environment::{catch_interrupts, check};
use crate::record::{self, Mode};
use lexopt::prelude::*;
use std::ffi::c_int;
use std::path::PathBuf;

const USAGE: &str = "\
recorder record DIR [--check] [--only TEXT]
    record again the outcomes of the cases in DIR, or only compare them with this kernel
recorder drift N [--seed S] [--kind K] [--mutate DIR]
    N random walks of each kind on this kernel, and on the model; or N cases of DIR with something
    changed";

/// The exit code.
pub fn main() -> c_int {
    let args: Vec<String> = std::env::args().collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [_, "world", channel, root] => match channel.parse() {
            Ok(channel) => start::world(channel, root),
            Err(_) => 2,
        },
        [_, "agent", channel] => match channel.parse() {
            Ok(channel) => {
                let mut agent = Agent::new(channel);
                start::signals_of_the_runtime();
                agent.executed();
                agent.serve()
            }
            Err(_) => 2,
        },
        _ => match command() {
            Ok(true) => 0,
            Ok(false) => 1,
            Err(reason) => {
                eprintln!("{reason}");
                2
            }
        },
    }
}

/// Whether everything agreed.
fn command() -> Result<bool, String> {
    let mut parser = lexopt::Parser::from_env();
    let wrong = |error: lexopt::Error| format!("{error}\n\n{USAGE}");
    match parser.next().map_err(wrong)? {
        Some(Value(name)) if name == "record" => record(&mut parser),
        Some(Value(name)) if name == "drift" => drift(&mut parser),
        Some(other) => Err(wrong(other.unexpected())),
        None => Err(USAGE.into()),
    }
}

fn record(parser: &mut lexopt::Parser) -> Result<bool, String> {
    let wrong = |error: lexopt::Error| format!("{error}\n\n{USAGE}");
    let (mut dir, mut mode, mut only) = (None, Mode::Record, String::new());
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Long("check") => mode = Mode::Check,
            Long("only") => only = parser.value().and_then(|v| v.string()).map_err(wrong)?,
            Value(value) if dir.is_none() => dir = Some(PathBuf::from(value)),
            other => return Err(wrong(other.unexpected())),
        }
    }
    let dir = dir.ok_or(USAGE)?;
    let layout = check()?;
    catch_interrupts();
    record::all(&dir, &only, mode, &layout)
}

fn drift(parser: &mut lexopt::Parser) -> Result<bool, String> {
    let wrong = |error: lexopt::Error| format!("{error}\n\n{USAGE}");
    let (mut walks, mut seed, mut source) = (None, 1, Source::Kinds(KINDS.to_vec()));
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Long("seed") => seed = parser.value().and_then(|v| v.parse()).map_err(wrong)?,
            Long("kind") => {
                let kind = parser.value().and_then(|v| v.parse()).map_err(wrong)?;
                source = Source::Kinds(vec![kind]);
            }
            Long("mutate") => source = Source::Cases(parser.value().map_err(wrong)?.into()),
            Value(value) if walks.is_none() => walks = Some(value.parse().map_err(wrong)?),
            other => return Err(wrong(other.unexpected())),
        }
    }
    let walks = walks.ok_or(USAGE)?;
    let layout = check()?;
    catch_interrupts();
    let drift = Drift {
        walks,
        seed,
        source,
    };
    drift::all(&drift, &layout)
}
