//! A spreadsheet's cells, as they lie in memory.
//!
//! Nothing here checks that a cell is one of the table: its place is computed, and what lies
//! there is loaded or stored. `heap` is where the table begins.

use crate::hw::{Bus, PageFault};

pub const COLUMNS: u64 = 4;
pub const ROWS: u64 = 8;
pub const CELLS: u64 = COLUMNS * ROWS;
/// Bytes of a cell: formula, status, value.
const CELL_BYTES: u64 = 48;
pub const FORMULA_BYTES: usize = 32;
const STATUS_AT: usize = FORMULA_BYTES;
const VALUE_AT: usize = 40;

/// What a cell's value is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Empty = 0,
    Number = 1,
    /// Not a formula.
    Bad = 2,
    DividedByZero = 3,
    Cycle = 4,
    /// Too large for 64 bits.
    Overflow = 5,
}

impl Status {
    fn from_byte(byte: u8) -> Status {
        match byte {
            1 => Status::Number,
            2 => Status::Bad,
            3 => Status::DividedByZero,
            4 => Status::Cycle,
            5 => Status::Overflow,
            _ => Status::Empty,
        }
    }

    /// What the grid shows instead of a number.
    pub fn text(self) -> &'static str {
        match self {
            Status::Empty | Status::Number => "",
            Status::Bad => "#NAME?",
            Status::DividedByZero => "#DIV/0!",
            Status::Cycle => "#CYCLE",
            Status::Overflow => "#NUM!",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    pub status: Status,
    pub number: i64,
}

fn at(heap: u64, cell: u64) -> u64 {
    heap.wrapping_add(cell.wrapping_mul(CELL_BYTES))
}

pub fn load_value(bus: &mut Bus<'_>, heap: u64, cell: u64) -> Result<Value, PageFault> {
    let mut bytes = [0; CELL_BYTES as usize];
    bus.load_bytes(at(heap, cell), &mut bytes)?;
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[VALUE_AT..]);
    Ok(Value {
        status: Status::from_byte(bytes[STATUS_AT]),
        number: i64::from_le_bytes(number),
    })
}

pub fn load_formula(bus: &mut Bus<'_>, heap: u64, cell: u64) -> Result<String, PageFault> {
    let mut bytes = [0; FORMULA_BYTES];
    bus.load_bytes(at(heap, cell), &mut bytes)?;
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    Ok(String::from_utf8_lossy(&bytes[..end]).into_owned())
}

/// A formula comes in: the cell is stored whole, with no value yet.
pub fn store_formula(
    bus: &mut Bus<'_>,
    heap: u64,
    cell: u64,
    formula: &str,
) -> Result<(), PageFault> {
    let status = match formula.is_empty() {
        true => Status::Empty,
        false => Status::Number,
    };
    store_value(bus, heap, cell, formula, Value { status, number: 0 })
}

/// Stores status and value at once, leaving the formula as it is.
pub fn store_value(
    bus: &mut Bus<'_>,
    heap: u64,
    cell: u64,
    formula: &str,
    value: Value,
) -> Result<(), PageFault> {
    let mut bytes = [0; CELL_BYTES as usize];
    for (to, from) in bytes[..FORMULA_BYTES].iter_mut().zip(formula.bytes()) {
        *to = from;
    }
    bytes[STATUS_AT] = value.status as u8;
    bytes[VALUE_AT..].copy_from_slice(&value.number.to_le_bytes());
    bus.store_bytes(at(heap, cell), &bytes)
}

/// `B2` to the number of a cell of the table.
pub fn cell_of(name: &str) -> Option<u64> {
    unchecked_cell_of(name).filter(|cell| *cell < CELLS)
}

/// `B2` to the number of a cell, in a table of four columns that never ends.
pub fn unchecked_cell_of(name: &str) -> Option<u64> {
    let mut chars = name.chars();
    let column =
        u64::from(u32::from(chars.next()?.to_ascii_uppercase()).checked_sub(u32::from('A'))?);
    let digits = chars.as_str();
    if column >= COLUMNS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let row = digits.parse::<u64>().ok()?.checked_sub(1)?;
    row.checked_mul(COLUMNS)?.checked_add(column)
}

pub fn name_of(cell: u64) -> String {
    format!(
        "{}{}",
        (b'A' + (cell % COLUMNS) as u8) as char,
        cell / COLUMNS + 1
    )
}
