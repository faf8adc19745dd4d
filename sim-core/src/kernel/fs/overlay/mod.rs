//! overlayfs (Documentation/filesystems/overlayfs.rst): directories of several layers seen as
//! one, of which only the upper one is written.
//!
//! An overlay has inodes of its own, made when it is mounted; each knows its counterparts in the
//! layers. What somebody adds to a layer directly, or takes from one, is seen.

mod copy_up;
mod mount;
mod ops;

pub(super) use copy_up::{copy_up, copy_up_empty};
pub(super) use mount::{added_below, get_tree, removed_below};
pub(super) use ops::{enter, link, may_move, remove, rename};

use super::inode::{Device, InodeData, InodeId};
use super::path::Node;
use super::superblock::SuperId;
use crate::kernel::Kernel;

/// The counterparts of an inode of an overlay, all held by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Layers {
    pub upper: Option<InodeId>,
    /// Topmost first. More than one for merged directories only.
    pub lowers: Vec<InodeId>,
}

impl Layers {
    /// Every counterpart.
    pub fn all(&self) -> impl Iterator<Item = InodeId> + '_ {
        self.upper.into_iter().chain(self.lowers.iter().copied())
    }

    /// The one whose contents are seen.
    pub fn top(&self) -> Option<InodeId> {
        self.all().next()
    }
}

/// In whose name an overlay makes what is its own, and whether that one may mark directories
/// there (`trusted.` attributes are for CAP_SYS_ADMIN in the first user namespace, xattr(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mounter {
    pub uid: u32,
    pub gid: u32,
    pub marks: Marks,
    pub work: Work,
}

/// Whether there is a directory to prepare changes in: without one nothing is written
/// (ovl_force_readonly).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Work {
    #[default]
    Made,
    Missing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Marks {
    #[default]
    Kept,
    Refused,
}

/// Whether a directory hides what lies below it (trusted.overlay.opaque).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opaque {
    Yes,
    No,
}

/// The node whose attributes are shown: of an overlay's, its topmost counterpart.
pub(super) fn shown(k: &Kernel, mut node: Node) -> Node {
    while let Node::Inode(id) = node
        && let Some(layers) = k.vfs.inodes.get(id).and_then(|i| i.layers.as_ref())
        && let Some(top) = layers.top()
    {
        node = Node::Inode(top);
    }
    node
}

/// Whether an inode belongs to an overlay.
pub(super) fn is_overlay(k: &Kernel, id: InodeId) -> bool {
    k.vfs.inodes.get(id).is_some_and(|i| i.layers.is_some())
}

/// An inode and its counterpart in the upper layer, if there is one: what a change of attributes
/// is for.
pub(super) fn both(k: &Kernel, id: InodeId) -> Vec<InodeId> {
    let mut all = vec![id];
    all.extend(upper_of(k, id));
    all
}

/// Whether a file system is an overlay that nothing can be written to.
pub(super) fn is_without_upper(k: &Kernel, id: SuperId) -> bool {
    let lacks_work = |id| {
        k.vfs
            .supers
            .get(id)
            .is_some_and(|sb| sb.mounter.work == Work::Missing)
    };
    top_of(k, id).is_some_and(|root| upper_of(k, root).is_none() || lacks_work(id))
}

/// The file system that an overlay writes to.
pub(super) fn upper_super(k: &Kernel, id: SuperId) -> Option<SuperId> {
    k.vfs.inodes.get(upper_of(k, top_of(k, id)?)?)?.sb
}

/// The root of an overlay.
fn top_of(k: &Kernel, id: SuperId) -> Option<InodeId> {
    match k.vfs.supers.get(id)?.root {
        Node::Inode(root) if is_overlay(k, root) => Some(root),
        Node::Inode(_) | Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => None,
    }
}

fn upper_of(k: &Kernel, id: InodeId) -> Option<InodeId> {
    k.vfs.inodes.get(id)?.layers.as_ref()?.upper
}

fn is_whiteout(k: &Kernel, id: InodeId) -> bool {
    let data = k.vfs.inodes.get(id).map(|i| &i.data);
    matches!(data, Some(InodeData::Device(device)) if *device == Device::WHITEOUT)
}

fn hold_layers(k: &mut Kernel, layers: &Layers) {
    for id in layers.all() {
        k.hold_inode(id);
    }
}
