//! A growable array whose chunks of 16 are shared between clones until written.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

const CHUNK: usize = 16;

/// Cloning copies one pointer per 16 items; writing to a shared chunk copies that chunk.
///
/// Whether a chunk is shared never shows: reads, writes and the hash depend on the items alone.
#[derive(Clone, Debug)]
pub struct CowVec<T> {
    chunks: Vec<Rc<Vec<T>>>,
    len: usize,
}

impl<T> Default for CowVec<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }
}

impl<T: Clone> CowVec<T> {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    #[inline]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        own(self.chunks.get_mut(index / CHUNK)?).get_mut(index % CHUNK)
    }

    pub fn push(&mut self, item: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Rc::make_mut(last).push(item),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(item);
                self.chunks.push(Rc::new(chunk));
            }
        }
        self.len += 1;
    }

    pub fn last(&self) -> Option<&T> {
        self.get(self.len.checked_sub(1)?)
    }

    pub fn last_mut(&mut self) -> Option<&mut T> {
        self.get_mut(self.len.checked_sub(1)?)
    }

    /// Drops what lies at `len` and after.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.chunks.truncate(len.div_ceil(CHUNK));
        if !len.is_multiple_of(CHUNK)
            && let Some(last) = self.chunks.last_mut()
        {
            Rc::make_mut(last).truncate(len % CHUNK);
        }
        self.len = len;
    }

    /// The number of leading items for which `is_before` holds; it must hold for no item after
    /// one for which it does not.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(&is_before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }
}

impl<T> CowVec<T> {
    /// Bytes that this takes beside `other`: chunks that both share count for nothing. What items
    /// point to is not counted.
    pub fn bytes_beside(&self, other: Option<&Self>) -> usize {
        let pointers = self.chunks.len() * size_of::<Rc<Vec<T>>>();
        let own = self.chunks.iter().enumerate().filter(|(at, chunk)| {
            let twin = other.and_then(|other| other.chunks.get(*at));
            !twin.is_some_and(|twin| is_same(twin, chunk))
        });
        pointers + own.count() * (CHUNK * size_of::<T>() + CHUNK_OVERHEAD_BYTES)
    }
}

/// Counts, lengths and the allocator's own.
const CHUNK_OVERHEAD_BYTES: usize = 64;

/// As `Rc::make_mut`, but with the usual case, an owner who is alone, in line.
#[inline(always)]
#[expect(
    clippy::disallowed_methods,
    reason = "whether the item was shared does not show afterwards"
)]
pub(crate) fn own<T: Clone>(shared: &mut Rc<T>) -> &mut T {
    if Rc::strong_count(shared) != 1 {
        return copy(shared);
    }
    // Not `expect`, which is a call of its own where code is made small.
    let Some(own) = Rc::get_mut(shared) else {
        not_alone()
    };
    own
}

#[cold]
#[inline(never)]
fn not_alone() -> ! {
    panic!("{ALONE}")
}

#[cold]
#[inline(never)]
fn copy<T: Clone>(shared: &mut Rc<T>) -> &mut T {
    *shared = Rc::new(T::clone(shared));
    Rc::get_mut(shared).expect(ALONE)
}

const ALONE: &str = "nobody keeps a weak reference, and there is one owner";

/// Whether two are one in the host's memory. For estimates of memory only.
#[expect(
    clippy::disallowed_methods,
    reason = "memory is what is asked for; the model never sees the answer"
)]
pub(crate) fn is_same<T>(a: &Rc<T>, b: &Rc<T>) -> bool {
    Rc::ptr_eq(a, b)
}

impl<T: Hash> Hash for CowVec<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.len as u64);
        for item in self.chunks.iter().flat_map(|chunk| chunk.iter()) {
            item.hash(state);
        }
    }
}
