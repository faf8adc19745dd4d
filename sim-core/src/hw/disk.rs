//! A read-only disk: a tree of files, fixed when the machine is built.

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
