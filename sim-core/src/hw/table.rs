//! A page-table frame that costs what it holds.

use std::hash::{Hash, Hasher};

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
    entries: Vec<u64>,
}

impl Packed {
    fn rank(&self, index: u16) -> usize {
        let (word, bit) = (usize::from(index / 64), index % 64);
        let before: u32 = self.bitmap.iter().take(word).map(|w| w.count_ones()).sum();
        let here = self.bitmap[word] & ((1u64 << bit) - 1);
        (before + here.count_ones()) as usize
    }
    fn has(&self, index: u16) -> bool {
        self.bitmap[usize::from(index / 64)] >> (index % 64) & 1 == 1
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

    /// Sets the entry at `index` modulo 512; zero removes it.
    pub fn set(&mut self, index: u16, value: u64) {
        let index = index % 512;
        match self {
            Table::Small {
                len,
                index: at,
                entry,
            } => {
                let count = usize::from(*len).min(SMALL);
                let place = at[..count].partition_point(|&i| i < index);
                let found = place < count && at[place] == index;
                if found && value != 0 {
                    entry[place] = value;
                } else if found {
                    at.copy_within(place + 1..count, place);
                    entry.copy_within(place + 1..count, place);
                    *len -= 1;
                } else if value != 0 && count < SMALL {
                    at.copy_within(place..count, place + 1);
                    entry.copy_within(place..count, place + 1);
                    at[place] = index;
                    entry[place] = value;
                    *len += 1;
                } else if value != 0 {
                    let mut packed = Packed {
                        bitmap: [0; 8],
                        entries: entry[..count].to_vec(),
                    };
                    for i in &at[..count] {
                        packed.bitmap[usize::from(i / 64)] |= 1 << (i % 64);
                    }
                    *self = Table::Packed(Box::new(packed));
                    self.set(index, value);
                }
            }
            Table::Packed(packed) => {
                let place = packed.rank(index);
                let bit = 1u64 << (index % 64);
                let word = usize::from(index / 64);
                match (packed.has(index), value != 0) {
                    (true, true) => packed.entries[place] = value,
                    (true, false) => {
                        packed.entries.remove(place);
                        packed.bitmap[word] &= !bit;
                    }
                    (false, true) => {
                        packed.entries.insert(place, value);
                        packed.bitmap[word] |= bit;
                    }
                    (false, false) => {}
                }
            }
        }
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
    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> + '_ {
        let mut next = 0u16;
        let mut seen = 0usize;
        std::iter::from_fn(move || match self {
            Table::Small { len, index, entry } => {
                let i = seen;
                (i < usize::from(*len)).then(|| {
                    seen += 1;
                    (index[i], entry[i])
                })
            }
            Table::Packed(packed) => {
                while next < 512 && !packed.has(next) {
                    next += 1;
                }
                if next >= 512 {
                    return None;
                }
                let item = (next, packed.entries.get(seen).copied().unwrap_or(0));
                next += 1;
                seen += 1;
                Some(item)
            }
        })
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
