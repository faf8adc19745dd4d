//! RAM that is watched shows what RAM that is looked at afresh shows.

#![cfg(not(target_arch = "wasm32"))]

use std::rc::Rc;

use sim_core::view::{RamWatch, ram, tasks};
use sim_core::{BootOptions, Session};

const MS: u64 = 1_000_000;

#[test]
fn a_watched_ram_is_the_same_as_one_seen_for_the_first_time() {
    let mut session = Session::new(BootOptions::default());
    session.advance(20 * MS, 10_000);
    let (mut watch, mut one) = (RamWatch::default(), None);
    let mut check = |session: &Session, selected: Option<u64>| {
        let (machine, place) = (session.machine(), session.now_ns());
        assert_eq!(
            watch.see(machine, selected),
            ram(machine, selected),
            "{place} ns"
        );
    };
    for line in ["word", "excel", "docker run -d --name deck ppt"] {
        session.launch(line);
        for _ in 0..200 {
            session.advance(session.now_ns() + 50_000, 10_000);
            check(&session, one);
        }
        // From now on one is chosen, and another each time.
        one = tasks(session.machine()).last().map(|task| task.task);
    }
    let end = session.now_ns();
    for at_ns in [21 * MS, end, 22 * MS, 20 * MS] {
        session.seek_time(at_ns).expect("a moment of the past");
        check(&session, one);
        check(&session, None);
    }
    // Another future: frames are given out to others.
    session.launch("ppt");
    for _ in 0..200 {
        session.advance(session.now_ns() + 50_000, 10_000);
        check(&session, one);
    }
    check(
        &Session::new(BootOptions {
            ram_frames: 1024,
            ..BootOptions::default()
        }),
        None,
    );
}

#[test]
fn what_has_not_changed_is_the_same_picture() {
    let mut session = Session::new(BootOptions::default());
    session.advance(20 * MS, 10_000);
    let mut watch = RamWatch::default();
    let seen = watch.see(session.machine(), None);
    session.advance(30 * MS, 10_000);
    let again = watch.see(session.machine(), None);
    assert_eq!(Rc::as_ptr(&seen), Rc::as_ptr(&again));
    session.launch("word");
    session.advance(40 * MS, 10_000);
    assert_ne!(seen, watch.see(session.machine(), None));
}
