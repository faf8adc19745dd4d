//! Keys on their way from the keyboard to read(2) (drivers/tty/n_tty.c).

use super::tty::LinkState;
use crate::hw::TtyId;
use crate::kernel::syscall::LineMode;
use crate::kernel::{Ctx, Signal};

const ETX: u8 = 0x03;
const EOT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;
/// Bytes that a terminal keeps for readers before it drops keys.
const READY_BYTES: usize = 8192;

/// The keyboard's interrupt: takes every key that was pressed, on any terminal.
pub fn keyboard_interrupt(cx: &mut Ctx<'_>) {
    for nr in 0..cx.k.vfs.ttys.len() {
        let tty = TtyId(nr as u16);
        let is_pressed = cx
            .hw
            .terminals
            .get(tty)
            .is_some_and(|t| !t.keyboard.is_empty());
        if !is_pressed {
            continue;
        }
        let keys = cx
            .hw
            .terminals
            .get_mut(tty)
            .map(|t| std::mem::take(&mut t.keyboard));
        for key in keys.unwrap_or_default() {
            receive(cx, tty, key);
        }
        let woken = cx
            .tty_mut(tty)
            .filter(|t| !t.ready.is_empty() || !t.ends.is_empty());
        let woken = woken.map(|t| t.readers.take()).unwrap_or_default();
        cx.wake_all(woken);
    }
}

fn receive(cx: &mut Ctx<'_>, tty: TtyId, key: u8) {
    let Some(this) = cx.tty_mut(tty) else { return };
    if this.link == LinkState::HungUp {
        return;
    }
    match this.mode {
        LineMode::Raw | LineMode::RawTimeout { .. } => {
            if this.ready.len() < READY_BYTES {
                this.ready.push_back(key);
            }
        }
        LineMode::Canonical => edit(cx, tty, key),
    }
}

/// Canonical mode: the line is echoed and edited here, and goes to the reader when it is whole.
fn edit(cx: &mut Ctx<'_>, tty: TtyId, key: u8) {
    let Some(this) = cx.tty_mut(tty) else { return };
    match key {
        ETX => {
            this.line.clear();
            let foreground = this.foreground;
            echo(cx, tty, b"^C\n");
            cx.signal_group(foreground, Signal::SIGINT);
        }
        EOT => {
            // What was typed so far is a line without an end; of nothing it is end of file.
            let line = std::mem::take(&mut this.line);
            if this.ready.len() + line.len() <= READY_BYTES && this.ends.len() < READY_BYTES {
                this.ready.extend(line);
                this.ends.push_back(this.ready.len());
            }
        }
        BACKSPACE | DELETE => {
            // A character may be several bytes.
            let is_continuation = |b: u8| b & 0xc0 == 0x80;
            let mut erased = None;
            while let Some(byte) = this.line.pop() {
                erased = Some(byte);
                if !is_continuation(byte) {
                    break;
                }
            }
            if erased.is_some() {
                echo(cx, tty, b"\x08 \x08");
            }
        }
        b'\r' | b'\n' => {
            let mut line = std::mem::take(&mut this.line);
            line.push(b'\n');
            if this.ready.len() + line.len() <= READY_BYTES {
                this.ready.extend(line);
            }
            echo(cx, tty, b"\n");
        }
        0x20.. | b'\t' => {
            if this.line.len() < READY_BYTES / 2 {
                this.line.push(key);
                echo(cx, tty, &[key]);
            }
        }
        // Other control characters mean nothing to the line.
        0..=0x1f => {}
    }
}

fn echo(cx: &mut Ctx<'_>, tty: TtyId, bytes: &[u8]) {
    if let Some(terminal) = cx.hw.terminals.get_mut(tty) {
        terminal.screen.write(bytes);
    }
}
