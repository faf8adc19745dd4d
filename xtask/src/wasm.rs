//! What both `shorten` and `pack` need of the binary format of WebAssembly.

use anyhow::{Context, Result};

/// Magic number and version.
pub const HEADER_BYTES: usize = 8;
pub const CUSTOM_SECTION: u8 = 0;
pub const IMPORT_SECTION: u8 = 2;
pub const CODE_SECTION: u8 = 10;

/// Numbers of the sections with what is in them, in the module's order.
pub fn sections(wasm: &[u8]) -> Result<Vec<(u8, &[u8])>> {
    const CUT: &str = "the module is cut off";
    let (_, mut rest) = wasm.split_at_checked(HEADER_BYTES).context(CUT)?;
    let mut sections = Vec::new();
    while let Some((id, sized)) = rest.split_first() {
        let (size, contents) = read_leb(sized).context(CUT)?;
        let (section, after) = contents.split_at_checked(size).context(CUT)?;
        sections.push((*id, section));
        rest = after;
    }
    Ok(sections)
}

pub fn write_section(id: u8, contents: &[u8], to: &mut Vec<u8>) {
    to.push(id);
    write_leb(contents.len(), to);
    to.extend(contents);
}

/// A number in LEB128, and what follows it.
pub fn read_leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

pub fn write_leb(mut number: usize, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_leb128_come_back() {
        for number in [0, 1, 127, 128, 70_000, 5_000_000] {
            let mut bytes = Vec::new();
            write_leb(number, &mut bytes);
            bytes.push(9);
            assert_eq!(read_leb(&bytes), Some((number, &[9][..])));
        }
    }

    #[test]
    fn a_module_that_is_cut_off_is_an_error() {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        write_section(CUSTOM_SECTION, b"\x01xyz", &mut wasm);
        assert_eq!(
            sections(&wasm).unwrap(),
            [(CUSTOM_SECTION, &b"\x01xyz"[..])]
        );
        assert!(sections(&wasm[..wasm.len() - 1]).is_err());
        assert!(sections(b"\0asm").is_err());
    }
}
