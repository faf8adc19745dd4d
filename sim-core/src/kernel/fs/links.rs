//! Further names of files: who has found a file by one of them is told of that one, and what is
//! mounted on one covers it alone. The first name is the inode's own.

use super::fd::OpenFile;
use super::inode::{InodeId, release_inode};
use crate::kernel::syscall::Str;
use crate::kernel::{Ctx, Kernel};
use crate::store::Key;

pub type LinkId = Key<HardLink>;

/// A name that link(2) has given.
#[derive(Clone, Debug, Hash)]
pub struct HardLink {
    pub inode: InodeId,
    pub dir: InodeId,
    pub name: Str,
    pub state: LinkState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkState {
    InDirectory,
    /// Taken away, but a file is open by it; its directory is held.
    Removed,
}

impl Kernel {
    /// The further name that an entry of a directory is.
    pub(super) fn link_at(&self, dir: InodeId, name: &str) -> Option<LinkId> {
        let is_it = |link: &HardLink| {
            link.state == LinkState::InDirectory && link.dir == dir && link.name.as_ref() == name
        };
        let mut links = self.vfs.links.iter();
        links.find(|(_, link)| is_it(link)).map(|(id, _)| id)
    }

    pub(super) fn is_removed_link(&self, id: LinkId) -> bool {
        let link = self.vfs.links.get(id);
        link.is_none_or(|link| link.state == LinkState::Removed)
    }
}

/// A further name is gone from its directory.
pub(super) fn removed(cx: &mut Ctx<'_>, id: LinkId) {
    let has_it = |file: &OpenFile| file.path.is_some_and(|path| path.name == Some(id));
    if !cx.k.vfs.files.iter().any(|(_, file)| has_it(file)) {
        cx.k.vfs.links.remove(id);
        return;
    }
    if let Some(link) = cx.k.vfs.links.get_mut(id) {
        link.state = LinkState::Removed;
        let dir = link.dir;
        cx.k.hold_inode(dir);
    }
}

/// An inode is gone, and its names with it.
pub(super) fn forget(cx: &mut Ctx<'_>, inode: InodeId) {
    let all = cx.k.vfs.links.iter();
    let of = all.filter(|(_, link)| link.inode == inode);
    let of: Vec<LinkId> = of.map(|(id, _)| id).collect();
    for id in of {
        if let Some(link) = cx.k.vfs.links.remove(id)
            && link.state == LinkState::Removed
        {
            release_inode(cx, link.dir);
        }
    }
}
