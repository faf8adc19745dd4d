//! Control groups (cgroups(7); Documentation/admin-guide/cgroup-v2.rst): trees of groups that
//! processes are in, and controllers that count and limit what a group uses.

mod attach;
mod cpu;
mod files;
mod freezer;
mod memory;
mod name;
mod node;
mod pids;
mod threaded;
mod tree;
mod write;

pub use cpu::{CpuState, Throttle};
pub use files::{CgroupFile, files_of, text};
pub use memory::{charge, uncharge};
pub use name::{path_from, set_text};
pub use node::CgroupNode;
pub use threaded::Resources;
pub use tree::{mkdir, rename, rmdir};
pub use write::write;

use super::syscall::Str;
use super::task::TaskId;
use crate::store::{Key, Slab, SortedMap};

pub type CgroupId = Key<Cgroup>;

/// Which hierarchies there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Version 1 for pids and memory, and version 2 without controllers beside them.
    Hybrid,
    /// Version 2 with all controllers.
    Unified,
}

/// A tree of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hierarchy {
    V2,
    /// Version 1, one controller each.
    Memory,
    Pids,
}

/// Controllers, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Controllers(pub u8);

impl Controllers {
    pub const CPU: Controllers = Controllers(1);
    pub const MEMORY: Controllers = Controllers(2);
    pub const PIDS: Controllers = Controllers(4);
    pub const ALL: Controllers = Controllers(7);
    /// Those that threaded groups can have.
    pub const THREADED: Controllers = Controllers(5);
    /// In the order in which the kernel lists them.
    pub const NAMES: [(Controllers, &'static str); 3] = [
        (Controllers::CPU, "cpu"),
        (Controllers::MEMORY, "memory"),
        (Controllers::PIDS, "pids"),
    ];

    pub fn has(self, other: Controllers) -> bool {
        self.0 & other.0 == other.0
    }

    /// `cpu memory pids` and a line feed; nothing for none.
    pub fn text(self) -> String {
        let names = Self::NAMES.iter().filter(|(one, _)| self.has(*one));
        let names: Vec<&str> = names.map(|(_, name)| *name).collect();
        match names.is_empty() {
            true => String::new(),
            false => format!("{}\n", names.join(" ")),
        }
    }
}

/// Which group a task is in, in each hierarchy (struct css_set). With one hierarchy all three
/// are the same group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CgroupSet {
    pub v2: CgroupId,
    pub memory: CgroupId,
    pub pids: CgroupId,
}

impl CgroupSet {
    pub fn get(self, hierarchy: Hierarchy) -> CgroupId {
        match hierarchy {
            Hierarchy::V2 => self.v2,
            Hierarchy::Memory => self.memory,
            Hierarchy::Pids => self.pids,
        }
    }
}

/// Whether a group is still in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    Online,
    /// Removed, but zombies still refer to it.
    Removed,
}

/// cgroup.freeze.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Freeze {
    #[default]
    No,
    Yes,
}

/// Mode and owner of a directory or file that somebody changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
}

/// struct cgroup, with the state of its controllers.
#[derive(Clone, Debug, Hash)]
pub struct Cgroup {
    pub hierarchy: Hierarchy,
    pub parent: Option<CgroupId>,
    pub name: Str,
    /// In the order of creation.
    pub children: Vec<CgroupId>,
    /// Processes that have not ended, in the order in which they came. A hierarchy's root keeps
    /// no list.
    pub members: Vec<TaskId>,
    /// Processes that refer to it, zombies included.
    pub tasks: u32,
    /// How often its directory or one of its files is where somebody is, open, or the root of a mount
    /// or a file system. Invariant: equals a recount.
    pub holds: u32,
    pub presence: Presence,
    /// Of the directory, and of its files as far as they differ.
    pub owner: Owner,
    pub owners: SortedMap<CgroupFile, Owner>,
    /// User and group of whoever made it: whose its files are.
    pub maker: (u32, u32),
    pub max_depth: Option<u32>,
    pub max_descendants: Option<u32>,
    pub freeze: Freeze,
    pub resources: Resources,
    /// Version 1: notify_on_release and cgroup.clone_children, which groups made in it inherit.
    pub notifies: bool,
    pub clones: bool,
    pub subtree_control: Controllers,
    pub pids: pids::PidsState,
    pub memory: memory::MemoryState,
    pub cpu: CpuState,
}

/// All groups.
#[derive(Clone, Debug, Hash)]
pub struct Cgroups {
    pub table: Slab<Cgroup>,
    pub layout: Layout,
    pub roots: CgroupSet,
    /// The group whose limit the last failed charge ran into.
    pub over_limit: Option<CgroupId>,
}

impl Cgroups {
    pub fn new(layout: Layout) -> Self {
        let mut table = Slab::default();
        let mut root = |hierarchy| table.insert(Cgroup::new(hierarchy, None, "".into()));
        let v2 = root(Hierarchy::V2);
        let roots = match layout {
            Layout::Unified => CgroupSet {
                v2,
                memory: v2,
                pids: v2,
            },
            Layout::Hybrid => CgroupSet {
                v2,
                memory: root(Hierarchy::Memory),
                pids: root(Hierarchy::Pids),
            },
        };
        Self {
            table,
            layout,
            roots,
            over_limit: None,
        }
    }

    /// The groups that the bare world is confined to: the first processes' root.
    pub fn world(&mut self) -> CgroupSet {
        let mut below = |parent: CgroupId, hierarchy| {
            let group = Cgroup::new(hierarchy, Some(parent), "world".into());
            let id = self.table.insert(group);
            if let Some(parent) = self.table.get_mut(parent) {
                parent.children.push(id);
            }
            id
        };
        let roots = self.roots;
        let v2 = below(roots.v2, Hierarchy::V2);
        match self.layout {
            Layout::Unified => CgroupSet {
                v2,
                memory: v2,
                pids: v2,
            },
            Layout::Hybrid => CgroupSet {
                v2,
                memory: below(roots.memory, Hierarchy::Memory),
                pids: below(roots.pids, Hierarchy::Pids),
            },
        }
    }

    /// Counts the first process, which no fork has charged.
    pub fn count_first(&mut self, set: CgroupSet) {
        if set != self.roots {
            self.add_pid(set.pids);
        }
    }

    pub fn get(&self, id: CgroupId) -> Option<&Cgroup> {
        self.table.get(id)
    }

    /// The hierarchies, the last numbered first, as /proc/PID/cgroup lists them.
    pub fn hierarchies(&self) -> &'static [Hierarchy] {
        match self.layout {
            Layout::Hybrid => &[Hierarchy::Pids, Hierarchy::Memory, Hierarchy::V2],
            Layout::Unified => &[Hierarchy::V2],
        }
    }

    /// A group and those above it, innermost first, without the hierarchy's root, which has no
    /// limits and no counters.
    pub fn chain(&self, id: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        let below_root = |id: &CgroupId| self.get(*id).is_some_and(|c| c.parent.is_some());
        std::iter::successors(Some(id), |id| self.get(*id)?.parent).take_while(below_root)
    }

    /// Whether a group is another or below it.
    pub fn is_within(&self, id: CgroupId, above: CgroupId) -> bool {
        std::iter::successors(Some(id), |id| self.get(*id)?.parent).any(|id| id == above)
    }

    /// A group and everything below it.
    pub fn subtree(&self, id: CgroupId) -> Vec<CgroupId> {
        let mut found = Vec::new();
        let mut next = vec![id];
        while let Some(id) = next.pop() {
            found.push(id);
            if let Some(group) = self.get(id) {
                next.extend(group.children.iter().rev());
            }
        }
        found
    }

    /// cgroup_control: the controllers that a group may hand on to its children.
    pub fn controllers(&self, id: CgroupId) -> Controllers {
        match (self.layout, self.get(id).and_then(|c| c.parent)) {
            (Layout::Hybrid, _) => Controllers::default(),
            (Layout::Unified, None) => Controllers::ALL,
            (Layout::Unified, Some(parent)) => {
                let all = self.get(parent).map(|p| p.subtree_control);
                let all = all.unwrap_or_default().0;
                Controllers(match self.is_threaded(id) {
                    true => all & Controllers::THREADED.0,
                    false => all,
                })
            }
        }
    }
}

impl Cgroup {
    pub fn new(hierarchy: Hierarchy, parent: Option<CgroupId>, name: Str) -> Self {
        Self {
            hierarchy,
            parent,
            name,
            children: Vec::new(),
            members: Vec::new(),
            tasks: 0,
            holds: 0,
            presence: Presence::Online,
            owner: Owner {
                mode: 0o755,
                uid: 0,
                gid: 0,
            },
            owners: SortedMap::default(),
            maker: (0, 0),
            max_depth: None,
            max_descendants: None,
            freeze: Freeze::No,
            resources: Resources::Domain,
            notifies: false,
            clones: false,
            subtree_control: Controllers::default(),
            pids: pids::PidsState::default(),
            memory: memory::MemoryState::default(),
            cpu: CpuState::default(),
        }
    }
}
