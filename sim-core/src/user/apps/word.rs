//! Word: a document in its own pages, and a spell checker. After every key it looks the words up;
//! when told to, it goes on checking by itself, one comparison a step, until it is told to stop.
//! It saves as databases do: a forked child writes the document as it was, and Word types on.
//!
//! Registers: r0 length of the document in bytes, r1 keys read, r2 keys used, r3 end of the
//! heap, r4 place of the spell checker, r5 words, r6 object, r7 pages touched or screen length,
//! r8 0 or 1 and the checks done by itself, r9 place in the dictionary.

use super::*;
use crate::hw::Bus;
use crate::kernel::Signal;
use crate::kernel::syscall::{OpenFlags, SigAct};
use std::cmp::Ordering;

/// Words that it knows, one per line, in ascending order of bytes.
const DICTIONARY: &str = include_str!("../../../data/dictionary.txt");
/// Words whose marks are kept.
const MARKS: u64 = 512;
/// Bytes of the document's end that the window shows.
const SHOWN: u64 = 400;

const BEGIN: u64 = 0;
const GROW: u64 = 1;
const GROWN: u64 = 2;
const READ: u64 = 3;
const HAVE_READ: u64 = 4;
const KEY: u64 = 5;
const SPELL: u64 = 6;
const DRAW: u64 = 7;
const SHOW: u64 = 8;
const INSERT_OBJECT: u64 = 9;
const TOUCH: u64 = 10;
const CHECK: u64 = 11;
const SWITCHED: u64 = 12;
const SAVE: u64 = 13;
const FORKED: u64 = 14;
const OPENED: u64 = 15;
const SAVED: u64 = 16;

/// Ctrl-S.
const SAVE_KEY: u8 = 0x13;
/// Where the document is saved.
const FILE: &str = "/tmp/word.txt";

/// Words that it checks by itself before it looks whether there are keys.
const WORDS_PER_LOOK: u64 = 8;

pub fn word(regs: &mut Regs, bus: &mut Bus<'_>) -> Trap {
    run(step(regs, bus))
}

fn step(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    match label(regs) {
        BEGIN => {
            regs.r[3] = heap(regs);
            call(regs, set_line(LineMode::Raw), GROW)
        }
        GROW => call(
            regs,
            Syscall::Brk {
                addr: regs.r[3] + 4096,
            },
            GROWN,
        ),
        GROWN => {
            let grew = regs.ax as u64 >= regs.r[3] + 4096;
            if grew {
                regs.r[3] += 4096;
            }
            match regs.r[1] > regs.r[2] {
                // The key that found no room is tried again, or lost if there is none.
                true if grew => go(regs, KEY),
                true => {
                    regs.r[2] += 1;
                    go(regs, KEY)
                }
                false => spell_again(regs),
            }
        }
        // The terminal has hung up: a read that only looks would not tell.
        READ if regs.ax == -i64::from(Errno::EIO.nr()) => exit(regs),
        READ => {
            let read = read_keys(regs);
            call(regs, read, HAVE_READ)
        }
        HAVE_READ if regs.ax == 0 && regs.r[8] > 0 => go(regs, CHECK),
        HAVE_READ => match keys(regs) {
            Keys::Some(n) => {
                (regs.r[1], regs.r[2]) = (n, 0);
                go(regs, KEY)
            }
            Keys::None => go(regs, READ),
            Keys::End => exit(regs),
        },
        KEY => key(regs, bus),
        SPELL => spell(regs, bus),
        DRAW => draw(regs, bus),
        SHOW => {
            let write = write_screen(regs);
            call(regs, write, READ)
        }
        CHECK => check(regs, bus),
        SWITCHED => go(regs, KEY),
        // Nobody waits for the child.
        SAVE => call(regs, Syscall::Fork {}, FORKED),
        FORKED if regs.ax == 0 => {
            let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT);
            let open = Syscall::Openat {
                path: FILE.into(),
                flags: flags.with(OpenFlags::TRUNC),
                mode: 0o666,
            };
            call(regs, open, OPENED)
        }
        FORKED => go(regs, KEY),
        OPENED => {
            let write = Syscall::Write {
                fd: regs.ax as i32,
                buf: InBuf::User {
                    addr: heap(regs),
                    len: regs.r[0],
                },
            };
            call(regs, write, SAVED)
        }
        SAVED => exit(regs),
        INSERT_OBJECT => {
            if regs.ax < 0 {
                return go(regs, KEY);
            }
            (regs.r[6], regs.r[7]) = (regs.ax as u64, 0);
            go(regs, TOUCH)
        }
        TOUCH => {
            if regs.r[7] >= OBJECT_PAGES {
                return go(regs, KEY);
            }
            bus.store(regs.r[6] + regs.r[7] * 4096, 0x2a2a_2a2a)?;
            regs.r[7] += 1;
            go(regs, TOUCH)
        }
        _ => Ok(Trap::Illegal),
    }
}

/// One key: a byte of text is stored at the end of the document.
fn key(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    if regs.r[2] >= regs.r[1] {
        return spell_again(regs);
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
        SAVE_KEY => {
            regs.r[2] += 1;
            let reap = Syscall::RtSigaction {
                signal: Signal::SIGCHLD.into(),
                act: Some(SigAct::Ignore),
                flags: Default::default(),
            };
            return call(regs, reap, SAVE);
        }
        0x7f | 0x08 => erase(regs, bus)?,
        key @ (b'\n' | b'\r' | 0x20..) => {
            if heap(regs) + regs.r[0] >= regs.r[3] {
                return go(regs, GROW);
            }
            let key = if key == b'\r' { b'\n' } else { key };
            bus.store_bytes(heap(regs) + regs.r[0], &[key])?;
            regs.r[0] += 1;
        }
        _ => {}
    }
    regs.r[2] += 1;
    go(regs, KEY)
}

/// Takes the last character away; it may be several bytes.
fn erase(regs: &mut Regs, bus: &mut Bus<'_>) -> Result<(), PageFault> {
    let back = regs.r[0].min(4);
    let mut tail = [0; 4];
    bus.load_bytes(heap(regs) + regs.r[0] - back, &mut tail[..back as usize])?;
    let continuation = tail[..back as usize]
        .iter()
        .rev()
        .take_while(|b| **b & 0xc0 == 0x80)
        .count();
    let length = (continuation as u64 + 1).min(back);
    bus.store_bytes(heap(regs) + regs.r[0] - length, &[0; 4][..length as usize])?;
    regs.r[0] -= length;
    Ok(())
}

fn spell_again(regs: &mut Regs) -> Step {
    (regs.r[4], regs.r[5], regs.r[9]) = (0, 0, 0);
    go(regs, SPELL)
}

/// The next word from the checker's place on: how far it is away, and its letters.
fn next_word<'a>(
    regs: &Regs,
    bus: &mut Bus<'_>,
    text: &'a mut [u8; 64],
) -> Result<(usize, &'a [u8]), PageFault> {
    let left = regs.r[0].saturating_sub(regs.r[4]).min(64) as usize;
    bus.load_bytes(heap(regs) + regs.r[4], &mut text[..left])?;
    let text = &text[..left];
    let start = text.iter().take_while(|b| !is_letter(**b)).count();
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.iter().take_while(|b| is_letter(**b)).count();
    Ok((start, rest.get(..length).unwrap_or_default()))
}

/// By itself: one word against one line of the dictionary. A word that is found or has met all
/// lines gets its mark; at the end of the document it begins again.
fn check(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    // The marks that are shown are of the last check: it was whole.
    if regs.r[4] >= regs.r[0] && regs.r[9] == 0 {
        (regs.r[4], regs.r[5]) = (0, 0);
    }
    let mut text = [0; 64];
    let (start, word) = next_word(regs, bus, &mut text)?;
    let list = DICTIONARY.as_bytes();
    let from = (regs.r[9] as usize).min(list.len());
    let rest = list.get(from..).unwrap_or_default();
    let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    let is_last = from + line.len() + 1 >= list.len();
    let is_found = line.eq_ignore_ascii_case(word) || is_number(word);
    if !is_found && !is_last {
        regs.r[9] = (from + line.len() + 1) as u64;
        return go(regs, CHECK);
    }
    if !word.is_empty() && regs.r[5] < MARKS {
        bus.store_bytes(scratch(regs) + regs.r[5], &[u8::from(!is_found)])?;
        regs.r[5] += 1;
    }
    regs.r[4] += (start + word.len()).max(1) as u64;
    regs.r[9] = 0;
    if regs.r[4] >= regs.r[0] {
        regs.r[4] = regs.r[0];
        regs.r[8] += 1;
        return go(regs, DRAW);
    }
    let looks = regs.r[5].is_multiple_of(WORDS_PER_LOOK);
    go(regs, if looks { READ } else { CHECK })
}

fn is_number(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_digit)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'\'' || byte >= 0x80
}

/// One word: found in the dictionary or not. The mark goes into the scratch page.
fn spell(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let mut text = [0; 64];
    if regs.r[4] >= regs.r[0] || regs.r[5] >= MARKS {
        return go(regs, DRAW);
    }
    let (start, word) = next_word(regs, bus, &mut text)?;
    let length = word.len();
    if length > 0 {
        let known = is_known(word);
        bus.store_bytes(scratch(regs) + regs.r[5], &[u8::from(!known)])?;
        regs.r[5] += 1;
    }
    regs.r[4] += (start + length).max(1) as u64;
    go(regs, SPELL)
}

fn is_known(word: &[u8]) -> bool {
    let mut lower = [0; 64];
    let Some(lower) = lower.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    is_number(lower) || is_listed(DICTIONARY.as_bytes(), lower)
}

/// Whether a list of words, one a line and in ascending order, has this one.
fn is_listed(list: &[u8], word: &[u8]) -> bool {
    let is_end = |byte: &u8| *byte == b'\n';
    let (mut low, mut high) = (0, list.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = list[..middle].iter().rposition(is_end);
        let start = start.map_or(0, |at| at + 1);
        let length = list[start..].iter().position(is_end);
        let end = length.map_or(list.len(), |length| start + length);
        match word.cmp(&list[start..end]) {
            Ordering::Equal => return true,
            Ordering::Less => high = start,
            Ordering::Greater => low = end + 1,
        }
    }
    false
}

/// The end of the document, with a wave behind words that are not in the dictionary.
fn draw(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let first = regs.r[0].saturating_sub(SHOWN);
    let mut document = vec![0; (regs.r[0] - first) as usize];
    bus.load_bytes(heap(regs) + first, &mut document)?;
    let words = regs.r[5].min(MARKS) as usize;
    let mut marks = vec![0; words];
    bus.load_bytes(scratch(regs), &mut marks)?;
    let text = String::from_utf8_lossy(&document);
    let mut out = String::from(CLEAR);
    // Marks are counted from the document's start; only a document shown whole has them.
    let mut mark = marks.iter();
    let mut is_in_word = false;
    for c in text.chars().chain(['\0']) {
        let letter = !c.is_ascii() || is_letter(c as u8);
        if is_in_word && !letter && mark.next() == Some(&1) && first == 0 {
            out.push('~');
        }
        is_in_word = letter;
        match c {
            '\n' => out.push(c),
            // No key writes these: something else did.
            _ if c.is_control() => out.push('\u{b7}'),
            _ => out.push(c),
        }
    }
    out.pop();
    let unknown = marks.iter().filter(|m| **m == 1).count();
    out.push_str(&format!("\n\n{} B  {words} w  ~{unknown}", regs.r[0]));
    if let Some(checks) = regs.r[8].checked_sub(1) {
        out.push_str(&format!("  ↻{checks}"));
    }
    let out = fit(out);
    bus.store_bytes(screen(regs), out.as_bytes())?;
    regs.r[7] = out.len() as u64;
    go(regs, SHOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_dictionary_is_found() {
        assert!(DICTIONARY.lines().is_sorted());
        let list = DICTIONARY.as_bytes();
        for word in DICTIONARY.lines() {
            assert!(is_listed(list, word.as_bytes()), "{word}");
            assert!(!is_listed(list, format!("{word}q").as_bytes()));
            assert!(!is_listed(list, format!("0{word}").as_bytes()));
        }
        assert!(!is_listed(b"", b"a"));
    }
}
