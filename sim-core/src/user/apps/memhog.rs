//! memhog: touches as many pages as it is told, then sleeps.

use super::*;
use crate::hw::Bus;
use crate::kernel::syscall::Str;

const BEGIN: u64 = 0;
const MAPPED: u64 = 1;
const TOUCH: u64 = 2;
const REST: u64 = 3;

/// Registers: r0 pages asked for, r1 pages touched, r6 where they begin.
pub fn memhog(regs: &mut Regs, bus: &mut Bus<'_>, argv: &[Str]) -> Trap {
    run(step(regs, bus, argv))
}

fn step(regs: &mut Regs, bus: &mut Bus<'_>, argv: &[Str]) -> Step {
    match label(regs) {
        BEGIN => {
            let pages = argv
                .get(1)
                .and_then(|a| a.parse().ok())
                .unwrap_or(64u64)
                .clamp(1, 1 << 20);
            regs.r[0] = pages;
            let map = Syscall::Mmap {
                addr: 0,
                length: pages * 4096,
                prot: Prot::READ.with(Prot::WRITE),
                flags: MmapFlags::PRIVATE.with(MmapFlags::ANONYMOUS),
                fd: -1,
                offset: 0,
            };
            call(regs, map, MAPPED)
        }
        MAPPED if regs.ax < 0 => call(regs, Syscall::ExitGroup { status: 1 }, MAPPED),
        MAPPED => {
            regs.r[6] = regs.ax as u64;
            go(regs, TOUCH)
        }
        TOUCH if regs.r[1] >= regs.r[0] => go(regs, REST),
        TOUCH => {
            bus.store(regs.r[6] + regs.r[1] * 4096, regs.r[1] + 1)?;
            regs.r[1] += 1;
            go(regs, TOUCH)
        }
        REST => call(regs, Syscall::Pause {}, REST),
        _ => Ok(Trap::Illegal),
    }
}
