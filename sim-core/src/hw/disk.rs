//! A read-only disk: a tree of files, fixed when the machine is built.

/// Where an executable wants to lie, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Load {
    /// At the virtual address that is the same for all.
    Virtual,
    /// In one piece at a physical address of its own, with room for a heap and a stack behind the
    /// data: it was linked for a machine without an MMU.
    Physical {
        addr: u64,
        heap_pages: u16,
        stack_pages: u16,
    },
}

/// The contents of a file on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DiskFile {
    /// Text or other small data.
    Bytes(Vec<u8>),
    /// An executable: `program` is its number, the text that follows is the pattern of that seed.
    Program {
        program: u16,
        text_pages: u16,
        data_pages: u16,
        load: Load,
    },
}

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DiskNode {
    /// Absolute path.
    Dir {
        path: String,
        mode: u16,
    },
    File {
        path: String,
        mode: u16,
        file: DiskFile,
    },
    Symlink {
        path: String,
        target: String,
    },
}

/// What was written to the disk before power-on, parents before children.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    pub nodes: Vec<DiskNode>,
}

impl Disk {
    /// One past the last page that an executable wants to lie in; 0 if none asks for a place.
    pub fn end_of_places(&self) -> u64 {
        let end = |node: &DiskNode| match node {
            DiskNode::File {
                file:
                    DiskFile::Program {
                        text_pages,
                        data_pages,
                        load:
                            Load::Physical {
                                addr,
                                heap_pages,
                                stack_pages,
                            },
                        ..
                    },
                ..
            } => {
                let pages = [text_pages, data_pages, heap_pages, stack_pages];
                addr / super::PAGE_BYTES as u64 + pages.iter().map(|n| u64::from(**n)).sum::<u64>()
            }
            DiskNode::File { .. } | DiskNode::Dir { .. } | DiskNode::Symlink { .. } => 0,
        };
        self.nodes.iter().map(end).max().unwrap_or(0)
    }
}
