//! The Gantt lines: whole, true to the machine, and the same however one came there.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{Rng, visitor_command};
use sim_core::machine::Stop;
use sim_core::session::{Lane, Position, Span, SpanKind};
use sim_core::view::cpus;
use sim_core::{BootOptions, Command, Session};

fn options(seed: u64) -> BootOptions {
    BootOptions {
        cpus: 1 + (seed % 4) as u8,
        seed,
        ..BootOptions::default()
    }
}

/// A session of a visitor who injects nothing.
fn play(session: &mut Session, rng: &mut Rng, commands: usize) {
    for _ in 0..commands {
        let command = visitor_command(rng, session.now_ns());
        if !matches!(command, Command::Inject { .. }) {
            session.apply(command);
        }
    }
}

/// Every lane covers the asked-for time without gap or overlap, and neighbours differ.
fn assert_whole(lanes: &[Lane], from_ns: u64, to_ns: u64) {
    for lane in lanes {
        let mut at_ns = from_ns;
        for span in &lane.spans {
            assert_eq!(span.from_ns, at_ns, "cpu {}", lane.cpu);
            assert!(span.to_ns > span.from_ns, "{span:?}");
            assert_eq!(span.what == SpanKind::Idle, span.task.is_none(), "{span:?}");
            at_ns = span.to_ns;
        }
        assert_eq!(at_ns, to_ns, "cpu {}", lane.cpu);
        for pair in lane.spans.windows(2) {
            let key = |at: usize| (pair[at].what, pair[at].task, pair[at].comm.clone());
            assert_ne!(key(0), key(1));
        }
    }
}

/// The first difference only: a lane has thousands of spans.
fn assert_same(a: &[Lane], b: &[Lane], of: &str) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        for (at, (one, other)) in a.spans.iter().zip(&b.spans).enumerate() {
            let next = (a.spans.get(at + 1), b.spans.get(at + 1));
            assert_eq!(
                one, other,
                "span {at} of cpu {}, then {next:?} in {of}",
                a.cpu
            );
        }
        assert_eq!(a.spans.len(), b.spans.len(), "cpu {} in {of}", a.cpu);
    }
}

fn whole(session: &Session) -> Vec<Lane> {
    session.timeline(0, u64::MAX, usize::MAX)
}

#[test]
fn lanes_are_whole_and_end_with_the_present() {
    for seed in 0..30 {
        let mut rng = Rng(seed);
        let mut session = Session::new(options(seed));
        session.advance(20_000_000, 20_000);
        for _ in 0..10 {
            play(&mut session, &mut rng, 5);
            if session.now_ns() == 0 {
                continue;
            }
            assert_whole(&whole(&session), 0, session.end_ns());
            // Marks count once time has passed: wait for all ticks of this moment.
            let (mut now_ns, mut then) = (session.now_ns(), cpus(session.machine()));
            while session.step_tick() == Stop::Ticks && session.now_ns() == now_ns {
                then = cpus(session.machine());
            }
            if session.now_ns() == now_ns {
                now_ns = now_ns.saturating_sub(1);
            }
            for (lane, cpu) in session.timeline(now_ns, now_ns + 1, 1).iter().zip(then) {
                let span = lane.spans.first().expect("a span");
                assert_eq!(
                    span.task,
                    cpu.task,
                    "{span:?} {cpu:?}\n{}",
                    session.script()
                );
            }
        }
    }
}

#[test]
fn a_window_on_the_timeline_is_a_part_of_it() {
    let mut rng = Rng(3);
    let mut session = Session::new(options(3));
    play(&mut session, &mut rng, 150);
    let end_ns = session.end_ns();
    for _ in 0..200 {
        let (a, b) = (rng.below(end_ns), rng.below(end_ns));
        let (from_ns, to_ns) = (a.min(b), a.max(b) + 1);
        let max_spans = 1 + rng.below(300) as usize;
        let lanes = session.timeline(from_ns, to_ns, max_spans);
        assert_whole(&lanes, from_ns, to_ns.min(end_ns));
        for lane in &lanes {
            assert!(
                lane.spans.len() <= 2 * max_spans + 2,
                "{} of {max_spans}",
                lane.spans.len()
            );
        }
    }
}

/// What is mostly idle is drawn idle, what is mostly busy is drawn busy.
#[test]
fn merging_keeps_the_greater_part() {
    let mut rng = Rng(9);
    let mut session = Session::new(options(1));
    play(&mut session, &mut rng, 200);
    let fine = whole(&session);
    let end_ns = session.end_ns();
    for (from_ns, to_ns, max_spans) in [
        (0, end_ns, 50),
        (0, end_ns, 3_000),
        (end_ns / 3, end_ns / 2, 300),
    ] {
        let grain_ns = (to_ns - from_ns).div_ceil(max_spans as u64);
        let coarse = session.timeline(from_ns, to_ns, max_spans);
        for (coarse, fine) in coarse.iter().zip(&fine) {
            for span in &coarse.spans {
                let same_kind =
                    |s: &&Span| (s.what == SpanKind::Idle) == (span.what == SpanKind::Idle);
                let common = |s: &Span| {
                    s.to_ns
                        .min(span.to_ns)
                        .saturating_sub(s.from_ns.max(span.from_ns))
                };
                let same: u64 = fine.spans.iter().filter(same_kind).map(common).sum();
                let length = span.to_ns - span.from_ns;
                assert!(
                    2 * same + grain_ns >= length,
                    "{same} of {length} in {span:?}"
                );
            }
        }
    }
}

#[test]
fn a_branch_has_the_timeline_of_its_own_script() {
    for seed in 0..30 {
        let mut rng = Rng(seed);
        let mut session = Session::new(options(seed));
        play(&mut session, &mut rng, 60);
        let first = whole(&session);
        session
            .seek_time(rng.below(session.end_ns() + 1))
            .expect("a moment");
        for _ in 0..rng.below(4) {
            let _ = session.step_back();
        }
        assert_same(&whole(&session), &first, "looking back");
        session.input(1, "ps\n");
        play(&mut session, &mut rng, 40);
        let again = Session::from_script(&session.script()).expect("a script");
        assert_same(&whole(&session), &whole(&again), &session.script());
        session.switch_branch(0).expect("the first branch");
        assert_same(&whole(&session), &first, "the first branch");
        session.seek(Position::default()).expect("the beginning");
        assert_same(&whole(&session), &first, "the first branch");
    }
}
