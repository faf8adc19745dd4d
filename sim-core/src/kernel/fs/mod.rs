//! Files: the VFS, its file systems, mounts, descriptors, pipes and terminals.

use super::syscall::{
    InBuf, Ioctl, MountFlags, OpenFlags, OutBuf, SeekWhence, Str, SysResult,
};
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
