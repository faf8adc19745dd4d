//! Who may do what with names and files (fs/namei.c): one function for each question.

use super::inode::{InodeData, InodeId};
use super::path::{Node, PathRef};
use super::procfs;
use super::umount::is_read_only;
use crate::kernel::cred::Cap;
use crate::kernel::rule::Thing;
use crate::kernel::syscall::{FileKind, MountFlags, OpenFlags};
use crate::kernel::{Ctx, Errno, Kernel};

/// What an access wants of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read = 4,
    Write = 2,
    Execute = 1,
}

/// What a name that is to go must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Directory,
    Other,
}

/// Owner, group and permission bits of a node.
pub(super) struct Owner {
    pub uid: u32,
    pub gid: u32,
    pub mode: u16,
    pub kind: FileKind,
}

impl Kernel {
    pub(super) fn owner_of(&self, node: Node) -> Result<Owner, Errno> {
        Ok(match node {
            Node::Inode(id) => {
                let inode = self.vfs.inodes.get(id).ok_or(lost!(ENOENT))?;
                Owner {
                    uid: inode.uid,
                    gid: inode.gid,
                    mode: inode.mode,
                    kind: inode.kind(),
                }
            }
            Node::Proc(node) => {
                let (uid, gid) = procfs::owner(self, node);
                Owner {
                    uid,
                    gid,
                    mode: procfs::mode(self, node),
                    kind: procfs::kind(node),
                }
            }
            Node::Cgroup(node) => {
                let owner = node.owner(&self.cgroups);
                Owner {
                    uid: owner.uid,
                    gid: owner.gid,
                    mode: owner.mode,
                    kind: node.kind(),
                }
            }
            Node::Ns(_) => Owner {
                uid: 0,
                gid: 0,
                mode: 0o444,
                kind: FileKind::Regular,
            },
        })
    }
}

impl Ctx<'_> {
    /// inode_permission.
    ///
    /// # Errors
    /// EROFS for writing to a read-only file system, EACCES.
    pub(super) fn permit(&self, place: PathRef, access: Access) -> Result<(), Errno> {
        let owner = self.k.owner_of(place.node)?;
        if let Node::Proc(node) = place.node {
            procfs::may_enter(self, node)?;
            procfs::may_pass(self, place, node)?;
            if procfs::is_own_fds(self, node) {
                return Ok(());
            }
        }
        if let Node::Proc(node) = place.node
            && let Some(may_write) = procfs::may_write_setting(self, node)
        {
            let is_allowed = access == Access::Read || (access == Access::Write && may_write);
            return if is_allowed {
                Ok(())
            } else {
                Err(
                    refuse!(self.why, FilePermission, place.node => Thing::Mode(u64::from(owner.mode))),
                )
            };
        }
        let is_kept = matches!(
            owner.kind,
            FileKind::Regular | FileKind::Directory | FileKind::Symlink
        );
        forbid!(self.why, FilesystemReadOnly, place.mount, if access == Access::Write && is_kept && is_super_read_only(self.k, place))?;
        if let Node::Proc(node) = place.node
            && procfs::is_setting(node)
        {
            // proc_sys_permission: nobody may more than the bits say.
            let cred = &self.me()?.cred;
            let bits = match (cred.euid, cred.is_in_group(0)) {
                (0, _) => owner.mode >> 6,
                (_, true) => owner.mode >> 3,
                (_, false) => owner.mode,
            };
            let mode = Thing::Mode(u64::from(owner.mode));
            return check!(self.why, FilePermission, place.node => mode, if bits & access as u16 != 0);
        }
        self.generic_permission(place.node, &owner, access)
    }

    /// generic_permission: the bits of exactly one class count, then capabilities may help.
    fn generic_permission(&self, node: Node, owner: &Owner, access: Access) -> Result<(), Errno> {
        let cred = &self.me()?.cred;
        let bits = if cred.fsuid == owner.uid {
            owner.mode >> 6
        } else if cred.is_in_group(owner.gid) {
            owner.mode >> 3
        } else {
            owner.mode
        };
        if bits & access as u16 != 0 {
            return Ok(());
        }
        let is_dir = owner.kind == FileKind::Directory;
        // Root executes only what somebody may.
        let overrides = is_dir || access != Access::Execute || owner.mode & 0o111 != 0;
        let searches = match is_dir {
            true => access != Access::Write,
            false => access == Access::Read,
        };
        if (searches && self.capable_wrt_inode(owner, Cap::DAC_READ_SEARCH))
            || (overrides && self.capable_wrt_inode(owner, Cap::DAC_OVERRIDE))
        {
            Ok(())
        } else {
            Err(refuse!(self.why, FilePermission, node => Thing::Mode(u64::from(owner.mode))))
        }
    }

    /// capable_wrt_inode_uidgid: a capability over the caller's user namespace counts for files
    /// whose owner and group that namespace maps.
    fn capable_wrt_inode(&self, owner: &Owner, cap: Cap) -> bool {
        let Ok(me) = self.me() else { return false };
        let user_ns = me.cred.user_ns;
        let is_mapped = self.k.ns.user(user_ns).is_some_and(|ns| {
            ns.uid_map.up(owner.uid).is_some() && ns.gid_map.up(owner.gid).is_some()
        });
        is_mapped && self.is_ns_capable(user_ns, cap)
    }

    /// fsuidgid_has_mapping: whether a file system can tell whose a new file is.
    fn may_own(&self, dir: PathRef) -> Result<(), Errno> {
        let cred = &self.me()?.cred;
        let sb = self
            .k
            .mount(dir.mount)
            .and_then(|m| self.k.vfs.supers.get(m.sb));
        let user_ns = sb.map_or(self.k.init_user_ns, |sb| sb.user_ns);
        let knows = self.k.ns.user(user_ns).is_some_and(|ns| {
            ns.uid_map.up(cred.fsuid).is_some() && ns.gid_map.up(cred.fsgid).is_some()
        });
        if knows {
            Ok(())
        } else {
            Err(refuse!(self.why, FileIdsMapped, dir.node))
        }
    }

    /// mnt_want_write.
    ///
    /// # Errors
    /// EROFS on a read-only mount or file system.
    pub(super) fn want_write(&self, place: PathRef) -> Result<(), Errno> {
        if is_read_only(self.k, place.mount) {
            Err(refuse!(self.why, MountReadOnly, place.mount))
        } else {
            Ok(())
        }
    }

    /// Whether a directory may be searched.
    ///
    /// # Errors
    /// EACCES.
    pub(super) fn may_lookup(&self, dir: PathRef) -> Result<(), Errno> {
        self.permit(dir, Access::Execute)
    }

    /// Whether a name may be added to a directory.
    ///
    /// # Errors
    /// ENOENT in a directory that was removed, EACCES.
    pub(super) fn may_create(&self, dir: PathRef) -> Result<(), Errno> {
        forbid!(self.why, DirectoryRemoved, dir.node, if self.k.is_unlinked(dir.node))?;
        self.may_own(dir)?;
        self.permit(dir, Access::Write)?;
        self.permit(dir, Access::Execute)
    }

    /// Whether a name may be taken out of a directory.
    ///
    /// # Errors
    /// EACCES, EPERM in a sticky directory, ENOTDIR, EISDIR, EBUSY, ENOENT in a removed one.
    pub(super) fn may_delete(
        &self,
        dir: PathRef,
        victim: Node,
        must_be: Victim,
    ) -> Result<(), Errno> {
        // The directories of processes cannot be changed.
        let is_fixed =
            |node| matches!(node, Node::Proc(node) if matches!(node.entry, procfs::Entry::Pid(_)));
        forbid!(self.why, NameComputed, victim, if is_fixed(dir.node))?;
        self.permit(dir, Access::Write)?;
        self.permit(dir, Access::Execute)?;
        self.check_sticky(dir, victim)?;
        forbid!(self.why, NameComputed, victim, if is_fixed(victim))?;
        let is_dir = self.kind_of(victim) == Some(FileKind::Directory);
        match must_be {
            Victim::Directory if !is_dir => return Err(refuse!(self.why, NameIsDirectory, victim)),
            Victim::Other if is_dir => return Err(refuse!(self.why, NameIsFile, victim)),
            Victim::Directory | Victim::Other => {}
        }
        forbid!(self.why, DirectoryRemoved, dir.node, if self.k.is_unlinked(dir.node))?;
        Ok(())
    }

    fn check_sticky(&self, dir: PathRef, victim: Node) -> Result<(), Errno> {
        let above = self.k.owner_of(dir.node)?;
        let owner = self.k.owner_of(victim)?;
        let cred = &self.me()?.cred;
        let is_free = above.mode & 0o1000 == 0
            || cred.fsuid == owner.uid
            || cred.fsuid == above.uid
            || self.capable_wrt_inode(&owner, Cap::FOWNER);
        if is_free {
            Ok(())
        } else {
            Err(refuse!(self.why, StickyOwner, victim => owner.uid))
        }
    }

    /// Whether a file that is there may be opened.
    ///
    /// # Errors
    /// ELOOP for a symbolic link, EISDIR for writing a directory, EACCES, EROFS.
    pub(super) fn may_open(&self, place: PathRef, flags: OpenFlags) -> Result<(), Errno> {
        let wants = Wanted::of(flags);
        let kind = self.kind_of(place.node).ok_or(lost!(ENOENT))?;
        // Files of namespaces are immutable.
        forbid!(self.why, NamespaceFileImmutable, place.node, if wants.write && matches!(place.node, Node::Ns(_)))?;
        match kind {
            FileKind::Symlink => return Err(refuse!(self.why, OpenSymlink, place.node)),
            FileKind::Directory if wants.write => {
                return Err(refuse!(self.why, OpenDirectory, place.node));
            }
            FileKind::CharDevice if !self.may_open_dev(place) => {
                return Err(refuse!(self.why, OpenDevice, place.mount));
            }
            FileKind::Directory
            | FileKind::CharDevice
            | FileKind::Regular
            | FileKind::Fifo
            | FileKind::Socket => {}
        }
        if wants.read {
            self.permit(place, Access::Read)?;
        }
        if wants.write {
            self.permit(place, Access::Write)?;
        }
        Ok(())
    }

    fn may_open_dev(&self, place: PathRef) -> bool {
        let Some(mount) = self.k.mount(place.mount) else {
            return false;
        };
        let sb = self.k.vfs.supers.get(mount.sb);
        // Nobody but the first user namespace gets at devices by making nodes.
        let is_trusted = sb.is_some_and(|sb| sb.user_ns == self.k.init_user_ns);
        is_trusted && !mount.flags.has(MountFlags::NODEV)
    }

    /// Whether the caller owns an inode or may act as if (inode_owner_or_capable).
    ///
    /// # Errors
    /// EPERM.
    pub(super) fn owner_or_capable(&self, node: Node) -> Result<(), Errno> {
        let cred = &self.me()?.cred;
        let uid = self.k.owner_of(node)?.uid;
        let user_ns = self.k.ns.user(cred.user_ns).ok_or(lost!(EPERM))?;
        let is_mapped = user_ns.uid_map.up(uid).is_some();
        if cred.fsuid == uid || (is_mapped && self.is_ns_capable(cred.user_ns, Cap::FOWNER)) {
            Ok(())
        } else {
            Err(refuse!(self.why, FileOwner, node => uid))
        }
    }

    /// Whether the caller may give a file away (chown_ok, chgrp_ok).
    ///
    /// # Errors
    /// EPERM.
    pub(super) fn may_chown(
        &self,
        node: Node,
        uid: Option<u32>,
        gid: Option<u32>,
    ) -> Result<(), Errno> {
        let owner = self.k.owner_of(node)?;
        let cred = &self.me()?.cred;
        let is_mine = cred.fsuid == owner.uid;
        let keeps_uid = uid.is_none_or(|uid| is_mine && uid == owner.uid);
        let keeps_gid =
            gid.is_none_or(|gid| is_mine && (gid == owner.gid || cred.is_in_group(gid)));
        if (keeps_uid && keeps_gid) || self.capable_wrt_inode(&owner, Cap::CHOWN) {
            Ok(())
        } else {
            Err(refuse!(self.why, ChownPermission, node => owner.uid))
        }
    }

    /// Whether the caller is in a group, or may do without (in_group_or_capable).
    pub(super) fn in_group_or_capable(&self, gid: u32) -> Result<bool, Errno> {
        let cred = &self.me()?.cred;
        let user_ns = self.k.ns.user(cred.user_ns).ok_or(lost!(EPERM))?;
        let is_mapped = user_ns.gid_map.up(gid).is_some();
        let may = is_mapped && self.is_ns_capable(cred.user_ns, Cap::FSETID);
        Ok(cred.is_in_group(gid) || may)
    }

    /// ETXTBSY: a program that somebody runs may not be written, and what somebody writes may
    /// not be run.
    ///
    /// # Errors
    /// ETXTBSY.
    pub(super) fn deny_write_access(&self, id: InodeId) -> Result<(), Errno> {
        let is_written = self.k.vfs.files.iter().any(|(_, file)| {
            let is_it = file
                .path
                .is_some_and(|p| self.k.real_node(p.node) == Node::Inode(id));
            is_it && file.flags.any(OpenFlags(3)) && !file.flags.has(OpenFlags::PATH)
        });
        if is_written {
            Err(refuse!(self.why, ProgramWritten, id))
        } else {
            Ok(())
        }
    }

    /// # Errors
    /// ETXTBSY.
    pub(super) fn get_write_access(&self, id: InodeId) -> Result<(), Errno> {
        // Only what came from the disk can be a program.
        let inode = self.k.vfs.inodes.get(id).map(|inode| &inode.data);
        let may_be_program = matches!(
            inode,
            Some(InodeData::Regular {
                source: super::inode::Source::Disk(_),
                ..
            })
        );
        let runs = |t: &crate::kernel::Task| t.mm.is_some() && t.exe == Some(id);
        if may_be_program && self.k.tasks.iter().any(|(_, t)| runs(t)) {
            Err(refuse!(self.why, ProgramRuns, id))
        } else {
            Ok(())
        }
    }
}

fn is_super_read_only(k: &Kernel, place: PathRef) -> bool {
    k.mount(place.mount)
        .is_some_and(|mount| k.is_super_read_only(mount.sb))
}

/// What an open file will be able to do (ACC_MODE).
pub(super) struct Wanted {
    pub read: bool,
    pub write: bool,
}

impl Wanted {
    pub(super) fn of(flags: OpenFlags) -> Self {
        let access = flags.0 & 3;
        Self {
            read: access != OpenFlags::WRONLY.0,
            write: access != 0 || flags.has(OpenFlags::TRUNC),
        }
    }
}
