//! Orders the page's module so that a server's compression finds more in it: 54 KB of the page in
//! brotli.
//!
//! In a function's body, operations and their operands of a dozen kinds alternate, and each kind
//! has a pattern of its own. Packed, each kind is a stream: all operations, all targets of branches,
//! all offsets, and so on. Where an operand depends on its neighbours there is one for each operation
//! that follows (constants, locals: 8 KB) or went before (calls, offsets of loads: 1 KB). The
//! operations are a file of their own: brotli tells 256 kinds of bytes apart in a file (5 KB). How an
//! address is aligned is a hint, of which nothing is kept (11 KB). `unpack.js` and `unpack.wat`, which
//! are put into the page, merge all to the same module, with the natural alignments.
//!
//! A packed file is itself a module, with one custom section, so that servers treat it as one.
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

/// Kinds of what a module holds; `unpack.js` knows them by their numbers.
#[derive(Clone, Copy)]
enum Kind {
    /// All before the functions.
    Before,
    /// All behind them.
    Behind,
    Operation,
    LocalTypes,
    BlockType,
    Branch,
    BranchTable,
    Call,
    LocalGet,
    LocalSet,
    Rare,
    Load,
    Store,
    I32,
    I64,
}

const KINDS: usize = Kind::I64 as usize + 1;
/// Streams of a kind: by the operation that an operand depends on.
const CONTEXTS: usize = 256;

/// Packs the module in `dist` and has the page unpack it. Binaryen's assembler is on the path.
pub fn site(dist: &Path, path: &OsStr) -> Result<()> {
    let unpack = UNPACK.replace("UNPACK\"", &format!("{}\"", assembled(path)?));
    let module = the_only(dist, "_bg.wasm")?;
    let page = dist.join("index.html");
    let html = fs::read_to_string(&page).context("cannot read index.html")?;
    let name = module.file_name().unwrap_or_default().to_string_lossy();
    let operations = name.replace("_bg.wasm", "_op.wasm");
    let plain = format!("module_or_path: './{name}'");
    ensure!(html.contains(&plain), "index.html does not say {plain}");
    let unpacked = format!("module_or_path: unpack(fetch('./{name}'), fetch('./{operations}'))");
    let html = with_link(&html.replace(&plain, &unpacked), &name, &operations)?.replacen(
        "<script type=module>",
        &format!("<script type=module>{unpack}"),
        1,
    );
    ensure!(html.contains(&unpack), "index.html starts no module");
    let packed = packed(&fs::read(&module)?)?;
    fs::write(dist.join(&operations), packed.operations)?;
    fs::write(&module, packed.rest)?;
    fs::write(&page, html)?;
    Ok(())
}

/// The page with its link that loads a file early said again of another file.
fn with_link(html: &str, name: &str, other: &str) -> Result<String> {
    let mut tags = html.split_inclusive('>');
    let is_link = |tag: &&str| tag.contains("<link") && tag.contains(name);
    let tag = tags.find(is_link).context("index.html links no module")?;
    let link = &tag[tag.find("<link").unwrap_or(0)..];
    let both = [link, &link.replace(name, other)].concat();
    Ok(html.replacen(link, &both, 1))
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

/// The files of a packed module.
struct Packed {
    operations: Vec<u8>,
    rest: Vec<u8>,
}

/// The rest is the length of the whole and of each other stream, then all of them.
fn packed(wasm: &[u8]) -> Result<Packed> {
    let mut streams = Streams::new();
    streams.push(Kind::Before, &wasm[..HEADER_BYTES.min(wasm.len())]);
    let mut has_code = false;
    for (id, contents) in sections(wasm)? {
        if id == CODE_SECTION {
            let before = streams.all_of(Kind::Before);
            before.push(id);
            write_leb(contents.len(), before);
            streams.functions(contents)?;
            has_code = true;
        } else {
            let around = if has_code { Kind::Behind } else { Kind::Before };
            write_section(id, contents, streams.all_of(around));
        }
    }
    ensure!(has_code, "the module has no code");
    let operations = std::mem::take(streams.all_of(Kind::Operation));
    let mut rest = Vec::new();
    write_leb(wasm.len(), &mut rest);
    for stream in &streams.streams {
        write_leb(stream.len(), &mut rest);
    }
    rest.extend(streams.streams.concat());
    Ok(Packed {
        operations: module(&operations),
        rest: module(&rest),
    })
}

/// A module with one custom section, `pack`.
fn module(contents: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    write_section(
        CUSTOM_SECTION,
        &[b"\x04pack", contents].concat(),
        &mut module,
    );
    module
}

struct Streams {
    /// Those of each kind together.
    streams: Vec<Vec<u8>>,
    /// The operation before the one that is looked at; 0 at a function's start.
    previous: u8,
}

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
    fn new() -> Self {
        Self {
            streams: vec![Vec::new(); KINDS * CONTEXTS],
            previous: 0,
        }
    }

    /// The one stream of a kind that depends on nothing.
    fn all_of(&mut self, kind: Kind) -> &mut Vec<u8> {
        &mut self.streams[kind as usize * CONTEXTS]
    }

    fn push(&mut self, kind: Kind, bytes: &[u8]) {
        self.all_of(kind).extend(bytes);
    }

    /// All bodies; their number goes before them. Their sizes follow from what is in them.
    fn functions(&mut self, contents: &[u8]) -> Result<()> {
        let (count, mut rest) = read_leb(contents).context("the code is cut off")?;
        write_leb(count, self.all_of(Kind::Before));
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
        self.previous = 0;
        while depth > 0 {
            let operation = body.byte()?;
            self.push(Kind::Operation, &[operation]);
            depth = self.operands(operation, depth, body)?;
            self.previous = operation;
        }
        ensure!(body.0.is_empty(), "something follows a function's end");
        Ok(())
    }

    /// The operands of one operation, at a depth of blocks, and the depth behind it. `unpack.wat` and
    /// `unpack.js` have the same list.
    fn operands(&mut self, operation: u8, depth: u32, body: &mut Body<'_>) -> Result<u32> {
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
            0x11 => self.numbers(Kind::Rare, 2, body)?,
            0x20 => self.numbers(Kind::LocalGet, 1, body)?,
            0x21 | 0x22 => self.numbers(Kind::LocalSet, 1, body)?,
            0x23..=0x26 | 0x3f | 0x40 | 0xd0 | 0xd2 => self.numbers(Kind::Rare, 1, body)?,
            0x28..=0x3e => {
                ensure!(body.byte()? < 4, "memories with numbers are not known here");
                let is_load = operation < 0x36;
                self.numbers(if is_load { Kind::Load } else { Kind::Store }, 1, body)?;
            }
            0x41 => self.numbers(Kind::I32, 1, body)?,
            0x42 => self.numbers(Kind::I64, 1, body)?,
            0x43 => self.bytes(Kind::Rare, 4, body)?,
            0x44 => self.bytes(Kind::Rare, 8, body)?,
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
        let (mut number, mut bytes) = (0, Vec::new());
        loop {
            let byte = body.byte()?;
            if bytes.len() < 5 {
                number |= usize::from(byte & 0x7f) << (7 * bytes.len());
            }
            bytes.push(byte);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let context = match kind {
            Kind::Call | Kind::Load => self.previous,
            // A function ends with an operation.
            Kind::LocalGet | Kind::I32 | Kind::I64 => *body.0.first().unwrap_or(&0),
            _ => 0,
        };
        self.streams[kind as usize * CONTEXTS + usize::from(context)].extend(bytes);
        Ok(number)
    }

    fn bytes(&mut self, kind: Kind, count: usize, body: &mut Body<'_>) -> Result<()> {
        for _ in 0..count {
            let byte = body.byte()?;
            self.push(kind, &[byte]);
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

    /// What is in the section of a packed file.
    fn section(module: &[u8]) -> &[u8] {
        let [(CUSTOM_SECTION, section)] = sections(module).unwrap()[..] else {
            panic!("{module:?}");
        };
        section.strip_prefix(b"\x04pack").unwrap()
    }

    #[test]
    fn a_module_is_packed_into_two() {
        // One local; if i32.const 200 then i32.load, drop; end.
        let body = [
            1, 2, 0x7f, 0x41, 0xc8, 1, 0x04, 0x40, 0x20, 0, 0x28, 2, 12, 0x1a, 0x0b, 0x0b,
        ];
        let wasm = module(&body);
        let packed = packed(&wasm).unwrap();
        assert_eq!(
            section(&packed.operations),
            [0x41, 0x04, 0x20, 0x28, 0x1a, 0x0b, 0x0b]
        );
        let (whole, mut lengths) = read_leb(section(&packed.rest)).unwrap();
        assert_eq!(whole, wasm.len());
        let mut found = Vec::new();
        for at in 0..KINDS * CONTEXTS {
            let (length, after) = read_leb(lengths).unwrap();
            lengths = after;
            if length > 0 {
                found.push((at / CONTEXTS, at % CONTEXTS, length));
            }
        }
        let behind = 3;
        assert_eq!(
            found,
            [
                (
                    Kind::Before as usize,
                    0,
                    wasm.len() - body.len() - 1 - behind
                ),
                (Kind::Behind as usize, 0, behind),
                (Kind::LocalTypes as usize, 0, 3),
                (Kind::BlockType as usize, 0, 1),
                // By the load behind it.
                (Kind::LocalGet as usize, 0x28, 1),
                // By local.get before it.
                (Kind::Load as usize, 0x20, 1),
                // By the if behind it.
                (Kind::I32 as usize, 0x04, 2),
            ]
        );
        assert_eq!(
            lengths.len(),
            found.iter().map(|(_, _, length)| length).sum()
        );
    }

    #[test]
    fn a_link_is_said_again() {
        let html = "<head><link rel=preload href=./a.wasm as=fetch><p>a.wasm</p>";
        let linked = with_link(html, "a.wasm", "b.wasm").unwrap();
        let other = "<link rel=preload href=./b.wasm as=fetch>";
        assert_eq!(linked, html.replace("<p>", &format!("{other}<p>")));
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
