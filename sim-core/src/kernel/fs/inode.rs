//! Inodes of the file systems that keep them: tmpfs and devtmpfs. Those of proc are computed.

use super::overlay::{Layers, Opaque};
use super::path::Node;
use super::pipe::PipeId;
use super::superblock::SuperId;
use crate::hw::{Pfn, TtyId};
use crate::kernel::syscall::{FileKind, Str};
use crate::kernel::task::PidId;
use crate::kernel::{Ctx, Kernel, mm};
use crate::store::Key;
use std::rc::Rc;

pub type InodeId = Key<Inode>;

#[derive(Clone, Debug, Hash)]
pub struct Inode {
    /// Its file system; none while it is in none, or that is gone.
    pub sb: Option<SuperId>,
    /// Permission bits, 0o7777.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Directory entries that name it. Directories: 1 while they are in the tree.
    pub links: u32,
    /// Open files, working directories, mappings, mounts, and what was removed from it.
    pub holds: u32,
    /// The directory that it was last entered in; none for a file system's root. Who has lost its
    /// last name there holds it, as a dentry holds its parent.
    pub parent: Option<InodeId>,
    /// The name that was taken from it last, for paths of what is gone.
    pub removed_as: Option<Str>,
    pub data: InodeData,
    /// Counterparts of an inode of an overlay.
    pub layers: Option<Rc<Layers>>,
    /// As a directory of a layer: whether lower ones are hidden.
    pub opaque: Opaque,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InodeData {
    /// In the order of creation.
    Directory {
        entries: Rc<Vec<(Str, InodeId)>>,
    },
    Regular {
        size: u64,
        pages: Rc<Vec<Option<Pfn>>>,
        source: Source,
    },
    Symlink {
        target: Str,
    },
    Device(Device),
    /// With the pipe while somebody has it open.
    Fifo(Option<PipeId>),
    /// A Unix socket is or was bound to it.
    Socket,
    /// A regular file of an overlay: the bytes are in a file of a layer.
    Overlay,
    /// What a descriptor of pidfd_open(2) stands on (pidfs).
    Process(PidId),
}

/// Where pages come from that are not in the page cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Nowhere: they are zero.
    Memory,
    /// This node of the disk.
    Disk(u32),
}

/// Character devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    Null,
    Zero,
    Full,
    /// A terminal by number; 0 is the console.
    Tty(TtyId),
    /// /dev/tty: the caller's own.
    OwnTty,
    /// A node that no driver answers for.
    Other {
        major: u32,
        minor: u32,
    },
}

impl Inode {
    /// Root's, on no file system and under no name yet.
    pub(super) fn blank(mode: u16, data: InodeData) -> Self {
        Self {
            sb: None,
            mode,
            uid: 0,
            gid: 0,
            links: 0,
            holds: 0,
            parent: None,
            removed_as: None,
            data,
            layers: None,
            opaque: Opaque::No,
        }
    }

    pub fn kind(&self) -> FileKind {
        match self.data {
            InodeData::Directory { .. } => FileKind::Directory,
            InodeData::Regular { .. } | InodeData::Overlay | InodeData::Process(_) => {
                FileKind::Regular
            }
            InodeData::Symlink { .. } => FileKind::Symlink,
            InodeData::Device(_) => FileKind::CharDevice,
            InodeData::Fifo(_) => FileKind::Fifo,
            InodeData::Socket => FileKind::Socket,
        }
    }

    pub fn size_bytes(&self) -> u64 {
        match &self.data {
            InodeData::Regular { size, .. } => *size,
            InodeData::Symlink { target } => target.len() as u64,
            InodeData::Directory { entries } => 20 * (entries.len() as u64 + 2),
            InodeData::Device(_)
            | InodeData::Fifo(_)
            | InodeData::Socket
            | InodeData::Overlay
            | InodeData::Process(_) => 0,
        }
    }
}

impl Kernel {
    /// The inode that `name` leads to in a directory.
    pub(super) fn entry(&self, dir: InodeId, name: &str) -> Option<InodeId> {
        match &self.vfs.inodes.get(dir)?.data {
            InodeData::Directory { entries } => entries
                .iter()
                .find(|(n, _)| n.as_ref() == name)
                .map(|(_, id)| *id),
            InodeData::Regular { .. }
            | InodeData::Symlink { .. }
            | InodeData::Device(_)
            | InodeData::Overlay
            | InodeData::Socket
            | InodeData::Process(_)
            | InodeData::Fifo(_) => None,
        }
    }

    /// Makes an inode and enters it in a directory.
    pub(super) fn create(&mut self, dir: InodeId, name: &str, inode: Inode) -> InodeId {
        let sb = self.vfs.inodes.get(dir).and_then(|d| d.sb);
        let id = self.vfs.inodes.insert(Inode {
            sb,
            links: 1,
            parent: Some(dir),
            ..inode
        });
        if let Some(InodeData::Directory { entries }) =
            self.vfs.inodes.get_mut(dir).map(|d| &mut d.data)
        {
            Rc::make_mut(entries).push((name.into(), id));
        }
        id
    }

    /// The inode that a file's bytes are in: another one for files of overlays.
    pub(super) fn real_inode(&self, mut id: InodeId) -> InodeId {
        while let Some(inode) = self.vfs.inodes.get(id)
            && inode.data == InodeData::Overlay
            && let Some(real) = inode.layers.as_ref().and_then(|layers| layers.top())
        {
            id = real;
        }
        id
    }

    pub(super) fn real_node(&self, node: Node) -> Node {
        match node {
            Node::Inode(id) => Node::Inode(self.real_inode(id)),
            Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => node,
        }
    }

    pub(super) fn is_empty_dir(&self, id: InodeId) -> bool {
        match self.vfs.inodes.get(id).map(|i| &i.data) {
            Some(InodeData::Directory { entries }) => entries.is_empty(),
            Some(_) | None => false,
        }
    }

    /// st_nlink: a directory is linked from its parent, itself and its subdirectories.
    pub(super) fn nlink(&self, id: InodeId) -> u32 {
        let Some(inode) = self.vfs.inodes.get(id) else {
            return 0;
        };
        let InodeData::Directory { entries } = &inode.data else {
            // An overlay tells of its counterpart (ovl_getattr).
            let real = inode.layers.as_ref().and_then(|layers| layers.top());
            let real = real.and_then(|id| self.vfs.inodes.get(id));
            return real.unwrap_or(inode).links;
        };
        if inode.links == 0 && inode.parent.is_some() {
            return 0;
        }
        let is_dir = |id: &InodeId| {
            let child = self.vfs.inodes.get(*id);
            child.is_some_and(|c| c.kind() == FileKind::Directory)
        };
        2 + entries.iter().filter(|(_, id)| is_dir(id)).count() as u32
    }

    pub(super) fn hold_inode(&mut self, id: InodeId) {
        if let Some(inode) = self.vfs.inodes.get_mut(id) {
            inode.holds += 1;
        }
    }
}

/// Takes a name out of a directory; what nobody keeps any more is freed.
pub(super) fn remove_entry(cx: &mut Ctx<'_>, dir: InodeId, name: &str) {
    let Some(id) = cx.k.entry(dir, name) else {
        return;
    };
    if let Some(InodeData::Directory { entries }) =
        cx.k.vfs.inodes.get_mut(dir).map(|d| &mut d.data)
    {
        Rc::make_mut(entries).retain(|(n, _)| n.as_ref() != name);
    }
    if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
        inode.links = inode.links.saturating_sub(1);
        if inode.links == 0 {
            if inode.removed_as.is_none() && inode.holds > 0 {
                inode.removed_as = Some(name.into());
            }
            if let Some(parent) = inode.parent {
                cx.k.hold_inode(parent);
            }
        }
    }
    free_inode_if_unused(cx, id);
}

pub(super) fn release_inode(cx: &mut Ctx<'_>, id: InodeId) {
    if let Some(inode) = cx.k.vfs.inodes.get_mut(id) {
        inode.holds = inode.holds.saturating_sub(1);
    }
    free_inode_if_unused(cx, id);
}

/// Frees an inode without links and holds, its pages, and what a directory held. A loop, not a
/// recursion: a tree may be deep.
fn free_inode_if_unused(cx: &mut Ctx<'_>, id: InodeId) {
    let is_used = |cx: &Ctx<'_>, id| {
        let inode = cx.k.vfs.inodes.get(id);
        inode.is_none_or(|i| i.links > 0 || i.holds > 0)
    };
    // The usual case, which allocates nothing.
    if is_used(cx, id) {
        return;
    }
    let mut doubtful = vec![id];
    while let Some(id) = doubtful.pop() {
        if is_used(cx, id) {
            continue;
        }
        let Some(inode) = cx.k.vfs.inodes.remove(id) else {
            continue;
        };
        let layers = inode.layers.iter().flat_map(|layers| layers.all());
        for kept in layers.chain(inode.parent) {
            if let Some(inode) = cx.k.vfs.inodes.get_mut(kept) {
                inode.holds = inode.holds.saturating_sub(1);
            }
            doubtful.push(kept);
        }
        super::links::forget(cx, id);
        match inode.data {
            InodeData::Directory { entries } => {
                for (_, child) in entries.iter() {
                    if let Some(inode) = cx.k.vfs.inodes.get_mut(*child) {
                        inode.links = inode.links.saturating_sub(1);
                    }
                    doubtful.push(*child);
                }
            }
            InodeData::Regular { pages, .. } => {
                let kept = pages.iter().flatten().count() as u64;
                super::superblock::uncharge(cx.k, inode.sb, kept);
                for pfn in pages.iter().flatten() {
                    mm::unpin(cx, *pfn);
                }
            }
            InodeData::Overlay
            | InodeData::Symlink { .. }
            | InodeData::Device(_)
            | InodeData::Socket
            | InodeData::Process(_)
            | InodeData::Fifo(_) => {}
        }
    }
}
