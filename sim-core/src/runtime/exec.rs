//! `docker exec`: another program in the namespaces of a running one.

use super::cgroup;
use super::confine::confine;
use super::docker::{no_such, wait};
use super::state;
use crate::kernel::Syscall;
use crate::kernel::syscall::{CloneFlags, OpenFlags, Str};
use crate::user::tool::{Flow, Round, Sys};
use std::rc::Rc;

/// Joins through /proc/PID/ns. All files are opened first: once the mount namespace is
/// another, the host's /proc is out of reach. A PID namespace is joined by the children to come,
/// so a fork follows.
pub fn exec(sys: &mut Sys<'_>, name: &str, command: &[&str]) -> Round {
    let record = match state::load(sys, name)? {
        Ok(record) => record,
        Err(_) => return no_such(sys, name),
    };
    if !record.is_running() {
        return sys.fail(
            1,
            &format!("Error response from daemon: container {name} is not running\n"),
        );
    }
    let mut files = Vec::new();
    for kind in ["ipc", "uts", "net", "pid", "cgroup", "mnt"] {
        let path = Str::from(format!("/proc/{}/ns/{kind}", record.pid));
        match sys.call(Syscall::Openat {
            path,
            flags: OpenFlags::CLOEXEC,
            mode: 0,
        })? {
            Ok(fd) => files.push(fd as i32),
            Err(errno) => return sys.fail(1, &format!("docker: exec: {kind}: {}\n", errno.text())),
        }
    }
    let door = cgroup::door(sys, name)?;
    for fd in files {
        if let Err(errno) = sys.call(Syscall::Setns {
            fd,
            kind: CloneFlags::default(),
        })? {
            return sys.fail(1, &format!("docker: exec: setns: {}\n", errno.text()));
        }
    }
    match sys.fork()? {
        Ok(0) => {
            if let Ok(door) = door {
                cgroup::enter(sys, door as i32)?;
            }
        }
        Ok(pid) => return Ok(Flow::Exit(wait(sys, pid as i32)?)),
        Err(errno) => return sys.fail(1, &format!("docker: exec: fork: {}\n", errno.text())),
    }
    sys.call(Syscall::Chdir { path: "/".into() })?.ok();
    if let Err((what, errno)) = confine(sys)? {
        return sys.fail(1, &format!("docker: exec: {what}: {}\n", errno.text()));
    }
    let argv: Rc<[Str]> = command.iter().map(|word| Str::from(*word)).collect();
    let program = command.first().copied().unwrap_or_default();
    let path = if program.contains('/') {
        program.to_string()
    } else {
        format!("/bin/{program}")
    };
    if let Err(errno) = sys.call(Syscall::Execve {
        path: Str::from(path),
        argv,
    })? {
        sys.print(2, &format!("docker: exec: {program}: {}\n", errno.text()))?;
    }
    Ok(Flow::Exit(127))
}
