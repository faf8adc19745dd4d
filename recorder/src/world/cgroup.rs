//! The world's cgroups: a directory of its own in the hierarchies pids and memory (v1) and in the
//! unified one (v2).

use super::{Result, World};
use crate::names::error_name;
use conformance::case::Params;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const KINDS: [Kind; 3] = [Kind::Pids, Kind::Memory, Kind::Unified];
const PREFIX: &str = "ringside-";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pids,
    Memory,
    Unified,
}

/// Where this process is in each hierarchy.
pub struct Layout([PathBuf; 3]);

impl Layout {
    /// # Errors
    /// Which hierarchy is missing.
    pub fn find() -> Result<Self> {
        let read = |path: &str| std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"));
        let mounts = read("/proc/self/mounts")?;
        let places = read("/proc/self/cgroup")?;
        let find = |kind: Kind| {
            let (what, fs, controller) = match kind {
                Kind::Pids => ("the cgroup v1 controller pids", "cgroup", "pids"),
                Kind::Memory => ("the cgroup v1 controller memory", "cgroup", "memory"),
                Kind::Unified => ("a mount of cgroup v2", "cgroup2", ""),
            };
            let mount = mounts.lines().find_map(|line| {
                let words: Vec<&str> = line.split(' ').collect();
                let is_it = *words.get(2)? == fs
                    && (controller.is_empty()
                        || words.get(3)?.split(',').any(|option| option == controller));
                is_it.then(|| PathBuf::from(words[1]))
            });
            let place = places.lines().find_map(|line| {
                let mut words = line.splitn(3, ':').skip(1);
                let is_it = words.next()?.split(',').any(|name| name == controller);
                is_it.then(|| words.next())?
            });
            let (mount, place) = mount
                .zip(place)
                .ok_or_else(|| format!("{what} is missing"))?;
            Ok::<_, String>(mount.join(place.trim_start_matches('/')))
        };
        let [a, b, c] = KINDS.map(find);
        Ok(Self([a?, b?, c?]))
    }
}

/// Removes cgroups that a recorder which was killed has left behind.
pub fn remove_left_behind(layout: &Layout) {
    for entry in layout
        .0
        .iter()
        .filter_map(|dir| dir.read_dir().ok())
        .flatten()
        .flatten()
    {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove_tree(&entry.path());
        }
    }
}

pub struct Cgroups([PathBuf; 3]);

impl Cgroups {
    pub fn new(layout: &Layout, number: usize) -> Result<Self> {
        let name = format!("{PREFIX}{}-{number}", std::process::id());
        let made = Self(layout.0.each_ref().map(|place| place.join(&name)));
        for dir in &made.0 {
            if let Err(error) = std::fs::create_dir(dir) {
                made.remove();
                return Err(format!("{}: {error}", dir.display()));
            }
        }
        Ok(made)
    }

    fn dir(&self, kind: Kind) -> &Path {
        let [pids, memory, unified] = &self.0;
        match kind {
            Kind::Pids => pids,
            Kind::Memory => memory,
            Kind::Unified => unified,
        }
    }

    pub fn enter(&self, pid: u32) -> Result<()> {
        self.0.iter().try_for_each(|dir| attach(dir, pid))
    }

    pub fn leave(&self, pid: u32) -> Result<()> {
        let mut parents = self.0.iter().filter_map(|dir| dir.parent());
        parents.try_for_each(|dir| attach(dir, pid))
    }

    pub fn remove(&self) {
        self.0.iter().for_each(|dir| remove_tree(dir));
    }
}

fn attach(dir: &Path, pid: u32) -> Result<()> {
    let file = dir.join("cgroup.procs");
    std::fs::write(&file, pid.to_string()).map_err(|e| format!("{}: {e}", file.display()))
}

/// Lowest first. Processes that are dead may take a moment to leave.
fn remove_tree(dir: &Path) {
    for entry in dir.read_dir().into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path());
        }
    }
    for _ in 0..50 {
        match std::fs::remove_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => return,
        }
    }
    eprintln!("left behind: {}", dir.display());
}

/// Names of v2 as cases have them, and where the value is here.
fn file_of(key: &str) -> Result<(Kind, &'static str)> {
    Ok(match key {
        "pids.max" => (Kind::Pids, "pids.max"),
        "pids.current" => (Kind::Pids, "pids.current"),
        "memory.max" => (Kind::Memory, "memory.limit_in_bytes"),
        "memory.events" => (Kind::Memory, "memory.oom_control"),
        other => return Err(format!("no cgroup file '{other}'")),
    })
}

impl World {
    pub(super) fn cgroup(&self, op: &str, p: &Params) -> Result<Value> {
        // A path from the root is one from the world's root group, and none leads out of it.
        let name = p.text_or_none("c").unwrap_or_default();
        let name = name.trim_start_matches('/');
        if name.split('/').any(|part| part == "..") {
            return Err(format!("'{name}' leads out of the world's groups"));
        }
        let all = || KINDS.map(|kind| self.cgroups.dir(kind).join(name));
        let place = || -> Result<PathBuf> {
            let (kind, file) = file_of(&p.text("key")?)?;
            Ok(self.cgroups.dir(kind).join(name).join(file))
        };
        let done = match op {
            "cg_mkdir" => all().iter().try_for_each(std::fs::create_dir),
            "cg_rmdir" => all().iter().try_for_each(std::fs::remove_dir),
            "cg_attach" => {
                let pid = self.actors[self.find(&p.text("who")?)?].pid.to_string();
                let mut files = all().into_iter().map(|dir| dir.join("cgroup.procs"));
                files.try_for_each(|file| std::fs::write(file, &pid))
            }
            "cg_set" => std::fs::write(place()?, p.text("val")?),
            "cg_get" => return Ok(answer(std::fs::read_to_string(place()?).map(value))),
            "cg_procs" => {
                let file = self
                    .cgroups
                    .dir(Kind::Unified)
                    .join(name)
                    .join("cgroup.procs");
                let names = std::fs::read_to_string(file).map(|text| self.names_of(&text));
                return Ok(answer(names));
            }
            other => return Err(format!("no operation '{other}' of ctl")),
        };
        Ok(answer(done.map(|()| 0.into())))
    }

    fn names_of(&self, pids: &str) -> Value {
        let name = |pid: &str| {
            let mut actors = self.actors.iter();
            let found = actors.find(|actor| actor.pid.to_string() == pid);
            found.map_or("?", |actor| &actor.name).to_string()
        };
        let mut names: Vec<String> = pids.split_whitespace().map(name).collect();
        names.sort();
        names.into()
    }
}

fn answer(done: io::Result<Value>) -> Value {
    match done {
        Ok(ret) => json!({"ret": ret}),
        Err(error) => json!({"err": error_name(error.raw_os_error().unwrap_or(0))}),
    }
}

/// A number, a word, or of `memory.oom_control` how many were killed.
fn value(text: String) -> Value {
    let text = text.trim();
    let killed = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    match (killed.map(str::parse::<u64>), text.parse::<u64>()) {
        (Some(Ok(count)), _) => json!({"oom_kill": count}),
        (_, Ok(number)) => number.into(),
        (_, Err(_)) => text.into(),
    }
}
