//! `replay FILE [--events]`: runs a session script, prints its event trace and its final digest.
//!
//! Exit code 1 if the script cannot be read, comes to another digest than it expects, or halts
//! the machine.

use sim_core::event::Record;
use sim_core::session::{Session, script_of_link};
use sim_core::{Command, Machine, Sink};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: replay FILE [--quiet]
FILE is a session script, or a file with the link of a shared session.";

enum Trace {
    Events,
    Quiet,
}

fn main() -> ExitCode {
    let mut file = None;
    let mut trace = Trace::Events;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quiet" => trace = Trace::Quiet,
            // What is printed anyway.
            "--events" => trace = Trace::Events,
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
    if matches!(trace, Trace::Events) {
        print_events(&session, &mut out)?;
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

fn print_record(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let Record {
        at_ns,
        tick,
        cpu,
        event,
    } = record;
    writeln!(out, "{at_ns:>12} #{tick:<8} cpu{} {event:?}", cpu.0)
}
