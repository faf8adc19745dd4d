//! The files of a container: the image, and a layer of its own for what is written.

use super::state::{IMAGE_DIR, LAYER_DIR};
use crate::kernel::syscall::{FileKind, MountFlags, OpenFlags, Str};
use crate::kernel::{Errno, Reply, Syscall};
use crate::user::tool::{Asked, Pending, Sys};
use crate::user::tools::mount_at;

/// Where the root of a container is mounted on the host.
pub fn root(name: &str) -> String {
    format!("{LAYER_DIR}/{name}/merged")
}

/// Mounts the root. The image stays as it is: what is written goes into the upper layer.
pub fn mount(sys: &mut Sys<'_>, name: &str, image: &str) -> Asked<i64> {
    let base = format!("{LAYER_DIR}/{name}");
    let (upper, work, merged) = (format!("{base}/diff"), format!("{base}/work"), root(name));
    for dir in [&base, &upper, &work, &merged] {
        let path = Str::from(dir.as_str());
        match sys.call(Syscall::Mkdir { path, mode: 0o755 })? {
            Ok(_) | Err(Errno::EEXIST) => {}
            Err(errno) => return Ok(Err(errno)),
        }
    }
    let options = format!("lowerdir={IMAGE_DIR}/{image},upperdir={upper},workdir={work}");
    let how = ("overlay", MountFlags::default(), options.as_str());
    mount_at(sys, "overlay", &merged, how)
}

/// Takes the root off the host again.
pub fn unmount(sys: &mut Sys<'_>, name: &str) -> Asked<i64> {
    let target = root(name).into();
    sys.call(Syscall::Umount2 { target, flags: 0 })
}

/// Takes the layer away, with what was written.
pub fn remove(sys: &mut Sys<'_>, name: &str) -> Result<(), Pending> {
    remove_tree(sys, &format!("{LAYER_DIR}/{name}"))
}

fn remove_tree(sys: &mut Sys<'_>, dir: &str) -> Result<(), Pending> {
    let open = Syscall::Openat {
        path: dir.into(),
        flags: OpenFlags::DIRECTORY,
        mode: 0,
    };
    let Ok(fd) = sys.call(open)? else {
        return Ok(());
    };
    let fd = fd as i32;
    let entries = sys.reply(Syscall::Getdents64 { fd })?;
    sys.call(Syscall::Close { fd })?.ok();
    if let Ok(Reply::Dirents(entries)) = entries {
        for entry in entries.iter().filter(|e| !matches!(&*e.name, "." | "..")) {
            let path = format!("{dir}/{}", entry.name);
            if entry.kind == FileKind::Directory {
                remove_tree(sys, &path)?;
            } else {
                sys.call(Syscall::Unlink { path: path.into() })?.ok();
            }
        }
    }
    sys.call(Syscall::Rmdir { path: dir.into() })?.ok();
    Ok(())
}
