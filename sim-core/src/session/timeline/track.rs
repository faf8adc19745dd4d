//! The marks of one CPU, and how they are merged for a coarse picture.

use super::SpanKind;
use crate::store::CowVec;

/// `who` of nobody.
pub(super) const NOBODY: u32 = 0;
/// Marks that are summed up in one block: a coarse picture looks at blocks only.
const BLOCK_MARKS: usize = 64;

/// The start of a span; it lasts until the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub from_ns: u64,
    /// Place in `who`, with the kind in the two lowest bits.
    pub what: u32,
}

impl Mark {
    pub fn new(from_ns: u64, kind: SpanKind, who: u32) -> Self {
        Self {
            from_ns,
            what: who << 2 | kind as u32,
        }
    }

    pub fn kind(self) -> SpanKind {
        match self.what & 3 {
            0 => SpanKind::Idle,
            1 => SpanKind::User,
            2 => SpanKind::Kernel,
            _ => SpanKind::Offline,
        }
    }

    pub fn who(self) -> u32 {
        self.what >> 2
    }
}

/// What a number of marks in a row come to.
#[derive(Clone, Copy, Debug)]
struct Block {
    idle_ns: u64,
    /// What took most of the rest.
    busy: u32,
}

/// The history of one CPU.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    /// Invariant: in strictly ascending order of time.
    marks: CowVec<Mark>,
    /// Invariant: one for every [`BLOCK_MARKS`] marks that another mark follows.
    blocks: CowVec<Block>,
}

impl Track {
    /// Number of marks.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    pub fn last(&self) -> Option<Mark> {
        self.marks.last().copied()
    }

    pub fn push(&mut self, mark: Mark) {
        match self.marks.last_mut() {
            Some(last) if last.what == mark.what => return,
            // A span without length is none.
            Some(last) if last.from_ns >= mark.from_ns => last.what = mark.what,
            Some(_) | None => self.marks.push(mark),
        }
        let first = self.blocks.len() * BLOCK_MARKS;
        if self.marks.len() > first + BLOCK_MARKS {
            let mut sum = Group::default();
            for at in first..first + BLOCK_MARKS {
                if let (Some(mark), Some(next)) = (self.marks.get(at), self.marks.get(at + 1)) {
                    sum.add(*mark, next.from_ns);
                }
            }
            self.blocks.push(Block {
                idle_ns: sum.idle_ns,
                busy: sum.busiest().unwrap_or(SpanKind::Idle as u32),
            });
        }
    }

    /// Forgets marks at and after a moment.
    pub fn cut_at(&mut self, now_ns: u64) {
        let keep = self.marks.partition_point(|mark| mark.from_ns < now_ns);
        self.marks.truncate(keep);
        self.blocks.truncate(keep.saturating_sub(1) / BLOCK_MARKS);
    }

    /// Merges spans shorter than `grain_ns`. The last mark stays.
    pub fn thin(&mut self, grain_ns: u64) {
        let Some(last) = self.last() else { return };
        let mut thinned = Track::default();
        for (mark, _) in self.spans(0, last.from_ns, grain_ns) {
            thinned.push(mark);
        }
        thinned.push(last);
        *self = thinned;
    }

    /// Spans between two moments with their ends, none shorter than `grain_ns` except where a
    /// longer one follows: the short ones in a row become one. It shows what took most of its
    /// time, and idleness only if that took half.
    pub fn spans(&self, from_ns: u64, to_ns: u64, grain_ns: u64) -> Vec<(Mark, u64)> {
        let mut spans = Vec::new();
        let mut group = Group::default();
        let first = self.marks.partition_point(|mark| mark.from_ns <= from_ns);
        let mut at = first.saturating_sub(1);
        while let Some(mark) = self.marks.get(at).filter(|mark| mark.from_ns < to_ns) {
            let mark = Mark {
                from_ns: mark.from_ns.max(from_ns),
                ..*mark
            };
            if let Some((block, end_ns)) = self.block_at(at)
                && mark.from_ns > from_ns
                && end_ns <= to_ns
                && end_ns - mark.from_ns < grain_ns
            {
                group.add_block(mark, end_ns, block);
                at += BLOCK_MARKS;
            } else {
                at += 1;
                let end_ns = self
                    .marks
                    .get(at)
                    .map_or(to_ns, |next| next.from_ns.min(to_ns));
                if end_ns - mark.from_ns >= grain_ns {
                    group.flush(&mut spans);
                    push_span(&mut spans, mark, end_ns);
                } else {
                    group.add(mark, end_ns);
                }
            }
            if group.length_ns() >= grain_ns {
                group.flush(&mut spans);
            }
        }
        group.flush(&mut spans);
        spans
    }

    /// The block that begins with a mark, and its end.
    fn block_at(&self, at: usize) -> Option<(Block, u64)> {
        if !at.is_multiple_of(BLOCK_MARKS) {
            return None;
        }
        let block = self.blocks.get(at / BLOCK_MARKS)?;
        let next = self.marks.get(at + BLOCK_MARKS)?;
        Some((*block, next.from_ns))
    }
}

/// Short spans in a row.
#[derive(Default)]
struct Group {
    bounds_ns: Option<(u64, u64)>,
    idle_ns: u64,
    /// Time per kind and task, in order of appearance. Few: a group is about a pixel wide.
    busy: Vec<(u32, u64)>,
}

impl Group {
    fn length_ns(&self) -> u64 {
        self.bounds_ns.map_or(0, |(from_ns, to_ns)| to_ns - from_ns)
    }

    fn extend(&mut self, from_ns: u64, to_ns: u64) {
        let from_ns = self.bounds_ns.map_or(from_ns, |(from_ns, _)| from_ns);
        self.bounds_ns = Some((from_ns, to_ns));
    }

    fn add(&mut self, mark: Mark, to_ns: u64) {
        self.extend(mark.from_ns, to_ns);
        let length_ns = to_ns.saturating_sub(mark.from_ns);
        match mark.kind() {
            SpanKind::Idle | SpanKind::Offline => self.idle_ns += length_ns,
            SpanKind::User | SpanKind::Kernel => self.add_busy(mark.what, length_ns),
        }
    }

    fn add_block(&mut self, first: Mark, to_ns: u64, block: Block) {
        self.extend(first.from_ns, to_ns);
        self.idle_ns += block.idle_ns;
        let length_ns = to_ns.saturating_sub(first.from_ns);
        self.add_busy(block.busy, length_ns.saturating_sub(block.idle_ns));
    }

    fn add_busy(&mut self, what: u32, length_ns: u64) {
        match self.busy.iter_mut().find(|(known, _)| *known == what) {
            Some((_, share_ns)) => *share_ns += length_ns,
            None => self.busy.push((what, length_ns)),
        }
    }

    fn busiest(&self) -> Option<u32> {
        let most = self.busy.iter().max_by_key(|(_, share_ns)| *share_ns);
        most.map(|(what, _)| *what)
    }

    /// Turns the group into a span and begins anew.
    fn flush(&mut self, spans: &mut Vec<(Mark, u64)>) {
        if let Some((from_ns, to_ns)) = self.bounds_ns {
            let is_idle = self.idle_ns >= self.length_ns().div_ceil(2);
            let busiest = self.busiest().filter(|_| !is_idle);
            let what = busiest.unwrap_or(SpanKind::Idle as u32);
            push_span(spans, Mark { from_ns, what }, to_ns);
        }
        *self = Self::default();
    }
}

fn push_span(spans: &mut Vec<(Mark, u64)>, mark: Mark, to_ns: u64) {
    match spans.last_mut() {
        Some((last, last_to_ns)) if last.what == mark.what => *last_to_ns = to_ns,
        Some(_) | None => spans.push((mark, to_ns)),
    }
}
