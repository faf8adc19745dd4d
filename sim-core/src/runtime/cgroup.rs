//! The control group of a container: /sys/fs/cgroup/docker/NAME.

use crate::kernel::syscall::{OpenFlags, Str};
use crate::kernel::{Errno, Syscall};
use crate::user::tool::{Asked, Pending, Sys};

const ROOT: &str = "/sys/fs/cgroup";
const PARENT: &str = "/sys/fs/cgroup/docker";

/// Makes the group, with the controllers handed down to it. Groups in between hold no process,
/// as version 2 asks of those that hand controllers down.
pub fn make(sys: &mut Sys<'_>, name: &str) -> Asked<i64> {
    for (parent, child) in [(ROOT, PARENT.into()), (PARENT, format!("{PARENT}/{name}"))] {
        let control = open(sys, &format!("{parent}/cgroup.subtree_control"))?;
        let Ok(fd) = control else {
            return Ok(control);
        };
        put(sys, fd as i32, "+cpu +memory +pids\n")?;
        let path = Str::from(child);
        match sys.call(Syscall::Mkdir { path, mode: 0o755 })? {
            Ok(_) | Err(Errno::EEXIST) => {}
            Err(errno) => return Ok(Err(errno)),
        }
    }
    Ok(Ok(0))
}

/// The file that a process enters the group by: to be opened while the host's /sys is in sight.
pub fn door(sys: &mut Sys<'_>, name: &str) -> Asked<i64> {
    open(sys, &format!("{PARENT}/{name}/cgroup.procs"))
}

/// The caller enters: 0 stands for whoever writes it.
pub fn enter(sys: &mut Sys<'_>, door: i32) -> Result<(), Pending> {
    put(sys, door, "0\n")
}

/// Takes an empty group away.
pub fn remove(sys: &mut Sys<'_>, name: &str) -> Asked<i64> {
    let path = Str::from(format!("{PARENT}/{name}"));
    sys.call(Syscall::Rmdir { path })
}

fn open(sys: &mut Sys<'_>, path: &str) -> Asked<i64> {
    sys.call(Syscall::Openat {
        path: Str::from(path),
        flags: OpenFlags::WRONLY,
        mode: 0,
    })
}

fn put(sys: &mut Sys<'_>, fd: i32, text: &str) -> Result<(), Pending> {
    sys.print(fd, text)?;
    sys.call(Syscall::Close { fd })?.ok();
    Ok(())
}
