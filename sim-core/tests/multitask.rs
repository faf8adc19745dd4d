//! Programs that work on their own, and CPUs that come and go: seen from outside.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::event::{Event, Refusal};
use sim_core::hw::CpuId;
use sim_core::view::{TaskRow, cpus, tasks, windows};
use sim_core::{BootOptions, Command, Session};

const MS: u64 = 1_000_000;
/// Ctrl-L: starts and stops what a program does on its own.
const WORK: &str = "\u{c}";

fn session(cpus: u8) -> Session {
    let mut session = Session::new(BootOptions {
        cpus,
        ..BootOptions::default()
    });
    wait(&mut session, 100 * MS);
    session
}

fn wait(session: &mut Session, ns: u64) {
    session.advance(session.now_ns() + ns, 10_000_000);
    session.machine().check_invariants().expect("invariants");
}

fn task(session: &Session, comm: &str) -> TaskRow {
    let mut all = tasks(session.machine()).into_iter();
    all.rfind(|t| &*t.comm == comm).expect("it runs")
}

fn tty(session: &Session, comm: &str) -> u16 {
    task(session, comm).tty.expect("a terminal")
}

fn screen(session: &Session, comm: &str) -> String {
    let of = tty(session, comm);
    let all = windows(session.machine());
    let window = all.iter().find(|w| w.tty == of).expect("a window");
    window.screen.lines.join("\n")
}

/// Word, Excel and PPT, all at work.
fn three(cpus: u8) -> Session {
    let mut session = session(cpus);
    for comm in ["word", "excel", "ppt"] {
        session.launch(comm);
        wait(&mut session, 20 * MS);
    }
    let text = "teh cat and the comptuer ";
    session.input(tty(&session, "word"), text);
    session.input(tty(&session, "excel"), "A1=6\nB1=A1*7\n");
    wait(&mut session, 20 * MS);
    for comm in ["word", "excel", "ppt"] {
        session.input(tty(&session, comm), WORK);
    }
    wait(&mut session, 5 * MS);
    session
}

fn cpu_ns(session: &Session) -> [u64; 3] {
    ["word", "excel", "ppt"].map(|comm| task(session, comm).cpu_time_ns)
}

#[test]
fn three_programs_share_one_cpu() {
    let mut session = three(1);
    let before = cpu_ns(&session);
    wait(&mut session, 300 * MS);
    let after = cpu_ns(&session);
    let used: Vec<u64> = (0..3).map(|i| after[i] - before[i]).collect();
    let sum: u64 = used.iter().sum();
    assert!(sum > 295 * MS, "the CPU is busy: {used:?}");
    // Word and Excel never sleep: the same share, to a slice. PPT sleeps now and then.
    assert!(used[0].abs_diff(used[1]) < 6 * MS, "{used:?}");
    assert!(used[2] > 50 * MS && used[2] <= used[0] + 6 * MS, "{used:?}");
    let word = screen(&session, "word");
    assert!(
        word.contains("teh~") && word.contains("comptuer~"),
        "{word}"
    );
    assert!(word.contains('↻'), "{word}");
    assert!(screen(&session, "excel").contains("42"));
}

#[test]
fn a_key_reaches_a_program_that_works() {
    let mut session = three(1);
    session.input(tty(&session, "word"), "zebra");
    wait(&mut session, 20 * MS);
    assert!(screen(&session, "word").contains("zebra"));
}

#[test]
fn work_stops_when_told_and_the_machine_rests() {
    let mut session = three(1);
    for comm in ["word", "excel", "ppt"] {
        session.input(tty(&session, comm), WORK);
    }
    wait(&mut session, 50 * MS);
    assert!(session.machine().is_idle());
    let before = cpu_ns(&session);
    wait(&mut session, 500 * MS);
    assert_eq!(before, cpu_ns(&session));
    assert!(!screen(&session, "word").contains('↻'));
    // And it can still be closed.
    session.apply(Command::Hangup {
        tty: sim_core::hw::TtyId(tty(&session, "word")),
    });
    wait(&mut session, 50 * MS);
    assert!(tasks(session.machine()).iter().all(|t| &*t.comm != "word"));
}

#[test]
fn closing_ends_a_program_that_works() {
    let mut session = three(2);
    for comm in ["word", "excel", "ppt"] {
        session.apply(Command::Hangup {
            tty: sim_core::hw::TtyId(tty(&session, comm)),
        });
    }
    wait(&mut session, 50 * MS);
    let left = tasks(session.machine());
    assert!(
        left.iter()
            .all(|t| !["word", "excel", "ppt"].contains(&&*t.comm))
    );
}

fn plug(session: &mut Session, cpu: u8) {
    session.apply(Command::Plug { cpu: CpuId(cpu) });
    session.machine().check_invariants().expect("invariants");
}

fn unplug(session: &mut Session, cpu: u8) {
    session.apply(Command::Unplug { cpu: CpuId(cpu) });
    session.machine().check_invariants().expect("invariants");
}

fn refusal(session: &Session) -> Option<Refusal> {
    match session.events().last().map(|r| r.event.clone()) {
        Some(Event::Refused { why }) => Some(why),
        _ => None,
    }
}

#[test]
fn a_cpu_that_is_plugged_in_takes_its_part() {
    let mut session = three(1);
    plug(&mut session, 1);
    wait(&mut session, MS);
    let running = cpus(session.machine())
        .iter()
        .filter(|c| c.task.is_some())
        .count();
    assert_eq!(running, 2);
    let before: u64 = cpu_ns(&session).iter().sum();
    wait(&mut session, 100 * MS);
    let used = cpu_ns(&session).iter().sum::<u64>() - before;
    assert!(used > 190 * MS, "{used}");
    let from = session.now_ns() - 50 * MS;
    assert_eq!(session.timeline(from, session.now_ns(), 100).len(), 2);

    unplug(&mut session, 1);
    assert_eq!(cpus(session.machine()).len(), 1);
    let before: u64 = cpu_ns(&session).iter().sum();
    wait(&mut session, 100 * MS);
    let used = cpu_ns(&session).iter().sum::<u64>() - before;
    assert!((95 * MS..101 * MS).contains(&used), "{used}");
    let from = session.now_ns() - 50 * MS;
    assert_eq!(session.timeline(from, session.now_ns(), 100).len(), 1);
}

#[test]
fn what_cannot_be_plugged_is_refused() {
    let mut session = session(2);
    unplug(&mut session, 0);
    assert_eq!(refusal(&session), Some(Refusal::FirstCpu));
    plug(&mut session, 1);
    assert_eq!(refusal(&session), Some(Refusal::CpuIsIn));
    plug(&mut session, 3);
    assert_eq!(refusal(&session), Some(Refusal::NoSuchCpu));
    unplug(&mut session, 2);
    assert_eq!(refusal(&session), Some(Refusal::NoSuchCpu));
    unplug(&mut session, 1);
    assert_eq!(refusal(&session), None);
    unplug(&mut session, 1);
    assert_eq!(refusal(&session), Some(Refusal::CpuIsOut));
    plug(&mut session, 1);
    assert_eq!(refusal(&session), None);
    for cpu in 2..64 {
        plug(&mut session, cpu);
    }
    plug(&mut session, 64);
    assert_eq!(refusal(&session), Some(Refusal::NoSuchCpu));
    assert_eq!(cpus(session.machine()).len(), 64);
}

#[test]
fn proc_follows() {
    let mut session = session(1);
    plug(&mut session, 1);
    session.input(1, "cat /proc/cpuinfo /proc/stat\n");
    wait(&mut session, 100 * MS);
    let text = sim_core::view::terminal(session.machine(), 1)
        .lines
        .join("\n");
    assert!(text.contains("cpu1 "), "{text}");
    unplug(&mut session, 1);
    session.input(1, "cat /proc/stat\n");
    wait(&mut session, 100 * MS);
    let text = sim_core::view::terminal(session.machine(), 1)
        .lines
        .join("\n");
    let last = text
        .rsplit("cat /proc/stat")
        .next()
        .expect("the last answer");
    assert!(last.contains("cpu0 ") && !last.contains("cpu1 "), "{text}");
}

/// Plugging at any tick: nobody is lost, and the script plays it again.
#[test]
fn cpus_come_and_go_at_any_tick() {
    let mut session = three(2);
    session.launch("docker run --name deck ppt");
    let mut state = 7_u64;
    for _ in 0..400 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let cpu = (state >> 33) as u8 % 4;
        match state >> 60 & 1 {
            0 => plug(&mut session, cpu),
            _ => unplug(&mut session, cpu),
        }
        session.advance(u64::MAX, 1 + (state >> 40) % 60);
        session.machine().check_invariants().expect("invariants");
    }
    let again = Session::from_script(&session.script()).expect("a script");
    assert_eq!(again.machine().digest(), session.machine().digest());
    assert_eq!(
        again.timeline(0, again.end_ns(), 1_000).len(),
        session.timeline(0, session.end_ns(), 1_000).len()
    );
}
