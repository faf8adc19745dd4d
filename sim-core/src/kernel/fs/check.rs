//! Recounting what files, mounts and directories refer to.

use super::inode::{InodeData, InodeId};
use super::links::LinkState;
use super::path::{Node, PathRef};
use super::{FileId, MountId, OpenKind, SuperId};
use crate::hw::Hardware;
use crate::kernel::cgroup::CgroupId;
use crate::kernel::mm::{Backing, FrameUse};
use crate::kernel::{Kernel, NsId};
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Default)]
struct Counts {
    files: BTreeMap<FileId, u32>,
    mounts: BTreeMap<MountId, u32>,
    holds: BTreeMap<InodeId, u32>,
    links: BTreeMap<InodeId, u32>,
    supers: BTreeMap<SuperId, u32>,
    groups: BTreeMap<CgroupId, u32>,
}

impl Counts {
    fn path(&mut self, path: PathRef) {
        *self.mounts.entry(path.mount).or_default() += 1;
        self.node(path.node);
    }
    fn node(&mut self, node: Node) {
        match node {
            Node::Inode(id) => *self.holds.entry(id).or_default() += 1,
            Node::Cgroup(node) => *self.groups.entry(node.group).or_default() += 1,
            Node::Proc(_) | Node::Ns(_) => {}
        }
    }
}

/// Open files, mounts and inodes are referred to as often as they count.
///
/// # Errors
/// The name of the invariant, and where.
pub fn check(k: &Kernel, hw: &Hardware) -> Result<(), String> {
    let _ = hw;
    let mut counts = Counts::default();
    for (_, task) in k.tasks.iter() {
        // A zombie has given everything back.
        if task.has_exited() {
            continue;
        }
        counts.path(task.fs.root);
        counts.path(task.fs.cwd);
        for (_, fd) in task.files.iter() {
            *counts.files.entry(fd.file).or_default() += 1;
        }
    }
    for (_, file) in k.vfs.files.iter() {
        file.path.into_iter().for_each(|path| counts.path(path));
    }
    for place in crate::kernel::net::path_refs(k) {
        counts.path(place);
    }
    for (_, mount) in k.vfs.mounts.iter() {
        counts.node(mount.root);
        *counts.supers.entry(mount.sb).or_default() += 1;
    }
    for (_, sb) in k.vfs.supers.iter() {
        counts.node(sb.root);
    }
    for (_, space) in k.mm.spaces.iter() {
        for vma in space.vmas.iter() {
            if let Backing::File { inode, .. } = vma.backing {
                counts.node(Node::Inode(inode));
            }
        }
    }
    for (ns, _) in k.ns.iter() {
        let segments = k.ipc(ns).into_iter().flat_map(|ipc| ipc.shm.iter());
        segments.for_each(|(_, segment)| counts.node(Node::Inode(segment.file)));
    }
    for (_, link) in k.vfs.links.iter() {
        if link.state == LinkState::Removed {
            counts.node(Node::Inode(link.dir));
        }
    }
    for (_, inode) in k.vfs.inodes.iter() {
        for layer in inode.layers.iter().flat_map(|layers| layers.all()) {
            counts.node(Node::Inode(layer));
        }
        // Who was removed holds where it was.
        let above = inode.parent.filter(|dir| k.vfs.inodes.contains(*dir));
        if let Some(dir) = above.filter(|_| inode.links == 0) {
            counts.node(Node::Inode(dir));
        }
        if let InodeData::Directory { entries } = &inode.data {
            for (_, child) in entries.iter() {
                *counts.links.entry(*child).or_default() += 1;
            }
        }
    }
    compare(k, &counts)?;
    pages(k)
}

fn agree(what: &str, id: impl Debug, kept: u32, counted: Option<&u32>) -> Result<(), String> {
    let counted = counted.copied().unwrap_or(0);
    if counted != kept {
        return Err(format!("{what} {id:?}: kept {kept}, counted {counted}"));
    }
    Ok(())
}

fn compare(k: &Kernel, counts: &Counts) -> Result<(), String> {
    for (id, group) in k.cgroups.table.iter() {
        let counted = counts.groups.get(&id);
        agree("holds of control group", id, group.holds, counted)?;
    }
    for (id, file) in k.vfs.files.iter() {
        let counted = counts.files.get(&id);
        agree("references of open file", id, file.refs, counted)?;
    }
    for (id, mount) in k.vfs.mounts.iter() {
        let counted = counts.mounts.get(&id);
        agree("holds of mount", id, mount.holds, counted)?;
    }
    for (id, sb) in k.vfs.supers.iter() {
        let counted = counts.supers.get(&id);
        agree("mounts of file system", id, sb.mounts, counted)?;
    }
    tree(k)?;
    for (id, inode) in k.vfs.inodes.iter() {
        let holds = counts.holds.get(&id).copied().unwrap_or(0);
        let links = counts.links.get(&id).copied().unwrap_or(0);
        if (holds, links) != (inode.holds, inode.links) {
            let kept = (inode.holds, inode.links);
            return Err(format!(
                "holds and links of inode {id:?}: kept {kept:?}, counted {:?}",
                (holds, links)
            ));
        }
        if holds == 0 && links == 0 {
            return Err(format!("inode {id:?} is kept by nobody"));
        }
    }
    Ok(())
}

/// Every page of a file lies in a frame of the page cache that says so.
fn pages(k: &Kernel) -> Result<(), String> {
    for (id, inode) in k.vfs.inodes.iter() {
        let InodeData::Regular { pages, .. } = &inode.data else {
            continue;
        };
        for (page, pfn) in pages.iter().enumerate() {
            let Some(pfn) = pfn else { continue };
            let usage = FrameUse::PageCache {
                inode: id,
                page: page as u64,
            };
            if k.mm.frames.info(*pfn).usage != usage {
                return Err(format!(
                    "page {page} of inode {id:?} lies in a frame that does not know it"
                ));
            }
        }
    }
    Ok(())
}

/// Parents and children agree, a place has one mount, and namespaces list their own.
fn tree(k: &Kernel) -> Result<(), String> {
    for (id, mount) in k.vfs.mounts.iter() {
        if let Some(at) = mount.at {
            let parent = k.vfs.mounts.get(at.mount);
            if parent.is_none_or(|p| p.children.iter().filter(|c| **c == id).count() != 1) {
                return Err(format!("mount {id:?} is not among its parent's"));
            }
            if k.mounted_at(at) != Some(id) {
                return Err(format!("mount {id:?} shares its place"));
            }
        }
        let is_child = |c: &MountId| {
            let child = k.vfs.mounts.get(*c);
            child.is_some_and(|c| c.at.is_some_and(|at| at.mount == id))
        };
        if !mount.children.iter().all(is_child) {
            return Err(format!("mount {id:?} has a child that hangs elsewhere"));
        }
        let listed = mount.ns.and_then(|ns| k.ns.mnt(ns));
        if mount.ns.is_some() && listed.is_none_or(|tree| !tree.mounts.contains(&id)) {
            return Err(format!("mount {id:?} is not in its namespace's list"));
        }
    }
    for (group, members) in k.vfs.peer_groups.iter() {
        let is_in = |id: &MountId| k.vfs.mounts.get(*id).is_some_and(|m| m.group == *group);
        let count = k.vfs.mounts.iter().filter(|(_, m)| m.group == *group);
        if members.is_empty() || !members.iter().all(is_in) || count.count() != members.len() {
            return Err(format!(
                "peer group {group} lists other mounts than its own"
            ));
        }
    }
    for (ns, _) in k.ns.iter() {
        let listed = k.ns.mnt(ns).into_iter().flat_map(|tree| &tree.mounts);
        for id in listed {
            if k.vfs.mounts.get(*id).is_none_or(|m| m.ns != Some(ns)) {
                return Err(format!("namespace {ns:?} lists mount {id:?} of another"));
            }
        }
    }
    Ok(())
}

/// Namespaces that open files and mounts keep alive.
pub fn namespace_refs(k: &Kernel) -> Vec<NsId> {
    let files = || k.vfs.files.iter();
    let paths = files().filter_map(|(_, file)| Some(file.path?.node));
    let maps = files().filter_map(|(_, file)| match file.kind {
        OpenKind::Proc { user_ns, .. } => user_ns,
        _ => None,
    });
    let roots = k.vfs.mounts.iter().map(|(_, mount)| mount.root);
    let namespace = |node| match node {
        Node::Ns(ns) => Some(ns),
        Node::Inode(_) | Node::Proc(_) | Node::Cgroup(_) => None,
    };
    let nodes = paths.chain(roots).filter_map(namespace);
    nodes.chain(maps).collect()
}
