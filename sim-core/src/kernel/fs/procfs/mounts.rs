//! The files that list mounts (proc_pid_mounts(5), proc_pid_mountinfo(5)).

use crate::kernel::Kernel;
use crate::kernel::cgroup::{self, Hierarchy};
use crate::kernel::fs::mount::{Binding, Mount, MountId};
use crate::kernel::fs::path::PathRef;
use crate::kernel::fs::superblock::SuperBlock;
use crate::kernel::fs::umount::is_read_only;
use crate::kernel::syscall::MountFlags;
use crate::kernel::task::Task;
use std::fmt::Write;

/// Mounts of a task's namespace that lie below its root, with their paths.
fn visible<'a>(k: &'a Kernel, task: &'a Task) -> Vec<(&'a Mount, MountId, &'a SuperBlock, String)> {
    let tree = k.ns.mnt(task.ns.mnt).into_iter().flat_map(|t| &t.mounts);
    let seen = tree.filter_map(|id| {
        let mount = k.vfs.mounts.get(*id)?;
        let sb = k.vfs.supers.get(mount.sb)?;
        let path = k.path_below(task.fs.root, k.mount_root(*id)?)?;
        Some((mount, *id, sb, escaped(&path)))
    });
    seen.collect()
}

/// Blanks and backslashes in octal, as the readers of these files expect.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\n' | '\\' => {
                let _ = write!(out, "\\{:03o}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// The per-mount options beside ro and rw.
fn options(flags: MountFlags) -> String {
    let mut text = String::new();
    for (flag, name) in [
        (MountFlags::NOSUID, ",nosuid"),
        (MountFlags::NODEV, ",nodev"),
        (MountFlags::NOEXEC, ",noexec"),
        (MountFlags::NOATIME, ",noatime"),
        (MountFlags::NODIRATIME, ",nodiratime"),
        (MountFlags::RELATIME, ",relatime"),
        (MountFlags::NOSYMFOLLOW, ",nosymfollow"),
    ] {
        if flags.has(flag) {
            text.push_str(name);
        }
    }
    text
}

fn ro_or_rw(flags: MountFlags) -> &'static str {
    if flags.has(MountFlags::RDONLY) {
        "ro"
    } else {
        "rw"
    }
}

/// proc_pid_mounts(5).
pub(super) fn mounts(k: &Kernel, task: &Task) -> String {
    let mut text = String::new();
    for (mount, id, sb, path) in visible(k, task) {
        let access = if is_read_only(k, id) { "ro" } else { "rw" };
        let _ = writeln!(
            text,
            "{} {path} {} {access}{}{} 0 0",
            escaped(&mount.source),
            sb.fs.name(),
            options(mount.flags),
            sb.options,
        );
    }
    text
}

/// proc_pid_mountinfo(5).
pub fn mountinfo(k: &Kernel, task: &Task) -> String {
    let mut text = String::new();
    for (mount, id, sb, path) in visible(k, task) {
        let parent = mount.at.and_then(|at| k.vfs.mounts.get(at.mount));
        let _ = write!(
            text,
            "{} {} 0:{} {} {path} {}{}",
            mount.id,
            parent.map_or(mount.id, |p| p.id),
            sb.dev,
            root_text(k, task, id, mount),
            ro_or_rw(mount.flags),
            options(mount.flags),
        );
        if mount.group != 0 {
            let _ = write!(text, " shared:{}", mount.group);
        }
        if mount.master != 0 {
            let _ = write!(text, " master:{}", mount.master);
            let from = k.dominating_group(id, task.fs.root);
            if let Some(from) = from.filter(|from| *from != mount.master) {
                let _ = write!(text, " propagate_from:{from}");
            }
        }
        if mount.binding == Binding::Unbindable {
            text.push_str(" unbindable");
        }
        let _ = writeln!(
            text,
            " - {} {} {}{}",
            sb.fs.name(),
            escaped(&mount.source),
            ro_or_rw(sb.flags),
            sb.options,
        );
    }
    text
}

/// What of the file system a mount shows.
fn root_text(k: &Kernel, task: &Task, id: MountId, mount: &Mount) -> String {
    use crate::kernel::fs::Node;
    if let Node::Ns(ns) = mount.root {
        return super::namespace_name(k, ns);
    }
    // As the looker's cgroup namespace shows it.
    if let Node::Cgroup(node) = mount.root {
        let hierarchy = k.cgroups.get(node.group).map(|group| group.hierarchy);
        let set = k.ns.cgroup_root(task.ns.cgroup).unwrap_or(k.cgroups.roots);
        let root = set.get(hierarchy.unwrap_or(Hierarchy::V2));
        let mut path = cgroup::path_from(&k.cgroups, root, node.group);
        if let Some(file) = node.file {
            path = format!("{}/{}", path.trim_end_matches('/'), file.name());
        }
        return escaped(&path);
    }
    let place = PathRef {
        mount: id,
        node: mount.root,
        name: None,
    };
    let gone = if k.is_lost(mount.root) {
        "//deleted"
    } else {
        ""
    };
    escaped(&format!("{}{gone}", k.path_in_fs(place.node)))
}
