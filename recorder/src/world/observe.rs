//! What the observer sees from outside.

use super::{Result, World};
use conformance::case::Params;
use conformance::ctl::TYPES;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

const USUAL_TYPES: &str = "pid,mnt,uts,ipc,net,user,cgroup";

/// Where nft is, if it is there.
pub fn nft() -> Option<&'static str> {
    ["/usr/sbin/nft", "/usr/bin/nft", "/sbin/nft", "/bin/nft"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
}

impl World {
    pub(super) fn observe(&mut self, op: &str, p: &Params) -> Result<Value> {
        let of = || p.text("of");
        let ret = match op {
            "alive" => self.alive(),
            "proc" => self.process(&of()?)?,
            "ns" => self.namespaces_of(p)?,
            "pages" => self.pages(&p.list("of"))?,
            "rss" => self.resident(&of()?)?,
            "vmas" => {
                let all = self.mappings(&of()?)?;
                let row = |(first, pages, protection)| json!([first, pages, protection]);
                all.into_iter().map(row).collect()
            }
            "nft" => self.nft(p)?,
            _ => return self.cgroup(op, p),
        };
        Ok(json!({"ret": ret}))
    }

    fn alive(&self) -> Value {
        let state = |actor: &super::Actor| match actor.stat() {
            Some(stat) if actor.ended.is_none() || stat.state == 'Z' => stat.state.to_string(),
            _ => "gone".into(),
        };
        let all = self.actors.iter();
        all.map(|actor| (actor.name.clone(), Value::from(state(actor))))
            .collect::<Map<_, _>>()
            .into()
    }

    fn process(&self, name: &str) -> Result<Value> {
        let actor = &self.actors[self.find(name)?];
        let Ok(text) = std::fs::read_to_string(format!("/proc/{}/status", actor.pid)) else {
            return Ok(Value::Null);
        };
        let rows: BTreeMap<&str, Vec<&str>> = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key, value.split_whitespace().collect()))
            .collect();
        let words = |key: &str| rows.get(key).cloned().unwrap_or_default();
        let numbers = |key: &str, skipped: usize| -> Vec<i64> {
            let words = words(key).into_iter().skip(skipped);
            words.filter_map(|word| word.parse().ok()).collect()
        };
        let parent = numbers("PPid", 0).first().copied().unwrap_or(0);
        let is_parent = |other: &&super::Actor| i64::from(other.pid) == parent && !other.is_reaped;
        let parent = self.actors.iter().find(is_parent);
        Ok(json!({
            // Without the number here outside.
            "nspid": numbers("NSpid", 1),
            "parent": parent.map_or("outside", |parent| &parent.name),
            "state": words("State").first(),
            "uid": numbers("Uid", 0),
            "gid": numbers("Gid", 0),
        }))
    }

    /// Numbers of the namespaces of a process by link, none where the link leads nowhere. All
    /// links are followed, so that the numbers do not depend on which ones a case asks for.
    pub(super) fn see_namespaces(&mut self, who: usize) -> BTreeMap<&'static str, Option<usize>> {
        let pid = self.actors[who].pid;
        let mut see = |(link, kind)| {
            let at = std::fs::metadata(format!("/proc/{pid}/ns/{link}"))
                .ok()?
                .ino();
            let known = self.namespaces.entry(kind).or_default();
            let number = known.iter().position(|other| *other == at);
            Some(number.unwrap_or_else(|| {
                known.push(at);
                known.len() - 1
            }))
        };
        TYPES.into_iter().map(|link| (link.0, see(link))).collect()
    }

    fn namespaces_of(&mut self, p: &Params) -> Result<Value> {
        let types = p
            .text_or_none("types")
            .unwrap_or_else(|| USUAL_TYPES.into());
        let mut all = Map::new();
        for name in p.list("of") {
            let seen = self.see_namespaces(self.find(&name)?);
            let number = |link: &str| match seen.get(link) {
                Some(number) => Ok((link.to_string(), json!(number))),
                None => Err(format!("no type '{link}' of namespaces")),
            };
            let row: Map<String, Value> = types.split(',').map(number).collect::<Result<_>>()?;
            all.insert(name, row.into());
        }
        Ok(all.into())
    }

    /// Runs nft in the network namespace of a process.
    fn nft(&self, p: &Params) -> Result<Value> {
        let program = nft().ok_or("nft is not there")?;
        let actor = &self.actors[self.find(&p.text("ns")?)?];
        let pidfd = actor.pidfd.as_raw_fd();
        let mut command = Command::new(program);
        command.arg(p.text("cmd")?);
        // SAFETY: Between fork and exec only a system call is made, with numbers.
        unsafe {
            command.pre_exec(move || match libc::setns(pidfd, libc::CLONE_NEWNET) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            });
        }
        let output = command.output().map_err(|e| format!("{program}: {e}"))?;
        if !output.status.success() {
            return Err(format!("nft: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(0.into())
    }
}
