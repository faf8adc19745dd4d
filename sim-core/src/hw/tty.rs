//! Terminals: a keyboard queue and a screen. Line discipline is the kernel's.

use std::collections::VecDeque;

/// Number of a terminal; 0 is the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TtyId(pub u16);

/// How many terminals a machine has.
pub const TERMINALS: u16 = 64;
/// Characters in a row and rows on a screen.
const COLUMNS: usize = 80;
const ROWS: usize = 24;
/// Bytes that a keyboard holds before it drops.
const KEYBOARD_BYTES: usize = 4096;

/// What stands on the screen: UTF-8 lines, as a VT100 of 80 columns and 24 rows shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Screen {
    lines: Vec<String>,
    row: usize,
    column: usize,
    /// Bytes of an unfinished UTF-8 character or escape sequence.
    partial: Vec<u8>,
}

impl Screen {
    /// Lines from the top.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Row and column of the cursor, from 0.
    pub fn cursor(&self) -> (u16, u16) {
        (self.row as u16, self.column as u16)
    }

    /// Shows bytes. Understands newline, return, backspace, tab, and the sequences `ESC [ H`
    /// (home), `ESC [ 2 J` (clear) and `ESC [ K` (clear to end of line); others are dropped.
    pub fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.partial.push(byte);
            if self.partial[0] == 0x1b {
                self.escape(byte);
                continue;
            }
            match std::str::from_utf8(&self.partial) {
                Ok(text) => {
                    let c = text.chars().next();
                    self.partial.clear();
                    if let Some(c) = c {
                        self.put(c);
                    }
                }
                Err(error) if error.error_len().is_some() || self.partial.len() >= 4 => {
                    self.partial.clear();
                    self.put('\u{fffd}');
                }
                // An unfinished character.
                Err(_) => {}
            }
        }
    }

    fn escape(&mut self, byte: u8) {
        let sequence = self.partial.as_slice();
        let done = match sequence.len() {
            1 => false,
            2 => byte != b'[',
            len => (0x40..=0x7e).contains(&byte) || len > 12,
        };
        if !done {
            return;
        }
        match sequence {
            [0x1b, b'[', b'H'] => (self.row, self.column) = (0, 0),
            [0x1b, b'[', b'2', b'J'] => {
                self.lines.clear();
                (self.row, self.column) = (0, 0);
            }
            [0x1b, b'[', b'K'] => {
                let column = self.column;
                if let Some(line) = self.lines.get_mut(self.row) {
                    *line = line.chars().take(column).collect();
                }
            }
            _ => {}
        }
        self.partial.clear();
    }

    fn put(&mut self, c: char) {
        match c {
            '\n' => {
                self.column = 0;
                self.row += 1;
            }
            '\r' => self.column = 0,
            '\u{8}' => self.column = self.column.saturating_sub(1),
            '\t' => self.column = (self.column / 8 + 1) * 8,
            c if c.is_control() => {}
            c => {
                if self.column >= COLUMNS {
                    self.column = 0;
                    self.row += 1;
                }
                self.scroll();
                while self.lines.len() <= self.row {
                    self.lines.push(String::new());
                }
                let line = &mut self.lines[self.row];
                let length = line.chars().count();
                if length <= self.column {
                    line.extend(std::iter::repeat_n(' ', self.column - length));
                    line.push(c);
                } else {
                    let column = self.column;
                    *line = line
                        .chars()
                        .enumerate()
                        .map(|(i, old)| if i == column { c } else { old })
                        .collect();
                }
                self.column += 1;
            }
        }
        self.scroll();
    }

    fn scroll(&mut self) {
        while self.row >= ROWS {
            if !self.lines.is_empty() {
                self.lines.remove(0);
            }
            self.row -= 1;
        }
    }
}

/// One terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Terminal {
    pub screen: Screen,
    /// Keys pressed that the kernel has not taken yet.
    pub keyboard: VecDeque<u8>,
}

/// All terminals, by number.
#[derive(Clone, Debug, Hash)]
pub struct Terminals(Vec<std::rc::Rc<Terminal>>);

impl Default for Terminals {
    fn default() -> Self {
        Self((0..TERMINALS).map(|_| Default::default()).collect())
    }
}

impl Terminals {
    pub fn get(&self, tty: TtyId) -> Option<&Terminal> {
        self.0.get(usize::from(tty.0)).map(std::rc::Rc::as_ref)
    }

    pub fn get_mut(&mut self, tty: TtyId) -> Option<&mut Terminal> {
        self.0
            .get_mut(usize::from(tty.0))
            .map(std::rc::Rc::make_mut)
    }

    /// Presses keys; what a full keyboard cannot hold is dropped. Returns the bytes taken, or
    /// `None` where there is no such terminal.
    pub fn press(&mut self, tty: TtyId, bytes: &[u8]) -> Option<usize> {
        let terminal = self.get_mut(tty)?;
        let room = KEYBOARD_BYTES
            .saturating_sub(terminal.keyboard.len())
            .min(bytes.len());
        terminal.keyboard.extend(bytes.iter().take(room));
        Some(room)
    }
}
