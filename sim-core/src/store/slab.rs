//! A table whose keys are never reused: 32 bits of place, 32 bits of generation.

use super::{is_same, own};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::rc::Rc;

/// The name of an item in a [`Slab`]: `index` may come back, `index` with `generation` never does.
pub struct Key<T> {
    index: u32,
    generation: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// Place in the table, reused after the item is gone.
    pub fn index(self) -> u32 {
        self.index
    }

    /// One number for the key, never reused.
    pub fn as_u64(self) -> u64 {
        (u64::from(self.generation) << 32) | u64::from(self.index)
    }

    /// The key that [`Key::as_u64`] was made from. Any number is a key; most name nothing.
    pub fn from_u64(raw: u64) -> Self {
        Self {
            index: raw as u32,
            generation: (raw >> 32) as u32,
            of: PhantomData,
        }
    }
}

// Derives would ask the same of `T`, which a key does not hold.
impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Key<T> {}
impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_u64() == other.as_u64()
    }
}
impl<T> Eq for Key<T> {}
impl<T> PartialOrd for Key<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Key<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_u64().cmp(&other.as_u64())
    }
}
impl<T> Hash for Key<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.as_u64());
    }
}
impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}.{}", self.index, self.generation)
    }
}

#[derive(Clone, Debug, Hash)]
struct Slot<T> {
    generation: u32,
    /// Free slots form a list through here; meaningless while `item` is there.
    next_free: u32,
    item: Option<T>,
}

const NONE: u32 = u32::MAX;
const CHUNK: usize = 16;

type Chunk<T> = [Slot<T>; CHUNK];

/// A table with O(1) insert, remove and lookup, and clones that share chunks of 16 until written.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    chunks: Vec<Rc<Chunk<T>>>,
    /// Slots that were ever used.
    places: u32,
    first_free: u32,
    len: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            places: 0,
            first_free: NONE,
            len: 0,
        }
    }
}

impl<T> Slab<T> {
    /// Bytes that this takes beside `other`: chunks that both share count for nothing. What items
    /// point to is not counted.
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        let own = self.chunks.iter().enumerate().filter(|(at, chunk)| {
            let twin = other.and_then(|other| other.chunks.get(*at));
            !twin.is_some_and(|twin| is_same(twin, chunk))
        });
        self.chunks.len() * size_of::<Rc<Chunk<T>>>() + own.count() * size_of::<Chunk<T>>()
    }

    #[inline(always)]
    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        let index = index as usize;
        Some(&self.chunks.get(index / CHUNK)?[index % CHUNK])
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub fn get(&self, key: Key<T>) -> Option<&T> {
        let slot = self.slot(key.index)?;
        if slot.generation == key.generation {
            slot.item.as_ref()
        } else {
            None
        }
    }

    pub fn contains(&self, key: Key<T>) -> bool {
        self.get(key).is_some()
    }

    /// Items in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Key<T>, &T)> {
        let slots = self.chunks.iter().flat_map(|chunk| chunk.iter());
        slots.enumerate().filter_map(|(index, slot)| {
            let item = slot.item.as_ref()?;
            Some((
                Key {
                    index: index as u32,
                    generation: slot.generation,
                    of: PhantomData,
                },
                item,
            ))
        })
    }

    /// The item now at a place, whatever its generation.
    pub fn key_at(&self, index: u32) -> Option<Key<T>> {
        let slot = self.slot(index)?;
        slot.item.as_ref()?;
        Some(Key {
            index,
            generation: slot.generation,
            of: PhantomData,
        })
    }
}

impl<T: Clone> Slab<T> {
    #[inline(always)]
    fn slot_mut(&mut self, index: u32) -> Option<&mut Slot<T>> {
        let index = index as usize;
        let chunk = self.chunks.get_mut(index / CHUNK)?;
        Some(&mut own(chunk)[index % CHUNK])
    }

    /// Adds an item under a key that no item ever had.
    pub fn insert(&mut self, item: T) -> Key<T> {
        self.len += 1;
        let free = self.first_free;
        let index = if free == NONE {
            self.places += 1;
            self.places - 1
        } else {
            free
        };
        if index as usize / CHUNK == self.chunks.len() {
            self.chunks.push(Rc::new(std::array::from_fn(|_| Slot {
                generation: 1,
                next_free: NONE,
                item: None,
            })));
        }
        let mut generation = 1;
        let mut next_free = NONE;
        if let Some(slot) = self.slot_mut(index) {
            (generation, next_free) = (slot.generation, slot.next_free);
            slot.item = Some(item);
        }
        if free != NONE {
            self.first_free = next_free;
        }
        Key {
            index,
            generation,
            of: PhantomData,
        }
    }

    #[inline]
    pub fn get_mut(&mut self, key: Key<T>) -> Option<&mut T> {
        let slot = self.slot_mut(key.index)?;
        if slot.generation == key.generation {
            slot.item.as_mut()
        } else {
            None
        }
    }

    /// Takes an item out. Its key names nothing from now on.
    pub fn remove(&mut self, key: Key<T>) -> Option<T> {
        let first_free = self.first_free;
        let slot = self.slot_mut(key.index)?;
        if slot.generation != key.generation {
            return None;
        }
        let item = slot.item.take()?;
        // A slot whose generations are used up is retired rather than reused.
        if let Some(next) = slot.generation.checked_add(1) {
            slot.generation = next;
            slot.next_free = first_free;
            self.first_free = key.index;
        }
        self.len -= 1;
        Some(item)
    }
}

impl<T: Hash> Hash for Slab<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.places, self.first_free, self.len).hash(state);
        let slots = self.chunks.iter().flat_map(|chunk| chunk.iter());
        slots
            .take(self.places as usize)
            .for_each(|slot| slot.hash(state));
    }
}
