//! Physical memory: page frames with contents, sparse.

use super::Table;
use crate::store::{Blank, Sparse, is_same, own};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// Bytes in a page and in a frame.
pub const PAGE_BYTES: usize = 4096;
const LINE_BYTES: usize = 256;
const LINES: usize = PAGE_BYTES / LINE_BYTES;
/// More words than this are kept as lines.
const WORDS: usize = 8;

/// Page frame number: physical address divided by 4096.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pfn(pub u64);

/// What a frame holds. How it is represented never shows: a load sees bytes. 16 bytes, so that
/// the frames that lie about one in use cost little; what is larger is shared until written.
#[derive(Clone, Debug, Default)]
pub enum Contents {
    /// All zero.
    #[default]
    Zero,
    /// Page `page` of the pseudo-random bytes of `seed`: program text as it came from the disk.
    Pattern { seed: u32, page: u32 },
    /// One word of 8 bytes, all others zero: what a program leaves that touches a page.
    Word { at: u16, word: u64 },
    /// A few words.
    Words(Rc<Table>),
    /// Bytes, in lines of 256 that are shared until written; an absent line is zero.
    Lines(Box<[Option<Rc<[u8; LINE_BYTES]>>; LINES]>),
    /// A page table with few entries of its 512.
    Table(Rc<Table>),
}

/// The 8 bytes at `offset` (rounded down to 8) of page `page` in the pattern of `seed`.
/// SplitMix64 over the place, so that every word of every text differs.
pub fn pattern_word(seed: u32, page: u32, offset: usize) -> u64 {
    let place = (u64::from(seed) << 40) ^ (u64::from(page) << 9) ^ (offset as u64 / 8 % 512);
    let mut x = place.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Contents {
    /// Copies bytes out. `offset` plus the length must not pass the page; what would is left zero.
    pub fn read(&self, offset: usize, to: &mut [u8]) {
        match self {
            Contents::Zero => to.fill(0),
            Contents::Pattern { seed, page } => {
                for (i, byte) in to.iter_mut().enumerate() {
                    let at = offset + i;
                    *byte = (pattern_word(*seed, *page, at) >> (8 * (at % 8))) as u8;
                }
            }
            Contents::Lines(lines) => {
                let mut done = 0;
                while done < to.len() {
                    let at = offset + done;
                    let (line, start) = (lines.get(at / LINE_BYTES), at % LINE_BYTES);
                    let length = (LINE_BYTES - start).min(to.len() - done);
                    let part = &mut to[done..done + length];
                    match line {
                        Some(Some(line)) => part.copy_from_slice(&line[start..start + length]),
                        Some(None) | None => part.fill(0),
                    }
                    done += length;
                }
            }
            Contents::Word { at: place, word } => {
                for (i, byte) in to.iter_mut().enumerate() {
                    let at = offset + i;
                    let here = if at / 8 == usize::from(*place) {
                        *word
                    } else {
                        0
                    };
                    *byte = (here >> (8 * (at % 8))) as u8;
                }
            }
            Contents::Table(table) | Contents::Words(table) => {
                for (i, byte) in to.iter_mut().enumerate() {
                    let at = offset + i;
                    *byte = (table.get((at / 8 % 512) as u16) >> (8 * (at % 8))) as u8;
                }
            }
        }
    }

    /// Copies bytes in; what would pass the page is dropped.
    pub fn write(&mut self, offset: usize, from: &[u8]) {
        if let Ok(word) = <[u8; 8]>::try_from(from)
            && offset.is_multiple_of(8)
            && offset < PAGE_BYTES
        {
            return self.write_word(offset, u64::from_le_bytes(word));
        }
        self.write_lines(offset, from);
    }

    /// The 8 bytes at `offset`, rounded down to 8.
    #[inline]
    pub fn write_word(&mut self, offset: usize, word: u64) {
        if !self.set_word((offset / 8 % 512) as u16, word) {
            self.write_lines(offset & !7, &word.to_le_bytes());
        }
    }

    fn write_lines(&mut self, offset: usize, from: &[u8]) {
        let Contents::Lines(lines) = self.as_lines() else {
            return;
        };
        let mut done = 0;
        while done < from.len() {
            let at = offset + done;
            let Some(line) = lines.get_mut(at / LINE_BYTES) else {
                return;
            };
            let start = at % LINE_BYTES;
            let length = (LINE_BYTES - start).min(from.len() - done);
            let line = line.get_or_insert_with(|| Rc::new([0; LINE_BYTES]));
            Rc::make_mut(line)[start..start + length].copy_from_slice(&from[done..done + length]);
            done += length;
        }
    }

    /// Sets a word of a page that holds few. Returns false if it holds more than that.
    #[inline]
    fn set_word(&mut self, at: u16, new: u64) -> bool {
        match self {
            Contents::Zero => {
                *self = Contents::Word { at, word: new };
                true
            }
            Contents::Word { at: place, word } if *place == at => {
                *word = new;
                true
            }
            Contents::Word { at: place, word } => {
                let mut words = Table::default();
                words.set(*place, *word);
                words.set(at, new);
                *self = Contents::Words(Rc::new(words));
                true
            }
            Contents::Words(words) if words.len() < WORDS => {
                own(words).set(at, new);
                true
            }
            Contents::Words(_)
            | Contents::Pattern { .. }
            | Contents::Lines(_)
            | Contents::Table(_) => false,
        }
    }

    /// The places of the words of a page that holds few.
    fn words(&self) -> impl Iterator<Item = u16> + '_ {
        let (one, more) = match self {
            Contents::Word { at, .. } => (Some(*at), None),
            Contents::Words(words) => (None, Some(words.iter().map(|(at, _)| at))),
            Contents::Zero | Contents::Pattern { .. } | Contents::Lines(_) | Contents::Table(_) => {
                (None, None)
            }
        };
        one.into_iter().chain(more.into_iter().flatten())
    }

    /// The page table that lies here.
    #[inline]
    pub fn as_table(&self) -> Option<&Table> {
        match self {
            Contents::Table(table) => Some(table),
            Contents::Zero
            | Contents::Pattern { .. }
            | Contents::Word { .. }
            | Contents::Words(_)
            | Contents::Lines(_) => None,
        }
    }

    fn as_lines(&mut self) -> &mut Self {
        if !matches!(self, Contents::Lines(_)) {
            let mut lines: Box<[Option<Rc<[u8; LINE_BYTES]>>; LINES]> = Box::default();
            if !matches!(self, Contents::Zero) {
                for (n, line) in lines.iter_mut().enumerate() {
                    let mut bytes = [0; LINE_BYTES];
                    self.read(n * LINE_BYTES, &mut bytes);
                    if bytes != [0; LINE_BYTES] {
                        *line = Some(Rc::new(bytes));
                    }
                }
            }
            *self = Contents::Lines(lines);
        }
        self
    }
}

// By bytes, so that two representations of the same page are the same state.
impl Hash for Contents {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Contents::Zero => state.write_u8(0),
            Contents::Pattern { seed, page } => {
                state.write_u8(1);
                state.write_u32(*seed);
                state.write_u32(*page);
            }
            Contents::Lines(lines) => {
                state.write_u8(2);
                for (n, line) in lines.iter().enumerate() {
                    if let Some(line) = line {
                        state.write_usize(n);
                        state.write(line.as_slice());
                    }
                }
            }
            Contents::Word { .. } | Contents::Words(_) => {
                state.write_u8(2);
                let mut lines = self.words().map(|at| usize::from(at) * 8 / LINE_BYTES);
                let mut next = lines.next();
                while let Some(line) = next {
                    let mut bytes = [0; LINE_BYTES];
                    self.read(line * LINE_BYTES, &mut bytes);
                    state.write_usize(line);
                    state.write(&bytes);
                    next = lines.find(|other| *other != line);
                }
            }
            Contents::Table(table) => {
                state.write_u8(3);
                table.hash(state);
            }
        }
    }
}

impl Blank for Contents {
    fn is_blank(&self) -> bool {
        matches!(self, Contents::Zero)
    }
}

/// The RAM of a machine. Costs what has been touched; frames never written are zero.
#[derive(Clone, Debug, Hash)]
pub struct Ram {
    contents: Sparse<Contents>,
}

const ZERO: &Contents = &Contents::Zero;

impl Ram {
    pub fn new(frames: u64) -> Self {
        Self {
            contents: Sparse::new(frames),
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> u64 {
        self.contents.len()
    }

    #[inline]
    pub fn frame(&self, pfn: Pfn) -> &Contents {
        self.contents.get(pfn.0).unwrap_or(ZERO)
    }

    /// The frame for writing; `None` past the end of RAM.
    #[inline(never)]
    pub fn frame_mut(&mut self, pfn: Pfn) -> Option<&mut Contents> {
        self.contents.get_mut(pfn.0)
    }

    /// The page table in a frame, for writing.
    #[inline]
    pub fn table_mut(&mut self, pfn: Pfn) -> Option<&mut Table> {
        match self.contents.get_mut(pfn.0)? {
            Contents::Table(table) => Some(own(table)),
            Contents::Zero
            | Contents::Pattern { .. }
            | Contents::Word { .. }
            | Contents::Words(_)
            | Contents::Lines(_) => None,
        }
    }

    /// Replaces what a frame holds. Past the end of RAM nothing happens.
    pub fn set(&mut self, pfn: Pfn, contents: Contents) {
        // Zero over zero would only materialise a chunk.
        if contents.is_blank() && self.frame(pfn).is_blank() {
            return;
        }
        if let Some(frame) = self.frame_mut(pfn) {
            *frame = contents;
        }
    }

    /// Takes out what a frame holds; it is zero then.
    pub fn take(&mut self, pfn: Pfn) -> Contents {
        self.contents
            .get_mut(pfn.0)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Copies a frame; lines stay shared until one of the two is written.
    pub fn copy(&mut self, from: Pfn, to: Pfn) {
        let contents = self.frame(from).clone();
        self.set(to, contents);
    }

    /// Bytes that this RAM takes beside `other`: what both share counts for nothing.
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        let other = other.map(|other| &other.contents);
        self.contents.bytes_beside(other, Contents::bytes_beside)
    }
}

impl Contents {
    /// Bytes on the heap beside `other`, the same frame in another machine.
    fn bytes_beside(&self, other: Option<&Self>) -> usize {
        match self {
            Contents::Zero | Contents::Pattern { .. } | Contents::Word { .. } => 0,
            Contents::Lines(lines) => {
                let twins = match other {
                    Some(Contents::Lines(twins)) => Some(twins),
                    Some(
                        Contents::Zero
                        | Contents::Pattern { .. }
                        | Contents::Word { .. }
                        | Contents::Words(_)
                        | Contents::Table(_),
                    )
                    | None => None,
                };
                let own = lines.iter().enumerate().filter(|(at, line)| {
                    let twin = twins.and_then(|twins| twins.get(*at));
                    match (line, twin) {
                        (Some(line), Some(Some(twin))) => !is_same(line, twin),
                        (Some(_), Some(None) | None) => true,
                        (None, _) => false,
                    }
                });
                size_of_val(lines.as_ref()) + own.count() * (LINE_BYTES + 32)
            }
            Contents::Table(table) | Contents::Words(table) => {
                let is_shared = match other {
                    Some(Contents::Table(twin) | Contents::Words(twin)) => is_same(table, twin),
                    Some(
                        Contents::Zero
                        | Contents::Pattern { .. }
                        | Contents::Word { .. }
                        | Contents::Lines(_),
                    )
                    | None => false,
                };
                match is_shared {
                    true => 0,
                    false => size_of::<Table>() + 32 + table.heap_bytes(),
                }
            }
        }
    }
}
