//! Paths of places, as getcwd(2) and /proc say them (fs/d_path.c).

use super::inode::InodeData;
use super::path::{Node, PathRef};
use super::procfs;
use crate::kernel::{Ctx, Kernel};

/// How far up a path was followed.
pub(super) enum Top {
    /// The root that was asked for.
    Root,
    /// The top of another tree.
    Elsewhere,
}

impl Kernel {
    /// The name of a node in its directory; what was removed keeps its last one.
    fn name_of(&self, node: Node) -> Option<(String, Node)> {
        let parent = self.parent_node(node)?;
        let name = match (node, parent) {
            (Node::Inode(id), Node::Inode(dir)) => {
                let InodeData::Directory { entries } = &self.vfs.inodes.get(dir)?.data else {
                    return None;
                };
                let found = entries.iter().find(|(_, e)| *e == id);
                let removed = self.vfs.inodes.get(id).and_then(|i| i.removed_as.as_ref());
                let name = removed.or(found.map(|(name, _)| name));
                name.map_or_else(String::new, |name| name.to_string())
            }
            (Node::Proc(node), _) => procfs::name(self, node)?,
            (Node::Cgroup(node), _) => node.name(&self.cgroups)?,
            (Node::Inode(_) | Node::Ns(_), _) => return None,
        };
        Some((name, parent))
    }

    /// The path from `root` to a place, and whether it starts there (prepend_path).
    pub(super) fn path_from(&self, root: PathRef, place: PathRef) -> (String, Top) {
        let mut names: Vec<String> = Vec::new();
        let mut at = place;
        let mut top = Top::Root;
        while at != root {
            let Some(mount) = self.vfs.mounts.get(at.mount) else {
                top = Top::Elsewhere;
                break;
            };
            if mount.root == at.node {
                match mount.at {
                    Some(place) => at = place,
                    None => {
                        top = Top::Elsewhere;
                        break;
                    }
                }
                continue;
            }
            let link = at.name.take().and_then(|id| self.vfs.links.get(id));
            let found = match link {
                Some(link) => Some((link.name.to_string(), Node::Inode(link.dir))),
                None => self.name_of(at.node),
            };
            let Some((name, parent)) = found else {
                top = Top::Elsewhere;
                break;
            };
            names.push(name);
            at.node = parent;
        }
        names.reverse();
        (format!("/{}", names.join("/")), top)
    }

    /// The path of a place below `root`; none if it cannot be reached from there.
    pub(crate) fn path_below(&self, root: PathRef, place: PathRef) -> Option<String> {
        match self.path_from(root, place) {
            (path, Top::Root) => Some(path),
            (_, Top::Elsewhere) => None,
        }
    }

    /// The path by which a task with another root finds a directory, whatever mount the
    /// directory's own task sees it on.
    pub fn path_seen_from(&self, root: PathRef, place: PathRef) -> Option<String> {
        if let Some(path) = self.path_below(root, place) {
            return Some(path);
        }
        let ns = self.vfs.mounts.get(root.mount)?.ns;
        let sb = self.vfs.mounts.get(place.mount)?.sb;
        let mut twins = (self.vfs.mounts.iter()).filter(|(_, m)| m.ns == ns && m.sb == sb);
        twins.find_map(|(mount, _)| self.path_below(root, PathRef { mount, ..place }))
    }

    /// The path of a node from the root of its file system.
    pub(super) fn path_in_fs(&self, mut node: Node) -> String {
        let mut names: Vec<String> = Vec::new();
        while let Some((name, parent)) = self.name_of(node) {
            names.push(name);
            node = parent;
        }
        names.reverse();
        format!("/{}", names.join("/"))
    }
}

impl Ctx<'_> {
    /// The path of a place below the caller's root; `None` if it cannot be reached from there.
    pub fn path_of(&self, place: PathRef) -> Option<String> {
        self.k.path_below(self.me().ok()?.fs.root, place)
    }

    /// The path as links in /proc/PID show it (d_path).
    pub(super) fn d_path(&self, place: PathRef) -> String {
        match place.node {
            Node::Ns(ns) => return procfs::namespace_name(self.k, ns),
            Node::Inode(id) if Some(place.mount) == self.k.vfs.nsfs => {
                let data = self.k.vfs.inodes.get(id).map(|inode| &inode.data);
                return match data {
                    Some(InodeData::Process(_)) => "anon_inode:[pidfd]".into(),
                    _ => format!("pipe:[{}]", id.as_u64()),
                };
            }
            Node::Inode(_) | Node::Proc(_) | Node::Cgroup(_) => {}
        }
        let root = self.me().map_or(place, |me| me.fs.root);
        let (path, _) = self.k.path_from(root, place);
        let is_lost = match (place.name, place.node) {
            (Some(link), _) => self.k.is_removed_link(link),
            (None, node) => self.k.is_lost(node),
        };
        if is_lost {
            format!("{path} (deleted)")
        } else {
            path
        }
    }
}
