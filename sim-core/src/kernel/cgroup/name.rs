//! Where a group is: paths as a cgroup namespace shows them (cgroup_namespaces(7)).

use super::{CgroupId, CgroupSet, Cgroups, Hierarchy, Presence};
use crate::kernel::task::Task;
use std::fmt::Write;

fn ancestors(groups: &Cgroups, id: CgroupId) -> Vec<CgroupId> {
    let mut all: Vec<CgroupId> =
        std::iter::successors(Some(id), |id| groups.get(*id)?.parent).collect();
    all.reverse();
    all
}

/// kernfs_path_from_node: the path to a group from another; `/..` for each step up.
pub fn path_from(groups: &Cgroups, from: CgroupId, to: CgroupId) -> String {
    let (from, to) = (ancestors(groups, from), ancestors(groups, to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut path = "/..".repeat(from.len().saturating_sub(common));
    for id in to.iter().skip(common) {
        let name = groups.get(*id).map_or("", |c| &c.name);
        let _ = write!(path, "/{name}");
    }
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// /proc/PID/cgroup: a line per hierarchy, as seen from a cgroup namespace's roots.
pub fn set_text(groups: &Cgroups, task: &Task, roots: CgroupSet) -> String {
    let mut text = String::new();
    for hierarchy in groups.hierarchies() {
        let id = task.cgroups.get(*hierarchy);
        let head = match hierarchy {
            Hierarchy::V2 => "0::",
            Hierarchy::Memory => "1:memory:",
            Hierarchy::Pids => "2:pids:",
        };
        // The dead are in no group of version 1.
        if *hierarchy != Hierarchy::V2 && task.has_exited() {
            let _ = writeln!(text, "{head}/");
            continue;
        }
        let path = path_from(groups, roots.get(*hierarchy), id);
        let is_removed = groups
            .get(id)
            .is_none_or(|c| c.presence == Presence::Removed);
        let tail = match is_removed && *hierarchy == Hierarchy::V2 {
            true => " (deleted)",
            false => "",
        };
        let _ = writeln!(text, "{head}{path}{tail}");
    }
    text
}
