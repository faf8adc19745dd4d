//! What the page's code is made of: bytes of machine code per part, before it is compressed.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use rustc_demangle::demangle;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// Parts by the crate or module that a function's name mentions first; the first that fits.
const PARTS: [(&str, &[&str]); 8] = [
    ("the kernel", &["sim_core::kernel"]),
    (
        "programs and runtime",
        &["sim_core::user", "sim_core::runtime"],
    ),
    (
        "session and script",
        &["sim_core::session", "sim_core::text"],
    ),
    ("hardware, machine, views", &["sim_core"]),
    ("the page", &["frontend"]),
    ("yew", &["yew", "implicit_clone", "tokise"]),
    (
        "bindings",
        &["wasm_bindgen", "js_sys", "web_sys", "gloo", "__wbindgen"],
    ),
    ("std, allocator, others", &[""]),
];

pub struct Parts {
    /// In the order of [`PARTS`].
    bytes: [u64; PARTS.len()],
    data_bytes: u64,
}

/// Measures a module that still has its names: what the compiler has left, before wasm-opt.
pub fn measure(module: &Path) -> Result<Parts> {
    let wasm = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut imported = 0;
    let mut sizes = Vec::new();
    let mut names = BTreeMap::new();
    let mut data_bytes = 0;
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(length(body.range())),
            Payload::DataSection(data) => data_bytes = length(data.range()),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(subsections) = section.as_known() else {
                    continue;
                };
                for subsection in subsections {
                    let Name::Function(functions) = subsection? else {
                        continue;
                    };
                    for function in functions {
                        let function = function?;
                        names.insert(function.index, function.name);
                    }
                }
            }
            _ => {}
        }
    }
    let mut parts = Parts {
        bytes: [0; PARTS.len()],
        data_bytes,
    };
    for (index, size) in (imported..).zip(sizes) {
        // Without the hashes, which stand within the paths.
        let name = names
            .get(&index)
            .map(|name| format!("{:#}", demangle(name)));
        parts.bytes[part_of(&name.unwrap_or_default())] += size;
    }
    Ok(parts)
}

fn length(range: Range<u64>) -> u64 {
    range.end - range.start
}

/// The part whose mark stands first in a function's name: `<T as yew::X>::f` for a `T` of the
/// page is the page's.
fn part_of(name: &str) -> usize {
    let place = |marks: &[&str]| {
        let places = marks.iter().filter(|mark| !mark.is_empty());
        places.filter_map(|mark| name.find(mark)).min()
    };
    (0..PARTS.len())
        .filter_map(|part| Some((place(PARTS[part].1)?, part)))
        .min()
        .map_or(PARTS.len() - 1, |(_, part)| part)
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.bytes.iter().sum();
        writeln!(
            f,
            "\n{:<44}{:>12}{:>12}",
            "its code, before wasm-opt", "raw", "share"
        )?;
        for ((name, _), bytes) in PARTS.iter().zip(self.bytes) {
            let share = bytes * 100 / all.max(1);
            writeln!(f, "{name:<44}{bytes:>12}{share:>11}%")?;
        }
        writeln!(f, "{:<44}{:>12}", "data", self.data_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{PARTS, part_of};

    #[test]
    fn a_name_belongs_to_what_it_mentions_first() {
        for (name, part) in [
            ("sim_core::kernel::task::clone::copy", "the kernel"),
            (
                "<sim_core::kernel::Kernel as core::hash::Hash>::hash",
                "the kernel",
            ),
            (
                "sim_core::machine::Machine::apply",
                "hardware, machine, views",
            ),
            ("<frontend::app::App as yew::Component>::view", "the page"),
            (
                "core::ptr::drop_in_place<sim_core::session::Session>",
                "session and script",
            ),
            ("dlmalloc::malloc", "std, allocator, others"),
            ("", "std, allocator, others"),
        ] {
            assert_eq!(PARTS[part_of(name)].0, part, "{name}");
        }
    }
}
