//! Word: a document in its own pages, and a spell checker.
//!
//! Registers: r0 length of the document in bytes, r1 keys read, r2 keys used, r3 end of the
//! heap, r4 place of the spell checker, r5 words, r6 object, r7 pages touched or screen length.

use super::*;
use crate::hw::Bus;
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

pub fn word(regs: &mut Regs, bus: &mut Bus<'_>) -> Trap {
    run(step(regs, bus))
}

fn step(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    match label(regs) {
        BEGIN => {
            regs.r[3] = HEAP;
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
        READ => call(regs, read_keys(), HAVE_READ),
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
        SHOW => call(regs, write_screen(regs.r[7]), READ),
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
    bus.load_bytes(KEYS + regs.r[2] % KEY_BYTES, &mut key)?;
    match key[0] {
        QUIT => return exit(regs),
        INSERT => {
            regs.r[2] += 1;
            return call(regs, new_object(), INSERT_OBJECT);
        }
        0x7f | 0x08 => erase(regs, bus)?,
        key @ (b'\n' | b'\r' | 0x20..) => {
            if HEAP + regs.r[0] >= regs.r[3] {
                return go(regs, GROW);
            }
            let key = if key == b'\r' { b'\n' } else { key };
            bus.store_bytes(HEAP + regs.r[0], &[key])?;
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
    bus.load_bytes(HEAP + regs.r[0] - back, &mut tail[..back as usize])?;
    let continuation = tail[..back as usize]
        .iter()
        .rev()
        .take_while(|b| **b & 0xc0 == 0x80)
        .count();
    let length = (continuation as u64 + 1).min(back);
    bus.store_bytes(HEAP + regs.r[0] - length, &[0; 4][..length as usize])?;
    regs.r[0] -= length;
    Ok(())
}

fn spell_again(regs: &mut Regs) -> Step {
    (regs.r[4], regs.r[5]) = (0, 0);
    go(regs, SPELL)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'\'' || byte >= 0x80
}

/// One word: found in the dictionary or not. The mark goes into the scratch page.
fn spell(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let mut text = [0; 64];
    let left = regs.r[0].saturating_sub(regs.r[4]).min(64) as usize;
    if left == 0 || regs.r[5] >= MARKS {
        return go(regs, DRAW);
    }
    bus.load_bytes(HEAP + regs.r[4], &mut text[..left])?;
    let text = &text[..left];
    let start = text.iter().take_while(|b| !is_letter(**b)).count();
    let length = text
        .iter()
        .skip(start)
        .take_while(|b| is_letter(**b))
        .count();
    if length > 0 {
        let known = is_known(&text[start..start + length]);
        bus.store_bytes(SCRATCH + regs.r[5], &[u8::from(!known)])?;
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
    lower.iter().all(u8::is_ascii_digit) || is_listed(DICTIONARY.as_bytes(), lower)
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
    bus.load_bytes(HEAP + first, &mut document)?;
    let words = regs.r[5].min(MARKS) as usize;
    let mut marks = vec![0; words];
    bus.load_bytes(SCRATCH, &mut marks)?;
    let text = String::from_utf8_lossy(&document);
    let mut out = String::from(CLEAR);
    // Marks are counted from the document's start; only a document shown whole has them.
    let mut mark = marks.iter();
    let mut is_in_word = false;
    for c in text.chars().chain(['\0']) {
        let letter = c.is_alphanumeric() || c == '\'';
        if is_in_word && !letter && mark.next() == Some(&1) && first == 0 {
            out.push('~');
        }
        is_in_word = letter;
        if c != '\0' {
            out.push(c);
        }
    }
    let unknown = marks.iter().filter(|m| **m == 1).count();
    out.push_str(&format!("\n\n{} B  {words} w  ~{unknown}", regs.r[0]));
    let out = fit(out);
    bus.store_bytes(SCREEN, out.as_bytes())?;
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
