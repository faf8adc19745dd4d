//! Recounting frames and mappings from the page tables.

use super::tables::{each_entry, each_table};
use super::{FrameState, FrameUse, MmId, Rss};
use crate::hw::{Hardware, Mmu, PteFlags, walk};
use crate::kernel::Kernel;
use std::collections::BTreeMap;

/// Frame ownership, map counts and resident counts equal a recount.
///
/// # Errors
/// The name of the invariant, with the frame or space concerned.
pub fn check(k: &Kernel, hw: &Hardware) -> Result<(), String> {
    // By frame: mappings, exclusive-or of the mappers.
    let mut maps: BTreeMap<u64, (u32, u64)> = BTreeMap::new();
    // By slot: the same.
    let mut slots: BTreeMap<u64, (u32, u64)> = BTreeMap::new();
    let mut tables: BTreeMap<u64, u64> = BTreeMap::new();
    for (id, space) in k.mm.spaces.iter() {
        let (mut rss, mut swapped) = (Rss::default(), 0);
        each_entry(hw, space, |vpn, pte| {
            if let Some(slot) = pte.swap_slot() {
                let entry = slots.entry(slot).or_default();
                entry.0 += 1;
                entry.1 ^= id.as_u64();
                swapped += 1;
                return;
            }
            let info = k.mm.frames.info(pte.pfn());
            if info.usage == FrameUse::Zero || !pte.has(PteFlags::PRESENT) {
                return;
            }
            let entry = maps.entry(pte.pfn().0).or_default();
            entry.0 += 1;
            entry.1 ^= id.as_u64();
            match info.usage {
                FrameUse::Anon => rss.anon += 1,
                FrameUse::PageCache { .. } if info.state == FrameState::Shmem => rss.shmem += 1,
                FrameUse::PageCache { .. } => rss.file += 1,
                _ => {}
            }
            if space.find(vpn).is_none() {
                rss.anon += 1 << 32;
            }
        });
        if (rss, swapped) != (space.rss, space.swapped) {
            return Err(format!(
                "pages of space {id:?}: kept {:?} and {} in swap, counted {rss:?} and {swapped}",
                space.rss, space.swapped
            ));
        }
        let mut count = 0;
        if hw.mmu == Mmu::Paging {
            each_table(&hw.ram, space.pgd, |pfn| {
                count += 1;
                tables.insert(pfn.0, id.as_u64());
            });
        }
        if count != space.table_frames {
            return Err(format!(
                "table frames of space {id:?}: kept {}, counted {count}",
                space.table_frames
            ));
        }
        let users = k.tasks.iter().filter(|(_, t)| t.mm == Some(id)).count();
        if users as u32 != space.users {
            return Err(format!(
                "users of space {id:?}: kept {}, counted {users}",
                space.users
            ));
        }
    }
    let kept: BTreeMap<u64, (u32, u64)> =
        k.mm.swap
            .iter()
            .map(|(at, slot)| (at, (slot.maps, slot.map_xor)))
            .collect();
    if kept != slots || kept.len() as u64 != k.mm.swap.used() {
        return Err(format!(
            "slots of the swap area: kept {kept:?}, counted {slots:?}"
        ));
    }
    let mut used = 0;
    for (pfn, info) in k.mm.frames.iter() {
        let counted = maps.get(&pfn.0).copied().unwrap_or_default();
        if (info.maps, info.map_xor) != counted {
            return Err(format!(
                "mappings of frame {}: kept {:?}, counted {counted:?}",
                pfn.0,
                (info.maps, info.map_xor)
            ));
        }
        if info.state == FrameState::Exclusive && (info.usage != FrameUse::Anon || info.maps > 1) {
            return Err(format!("frame {} is shared and exclusive", pfn.0));
        }
        let is_free = matches!(info.usage, FrameUse::Untouched | FrameUse::Free { .. });
        used += u64::from(!is_free);
        let owner = tables.get(&pfn.0).copied();
        let said = match info.usage {
            FrameUse::PageTable { space } => Some(space.as_u64()),
            FrameUse::Untouched
            | FrameUse::Free { .. }
            | FrameUse::Kernel
            | FrameUse::Zero
            | FrameUse::Anon
            | FrameUse::PageCache { .. } => None,
        };
        if owner != said {
            return Err(format!(
                "frame {} as a page table: kept {said:?}, found {owner:?}",
                pfn.0
            ));
        }
        let is_idle = info.pins == 0 && info.maps == 0 && !is_free;
        if is_idle && !matches!(info.usage, FrameUse::Kernel | FrameUse::Zero) {
            return Err(format!("frame {} is used by nobody and not free", pfn.0));
        }
    }
    for (asid, vpn, table) in hw.cpus.iter().filter_map(|cpu| cpu.tlb.remembered()) {
        let space = k.mm.spaces.get(MmId::from_u64(asid));
        let found = space.and_then(|space| walk(&hw.ram, space.pgd, vpn << 12));
        if found.map(|(table, _, _)| table) != Some(table) {
            return Err(format!("a CPU remembers {table:?} for page {vpn:#x}"));
        }
    }
    if used + k.mm.frames.free() != k.mm.frames.total() {
        return Err(format!(
            "free frames: kept {}, counted {}",
            k.mm.frames.free(),
            k.mm.frames.total() - used
        ));
    }
    Ok(())
}
