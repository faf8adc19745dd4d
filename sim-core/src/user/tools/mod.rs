//! The small tools: their output is that of coreutils, procps and util-linux.

mod files;
mod ip;
mod lsns;
mod mounting;
mod namespaces;
mod processes;
mod ps;
mod text;

pub use files::{cat, ls, mkdir, rm};
pub use ip::ip;
pub use lsns::{LsnsState, lsns};
pub use mounting::{How, mount, mount_at, umount};
pub use namespaces::{nsenter, unshare};
pub use processes::{hostname, id, kill, sleep};
pub use ps::{PsState, ps};
pub use text::echo;

use super::tool::{Asked, Sys};
use crate::kernel::Syscall;
use crate::kernel::syscall::{OpenFlags, Str};

/// Everything in a file.
pub fn read_file(sys: &mut Sys<'_>, path: &str) -> Asked<Vec<u8>> {
    let open = Syscall::Openat {
        path: Str::from(path),
        flags: OpenFlags::default(),
        mode: 0,
    };
    let fd = match sys.call(open)? {
        Ok(fd) => fd as i32,
        Err(errno) => return Ok(Err(errno)),
    };
    let mut all = Vec::new();
    let end = loop {
        match sys.read(fd)? {
            Ok(bytes) if bytes.is_empty() => break Ok(()),
            Ok(bytes) => all.extend_from_slice(&bytes),
            Err(errno) => break Err(errno),
        }
    };
    sys.call(Syscall::Close { fd })?.ok();
    Ok(end.map(|()| all))
}
