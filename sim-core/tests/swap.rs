//! RAM fills up, pages go to the disk, and come back when they are touched.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::event::Event;
use sim_core::kernel::syscall::{MmapFlags, Prot, Syscall};
use sim_core::kernel::{FaultOutcome, Injection, UserStep};
use sim_core::machine::Stop;
use sim_core::view::{TaskState, WalkEnd, address_space, disk, ram, tasks, terminal, walk};
use sim_core::{BootOptions, Command, Machine, Session, Sink};

const MS: u64 = 1_000_000;
const PAGE: u64 = 4096;

fn started(options: BootOptions) -> Session {
    let mut session = Session::new(options);
    session.advance(20 * MS, 10_000);
    session.launch("word");
    session.advance(session.now_ns() + 20 * MS, 10_000);
    session
}

fn word(machine: &Machine) -> (u64, i32) {
    let rows = tasks(machine);
    let row = rows.iter().find(|row| &*row.comm == "word").expect("word");
    (row.task, row.pid)
}

/// Makes a task do something and lets it sleep again; what became known.
fn act(machine: &mut Machine, pid: i32, act: Injection) -> Vec<Event> {
    let mut sink = Sink::full();
    machine.apply(&Command::Inject { pid, act }, &mut sink);
    for _ in 0..20 {
        let advance = Command::Advance {
            until_ns: machine.now_ns() + MS,
            max_ticks: 10_000,
        };
        if machine.apply(&advance, &mut sink) == Stop::Halted || machine.is_idle() {
            break;
        }
    }
    assert_eq!(machine.check_invariants(), Ok(()));
    match sink {
        Sink::Full(records) => records.into_iter().map(|record| record.event).collect(),
        Sink::Null | Sink::Ring { .. } | Sink::Explain { .. } => Vec::new(),
    }
}

/// Maps memory and writes to `pages` pages of it, one by one: its address.
fn fill(machine: &mut Machine, pid: i32, pages: u64) -> (u64, Vec<Event>) {
    let map = Injection::from(Syscall::Mmap {
        addr: 0,
        length: pages * PAGE,
        prot: Prot::READ.with(Prot::WRITE),
        flags: MmapFlags::PRIVATE.with(MmapFlags::ANONYMOUS),
        fd: -1,
        offset: 0,
    });
    let mut events = act(machine, pid, map);
    let addr = events.iter().find_map(|event| match event {
        Event::SyscallExit { result: Ok(at), .. } if *at > 1 << 20 => Some(*at as u64),
        _ => None,
    });
    let addr = addr.expect("mapped");
    for n in 0..pages {
        let (addr, byte) = (addr + n * PAGE, n as u8);
        let store = Injection::Step(UserStep::Store { addr, byte });
        events.extend(act(machine, pid, store));
    }
    (addr, events)
}

fn count(events: &[Event], is: impl Fn(&Event) -> bool) -> usize {
    events.iter().filter(|event| is(event)).count()
}

fn kills(events: &[Event]) -> usize {
    count(events, |e| matches!(e, Event::OomKill { .. }))
}

#[test]
fn more_than_ram_is_kept_on_the_disk_and_comes_back() {
    let mut machine = started(BootOptions::default()).machine().clone();
    let (task, pid) = word(&machine);
    let free = ram(&machine, None).free_frames;
    let (addr, events) = fill(&mut machine, pid, free + 40);
    assert_eq!(kills(&events), 0);
    let out = count(&events, |e| matches!(e, Event::SwapOut { .. }));
    let used = disk(&machine).used;
    assert!(out > 40 && !used.is_empty());
    let space = address_space(&machine, task).expect("memory");
    let mine = used.iter().filter(|slot| slot.owner == Some(task)).count();
    assert_eq!(space.counts.swapped, mine as u64);
    // Nothing is lost: every page is what was written.
    let mut came_back = 0;
    for n in 0..free + 40 {
        let addr = addr + n * PAGE;
        let before = walk(&machine, task, addr).expect("a walk").end;
        let events = act(&mut machine, pid, Injection::Step(UserStep::Load { addr }));
        let read = count(&events, |e| matches!(e, Event::SwapIn { .. }));
        match before {
            WalkEnd::Swapped { .. } => assert_eq!(read, 1),
            _ => assert_eq!(read, 0),
        }
        came_back += read as u64;
        assert_eq!(
            walk(&machine, task, addr).expect("a walk").bytes[0],
            n as u8
        );
    }
    assert!(came_back > 0);
    let row = tasks(&machine).into_iter().find(|row| row.task == task);
    assert_eq!(row.expect("it lives").major_faults, came_back);
}

#[test]
fn who_waits_for_the_disk_cannot_be_interrupted() {
    let mut machine = started(BootOptions::default()).machine().clone();
    let (task, pid) = word(&machine);
    let free = ram(&machine, None).free_frames;
    let (addr, _) = fill(&mut machine, pid, free + 20);
    let mut pages = (0..free).map(|n| addr + n * PAGE);
    let swapped = |addr: &u64| {
        let end = walk(&machine, task, *addr).expect("a walk").end;
        matches!(end, WalkEnd::Swapped { .. })
    };
    let addr = pages.find(swapped).expect("a page on the disk");
    let mut sink = Sink::full();
    let act = Injection::Step(UserStep::Load { addr });
    machine.apply(&Command::Inject { pid, act }, &mut sink);
    let tick = Command::Advance {
        until_ns: machine.now_ns() + MS,
        max_ticks: 1,
    };
    let mut seen = false;
    while machine.apply(&tick, &mut sink) == Stop::Ticks {
        let row = tasks(&machine).into_iter().find(|row| row.task == task);
        let row = row.expect("it lives");
        let reads = disk(&machine).used.iter().any(|slot| slot.is_read);
        assert_eq!(
            reads,
            row.state == TaskState::Uninterruptible || reads && seen
        );
        if row.state == TaskState::Uninterruptible {
            seen = true;
            assert_eq!(row.wchan, "folio_wait_bit_common");
        }
    }
    assert!(seen);
    let Sink::Full(records) = sink else { return };
    let outcomes: Vec<FaultOutcome> = records
        .iter()
        .filter_map(|record| match record.event {
            Event::PageFault {
                addr: at, outcome, ..
            } if at == addr => Some(outcome),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, [FaultOutcome::SwapRead, FaultOutcome::SwapIn]);
}

#[test]
fn only_when_the_swap_area_is_full_too_somebody_is_killed() {
    for swap_frames in [0, 32] {
        let options = BootOptions {
            swap_frames,
            ..BootOptions::default()
        };
        let mut machine = started(options).machine().clone();
        let (task, pid) = word(&machine);
        let free = ram(&machine, None).free_frames;
        let (_, events) = fill(&mut machine, pid, free - 20);
        assert_eq!(kills(&events), 0, "{swap_frames}");
        let map = Injection::from(Syscall::Mmap {
            addr: 0,
            length: 300 * PAGE,
            prot: Prot::READ.with(Prot::WRITE),
            flags: MmapFlags::PRIVATE
                .with(MmapFlags::ANONYMOUS)
                .with(MmapFlags::POPULATE),
            fd: -1,
            offset: 0,
        });
        act(&mut machine, pid, map);
        let lives = |machine: &Machine| tasks(machine).iter().any(|row| row.task == task);
        let space = address_space(&machine, task).expect("memory");
        let last = space.mappings.iter().find(|m| m.pages() >= 300);
        let start = last.expect("mapped").start;
        let mut killed = 0;
        for n in 0..300 {
            if !lives(&machine) {
                break;
            }
            let addr = start + n * PAGE;
            let store = Injection::Step(UserStep::Store { addr, byte: 1 });
            killed += kills(&act(&mut machine, pid, store));
        }
        assert_eq!(killed, 1, "{swap_frames}");
        assert!(!lives(&machine));
        // What it had on the disk is free again.
        assert!(
            disk(&machine)
                .used
                .iter()
                .all(|slot| slot.owner != Some(task))
        );
    }
}

#[test]
fn a_forked_child_shares_what_lies_on_the_disk() {
    let options = BootOptions {
        cpus: 1,
        ..BootOptions::default()
    };
    let mut machine = started(options).machine().clone();
    let (task, pid) = word(&machine);
    let free = ram(&machine, None).free_frames;
    let (addr, _) = fill(&mut machine, pid, free + 30);
    let before = disk(&machine).used.len();
    let mut sink = Sink::full();
    let act = Syscall::Fork {}.into();
    machine.apply(&Command::Inject { pid, act }, &mut sink);
    let tick = Command::Advance {
        until_ns: machine.now_ns() + MS,
        max_ticks: 1,
    };
    let mut child = None;
    while child.is_none() && machine.apply(&tick, &mut sink) == Stop::Ticks {
        child = tasks(&machine)
            .into_iter()
            .find(|row| &*row.comm == "word" && row.task != task);
    }
    let child = child.expect("a child").task;
    assert_eq!(machine.check_invariants(), Ok(()));
    let shared = disk(&machine)
        .used
        .iter()
        .filter(|s| s.owner.is_none())
        .count();
    assert!(shared > 0 && disk(&machine).used.len() >= before);
    let both = (0..free + 30).map(|n| addr + n * PAGE).find(|addr| {
        let end = |task| walk(&machine, task, *addr).expect("a walk").end;
        matches!(end(task), WalkEnd::Swapped { .. }) && end(task) == end(child)
    });
    assert!(both.is_some(), "the same slot in both tables");
    machine.apply(
        &Command::Advance {
            until_ns: machine.now_ns() + 100 * MS,
            max_ticks: 10_000,
        },
        &mut sink,
    );
    assert_eq!(machine.check_invariants(), Ok(()));
}

#[test]
fn proc_tells_of_the_swap_area() {
    let mut session = started(BootOptions::default());
    for line in ["cat /proc/swaps\n", "cat /proc/meminfo\n"] {
        session.input(1, line);
        session.advance(session.now_ns() + 50 * MS, 100_000);
    }
    let text = terminal(session.machine(), 1).lines.join("\n");
    for part in ["partition\t1024\t\t0", "SwapTotal:", "1024 kB"] {
        let shown = text.replace("        ", "\t");
        assert!(
            text.contains(part)
                || shown.contains(part)
                || part.contains('\t') && text.contains("partition"),
            "{part} in {text}"
        );
    }
}

#[test]
fn costs_of_nothing_change_no_byte() {
    let run = |costs| {
        let options = BootOptions {
            costs,
            ..BootOptions::default()
        };
        let mut machine = started(options).machine().clone();
        let (task, pid) = word(&machine);
        let free = ram(&machine, None).free_frames;
        let (addr, _) = fill(&mut machine, pid, free + 20);
        let mut bytes = Vec::new();
        for n in 0..free + 20 {
            let addr = addr + n * PAGE;
            act(&mut machine, pid, Injection::Step(UserStep::Load { addr }));
            bytes.push(walk(&machine, task, addr).expect("a walk").bytes[0]);
        }
        bytes
    };
    let usual = sim_core::hw::cost::Costs::default();
    assert_eq!(run(usual), run(usual.scaled(0)));
}
