//! A machine without an MMU, and the same keys on one with.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::event::Event;
use sim_core::hw::{Mmu, TtyId};
use sim_core::kernel::syscall::{CloneFlags, MmapFlags, Prot, SigNr};
use sim_core::kernel::{Errno, Injection, Syscall, UserStep};
use sim_core::view::{self, FrameKind, TaskRow};
use sim_core::{BootOptions, Command, Session};

/// Where Excel's table and Word's document lie without an MMU: 1,024 cells of 48 bytes apart.
const WRONG_CELL: &str = "A257=BOO!\n";

fn boot(mmu: Mmu) -> BootOptions {
    BootOptions {
        mmu,
        ..BootOptions::default()
    }
}

/// Lets everything that was asked for happen, and recounts.
fn rest(session: &mut Session) {
    session.advance(session.now_ns() + 200_000_000, 400_000);
    session.machine().check_invariants().expect("sound");
}

fn booted(mmu: Mmu, programs: &[&str]) -> Session {
    let mut session = Session::new(boot(mmu));
    rest(&mut session);
    for program in programs {
        session.launch(program);
        rest(&mut session);
    }
    session
}

fn type_at(session: &mut Session, tty: u16, keys: &str) {
    session.input(tty, keys);
    rest(session);
}

fn screen(session: &Session, tty: u16) -> String {
    let lines = view::terminal(session.machine(), tty).lines;
    // Without the spell checker's waves.
    lines.join("\n").trim_end().replace('~', "")
}

fn task(session: &Session, comm: &str) -> Option<TaskRow> {
    let tasks = view::tasks(session.machine());
    tasks.into_iter().find(|task| &*task.comm == comm)
}

/// What the shell's last command printed.
fn shell(session: &mut Session, line: &str) -> String {
    type_at(session, 1, &format!("{line}\n"));
    let screen = screen(session, 1);
    let after = screen.rsplit_once(line).map_or("", |(_, after)| after);
    after.trim_end_matches("host#").trim().to_string()
}

/// Injects a call into a program and returns what it came to.
fn inject(session: &mut Session, comm: &str, call: Syscall) -> Result<i64, Errno> {
    let pid = task(session, comm).expect("the program").pid;
    let (nr, before) = (call.nr(), session.ticks());
    let act = call.into();
    session.apply(Command::Inject { pid, act });
    rest(session);
    let answered = session.events().filter(|record| record.tick > before);
    let answer = answered.filter_map(|record| match record.event {
        Event::SyscallExit { nr: of, result, .. } if of == nr => Some(result),
        _ => None,
    });
    answer.last().expect("an answer")
}

fn store(session: &mut Session, comm: &str, addr: u64) {
    let pid = task(session, comm).expect("the program").pid;
    let step = UserStep::Store { addr, byte: 0x21 };
    let act = Injection::Step(step);
    session.apply(Command::Inject { pid, act });
    rest(session);
}

fn map(length: u64, flags: MmapFlags) -> Syscall {
    Syscall::Mmap {
        addr: 0x80_0000,
        length,
        prot: Prot::READ.with(Prot::WRITE),
        flags: flags.with(MmapFlags::ANONYMOUS),
        fd: -1,
        offset: 0,
    }
}

/// The scene: Word, then Excel, then a cell that the table does not have.
fn invaded(mmu: Mmu) -> Session {
    let mut session = booted(mmu, &["word", "excel"]);
    type_at(&mut session, 2, "Dear Anna, see you soon.");
    type_at(&mut session, 3, "A1=2\n");
    type_at(&mut session, 3, WRONG_CELL);
    session
}

#[test]
fn a_wrong_cell_of_excel_lands_in_words_document() {
    let mut session = invaded(Mmu::None);
    // In memory at once, on the screen when Word draws next.
    let windows = view::windows(session.machine());
    let word = windows.iter().find(|window| window.comm == "word");
    let document = word.and_then(|w| w.document.clone()).expect("a document");
    assert!(document.bytes.starts_with(b"BOO!\0\0\0\0\0"));
    assert_eq!(document.addr, document.pfn * 4096, "addresses are physical");
    assert!(screen(&session, 2).starts_with("Dear"));
    type_at(&mut session, 2, "!");
    let shown = screen(&session, 2);
    assert!(shown.starts_with("BOO!"), "{shown}");
    assert!(!shown.contains("Anna"), "{shown}");
    assert!(task(&session, "excel").is_some(), "nobody has noticed");
    assert!(screen(&session, 3).contains("A1        2"));
}

#[test]
fn the_same_keys_end_excel_where_there_is_an_mmu() {
    let without = invaded(Mmu::None);
    let mut session = without.replayed_on(boot(Mmu::Paging));
    assert_eq!(without.boot_options().mmu, Mmu::None);
    assert_eq!(session.boot_options().mmu, Mmu::Paging);
    assert_eq!(view::machine(session.machine()).mmu, Mmu::Paging);
    session.machine().check_invariants().expect("sound");
    let is_excels_end = |event: &Event| match event {
        Event::PageFault { addr, outcome, .. } => {
            *addr == 0x41_0000 && *outcome == sim_core::kernel::FaultOutcome::Segv
        }
        _ => false,
    };
    assert!(session.events().any(|record| is_excels_end(&record.event)));
    assert!(task(&session, "excel").is_none(), "SIGSEGV");
    type_at(&mut session, 2, "!");
    assert!(screen(&session, 2).starts_with("Dear Anna, see you soon.!"));
    // And back: the other machine has the same in it as the first.
    let again = session.replayed_on(boot(Mmu::None));
    assert!(screen(&again, 2).starts_with("BOO!"));
    assert!(task(&again, "excel").is_some());
}

/// With an MMU, every row from the end of Excel's page on faults: nothing is mapped there.
#[test]
fn wrong_cells_never_land_in_excels_own_memory() {
    let booted = booted(Mmu::Paging, &["word", "excel"]);
    let rows = (23..60).chain([100, 257, 811, 1_000, 65_536, 99_999_999]);
    for row in rows {
        let mut session = booted.clone();
        let column = ["A", "B", "C", "D"][row % 4];
        type_at(&mut session, 3, &format!("{column}{row}=1\n"));
        assert!(task(&session, "excel").is_none(), "{column}{row}");
        assert!(task(&session, "word").is_some(), "{column}{row}");
    }
}

/// Without one, rows of which nothing is left of Word's document still stop nothing, until one of
/// them is the kernel's.
#[test]
fn a_store_into_the_kernel_halts_the_machine() {
    let session = booted(Mmu::None, &["word", "excel"]);
    let ram = view::ram(session.machine(), None);
    let heap = view::windows(session.machine())[2].document.clone();
    let heap = heap.expect("Excel's table").pfn;
    let kernels = (heap..).zip(&ram.cells[heap as usize..]);
    let mut kernels = kernels.filter(|(_, cell)| cell.kind == FrameKind::Kernel);
    let (pfn, _) = kernels.next().expect("a frame of the kernel above Excel");
    let cell = ((pfn - heap) * 4096).div_ceil(48);
    let mut halted = session.clone();
    let keys = format!(
        "{}{}=x\n",
        ["A", "B", "C", "D"][(cell % 4) as usize],
        cell / 4 + 1
    );
    type_at(&mut halted, 3, &keys);
    let why = halted.machine().halted().expect("halted");
    assert!(why.starts_with("the kernel was overwritten"), "{why}");
    // A system call that is told to write there does the same.
    let mut halted = session.clone();
    store(&mut halted, "word", 0x1000);
    assert!(halted.machine().halted().is_some());
    // Where there is no RAM, a store is lost.
    let mut lost = session;
    store(&mut lost, "word", 0x4000_0000);
    store(&mut lost, "word", u64::MAX);
    assert_eq!(lost.machine().halted(), None);
    assert!(task(&lost, "word").is_some());
}

/// Text that was overwritten is no instruction any more.
#[test]
fn overwritten_text_is_an_illegal_instruction() {
    let mut session = booted(Mmu::None, &["word", "excel"]);
    let document = view::windows(session.machine())[1].document.clone();
    let text = document.expect("Word's document").addr - 4 * 4096;
    for label in 0..11 {
        store(&mut session, "excel", text + label * 8);
    }
    type_at(&mut session, 2, "a");
    assert!(task(&session, "word").is_none());
    assert_eq!(session.machine().halted(), None);
}

#[test]
fn there_is_one_instance_of_a_program() {
    let mut session = booted(Mmu::None, &["word", "word"]);
    let words = view::tasks(session.machine());
    assert_eq!(words.iter().filter(|task| &*task.comm == "word").count(), 1);
    let refused = "Cannot allocate memory";
    assert!(shell(&mut session, "sh").contains(refused));
    assert!(shell(&mut session, "cat /etc/hostname | cat").contains(refused));
    assert_eq!(shell(&mut session, "cat /etc/hostname"), "host");
    // When the first is gone there is room for another.
    type_at(&mut session, 2, "\u{11}");
    session.launch("word");
    rest(&mut session);
    assert!(task(&session, "word").is_some());
}

#[test]
fn a_container_is_a_process_here_too() {
    let mut session = booted(Mmu::None, &["docker run --name deck ppt"]);
    let ppt = task(&session, "ppt").expect("PPT");
    assert_eq!(ppt.inner_pid, Some(1));
    assert!(ppt.container.is_some());
    // One at a time: the first one's `docker` and `runc` wait for it, and are there only once.
    let second = shell(&mut session, "docker run --name letter word");
    assert!(second.contains("Cannot allocate memory"), "{second}");
    shell(&mut session, &format!("kill -9 {}", ppt.pid));
    assert!(task(&session, "ppt").is_none());
    assert!(shell(&mut session, "docker ps -a").contains("exited 137"));
}

#[test]
fn calls_answer_as_without_an_mmu() {
    let mut session = booted(Mmu::None, &["word"]);
    let fork = Syscall::Fork {};
    assert_eq!(inject(&mut session, "word", fork), Err(Errno::EINVAL));
    let clone = Syscall::Clone {
        flags: CloneFlags::NEWPID,
        exit_signal: SigNr(17),
    };
    assert_eq!(inject(&mut session, "word", clone), Err(Errno::EINVAL));
    let fixed = MmapFlags::PRIVATE.with(MmapFlags::FIXED);
    let call = map(4096, fixed);
    assert_eq!(inject(&mut session, "word", call), Err(Errno::EINVAL));
    let protect = Syscall::Mprotect {
        addr: 0,
        length: 4096,
        prot: Prot::READ,
    };
    assert_eq!(inject(&mut session, "word", protect), Err(Errno::ENOSYS));
    let too_much = map(500 * 4096, MmapFlags::PRIVATE);
    let errno = inject(&mut session, "word", too_much);
    assert_eq!(errno, Err(Errno::ENOMEM));
}

#[test]
fn mapped_memory_is_frames_in_a_row() {
    let mut session = booted(Mmu::None, &["word"]);
    let pages = 20;
    let call = map(pages * 4096, MmapFlags::PRIVATE);
    let addr = inject(&mut session, "word", call).expect("memory") as u64;
    let word = task(&session, "word").expect("Word");
    assert_eq!((word.table_frames, word.minor_faults), (0, 0));
    let ram = view::ram(session.machine(), Some(word.task));
    let first = (addr / 4096) as usize;
    for cell in &ram.cells[first..first + pages as usize] {
        assert_eq!(
            (cell.kind, cell.owner),
            (FrameKind::Process, Some(word.task))
        );
        assert!(cell.selected);
    }
    let unmap = |addr, pages: u64| Syscall::Munmap {
        addr,
        length: pages * 4096,
    };
    // A part of it, then more than is left, then the two ends.
    assert_eq!(inject(&mut session, "word", unmap(addr + 4096, 3)), Ok(0));
    let more = unmap(addr, pages);
    assert_eq!(inject(&mut session, "word", more), Err(Errno::EINVAL));
    assert_eq!(inject(&mut session, "word", unmap(addr, 1)), Ok(0));
    let end = unmap(addr + 4 * 4096, pages - 4);
    assert_eq!(inject(&mut session, "word", end), Ok(0));
    let free = |session: &Session| view::ram(session.machine(), None).free_frames;
    let before = free(&session);
    type_at(&mut session, 2, "\u{0f}");
    assert_eq!(
        free(&session),
        before - 16,
        "an object has all its frames at once"
    );
}

#[test]
fn a_key_into_a_cell_of_the_table_still_counts() {
    let mut session = booted(Mmu::None, &["excel"]);
    type_at(&mut session, 2, "A1=2\nB1=A1*21\n");
    assert!(screen(&session, 2).contains("42"));
    let (word, excel) = (TtyId(3), TtyId(2));
    session.launch("word");
    rest(&mut session);
    session.apply(Command::Hangup { tty: excel });
    session.apply(Command::Hangup { tty: word });
    rest(&mut session);
    let tasks = view::tasks(session.machine());
    let names: Vec<&str> = tasks.iter().map(|t| &*t.comm).collect();
    assert_eq!(names, ["init", "sh"]);
}
