//! uid_map and gid_map (user_namespaces(7)).

use std::rc::Rc;

/// What an id without a mapping is shown as (/proc/sys/kernel/overflowuid).
pub const OVERFLOW_ID: u32 = 65534;
/// Lines that a map may have.
const EXTENTS_MAX: usize = 340;

/// A line of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    pub first: u32,
    /// In a map: of the first user namespace. As written: of the parent namespace.
    pub lower_first: u32,
    pub count: u32,
}

/// Ids of a namespace and those of the first one that they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IdMap(Rc<[Extent]>);

impl IdMap {
    pub fn new(extents: Vec<Extent>) -> Self {
        Self(extents.into())
    }

    /// The map of the first namespace.
    pub fn identity() -> Self {
        Self::new(vec![Extent {
            first: 0,
            lower_first: 0,
            count: u32::MAX,
        }])
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn extents(&self) -> &[Extent] {
        &self.0
    }

    /// make_kuid: from the namespace to the first one.
    pub fn down(&self, id: u32) -> Option<u32> {
        self.range_down(id, 1)
    }

    /// map_id_range_down: the whole range must lie in one extent.
    pub fn range_down(&self, id: u32, count: u32) -> Option<u32> {
        let last = id.checked_add(count.checked_sub(1)?)?;
        self.0.iter().find_map(|e| {
            let is_in = id >= e.first && last - e.first < e.count;
            is_in.then(|| id - e.first + e.lower_first)
        })
    }

    /// from_kuid: from the first namespace to this one.
    pub fn up(&self, kid: u32) -> Option<u32> {
        self.0.iter().find_map(|e| {
            let is_in = kid >= e.lower_first && kid - e.lower_first < e.count;
            is_in.then(|| kid - e.lower_first + e.first)
        })
    }

    /// from_kuid_munged: what is shown of an id.
    pub fn shown(&self, kid: u32) -> u32 {
        self.up(kid).unwrap_or(OVERFLOW_ID)
    }
}

/// map_write: the lines of a map. `None` for what is no map (EINVAL).
pub(super) fn parse(text: &str) -> Option<Vec<Extent>> {
    let mut extents: Vec<Extent> = Vec::new();
    let text = text.split('\0').next().unwrap_or_default();
    let mut lines = text
        .strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .peekable();
    while let Some(line) = lines.next() {
        let extent = parse_line(line)?;
        if extents.iter().any(|e| overlap(e, &extent)) {
            return None;
        }
        if extents.len() + 1 == EXTENTS_MAX && lines.peek().is_some() {
            return None;
        }
        extents.push(extent);
    }
    (!extents.is_empty()).then_some(extents)
}

fn overlap(a: &Extent, b: &Extent) -> bool {
    let meets = |a_first: u32, a_count: u32, b_first: u32, b_count: u32| {
        let last = |first: u32, count: u32| first.saturating_add(count - 1);
        a_first <= last(b_first, b_count) && b_first <= last(a_first, a_count)
    };
    meets(a.first, a.count, b.first, b.count)
        || meets(a.lower_first, a.count, b.lower_first, b.count)
}

/// Three numbers with blanks between them. A number that is none counts as 0, as simple_strtoul
/// has it.
fn parse_line(line: &str) -> Option<Extent> {
    fn number(text: &str) -> (u32, &str) {
        let text = text.trim_start_matches(is_space);
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let value = digits.bytes().fold(0u64, |n, digit| {
            n.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))
        });
        (value as u32, rest)
    }
    let (first, rest) = number(line);
    let rest = rest.strip_prefix(is_space)?;
    let (lower_first, rest) = number(rest);
    let rest = rest.strip_prefix(is_space)?;
    let (count, rest) = number(rest);
    if !rest.trim_start_matches(is_space).is_empty() || rest.starts_with(|c| !is_space(c)) {
        return None;
    }
    if first == u32::MAX || lower_first == u32::MAX {
        return None;
    }
    // A count of 0, or ids beyond the last.
    if first.wrapping_add(count) <= first || lower_first.wrapping_add(count) <= lower_first {
        return None;
    }
    Some(Extent {
        first,
        lower_first,
        count,
    })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}
