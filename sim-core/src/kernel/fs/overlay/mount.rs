//! Mounting an overlay: its options, and its tree.

use super::{Layers, Marks, Mounter, Opaque, Work, hold_layers, is_whiteout};
use crate::kernel::cred::Cap;
use crate::kernel::fs::access::Access;
use crate::kernel::fs::inode::{Inode, InodeData, InodeId};
use crate::kernel::fs::open::bare_inode;
use crate::kernel::fs::path::{Node, PathRef};
use crate::kernel::fs::superblock::{FsType, SuperBlock, SuperId};
use crate::kernel::fs::walk::Follow;
use crate::kernel::rule::Why;
use crate::kernel::syscall::{FileKind, MountFlags, Str};
use crate::kernel::{Ctx, Errno, Kernel};
use std::rc::Rc;

/// Lower layers at most (OVL_MAX_STACK).
const LOWERS_MAX: usize = 500;
/// File systems upon each other at most (FILESYSTEM_MAX_STACK_DEPTH).
const DEPTH_MAX: u32 = 2;

#[derive(Default)]
struct Options {
    lowers: Vec<PathRef>,
    upper: Option<PathRef>,
    work: Option<PathRef>,
    /// Layers that show nothing by themselves.
    data_only: Vec<PathRef>,
    /// `userxattr`.
    marks_of_users: bool,
    shown: String,
}

/// A new overlay with its tree.
///
/// # Errors
/// EINVAL for missing or unknown options and for layers that do not fit together, ELOOP for
/// lower layers inside another, ENOENT and the like for their paths.
pub(in crate::kernel::fs) fn get_tree(cx: &mut Ctx<'_>, data: &str) -> Result<SuperId, Errno> {
    let mut options = read_options(cx, data)?;
    // One lower layer alone is no overlay.
    let least = if options.upper.is_some() { 1 } else { 2 };
    forbid!(cx.why, OverlayLayers, if options.lowers.len() + options.data_only.len() < least)?;
    if options.upper.is_none() {
        // A work directory alone means nothing.
        options.work = None;
    }
    let work = check_layers(cx, &options)?;
    let depth = depth_of(cx.k, &cx.why, &options)?;
    let work = match work {
        Some(place) => make_work(cx, place)?,
        None => Work::Made,
    };
    let layers = Layers {
        upper: options.upper.and_then(inode_of),
        lowers: options
            .lowers
            .iter()
            .copied()
            .filter_map(inode_of)
            .collect(),
    };
    let is_read_only = layers.upper.is_none() || work == Work::Missing;
    let cred = &cx.me()?.cred;
    let may_mark = options.marks_of_users || cx.is_ns_capable(cx.k.init_user_ns, Cap::SYS_ADMIN);
    let mounter = Mounter {
        uid: cred.fsuid,
        gid: cred.fsgid,
        marks: if may_mark {
            Marks::Kept
        } else {
            Marks::Refused
        },
        work,
    };
    let user_ns = cred.user_ns;
    let root = build(cx.k, layers)?;
    let dev = cx.k.new_dev();
    let sb = SuperBlock {
        options: options.shown.into(),
        depth,
        mounter,
        flags: if is_read_only {
            MountFlags::RDONLY
        } else {
            MountFlags::default()
        },
        ..SuperBlock::new(FsType::Overlay, dev, Node::Inode(root), user_ns)
    };
    let id = cx.k.new_super(sb);
    name_super(cx.k, root, id);
    Ok(id)
}

fn inode_of(place: PathRef) -> Option<InodeId> {
    match place.node {
        Node::Inode(id) => Some(id),
        Node::Proc(_) | Node::Ns(_) | Node::Cgroup(_) => None,
    }
}

/// Options in the order in which they are given: a path that leads nowhere is an error at once.
fn read_options(cx: &Ctx<'_>, data: &str) -> Result<Options, Errno> {
    let mut options = Options::default();
    for option in split(data, ',').iter().filter(|o| !o.is_empty()) {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        match key {
            "lowerdir" => {
                forbid!(cx.why, OverlayOptions, if value.is_empty())?;
                options.lowers.clear();
                let mut paths = split(value, ':').into_iter();
                options.data_only.clear();
                let mut is_behind = false;
                while let Some(mut path) = paths.next() {
                    // Behind `::` come layers of which only data is wanted: files with metadata
                    // alone, and those are not made.
                    if path.is_empty() && !options.lowers.is_empty() {
                        is_behind = true;
                        path = paths.next().unwrap_or_default();
                    } else {
                        forbid!(cx.why, OverlayOptions, if is_behind)?;
                    }
                    forbid!(cx.why, OverlayOptions, if path.is_empty())?;
                    let lower = layer(cx, &unescape(&path))?;
                    match is_behind {
                        true => options.data_only.push(lower),
                        false => options.lowers.push(lower),
                    }
                }
                forbid!(cx.why, OverlayOptions, options.lowers.len() => LOWERS_MAX, if options.lowers.len() > LOWERS_MAX)?;
                options.shown.push_str(&format!(",lowerdir={value}"));
            }
            "lowerdir+" => {
                options.lowers.push(layer(cx, value)?);
                options.shown.push_str(&format!(",lowerdir+={value}"));
            }
            "upperdir" => {
                options.upper = Some(upper_layer(cx, value)?);
                options.shown.push_str(&format!(",upperdir={value}"));
            }
            "workdir" => {
                options.work = Some(upper_layer(cx, value)?);
                options.shown.push_str(&format!(",workdir={value}"));
            }
            "redirect_dir" if matches!(value, "off" | "nofollow") => {}
            "index" | "metacopy" | "nfs_export" if value == "off" => {}
            "xino" if matches!(value, "off" | "auto" | "on") => {}
            "uuid" if matches!(value, "off" | "null" | "auto" | "on") => {}
            "verity" if value == "off" => {}
            "volatile" | "default_permissions" if value.is_empty() => {}
            "userxattr" if value.is_empty() => options.marks_of_users = true,
            _ => return Err(refuse!(cx.why, OverlayOptions)),
        }
    }
    Ok(options)
}

/// Parts between separators that no backslash stands before.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == separator {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
            if c == '\\'
                && let Some(next) = chars.next()
            {
                part.push(next);
            }
        }
    }
    parts
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    out
}

fn layer(cx: &Ctx<'_>, path: &str) -> Result<PathRef, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    forbid!(cx.why, OverlayLayerDirectory, place.node, if cx.kind_of(place.node) != Some(FileKind::Directory))?;
    // clone_private_mount: what something locked covers must not come to light.
    let covers = crate::kernel::fs::mount_calls::has_locked_children(cx.k, place);
    forbid!(cx.why, BindLockedChildren, place.mount, if covers)?;
    Ok(place)
}

fn upper_layer(cx: &Ctx<'_>, path: &str) -> Result<PathRef, Errno> {
    let place = layer(cx, &unescape(path))?;
    // "filesystem is read-only".
    forbid!(cx.why, OverlayUpperWritable, place.mount, if crate::kernel::fs::umount::is_read_only(cx.k, place.mount))?;
    // "filesystem not supported as upperdir".
    let is_overlay = inode_of(place).is_some_and(|id| super::is_overlay(cx.k, id));
    forbid!(cx.why, OverlayUpperWritable, place.mount, if is_overlay)?;
    Ok(place)
}

/// Upper and work directory lie side by side on one mount; no lower layer lies inside another
/// layer.
fn check_layers(cx: &Ctx<'_>, options: &Options) -> Result<Option<PathRef>, Errno> {
    let k = &cx.k;
    let mut traps: Vec<Node> = Vec::new();
    let mut used = None;
    if let Some(upper) = options.upper {
        let work = options
            .work
            .ok_or_else(|| refuse!(cx.why, OverlayWorkdir))?;
        let nested = k.is_within(upper.node, work.node) || k.is_within(work.node, upper.node);
        forbid!(cx.why, OverlayWorkdir, upper.mount => work.mount, if upper.mount != work.mount || nested)?;
        traps.push(upper.node);
        used = Some(work);
    }
    let lowers = || options.lowers.iter().chain(&options.data_only);
    for layer in lowers().chain(&options.upper) {
        // What is computed cannot be a layer here.
        forbid!(cx.why, OverlayLayerDirectory, layer.node, if inode_of(*layer).is_none())?;
    }
    for lower in lowers() {
        forbid!(cx.why, OverlayLayersDistinct, lower.node, if traps.contains(&lower.node))?;
        traps.push(lower.node);
    }
    let is_inside = |lower: &PathRef| {
        let mut others = traps.iter().filter(|trap| **trap != lower.node);
        others.any(|other| k.is_within(lower.node, *other))
    };
    forbid!(cx.why, OverlayLayersDistinct, if lowers().any(is_inside))?;
    Ok(used)
}

/// One more than the deepest layer.
fn depth_of(k: &Kernel, why: &Why, options: &Options) -> Result<u32, Errno> {
    let layers = options.lowers.iter().chain(&options.upper);
    let depths = layers.filter_map(|place| {
        let sb = k.mount(place.mount)?.sb;
        Some(k.vfs.supers.get(sb)?.depth)
    });
    let depth = depths.max().unwrap_or(0) + 1;
    if depth > DEPTH_MAX {
        Err(refuse!(why, OverlayDepth, depth => DEPTH_MAX))
    } else {
        Ok(depth)
    }
}

/// The directory in the work directory, made anew (ovl_workdir_create). Who may not make it mounts
/// read-only. Nobody may look into it but who mounts must: it is tried out
/// (ovl_check_d_type_supported).
///
/// # Errors
/// EACCES.
fn make_work(cx: &mut Ctx<'_>, place: PathRef) -> Result<Work, Errno> {
    let work = inode_of(place).ok_or(lost!(EINVAL))?;
    let may = |access| cx.permit(place, access).is_ok();
    if !may(Access::Execute) || !may(Access::Write) {
        return Ok(Work::Missing);
    }
    crate::kernel::fs::inode::remove_entry(cx, work, "work");
    let entries = Rc::default();
    let inode = bare_inode(cx, 0, InodeData::Directory { entries })?;
    let made = cx.k.create(work, "work", inode);
    let made = PathRef {
        node: Node::Inode(made),
        name: None,
        ..place
    };
    cx.permit(made, Access::Read)?;
    Ok(Work::Made)
}

/// An inode of an overlay that looks like its topmost counterpart. Directories are empty yet.
fn inode_like(k: &Kernel, layers: Layers) -> Option<Inode> {
    let top = k.vfs.inodes.get(layers.top()?)?;
    let data = match &top.data {
        InodeData::Directory { .. } => InodeData::Directory {
            entries: Rc::default(),
        },
        InodeData::Regular { .. } | InodeData::Overlay => InodeData::Overlay,
        InodeData::Symlink { target } => InodeData::Symlink {
            target: target.clone(),
        },
        InodeData::Device(device) => InodeData::Device(*device),
        InodeData::Fifo(_) => InodeData::Fifo(None),
        InodeData::Socket | InodeData::Process(_) => InodeData::Socket,
    };
    Some(Inode {
        sb: None,
        mode: top.mode,
        uid: top.uid,
        gid: top.gid,
        links: 0,
        holds: 0,
        parent: None,
        removed_as: None,
        data,
        layers: Some(Rc::new(layers)),
        opaque: Opaque::No,
    })
}

/// The tree of an overlay.
fn build(k: &mut Kernel, root: Layers) -> Result<InodeId, Errno> {
    hold_layers(k, &root);
    let inode = inode_like(k, root.clone()).ok_or(lost!(ENOENT))?;
    let top = k.vfs.inodes.insert(inode);
    let names = names(k, &root);
    fill(k, top, root, names);
    Ok(top)
}

/// Enters what the layers have under these names in a directory, and all below.
fn fill(k: &mut Kernel, dir: InodeId, layers: Layers, wanted: Vec<Str>) {
    let mut next = vec![(dir, layers, wanted)];
    while let Some((dir, layers, wanted)) = next.pop() {
        for name in wanted {
            let Some(found) = find(k, &layers, &name) else {
                continue;
            };
            let Some(inode) = inode_like(k, found.clone()) else {
                continue;
            };
            hold_layers(k, &found);
            let is_dir = inode.kind() == FileKind::Directory;
            let id = k.create(dir, &name, inode);
            if is_dir {
                let names = names(k, &found);
                next.push((id, found, names));
            }
        }
    }
}

/// A name was added to a directory: overlays that it is a layer of see it, if they have none of
/// that name yet.
pub(in crate::kernel::fs) fn added_below(k: &mut Kernel, dir: InodeId, name: &str) {
    if !k.vfs.supers.iter().any(|(_, sb)| sb.fs == FsType::Overlay) {
        return;
    }
    // An overlay may be a layer itself.
    let mut changed = vec![dir];
    while let Some(dir) = changed.pop() {
        for (id, layers) in shown_by(k, dir) {
            if k.entry(id, name).is_none() {
                fill(k, id, layers, vec![name.into()]);
                changed.push(id);
            }
        }
    }
}

/// A file or an empty directory was taken out of a directory: overlays that show it, and nothing
/// above it, show what lies below. Linux calls the outcome undefined; who has looked the name up
/// before would find it still.
pub(in crate::kernel::fs) fn removed_below(cx: &mut Ctx<'_>, dir: InodeId, name: &str) {
    if !cx
        .k
        .vfs
        .supers
        .iter()
        .any(|(_, sb)| sb.fs == FsType::Overlay)
    {
        return;
    }
    let mut changed = vec![dir];
    while let Some(dir) = changed.pop() {
        for (id, layers) in shown_by(cx.k, dir) {
            let Some(child) = cx.k.entry(id, name) else {
                continue;
            };
            let child = cx.k.vfs.inodes.get(child).and_then(|i| i.layers.clone());
            let is_gone = child.is_some_and(|child| {
                child.upper.is_none() && find(cx.k, &layers, name).as_ref() != Some(&*child)
            });
            if is_gone {
                crate::kernel::fs::inode::remove_entry(cx, id, name);
                fill(cx.k, id, layers, vec![name.into()]);
                changed.push(id);
            }
        }
    }
}

/// The directories of overlays that a directory is a layer of, with their layers.
fn shown_by(k: &Kernel, dir: InodeId) -> Vec<(InodeId, Layers)> {
    let all = k.vfs.inodes.iter();
    let of = all.filter_map(|(id, inode)| Some((id, inode.layers.as_deref()?)));
    of.filter(|(_, layers)| layers.all().any(|layer| layer == dir))
        .map(|(id, layers)| (id, layers.clone()))
        .collect()
}

/// Every name in any layer of a directory, upper ones first.
fn names(k: &Kernel, layers: &Layers) -> Vec<Str> {
    let mut names: Vec<Str> = Vec::new();
    for layer in layers.all() {
        if let Some(InodeData::Directory { entries }) = k.vfs.inodes.get(layer).map(|i| &i.data) {
            for (name, _) in entries.iter() {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
    }
    names
}

/// What the layers have under a name: one file, or the directories that are merged.
fn find(k: &Kernel, layers: &Layers, name: &str) -> Option<Layers> {
    let mut found = Layers::default();
    for layer in layers.all() {
        let Some(id) = k.entry(layer, name) else {
            continue;
        };
        if is_whiteout(k, id) {
            break;
        }
        let inode = k.vfs.inodes.get(id)?;
        let is_dir = inode.kind() == FileKind::Directory;
        let is_first = found.top().is_none();
        if !is_dir && !is_first {
            break;
        }
        if layers.upper == Some(layer) {
            found.upper = Some(id);
        } else {
            found.lowers.push(id);
        }
        if !is_dir || inode.opaque == Opaque::Yes {
            break;
        }
    }
    found.top().map(|_| found)
}

/// Inodes that were made before their file system was.
fn name_super(k: &mut Kernel, root: InodeId, sb: SuperId) {
    let mut next = vec![root];
    while let Some(id) = next.pop() {
        let Some(inode) = k.vfs.inodes.get_mut(id) else {
            continue;
        };
        inode.sb = Some(sb);
        if let InodeData::Directory { entries } = &inode.data {
            next.extend(entries.iter().map(|(_, id)| *id));
        }
    }
}
