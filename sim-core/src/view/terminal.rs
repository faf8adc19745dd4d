//! What stands on a terminal.

use crate::Machine;
use crate::hw::TtyId;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminalView {
    /// Lines from the top, without trailing blanks; at most the terminal's rows.
    pub lines: Vec<String>,
    /// Row and column of the cursor, in characters from 0.
    pub cursor: (u16, u16),
}

/// The screen of a terminal; empty for one that does not exist or that nobody wrote to.
pub fn terminal(machine: &Machine, tty: u16) -> TerminalView {
    let Some(terminal) = machine.hw.terminals.get(TtyId(tty)) else {
        return TerminalView::default();
    };
    let lines = terminal
        .screen
        .lines()
        .iter()
        .map(|line| line.trim_end().to_string());
    TerminalView {
        lines: lines.collect(),
        cursor: terminal.screen.cursor(),
    }
}
