//! Groups as directories: what the VFS asks about them (kernfs).

use super::files::{CgroupFile, files_of};
use super::{CgroupId, Cgroups, Owner, Presence};
use crate::kernel::rule::Why;
use crate::kernel::syscall::FileKind;
use crate::kernel::{Errno, Kernel};

/// A directory, or a file in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CgroupNode {
    pub group: CgroupId,
    pub file: Option<CgroupFile>,
}

impl CgroupNode {
    pub fn dir(group: CgroupId) -> Self {
        Self { group, file: None }
    }

    pub fn kind(self) -> FileKind {
        match self.file {
            Some(_) => FileKind::Regular,
            None => FileKind::Directory,
        }
    }

    /// A number that tells nodes apart.
    pub fn inode_number(self) -> u64 {
        crate::store::digest_of(&self) >> 32
    }

    pub fn parent(self, groups: &Cgroups) -> Option<CgroupNode> {
        match self.file {
            Some(_) => Some(Self::dir(self.group)),
            None => groups.get(self.group)?.parent.map(Self::dir),
        }
    }

    pub fn name(self, groups: &Cgroups) -> Option<String> {
        Some(match self.file {
            Some(file) => file.name().into(),
            None => groups.get(self.group)?.name.to_string(),
        })
    }

    /// Whether its directory was removed.
    pub fn is_removed(self, groups: &Cgroups) -> bool {
        let group = groups.get(self.group);
        group.is_none_or(|group| group.presence == Presence::Removed)
    }

    /// One name in a directory.
    ///
    /// # Errors
    /// ENOENT, ENOTDIR.
    pub fn lookup(self, k: &Kernel, why: &Why, name: &str) -> Result<CgroupNode, Errno> {
        forbid!(why, CgroupFileNotDir, if self.file.is_some())?;
        if let Some(child) = k.cgroups.child(self.group, name) {
            return Ok(Self::dir(child));
        }
        let found = files_of(k, self.group)
            .into_iter()
            .find(|f| f.name() == name && !self.is_removed(&k.cgroups));
        let file = Some(found.ok_or_else(|| refuse!(why, NameExists))?);
        Ok(Self { file, ..self })
    }

    /// Everything in a directory.
    pub fn list(self, k: &Kernel) -> Vec<CgroupNode> {
        if self.is_removed(&k.cgroups) {
            return Vec::new();
        }
        let files = files_of(k, self.group).into_iter();
        let files = files.map(|file| Self {
            file: Some(file),
            ..self
        });
        let children = k.cgroups.get(self.group).into_iter();
        let children = children.flat_map(|c| &c.children).copied().map(Self::dir);
        files.chain(children).collect()
    }

    /// Files belong to whoever made the directory, until they are given to somebody else.
    pub fn owner(self, groups: &Cgroups) -> Owner {
        let Some(group) = groups.get(self.group) else {
            return Owner {
                mode: 0,
                uid: 0,
                gid: 0,
            };
        };
        match self.file {
            None => group.owner,
            Some(file) => group.owners.get(&file).copied().unwrap_or(Owner {
                mode: file.mode(),
                uid: group.maker.0,
                gid: group.maker.1,
            }),
        }
    }

    /// chmod(2) and chown(2).
    pub fn set_owner(self, groups: &mut Cgroups, owner: Owner) {
        let Some(group) = groups.table.get_mut(self.group) else {
            return;
        };
        match self.file {
            None => group.owner = owner,
            Some(file) => {
                group.owners.insert(file, owner);
            }
        }
    }
}
