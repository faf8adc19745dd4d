//! What a session promises to the page, by example.

#![cfg(not(target_arch = "wasm32"))]

use sim_core::event::Record;
use sim_core::machine::Stop;
use sim_core::session::{Position, SeekError};
use sim_core::{BootOptions, Event, Session};

const MS: u64 = 1_000_000;

fn at_work() -> Session {
    let mut session = Session::new(BootOptions::default());
    session.advance(20 * MS, 10_000);
    session.launch("word");
    session.advance(40 * MS, 10_000);
    session.input(2, "teh cat");
    session.advance(60 * MS, 10_000);
    session
}

#[test]
fn a_session_that_plays_does_not_grow() {
    let mut session = at_work();
    let before = session.commands().count();
    for frame in 0..600 {
        session.advance(60 * MS + frame * 16 * MS, 10_000);
    }
    assert_eq!(session.commands().count(), before);
    for _ in 0..50 {
        session.step_tick();
    }
    assert_eq!(session.commands().count(), before);
}

#[test]
fn a_bookmark_stays_where_it_was_set() {
    let mut session = at_work();
    let place = session.bookmark();
    let (now_ns, digest) = (session.now_ns(), session.machine().digest());
    session.advance(500 * MS, 10_000);
    session.seek(place).expect("a bookmark");
    assert_eq!(
        (session.now_ns(), session.machine().digest()),
        (now_ns, digest)
    );
}

#[test]
fn places_that_do_not_exist_are_refused() {
    let mut session = at_work();
    let stands = session.position();
    let end = session.end();
    for place in [
        Position {
            command: end.command + 1,
            tick: 0,
        },
        Position {
            command: end.command,
            tick: 1,
        },
        Position {
            command: 1,
            tick: 1,
        },
        Position {
            command: 0,
            tick: u64::MAX,
        },
    ] {
        assert_eq!(
            session.seek(place),
            Err(SeekError::NoSuchPosition),
            "{place:?}"
        );
    }
    assert_eq!(
        session.seek_tick(session.end_ticks() + 1),
        Err(SeekError::NoSuchPosition)
    );
    assert_eq!(session.switch_branch(7), Err(SeekError::NoSuchBranch));
    assert_eq!(session.position(), stands);
    session.seek(Position::default()).expect("the beginning");
    assert_eq!(session.step_back(), Err(SeekError::AtStart));
}

#[test]
fn steps_stop_at_what_they_are_named_after() {
    let mut session = at_work();
    session.input(1, "ps\n");
    let of_last_tick = |session: &Session| -> Vec<Record> {
        let tick = session.ticks();
        session
            .events()
            .filter(|record| record.tick == tick)
            .cloned()
            .collect()
    };
    for _ in 0..30 {
        assert_eq!(session.step_to_syscall(), Stop::Ticks);
        let events = of_last_tick(&session);
        assert!(
            events
                .iter()
                .any(|r| matches!(r.event, Event::SyscallEnter { .. }))
        );
    }
    assert_eq!(session.step_to_switch(), Stop::Ticks);
    let events = of_last_tick(&session);
    assert!(
        events
            .iter()
            .any(|r| matches!(r.event, Event::Switch { .. }))
    );
}

/// With everybody asleep there is nothing to step to, and the clock stays.
#[test]
fn steps_end_when_nothing_is_due() {
    let mut session = at_work();
    let now_ns = session.now_ns();
    assert_eq!(session.step_to_syscall(), Stop::Until);
    assert_eq!(session.step_tick(), Stop::Until);
    assert_eq!(session.now_ns(), now_ns);
}

/// In the past, steps and playing go through what is known: no branch, no new commands.
#[test]
fn playing_in_the_past_replays() {
    let mut session = at_work();
    let (script, digest) = (session.script(), session.machine().digest());
    session.seek(Position::default()).expect("the beginning");
    let mut syscalls = 0;
    while session.ticks() < session.end_ticks() {
        session.step_to_syscall();
        syscalls += 1;
    }
    assert!(syscalls > 20, "{syscalls}");
    session.seek_time(5 * MS).expect("a moment");
    while !session.is_at_end() {
        session.advance(session.now_ns() + MS, 10_000);
    }
    assert_eq!(session.branches().len(), 1);
    assert_eq!(session.script(), script);
    assert_eq!(session.machine().digest(), digest);
}

#[test]
fn typing_in_the_past_keeps_both_futures() {
    let mut session = at_work();
    let (script, digest) = (session.script(), session.machine().digest());
    session.seek_time(30 * MS).expect("a moment");
    session.input(2, "other");
    session.advance(60 * MS, 10_000);
    let branches = session.branches();
    assert_eq!(branches.len(), 2);
    assert!(!branches[0].current && branches[1].current);
    assert_eq!((branches[1].id, branches[1].from_ns), (1, 30 * MS));
    assert_ne!(session.machine().digest(), digest);
    session.switch_branch(0).expect("the first");
    assert_eq!(session.machine().digest(), digest);
    assert_eq!(session.script(), script);
    assert!(session.is_at_end());
    // What was typed first in a branch goes on in it.
    session.switch_branch(1).expect("the second");
    session.input(2, " words");
    assert_eq!(session.branches().len(), 2);
}

/// The events after a seek are those that were heard live.
#[test]
fn events_are_made_again() {
    let mut session = Session::new(BootOptions::default());
    let mut live: Vec<Record> = Vec::new();
    let lines = [
        "",
        "word",
        "docker run --name letter word",
        "excel",
        "docker run --name deck ppt",
    ];
    for line in lines {
        session.launch(line);
        while session.step_tick() == Stop::Ticks && session.now_ns() < 2_000 * MS {
            let tick = session.ticks();
            live.extend(session.events().filter(|r| r.tick == tick).cloned());
        }
    }
    let end = session.end_ticks();
    assert!(end > 600, "{end}");
    // The last tick, seconds later, was not heard.
    for tick in [1, 7, 300, 455, end - 1] {
        session.seek_tick(tick).expect("a tick");
        let again: Vec<Record> = session.events().cloned().collect();
        let first = again.first().expect("events").tick;
        assert!(
            first <= tick.saturating_sub(250).max(1),
            "{first} for {tick}"
        );
        assert_eq!(again.last().expect("events").tick.max(tick), tick);
        let heard = live.iter().filter(|r| (first + 1..=tick).contains(&r.tick));
        let heard: Vec<&Record> = heard.filter(|r| !is_command(r)).collect();
        let made = again.iter().filter(|r| r.tick > first && !is_command(r));
        let made: Vec<&Record> = made.collect();
        for (heard, made) in heard.iter().zip(&made) {
            assert_eq!(heard, made, "at tick {tick}");
        }
        assert_eq!(heard.len(), made.len(), "at tick {tick}");
    }
}

/// Commands happen between ticks, so a list by ticks has them twice or not at all.
fn is_command(record: &Record) -> bool {
    matches!(record.event, Event::TtyInput { .. } | Event::Refused { .. })
}

/// With room for hardly any keyframe everything works as before.
#[test]
fn keyframes_are_bounded() {
    let play = |bytes_max: usize| {
        let mut session = Session::new(BootOptions::default());
        session.limit_keyframes(bytes_max);
        session.advance(20 * MS, 10_000);
        session.launch("word");
        for round in 1..1_500 {
            session.input(2, ["hello ", "teh cat ", "\n"][round % 3]);
            session.advance(session.now_ns() + 10 * MS, 10_000);
        }
        session
    };
    let mut free = play(usize::MAX);
    let mut bounded = play(1 << 20);
    assert!(free.keyframes() > 12, "{}", free.keyframes());
    assert!(bounded.keyframes() < free.keyframes());
    assert!(bounded.keyframes() > 1);
    for part in [1, 3, 4, 7] {
        let at_ns = free.end_ns() / 8 * part;
        free.seek_time(at_ns).expect("a moment");
        bounded.seek_time(at_ns).expect("a moment");
        assert_eq!(free.machine().digest(), bounded.machine().digest());
        assert_eq!(free.position(), bounded.position());
    }
    let before = free.history_bytes();
    free.limit_keyframes(before / 3);
    assert!(free.history_bytes() < before);
    free.seek_time(free.end_ns() / 2).expect("a moment");
    bounded.seek_time(free.end_ns() / 2).expect("a moment");
    assert_eq!(free.machine().digest(), bounded.machine().digest());
}

/// A command in the past of a branch does not take the keyframes of the others away.
#[test]
fn branches_share_keyframes() {
    let mut session = at_work();
    for round in 0..600 {
        session.input(2, ["hello ", "teh cat ", "\n"][round % 3]);
        session.advance(session.now_ns() + 10 * MS, 10_000);
    }
    let (keyframes, bytes) = (session.keyframes(), session.history_bytes());
    assert!(keyframes > 4, "{keyframes}");
    session
        .seek_time(session.end_ns() / 4 * 3)
        .expect("a moment");
    session.input(2, "x");
    assert!(session.keyframes() > 1);
    assert!(
        session.history_bytes() < bytes * 2,
        "{bytes} became {}",
        session.history_bytes()
    );
    session.switch_branch(0).expect("the first");
    assert_eq!(session.keyframes(), keyframes);
}
