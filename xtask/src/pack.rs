//! Orders the page's module so that a server's compression finds more in it: 26 KB of the page in
//! brotli.
//!
//! In a function's body, operations and their operands of a dozen kinds alternate, and each kind
//! has a pattern of its own. Packed, each kind is a stream: all operations, all numbers of locals,
//! all offsets, and so on. `unpack.js` and `unpack.wat`, which are put into the page, merge them to the
//! same bytes.
//! The packed module is itself a module, with one custom section, so that servers treat it as one.
//!
//! Binary format: webassembly.github.io/spec/core/binary/instructions.html

use std::ffi::OsStr;
use std::path::Path;
use std::{env, fs, process};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::process::{at_root, run};
use crate::shorten::the_only;
use crate::wasm::{
    CODE_SECTION, CUSTOM_SECTION, HEADER_BYTES, read_leb, sections, write_leb, write_section,
};

const UNPACK: &str = include_str!("unpack.js");
const MERGE: &str = "xtask/src/unpack.wat";

/// Kinds of operands, by the stream that they go to.
#[derive(Clone, Copy)]
enum Kind {
    Operation,
    LocalTypes,
    BlockType,
    Branch,
    BranchTable,
    Call,
    IndirectCall,
    Local,
    Rare,
    Align,
    Offset,
    I32,
    I64,
    Float,
}

const KINDS: usize = Kind::Float as usize + 1;

/// Packs the module in `dist` and has the page unpack it. Binaryen's assembler is on the path.
pub fn site(dist: &Path, path: &OsStr) -> Result<()> {
    let unpack = UNPACK.replace("UNPACK\"", &format!("{}\"", assembled(path)?));
    let module = the_only(dist, "_bg.wasm")?;
    let page = dist.join("index.html");
    let html = fs::read_to_string(&page).context("cannot read index.html")?;
    let name = module.file_name().unwrap_or_default().to_string_lossy();
    let plain = format!("module_or_path: './{name}'");
    ensure!(html.contains(&plain), "index.html does not say {plain}");
    let unpacked = format!("module_or_path: unpack(fetch('./{name}'))");
    let html = html.replace(&plain, &unpacked).replacen(
        "<script type=module>",
        &format!("<script type=module>{unpack}"),
        1,
    );
    ensure!(html.contains(&unpack), "index.html starts no module");
    let wasm = fs::read(&module)?;
    fs::write(&module, packed(&wasm)?)?;
    fs::write(&page, html)?;
    Ok(())
}

/// The module that merges, in base64.
fn assembled(path: &OsStr) -> Result<String> {
    let file = env::temp_dir().join(format!("ringside-unpack-{}.wasm", process::id()));
    let done = run(at_root("wasm-as")
        .args([
            "--enable-bulk-memory",
            "--enable-mutable-globals",
            MERGE,
            "-o",
        ])
        .arg(&file)
        .env("PATH", path));
    let bytes = done.and_then(|()| fs::read(&file).context("wasm-as has written nothing"));
    // It may not be there.
    let _ = fs::remove_file(&file);
    Ok(BASE64.encode(bytes?))
}

/// A module with a custom section `pack`: the length of the whole, of the part before the code,
/// of the part behind it and of each stream, then all of them.
fn packed(wasm: &[u8]) -> Result<Vec<u8>> {
    let (mut before, mut behind) = (wasm[..HEADER_BYTES.min(wasm.len())].to_vec(), Vec::new());
    let mut streams = Streams::default();
    let mut has_code = false;
    for (id, contents) in sections(wasm)? {
        match id {
            CODE_SECTION => {
                before.push(id);
                write_leb(contents.len(), &mut before);
                streams.functions(contents, &mut before)?;
                has_code = true;
            }
            _ if has_code => write_section(id, contents, &mut behind),
            _ => write_section(id, contents, &mut before),
        }
    }
    ensure!(has_code, "the module has no code");
    let mut section = b"\x04pack".to_vec();
    write_leb(wasm.len(), &mut section);
    let parts = [&before, &behind].into_iter().chain(&streams.0);
    for part in parts.clone() {
        write_leb(part.len(), &mut section);
    }
    parts.for_each(|part| section.extend(part));
    let mut module = wasm[..HEADER_BYTES].to_vec();
    write_section(CUSTOM_SECTION, &section, &mut module);
    Ok(module)
}

#[derive(Default)]
struct Streams([Vec<u8>; KINDS]);

/// What is still to be read of a function.
struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn byte(&mut self) -> Result<u8> {
        let (byte, rest) = self.0.split_first().context("a function is cut off")?;
        self.0 = rest;
        Ok(*byte)
    }
}

impl Streams {
    /// All bodies; their number goes to `before`. Their sizes follow from what is in them.
    fn functions(&mut self, contents: &[u8], before: &mut Vec<u8>) -> Result<()> {
        let (count, mut rest) = read_leb(contents).context("the code is cut off")?;
        write_leb(count, before);
        for _ in 0..count {
            let (size, sized) = read_leb(rest).context("the code is cut off")?;
            let (body, after) = sized
                .split_at_checked(size)
                .context("the code is cut off")?;
            self.function(&mut Body(body))?;
            rest = after;
        }
        ensure!(rest.is_empty(), "something follows the code");
        Ok(())
    }

    fn function(&mut self, body: &mut Body<'_>) -> Result<()> {
        for _ in 0..self.number(Kind::LocalTypes, body)? {
            self.number(Kind::LocalTypes, body)?;
            self.bytes(Kind::LocalTypes, 1, body)?;
        }
        let mut depth = 1;
        while depth > 0 {
            depth = self.operation(depth, body)?;
        }
        ensure!(body.0.is_empty(), "something follows a function's end");
        Ok(())
    }

    /// One operation, at a depth of blocks, and the depth behind it. `unpack.wat` and `unpack.js` have the same list.
    fn operation(&mut self, depth: u32, body: &mut Body<'_>) -> Result<u32> {
        let operation = body.byte()?;
        self.0[Kind::Operation as usize].push(operation);
        match operation {
            0x0b => return Ok(depth - 1),
            0x02..=0x04 => {
                self.number(Kind::BlockType, body)?;
                return Ok(depth + 1);
            }
            0x00 | 0x01 | 0x05 | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
            0x0c | 0x0d => self.numbers(Kind::Branch, 1, body)?,
            0x0e => {
                let targets = self.number(Kind::BranchTable, body)?;
                self.numbers(Kind::BranchTable, targets + 1, body)?;
            }
            0x10 => self.numbers(Kind::Call, 1, body)?,
            0x11 => self.numbers(Kind::IndirectCall, 2, body)?,
            0x20..=0x22 => self.numbers(Kind::Local, 1, body)?,
            0x23..=0x26 | 0x3f | 0x40 | 0xd0 | 0xd2 => self.numbers(Kind::Rare, 1, body)?,
            0x28..=0x3e => {
                self.numbers(Kind::Align, 1, body)?;
                self.numbers(Kind::Offset, 1, body)?;
            }
            0x41 => self.numbers(Kind::I32, 1, body)?,
            0x42 => self.numbers(Kind::I64, 1, body)?,
            0x43 => self.bytes(Kind::Float, 4, body)?,
            0x44 => self.bytes(Kind::Float, 8, body)?,
            0xfc => {
                let operands = match self.number(Kind::Rare, body)? {
                    0..=7 => 0,
                    9 | 11 | 13 | 15..=17 => 1,
                    8 | 10 | 12 | 14 => 2,
                    other => bail!("operation 0xfc {other} is not known here"),
                };
                self.numbers(Kind::Rare, operands, body)?;
            }
            other => bail!("operation {other:#x} is not known here"),
        }
        Ok(depth)
    }

    fn numbers(&mut self, kind: Kind, count: usize, body: &mut Body<'_>) -> Result<()> {
        (0..count).try_for_each(|_| self.number(kind, body).map(drop))
    }

    /// A number in LEB128, as it stands; what its first five bytes mean without a sign.
    fn number(&mut self, kind: Kind, body: &mut Body<'_>) -> Result<usize> {
        let mut number = 0;
        for at in 0.. {
            let byte = body.byte()?;
            self.0[kind as usize].push(byte);
            if at < 5 {
                number |= usize::from(byte & 0x7f) << (7 * at);
            }
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok(number)
    }

    fn bytes(&mut self, kind: Kind, count: usize, body: &mut Body<'_>) -> Result<()> {
        for _ in 0..count {
            let byte = body.byte()?;
            self.0[kind as usize].push(byte);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module whose only function has this body.
    fn module(body: &[u8]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        let mut code = vec![1];
        write_leb(body.len(), &mut code);
        code.extend(body);
        write_section(1, &[1, 0x60, 0, 0], &mut wasm);
        write_section(3, &[1, 0], &mut wasm);
        write_section(CODE_SECTION, &code, &mut wasm);
        write_section(11, &[0], &mut wasm);
        wasm
    }

    #[test]
    fn a_module_is_packed_into_a_module() {
        // One local; if i32.const 200 then i32.load, drop; end.
        let body = [
            1, 2, 0x7f, 0x41, 0xc8, 1, 0x04, 0x40, 0x20, 0, 0x28, 2, 12, 0x1a, 0x0b, 0x0b,
        ];
        let wasm = module(&body);
        let packed = packed(&wasm).unwrap();
        let [(CUSTOM_SECTION, section)] = sections(&packed).unwrap()[..] else {
            panic!("{packed:?}");
        };
        assert_eq!(
            section.len() - wasm.len(),
            5 + KINDS + 3 - 1,
            "lengths, less the body's"
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for body in [
            &[0, 0xfd, 0x0b][..],
            &[0, 0x41],
            &[0, 0x0b, 0x0b],
            &[0, 0xfc, 99, 0x0b],
        ] {
            assert!(packed(&module(body)).is_err(), "{body:?}");
        }
    }
}
