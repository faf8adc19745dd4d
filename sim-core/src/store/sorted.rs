//! A map for tables that stay small.

use std::collections::BinaryHeap;

/// Pairs in the order of their keys. Inserting moves what comes after, so it is for maps of some
/// hundred entries. `BTreeMap` and `sort` are compiled anew for each type: doing without them here took
/// 30 KB off the compressed page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Where a key is, or belongs.
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.find(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// The value that the key had before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => {
                let slot = self.0.get_mut(at)?;
                Some(std::mem::replace(&mut slot.1, value))
            }
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.find(key).ok()?;
        Some(self.0.remove(at).1)
    }

    pub fn retain(&mut self, mut stays: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| stays(key, value));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn first(&self) -> Option<&K> {
        self.0.first().map(|(key, _)| key)
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (key, value) in pairs {
            map.insert(key, value);
        }
        map
    }
}

/// In order. A heap sort is far less code than `sort`, which is compiled anew for each type.
pub fn sorted<T: Ord>(list: Vec<T>) -> Vec<T> {
    BinaryHeap::from(list).into_sorted_vec()
}

/// In the order of a key; what has the same stays as it was. For some hundred things, or some that
/// are nearly in order.
pub fn sorted_by_key<T, K: Ord>(all: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut list: Vec<T> = Vec::new();
    for thing in all {
        let own = key(&thing);
        let at = list.partition_point(|other| key(other) <= own);
        list.insert(at, thing);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::{SortedMap, sorted, sorted_by_key};

    #[test]
    fn a_map_keeps_its_keys_in_order_and_apart() {
        let mut map: SortedMap<u32, &str> = [(3, "c"), (1, "a"), (2, "b")].into_iter().collect();
        assert_eq!(map.insert(2, "B"), Some("b"));
        assert_eq!(map.insert(4, "d"), None);
        assert_eq!(map.remove(&3), Some("c"));
        assert_eq!(map.remove(&3), None);
        let all: Vec<(u32, &str)> = map.iter().map(|(k, v)| (*k, *v)).collect();
        assert_eq!(all, [(1, "a"), (2, "B"), (4, "d")]);
        map.retain(|key, _| *key != 1);
        assert_eq!(map.get(&1), None);
        assert_eq!((map.get(&4), map.len()), (Some(&"d"), 2));
    }

    #[test]
    fn a_sorted_list_has_everything_in_order() {
        assert_eq!(sorted(vec![3, 1, 2, 1]), [1, 1, 2, 3]);
        let words = sorted_by_key(["bb", "a", "cc", "d"].into_iter(), |word| word.len());
        assert_eq!(words, ["a", "d", "bb", "cc"]);
    }
}
