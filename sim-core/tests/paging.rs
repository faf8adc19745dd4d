//! What the views of memory say, held against what translation really does.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::event::Event;
use sim_core::hw::FaultAccess;
use sim_core::kernel::syscall::Syscall;
use sim_core::kernel::{FaultOutcome, Injection, UserStep};
use sim_core::machine::Stop;
use sim_core::view::{
    MappingKind, StoreFate, StripCell, TableLevel, WalkEnd, address_space, pages, ram, tasks, tlb,
    walk, windows,
};
use sim_core::{BootOptions, Command, Machine, Session, Sink};

const MS: u64 = 1_000_000;
const PAGE: u64 = 4096;

fn started(programs: &[&str]) -> Session {
    started_on(BootOptions::default(), programs)
}

fn started_on(options: BootOptions, programs: &[&str]) -> Session {
    let mut session = Session::new(options);
    session.advance(20 * MS, 10_000);
    for program in programs {
        session.launch(program);
        session.advance(session.now_ns() + 20 * MS, 10_000);
    }
    for window in windows(session.machine()) {
        let keys = match window.comm.as_str() {
            "word" => "teh",
            "excel" => "A1=40\n",
            _ => continue,
        };
        session.input(window.tty, keys);
        session.advance(session.now_ns() + 20 * MS, 10_000);
    }
    session
}

fn task_named(machine: &Machine, comm: &str) -> u64 {
    let rows = tasks(machine);
    let row = rows.iter().find(|row| &*row.comm == comm);
    row.expect("it runs").task
}

fn document(machine: &Machine, task: u64) -> u64 {
    let space = address_space(machine, task).expect("it has memory");
    space.document.expect("it has a document").addr
}

/// Makes a task do something; what became known of it.
fn act(machine: &mut Machine, task: u64, act: Injection) -> Vec<Event> {
    act_until(machine, task, act, |_| None::<()>).0
}

/// Makes a task do something, tick by tick, until an event tells what is asked for.
fn act_until<T>(
    machine: &mut Machine,
    task: u64,
    act: Injection,
    tells: impl Fn(&Event) -> Option<T>,
) -> (Vec<Event>, Option<T>) {
    let rows = tasks(machine);
    let pid = rows.iter().find(|row| row.task == task).expect("it").pid;
    let mut sink = Sink::full();
    machine.apply(&Command::Inject { pid, act }, &mut sink);
    let advance = Command::Advance {
        until_ns: machine.now_ns() + MS,
        max_ticks: 1,
    };
    let mut events = Vec::new();
    let mut told = None;
    while told.is_none() && machine.apply(&advance, &mut sink) == Stop::Ticks {
        let Sink::Full(records) = &mut sink else {
            break;
        };
        let new = std::mem::take(records);
        told = new.iter().find_map(|record| tells(&record.event));
        events.extend(new.into_iter().map(|record| record.event));
    }
    assert_eq!(machine.check_invariants(), Ok(()));
    (events, told)
}

/// What faults a store to `addr` takes, on a copy of the machine.
fn faults_of_store(machine: &Machine, task: u64, addr: u64) -> Vec<FaultOutcome> {
    let mut copy = machine.clone();
    let store = Injection::Step(UserStep::Store { addr, byte: 1 });
    let of_store = |event| match event {
        Event::PageFault {
            task: by,
            addr: at,
            access: FaultAccess::Write,
            outcome,
        } if by.as_u64() == task && at == addr => Some(outcome),
        _ => None,
    };
    act(&mut copy, task, store)
        .into_iter()
        .filter_map(of_store)
        .collect()
}

#[test]
fn two_processes_have_the_same_address_in_two_frames() {
    let session = started(&["word", "excel"]);
    let machine = session.machine();
    let (word, excel) = (task_named(machine, "word"), task_named(machine, "excel"));
    let addr = document(machine, word);
    let of = |task| walk(machine, task, addr).expect("a walk").end;
    let (WalkEnd::Frame { pfn: one, .. }, WalkEnd::Frame { pfn: other, .. }) =
        (of(word), of(excel))
    else {
        panic!("both have the page");
    };
    assert_ne!(one, other);
    // And the frames hold what the windows show.
    for window in windows(machine) {
        let Some(document) = window.document else {
            continue;
        };
        let end = walk(machine, window.task, document.addr)
            .expect("a walk")
            .end;
        let physical = document.pfn * PAGE + document.addr % PAGE;
        let pfn = document.pfn;
        assert_eq!(end, WalkEnd::Frame { pfn, physical });
        let bytes = walk(machine, window.task, document.addr)
            .expect("a walk")
            .bytes;
        assert_eq!(bytes, document.bytes[..bytes.len()]);
    }
}

#[test]
fn a_walk_reads_the_tables_where_they_lie() {
    let session = started(&["word"]);
    let machine = session.machine();
    let word = task_named(machine, "word");
    let addr = document(machine, word) + 5;
    let walk = walk(machine, word, addr).expect("a walk");
    assert_eq!(walk.offset, (addr % PAGE) as u16);
    assert_eq!(walk.steps.len(), 4);
    // The indices are the address, nine bits each.
    let joined = walk
        .steps
        .iter()
        .fold(0, |vpn, step| vpn << 9 | u64::from(step.index));
    assert_eq!(joined, addr / PAGE);
    let grid = ram(machine, Some(word));
    for (step, level) in walk.steps.iter().zip(TableLevel::ALL) {
        assert_eq!(step.level, level);
        let cell = grid.cells[step.table as usize];
        assert_eq!(cell.kind, sim_core::view::FrameKind::PageTable);
        assert_eq!(cell.owner, Some(word));
        assert_eq!(Some(step.raw >> 12 & 0xf_ffff_ffff), step.frame);
    }
    // Each entry names the next table.
    for pair in walk.steps.windows(2) {
        assert_eq!(pair[0].frame, Some(pair[1].table));
    }
    let tables = address_space(machine, word).expect("memory").table_frames;
    assert!(tables >= 4);
}

/// Every page of every process, and the pages about every mapping.
#[test]
fn what_a_store_would_do_is_what_it_does() {
    let mut session = started(&["word", "excel"]);
    session.input(2, "a\u{f}");
    session.advance(session.now_ns() + 20 * MS, 10_000);
    let machine = session.machine();
    let mut seen = Vec::new();
    for row in tasks(machine).iter().filter(|row| &*row.comm != "sh") {
        let space = address_space(machine, row.task).expect("memory");
        for mapping in &space.mappings {
            let last = mapping.end - PAGE;
            for addr in [mapping.start, last, mapping.end] {
                let fate = walk(machine, row.task, addr).expect("a walk").store;
                let faults = faults_of_store(machine, row.task, addr);
                let fits = match fate {
                    StoreFate::Writes => faults.is_empty(),
                    StoreFate::NewFrame => faults == [FaultOutcome::NewFrame],
                    StoreFate::Copies => faults == [FaultOutcome::CopyOnWrite],
                    StoreFate::MadeWritable => faults == [FaultOutcome::MadeWritable],
                    StoreFate::BringsIn => faults == [FaultOutcome::FilePage],
                    StoreFate::MayGrow => {
                        faults == [FaultOutcome::NewFrame] || faults == [FaultOutcome::Segv]
                    }
                    StoreFate::Refused => faults == [FaultOutcome::Segv],
                };
                assert!(fits, "{} at {addr:#x}: {fate:?}, {faults:?}", row.comm);
                seen.push(fate);
            }
        }
    }
    for fate in [StoreFate::Writes, StoreFate::NewFrame, StoreFate::Refused] {
        assert!(seen.contains(&fate), "{fate:?} was not tried");
    }
}

#[test]
fn copy_on_write_is_seen_happening() {
    // One CPU, so that the child does not run meanwhile.
    let options = BootOptions {
        cpus: 1,
        ..BootOptions::default()
    };
    let session = started_on(options, &["word"]);
    let mut machine = session.machine().clone();
    let word = task_named(&machine, "word");
    let addr = document(&machine, word);
    let before = walk(&machine, word, addr).expect("a walk");
    assert_eq!((before.store, before.mapped_by), (StoreFate::Writes, 1));
    let fork = Syscall::Fork {}.into();
    let (_, child) = act_until(&mut machine, word, fork, |event| match event {
        Event::Fork { child, .. } => Some(child.as_u64()),
        _ => None,
    });
    let child = child.expect("a child");
    // One frame, two entries, neither of which may write.
    let both = [word, child].map(|task| walk(&machine, task, addr).expect("a walk"));
    for walk in &both {
        assert_eq!((walk.end, walk.mapped_by), (before.end, 2));
        assert_eq!(walk.store, StoreFate::Copies);
    }
    assert_eq!(
        pages(&machine, word, addr, 1),
        [StripCell::Shared],
        "the strip says so too"
    );
    let store = Injection::Step(UserStep::Store { addr, byte: b'!' });
    let (_, copied) = act_until(&mut machine, word, store, |event| match event {
        Event::PageFault {
            addr: at, outcome, ..
        } if *at == addr => Some(*outcome),
        _ => None,
    });
    assert_eq!(copied, Some(FaultOutcome::CopyOnWrite));
    let now = [word, child].map(|task| walk(&machine, task, addr).expect("a walk"));
    assert_ne!(now[0].end, before.end, "the writer has a frame of its own");
    assert_eq!(now[1].end, before.end, "the other keeps the old one");
    // Alone with it, it need not copy any more.
    assert_eq!(now[0].store, StoreFate::Writes);
    assert_eq!(now[1].store, StoreFate::MadeWritable);
}

#[test]
fn shared_pages_count_once_in_proportional_sizes() {
    let session = started(&["word", "word", "excel"]);
    let machine = session.machine();
    let spaces: Vec<_> = tasks(machine)
        .iter()
        .filter_map(|row| address_space(machine, row.task).map(|space| (row.clone(), space)))
        .collect();
    let mut frames = std::collections::BTreeSet::new();
    for (row, space) in &spaces {
        assert_eq!(space.counts.rss, row.rss_pages, "{}", row.comm);
        assert_eq!(
            space.counts.rss,
            space.counts.private + space.counts.shared,
            "{}",
            row.comm
        );
        let size: u64 = space.mappings.iter().map(|m| m.pages()).sum();
        assert_eq!(size, row.vm_pages);
        for mapping in &space.mappings {
            let count = mapping.pages() as usize;
            let cells = pages(machine, row.task, mapping.start, count);
            for (n, cell) in cells.iter().enumerate() {
                let end = walk(machine, row.task, mapping.start + n as u64 * PAGE)
                    .expect("a walk")
                    .end;
                match (cell, end) {
                    (StripCell::ZeroPage, _) | (StripCell::Absent, WalkEnd::Untouched) => {}
                    (_, WalkEnd::Frame { pfn, .. }) => {
                        frames.insert(pfn);
                    }
                    (cell, end) => panic!("{cell:?} {end:?}"),
                }
            }
        }
    }
    // Word's text lies in RAM once, though two run it.
    let texts = spaces.iter().filter(|(row, _)| &*row.comm == "word");
    for (_, space) in texts {
        let text = &space.mappings[0];
        assert_eq!(text.kind, MappingKind::Text);
        assert!(text.path.ends_with("/word"), "{}", text.path);
        assert!(text.counts.shared > 0);
        assert!(text.counts.pss_bytes <= text.counts.rss * PAGE / 2);
    }
    let rss: u64 = spaces.iter().map(|(_, s)| s.counts.rss).sum();
    let pss: u64 = spaces.iter().map(|(_, s)| s.counts.pss_bytes).sum();
    assert!(rss > frames.len() as u64);
    // Every frame in use counts for one page, less what division loses.
    let exact = frames.len() as u64 * PAGE;
    assert!(pss <= exact && exact - pss < rss, "{pss} of {exact}");
}

/// What the TLB remembers is what the tables say, for the spaces that still are.
#[test]
fn the_tlb_agrees_with_the_tables() {
    let mut session = started(&["word", "excel"]);
    session.input(2, "hello");
    session.advance(session.now_ns() + 20 * MS, 10_000);
    let machine = session.machine();
    let mut seen = 0;
    for cpu in tlb(machine) {
        assert!(cpu.hits > 0 && cpu.misses > 0 && cpu.flushes > 0);
        assert!(cpu.entries.len() <= usize::from(cpu.slots));
        for entry in &cpu.entries {
            let Some(task) = entry.task else { continue };
            let walk = walk(machine, task, entry.vpn * PAGE).expect("a walk");
            let pfn = entry.pfn;
            let physical = pfn * PAGE;
            assert_eq!(walk.end, WalkEnd::Frame { pfn, physical });
            seen += 1;
        }
    }
    assert!(seen > 4, "{seen} entries");
}

#[test]
fn a_second_access_finds_the_translation_remembered() {
    let session = started(&["word"]);
    let mut machine = session.machine().clone();
    let word = task_named(&machine, "word");
    let addr = document(&machine, word);
    let load = || Injection::Step(UserStep::Load { addr });
    act(&mut machine, word, load());
    let counts = |machine: &Machine| {
        let all = tlb(machine);
        let sum = |of: fn(&sim_core::view::TlbView) -> u64| all.iter().map(of).sum::<u64>();
        (sum(|cpu| cpu.hits), sum(|cpu| cpu.misses))
    };
    let before = counts(&machine);
    act(&mut machine, word, load());
    let after = counts(&machine);
    assert_eq!(after.1, before.1, "no walk");
    assert!(after.0 > before.0);
}
