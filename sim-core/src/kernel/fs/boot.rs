//! The file systems at power-on: the disk's tree as the root, devices, proc.

use super::Vfs;
use super::dup::sys_dup2;
use super::fd::{OpenFile, OpenKind, sys_close};
use super::inode::{Device, Inode, InodeData, InodeId, Source};
use super::mount::{Internal, MountId};
use super::path::{FsStruct, Node, PathRef};
use super::procfs::ProcNode;
use super::superblock::{FsType, SuperBlock, SuperId};
use super::tty::Tty;
use crate::hw::{DiskFile, DiskNode, Hardware, PAGE_BYTES, TERMINALS, TtyId};
use crate::kernel::boot::{AGENT, AGENT_FD};
use crate::kernel::syscall::OpenFlags;
use crate::kernel::{Ctx, Errno, Kernel, NsId};
use crate::store::{Slab, SortedMap};
use std::rc::Rc;

/// Pages of the text of the bare world's program, as its disk has it.
const AGENT_TEXT_PAGES: u16 = 2;

impl Default for Vfs {
    fn default() -> Self {
        Self {
            inodes: Slab::default(),
            mounts: Slab::default(),
            supers: Slab::default(),
            links: Slab::default(),
            nsfs: None,
            peer_groups: SortedMap::default(),
            next_mount: 0,
            files: Slab::default(),
            pipes: Slab::default(),
            ttys: (0..TERMINALS).map(|_| Tty::default()).collect(),
            next_dev: 0,
        }
    }
}

fn directory(mode: u16) -> Inode {
    Inode::blank(
        mode,
        InodeData::Directory {
            entries: Rc::default(),
        },
    )
}

/// Mounts the root, /dev and /proc in the first mount namespace. Root and working directory of
/// the first task come back held.
pub fn boot(k: &mut Kernel, hw: &Hardware, mnt: NsId, pid_ns: NsId) -> FsStruct {
    let (top, root) = boot_root(k, mnt, "rootfs");
    populate(k, hw, root);
    let dev = child_directory(k, root, "dev");
    let devices = k.vfs.inodes.insert(directory(0o755));
    let devtmpfs = new_file_system(k, FsType::Devtmpfs, Node::Inode(devices));
    fill_devices(k, devices);
    mount(k, mnt, devtmpfs, Some((top, dev)), "devtmpfs");
    boot_proc(k, mnt, pid_ns, (top, root));
    first_place(k, top, root)
}

/// Mounts a tmpfs with a few empty directories, and /proc.
pub fn boot_bare(k: &mut Kernel, mnt: NsId, pid_ns: NsId) -> FsStruct {
    let (top, root) = boot_root(k, mnt, "root");
    for (name, mode) in [("proc", 0o755), ("tmp", 0o1777), ("mnt", 0o755)] {
        k.create(root, name, directory(mode));
    }
    for name in ["a", "b"] {
        k.create(root, name, directory(0o755));
    }
    boot_proc(k, mnt, pid_ns, (top, root));
    first_place(k, top, root)
}

/// The file system that is always below the root (nullfs), the root on it, and the one that
/// shows namespaces.
fn boot_root(k: &mut Kernel, mnt: NsId, source: &str) -> (MountId, InodeId) {
    let bottom = k.vfs.inodes.insert(directory(0o555));
    let nullfs = new_file_system(k, FsType::Ramfs, Node::Inode(bottom));
    let below = mount(k, mnt, nullfs, None, "none");
    if let Some(tree) = k.ns.mnt_mut(mnt) {
        tree.root = Some(below);
    }
    let root = k.vfs.inodes.insert(directory(0o755));
    let tmpfs = new_file_system(k, FsType::Tmpfs, Node::Inode(root));
    let top = mount(k, mnt, tmpfs, Some((below, bottom)), source);
    let hidden = k.vfs.inodes.insert(directory(0o555));
    let nsfs = new_file_system(k, FsType::Nsfs, Node::Inode(hidden));
    k.vfs.nsfs = Some(internal_mount(k, nsfs, "nsfs"));
    (top, root)
}

/// A mount that belongs to the kernel; no namespace has it.
fn internal_mount(k: &mut Kernel, sb: SuperId, source: &str) -> MountId {
    let root = k.vfs.supers.get(sb).map(|sb| sb.root);
    let root = root.unwrap_or(Node::Ns(k.init_user_ns));
    let id = k.new_mount(sb, root, source.into());
    if let Some(mount) = k.vfs.mounts.get_mut(id) {
        // The kernel itself keeps it.
        mount.internal = Internal::Yes;
    }
    id
}

fn boot_proc(k: &mut Kernel, mnt: NsId, pid_ns: NsId, root: (MountId, InodeId)) {
    let (top, root) = root;
    let place = child_directory(k, root, "proc");
    let proc = new_file_system(k, FsType::Proc, Node::Proc(ProcNode::root(pid_ns)));
    mount(k, mnt, proc, Some((top, place)), "proc");
}

fn first_place(k: &mut Kernel, top: MountId, root: InodeId) -> FsStruct {
    let place = PathRef {
        mount: top,
        node: Node::Inode(root),
        name: None,
    };
    k.hold_path(place);
    k.hold_path(place);
    FsStruct {
        root: place,
        cwd: place,
        umask: 0o022,
    }
}

/// Gives the first task of the bare world its descriptors: /dev/null as 0, 1 and 2, and its own
/// program. Both lie outside the tree, on a file system that no namespace shows.
pub fn agent_file(cx: &mut Ctx<'_>) -> Result<(), Errno> {
    let root = cx.k.vfs.inodes.insert(directory(0o755));
    let tmpfs = new_file_system(cx.k, FsType::Tmpfs, Node::Inode(root));
    let hidden = internal_mount(cx.k, tmpfs, "none");
    let null = cx.k.create(
        root,
        "null",
        Inode::blank(0o666, InodeData::Device(Device::Null)),
    );
    let program = Inode::blank(
        0o755,
        InodeData::Regular {
            size: u64::from(AGENT_TEXT_PAGES) * PAGE_BYTES as u64,
            pages: Rc::default(),
            source: Source::Disk(0),
        },
    );
    let program = cx.k.create(root, AGENT, program);
    let mut open = |node, kind, flags| {
        let path = PathRef {
            mount: hidden,
            node: Node::Inode(node),
            name: None,
        };
        cx.k.hold_path(path);
        cx.install(OpenFile {
            kind,
            path: Some(path),
            flags,
            offset: 0,
            refs: 0,
        })
    };
    let null = open(null, OpenKind::Device(Device::Null), OpenFlags::RDWR)?;
    let program = open(program, OpenKind::Inode, OpenFlags::default())?;
    sys_dup2(cx, program, AGENT_FD)?;
    sys_close(cx, program)?;
    for fd in [1, 2] {
        sys_dup2(cx, null, fd)?;
    }
    Ok(())
}

fn new_file_system(k: &mut Kernel, fs: FsType, root: Node) -> SuperId {
    let dev = k.new_dev();
    let user_ns = k.init_user_ns;
    k.new_super(SuperBlock::new(fs, dev, root, user_ns))
}

fn mount(
    k: &mut Kernel,
    ns: NsId,
    sb: SuperId,
    at: Option<(MountId, InodeId)>,
    source: &str,
) -> MountId {
    let root = k.vfs.supers.get(sb).map(|sb| sb.root);
    let root = root.unwrap_or(Node::Ns(k.init_user_ns));
    let id = k.new_mount(sb, root, source.into());
    if let Some((mount, inode)) = at {
        let node = Node::Inode(inode);
        k.hang(
            id,
            PathRef {
                mount,
                node,
                name: None,
            },
        );
    }
    k.enter_ns(id, ns);
    id
}

fn child_directory(k: &mut Kernel, dir: InodeId, name: &str) -> InodeId {
    match k.entry(dir, name) {
        Some(id) => id,
        None => k.create(dir, name, directory(0o755)),
    }
}

/// Enters the disk's files. Their pages stay on the disk until somebody reads them.
fn populate(k: &mut Kernel, hw: &Hardware, root: InodeId) {
    let disk = hw.disk.clone();
    for (at, node) in disk.nodes.iter().enumerate() {
        let (path, inode) = match node {
            DiskNode::Dir { path, mode } => (path, directory(*mode)),
            DiskNode::Symlink { path, target } => (
                path,
                Inode::blank(
                    0o777,
                    InodeData::Symlink {
                        target: target.as_str().into(),
                    },
                ),
            ),
            DiskNode::File { path, mode, file } => {
                let size = match file {
                    DiskFile::Bytes(bytes) => bytes.len() as u64,
                    DiskFile::Program { text_pages, .. } => {
                        u64::from(*text_pages) * PAGE_BYTES as u64
                    }
                };
                let source = Source::Disk(at as u32);
                (
                    path,
                    Inode::blank(
                        *mode,
                        InodeData::Regular {
                            size,
                            pages: Rc::default(),
                            source,
                        },
                    ),
                )
            }
        };
        let mut names: Vec<&str> = path.split('/').filter(|n| !n.is_empty()).collect();
        let Some(name) = names.pop() else { continue };
        let dir = names
            .into_iter()
            .fold(root, |dir, name| child_directory(k, dir, name));
        if k.entry(dir, name).is_none() {
            k.create(dir, name, inode);
        }
    }
}

fn fill_devices(k: &mut Kernel, dev: InodeId) {
    let device = |device, mode| Inode::blank(mode, InodeData::Device(device));
    k.create(dev, "console", device(Device::Tty(TtyId(0)), 0o600));
    k.create(dev, "full", device(Device::Full, 0o666));
    k.create(dev, "null", device(Device::Null, 0o666));
    k.create(dev, "tty", device(Device::OwnTty, 0o666));
    for nr in 0..TERMINALS {
        k.create(
            dev,
            &format!("tty{nr}"),
            device(Device::Tty(TtyId(nr)), 0o620),
        );
    }
    k.create(dev, "zero", device(Device::Zero, 0o666));
}
