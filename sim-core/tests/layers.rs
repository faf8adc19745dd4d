//! Who may name whom. Reads the sources: `use` lines and paths that begin with `crate::`.

#![cfg(not(target_arch = "wasm32"))]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Every .rs file under a place, with its text without comments and string literals.
fn sources(place: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut places = vec![place.to_path_buf()];
    while let Some(place) = places.pop() {
        if place.is_dir() {
            let entries = fs::read_dir(&place).expect("a directory");
            places.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if place.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&place).expect("a source file");
            found.push((place, code_of(&text)));
        }
    }
    found.sort();
    found
}

/// A module's sources: `name.rs` and everything in `name/`.
fn module(name: &str) -> Vec<(PathBuf, String)> {
    let src = root().join("src");
    let mut all = Vec::new();
    for place in [src.join(format!("{name}.rs")), src.join(name)] {
        if place.exists() {
            all.extend(sources(&place));
        }
    }
    assert!(!all.is_empty(), "no module {name}");
    all
}

/// Blanks out comments and what stands in quotes; lines stay where they are.
fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut code = String::new();
    let mut i = 0;
    while i < chars.len() {
        if at(i) == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if at(i) == '/' && at(i + 1) == '*' {
            while i < chars.len() && !(at(i) == '*' && at(i + 1) == '/') {
                if at(i) == '\n' {
                    code.push('\n');
                }
                i += 1;
            }
            i += 2;
        } else if at(i) == 'r' && (at(i + 1) == '"' || (at(i + 1) == '#' && at(i + 2) == '"')) {
            let hashes = usize::from(at(i + 1) == '#');
            i += 2 + hashes;
            while i < chars.len() && !(at(i) == '"' && (hashes == 0 || at(i + 1) == '#')) {
                if at(i) == '\n' {
                    code.push('\n');
                }
                i += 1;
            }
            i += 1 + hashes;
            code.push_str("\"\"");
        } else if at(i) == '"' {
            i += 1;
            while i < chars.len() && at(i) != '"' {
                if at(i) == '\n' {
                    code.push('\n');
                }
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
            code.push_str("\"\"");
        } else if at(i) == '\'' && (at(i + 2) == '\'' || at(i + 1) == '\\') {
            // A character; a lifetime has no closing quote so near.
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else {
            code.push(at(i));
            i += 1;
        }
    }
    code
}

/// Paths below `prefix::` that a text names, with groups in braces spread out.
fn named(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    let start = format!("{prefix}::");
    let mut rest = code;
    while let Some(found) = rest.find(&start) {
        let before = rest[..found].chars().next_back();
        rest = &rest[found + start.len()..];
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        spread(&mut rest.chars().peekable(), String::new(), &mut names);
    }
    names
}

fn spread(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    mut path: String,
    names: &mut Vec<String>,
) {
    loop {
        match chars.peek().copied() {
            Some('{') => {
                chars.next();
                loop {
                    while chars.peek().is_some_and(|c| c.is_whitespace() || *c == ',') {
                        chars.next();
                    }
                    match chars.peek() {
                        Some('}') | None => {
                            chars.next();
                            return;
                        }
                        Some(_) => {
                            let before = chars.clone().count();
                            spread(chars, path.clone(), names);
                            if chars.clone().count() == before {
                                return;
                            }
                        }
                    }
                }
            }
            Some(c) if c.is_alphanumeric() || c == '_' || c == ':' || c == '*' => {
                path.push(c);
                chars.next();
            }
            Some(' ') if path.ends_with(char::is_alphanumeric) => {
                // `a as b` names `a`.
                let mut ahead = chars.clone();
                let word: String = ahead.by_ref().skip(1).take(3).collect();
                if word == "as " {
                    let alias = |c: &char| c.is_alphanumeric() || *c == '_';
                    *chars = ahead;
                    while chars.peek().is_some_and(alias) {
                        chars.next();
                    }
                }
                names.push(path);
                return;
            }
            Some(_) | None => {
                names.push(path.trim_end_matches(':').to_string());
                return;
            }
        }
    }
}

/// Refuses any name below the crate that does not begin with one of `allowed`.
fn names_only(modules: &[&str], allowed: &[&str]) {
    for name in modules {
        for (file, code) in module(name) {
            for path in named(&code, "crate") {
                let fits =
                    |allowed: &&str| path == **allowed || path.starts_with(&format!("{allowed}::"));
                assert!(
                    allowed.iter().any(fits),
                    "{} names crate::{path}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn the_reader_of_sources_reads() {
    let code = code_of(
        "use crate::a::{b, c::{D, e as f}}; // crate::no\nlet x = \"crate::no\"; 'c'; crate::g::h(1)",
    );
    assert_eq!(
        named(&code, "crate"),
        ["a::b", "a::c::D", "a::c::e", "g::h"]
    );
}

#[test]
fn storage_and_text_stand_on_nothing() {
    names_only(&["store", "text"], &["store"]);
}

#[test]
fn hardware_names_no_policy() {
    names_only(&["hw"], &["hw", "store"]);
}

#[test]
fn the_kernel_names_nothing_above_it() {
    names_only(&["kernel"], &["kernel", "hw", "store", "text", "event"]);
}

/// There is no such thing in Linux either. Comments may say so; code and texts may not.
#[test]
fn the_kernel_knows_no_container() {
    for (file, _) in module("kernel") {
        let text = fs::read_to_string(&file).expect("a source file");
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or(line);
            let line = code.to_lowercase();
            assert!(
                !line.contains("container") && !line.contains("docker"),
                "{}:{number}: {code}",
                file.display()
            );
        }
    }
}

/// Programs change the machine through system calls only: they see the bus, and the types that
/// calls are made of.
#[test]
fn programs_see_system_calls_only() {
    names_only(
        &["user", "runtime"],
        &[
            "user",
            "runtime",
            "text",
            "store::sorted",
            "store::sorted_by_key",
            "hw::Bus",
            "hw::PageFault",
            "hw::VirtAddr",
            "hw::PAGE_BYTES",
            "hw::pattern_word",
            "hw::Disk",
            "hw::DiskFile",
            "hw::DiskNode",
            "hw::Load",
            "hw::Mmu",
            "kernel::syscall",
            "kernel::Syscall",
            "kernel::Reply",
            "kernel::Errno",
            "kernel::Signal",
            "kernel::task::ProgramId",
            "kernel::task::Regs",
            "kernel::ProgramId",
        ],
    );
    // Within the modules of system calls there are also the handlers' own tools.
    for name in ["user", "runtime"] {
        for (file, code) in module(name) {
            for path in named(&code, "crate") {
                let last = path.rsplit("::").next().unwrap_or_default();
                assert!(
                    ![
                        "Ctx",
                        "Outcome",
                        "SysResult",
                        "done",
                        "done_fd",
                        "syscall",
                        "kernel",
                        "hw",
                        "*"
                    ]
                    .contains(&last),
                    "{} names crate::{path}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn nobody_looks_at_the_views() {
    let entries = fs::read_dir(root().join("src")).expect("the sources");
    for entry in entries {
        let path = entry.expect("an entry").path();
        let stem = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if stem == "view" || stem == "lib" {
            continue;
        }
        for (file, code) in sources(&path) {
            for path in named(&code, "crate") {
                assert!(
                    path != "view" && !path.starts_with("view::"),
                    "{} names crate::{path}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn the_machine_does_not_know_its_session() {
    let lower = [
        "machine", "command", "event", "kernel", "hw", "user", "runtime",
    ];
    for name in lower {
        for (file, code) in module(name) {
            for path in named(&code, "crate") {
                let top = path.split("::").next().unwrap_or_default();
                assert!(
                    !["session", "view", "Session"].contains(&top),
                    "{} names crate::{path}",
                    file.display()
                );
            }
        }
    }
}

/// The page asks views and sends commands. It does not reach into the kernel.
#[test]
fn the_page_names_machine_command_event_view_and_session() {
    let page = root().join("../frontend/src");
    let allowed = [
        "Machine",
        "BootOptions",
        "Command",
        "Event",
        "Sink",
        "Session",
        "machine::Stop",
        "machine::BootOptions",
        "command",
        "event",
        "session",
        "store::SortedMap",
        "store::sorted",
        "view",
    ];
    for (file, code) in sources(&page) {
        for path in named(&code, "sim_core") {
            let fits =
                |allowed: &&str| path == **allowed || path.starts_with(&format!("{allowed}::"));
            assert!(
                allowed.iter().any(fits),
                "{} names sim_core::{path}",
                file.display()
            );
        }
    }
}
