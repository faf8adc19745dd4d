//! Path walking (path_resolution(7)).

use super::inode::InodeData;
use super::path::{Node, PathRef};
use super::procfs::{self, ProcTarget};
use crate::kernel::syscall::{FileKind, Str};
use crate::kernel::{Ctx, Errno};

/// Symbolic links that one walk follows at most.
const MAX_LINKS: u32 = 40;
const NAME_MAX: usize = 255;
const PATH_MAX: usize = 4096;

/// What to do with a symbolic link at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    Yes,
    No,
}

/// What an access wants of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read = 4,
    Write = 2,
    Execute = 1,
}

/// The directory that a last component is in, and that component.
pub(super) struct Parent {
    pub dir: PathRef,
    pub name: String,
    /// The path ended in a slash: only a directory will do.
    pub wants_dir: bool,
}

impl Ctx<'_> {
    /// The place that a path leads to.
    ///
    /// # Errors
    /// ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG (path_resolution(7)).
    pub(super) fn resolve(&self, path: &str, follow: Follow) -> Result<PathRef, Errno> {
        let mut links = 0;
        let start = self.start(path)?;
        let found = self.walk(start, path, follow, &mut links)?;
        if path.ends_with('/') && self.kind_of(found.node) != Some(FileKind::Directory) {
            return Err(Errno::ENOTDIR);
        }
        Ok(found)
    }

    /// Everything but the last component.
    ///
    /// # Errors
    /// As [`Ctx::resolve`]; EEXIST or EINVAL-like cases (`/`, `..`) are the caller's: the name is
    /// then empty, `.` or `..`.
    pub(super) fn resolve_parent(&self, path: &str) -> Result<Parent, Errno> {
        let start = self.start(path)?;
        let trimmed = path.trim_end_matches('/');
        let wants_dir = trimmed.len() < path.len();
        let (dir, name) = match trimmed.rsplit_once('/') {
            Some((dir, name)) => (dir, name),
            None => ("", trimmed),
        };
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let dir = self.walk(start, dir, Follow::Yes, &mut 0)?;
        if self.kind_of(dir.node) != Some(FileKind::Directory) {
            return Err(Errno::ENOTDIR);
        }
        self.permit(dir, Access::Execute)?;
        Ok(Parent {
            dir,
            name: name.to_string(),
            wants_dir,
        })
    }

    fn start(&self, path: &str) -> Result<PathRef, Errno> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        if path.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let fs = &self.me()?.fs;
        Ok(if path.starts_with('/') {
            fs.root
        } else {
            fs.cwd
        })
    }

    fn walk(
        &self,
        start: PathRef,
        path: &str,
        follow: Follow,
        links: &mut u32,
    ) -> Result<PathRef, Errno> {
        let mut at = start;
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            if self.kind_of(at.node) != Some(FileKind::Directory) {
                return Err(Errno::ENOTDIR);
            }
            self.permit(at, Access::Execute)?;
            let is_last = names.peek().is_none();
            let next = self.step(at, name)?;
            let is_link = self.kind_of(next.node) == Some(FileKind::Symlink);
            at = if is_link && (!is_last || follow == Follow::Yes) {
                *links += 1;
                if *links > MAX_LINKS {
                    return Err(Errno::ELOOP);
                }
                self.follow(at, next, links)?
            } else {
                next
            };
        }
        Ok(at)
    }

    /// One component. Mounts are crossed in both directions; nothing lies above the root.
    pub(super) fn step(&self, at: PathRef, name: &str) -> Result<PathRef, Errno> {
        match name {
            "." => Ok(at),
            ".." => Ok(self.cover(self.up(at)?)),
            _ if name.len() > NAME_MAX => Err(Errno::ENAMETOOLONG),
            _ => {
                let node = match at.node {
                    Node::Inode(dir) => Node::Inode(self.k.entry(dir, name).ok_or(Errno::ENOENT)?),
                    Node::Proc(node) => Node::Proc(procfs::lookup(self, node, name)?),
                    Node::Ns(_) => return Err(Errno::ENOTDIR),
                };
                Ok(self.cover(PathRef {
                    mount: at.mount,
                    node,
                }))
            }
        }
    }

    /// What is seen at a place: the topmost mount on it.
    pub(super) fn cover(&self, mut place: PathRef) -> PathRef {
        let k = &self.k;
        while let Some(root) = k.mounted_at(place).and_then(|id| k.mount_root(id)) {
            place = root;
        }
        place
    }

    fn up(&self, mut at: PathRef) -> Result<PathRef, Errno> {
        let root = self.me()?.fs.root;
        loop {
            if at == root {
                return Ok(at);
            }
            let mount = self.k.vfs.mounts.get(at.mount).ok_or(Errno::ENOENT)?;
            if mount.root != at.node {
                break;
            }
            match mount.at {
                Some(place) => at = place,
                None => return Ok(at),
            }
        }
        let node = self.k.parent_node(at.node).unwrap_or(at.node);
        Ok(PathRef {
            mount: at.mount,
            node,
        })
    }

    fn follow(&self, dir: PathRef, link: PathRef, links: &mut u32) -> Result<PathRef, Errno> {
        let target: Str = match link.node {
            Node::Inode(id) => match self.k.vfs.inodes.get(id).map(|i| &i.data) {
                Some(InodeData::Symlink { target }) => target.clone(),
                Some(_) | None => return Err(Errno::ENOENT),
            },
            Node::Proc(node) => match procfs::target(self, node)? {
                ProcTarget::Text(text) => text,
                // A magic link leads to the place itself, whatever its path is.
                ProcTarget::Place(place) => return Ok(place),
                ProcTarget::Namespace(ns) => return self.ns_place(ns),
            },
            Node::Ns(_) => return Err(Errno::EINVAL),
        };
        let start = if target.starts_with('/') {
            self.me()?.fs.root
        } else {
            dir
        };
        self.walk(start, &target, Follow::Yes, links)
    }

    /// The file of a namespace.
    fn ns_place(&self, ns: crate::kernel::NsId) -> Result<PathRef, Errno> {
        let mount = self.k.vfs.nsfs.ok_or(Errno::ENOENT)?;
        Ok(PathRef {
            mount,
            node: Node::Ns(ns),
        })
    }

    pub(super) fn kind_of(&self, node: Node) -> Option<FileKind> {
        match node {
            Node::Inode(id) => Some(self.k.vfs.inodes.get(id)?.kind()),
            Node::Proc(node) => Some(procfs::kind(node)),
            Node::Ns(_) => Some(FileKind::Regular),
        }
    }

    /// Owner, group and other bits; root passes all, but executes only what somebody may.
    ///
    /// # Errors
    /// EACCES.
    pub(super) fn permit(&self, place: PathRef, access: Access) -> Result<(), Errno> {
        let (mode, uid, gid, is_dir) = match place.node {
            Node::Inode(id) => {
                let inode = self.k.vfs.inodes.get(id).ok_or(Errno::ENOENT)?;
                (
                    inode.mode,
                    inode.uid,
                    inode.gid,
                    inode.kind() == FileKind::Directory,
                )
            }
            Node::Proc(node) => (
                procfs::mode(node),
                0,
                0,
                procfs::kind(node) == FileKind::Directory,
            ),
            Node::Ns(_) => (0o444, 0, 0, false),
        };
        let cred = &self.me()?.cred;
        if cred.is_capable() {
            let anybody = mode & 0o111 != 0 || is_dir || access != Access::Execute;
            return if anybody { Ok(()) } else { Err(Errno::EACCES) };
        }
        let bits = match (cred.euid == uid, cred.egid == gid) {
            (true, _) => mode >> 6,
            (false, true) => mode >> 3,
            (false, false) => mode,
        };
        if bits & access as u16 != 0 {
            Ok(())
        } else {
            Err(Errno::EACCES)
        }
    }

    /// # Errors
    /// EROFS on a read-only mount.
    pub(super) fn writable(&self, place: PathRef) -> Result<(), Errno> {
        if super::umount::is_read_only(self.k, place.mount) {
            Err(Errno::EROFS)
        } else {
            Ok(())
        }
    }
}
