//! Memory: mappings and what is read from and written to them.

use super::Op;
use crate::hands::{Halt, Hands, OpResult, Region};
use serde_json::{Value, json};
use sim_core::kernel::cred::Resource;
use sim_core::kernel::syscall::{MmapFlags, Prot};
use sim_core::kernel::{Syscall, UserStep};

pub const OPS: &[(&str, Op)] = &[
    ("mmap", mmap),
    ("munmap", munmap),
    ("mprotect", mprotect),
    ("madvise", madvise),
    ("peek", peek),
    ("poke", poke),
    ("crash", crash),
];

const PAGE: u64 = 4096;
/// Further down than any stack may grow.
const STACK_STEPS: u64 = 4096;
/// Where the stack of a process begins.
const STACK_TOP: u64 = sim_core::kernel::mm::STACK_TOP;

/// `rw`, `rx` or `none`.
fn prot(hands: &Hands<'_>) -> Result<Prot, Halt> {
    let text = hands.params.text("prot")?;
    if text == "none" {
        return Ok(Prot(0));
    }
    text.chars().try_fold(Prot(0), |prot, letter| {
        let bit = match letter {
            'r' => Prot::READ,
            'w' => Prot::WRITE,
            'x' => Prot::EXEC,
            other => return Err(Halt::Bad(format!("no protection '{other}'"))),
        };
        Ok(prot.with(bit))
    })
}

/// Address and length of the pages that a step is about: all of the region by default.
fn range(hands: &Hands<'_>) -> Result<(u64, u64), Halt> {
    let region = hands.region("r")?;
    let page = hands.params.number_or("page", 0)? as u64;
    let pages = hands.params.number_or("n", region.pages as i64)? as u64;
    Ok((region.addr + page * PAGE, pages.wrapping_mul(PAGE)))
}

fn mmap(hands: &mut Hands<'_>) -> OpResult {
    let pages = hands.params.number("n")? as u64;
    let mut flags = match hands.params.text_or_none("share").as_deref() {
        Some("shared") => MmapFlags::SHARED,
        _ => MmapFlags::PRIVATE,
    };
    let fd = hands.params.number_or("fd", -1)? as i32;
    if fd < 0 {
        flags = flags.with(MmapFlags::ANONYMOUS);
    }
    if hands.params.flag("populate")? {
        flags = flags.with(MmapFlags::POPULATE);
    }
    let is_fixed = hands.params.text_or_none("fixed").is_some();
    let mut addr = 0;
    if is_fixed {
        addr = hands.region("fixed")?.addr + hands.params.number_or("page", 0)? as u64 * PAGE;
        flags = flags.with(MmapFlags::FIXED);
    }
    let call = Syscall::Mmap {
        addr,
        length: pages.wrapping_mul(PAGE),
        prot: prot(hands)?,
        flags,
        fd,
        offset: (hands.params.number_or("off", 0)? as u64).wrapping_mul(PAGE),
    };
    let (addr, _) = hands.call(call)?;
    if !is_fixed {
        let region = Region {
            addr: addr as u64,
            pages,
        };
        let label = hands.params.text("r")?;
        hands.notes.regions.insert(label, region);
    }
    Ok(json!(0))
}

fn munmap(hands: &mut Hands<'_>) -> OpResult {
    let (addr, length) = range(hands)?;
    super::processes::number(hands, Syscall::Munmap { addr, length })
}

fn mprotect(hands: &mut Hands<'_>) -> OpResult {
    let (addr, length) = range(hands)?;
    let prot = prot(hands)?;
    super::processes::number(hands, Syscall::Mprotect { addr, length, prot })
}

fn madvise(hands: &mut Hands<'_>) -> OpResult {
    let (addr, length) = range(hands)?;
    let advice = match hands.params.text("adv")?.as_str() {
        "DONTNEED" => 4,
        "DONTFORK" => 10,
        "WIPEONFORK" => 18,
        other => return Err(Halt::Bad(format!("no advice '{other}'"))),
    };
    super::processes::number(
        hands,
        Syscall::Madvise {
            addr,
            length,
            advice,
        },
    )
}

/// The first byte of each page that a step is about; one page by default.
fn pages(hands: &Hands<'_>) -> Result<Vec<u64>, Halt> {
    let region = hands.region("r")?;
    let first = hands.params.number_or("page", 0)? as u64;
    let count = hands.params.number_or("n", 1)? as u64;
    Ok((first..first + count)
        .map(|page| region.addr + page * PAGE)
        .collect())
}

fn peek(hands: &mut Hands<'_>) -> OpResult {
    let before = hands.minor_faults()?;
    let mut values = Vec::new();
    for addr in pages(hands)? {
        values.push(hands.step(UserStep::Load { addr })?);
    }
    let faults = hands.minor_faults()? - before;
    let val = match values.as_slice() {
        [one] => json!(one),
        all => json!(all),
    };
    Ok(json!({ "val": val, "faults": faults }))
}

fn poke(hands: &mut Hands<'_>) -> OpResult {
    let byte = hands.params.number_or("val", 0)? as u8;
    let before = hands.minor_faults()?;
    for addr in pages(hands)? {
        hands.step(UserStep::Store { addr, byte })?;
    }
    let faults = hands.minor_faults()? - before;
    Ok(json!({ "faults": faults }))
}

/// The instruction.
const RETURN: u8 = 195;

fn crash(hands: &mut Hands<'_>) -> OpResult {
    let step = match hands.params.text("how")?.as_str() {
        "null_read" => UserStep::Load { addr: 0 },
        "null_write" => UserStep::Store { addr: 0, byte: 1 },
        "illegal" => UserStep::Illegal,
        "div" => UserStep::Divide,
        "nx" => UserStep::Fetch {
            addr: hands.region("r")?.addr,
        },
        "stack" => {
            let limit = Syscall::Setrlimit {
                resource: Resource::Stack,
                soft: 1 << 20,
                hard: 1 << 20,
            };
            hands.attempt(limit)?.ok();
            for page in 1..STACK_STEPS {
                let addr = STACK_TOP - page * PAGE;
                hands.step(UserStep::Store { addr, byte: 1 })?;
            }
            return Ok(Value::from(0));
        }
        other => return Err(Halt::Bad(format!("no crash '{other}'"))),
    };
    let is_call = matches!(step, UserStep::Fetch { .. });
    let first = hands.step(step)?;
    if is_call && first != RETURN {
        // What else the bytes say: zeroes add to where they stand.
        hands.step(UserStep::Store { addr: 0, byte: 0 })?;
    }
    Ok(json!(0))
}
