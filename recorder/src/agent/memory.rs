//! Mappings and accesses to them.

use super::Agent;
use super::sys::{Answer, Failure, last_error, nothing, sys};
use conformance::case::Params;
use libc::{c_int, c_long, c_void};
use serde_json::{Value, json};
use std::mem::zeroed;

pub const PAGE: usize = 4096;

pub fn run(agent: &mut Agent, op: &str, p: &Params) -> Answer {
    match op {
        "mmap" => mmap(agent, p),
        "munmap" => {
            let (addr, bytes) = part(agent, p)?;
            sys!(munmap(addr, bytes)).map(nothing)
        }
        "mprotect" => {
            let (addr, bytes) = part(agent, p)?;
            sys!(mprotect(addr, bytes, protection(p)?)).map(nothing)
        }
        "madvise" => {
            let (addr, bytes) = part(agent, p)?;
            let advice = match p.text("adv")?.as_str() {
                "DONTNEED" => libc::MADV_DONTNEED,
                "DONTFORK" => libc::MADV_DONTFORK,
                "WIPEONFORK" => libc::MADV_WIPEONFORK,
                other => return Err(Failure::Case(format!("no advice '{other}'"))),
            };
            sys!(madvise(addr, bytes, advice)).map(nothing)
        }
        "poke" => access(agent, p, Access::Write),
        "peek" => access(agent, p, Access::Read),
        "crash" => crash(agent, p),
        _ => Err(Failure::NotMine),
    }
}

fn pages(p: &Params, name: &str, default: i64) -> Result<usize, Failure> {
    let pages = p.number_or(name, default)?;
    usize::try_from(pages)
        .ok()
        .and_then(|pages| pages.checked_mul(PAGE))
        .ok_or_else(|| Failure::Case(format!("'{name}' is no number of pages: {pages}")))
}

fn protection(p: &Params) -> Result<c_int, Failure> {
    let letters = p.text("prot")?;
    let bit = |letter, bit| if letters.contains(letter) { bit } else { 0 };
    Ok(bit('r', libc::PROT_READ) | bit('w', libc::PROT_WRITE) | bit('x', libc::PROT_EXEC))
}

/// `n` pages of a region from `page` on, or all of them.
fn part(agent: &Agent, p: &Params) -> Result<(*mut c_void, usize), Failure> {
    let region = agent.region(p, "r")?;
    let addr = region.addr + pages(p, "page", 0)?;
    let bytes = pages(p, "n", (region.bytes / PAGE) as i64)?;
    Ok((addr as *mut c_void, bytes))
}

fn mmap(agent: &mut Agent, p: &Params) -> Answer {
    let bytes = pages(p, "n", 0)?;
    let fd = p.int_or("fd", -1)?;
    let mut flags = match p.text_or_none("share").as_deref() {
        Some("shared") => libc::MAP_SHARED,
        _ => libc::MAP_PRIVATE,
    };
    if fd < 0 {
        flags |= libc::MAP_ANONYMOUS;
    }
    if p.flag("populate")? {
        flags |= libc::MAP_POPULATE;
    }
    let mut hint = 0;
    if p.has("fixed") {
        hint = agent.region(p, "fixed")?.addr + pages(p, "page", 0)?;
        flags |= libc::MAP_FIXED;
    }
    let offset = p.number_or("off", 0)? * PAGE as i64;
    let protection = protection(p)?;
    // SAFETY: With MAP_FIXED it replaces part of a region that the case made, which no reference
    // points into; without, the kernel chooses where nothing is.
    let addr = unsafe { libc::mmap(hint as *mut c_void, bytes, protection, flags, fd, offset) };
    if addr == libc::MAP_FAILED {
        return Err(last_error());
    }
    if p.has("fixed") {
        return Ok(0.into());
    }
    agent.keep_region(p, addr as usize, bytes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Touches a byte of each page, and counts the minor faults of that. The loop and the stack have
/// been used before by `access`, so that none of the faults is theirs.
#[inline(never)]
fn touch(addr: usize, pages: usize, access: Access, value: u8, values: &mut [u8]) -> c_long {
    // SAFETY: An rusage is numbers. The addresses are in a region of the case's, or in `values`
    // itself; where nothing is mapped the process dies, which is then the outcome.
    unsafe {
        let mut before: libc::rusage = zeroed();
        let mut after: libc::rusage = zeroed();
        std::hint::black_box(&mut before);
        std::hint::black_box(&mut after);
        libc::getrusage(libc::RUSAGE_SELF, &mut after);
        libc::getrusage(libc::RUSAGE_SELF, &mut before);
        for (page, slot) in (0..pages).zip(values) {
            let at = (addr + page * PAGE) as *mut u8;
            match access {
                Access::Write => at.write_volatile(value),
                Access::Read => (&raw mut *slot).write_volatile(at.read_volatile()),
            }
        }
        libc::getrusage(libc::RUSAGE_SELF, &mut after);
        after.ru_minflt - before.ru_minflt
    }
}

fn access(agent: &mut Agent, p: &Params, access: Access) -> Answer {
    let addr = agent.region(p, "r")?.addr + pages(p, "page", 0)?;
    let count = pages(p, "n", 1)? / PAGE;
    if count > agent.values.len() {
        return Err(Failure::Case(format!(
            "more pages than one access has: {count}"
        )));
    }
    let value = p.number_or("val", 0)? as u8;
    // A child shares its pages with its parent until it writes to them: it does so now.
    for slot in &mut agent.values {
        // SAFETY: A byte of ours.
        unsafe { (&raw mut *slot).write_volatile(0) };
    }
    let own = agent.values.as_ptr() as usize;
    touch(own, 1, Access::Read, 0, &mut agent.values);
    touch(own, 1, Access::Write, 0, &mut agent.values);
    let faults = touch(addr, count, access, value, &mut agent.values);
    Ok(match access {
        Access::Write => json!({"faults": faults}),
        Access::Read => {
            let values: Value = match &agent.values[..count] {
                [one] => (*one).into(),
                many => many.into(),
            };
            json!({"val": values, "faults": faults})
        }
    })
}

/// Bytes of stack that a crash by running out of it has.
const STACK_BYTES: u64 = 1 << 20;

fn crash(agent: &Agent, p: &Params) -> Answer {
    use std::arch::asm;
    match p.text("how")?.as_str() {
        // SAFETY: Nothing is mapped at 0: the process dies, as the case wants. So below.
        "null_read" => unsafe { asm!("mov {0:r}, qword ptr [0]", out(reg) _) },
        // SAFETY: As above.
        "null_write" => unsafe { asm!("mov qword ptr [0], 1") },
        // SAFETY: An instruction that is defined to be none.
        "illegal" => unsafe { asm!("ud2", options(noreturn)) },
        // SAFETY: A division by zero, with its registers declared.
        "div" => unsafe {
            asm!(
                "xor edx, edx", "xor ecx, ecx", "mov eax, 1", "div ecx",
                out("eax") _, out("ecx") _, out("edx") _,
            );
        },
        "stack" => {
            let limit = libc::rlimit {
                rlim_cur: STACK_BYTES,
                rlim_max: STACK_BYTES,
            };
            // One that has less already keeps that.
            let _ = sys!(setrlimit(RLIMIT_STACK, &limit));
            // SAFETY: Walks down the stack, a page at a time, until the kernel refuses.
            unsafe {
                asm!(
                    "2:",
                    "sub rsp, 4096",
                    "mov qword ptr [rsp], 1",
                    "jmp 2b",
                    options(noreturn)
                )
            }
        }
        "nx" => {
            let addr = agent.region(p, "r")?.addr;
            // SAFETY: Not code: the page may not be executed, and the process dies.
            let code: extern "C" fn() = unsafe { std::mem::transmute(addr) };
            code();
        }
        other => return Err(Failure::Case(format!("no way '{other}' to crash"))),
    }
    Ok(0.into())
}
