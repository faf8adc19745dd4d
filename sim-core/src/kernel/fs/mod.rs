//! Files: the VFS, its file systems, mounts, descriptors, pipes and terminals.

mod access;
mod attributes;
mod boot;
mod cgroupfs;
mod check;
mod copy_tree;
mod dup;
mod fd;
mod fifo;
mod inode;
mod links;
mod mount;
mod mount_calls;
mod names;
mod namespace;
mod new_mount;
mod open;
mod overlay;
mod pagecache;
mod path;
mod path_calls;
mod path_text;
mod pipe;
mod pivot;
pub mod procfs;
mod propagation;
mod rename;
mod rw;
mod script;
mod socket;
mod superblock;
mod tty;
mod tty_input;
mod umount;
mod vfs_ops;
mod walk;

pub use attributes::{
    sys_chmod, sys_chown, sys_fchmod, sys_fchown, sys_fstat, sys_ftruncate, sys_lchown, sys_lstat,
    sys_newfstatat, sys_truncate,
};
pub use boot::{agent_file, boot, boot_bare};
pub use check::{check, namespace_refs};
pub use dup::{sys_dup, sys_dup2, sys_dup3, sys_fcntl};
pub use fd::{
    Fd, FdTable, FileId, OnExec, OpenFile, OpenKind, close_on_exec, hold_files, ns_of_fd,
    open_pidfd, pid_of_fd, release_files, sys_close,
};
pub use inode::{Device, Inode, InodeData, InodeId};
pub use links::{HardLink, LinkId};
pub use mount::{Mount, MountId, MountNs};
pub use mount_calls::sys_mount;
pub use names::{sys_link, sys_mkdir, sys_mknod, sys_rmdir, sys_symlink, sys_unlink};
pub use namespace::{copy_mount_ns, drop_mount_ns, enter_mount_ns, is_chrooted, root_of};
pub use open::{ExecFile, exec_of_fd, mappable, open_exec, sys_openat};
pub use pagecache::{
    cached_page, drop_clean_page, file_pages, hold_mapped, page, release_mapped, shmem_file,
};
pub use path::{FsStruct, Node, PathRef, fork_fs, release_fs};
pub use path_calls::{
    sys_chdir, sys_chroot, sys_fchdir, sys_getcwd, sys_getdents64, sys_readlink, sys_umask,
};
pub use pipe::{Pipe, PipeId, sys_pipe2};
pub use pivot::sys_pivot_root;
pub use rename::{sys_rename, sys_renameat2};
pub use rw::{sys_lseek, sys_read, sys_write};
pub use script::interpreter;
pub use socket::{
    install_socket, make_socket, may_accept_at, may_make_socket, release_socket_path, socket_inode,
    socket_of_fd,
};
pub use superblock::{FsType, SuperBlock, SuperId};
pub use tty::{Tty, session_leader_exit, sys_ioctl, tty_hangup};
pub use tty_input::keyboard_interrupt;
pub use umount::sys_umount2;

use crate::store::{Slab, SortedMap};

/// Everything about files.
#[derive(Clone, Debug, Hash)]
pub struct Vfs {
    pub inodes: Slab<Inode>,
    pub mounts: Slab<Mount>,
    pub supers: Slab<SuperBlock>,
    pub files: Slab<OpenFile>,
    pub pipes: Slab<Pipe>,
    /// Further names of files.
    pub links: Slab<HardLink>,
    /// By number.
    pub ttys: Vec<Tty>,
    /// The mount that files of namespaces are seen on; no namespace shows it.
    pub nsfs: Option<MountId>,
    /// Peer groups: their members as they are linked, each copy behind its original.
    pub peer_groups: SortedMap<u32, Vec<MountId>>,
    /// Mounts made so far.
    pub next_mount: u64,
    /// Device numbers of file systems given out so far.
    pub next_dev: u32,
}
