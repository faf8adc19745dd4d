//! File systems that are mounted somewhere (struct super_block).

use super::inode::InodeId;
use super::mount::{MountId, release_node};
use super::overlay::Mounter;
use super::path::Node;
use crate::hw::PAGE_BYTES;
use crate::kernel::mm::{Backing, MappedBy};
use crate::kernel::rule::Why;
use crate::kernel::syscall::{MountFlags, Str};
use crate::kernel::{Ctx, Errno, Kernel, NsId};
use crate::store::Key;

pub type SuperId = Key<SuperBlock>;

/// The kinds of file systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsType {
    Tmpfs,
    Ramfs,
    Devtmpfs,
    Proc,
    Overlay,
    Cgroup,
    Cgroup2,
    /// Files of namespaces; it is never mounted by its name.
    Nsfs,
}

impl FsType {
    pub fn name(self) -> &'static str {
        match self {
            FsType::Tmpfs => "tmpfs",
            FsType::Ramfs => "ramfs",
            FsType::Devtmpfs => "devtmpfs",
            FsType::Proc => "proc",
            FsType::Overlay => "overlay",
            FsType::Cgroup => "cgroup",
            FsType::Cgroup2 => "cgroup2",
            FsType::Nsfs => "nsfs",
        }
    }

    /// What get_fs_type finds.
    ///
    /// # Errors
    /// ENODEV for what this kernel was built without.
    pub fn named(why: &Why, name: &str) -> Result<FsType, Errno> {
        match name {
            "tmpfs" => Ok(FsType::Tmpfs),
            "ramfs" => Ok(FsType::Ramfs),
            "devtmpfs" => Ok(FsType::Devtmpfs),
            "proc" => Ok(FsType::Proc),
            "cgroup" => Ok(FsType::Cgroup),
            "cgroup2" => Ok(FsType::Cgroup2),
            "overlay" => Ok(FsType::Overlay),
            _ => Err(refuse!(why, FilesystemKnown)),
        }
    }

    /// Whether only a full view of it may be mounted anew in a less privileged namespace
    /// (SB_I_USERNS_VISIBLE).
    pub fn must_be_visible(self) -> bool {
        match self {
            FsType::Proc => true,
            FsType::Tmpfs
            | FsType::Ramfs
            | FsType::Devtmpfs
            | FsType::Overlay
            | FsType::Cgroup
            | FsType::Cgroup2
            | FsType::Nsfs => false,
        }
    }
}

/// struct super_block.
#[derive(Clone, Debug, Hash)]
pub struct SuperBlock {
    pub fs: FsType,
    /// Device number.
    pub dev: u32,
    /// Held.
    pub root: Node,
    /// `RDONLY` or nothing.
    pub flags: MountFlags,
    /// Options beside ro and rw, as /proc/PID/mounts shows them: each with a comma in front.
    pub options: Str,
    /// The user namespace that it was mounted in.
    pub user_ns: NsId,
    /// Mounts that show it.
    pub mounts: u32,
    /// tmpfs: pages that it may keep, and those that it keeps.
    pub max_pages: Option<u64>,
    pub pages: u64,
    /// tmpfs: names that it may have (`nr_inodes`).
    pub max_names: Option<u64>,
    /// File systems that it stands on, counted upwards.
    pub depth: u32,
    /// overlay: who mounted it.
    pub mounter: Mounter,
}

impl SuperBlock {
    /// A file system of this kind without options.
    pub fn new(fs: FsType, dev: u32, root: Node, user_ns: NsId) -> Self {
        Self {
            fs,
            dev,
            root,
            flags: MountFlags::default(),
            options: "".into(),
            user_ns,
            mounts: 0,
            max_pages: None,
            pages: 0,
            max_names: None,
            depth: 0,
            mounter: Mounter::default(),
        }
    }
}

impl Kernel {
    /// The open files behind mappings.
    pub(super) fn mapped_by(&self) -> impl Iterator<Item = MappedBy> + '_ {
        let spaces = self.mm.spaces.iter();
        let vmas = spaces.flat_map(|(_, space)| space.vmas.iter());
        vmas.filter_map(|vma| match vma.backing {
            Backing::File { by, .. } => by,
            Backing::Anon => None,
        })
    }

    /// Whether a file that was opened on a mount is mapped.
    pub(super) fn is_mapped_on(&self, id: MountId) -> bool {
        self.mapped_by().any(|by| by.mount == id)
    }

    /// Whether a file system, or the one that an overlay writes to, is read-only.
    pub(super) fn is_super_read_only(&self, id: SuperId) -> bool {
        let mut next = Some(id);
        while let Some(id) = next {
            let sb = self.vfs.supers.get(id);
            if sb.is_some_and(|sb| sb.flags.has(MountFlags::RDONLY)) {
                return true;
            }
            next = super::overlay::upper_super(self, id);
        }
        false
    }

    /// Adds a file system; it holds its root.
    pub(super) fn new_super(&mut self, sb: SuperBlock) -> SuperId {
        self.hold_node(sb.root);
        let root = sb.root;
        let id = self.vfs.supers.insert(sb);
        if let Node::Inode(root) = root
            && let Some(inode) = self.vfs.inodes.get_mut(root)
        {
            inode.sb = Some(id);
        }
        id
    }

    /// A device number that no file system had.
    pub(super) fn new_dev(&mut self) -> u32 {
        self.vfs.next_dev += 1;
        self.vfs.next_dev
    }
}

/// A mount is gone; with the last one the file system is.
pub(super) fn release_super(cx: &mut Ctx<'_>, id: SuperId) {
    let Some(sb) = cx.k.vfs.supers.get_mut(id) else {
        return;
    };
    sb.mounts = sb.mounts.saturating_sub(1);
    if sb.mounts == 0
        && let Some(sb) = cx.k.vfs.supers.remove(id)
    {
        release_node(cx, sb.root);
    }
}

/// What tmpfs(5) understands.
pub(super) struct TmpfsOptions {
    pub mode: u16,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub max_pages: Option<u64>,
    pub max_names: Option<u64>,
    /// As they are shown.
    pub shown: String,
}

/// Reads `size=`, `mode=`, `uid=`, `gid=`, `nr_inodes=` and the like. A size in percent is of
/// `total` pages.
///
/// # Errors
/// EINVAL for anything else.
pub(super) fn tmpfs_options(why: &Why, total: u64, data: &str) -> Result<TmpfsOptions, Errno> {
    let id = |value: &str| {
        value
            .parse()
            .map(Some)
            .map_err(|_| refuse!(why, TmpfsOptions))
    };
    let mut options = TmpfsOptions {
        mode: 0o1777,
        uid: None,
        gid: None,
        max_pages: None,
        max_names: None,
        shown: String::new(),
    };
    for option in data.split(',').filter(|o| !o.is_empty()) {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        match key {
            "size" => {
                let pages = match value.strip_suffix('%') {
                    Some(percent) => memparse(why, percent)?.saturating_mul(total) / 100,
                    None => memparse(why, value)?.div_ceil(PAGE_BYTES as u64),
                };
                // size=0 means no limit (tmpfs(5)).
                options.max_pages = Some(pages).filter(|n| *n > 0);
            }
            "nr_blocks" => options.max_pages = Some(memparse(why, value)?).filter(|n| *n > 0),
            "mode" => {
                options.mode =
                    u16::from_str_radix(value, 8).map_err(|_| refuse!(why, TmpfsOptions))? & 0o7777;
            }
            "nr_inodes" => options.max_names = Some(memparse(why, value)?).filter(|n| *n > 0),
            "uid" => options.uid = id(value)?,
            "gid" => options.gid = id(value)?,
            "inode64" | "inode32" | "noswap" if value.is_empty() => {}
            // There are no huge pages to be had.
            "huge" if matches!(value, "never" | "always" | "within_size" | "advise") => {}
            _ => return Err(refuse!(why, TmpfsOptions)),
        }
    }
    if let Some(pages) = options.max_pages {
        let kb = pages.saturating_mul(PAGE_BYTES as u64 / 1024);
        options.shown.push_str(&format!(",size={kb}k"));
    }
    if options.mode != 0o1777 {
        options
            .shown
            .push_str(&format!(",mode={:03o}", options.mode));
    }
    Ok(options)
}

/// A number with k, m or g behind it.
fn memparse(why: &Why, text: &str) -> Result<u64, Errno> {
    let digits = text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G']);
    let shift = match text.get(digits.len()..) {
        Some("") => 0,
        Some("k" | "K") => 10,
        Some("m" | "M") => 20,
        Some("g" | "G") => 30,
        Some(_) | None => return Err(refuse!(why, TmpfsOptions)),
    };
    let number: u64 = digits.parse().map_err(|_| refuse!(why, TmpfsOptions))?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| refuse!(why, TmpfsOptions))
}

/// A file system gets a page more.
///
/// # Errors
/// ENOSPC when it is full.
pub(super) fn charge(k: &mut Kernel, why: &Why, id: Option<SuperId>) -> Result<(), Errno> {
    if let Some(sb) = id.and_then(|id| k.vfs.supers.get_mut(id)) {
        forbid!(why, TmpfsFull, if sb.max_pages.is_some_and(|max| sb.pages >= max))?;
        sb.pages += 1;
    }
    Ok(())
}

/// shmem_reserve_inode: a directory gets a name more.
///
/// # Errors
/// ENOSPC when there are as many as there may be.
pub(super) fn has_room(k: &Kernel, why: &Why, dir: InodeId) -> Result<(), Errno> {
    let sb = k.vfs.inodes.get(dir).and_then(|dir| dir.sb);
    let max = sb.and_then(|id| k.vfs.supers.get(id)?.max_names);
    forbid!(why, TmpfsFull, if max.is_some_and(|max| names(k, sb) >= max))
}

/// Names that a file system has.
pub(super) fn names(k: &Kernel, sb: Option<SuperId>) -> u64 {
    let all = k.vfs.inodes.iter().filter(|(_, inode)| inode.sb == sb);
    all.map(|(_, inode)| u64::from(inode.links).max(1)).sum()
}

/// vfs_parse_sb_flag: words among the options that are about any file system. What they say about
/// writing, and the other options.
pub(super) fn sb_flags(data: &str) -> (Option<MountFlags>, String) {
    let mut read_only = None;
    let others = data.split(',').filter(|word| match *word {
        "ro" => {
            read_only = Some(MountFlags::RDONLY);
            false
        }
        "rw" => {
            read_only = Some(MountFlags::default());
            false
        }
        "sync" | "async" | "dirsync" | "lazytime" | "nolazytime" | "mand" | "nomand" => false,
        _ => true,
    });
    let others = others.collect::<Vec<_>>().join(",");
    (read_only, others)
}

/// Pages of a file are gone.
pub(super) fn uncharge(k: &mut Kernel, id: Option<SuperId>, pages: u64) {
    if let Some(sb) = id.and_then(|id| k.vfs.supers.get_mut(id)) {
        sb.pages = sb.pages.saturating_sub(pages);
    }
}
