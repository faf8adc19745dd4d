//! PPT: slides that go on by themselves. As a slide show it turns them much faster: it sleeps
//! until its timer, then puts the next slide together byte by byte, drawing as it goes.
//!
//! Registers: r0 slide, r1 keys read, r2 keys used, r6 object, r7 pages touched or screen length,
//! r8 0 or 1 and the slides turned by the show, r9 bytes of the show's slide put together.

use super::*;
use crate::hw::Bus;

/// Slides, separated by lines of `---`.
const SLIDES: &str = include_str!("../../../data/slides.txt");
/// How long a slide stays, in tenths of a second.
const SLIDE_DECISECONDS: u8 = 30;

const BEGIN: u64 = 0;
const GROWN: u64 = 1;
const LOAD: u64 = 2;
const DRAW: u64 = 3;
const SHOW: u64 = 4;
const READ: u64 = 5;
const HAVE_READ: u64 = 6;
const KEY: u64 = 7;
const INSERT_OBJECT: u64 = 8;
const TOUCH: u64 = 9;
const MODE: u64 = 10;
const BUILD: u64 = 11;
const REST: u64 = 12;
const SWITCHED: u64 = 13;

/// Room of a slide in the heap. The show's picture lies behind it.
const SLIDE_BYTES: usize = 256;
fn picture_at(regs: &Regs) -> u64 {
    heap(regs) + SLIDE_BYTES as u64
}
/// Pictures from one slide of the show to the next, each with an eighth more of it.
const PICTURES: u64 = 8;
/// How long a finished slide of the show stays.
const SHOW_NS: u64 = 4_000_000;

fn slides() -> impl Iterator<Item = &'static str> {
    SLIDES.split("---\n").map(str::trim)
}

pub fn ppt(regs: &mut Regs, bus: &mut Bus<'_>) -> Trap {
    run(step(regs, bus))
}

fn step(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let count = slides().count().max(1) as u64;
    match label(regs) {
        BEGIN | SWITCHED => {
            let mode = LineMode::RawTimeout {
                deciseconds: if regs.r[8] > 0 { 0 } else { SLIDE_DECISECONDS },
            };
            let then = if label(regs) == BEGIN { MODE } else { KEY };
            call(regs, set_line(mode), then)
        }
        MODE => call(
            regs,
            Syscall::Brk {
                addr: heap(regs) + 4096,
            },
            GROWN,
        ),
        GROWN if (regs.ax as u64) < heap(regs) + 4096 => exit(regs),
        GROWN => go(regs, LOAD),
        // The slide is put into the heap, and drawn from there.
        LOAD => {
            let slide = slides()
                .nth((regs.r[0] % count) as usize)
                .unwrap_or_default();
            let mut page = [0; SLIDE_BYTES];
            for (to, from) in page.iter_mut().zip(slide.bytes()) {
                *to = from;
            }
            bus.store_bytes(heap(regs), &page)?;
            regs.r[9] = 0;
            go(regs, if regs.r[8] > 0 { BUILD } else { DRAW })
        }
        DRAW => {
            let mut page = [0; SLIDE_BYTES];
            let from = if regs.r[8] > 0 {
                picture_at(regs)
            } else {
                heap(regs)
            };
            bus.load_bytes(from, &mut page)?;
            let end = page.iter().position(|b| *b == 0).unwrap_or(page.len());
            let text = String::from_utf8_lossy(&page[..end]);
            // A picture may end within a character.
            let text = text.trim_end_matches('\u{fffd}');
            let mut out = format!("{CLEAR}{text}\n\n{} / {count}", regs.r[0] % count + 1);
            if let Some(turned) = regs.r[8].checked_sub(1) {
                out.push_str(&format!("  ↻{turned}"));
            }
            let out = fit(out);
            bus.store_bytes(screen(regs), out.as_bytes())?;
            regs.r[7] = out.len() as u64;
            go(regs, SHOW)
        }
        SHOW => {
            let write = write_screen(regs);
            call(regs, write, READ)
        }
        // The terminal has hung up: a read would only say that nothing was typed.
        READ if regs.ax == -i64::from(Errno::EIO.nr()) => exit(regs),
        READ if regs.r[8] > 0 && regs.r[9] < PICTURES * SLIDE_BYTES as u64 => go(regs, BUILD),
        READ if regs.r[8] > 0 => {
            let sleep = Syscall::Nanosleep {
                duration_ns: SHOW_NS,
            };
            call(regs, sleep, REST)
        }
        READ | REST => {
            let read = read_keys(regs);
            call(regs, read, HAVE_READ)
        }
        BUILD => build(regs, bus),
        HAVE_READ => match (keys(regs), regs.ax) {
            (Keys::Some(n), _) => {
                (regs.r[1], regs.r[2]) = (n, 0);
                go(regs, KEY)
            }
            // The time of this slide is up; or the terminal is, which the write will tell.
            (_, 0) => turn(regs, count, 1),
            (Keys::None, _) => go(regs, READ),
            (Keys::End, _) => exit(regs),
        },
        KEY => key(regs, bus, count),
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

/// One byte of the show's next picture.
fn build(regs: &mut Regs, bus: &mut Bus<'_>) -> Step {
    let (picture, at) = (
        regs.r[9] / SLIDE_BYTES as u64,
        regs.r[9] % SLIDE_BYTES as u64,
    );
    let mut byte = [0];
    if at < (picture + 1) * SLIDE_BYTES as u64 / PICTURES {
        bus.load_bytes(heap(regs) + at, &mut byte)?;
    }
    bus.store_bytes(picture_at(regs) + at, &byte)?;
    regs.r[9] += 1;
    let is_whole = regs.r[9].is_multiple_of(SLIDE_BYTES as u64);
    go(regs, if is_whole { DRAW } else { BUILD })
}

fn turn(regs: &mut Regs, count: u64, by: u64) -> Step {
    regs.r[0] = (regs.r[0] + by) % count;
    regs.r[8] += u64::from(regs.r[8] > 0);
    go(regs, LOAD)
}

fn key(regs: &mut Regs, bus: &mut Bus<'_>, count: u64) -> Step {
    if regs.r[2] >= regs.r[1] {
        return go(regs, DRAW);
    }
    let mut key = [0];
    bus.load_bytes(keys_at(regs) + regs.r[2] % KEY_BYTES, &mut key)?;
    regs.r[2] += 1;
    match key[0] {
        QUIT => exit(regs),
        INSERT => call(regs, new_object(), INSERT_OBJECT),
        WORK => {
            regs.r[8] = u64::from(regs.r[8] == 0);
            go(regs, SWITCHED)
        }
        b'p' | 0x7f => turn(regs, count, count - 1),
        b' ' | b'n' | b'\n' => turn(regs, count, 1),
        _ => go(regs, KEY),
    }
}
