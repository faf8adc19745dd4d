//! Makes what trunk has built smaller: the names by which module and script know each other, and
//! the script itself.
//!
//! wasm-bindgen names each function that the module imports with 16 random digits, which no
//! compression shortens: 4 KB of the page in brotli.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasmparser::{Parser, Payload};

use crate::process::run;
use crate::wasm::{HEADER_BYTES, IMPORT_SECTION, sections, write_leb, write_section};

/// Rewrites module and script in `dist`.
pub fn site(dist: &Path, esbuild: Option<&Path>) -> Result<()> {
    let (module, script) = (the_only(dist, "_bg.wasm")?, the_only(dist, ".js")?);
    let wasm = fs::read(&module)?;
    let js = fs::read_to_string(&script)?;
    let names = short_names(&wasm)?;
    fs::write(&module, in_module(&wasm, &names)?)?;
    fs::write(&script, in_script(js, &names))?;
    let Some(esbuild) = esbuild else {
        return Ok(());
    };
    run(Command::new(esbuild)
        .arg(&script)
        .args([
            "--minify",
            "--format=esm",
            "--allow-overwrite",
            "--log-level=warning",
        ])
        .arg(format!("--outfile={}", script.display())))
}

/// The page's one file of a kind.
pub fn the_only(dist: &Path, ending: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(dist).with_context(|| format!("cannot read {}", dist.display()))?;
    let mut files = entries.flatten().map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("frontend-") && name.ends_with(ending)
    });
    files
        .next()
        .with_context(|| format!("no frontend-*{ending} in {}", dist.display()))
}

/// A short name for each import that ends in random digits.
fn short_names(wasm: &[u8]) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                let name = import?.name;
                if is_random(name) {
                    let short = format!("_{:x}", names.len());
                    names.insert(name.to_string(), short);
                }
            }
        }
    }
    Ok(names)
}

fn is_random(name: &str) -> bool {
    let digits = name.rsplit('_').next().unwrap_or_default();
    digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn in_script(js: String, names: &BTreeMap<String, String>) -> String {
    names
        .iter()
        .fold(js, |js, (long, short)| js.replace(long, short))
}

/// The module with its import section written anew.
fn in_module(wasm: &[u8], names: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut result = wasm[..HEADER_BYTES.min(wasm.len())].to_vec();
    for (id, contents) in sections(wasm)? {
        match id {
            IMPORT_SECTION => write_section(id, &renamed(contents, names), &mut result),
            _ => write_section(id, contents, &mut result),
        }
    }
    Ok(result)
}

/// A name in a module has its length, here below 128, in front.
fn renamed(section: &[u8], names: &BTreeMap<String, String>) -> Vec<u8> {
    let mut result = Vec::with_capacity(section.len());
    let mut rest = section;
    while let Some((first, after)) = rest.split_first() {
        let name = after.get(..usize::from(*first));
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        match name.and_then(|name| Some((name, names.get(name)?))) {
            Some((long, short)) => {
                write_leb(short.len(), &mut result);
                result.extend(short.bytes());
                rest = &after[long.len()..];
            }
            None => {
                result.push(*first);
                rest = after;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that imports two functions and has a custom section behind.
    fn module(first: &str, second: &str) -> Vec<u8> {
        let mut imports = vec![2];
        for name in [first, second] {
            imports.push(1);
            imports.push(b'm');
            write_leb(name.len(), &mut imports);
            imports.extend(name.bytes());
            imports.extend([0, 0]);
        }
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02".to_vec();
        write_leb(imports.len(), &mut wasm);
        wasm.extend(imports);
        wasm.extend([0, 3, 1, b'x', 7]);
        wasm
    }

    #[test]
    fn random_digits_become_short_names_on_both_sides() {
        let wasm = module("__wbg_now_0123456789abcdef", "__wbindgen_throw");
        let names = short_names(&wasm).unwrap();
        assert_eq!(
            in_module(&wasm, &names).unwrap(),
            module("_0", "__wbindgen_throw")
        );
        let js = "{__wbg_now_0123456789abcdef: f, __wbindgen_throw: g}".to_string();
        assert_eq!(in_script(js, &names), "{_0: f, __wbindgen_throw: g}");
    }
}
