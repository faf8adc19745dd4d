//! `replay FILE [--quiet | --explain [TICK]]`: runs a session script, prints its event trace and
//! its final digest; or the chain of every refusal, or of that of one tick.
//!
//! Exit code 1 if the script cannot be read, comes to another digest than it expects, or halts
//! the machine.

use sim_core::event::Record;
use sim_core::session::{Explanation, Session, is_refusal, script_of_link};
use sim_core::{Command, Machine, Sink};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: replay FILE [--quiet | --explain [TICK]]
FILE is a session script, or a file with the link of a shared session.";

enum Trace {
    Events,
    Quiet,
    /// Why things were refused: all, or what a tick refused.
    Refusals(Option<u64>),
}

fn main() -> ExitCode {
    let mut file = None;
    let mut trace = Trace::Events;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quiet" => trace = Trace::Quiet,
            "--explain" => trace = Trace::Refusals(None),
            // What is printed anyway.
            "--events" => trace = Trace::Events,
            number if matches!(trace, Trace::Refusals(None)) && number.parse::<u64>().is_ok() => {
                trace = Trace::Refusals(number.parse().ok());
            }
            _ if file.is_none() && !argument.starts_with("--") => file = Some(argument),
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::FAILURE;
            }
        }
    }
    let Some(file) = file else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match run(&file, &trace) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: &str, trace: &Trace) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(file)?;
    let text = match text.trim().find("#s1.") {
        // A link, perhaps with the page's address before it.
        Some(at) if !text.trim_start().starts_with("ringside") => {
            script_of_link(&text.trim()[at..])?
        }
        Some(_) | None => text,
    };
    // Read first: a script that is wrong at its end prints no trace.
    let session = Session::from_script(&text)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match trace {
        Trace::Events => print_events(&session, &mut out)?,
        Trace::Quiet => {}
        Trace::Refusals(Some(tick)) => match session.explain(*tick) {
            Some(explanation) => print_explanation(&explanation, &mut out)?,
            None => return Err(format!("nothing was refused in tick {tick}").into()),
        },
        Trace::Refusals(None) => {
            for tick in refused_ticks(&session) {
                if let Some(explanation) = session.explain(tick) {
                    print_explanation(&explanation, &mut out)?;
                }
            }
        }
    }
    let machine = session.machine();
    writeln!(
        out,
        "end: {} commands, {} ticks, {} ns",
        session.commands().count(),
        session.ticks(),
        session.now_ns()
    )?;
    writeln!(out, "digest: {:016x}", machine.digest())?;
    let mut code = ExitCode::SUCCESS;
    if let Some(invariant) = machine.halted() {
        writeln!(out, "halted: {invariant}")?;
        code = ExitCode::FAILURE;
    }
    if let Some(expected) = session.mismatch() {
        writeln!(
            out,
            "mismatch: the script expects {:016x} (model {})",
            expected.digest, expected.model
        )?;
        code = ExitCode::FAILURE;
    }
    out.flush()?;
    Ok(code)
}

/// The session keeps its last events only, so the trace comes from a second run.
fn print_events(session: &Session, out: &mut impl Write) -> io::Result<()> {
    let mut machine = Machine::boot(session.boot_options());
    let mut sink = Sink::full();
    for command in session.commands() {
        machine.apply(command, &mut sink);
        match command {
            Command::Advance { .. } => {}
            Command::Input { tty, text } => writeln!(out, "> input {} {text:?}", tty.0)?,
            Command::Hangup { tty } => writeln!(out, "> hangup {}", tty.0)?,
            Command::Plug { cpu } => writeln!(out, "> plug {}", cpu.0)?,
            Command::Unplug { cpu } => writeln!(out, "> unplug {}", cpu.0)?,
            Command::Inject { pid, act } => writeln!(out, "> inject {pid} {act}")?,
        }
        if let Sink::Full(records) = &mut sink {
            for record in records.drain(..) {
                print_record(&record, out)?;
            }
        }
    }
    Ok(())
}

/// Ticks in which something was refused, in order.
fn refused_ticks(session: &Session) -> Vec<u64> {
    let mut machine = Machine::boot(session.boot_options());
    let mut sink = Sink::full();
    let mut ticks = Vec::new();
    for command in session.commands() {
        machine.apply(command, &mut sink);
        if let Sink::Full(records) = &mut sink {
            let refused = records.drain(..).filter(|record| is_refusal(&record.event));
            ticks.extend(refused.map(|record| record.tick));
        }
    }
    ticks.dedup();
    ticks
}

fn print_explanation(explanation: &Explanation, out: &mut impl Write) -> io::Result<()> {
    let Explanation {
        tick,
        at_ns,
        user,
        kernel,
        hardware,
        result,
    } = explanation;
    writeln!(out, "#{tick} at {at_ns} ns: {result}")?;
    writeln!(out, "  User")?;
    for line in user {
        writeln!(out, "    {line}")?;
    }
    writeln!(out, "  Kernel")?;
    for step in kernel {
        writeln!(out, "    {} {:<60} {}", step.mark(), step.text, step.page)?;
    }
    writeln!(out, "  Hardware")?;
    for line in hardware {
        writeln!(out, "    {line}")?;
    }
    writeln!(out)
}

fn print_record(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let Record {
        at_ns,
        tick,
        cpu,
        event,
    } = record;
    writeln!(out, "{at_ns:>12} #{tick:<8} cpu{} {event:?}", cpu.0)
}
