//! Files: the VFS, its file systems, mounts, descriptors, pipes and terminals.

use super::syscall::{InBuf, Ioctl, MountFlags, OpenFlags, OutBuf, SeekWhence, Str, SysResult};
use super::{Ctx, Errno};
use crate::store::Key;

#[derive(Clone, Debug, Hash)]
pub struct Inode;
#[derive(Clone, Debug, Hash)]
pub struct Pipe;
pub type InodeId = Key<Inode>;
pub type PipeId = Key<Pipe>;

/// A mount namespace's tree of mounts.
#[derive(Clone, Debug, Hash)]
pub struct MountNs;
/// Root and working directory of a task (struct fs_struct).
#[derive(Clone, Debug, Hash)]
pub struct FsStruct;
/// Descriptors of a task (struct files_struct).
#[derive(Clone, Debug, Default, Hash)]
pub struct FdTable;

/// Everything about files.
#[derive(Clone, Debug, Default, Hash)]
pub struct Vfs;

macro_rules! stubs { ($($f:ident($($t:ty),*);)*) => { $(pub fn $f(_: &mut Ctx<'_>, $(_: $t),*) -> SysResult { Err(Errno::ENOSYS) })* } }
stubs! {
    sys_read(i32, OutBuf); sys_write(i32, InBuf); sys_close(i32); sys_lseek(i32, i64, SeekWhence);
    sys_ioctl(i32, Ioctl); sys_dup(i32); sys_dup2(i32, i32); sys_getcwd(); sys_chdir(Str);
    sys_mkdir(Str, u16); sys_rmdir(Str); sys_unlink(Str); sys_symlink(Str, Str); sys_readlink(Str);
    sys_pivot_root(Str, Str); sys_chroot(Str); sys_mount(Str, Str, Str, MountFlags);
    sys_umount2(Str, i32); sys_getdents64(i32); sys_openat(Str, OpenFlags, u16); sys_newfstatat(Str);
    sys_pipe2(OpenFlags);
}

#[derive(Clone, Debug, Hash)]
pub struct ExecFile {
    pub inode: InodeId,
    pub program: super::ProgramId,
    pub text_pages: u16,
    pub data_pages: u16,
}
pub fn boot(_: &mut crate::hw::Hardware) -> (Vfs, MountNs, FsStruct) {
    (Vfs, MountNs, FsStruct)
}
pub fn fork_files(_: &mut super::Kernel, f: &FdTable) -> FdTable {
    f.clone()
}
pub fn release_files(_: &mut Ctx<'_>, _: &FdTable) {}
pub fn close_on_exec(_: &mut Ctx<'_>) {}
pub fn fork_fs(_: &mut super::Kernel, f: &FsStruct) -> FsStruct {
    f.clone()
}
pub fn release_fs(_: &mut Ctx<'_>, _: &FsStruct) {}
pub fn copy_mount_ns(_: &mut Ctx<'_>, _: &FsStruct) -> Result<(MountNs, FsStruct), Errno> {
    Err(Errno::ENOMEM)
}
pub fn drop_mount_ns(_: &mut Ctx<'_>, _: MountNs) {}
/// setns(2) to a mount namespace: root and cwd at the root of its tree.
pub fn root_of(_: &mut super::Kernel, _: super::NsId, old: &FsStruct) -> Result<FsStruct, Errno> {
    Ok(old.clone())
}
pub fn page(_: &mut Ctx<'_>, _: InodeId, _: u64) -> Result<crate::hw::Pfn, Errno> {
    Err(Errno::EIO)
}
pub fn open_exec(_: &mut Ctx<'_>, _: &str) -> Result<ExecFile, Errno> {
    Err(Errno::ENOENT)
}
/// mmap(2) of a descriptor: EBADF, EACCES, ENODEV.
pub fn mappable(
    _: &mut Ctx<'_>,
    _: i32,
    _: super::syscall::Prot,
    _: super::mm::Sharing,
) -> Result<InodeId, Errno> {
    Err(Errno::EBADF)
}
/// A mapping keeps the inode alive.
pub fn hold_mapped(_: &mut super::Kernel, _: InodeId) {}
pub fn release_mapped(_: &mut Ctx<'_>, _: InodeId) {}
pub fn tty_hangup(_: &mut Ctx<'_>, _: crate::hw::TtyId) -> Result<(), Errno> {
    Err(Errno::ENODEV)
}
/// The session leader exits: hang up its controlling terminal for the session.
pub fn session_leader_exit(_: &mut Ctx<'_>, _: crate::hw::TtyId) {}
pub fn keyboard_interrupt(_: &mut Ctx<'_>) {}
pub fn ns_of_fd(_: &mut Ctx<'_>, _: i32) -> Result<super::NsId, Errno> {
    Err(Errno::EBADF)
}
pub fn check(_: &super::Kernel, _: &crate::hw::Hardware) -> Result<(), String> {
    Ok(())
}
pub fn namespace_refs(_: &super::Kernel) -> Vec<super::NsId> {
    Vec::new()
}
