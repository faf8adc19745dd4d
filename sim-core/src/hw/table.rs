//! A page-table frame that costs what it holds.

use std::hash::{Hash, Hasher};
use std::iter::Zip;
use std::ops::Range;
use std::slice::Iter;

const SMALL: usize = 10;

/// 512 entries of 64 bits, most of them zero. Few are kept in a small sorted array, more in a
/// bitmap with a packed vector. Dense tables were measured to make fork 8 times slower.
#[derive(Clone, Debug)]
pub enum Table {
    Small {
        len: u8,
        index: [u16; SMALL],
        entry: [u64; SMALL],
    },
    Packed(Box<Packed>),
}

#[derive(Clone, Debug)]
pub struct Packed {
    bitmap: [u64; 8],
    /// Entries before each word of the bitmap.
    before: [u16; 8],
    entries: Vec<u64>,
}

impl Packed {
    fn new(indices: &[u16], entries: &[u64]) -> Self {
        let mut packed = Packed {
            bitmap: [0; 8],
            before: [0; 8],
            entries: entries.to_vec(),
        };
        for index in indices {
            packed.mark(*index);
        }
        packed
    }
    #[inline]
    fn rank(&self, index: u16) -> usize {
        let (word, bit) = (usize::from(index / 64), index % 64);
        let here = self.bitmap[word] & ((1u64 << bit) - 1);
        usize::from(self.before[word]) + here.count_ones() as usize
    }
    #[inline]
    fn has(&self, index: u16) -> bool {
        self.bitmap[usize::from(index / 64)] >> (index % 64) & 1 == 1
    }
    /// There is an entry now that was not there.
    fn mark(&mut self, index: u16) {
        let word = usize::from(index / 64);
        self.bitmap[word] |= 1 << (index % 64);
        for before in &mut self.before[word + 1..] {
            *before += 1;
        }
    }
    /// The reverse.
    fn unmark(&mut self, index: u16) {
        let word = usize::from(index / 64);
        self.bitmap[word] &= !(1 << (index % 64));
        for before in &mut self.before[word + 1..] {
            *before -= 1;
        }
    }
}

impl Table {
    /// Bytes outside of the value itself.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Table::Small { .. } => 0,
            Table::Packed(packed) => size_of::<Packed>() + packed.entries.capacity() * 8,
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Table::Small {
            len: 0,
            index: [0; SMALL],
            entry: [0; SMALL],
        }
    }
}

impl Table {
    /// The entry at `index` modulo 512; zero where there is none.
    #[inline]
    pub fn get(&self, index: u16) -> u64 {
        let index = index % 512;
        match self {
            Table::Small {
                len,
                index: at,
                entry,
            } => {
                for i in 0..usize::from(*len).min(SMALL) {
                    if at[i] == index {
                        return entry[i];
                    }
                }
                0
            }
            Table::Packed(packed) => {
                if packed.has(index) {
                    packed.entries.get(packed.rank(index)).copied().unwrap_or(0)
                } else {
                    0
                }
            }
        }
    }

    /// Sets the entry at `index` modulo 512; zero removes it. Returns what it was.
    #[inline]
    pub fn set(&mut self, index: u16, value: u64) -> u64 {
        let index = index % 512;
        match self {
            Table::Small {
                len,
                index: at,
                entry,
            } => {
                let count = usize::from(*len).min(SMALL);
                let place = at[..count].iter().position(|i| *i >= index);
                let place = place.unwrap_or(count);
                if place < count && at[place] == index {
                    let old = std::mem::replace(&mut entry[place], value);
                    if value == 0 {
                        at.copy_within(place + 1..count, place);
                        entry.copy_within(place + 1..count, place);
                        *len -= 1;
                    }
                    return old;
                }
                if value != 0 && count < SMALL {
                    // Tables are filled in order more often than not.
                    if place < count {
                        at.copy_within(place..count, place + 1);
                        entry.copy_within(place..count, place + 1);
                    }
                    at[place] = index;
                    entry[place] = value;
                    *len += 1;
                } else if value != 0 {
                    let packed = Packed::new(&at[..count], &entry[..count]);
                    *self = Table::Packed(Box::new(packed));
                    self.set(index, value);
                }
                0
            }
            Table::Packed(packed) => {
                let place = packed.rank(index);
                match (packed.has(index), value != 0) {
                    (true, true) => std::mem::replace(&mut packed.entries[place], value),
                    (true, false) => {
                        packed.unmark(index);
                        packed.entries.remove(place)
                    }
                    (false, true) => {
                        packed.entries.insert(place, value);
                        packed.mark(index);
                        0
                    }
                    (false, false) => 0,
                }
            }
        }
    }

    /// The first entry at `from` or after it.
    pub fn first_from(&self, from: u16) -> Option<(u16, u64)> {
        let packed = match self {
            Table::Small { .. } => return self.iter().find(|(at, _)| *at >= from),
            Table::Packed(packed) => packed,
        };
        let mut word = usize::from(from / 64);
        let mut left = packed.bitmap.get(word)? & (u64::MAX << (from % 64));
        while left == 0 {
            word += 1;
            left = *packed.bitmap.get(word)?;
        }
        let at = word as u16 * 64 + left.trailing_zeros() as u16;
        Some((at, *packed.entries.get(packed.rank(at))?))
    }

    /// The entries of a range, in order. None may become zero.
    #[inline]
    pub fn values_mut(&mut self, range: Range<u16>) -> &mut [u64] {
        match self {
            Table::Small { len, index, entry } => {
                let used = &index[..usize::from(*len).min(SMALL)];
                let before = |end| used.iter().take_while(|at| **at < end).count();
                let (from, to) = (before(range.start), before(range.end));
                entry.get_mut(from..to).unwrap_or_default()
            }
            Table::Packed(packed) => {
                let before = |end| match end {
                    512.. => packed.entries.len(),
                    _ => packed.rank(end),
                };
                let (from, to) = (before(range.start), before(range.end));
                packed.entries.get_mut(from..to).unwrap_or_default()
            }
        }
    }

    /// Leaves the entries that `keep` does not want to keep.
    pub fn retain(&mut self, keep: impl Fn(u16) -> bool) {
        let mut kept = Table::default();
        for (at, value) in self.iter().filter(|(at, _)| keep(*at)) {
            kept.set(at, value);
        }
        *self = kept;
    }

    /// Number of entries that are not zero.
    pub fn len(&self) -> usize {
        match self {
            Table::Small { len, .. } => usize::from(*len),
            Table::Packed(packed) => packed.entries.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries that are not zero, by index.
    pub fn iter(&self) -> Entries<'_> {
        match self {
            Table::Small { len, index, entry } => {
                let count = usize::from(*len).min(SMALL);
                Entries::Small(index[..count].iter().zip(entry[..count].iter()))
            }
            Table::Packed(packed) => Entries::Packed {
                bitmap: &packed.bitmap,
                word: 0,
                left: packed.bitmap[0],
                entries: packed.entries.iter(),
            },
        }
    }
}

/// The entries of a table, by index.
pub enum Entries<'a> {
    Small(Zip<Iter<'a, u16>, Iter<'a, u64>>),
    Packed {
        bitmap: &'a [u64; 8],
        word: usize,
        /// What has not been visited of the word.
        left: u64,
        entries: Iter<'a, u64>,
    },
}

impl Iterator for Entries<'_> {
    type Item = (u16, u64);

    fn next(&mut self) -> Option<(u16, u64)> {
        match self {
            Entries::Small(pairs) => pairs.next().map(|(index, entry)| (*index, *entry)),
            Entries::Packed {
                bitmap,
                word,
                left,
                entries,
            } => {
                while *left == 0 {
                    *word += 1;
                    *left = *bitmap.get(*word)?;
                }
                let bit = left.trailing_zeros() as u16;
                *left &= *left - 1;
                Some((*word as u16 * 64 + bit, *entries.next()?))
            }
        }
    }
}

impl Hash for Table {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (index, entry) in self.iter() {
            state.write_u16(index);
            state.write_u64(entry);
        }
        state.write_usize(self.len());
    }
}
