//! Mappings of an address space (struct vm_area_struct).

use crate::kernel::fs::InodeId;
use crate::kernel::syscall::Prot;

/// What lies behind a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backing {
    /// Zero-filled memory.
    Anon,
    /// A file, from this page on.
    File { inode: InodeId, page: u64 },
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
}

/// Pages `start..end` (virtual page numbers). Mappings of a space never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vma {
    pub start: u64,
    pub end: u64,
    pub prot: Prot,
    pub sharing: Sharing,
    pub backing: Backing,
    pub name: VmaName,
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
            Backing::File { inode, page } => Backing::File {
                inode,
                page: page + (start - self.start),
            },
        };
        Vma {
            start,
            end: end.min(self.end).max(start),
            backing,
            ..*self
        }
    }
}
