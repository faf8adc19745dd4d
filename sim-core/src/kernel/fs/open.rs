//! openat(2), relative to the working directory, and what execve(2) and mmap(2) ask of files.

use super::access::Access;
use super::fd::{OpenFile, OpenKind, inode_of};
use super::inode::{Device, Inode, InodeData, InodeId, Source};
use super::overlay::Opaque;
use super::pagecache::truncate;
use super::path::{Node, PathRef};
use super::vfs_ops::enter;
use super::walk::{Follow, Last, Slash, Target};
use super::{fifo, overlay, procfs, tty};
use crate::hw::{DiskFile, DiskNode, Load};
use crate::kernel::cred::SetId;
use crate::kernel::mm::{MappedBy, Sharing};
use crate::kernel::syscall::{FileKind, MountFlags, OpenFlags, Prot, Str, SysResult, done_fd};
use crate::kernel::{Ctx, Errno, ProgramId, net};
use std::rc::Rc;

/// What the walk of an open came to.
enum Found {
    There(PathRef),
    /// It was made by this call: permissions are not asked again.
    Created(PathRef),
}

/// openat(2) with AT_FDCWD.
///
/// # Errors
/// Those of the walk; EEXIST, EISDIR, ENOTDIR, EACCES, EROFS, ENXIO, ETXTBSY, EMFILE as open(2)
/// says.
pub fn sys_openat(cx: &mut Ctx<'_>, path: Str, flags: OpenFlags, mode: u16) -> SysResult {
    forbid!(cx.why, OpenFlags, flags.0, if flags.has(OpenFlags::CREAT.with(OpenFlags::DIRECTORY)))?;
    cx.start(&path)?;
    cx.me()?.files.check_free(&cx.why, cx.fd_limit())?;
    if flags.has(OpenFlags::PATH) {
        return open_path(cx, &path, flags);
    }
    match locate(cx, &path, flags, mode)? {
        Found::Created(place) => finish(cx, place, flags.without(OpenFlags::TRUNC)),
        Found::There(place) => {
            let is_dir = cx.kind_of(place.node) == Some(FileKind::Directory);
            if flags.has(OpenFlags::CREAT) {
                forbid!(cx.why, OpenExclusive, place.node, if flags.has(OpenFlags::EXCL))?;
                forbid!(cx.why, OpenDirectory, place.node, if is_dir)?;
            }
            forbid!(cx.why, NameIsDirectory, place.node, if flags.has(OpenFlags::DIRECTORY) && !is_dir)?;
            let is_file = cx.kind_of(place.node) == Some(FileKind::Regular);
            if is_file && flags.has(OpenFlags::TRUNC) {
                cx.want_write(place)?;
            }
            cx.may_open(place, flags)?;
            finish(cx, place, flags)
        }
    }
}

/// `O_PATH`: a descriptor for a place, whatever is there.
fn open_path(cx: &mut Ctx<'_>, path: &str, flags: OpenFlags) -> SysResult {
    let follow = follow_of(flags);
    let place = cx.resolve(path, follow)?;
    let is_dir = cx.kind_of(place.node) == Some(FileKind::Directory);
    forbid!(cx.why, NameIsDirectory, place.node, if flags.has(OpenFlags::DIRECTORY) && !is_dir)?;
    let kept = OpenFlags::PATH
        .with(OpenFlags::DIRECTORY)
        .with(OpenFlags::NOFOLLOW)
        .with(OpenFlags::CLOEXEC);
    cx.k.hold_path(place);
    done_fd(cx.install(OpenFile {
        kind: OpenKind::Path,
        path: Some(place),
        flags: OpenFlags(flags.0 & kept.0),
        offset: 0,
        refs: 1,
    })?)
}

fn follow_of(flags: OpenFlags) -> Follow {
    if flags.has(OpenFlags::NOFOLLOW) {
        Follow::No
    } else {
        Follow::Yes
    }
}

/// The file that is meant, made if need be and wanted (open_last_lookups).
fn locate(cx: &mut Ctx<'_>, path: &str, flags: OpenFlags, mode: u16) -> Result<Found, Errno> {
    if !flags.has(OpenFlags::CREAT) {
        return cx.resolve(path, follow_of(flags)).map(Found::There);
    }
    let follows = follow_of(flags) == Follow::Yes && !flags.has(OpenFlags::EXCL);
    let mut start = cx.start(path)?;
    let mut path: Str = path.into();
    let mut links = 0;
    // Each round follows one link at the end of the path.
    loop {
        let parent = cx.resolve_parent_from(start, &path, &mut links)?;
        let name = match &parent.last {
            // The parent of the root is the root.
            Last::Root | Last::Dot => return Ok(Found::There(parent.dir)),
            Last::DotDot => return cx.step(parent.dir, "..").map(Found::There),
            Last::Name(name) => name,
        };
        forbid!(cx.why, OpenTrailingSlash, if parent.slash == Slash::Trailing)?;
        match cx.step(parent.dir, name) {
            Ok(place) if follows && cx.kind_of(place.node) == Some(FileKind::Symlink) => {
                match cx.follow(place, &mut links)? {
                    Target::Place(place) => return Ok(Found::There(place)),
                    Target::Path(text) => {
                        start = cx.link_start(parent.dir, &text)?;
                        path = text;
                    }
                }
            }
            Ok(place) => {
                if !flags.has(OpenFlags::EXCL) {
                    may_create_in_sticky(cx, parent.dir, place)?;
                }
                return Ok(Found::There(place));
            }
            Err(Errno::ENOENT) => return create(cx, parent.dir, name, mode),
            Err(errno) => return Err(errno),
        }
    }
}

/// Where everybody may make names, `O_CREAT` opens no device that somebody else has put there. For
/// plain files and FIFOs fs.protected_regular and fs.protected_fifos would have to be on.
fn may_create_in_sticky(cx: &Ctx<'_>, dir: PathRef, place: PathRef) -> Result<(), Errno> {
    let is_free = match cx.kind_of(place.node) {
        Some(FileKind::CharDevice | FileKind::Socket) => false,
        Some(FileKind::Regular | FileKind::Fifo | FileKind::Directory | FileKind::Symlink)
        | None => true,
    };
    if is_free {
        return Ok(());
    }
    let (above, owner) = (cx.k.owner_of(dir.node)?, cx.k.owner_of(place.node)?);
    let is_other = owner.uid != above.uid && owner.uid != cx.me()?.cred.fsuid;
    forbid!(cx.why, FilePermission, place.node, if above.mode & 0o1002 == 0o1002 && is_other)
}

fn create(cx: &mut Ctx<'_>, dir: PathRef, name: &str, mode: u16) -> Result<Found, Errno> {
    let mount = dir.mount;
    // No files are made among control groups.
    if matches!(dir.node, Node::Cgroup(_)) {
        cx.want_write(dir)?;
        cx.may_create(dir)?;
        return Err(refuse!(cx.why, CgroupOpenCreate, dir.node));
    }
    // proc knows no names that are not there.
    let Node::Inode(id) = dir.node else {
        return Err(refuse!(cx.why, ProcNoFiles, dir.node));
    };
    forbid!(cx.why, DirectoryRemoved, dir.node, if cx.k.is_unlinked(dir.node))?;
    cx.want_write(dir)?;
    cx.may_create(dir)?;
    let data = InodeData::Regular {
        size: 0,
        pages: Rc::default(),
        source: Source::Memory,
    };
    let inode = new_inode(cx, id, mode & 0o7777, data)?;
    let node = Node::Inode(enter(cx, id, name, inode)?);
    Ok(Found::Created(PathRef {
        mount,
        node,
        name: None,
    }))
}

/// An inode of the caller's for a directory, with the mode that its umask leaves
/// (inode_init_owner).
pub(super) fn new_inode(
    cx: &Ctx<'_>,
    dir: InodeId,
    mode: u16,
    data: InodeData,
) -> Result<Inode, Errno> {
    let inode = bare_inode(cx, mode, data)?;
    let above = cx.k.vfs.inodes.get(dir).ok_or(lost!(ENOENT))?;
    if above.mode & 0o2000 == 0 {
        return Ok(inode);
    }
    // In a setgid directory the group is inherited.
    let gid = above.gid;
    let is_dir = inode.kind() == FileKind::Directory;
    let mode = if is_dir {
        inode.mode | 0o2000
    } else if inode.mode & 0o2010 == 0o2010 && !cx.in_group_or_capable(gid)? {
        inode.mode & !0o2000
    } else {
        inode.mode
    };
    Ok(Inode { gid, mode, ..inode })
}

/// An inode that is in no directory.
pub(super) fn bare_inode(cx: &Ctx<'_>, mode: u16, data: InodeData) -> Result<Inode, Errno> {
    let me = cx.me()?;
    Ok(Inode {
        sb: None,
        mode: mode & 0o7777 & !me.fs.umask,
        uid: me.cred.fsuid,
        gid: me.cred.fsgid,
        links: 0,
        holds: 0,
        parent: None,
        removed_as: None,
        data,
        layers: None,
        opaque: Opaque::No,
    })
}

/// Opens what was found (do_dentry_open) and gives it a descriptor.
fn finish(cx: &mut Ctx<'_>, place: PathRef, flags: OpenFlags) -> SysResult {
    let writes = flags.any(OpenFlags(3));
    let node = cx.k.real_node(place.node);
    let is_file = cx.kind_of(node) == Some(FileKind::Regular);
    if let Node::Inode(id) = node
        && is_file
        && writes
    {
        cx.get_write_access(id)?;
    }
    if is_file && writes {
        cx.want_write(place)?;
    }
    let kind = match open_kind(cx, place, flags)? {
        Opened::Kind(kind) => kind,
        Opened::Block(reason) => return Ok(crate::kernel::Outcome::Block(reason)),
    };
    if let Node::Inode(id) = place.node
        && is_file
        && (writes || flags.has(OpenFlags::TRUNC))
    {
        if !flags.has(OpenFlags::TRUNC) {
            overlay::copy_up(cx, id)?;
        } else {
            overlay::copy_up_empty(cx, id)?;
            super::attributes::remove_privileges(cx, id)?;
            truncate(cx, cx.k.real_inode(id));
        }
    }
    cx.k.hold_path(place);
    let terminal = match kind {
        OpenKind::Device(Device::Tty(tty)) => Some(tty),
        _ => None,
    };
    if let Some(tty) = terminal {
        tty::opened(cx, tty, flags);
    }
    let transient = OpenFlags::CREAT
        .with(OpenFlags::EXCL)
        .with(OpenFlags::NOCTTY)
        .with(OpenFlags::TRUNC);
    done_fd(cx.install(OpenFile {
        kind,
        path: Some(place),
        flags: flags.without(transient),
        offset: 0,
        refs: 1,
    })?)
}

/// What opening comes to.
pub(super) enum Opened {
    Kind(OpenKind),
    /// A FIFO whose other end nobody has opened yet.
    Block(crate::kernel::BlockReason),
}

fn open_kind(cx: &mut Ctx<'_>, place: PathRef, flags: OpenFlags) -> Result<Opened, Errno> {
    let id = match place.node {
        Node::Proc(node) => {
            if flags.any(OpenFlags(3)) {
                procfs::may_open_for_writing(cx, node)?;
            }
            let text = match procfs::kind(node) {
                FileKind::Directory => None,
                _ if procfs::is_read_at_open(node) => Some(procfs::text(cx, node)?.into()),
                _ => Some(Default::default()),
            };
            let user_ns = procfs::mapped_user_ns(cx, node);
            user_ns.into_iter().for_each(|ns| cx.k.ns.hold(ns));
            let cred = cx.me()?.cred.clone();
            return Ok(Opened::Kind(OpenKind::Proc {
                text,
                cred,
                user_ns,
            }));
        }
        Node::Ns(ns) => return Ok(Opened::Kind(OpenKind::Namespace(ns))),
        Node::Cgroup(node) => {
            let is_gone = node.file.is_some() && node.is_removed(&cx.k.cgroups);
            forbid!(cx.why, CgroupPresent, if is_gone)?;
            let me = cx.me()?;
            let (ns, cred) = (me.ns.cgroup, me.cred.clone());
            return Ok(Opened::Kind(OpenKind::Cgroup { node, ns, cred }));
        }
        Node::Inode(id) => id,
    };
    match &cx.k.vfs.inodes.get(id).ok_or(lost!(ENOENT))?.data {
        InodeData::Device(Device::OwnTty) => {
            let tty = cx.me()?.tty.ok_or_else(|| refuse!(cx.why, OwnTerminal))?;
            Ok(Opened::Kind(OpenKind::Device(Device::Tty(tty))))
        }
        InodeData::Device(Device::Other { .. }) => Err(refuse!(cx.why, DeviceModelled)),
        InodeData::Device(device) => Ok(Opened::Kind(OpenKind::Device(*device))),
        InodeData::Regular { .. } | InodeData::Directory { .. } | InodeData::Overlay => {
            Ok(Opened::Kind(OpenKind::Inode))
        }
        InodeData::Fifo(_) => fifo::open(cx, id, flags),
        InodeData::Process(pid) => Ok(Opened::Kind(OpenKind::Pidfd(*pid))),
        InodeData::Socket => Err(refuse!(cx.why, OpenSocket, id)),
        InodeData::Symlink { .. } => Err(refuse!(cx.why, OpenSymlink, id)),
    }
}

/// What execve(2) needs of a program's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExecFile {
    pub inode: InodeId,
    pub program: ProgramId,
    pub text_pages: u16,
    pub data_pages: u16,
    pub load: Load,
    pub set_id: SetId,
}

/// Finds a program.
///
/// # Errors
/// Those of the walk, EACCES without the x bit, for other than regular files and on a noexec
/// mount, ENOEXEC for what is not a program.
pub fn open_exec(cx: &mut Ctx<'_>, path: &str) -> Result<ExecFile, Errno> {
    let place = cx.resolve(path, Follow::Yes)?;
    exec_file(cx, place)
}

/// The program behind a descriptor (execveat(2) with AT_EMPTY_PATH).
///
/// # Errors
/// EBADF, and those of [`open_exec`] but for the path walk.
pub fn exec_of_fd(cx: &mut Ctx<'_>, fd: i32) -> Result<ExecFile, Errno> {
    let place = cx
        .file(fd)?
        .1
        .path
        .ok_or_else(|| refuse!(cx.why, ExecRegular, fd))?;
    exec_file(cx, place)
}

fn exec_file(cx: &mut Ctx<'_>, place: PathRef) -> Result<ExecFile, Errno> {
    let flags =
        cx.k.vfs
            .mounts
            .get(place.mount)
            .map(|m| m.flags)
            .unwrap_or_default();
    let Node::Inode(id) = cx.k.real_node(place.node) else {
        return Err(refuse!(cx.why, ExecRegular, place.node));
    };
    let inode = cx.k.vfs.inodes.get(id).ok_or(lost!(ENOENT))?;
    let InodeData::Regular { source, .. } = &inode.data else {
        return Err(refuse!(cx.why, ExecRegular, id));
    };
    forbid!(cx.why, MountNoexec, place.mount, if flags.has(MountFlags::NOEXEC))?;
    cx.permit(place, Access::Execute)?;
    cx.deny_write_access(id)?;
    let set_id = set_id(cx, place)?;
    let node = match source {
        Source::Disk(node) => cx.hw.disk.nodes.get(*node as usize),
        Source::Memory => None,
    };
    match node {
        Some(DiskNode::File {
            file:
                DiskFile::Program {
                    program,
                    text_pages,
                    data_pages,
                    load,
                },
            ..
        }) => {
            let (text_pages, data_pages, load) = (*text_pages, *data_pages, *load);
            Ok(ExecFile {
                inode: id,
                program: ProgramId(*program),
                text_pages,
                data_pages,
                load,
                set_id,
            })
        }
        Some(_) | None => Err(refuse!(cx.why, ExecFormat, id)),
    }
}

/// bprm_fill_uid: what the set-user-ID and set-group-ID bits ask for. They count on mounts of the
/// caller's namespace without nosuid, and on file systems of its user namespace or an outer one
/// (mnt_may_suid).
fn set_id(cx: &Ctx<'_>, place: PathRef) -> Result<SetId, Errno> {
    let me = cx.me()?;
    let owner = cx.k.owner_of(place.node)?;
    if owner.mode & 0o6000 == 0 {
        return Ok(SetId::default());
    }
    let mount = cx.k.mount(place.mount).ok_or(lost!(ENOENT))?;
    let sb_ns = cx.k.vfs.supers.get(mount.sb).map(|sb| sb.user_ns);
    let may = !mount.flags.has(MountFlags::NOSUID)
        && sb_ns.is_some_and(|ns| cx.k.is_in_user_ns(me.cred.user_ns, ns))
        && mount.ns == Some(me.ns.mnt);
    let when = |bits: u16, id: u32| (may && owner.mode & bits == bits).then_some(id);
    Ok(SetId {
        uid: when(0o4000, owner.uid),
        gid: when(0o2010, owner.gid),
    })
}

/// The file behind a descriptor, for mmap(2).
///
/// # Errors
/// EBADF, EACCES if it was not opened for what the mapping needs, EPERM for executing on a mount
/// without that, ENODEV for other than regular files.
pub fn mappable(
    cx: &mut Ctx<'_>,
    fd: i32,
    prot: Prot,
    sharing: Sharing,
) -> Result<(Option<InodeId>, Prot, Option<MappedBy>), Errno> {
    let (_, file) = cx.file(fd)?;
    let access = file.flags.0 & 3;
    let shares_writes = sharing == Sharing::Shared && prot.has(Prot::WRITE);
    forbid!(cx.why, MmapFileAccess, fd => access, if access == OpenFlags::WRONLY.0 || (shares_writes && access != OpenFlags::RDWR.0))?;
    let mut may = Prot::ALL;
    if sharing == Sharing::Shared && access != OpenFlags::RDWR.0 {
        may = Prot::READ.with(Prot::EXEC);
    }
    // path_noexec: nothing is executed from proc and the like, nor from pipes and sockets
    // (SB_I_NOEXEC).
    let is_noexec = file.path.is_none_or(|place| {
        let mount = cx.k.mount(place.mount);
        !matches!(place.node, Node::Inode(_))
            || Some(place.mount) == cx.k.vfs.nsfs
            || mount.is_some_and(|mount| mount.flags.has(MountFlags::NOEXEC))
    });
    if is_noexec {
        forbid!(cx.why, MmapNoexec, fd, if prot.has(Prot::EXEC))?;
        may = Prot(may.0 & !Prot::EXEC.0);
    }
    // tcp_mmap gives out what arrives, for reading; that is not modelled.
    let is_tcp = matches!(file.kind, OpenKind::Socket(socket) if net::is_tcp(cx.k, socket));
    forbid!(cx.why, MmapTcpWrite, fd, if is_tcp && prot.has(Prot::WRITE))?;
    if file.kind == OpenKind::Device(Device::Zero) {
        return Ok((None, may, None));
    }
    let id = inode_of(file).ok_or_else(|| refuse!(cx.why, MmapFileKind, fd))?;
    let by = file.path.map(|place| MappedBy {
        mount: place.mount,
        flags: file.flags,
    });
    let id = cx.k.real_inode(id);
    match cx.k.vfs.inodes.get(id).map(|inode| &inode.data) {
        Some(InodeData::Regular { .. }) => Ok((Some(id), may, by)),
        Some(_) | None => Err(refuse!(cx.why, MmapFileKind, fd)),
    }
}
