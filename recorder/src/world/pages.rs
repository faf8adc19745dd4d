//! The frames behind pages: proc_pid_pagemap(5), /proc/kpagecount and /proc/kpageflags.

use super::{Result, World};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::os::unix::fs::FileExt;

pub const PAGE: usize = 4096;
const PRESENT: u64 = 1 << 63;
const FRAME: u64 = (1 << 55) - 1;
const ZERO_PAGE: u64 = 1 << 24;

fn open(path: &str) -> Result<File> {
    File::open(path).map_err(|e| format!("{path}: {e}"))
}

fn word(file: &File, at: u64) -> Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, at * 8)
        .map_err(|e| e.to_string())?;
    Ok(u64::from_ne_bytes(bytes))
}

impl World {
    /// A region, written PROCESS.LABEL: which process, address, bytes.
    pub(super) fn region(&self, what: &str) -> Result<(usize, usize, usize)> {
        let (name, label) = what
            .split_once('.')
            .ok_or_else(|| format!("no region '{what}'"))?;
        let who = self.find(name)?;
        let (addr, bytes) = self.actors[who]
            .regions
            .get(label)
            .ok_or_else(|| format!("{name} has no region '{label}'"))?;
        Ok((who, *addr, *bytes))
    }

    /// Frames by the order in which they are met, `-` for none, `Z` for the zero page; and how
    /// often each frame is mapped.
    pub(super) fn pages(&self, which: &[String]) -> Result<Value> {
        let counts = open("/proc/kpagecount")?;
        let flags = open("/proc/kpageflags")?;
        let mut frames: Vec<u64> = vec![];
        let (mut rows, mut counted) = (Map::new(), Map::new());
        for what in which {
            let (who, addr, bytes) = self.region(what)?;
            let pages = open(&format!("/proc/{}/pagemap", self.actors[who].pid))?;
            let mut row: Vec<String> = vec![];
            for page in addr / PAGE..(addr + bytes) / PAGE {
                let entry = word(&pages, page as u64)?;
                if entry & PRESENT == 0 {
                    row.push("-".into());
                    continue;
                }
                let frame = entry & FRAME;
                if word(&flags, frame)? & ZERO_PAGE != 0 {
                    row.push("Z".into());
                    continue;
                }
                let known = frames.iter().position(|other| *other == frame);
                let at = known.unwrap_or(frames.len());
                let name = format!("f{at}");
                if known.is_none() {
                    frames.push(frame);
                    counted.insert(name.clone(), word(&counts, frame)?.into());
                }
                row.push(name);
            }
            rows.insert(what.clone(), row.into());
        }
        Ok(json!({"frames": rows, "mapcount": counted}))
    }

    /// Pages of a region that have a frame of their own.
    pub(super) fn resident(&self, what: &str) -> Result<Value> {
        let all = self.pages(&[what.to_string()])?;
        let row = all["frames"][what].as_array().cloned().unwrap_or_default();
        let is_own = |page: &&Value| !matches!(page.as_str(), Some("-" | "Z"));
        Ok(row.iter().filter(is_own).count().into())
    }

    /// First page, number of pages and protection of each stretch of a region.
    pub fn mappings(&self, what: &str) -> Result<Vec<(usize, usize, String)>> {
        let (who, addr, bytes) = self.region(what)?;
        let path = format!("/proc/{}/maps", self.actors[who].pid);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let mut all: Vec<(usize, usize, String)> = vec![];
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (range, protection) = (words.next(), words.next());
            let (from, to) = range
                .and_then(|range| range.split_once('-'))
                .unwrap_or_default();
            let number = |hex| usize::from_str_radix(hex, 16).unwrap_or(0);
            let from = number(from).max(addr);
            let to = number(to).min(addr + bytes);
            if from >= to {
                continue;
            }
            let (first, pages) = ((from - addr) / PAGE, (to - from) / PAGE);
            let protection = protection.unwrap_or_default();
            match all.last_mut() {
                // Whether the kernel merges equal neighbours is not observed.
                Some((start, count, same)) if same == protection && *start + *count == first => {
                    *count += pages;
                }
                _ => all.push((first, pages, protection.to_string())),
            }
        }
        Ok(all)
    }
}
