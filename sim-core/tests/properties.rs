//! Random sequences of commands: nothing panics, the invariants hold after each, and every way to
//! a moment leads to the same machine.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{Rng, nasty_command, visitor_command};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use sim_core::hw::Mmu;
use sim_core::hw::cost::Costs;
use sim_core::kernel::boot::World;
use sim_core::session::Position;
use sim_core::{BootOptions, Command, Machine, Session, Sink, kernel::FrameOrder};

/// One thing to do, small enough to shrink: what it is follows from the numbers.
#[derive(Clone, Copy, Debug)]
enum Act {
    Visitor(u64),
    Nasty(u64),
    Wait { ms: u16 },
    Ticks(u16),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => any::<u64>().prop_map(Act::Visitor),
        4 => any::<u64>().prop_map(Act::Nasty),
        2 => (0u16..40).prop_map(|ms| Act::Wait { ms }),
        2 => (0u16..400).prop_map(Act::Ticks),
    ]
}

fn command(act: Act, now_ns: u64) -> Command {
    match act {
        Act::Visitor(seed) => visitor_command(&mut Rng(seed), now_ns),
        Act::Nasty(seed) => nasty_command(&mut Rng(seed), now_ns),
        Act::Wait { ms } => Command::Advance {
            until_ns: now_ns.saturating_add(u64::from(ms) * 1_000_000),
            max_ticks: 3_000,
        },
        Act::Ticks(ticks) => Command::Advance {
            until_ns: u64::MAX,
            max_ticks: ticks.into(),
        },
    }
}

fn boot() -> impl Strategy<Value = BootOptions> {
    let cpus = prop_oneof![4 => 1u8..5, 1 => 5u8..65];
    let ram_frames = prop_oneof![2 => Just(256u64), 4 => 257u64..700, 1 => Just(65_536)];
    let order = prop_oneof![Just(FrameOrder::Linear), Just(FrameOrder::Shuffled)];
    let costs = prop_oneof![4 => Just(1), 1 => Just(0), 1 => Just(10)];
    let mmu = prop_oneof![3 => Just(Mmu::Paging), 1 => Just(Mmu::None)];
    (cpus, ram_frames, any::<u64>(), order, costs, mmu).prop_map(
        |(cpus, ram_frames, seed, frame_order, factor, mmu)| BootOptions {
            cpus,
            ram_frames,
            seed,
            frame_order,
            costs: Costs::default().scaled(factor),
            swap_frames: [0, 24, 256][seed as usize % 3],
            world: World::Lab,
            mmu,
        },
    )
}

/// The same cases in every run; a failure is shrunk and printed as a script.
fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Err(error) = runner.run(&strategy, test) {
        panic!("{error}");
    }
}

/// A machine that has booted and runs a few programs, so that commands find them.
fn booted(options: &BootOptions) -> Session {
    let mut session = Session::new(options.clone());
    let wait = |session: &mut Session| session.advance(session.now_ns() + 50_000_000, 5_000);
    wait(&mut session);
    // By the seed, so that some cases shrink to a bare machine.
    for program in PROGRAMS
        .iter()
        .take(options.seed as usize % (PROGRAMS.len() + 1))
    {
        session.launch(program);
        wait(&mut session);
    }
    session
}

const PROGRAMS: &[&str] = &[
    "docker run --name deck ppt",
    "word",
    "excel",
    "memhog 40",
    "docker run --name letter word",
];

fn holds(session: &Session) -> Result<(), TestCaseError> {
    let sound = session.machine().check_invariants();
    prop_assert!(
        sound.is_ok(),
        "{}\n{}",
        sound.unwrap_err(),
        session.script()
    );
    if let Some(halted) = session.machine().halted() {
        // Only the end of init may stop a machine, as on Linux, and what nothing keeps from it.
        let is_overwritten = session.boot_options().mmu == Mmu::None
            && halted.starts_with("the kernel was overwritten");
        prop_assert!(
            halted.contains("init") || is_overwritten,
            "halted: {halted}\n{}",
            session.script()
        );
    }
    Ok(())
}

/// At least 1,000 sequences, with the invariants recounted after each command.
#[test]
fn commands_never_panic_and_keep_the_invariants() {
    check(1_000, (boot(), vec(act(), 1..50)), |(options, acts)| {
        let mut session = booted(&options);
        holds(&session)?;
        for act in acts {
            session.apply(command(act, session.now_ns()));
            holds(&session)?;
        }
        Ok(())
    });
}

/// The session splits, joins and clones as it goes; a bare machine that is given the commands as
/// they were given is the measure.
#[test]
fn a_session_is_the_machine_that_the_commands_make() {
    check(250, (boot(), vec(act(), 1..30)), |(options, acts)| {
        let mut session = Session::new(options.clone());
        let mut machine = Machine::boot(&options);
        let mut sink = Sink::full();
        for act in acts {
            let command = command(act, machine.now_ns());
            let stop = machine.apply(&command, &mut sink);
            prop_assert_eq!(session.apply(command), stop);
            prop_assert_eq!(
                session.machine().digest(),
                machine.digest(),
                "{}",
                session.script()
            );
        }
        Ok(())
    });
}

/// The state at any place, reached by seeking, is the one that was live there.
#[test]
fn seeking_gives_the_live_machine() {
    check(
        250,
        (boot(), vec(act(), 1..25), any::<u64>()),
        |(options, acts, seed)| {
            let mut session = Session::new(options);
            let mut seen: Vec<(Position, u64, u64)> = Vec::new();
            for act in acts {
                session.apply(command(act, session.now_ns()));
                // What comes next must not change what this place means.
                let place = session.bookmark();
                seen.push((place, session.now_ns(), session.machine().digest()));
            }
            let mut rng = Rng(seed);
            for _ in 0..8 {
                let (place, now_ns, digest) = *rng.pick(&seen);
                session.seek(place).expect("a place that was there");
                prop_assert_eq!(session.position(), place);
                prop_assert_eq!(session.now_ns(), now_ns);
                prop_assert_eq!(
                    session.machine().digest(),
                    digest,
                    "{:?}\n{}",
                    place,
                    session.script()
                );
            }
            Ok(())
        },
    );
}

/// Single ticks forward and back, against a seek to the same place from afar.
#[test]
fn steps_and_seeks_meet() {
    check(
        100,
        (boot(), vec(act(), 1..15), any::<u64>()),
        |(options, acts, seed)| {
            let mut session = Session::new(options);
            for act in acts {
                session.apply(command(act, session.now_ns()));
            }
            let end = session.end();
            let mut rng = Rng(seed);
            session
                .seek_time(rng.below(session.end_ns().saturating_add(1)))
                .expect("a moment");
            for _ in 0..6 {
                let ticks = session.ticks();
                if session.is_at_end() || ticks == 0 {
                    break;
                }
                session.step_back().expect("not at the start");
                prop_assert_eq!(session.ticks(), ticks - 1);
                let stepped = session.machine().digest();
                let place = session.position();
                session.seek(end).expect("the end");
                session.seek(place).expect("a place");
                prop_assert_eq!(session.machine().digest(), stepped);
                session.step_tick();
                prop_assert_eq!(session.ticks(), ticks);
                if rng.one_in(2) && ticks < session.end_ticks() {
                    session.step_tick();
                }
            }
            prop_assert_eq!(session.end(), end, "looking does not change the log");
            Ok(())
        },
    );
}

/// A branch leaves the other as it was, and both replay from their scripts.
#[test]
fn branches_keep_one_another() {
    check(
        100,
        (boot(), vec(act(), 2..15), vec(act(), 1..8), any::<u64>()),
        |(options, acts, others, seed)| {
            let mut session = Session::new(options);
            for act in acts {
                session.apply(command(act, session.now_ns()));
            }
            let (script, digest) = (session.script(), session.machine().digest());
            let mut rng = Rng(seed);
            session
                .seek_time(rng.below(session.end_ns().saturating_add(1)))
                .expect("a moment");
            for act in others {
                session.apply(command(act, session.now_ns()));
            }
            let other = (
                session.script(),
                session.machine().digest(),
                session.is_at_end(),
            );
            let ids: Vec<u32> = session.branches().iter().map(|b| b.id).collect();
            session.switch_branch(ids[0]).expect("the first branch");
            // Time that passed beyond the end belongs to the branch itself.
            if ids.len() > 1 {
                prop_assert_eq!(session.end_digest(), digest);
                prop_assert_eq!(session.script(), script);
                session.switch_branch(ids[1]).expect("the second branch");
                prop_assert_eq!(&session.script(), &other.0);
            }
            if other.2 {
                let again = Session::from_script(&other.0);
                let again = again.map_err(|e| TestCaseError::fail(e.to_string()))?;
                prop_assert_eq!(again.machine().digest(), other.1);
            }
            Ok(())
        },
    );
}
