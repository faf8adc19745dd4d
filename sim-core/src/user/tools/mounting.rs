//! mount(8), umount(8).

use super::read_file;
use crate::kernel::Syscall;
use crate::kernel::syscall::{MountFlags, Str};
use crate::user::tool::{Asked, Flow, Round, Sys};

/// mount(8): the list, `-t TYPE SOURCE DIR`, `--bind SOURCE DIR`, `-o ro|remount,...`.
pub fn mount(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    if args.is_empty() {
        return list(sys);
    }
    let (mut fstype, mut flags, mut places) = ("", MountFlags::default(), Vec::new());
    let mut data: Vec<String> = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "-t" => fstype = words.next().copied().unwrap_or_default(),
            "--bind" | "-B" => flags = flags.with(MountFlags::BIND),
            "--rbind" => flags = flags.with(MountFlags::BIND).with(MountFlags::REC),
            "--make-shared" => flags = flags.with(MountFlags::SHARED),
            "--make-rshared" => flags = flags.with(MountFlags::SHARED).with(MountFlags::REC),
            "--make-slave" => flags = flags.with(MountFlags::SLAVE),
            "--make-rslave" => flags = flags.with(MountFlags::SLAVE).with(MountFlags::REC),
            "--make-unbindable" => flags = flags.with(MountFlags::UNBINDABLE),
            "--make-private" => flags = flags.with(MountFlags::PRIVATE),
            "--make-rprivate" => flags = flags.with(MountFlags::PRIVATE).with(MountFlags::REC),
            "--move" => flags = flags.with(MountFlags::MOVE),
            "-o" => {
                for option in words.next().map_or("", |o| o).split(',') {
                    flags = flags.with(match option {
                        "ro" => MountFlags::RDONLY,
                        "remount" => MountFlags::REMOUNT,
                        "bind" => MountFlags::BIND,
                        "nosuid" => MountFlags::NOSUID,
                        "nodev" => MountFlags::NODEV,
                        "noexec" => MountFlags::NOEXEC,
                        "defaults" | "rw" | "" => MountFlags::default(),
                        other => {
                            data.push(other.to_string());
                            MountFlags::default()
                        }
                    });
                }
            }
            _ => places.push(*word),
        }
    }
    let (source, target) = match places.as_slice() {
        [target] => ("", *target),
        [source, target] => (*source, *target),
        _ => {
            return sys.fail(1, "mount: bad usage\n");
        }
    };
    match mount_at(sys, source, target, (fstype, flags, &data.join(",")))? {
        Ok(_) => Ok(Flow::Exit(0)),
        Err(errno) => sys.fail(32, &format!("mount: {target}: {}\n", errno.text())),
    }
}

fn list(sys: &mut Sys<'_>) -> Round {
    let text = match read_file(sys, "/proc/self/mounts")? {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(errno) => {
            return sys.fail(1, &format!("mount: /proc/self/mounts: {}\n", errno.text()));
        }
    };
    let lines = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [source, target, fstype, options, ..] = fields.as_slice() else {
            return None;
        };
        Some(format!("{source} on {target} type {fstype} ({options})\n"))
    });
    let all: String = lines.collect();
    sys.print(1, &all)?;
    Ok(Flow::Exit(0))
}

/// Type, flags and options of a mount.
pub type How<'a> = (&'a str, MountFlags, &'a str);

/// One mount(2).
pub fn mount_at(
    sys: &mut Sys<'_>,
    source: &str,
    target: &str,
    (fstype, flags, data): How<'_>,
) -> Asked<i64> {
    sys.call(Syscall::Mount {
        source: source.into(),
        target: target.into(),
        fstype: fstype.into(),
        flags,
        data: data.into(),
    })
}

/// umount(8), with `-l`.
pub fn umount(sys: &mut Sys<'_>) -> Round {
    let args = sys.words();
    let flags = if args.contains(&"-l") { 2 } else { 0 };
    let mut status = 0;
    for target in args.iter().filter(|a| **a != "-l") {
        if let Err(errno) = sys.call(Syscall::Umount2 {
            target: Str::from(*target),
            flags,
        })? {
            sys.print(2, &format!("umount: {target}: {}\n", errno.text()))?;
            status = 32;
        }
    }
    Ok(Flow::Exit(status))
}
