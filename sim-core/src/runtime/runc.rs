//! `runc`: namespaces, a control group and a root of its own, fewer privileges, and the program.

use super::cgroup;
use super::confine::confine;
use super::docker::wait;
use super::layers;
use super::state::{self, Record};
use crate::kernel::syscall::{CloneFlags, MountFlags, Str};
use crate::kernel::{Errno, Syscall};
use crate::user::tool::{Flow, Pending, Round, Sys};
use crate::user::tools::{How, mount_at};
use std::rc::Rc;

const USAGE: &str = "usage: runc run NAME IMAGE HOST COMMAND...\n";

/// `runc run NAME IMAGE HOST COMMAND...`
pub fn runc(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    let ["run", name, image, host, command @ ..] = args.as_slice() else {
        return sys.fail(1, USAGE);
    };
    if command.is_empty() {
        return sys.fail(1, USAGE);
    }
    if let Err(errno) = cgroup::make(sys, name)? {
        state::remove(sys, name)?.ok();
        return sys.fail(1, &format!("runc: cgroup: {}\n", errno.text()));
    }
    if let Err(errno) = layers::mount(sys, name, image)? {
        cgroup::remove(sys, name)?.ok();
        layers::remove(sys, name)?;
        state::remove(sys, name)?.ok();
        return sys.fail(1, &format!("runc: overlay: {}\n", errno.text()));
    }
    // One call makes the process and its namespaces.
    let flags = CloneFlags::NEWPID
        .with(CloneFlags::NEWNS)
        .with(CloneFlags::NEWUTS)
        .with(CloneFlags::NEWIPC)
        .with(CloneFlags::NEWNET);
    match sys.fork_into(flags)? {
        Ok(0) => inside(sys, name, host, command),
        Ok(pid) => outside(sys, name, image, pid as i32),
        Err(errno) => {
            cgroup::remove(sys, name)?.ok();
            layers::unmount(sys, name)?.ok();
            layers::remove(sys, name)?;
            state::remove(sys, name)?.ok();
            sys.fail(1, &format!("runc: clone: {}\n", errno.text()))
        }
    }
}

/// The parent writes down who it is and waits for the end.
fn outside(sys: &mut Sys<'_>, name: &str, image: &str, pid: i32) -> Round {
    let running = Record {
        image: image.into(),
        pid,
        status: "running".into(),
    };
    state::save(sys, name, &running)?.ok();
    let status = wait(sys, pid)?;
    cgroup::remove(sys, name)?.ok();
    layers::unmount(sys, name)?.ok();
    let exited = Record {
        image: image.into(),
        pid: 0,
        status: format!("exited {status}"),
    };
    state::save(sys, name, &exited)?.ok();
    Ok(Flow::Exit(status))
}

/// The first process of the new namespaces, on its way to the program.
fn inside(sys: &mut Sys<'_>, name: &str, host: &str, command: &[&str]) -> Round {
    if let Err((what, errno)) = prepare(sys, name, host)? {
        sys.print(2, &format!("runc: {what}: {}\n", errno.text()))?;
        return Ok(Flow::Exit(126));
    }
    let argv: Rc<[Str]> = command.iter().map(|word| Str::from(*word)).collect();
    let program = command.first().map_or("", |p| p);
    let path = if program.contains('/') {
        program.to_string()
    } else {
        format!("/bin/{program}")
    };
    if let Err(errno) = sys.call(Syscall::Execve {
        path: Str::from(path),
        argv,
    })? {
        sys.print(2, &format!("runc: exec: {program}: {}\n", errno.text()))?;
    }
    Ok(Flow::Exit(127))
}

/// What could not be done, and why.
pub(super) type Prepared = Result<Result<(), (&'static str, Errno)>, Pending>;

/// In the order of the OCI runtime specification's create.
fn prepare(sys: &mut Sys<'_>, name: &str, host: &str) -> Prepared {
    // Into the group first: the new cgroup namespace has its root where the caller is.
    match cgroup::door(sys, name)? {
        Ok(door) => cgroup::enter(sys, door as i32)?,
        Err(errno) => return Ok(Err(("cgroup", errno))),
    }
    let flags = CloneFlags::NEWCGROUP;
    if let Err(errno) = sys.call(Syscall::Unshare { flags })? {
        return Ok(Err(("unshare the cgroup namespace", errno)));
    }
    // Before any mount: what is mounted from here on must not travel back to the host.
    let private = MountFlags::REC.with(MountFlags::PRIVATE);
    if let Err(errno) = mount_at(sys, "none", "/", ("", private, ""))? {
        return Ok(Err(("make / private", errno)));
    }
    let root = layers::root(name);
    let proc_sys = format!("{root}/proc/sys");
    let default = MountFlags::default();
    let readonly = MountFlags::BIND
        .with(MountFlags::REMOUNT)
        .with(MountFlags::RDONLY);
    let steps: [(&'static str, &str, &str, How<'_>); 6] = [
        // Onto itself: a mount of this namespace's own, as pivot_root asks of the new root.
        (
            "bind the root",
            &root,
            &root,
            ("", MountFlags::BIND.with(MountFlags::REC), ""),
        ),
        (
            "mount /tmp",
            "tmpfs",
            &format!("{root}/tmp"),
            ("tmpfs", default, ""),
        ),
        // The host's terminals must be reached from inside.
        (
            "bind /dev",
            "/dev",
            &format!("{root}/dev"),
            ("", MountFlags::BIND, ""),
        ),
        // A fresh instance: it shows the PID namespace that this process is in.
        (
            "mount /proc",
            "proc",
            &format!("{root}/proc"),
            ("proc", default, ""),
        ),
        // Its settings are the kernel's, and so everybody's.
        (
            "bind /proc/sys",
            &proc_sys,
            &proc_sys,
            ("", MountFlags::BIND, ""),
        ),
        (
            "make /proc/sys read-only",
            "none",
            &proc_sys,
            ("", readonly, ""),
        ),
    ];
    for (what, source, target, how) in steps {
        if let Err(errno) = mount_at(sys, source, target, how)? {
            return Ok(Err((what, errno)));
        }
    }
    // pivot_root(".", "."): the old root lands on top of the new one and is taken off again.
    let calls: [(&'static str, Syscall); 5] = [
        (
            "chdir to the root",
            Syscall::Chdir {
                path: Str::from(root),
            },
        ),
        (
            "pivot_root",
            Syscall::PivotRoot {
                new_root: ".".into(),
                put_old: ".".into(),
            },
        ),
        (
            "unmount the old root",
            Syscall::Umount2 {
                target: ".".into(),
                flags: 2,
            },
        ),
        ("chdir to /", Syscall::Chdir { path: "/".into() }),
        (
            "sethostname",
            Syscall::Sethostname {
                name: Str::from(host),
            },
        ),
    ];
    for (what, call) in calls {
        if let Err(errno) = sys.call(call)? {
            return Ok(Err((what, errno)));
        }
    }
    confine(sys)
}
