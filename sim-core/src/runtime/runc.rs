//! `runc`: namespaces, a control group and a root of its own, and the program.

use super::cgroup;
use super::docker::{fail, wait};
use super::state::{self, CONTAINER_DIR, IMAGE_DIR, Record};
use crate::kernel::syscall::{CloneFlags, MountFlags, Str};
use crate::kernel::{Errno, Syscall};
use crate::user::tool::{Asked, Flow, Pending, Round, Sys};
use std::rc::Rc;

/// `runc run NAME IMAGE HOST COMMAND...`
pub fn runc(sys: &mut Sys<'_>) -> Round {
    let args: Vec<String> = sys.args().map(String::from).collect();
    let [verb, name, image, host, command @ ..] = args.as_slice() else {
        return fail(sys, "usage: runc run NAME IMAGE HOST COMMAND...\n");
    };
    if verb != "run" || command.is_empty() {
        return fail(sys, "usage: runc run NAME IMAGE HOST COMMAND...\n");
    }
    if let Err(errno) = cgroup::make(sys, name)? {
        state::remove(sys, name)?.ok();
        return fail(sys, &format!("runc: cgroup: {}\n", errno.text()));
    }
    // One call makes the process and its namespaces.
    let flags = CloneFlags::NEWPID
        .with(CloneFlags::NEWNS)
        .with(CloneFlags::NEWUTS)
        .with(CloneFlags::NEWIPC)
        .with(CloneFlags::NEWNET);
    match sys.fork_into(flags)? {
        Ok(0) => inside(sys, name, image, host, command),
        Ok(pid) => outside(sys, name, image, pid as i32),
        Err(errno) => {
            cgroup::remove(sys, name)?.ok();
            state::remove(sys, name)?.ok();
            fail(sys, &format!("runc: clone: {}\n", errno.text()))
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
    let exited = Record {
        image: image.into(),
        pid: 0,
        status: format!("exited {status}"),
    };
    state::save(sys, name, &exited)?.ok();
    Ok(Flow::Exit(status))
}

/// The first process of the new namespaces, on its way to the program.
fn inside(sys: &mut Sys<'_>, name: &str, image: &str, host: &str, command: &[String]) -> Round {
    if let Err((what, errno)) = prepare(sys, name, image, host)? {
        sys.print(2, &format!("runc: {what}: {}\n", errno.text()))?;
        return Ok(Flow::Exit(126));
    }
    let argv: Rc<[Str]> = command
        .iter()
        .map(|word| Str::from(word.as_str()))
        .collect();
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

type Prepared = Result<Result<(), (&'static str, Errno)>, Pending>;

/// In the order of the OCI runtime specification's create.
fn prepare(sys: &mut Sys<'_>, name: &str, image: &str, host: &str) -> Prepared {
    // Into the group first: the new cgroup namespace has its root where the caller is.
    match cgroup::door(sys, name)? {
        Ok(door) => cgroup::enter(sys, door as i32)?,
        Err(errno) => return Ok(Err(("cgroup", errno))),
    }
    let flags = CloneFlags::NEWCGROUP;
    if let Err(errno) = sys.call(Syscall::Unshare { flags })? {
        return Ok(Err(("unshare the cgroup namespace", errno)));
    }
    let base = format!("{CONTAINER_DIR}/{name}");
    let root = format!("{base}/rootfs");
    // Before any mount: what is mounted from here on must not travel back to the host.
    let private = MountFlags::REC.with(MountFlags::PRIVATE);
    let private = mount(sys, "none", "/", "", private)?;
    if let Err(errno) = private {
        return Ok(Err(("make / private", errno)));
    }
    for dir in [&base, &root] {
        match sys.call(Syscall::Mkdir {
            path: Str::from(dir.as_str()),
            mode: 0o755,
        })? {
            Ok(_) | Err(Errno::EEXIST) => {}
            Err(errno) => return Ok(Err(("make the root directory", errno))),
        }
    }
    // A bind mount of the image is a mount point, as pivot_root asks of the new root.
    let steps: [(&'static str, String, String, &str, MountFlags); 4] = [
        (
            "bind the image",
            format!("{IMAGE_DIR}/{image}"),
            root.clone(),
            "",
            MountFlags::BIND,
        ),
        (
            "mount /tmp",
            "tmpfs".into(),
            format!("{root}/tmp"),
            "tmpfs",
            MountFlags::default(),
        ),
        // The host's terminals must be reached from inside.
        (
            "bind /dev",
            "/dev".into(),
            format!("{root}/dev"),
            "",
            MountFlags::BIND,
        ),
        // A fresh instance: it shows the PID namespace that this process is in.
        (
            "mount /proc",
            "proc".into(),
            format!("{root}/proc"),
            "proc",
            MountFlags::default(),
        ),
    ];
    for (what, source, target, fstype, flags) in steps {
        if let Err(errno) = mount(sys, &source, &target, fstype, flags)? {
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
    Ok(Ok(()))
}

fn mount(
    sys: &mut Sys<'_>,
    source: &str,
    target: &str,
    fstype: &str,
    flags: MountFlags,
) -> Asked<i64> {
    let (source, target, fstype) = (source.into(), target.into(), fstype.into());
    sys.call(Syscall::Mount {
        source,
        target,
        fstype,
        flags,
        data: "".into(),
    })
}
