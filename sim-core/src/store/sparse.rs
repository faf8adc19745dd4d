//! A long table that costs what has been written to it.

use super::{is_same, own};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

const CHUNK: usize = 16;
const GROUP_CHUNKS: usize = 64;
const GROUP: usize = CHUNK * GROUP_CHUNKS;

/// An item that says nothing: the same as one that was never written.
pub trait Blank: Default {
    fn is_blank(&self) -> bool;
}

type Chunk<T> = [T; CHUNK];

#[derive(Clone, Debug)]
struct Group<T> {
    chunks: [Option<Rc<Chunk<T>>>; GROUP_CHUNKS],
}

/// `len` items, blank until written. Cloning copies one pointer per 1,024 items; writing copies
/// the 16 around the one written, if they are shared.
///
/// Which chunks exist never shows: reads and the hash depend on the items alone.
#[derive(Clone, Debug)]
pub struct Sparse<T> {
    len: u64,
    groups: Vec<Option<Rc<Group<T>>>>,
}

/// Whether two parts are one, or both were never written.
fn are_same<T>(one: &Option<Rc<T>>, other: &Option<Rc<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_same(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl<T> Sparse<T> {
    pub fn new(len: u64) -> Self {
        let groups = (len as usize).div_ceil(GROUP);
        Self {
            len,
            groups: (0..groups).map(|_| None).collect(),
        }
    }

    /// Number of items, blank ones included.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The item, if it or a neighbour was ever written.
    #[inline]
    pub fn get(&self, at: u64) -> Option<&T> {
        let at = at as usize;
        let group = self.groups.get(at / GROUP)?.as_ref()?;
        let chunk = group.chunks[at / CHUNK % GROUP_CHUNKS].as_ref()?;
        Some(&chunk[at % CHUNK])
    }

    /// Every item that it or a neighbour of which was ever written, with its place.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let groups = self.groups.iter().enumerate();
        groups
            .filter_map(|(g, group)| Some((g, group.as_ref()?)))
            .flat_map(|(g, group)| {
                let chunks = group.chunks.iter().enumerate();
                chunks
                    .filter_map(|(c, chunk)| Some((c, chunk.as_ref()?)))
                    .flat_map(move |(c, chunk)| {
                        let first = g * GROUP + c * CHUNK;
                        let items = chunk.iter().enumerate();
                        items.map(move |(i, item)| ((first + i) as u64, item))
                    })
            })
    }

    /// Bytes that this takes beside `other`: what both share counts for nothing. `beside` says
    /// what an item points to, beside the same item of the other.
    pub fn bytes_beside(
        &self,
        other: Option<&Self>,
        beside: impl Fn(&T, Option<&T>) -> usize,
    ) -> usize {
        let mut bytes = self.groups.len() * size_of::<Option<Rc<Group<T>>>>();
        for (g, group) in self.groups.iter().enumerate() {
            let Some(group) = group else { continue };
            let twin = other.and_then(|other| other.groups.get(g)?.as_ref());
            if twin.is_some_and(|twin| is_same(twin, group)) {
                continue;
            }
            bytes += size_of::<Group<T>>();
            for (c, chunk) in group.chunks.iter().enumerate() {
                let Some(chunk) = chunk else { continue };
                let twin = twin.and_then(|twin| twin.chunks.get(c)?.as_ref());
                if twin.is_some_and(|twin| is_same(twin, chunk)) {
                    continue;
                }
                let items = chunk.iter().enumerate();
                bytes += size_of::<Chunk<T>>()
                    + items
                        .map(|(i, item)| beside(item, twin.and_then(|twin| twin.get(i))))
                        .sum::<usize>();
            }
        }
        bytes
    }
}

impl<T: Clone + Default> Sparse<T> {
    /// Calls `each` for every item that may not be what it is in `other`, a table of the same
    /// length, with its place.
    pub fn each_changed(&self, other: &Self, mut each: impl FnMut(u64, &T)) {
        let none = || [const { None }; GROUP_CHUNKS];
        for (g, (group, was)) in self.groups.iter().zip(&other.groups).enumerate() {
            if are_same(group, was) {
                continue;
            }
            let chunks = group.as_ref().map_or_else(none, |g| g.chunks.clone());
            let were = was.as_ref().map_or_else(none, |g| g.chunks.clone());
            for (c, (chunk, was)) in chunks.iter().zip(&were).enumerate() {
                if are_same(chunk, was) {
                    continue;
                }
                for i in 0..CHUNK {
                    let at = (g * GROUP + c * CHUNK + i) as u64;
                    match chunk {
                        Some(chunk) => each(at, &chunk[i]),
                        None => each(at, &T::default()),
                    }
                }
            }
        }
    }

    /// The item for writing; `None` past the end.
    #[inline(always)]
    pub fn get_mut(&mut self, at: u64) -> Option<&mut T> {
        if at >= self.len {
            return None;
        }
        let at = at as usize;
        let group = match self.groups.get_mut(at / GROUP)? {
            Some(group) => group,
            none => none.insert(new_group()),
        };
        let chunk = match &mut own(group).chunks[at / CHUNK % GROUP_CHUNKS] {
            Some(chunk) => chunk,
            none => none.insert(new_chunk()),
        };
        Some(&mut own(chunk)[at % CHUNK])
    }
}

#[cold]
#[inline(never)]
fn new_group<T>() -> Rc<Group<T>> {
    Rc::new(Group {
        chunks: [const { None }; GROUP_CHUNKS],
    })
}

#[cold]
#[inline(never)]
fn new_chunk<T: Default>() -> Rc<Chunk<T>> {
    Rc::new(Default::default())
}

impl<T: Blank + Hash> Hash for Sparse<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.len);
        for (at, item) in self.iter().filter(|(_, item)| !item.is_blank()) {
            state.write_u64(at);
            item.hash(state);
        }
    }
}
