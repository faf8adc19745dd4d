//! mount(2) of a new file system (do_new_mount).

use super::cgroupfs;
use super::inode::InodeData;
use super::mount::MountLock;
use super::mount_calls::{graft_tree, is_mine, is_mounted_root, lock_mount};
use super::open::bare_inode;
use super::path::{Node, PathRef};
use super::procfs::{self, ProcNode};
use super::superblock::{FsType, SuperBlock, SuperId, TmpfsOptions, sb_flags, tmpfs_options};
use crate::kernel::cred::{Cap, IdMap};
use crate::kernel::rule::Why;
use crate::kernel::syscall::{MountFlags, Str};
use crate::kernel::{Ctx, Errno, Kernel};
use std::rc::Rc;

/// Mounts a new file system on `path`.
///
/// # Errors
/// EINVAL without a type and for bad options, ENODEV for a type that is not modelled, EPERM where
/// a less privileged namespace would see more than it may, EBUSY, ENOTDIR, ENOENT.
pub(super) fn do_new_mount(
    cx: &mut Ctx<'_>,
    path: PathRef,
    source: &str,
    fstype: &str,
    flags: MountFlags,
    kept: MountFlags,
    data: &str,
) -> Result<(), Errno> {
    forbid!(cx.why, MountType, if fstype.is_empty())?;
    let fs = FsType::named(&cx.why, fstype)?;
    let (read_only, data) = sb_flags(data);
    let data = data.as_str();
    parse_options(cx, fs, data)?;
    // mount_capable: over what it shows, not only over the mount namespace.
    let me = cx.me()?;
    match fs {
        FsType::Proc => {
            cx.capable_over(cx.k.pid_ns_of(me).ok_or(lost!(EINVAL))?, Cap::SYS_ADMIN)?
        }
        FsType::Cgroup | FsType::Cgroup2 => cx.capable_over(me.ns.cgroup, Cap::SYS_ADMIN)?,
        FsType::Devtmpfs => cx.ns_capable(cx.k.init_user_ns, Cap::SYS_ADMIN)?,
        FsType::Tmpfs | FsType::Ramfs | FsType::Overlay | FsType::Nsfs => {}
    }
    let mut locked = MountFlags::default();
    if fs.must_be_visible() {
        locked = visible_flags(cx, fs, kept)?;
    }
    let source: Str = if source.is_empty() { "none" } else { source }.into();
    let read_only = read_only.unwrap_or(MountFlags(flags.0 & MountFlags::RDONLY.0));
    let sb = get_tree(cx, fs, data)?;
    // Control groups are mounted already, and stay as they are.
    if read_only.has(MountFlags::RDONLY)
        && let Some(sb) = cx.k.vfs.supers.get_mut(sb)
        && !matches!(fs, FsType::Cgroup | FsType::Cgroup2)
    {
        sb.flags = MountFlags::RDONLY;
    }
    let root = match fs {
        FsType::Cgroup | FsType::Cgroup2 => cgroupfs::root(cx, fs, data)?,
        FsType::Tmpfs
        | FsType::Ramfs
        | FsType::Devtmpfs
        | FsType::Proc
        | FsType::Overlay
        | FsType::Nsfs => cx.k.vfs.supers.get(sb).ok_or(lost!(EINVAL))?.root,
    };
    let top = cx.k.new_mount(sb, root, source);
    if let Some(mount) = cx.k.vfs.mounts.get_mut(top) {
        mount.flags = kept;
        mount.locked_flags = locked;
    }
    let placed = lock_mount(cx, path).and_then(|place| {
        if is_mine(cx, place.mount)? {
            Ok(place)
        } else {
            Err(refuse!(cx.why, MountMine, place.mount))
        }
    });
    match placed {
        Ok(place) if is_same(cx.k, place, sb) => {
            super::copy_tree::discard_tree(cx, top);
            Err(refuse!(cx.why, MountSame, place.mount))
        }
        Ok(place) => graft_tree(cx, top, place),
        Err(errno) => {
            super::copy_tree::discard_tree(cx, top);
            Err(errno)
        }
    }
}

/// Whether the same file system is what is seen there already.
fn is_same(k: &Kernel, place: PathRef, sb: SuperId) -> bool {
    k.mount(place.mount).is_some_and(|m| m.sb == sb) && is_mounted_root(k, place)
}

/// What is wrong with the options alone is said before privilege is asked for
/// (parse_monolithic_mount_data).
///
/// # Errors
/// EINVAL.
fn parse_options(cx: &Ctx<'_>, fs: FsType, data: &str) -> Result<(), Errno> {
    match fs {
        FsType::Proc => procfs::options(&cx.why, "", data).map(|_| ()),
        FsType::Cgroup | FsType::Cgroup2 => cgroupfs::parse_options(&cx.why, fs, data),
        FsType::Devtmpfs => tmpfs_options(&cx.why, cx.k.mm.frames.total(), data).map(|_| ()),
        // These ask for no privilege of their own.
        FsType::Tmpfs | FsType::Ramfs | FsType::Overlay | FsType::Nsfs => Ok(()),
    }
}

/// The file system itself, without a mount yet.
fn get_tree(cx: &mut Ctx<'_>, fs: FsType, data: &str) -> Result<SuperId, Errno> {
    let user_ns = cx.me()?.cred.user_ns;
    match fs {
        FsType::Nsfs => Err(refuse!(cx.why, FilesystemKnown)),
        FsType::Overlay => super::overlay::get_tree(cx, data),
        // The instance shows the PID namespace that the mounter is in.
        FsType::Proc => {
            let options = procfs::options(&cx.why, "", data)?.into();
            let ns = cx.k.pid_ns_of(cx.me()?).ok_or(lost!(EINVAL))?;
            // proc_init_fs_context: it is the one's who owns what it shows.
            let owner = cx.k.ns.get(ns).and_then(|ns| ns.owner);
            let user_ns = owner.unwrap_or(cx.k.init_user_ns);
            let dev = cx.k.new_dev();
            let root = Node::Proc(ProcNode::root(ns));
            Ok(cx.k.new_super(SuperBlock {
                options,
                ..SuperBlock::new(fs, dev, root, user_ns)
            }))
        }
        FsType::Cgroup | FsType::Cgroup2 => {
            let root = cgroupfs::hierarchy_root(cx, fs, data)?;
            // One file system per hierarchy, however often it is mounted.
            if let Some((id, _)) = cx.k.vfs.supers.iter().find(|(_, sb)| sb.root == root) {
                return Ok(id);
            }
            let options = match fs {
                FsType::Cgroup => format!(",{data}"),
                _ => String::new(),
            };
            let dev = cx.k.new_dev();
            // Control groups are the first user namespace's, whoever mounts them (fs_context.global).
            let user_ns = cx.k.init_user_ns;
            let sb = SuperBlock {
                options: options.into(),
                ..SuperBlock::new(fs, dev, root, user_ns)
            };
            Ok(cx.k.new_super(sb))
        }
        FsType::Tmpfs | FsType::Ramfs | FsType::Devtmpfs => {
            // One instance shows the devices to everybody (devtmpfs_get_tree).
            if fs == FsType::Devtmpfs
                && let Some((id, _)) = cx.k.vfs.supers.iter().find(|(_, sb)| sb.fs == fs)
            {
                return Ok(id);
            }
            let options = match fs {
                FsType::Ramfs => ramfs_options(&cx.why, data)?,
                _ => tmpfs_options(&cx.why, cx.k.mm.frames.total(), data)?,
            };
            let map = cx.k.ns.user(user_ns).ok_or(lost!(EINVAL))?;
            let lower = |map: &IdMap, id: Option<u32>| {
                id.map(|id| {
                    map.down(id)
                        .ok_or_else(|| refuse!(cx.why, TmpfsOptions, id))
                })
                .transpose()
            };
            let (uid, gid) = (
                lower(&map.uid_map, options.uid)?,
                lower(&map.gid_map, options.gid)?,
            );
            let entries = Rc::default();
            let inode = bare_inode(cx, 0, InodeData::Directory { entries })?;
            let mode = match fs {
                FsType::Tmpfs | FsType::Ramfs => options.mode,
                _ => 0o755,
            };
            let root = cx.k.vfs.inodes.insert(super::Inode {
                mode,
                uid: uid.unwrap_or(inode.uid),
                gid: gid.unwrap_or(inode.gid),
                ..inode
            });
            let dev = cx.k.new_dev();
            let sb = SuperBlock {
                options: options.shown.into(),
                max_pages: options.max_pages,
                max_names: options.max_names,
                ..SuperBlock::new(fs, dev, Node::Inode(root), user_ns)
            };
            Ok(cx.k.new_super(sb))
        }
    }
}

/// ramfs_parse_param: a mode, and anything else is ignored.
fn ramfs_options(why: &Why, data: &str) -> Result<TmpfsOptions, Errno> {
    let mode = data.split(',').filter(|option| option.starts_with("mode="));
    let mode = mode.collect::<Vec<_>>().join(",");
    let options = tmpfs_options(why, 0, &mode)?;
    let mode = if mode.is_empty() { 0o755 } else { options.mode };
    Ok(TmpfsOptions { mode, ..options })
}

/// What a remount says about the file system.
///
/// # Errors
/// EINVAL for bad options.
pub(super) fn check_options(k: &Kernel, why: &Why, sb: SuperId, data: &str) -> Result<(), Errno> {
    let sb = k.vfs.supers.get(sb).ok_or(lost!(EINVAL))?;
    match sb.fs {
        FsType::Tmpfs => tmpfs_options(why, k.mm.frames.total(), data).map(|_| ()),
        FsType::Proc => procfs::options(why, "", data).map(|_| ()),
        FsType::Ramfs
        | FsType::Devtmpfs
        | FsType::Nsfs
        | FsType::Cgroup
        | FsType::Cgroup2
        | FsType::Overlay => Ok(()),
    }
}

/// Applies what [`check_options`] has let pass.
///
/// # Errors
/// EINVAL.
pub(super) fn reconfigure(k: &mut Kernel, why: &Why, id: SuperId, data: &str) -> Result<(), Errno> {
    let total = k.mm.frames.total();
    if let Some(sb) = k.vfs.supers.get_mut(id)
        && sb.fs == FsType::Proc
    {
        sb.options = procfs::options(why, &sb.options, data)?.into();
    }
    let has = |key: &str| data.split(',').any(|option| option.starts_with(key));
    let names = super::superblock::names(k, Some(id));
    if let Some(sb) = k.vfs.supers.get_mut(id)
        && sb.fs == FsType::Tmpfs
        && has("nr_inodes=")
    {
        let max_names = tmpfs_options(why, total, data)?.max_names;
        forbid!(why, TmpfsSize, names, if max_names.is_some_and(|max| max < names))?;
        sb.max_names = max_names;
    }
    if let Some(sb) = k.vfs.supers.get_mut(id)
        && sb.fs == FsType::Tmpfs
        && (has("size=") || has("nr_blocks="))
    {
        let options = tmpfs_options(why, total, data)?;
        // It cannot become smaller than what it holds.
        forbid!(why, TmpfsSize, sb.pages, if options.max_pages.is_some_and(|max| max < sb.pages))?;
        sb.max_pages = options.max_pages;
        sb.options = options.shown.into();
    }
    Ok(())
}

/// mount_too_revealing: in a less privileged namespace proc may be mounted only where one is
/// fully visible already; its locked flags have to be kept.
///
/// # Errors
/// EPERM.
fn visible_flags(cx: &Ctx<'_>, fs: FsType, asked: MountFlags) -> Result<MountFlags, Errno> {
    let ns = cx.me()?.ns.mnt;
    if cx.k.owner_of_mnt(ns) == cx.k.init_user_ns {
        return Ok(MountFlags::default());
    }
    let tree = cx.k.ns.mnt(ns).ok_or(lost!(EINVAL))?;
    for id in &tree.mounts {
        let Some(mount) = cx.k.mount(*id) else {
            continue;
        };
        let Some(sb) = cx.k.vfs.supers.get(mount.sb) else {
            continue;
        };
        if sb.fs != fs || mount.root != sb.root {
            continue;
        }
        // A file system that is read-only has to stay so.
        let mut locked = mount.locked_flags;
        if sb.flags.has(MountFlags::RDONLY) {
            locked = locked.with(MountFlags::RDONLY);
        }
        let atime = MountFlags::ATIME;
        let keeps = (!locked.has(MountFlags::RDONLY) || asked.has(MountFlags::RDONLY))
            && (!locked.has(MountFlags::RELATIME) || mount.flags.0 & atime.0 == asked.0 & atime.0);
        // Something lies over a part of it, unless over a directory that is always empty.
        let is_masked = mount.children.iter().any(|child| {
            cx.k.mount(*child).is_some_and(|m| {
                m.lock == MountLock::Locked
                    && m.at
                        .is_some_and(|at| !super::procfs::is_always_empty(at.node))
            })
        });
        if keeps && !is_masked {
            let inherited = MountFlags::RDONLY.with(MountFlags::RELATIME);
            return Ok(MountFlags(locked.0 & inherited.0));
        }
    }
    Err(refuse!(cx.why, MountFullyVisible))
}
