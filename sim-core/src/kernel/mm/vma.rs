//! Mappings of an address space (struct vm_area_struct).

use crate::kernel::fs::{InodeId, MountId};
use crate::kernel::syscall::{OpenFlags, Prot};

/// What lies behind a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backing {
    /// Zero-filled memory.
    Anon,
    /// A file, from this page on. Shared anonymous memory is a file without a name.
    File {
        inode: InodeId,
        page: u64,
        by: Option<MappedBy>,
    },
}

/// The open file that was mapped: it keeps its mount busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MappedBy {
    pub mount: MountId,
    pub flags: OpenFlags,
}

/// MAP_SHARED or MAP_PRIVATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    Private,
    Shared,
}

/// Which part of the process it is, as /proc/PID/maps marks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VmaName {
    Text,
    Data,
    Heap,
    Stack,
    Mapping,
    /// MAP_SHARED with MAP_ANONYMOUS: `/dev/zero (deleted)`.
    SharedAnon,
    /// A System V segment of this key: `/SYSV00000009 (deleted)`.
    Shm {
        key: i32,
    },
}

/// Bits of vm_flags beside protection and sharing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct VmaTraits(pub u8);

impl VmaTraits {
    /// VM_DONTCOPY: a forked child has no such mapping.
    pub const DONTCOPY: VmaTraits = VmaTraits(1);
    /// VM_WIPEONFORK: a forked child finds it empty.
    pub const WIPEONFORK: VmaTraits = VmaTraits(2);
    /// VM_ACCOUNT: counts as committed memory.
    pub const ACCOUNT: VmaTraits = VmaTraits(4);
    pub const NORESERVE: VmaTraits = VmaTraits(8);
    /// VM_RAND_READ, VM_SEQ_READ.
    pub const RAND_READ: VmaTraits = VmaTraits(16);
    pub const SEQ_READ: VmaTraits = VmaTraits(32);

    pub const fn has(self, other: VmaTraits) -> bool {
        self.0 & other.0 == other.0
    }
    pub const fn with(self, other: VmaTraits) -> VmaTraits {
        VmaTraits(self.0 | other.0)
    }
    pub const fn without(self, other: VmaTraits) -> VmaTraits {
        VmaTraits(self.0 & !other.0)
    }
}

/// Where an anon_vma comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnonOrigin {
    Own,
    /// The mapping was there when the process was forked (vma_is_fork_child).
    Inherited,
}

/// The anon_vma of a mapping: there from the first anonymous page on. It decides what fork(2)
/// copies and which mappings may become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnonVma {
    /// Never reused.
    pub id: u64,
    pub origin: AnonOrigin,
}

/// Pages `start..end` (virtual page numbers). Mappings of a space never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vma {
    pub start: u64,
    pub end: u64,
    pub prot: Prot,
    /// What mprotect(2) may make of it (VM_MAYREAD and so on).
    pub may: Prot,
    pub sharing: Sharing,
    pub backing: Backing,
    pub name: VmaName,
    pub traits: VmaTraits,
    pub anon: Option<AnonVma>,
}

impl Vma {
    pub fn pages(&self) -> u64 {
        self.end - self.start
    }

    /// The part of it within `start..end`, with the file offset moved along.
    pub fn cut(&self, start: u64, end: u64) -> Vma {
        let start = start.max(self.start);
        let backing = match self.backing {
            Backing::Anon => Backing::Anon,
            Backing::File { inode, page, by } => Backing::File {
                inode,
                page: page + (start - self.start),
                by,
            },
        };
        Vma {
            start,
            end: end.min(self.end).max(start),
            backing,
            ..*self
        }
    }

    /// Whether pages of it may be anonymous and written: those count against RLIMIT_DATA.
    pub fn is_data(&self) -> bool {
        self.prot.has(Prot::WRITE)
            && self.sharing == Sharing::Private
            && self.name != VmaName::Stack
    }

    /// vma_is_accessible.
    pub fn is_accessible(&self) -> bool {
        self.prot.0 & 7 != 0
    }

    /// What a mapping above must leave free below this one's start (vm_start_gap).
    pub fn start_with_gap(&self) -> u64 {
        match self.name {
            VmaName::Stack => self.start.saturating_sub(STACK_GUARD_PAGES),
            VmaName::Text
            | VmaName::Data
            | VmaName::Heap
            | VmaName::Mapping
            | VmaName::SharedAnon
            | VmaName::Shm { .. } => self.start,
        }
    }

    /// Whether `next` goes on where this ends, alike in everything but what is given.
    fn continues_in(&self, next: &Vma, prot: Prot) -> bool {
        let backing = match (self.backing, next.backing) {
            (Backing::Anon, Backing::Anon) => true,
            (
                Backing::File { inode, page, by },
                Backing::File {
                    inode: to,
                    page: at,
                    by: with,
                },
            ) => (inode, by) == (to, with) && page + self.pages() == at,
            (Backing::Anon, Backing::File { .. }) | (Backing::File { .. }, Backing::Anon) => false,
        };
        self.end == next.start
            && backing
            && prot == next.prot
            && (self.may, self.sharing, self.name, self.traits)
                == (next.may, next.sharing, next.name, next.traits)
    }

    /// Whether the two may become one mapping (can_vma_merge_after, is_mergeable_anon_vma).
    pub fn can_merge(&self, next: &Vma) -> bool {
        let anon = match (self.anon, next.anon) {
            (None, None) => true,
            (Some(anon), None) | (None, Some(anon)) => anon.origin == AnonOrigin::Own,
            (Some(a), Some(b)) => a.id == b.id,
        };
        anon && self.continues_in(next, self.prot)
    }

    /// anon_vma_compatible: neighbours that differ at most in protection share an anon_vma, so
    /// that they can become one later.
    pub fn shares_anon(&self, next: &Vma) -> bool {
        self.continues_in(next, next.prot)
    }
}

/// stack_guard_gap.
pub const STACK_GUARD_PAGES: u64 = 256;
