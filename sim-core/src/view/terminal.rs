//! What stands on a terminal.

use crate::Machine;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminalView {
    /// Lines from the top, without trailing blanks; at most the terminal's rows.
    pub lines: Vec<String>,
    /// Row and column of the cursor, in characters from 0.
    pub cursor: (u16, u16),
}

/// The screen of a terminal; empty for one that nobody opened.
pub fn terminal(machine: &Machine, tty: u16) -> TerminalView {
    let _ = (machine, tty);
    TerminalView::default()
}
