//! The size report: every file the embedded page loads, raw and compressed as a server would.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::build::SINGLE_FILE;

/// What everything together may weigh, compressed: 300 KB is the aim, and the whole kernel does
/// not fit into it.
const BUDGET_BYTES: u64 = 400 * 1024;

pub struct Report {
    files: Vec<FileSize>,
}

struct FileSize {
    name: String,
    raw_bytes: u64,
    brotli_bytes: u64,
}

/// Measures index.html and what is named in it, or in a file so named.
///
/// What only a visitor's click loads is not named there, nor is the sample page.
pub fn measure(dist: &Path) -> Result<Report> {
    let mut unreached = file_names(dist, "")?;
    unreached.retain(|name| name != SINGLE_FILE && name != "index.html");
    let mut queue = VecDeque::from(["index.html".to_string()]);
    let mut files = Vec::new();
    while let Some(name) = queue.pop_front() {
        let file = dist.join(&name);
        let contents =
            fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        if is_text(&name) {
            let text = String::from_utf8_lossy(&contents);
            let (named, rest) = unreached
                .into_iter()
                .partition(|other: &String| text.contains(other.as_str()));
            unreached = rest;
            queue.extend::<Vec<String>>(named);
        }
        files.push(size(name, &contents)?);
    }
    files.extend(largest_texts(dist, &unreached)?);
    files.extend(largest_scene(dist, &unreached)?);
    Ok(Report { files })
}

/// The page's words: of the two languages the one that weighs more.
fn largest_texts(dist: &Path, names: &[String]) -> Result<Option<FileSize>> {
    let mut sizes = Vec::new();
    for name in names.iter().filter(|name| name.ends_with("/page.ftl")) {
        let contents = fs::read(dist.join(name)).with_context(|| format!("cannot read {name}"))?;
        sizes.push(size(name.clone(), &contents)?);
    }
    Ok(sizes.into_iter().max_by_key(|size| size.brotli_bytes))
}

fn size(name: String, contents: &[u8]) -> Result<FileSize> {
    Ok(FileSize {
        name,
        raw_bytes: contents.len() as u64,
        brotli_bytes: brotli_bytes(contents)?,
    })
}

/// A page that opens at a scene loads that scene and its words in one language as well: the
/// files of the one that weighs most.
fn largest_scene(dist: &Path, names: &[String]) -> Result<Vec<FileSize>> {
    let mut largest = Vec::new();
    for scene in names.iter().filter(|name| name.ends_with(".scene")) {
        let id = scene
            .trim_start_matches("scenes/")
            .trim_end_matches(".scene");
        for words in names
            .iter()
            .filter(|name| name.ends_with(&format!("/{id}.ftl")))
        {
            let mut files = Vec::new();
            for name in [scene, words] {
                let contents =
                    fs::read(dist.join(name)).with_context(|| format!("cannot read {name}"))?;
                files.push(size(name.clone(), &contents)?);
            }
            let weight = |files: &[FileSize]| files.iter().map(|f| f.brotli_bytes).sum::<u64>();
            if weight(&files) > weight(&largest) {
                largest = files;
            }
        }
    }
    Ok(largest)
}

impl Report {
    fn total(&self, bytes: impl Fn(&FileSize) -> u64) -> u64 {
        self.files.iter().map(bytes).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<44}{:>12}{:>12}", "the page loads", "raw", "brotli")?;
        for file in &self.files {
            writeln!(
                f,
                "{:<44}{:>12}{:>12}",
                file.name, file.raw_bytes, file.brotli_bytes
            )?;
        }
        let brotli = self.total(|file| file.brotli_bytes);
        writeln!(
            f,
            "{:<44}{:>12}{:>12}",
            "total",
            self.total(|file| file.raw_bytes),
            brotli
        )?;
        let verdict = if brotli <= BUDGET_BYTES {
            "within"
        } else {
            "OVER"
        };
        writeln!(
            f,
            "{:.1} KB of {} KB brotli: {verdict} budget",
            brotli as f64 / 1024.0,
            BUDGET_BYTES / 1024
        )
    }
}

/// Names relative to `dist`, with slashes.
fn file_names(dist: &Path, under: &str) -> Result<Vec<String>> {
    let dir = dist.join(under);
    let mut names = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry?;
        let name = format!("{under}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            names.extend(file_names(dist, &format!("{name}/"))?);
        } else {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn is_text(name: &str) -> bool {
    [".html", ".css", ".js"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn brotli_bytes(contents: &[u8]) -> Result<u64> {
    let mut compressed = Vec::new();
    let quality = 11;
    let window_log2 = 22;
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, quality, window_log2);
    writer.write_all(contents)?;
    drop(writer);
    Ok(compressed.len() as u64)
}
