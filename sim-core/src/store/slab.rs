//! A table whose keys are never reused: 32 bits of place, 32 bits of generation.

use super::CowVec;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

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

/// A table with O(1) insert, remove and lookup, and clones that share until written.
#[derive(Clone, Debug, Hash)]
pub struct Slab<T> {
    slots: CowVec<Slot<T>>,
    first_free: u32,
    len: u32,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self {
            slots: CowVec::default(),
            first_free: NONE,
            len: 0,
        }
    }
}

impl<T> Slab<T> {
    /// As [`CowVec::bytes_beside`].
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        self.slots.bytes_beside(other.map(|other| &other.slots))
    }
}

impl<T: Clone> Slab<T> {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an item under a key that no item ever had.
    pub fn insert(&mut self, item: T) -> Key<T> {
        self.len += 1;
        if self.first_free != NONE {
            let index = self.first_free;
            if let Some(slot) = self.slots.get_mut(index as usize) {
                self.first_free = slot.next_free;
                slot.item = Some(item);
                return Key {
                    index,
                    generation: slot.generation,
                    of: PhantomData,
                };
            }
        }
        let index = self.slots.len() as u32;
        self.slots.push(Slot {
            generation: 1,
            next_free: NONE,
            item: Some(item),
        });
        Key {
            index,
            generation: 1,
            of: PhantomData,
        }
    }

    #[inline]
    pub fn get(&self, key: Key<T>) -> Option<&T> {
        let slot = self.slots.get(key.index as usize)?;
        if slot.generation == key.generation {
            slot.item.as_ref()
        } else {
            None
        }
    }

    #[inline]
    pub fn get_mut(&mut self, key: Key<T>) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation == key.generation {
            slot.item.as_mut()
        } else {
            None
        }
    }

    pub fn contains(&self, key: Key<T>) -> bool {
        self.get(key).is_some()
    }

    /// Takes an item out. Its key names nothing from now on.
    pub fn remove(&mut self, key: Key<T>) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let item = slot.item.take()?;
        self.len -= 1;
        // A slot whose generations are used up is retired rather than reused.
        if let Some(next) = slot.generation.checked_add(1) {
            slot.generation = next;
            slot.next_free = self.first_free;
            self.first_free = key.index;
        }
        Some(item)
    }

    /// Items in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (Key<T>, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
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
        let slot = self.slots.get(index as usize)?;
        slot.item.as_ref()?;
        Some(Key {
            index,
            generation: slot.generation,
            of: PhantomData,
        })
    }
}
