//! Excel: cells in its own pages, recalculated one by one until nothing changes. When told to, it
//! recalculates round after round by itself, until it is told to stop.
//!
//! Registers: r0 bytes of the line being typed, r1 keys read, r2 keys used, r3 next cell, r4
//! rounds, r5 cells changed in this round, r6 object, r7 pages touched or screen length, r8 0 or 1
//! and the times that it has recalculated by itself.

use super::cells::{CELLS, COLUMNS, FORMULA_BYTES, ROWS, Status, Value};
use super::*;
use super::{cells, formula};
use crate::hw::Bus;

/// The line being typed lies here.
fn line_at(regs: &Regs) -> u64 {
    scratch(regs)
}
const LINE_BYTES: u64 = 40;
/// After so many rounds that all changed something, what still changes is a cycle.
const MAX_ROUNDS: u64 = CELLS + 1;
/// Characters of a column on the screen.
const WIDTH: usize = 8;

const BEGIN: u64 = 0;
const MODE: u64 = 1;
const GROWN: u64 = 2;
const READ: u64 = 3;
const HAVE_READ: u64 = 4;
const KEY: u64 = 5;
const ENTER: u64 = 6;
const CALCULATE: u64 = 7;
const DRAW: u64 = 8;
const SHOW: u64 = 9;
const INSERT_OBJECT: u64 = 10;
const TOUCH: u64 = 11;
const SWITCHED: u64 = 12;

/// Rounds that it calculates by itself before it draws and looks whether there are keys.
const ROUNDS_PER_LOOK: u64 = 32;

pub fn excel(regs: &mut Regs, bus: &mut Bus<'_>) -> Trap {
    run(step(regs, bus))
}

fn step(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    match label(regs) {
        BEGIN => call(regs, set_line(LineMode::Raw), MODE),
        MODE => call(
            regs,
            Syscall::Brk {
                addr: heap(regs) + 4096,
            },
            GROWN,
        ),
        GROWN if (regs.ax as u64) < heap(regs) + 4096 => exit(regs),
        GROWN => go(regs, DRAW),
        // The terminal has hung up: a read that only looks would not tell.
        READ if regs.ax == -i64::from(Errno::EIO.nr()) => exit(regs),
        READ => {
            let read = read_keys(regs);
            call(regs, read, HAVE_READ)
        }
        HAVE_READ if regs.ax == 0 && regs.r[8] > 0 => {
            (regs.r[3], regs.r[4], regs.r[5]) = (0, 0, 0);
            go(regs, CALCULATE)
        }
        SWITCHED => go(regs, KEY),
        HAVE_READ => match keys(regs) {
            Keys::Some(n) => {
                (regs.r[1], regs.r[2]) = (n, 0);
                go(regs, KEY)
            }
            Keys::None => go(regs, READ),
            Keys::End => exit(regs),
        },
        KEY => key(regs, bus),
        ENTER => enter(regs, bus),
        CALCULATE => calculate(regs, bus),
        DRAW => draw(regs, bus),
        SHOW => {
            let then = if regs.r[2] < regs.r[1] { KEY } else { READ };
            let write = write_screen(regs);
            call(regs, write, then)
        }
        INSERT_OBJECT if regs.ax < 0 => go(regs, KEY),
        INSERT_OBJECT => {
            (regs.r[6], regs.r[7]) = (regs.ax as u64, 0);
            go(regs, TOUCH)
        }
        TOUCH if regs.r[7] >= OBJECT_PAGES => go(regs, KEY),
        TOUCH => {
            bus.store(regs.r[6] + regs.r[7] * 4096, 0x2a2a_2a2a)?;
            regs.r[7] += 1;
            go(regs, TOUCH)
        }
        _ => Ok(Trap::Illegal),
    }
}

fn key(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    if regs.r[2] >= regs.r[1] {
        return go(regs, DRAW);
    }
    let mut key = [0];
    bus.load_bytes(keys_at(regs) + regs.r[2] % KEY_BYTES, &mut key)?;
    match key[0] {
        QUIT => return exit(regs),
        INSERT => {
            regs.r[2] += 1;
            return call(regs, new_object(), INSERT_OBJECT);
        }
        WORK => {
            regs.r[2] += 1;
            regs.r[8] = u64::from(regs.r[8] == 0);
            return call(regs, work_line(regs.r[8]), SWITCHED);
        }
        b'\n' | b'\r' => {
            regs.r[2] += 1;
            return go(regs, ENTER);
        }
        0x7f | 0x08 => {
            let line = line_bytes(regs, bus)?;
            let last = line.iter().rposition(|b| *b & 0xc0 != 0x80);
            regs.r[0] = last.unwrap_or(0) as u64;
        }
        key @ (0x20..=0x7e | 0x80..) if regs.r[0] < LINE_BYTES => {
            bus.store_bytes(line_at(regs) + regs.r[0], &[key])?;
            regs.r[0] += 1;
        }
        _ => {}
    }
    regs.r[2] += 1;
    go(regs, KEY)
}

fn line_bytes(regs: &Regs, bus: &mut Bus<'_>) -> Result<Vec<u8>, PageFault> {
    let mut bytes = vec![0; regs.r[0].min(LINE_BYTES) as usize];
    bus.load_bytes(line_at(regs), &mut bytes)?;
    Ok(bytes)
}

fn line(regs: &Regs, bus: &mut Bus<'_>) -> Result<String, PageFault> {
    Ok(String::from_utf8_lossy(&line_bytes(regs, bus)?).into_owned())
}

/// `A1=42` or `B1=SUM(A1:A3)`: the formula goes into its cell. Anything else is let go.
///
/// Here the check is missing that the cell is one of the table: with a wrong index, this is the
/// store that strays.
fn enter(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let line = line(regs, bus)?;
    let parts = line
        .split_once('=')
        .map(|(name, formula)| (cells::unchecked_cell_of(name.trim()), formula.trim()));
    if let Some((Some(cell), formula)) = parts
        && formula.len() <= FORMULA_BYTES
    {
        cells::store_formula(bus, heap(regs), cell, formula)?;
    }
    regs.r[0] = 0;
    (regs.r[3], regs.r[4], regs.r[5]) = (0, 0, 0);
    go(regs, CALCULATE)
}

/// One cell. When a whole round has changed nothing, all values fit their formulas.
fn calculate(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    if regs.r[3] >= CELLS {
        let is_settled = regs.r[5] == 0 || regs.r[4] > MAX_ROUNDS;
        if is_settled && regs.r[4] + 1 >= ROUNDS_PER_LOOK.min(regs.r[8] * ROUNDS_PER_LOOK) {
            regs.r[8] += u64::from(regs.r[8] > 0);
            return go(regs, DRAW);
        }
        (regs.r[3], regs.r[4], regs.r[5]) = (0, regs.r[4] + 1, 0);
        return go(regs, CALCULATE);
    }
    let cell = regs.r[3];
    let old = cells::load_value(bus, heap(regs), cell)?;
    if old.status != Status::Empty {
        let text = cells::load_formula(bus, heap(regs), cell)?;
        let result = formula::evaluate(&text, |other| cells::load_value(bus, heap(regs), other))?;
        let mut new = match result {
            Ok(number) => Value {
                status: Status::Number,
                number,
            },
            // A cell of a cycle that was found may be out of it by now.
            Err(status) => Value { status, number: 0 },
        };
        if new != old && regs.r[4] >= MAX_ROUNDS {
            new = Value {
                status: Status::Cycle,
                number: 0,
            };
        }
        if new != old {
            cells::store_value(bus, heap(regs), cell, &text, new)?;
            regs.r[5] += 1;
        }
    }
    regs.r[3] += 1;
    go(regs, CALCULATE)
}

/// The used part of the grid, and the line being typed beneath it.
fn draw(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let mut out = String::from(CLEAR);
    let mut used = 0;
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let cell = row * COLUMNS + column;
            let value = cells::load_value(bus, heap(regs), cell)?;
            if value.status == Status::Empty {
                continue;
            }
            let text = match value.status {
                Status::Number => value.number.to_string(),
                status => status.text().to_string(),
            };
            out.push_str(&format!("{:<3}{text:>WIDTH$}", cells::name_of(cell)));
            used += 1;
            out.push(if used % 2 == 0 { '\n' } else { ' ' });
        }
    }
    if used % 2 == 1 {
        out.push('\n');
    }
    if let Some(times) = regs.r[8].checked_sub(1) {
        out.push_str(&format!("↻{} ", times * ROUNDS_PER_LOOK));
    }
    out.push_str(&format!("> {}", line(regs, bus)?));
    let out = fit(out);
    bus.store_bytes(screen(regs), out.as_bytes())?;
    regs.r[7] = out.len() as u64;
    go(regs, SHOW)
}
