//! Path walking (path_resolution(7)).

use super::inode::InodeData;
use super::path::{Node, PathRef};
use super::procfs::{self, ProcTarget};
use crate::kernel::syscall::{FileKind, MountFlags, Str};
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

/// A last component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// There is none: the path is `/`.
    Root,
    Dot,
    DotDot,
    Name(String),
}

/// What stands behind a last component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slash {
    /// Only a directory will do.
    Trailing,
    None,
}

/// The directory that a last component is in, and that component.
pub(super) struct Parent {
    pub dir: PathRef,
    pub last: Last,
    pub slash: Slash,
}

/// Where a symbolic link leads.
pub(super) enum Target {
    Path(Str),
    Place(PathRef),
}

impl Ctx<'_> {
    /// The place that a path leads to.
    ///
    /// # Errors
    /// ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG (path_resolution(7)).
    pub(super) fn resolve(&self, path: &str, follow: Follow) -> Result<PathRef, Errno> {
        let start = self.start(path)?;
        self.resolve_from(start, path, follow, &mut 0)
    }

    /// As [`Ctx::resolve`], from a directory.
    pub(super) fn resolve_from(
        &self,
        start: PathRef,
        path: &str,
        follow: Follow,
        links: &mut u32,
    ) -> Result<PathRef, Errno> {
        let is_dir_wanted = path.ends_with('/');
        // A trailing slash is resolved like a directory, links and all.
        let follow = if is_dir_wanted { Follow::Yes } else { follow };
        let found = self.walk(start, path, follow, links)?;
        forbid!(self.why, NameIsDirectory, found.node, if is_dir_wanted && self.kind_of(found.node) != Some(FileKind::Directory))?;
        Ok(found)
    }

    /// Everything but the last component.
    ///
    /// # Errors
    /// As [`Ctx::resolve`].
    pub(super) fn resolve_parent(&self, path: &str) -> Result<Parent, Errno> {
        let start = self.start(path)?;
        self.resolve_parent_from(start, path, &mut 0)
    }

    /// As [`Ctx::resolve_parent`], from a directory.
    pub(super) fn resolve_parent_from(
        &self,
        start: PathRef,
        path: &str,
        links: &mut u32,
    ) -> Result<Parent, Errno> {
        let trimmed = path.trim_end_matches('/');
        let slash = if trimmed.len() < path.len() {
            Slash::Trailing
        } else {
            Slash::None
        };
        let (above, name) = match trimmed.rsplit_once('/') {
            Some((dir, name)) => (dir, name),
            None => ("", trimmed),
        };
        let dir = self.walk(start, above, Follow::Yes, links)?;
        forbid!(self.why, NameIsDirectory, dir.node, if self.kind_of(dir.node) != Some(FileKind::Directory))?;
        // A path without a name asks nothing of the root (link_path_walk).
        if !trimmed.is_empty() {
            self.may_lookup(dir)?;
        }
        let last = match name {
            "" => Last::Root,
            "." => Last::Dot,
            ".." => Last::DotDot,
            name => Last::Name(name.to_string()),
        };
        Ok(Parent { dir, last, slash })
    }

    /// Where the walk of a path starts.
    ///
    /// # Errors
    /// ENOENT for an empty path, ENAMETOOLONG (getname).
    pub(super) fn start(&self, path: &str) -> Result<PathRef, Errno> {
        forbid!(self.why, PathEmpty, if path.is_empty())?;
        forbid!(self.why, PathLength, path.len() => PATH_MAX, if path.len() >= PATH_MAX)?;
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
            forbid!(self.why, NameIsDirectory, at.node, if self.kind_of(at.node) != Some(FileKind::Directory))?;
            self.may_lookup(at)?;
            let is_last = names.peek().is_none();
            let next = self.step(at, name)?;
            let is_link = self.kind_of(next.node) == Some(FileKind::Symlink);
            at = if is_link && (!is_last || follow == Follow::Yes) {
                match self.follow(next, links)? {
                    Target::Place(place) => place,
                    Target::Path(text) => {
                        let start = self.link_start(at, &text)?;
                        self.walk(start, &text, Follow::Yes, links)?
                    }
                }
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
            _ => {
                let node = self.lookup(at, name)?;
                let link = match at.node {
                    Node::Inode(dir) => self.k.link_at(dir, name),
                    Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => None,
                };
                Ok(self.cover(PathRef {
                    mount: at.mount,
                    node,
                    name: link,
                }))
            }
        }
    }

    /// A name in a directory, whatever is mounted there.
    ///
    /// # Errors
    /// ENOENT, ENAMETOOLONG.
    pub(super) fn lookup(&self, dir: PathRef, name: &str) -> Result<Node, Errno> {
        forbid!(self.why, NameLength, name.len() => NAME_MAX, if name.len() > NAME_MAX)?;
        match dir.node {
            Node::Inode(dir) => Ok(Node::Inode(
                self.k
                    .entry(dir, name)
                    .ok_or_else(|| refuse!(self.why, NameExists, dir))?,
            )),
            Node::Proc(node) => {
                let found = procfs::lookup(self, node, name)?;
                let is_shown = procfs::is_shown(self, dir, found, procfs::Listed::ByName);
                forbid!(self.why, NameExists, dir.node, if !is_shown)?;
                Ok(Node::Proc(found))
            }
            Node::Cgroup(node) => Ok(Node::Cgroup(node.lookup(self.k, &self.why, name)?)),
            Node::Ns(_) => Err(lost!(ENOTDIR)),
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
            let mount = self.k.vfs.mounts.get(at.mount).ok_or(lost!(ENOENT))?;
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
            name: None,
        })
    }

    /// Where the text of a link is walked from.
    pub(super) fn link_start(&self, dir: PathRef, text: &str) -> Result<PathRef, Errno> {
        Ok(if text.starts_with('/') {
            self.me()?.fs.root
        } else {
            dir
        })
    }

    /// Where a link leads.
    ///
    /// # Errors
    /// ELOOP after too many, or on a mount that allows none; ENOENT, EACCES for links of proc.
    pub(super) fn follow(&self, link: PathRef, links: &mut u32) -> Result<Target, Errno> {
        *links += 1;
        forbid!(self.why, LinksMaximum, *links => MAX_LINKS, if *links > MAX_LINKS)?;
        let mount = self.k.mount(link.mount);
        forbid!(self.why, MountNosymfollow, link.mount, if mount.is_some_and(|m| m.flags.has(MountFlags::NOSYMFOLLOW)))?;
        match link.node {
            Node::Inode(id) => match self.k.vfs.inodes.get(id).map(|i| &i.data) {
                Some(InodeData::Symlink { target }) => Ok(Target::Path(target.clone())),
                Some(_) | None => Err(lost!(ENOENT)),
            },
            Node::Proc(node) => match procfs::target(self, node)? {
                ProcTarget::Text(text) => Ok(Target::Path(text)),
                // A magic link leads to the place itself, whatever its path is.
                ProcTarget::Place(place) => Ok(Target::Place(place)),
                ProcTarget::Namespace(ns) => {
                    let mount = self.k.vfs.nsfs.ok_or(lost!(ENOENT))?;
                    let node = Node::Ns(ns);
                    Ok(Target::Place(PathRef {
                        mount,
                        node,
                        name: None,
                    }))
                }
                // sock_no_open.
                ProcTarget::Nameless(_) => Err(refuse!(self.why, ProcNameless)),
            },
            Node::Ns(_) | Node::Cgroup(_) => Err(lost!(EINVAL)),
        }
    }

    pub(super) fn kind_of(&self, node: Node) -> Option<FileKind> {
        match node {
            Node::Inode(id) => Some(self.k.vfs.inodes.get(id)?.kind()),
            Node::Proc(node) => Some(procfs::kind(node)),
            Node::Cgroup(node) => Some(node.kind()),
            Node::Ns(_) => Some(FileKind::Regular),
        }
    }
}
