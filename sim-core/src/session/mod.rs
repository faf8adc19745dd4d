//! Time: a log of commands, keyframes, seeking, branches, and the script text.
//!
//! A [`Session`] is a machine with its past, and with the futures that were left. Everything that
//! is done to the machine goes into the log; any moment is reached again by replaying the log
//! from the nearest keyframe.

mod branch;
mod explain;
mod keyframes;
mod link;
mod log;
mod play;
mod replayed;
mod script;
mod seek;
mod timeline;

pub use branch::BranchInfo;
pub use explain::{Explanation, Step, is_refusal};
pub use link::{LinkError, script_of_link};
pub use log::Position;
pub use script::{Expectation, MODEL_VERSION, ScriptError};
pub use seek::SeekError;
pub use timeline::{Lane, Span, SpanKind};

use crate::event::Record;
use crate::hw::TtyId;
use crate::kernel::{NsKind, Syscall, TaskId};
use crate::machine::{BootOptions, Machine, Stop};
use crate::store::CowVec;
use crate::{Command, Sink};
use branch::Branch;
use keyframes::Keyframes;
use log::{Join, Log, Reached};
use std::collections::VecDeque;
use timeline::Timeline;

/// Events kept for the page.
const EVENTS_KEPT: usize = 4096;

/// A run of the machine that can be stepped back, sought and branched.
#[derive(Clone, Debug)]
pub struct Session {
    boot: BootOptions,
    /// Invariant: what replaying the current branch's log up to `cursor` comes to.
    machine: Machine,
    cursor: Cursor,
    branches: Vec<Branch>,
    /// Place in `branches`.
    current: usize,
    next_branch: u32,
    next_keyframe: u64,
    /// Ticks between keyframes; doubled when they take too much memory.
    spacing_ticks: u64,
    /// Estimated bytes that all keyframes may take.
    keyframe_bytes_max: usize,
    /// Whether the next `Advance` may become part of the last one.
    join: Join,
    /// The most recent events, oldest first, without a gap.
    events: VecDeque<Record>,
    /// Reused from command to command.
    scratch: Sink,
    /// Where a loaded script came to another end than it says.
    mismatch: Option<Expectation>,
}

/// Where the machine stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    at: Position,
    clock: Clock,
}

/// Where the clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// Where the place says.
    AtPosition,
    /// Somewhere in the quiet time between the last tick and the next.
    Waited,
}

impl Session {
    /// Powers a machine on. Its first tick is still to come.
    pub fn new(boot: BootOptions) -> Self {
        let machine = Machine::boot(&boot);
        let first = Branch {
            id: 0,
            from: Position::default(),
            from_ns: 0,
            log: Log::default(),
            keyframes: Keyframes::new(machine.clone()),
            timeline: Timeline::new(&machine),
            clock: CowVec::default(),
        };
        Self {
            boot,
            machine,
            cursor: Cursor {
                at: Position::default(),
                clock: Clock::AtPosition,
            },
            branches: vec![first],
            current: 0,
            next_branch: 1,
            next_keyframe: 1,
            spacing_ticks: keyframes::SPACING_TICKS,
            keyframe_bytes_max: keyframes::BYTES_MAX,
            join: Join::Allowed,
            events: VecDeque::new(),
            scratch: Sink::full(),
            mismatch: None,
        }
    }

    /// The machine as it is at [`Session::position`].
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    pub fn boot_options(&self) -> &BootOptions {
        &self.boot
    }

    /// Does a command here. In the past this starts a branch and keeps the other, except for
    /// `Advance`, which replays what is known and then goes on ([`Session::advance`]).
    pub fn apply(&mut self, command: Command) -> Stop {
        match command {
            Command::Advance {
                until_ns,
                max_ticks,
            } => self.advance(until_ns, max_ticks),
            Command::Input { .. }
            | Command::Hangup { .. }
            | Command::Inject { .. }
            | Command::Plug { .. }
            | Command::Unplug { .. } => {
                self.branch_off();
                self.keep_if_due(self.branch().log.end());
                let stop = self.machine.apply(&command, &mut self.scratch);
                self.hear_live();
                let branch = self.branch_mut();
                branch.log.push(command);
                self.cursor = self.end_cursor();
                stop
            }
        }
    }

    /// A command line for `init`, which starts it on a terminal of its own.
    pub fn launch(&mut self, line: &str) -> Stop {
        self.input(0, &format!("{line}\n"))
    }

    /// Keys for a terminal.
    pub fn input(&mut self, tty: u16, text: &str) -> Stop {
        self.apply(Command::Input {
            tty: TtyId(tty),
            text: text.into(),
        })
    }

    /// unshare(2) of one kind of namespace by a living task, as if it had called it itself: it
    /// keeps its PID and its place. A task that is gone does nothing.
    pub fn isolate(&mut self, task: u64, kind: NsKind) {
        let kernel = &self.machine.kernel;
        let task = kernel.tasks.get(TaskId::from_u64(task));
        let first = kernel.init_ns.pid_for_children;
        if let Some(pid) = task.and_then(|task| kernel.number_of(task, first)) {
            let flags = kind.flag();
            let act = Syscall::Unshare { flags }.into();
            self.apply(Command::Inject { pid, act });
        }
    }

    /// Where the machine stands.
    pub fn position(&self) -> Position {
        self.cursor.at
    }

    /// Where the current branch ends. It moves on as long as time passes: see
    /// [`Session::bookmark`].
    pub fn end(&self) -> Position {
        self.branch().log.end()
    }

    pub fn is_at_end(&self) -> bool {
        self.cursor.at == self.end()
    }

    /// The present place, to come back to: time that passes from here on does not change what it
    /// means.
    pub fn bookmark(&mut self) -> Position {
        if self.is_at_end() {
            self.join = Join::Never;
        }
        self.position()
    }

    /// Simulated ns since boot.
    pub fn now_ns(&self) -> u64 {
        self.machine.now_ns()
    }

    /// Simulated ns from boot to the end of the current branch.
    pub fn end_ns(&self) -> u64 {
        self.branch().log.end_ns()
    }

    /// Ticks since boot.
    pub fn ticks(&self) -> u64 {
        self.machine.ticks()
    }

    /// Ticks from boot to the end of the current branch.
    pub fn end_ticks(&self) -> u64 {
        self.branch().log.end_tick()
    }

    /// The commands of the current branch, up to its end.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.branch().log.commands()
    }

    /// The most recent events, oldest first: at most 4096, after a seek those of the last few
    /// hundred ticks.
    pub fn events(&self) -> impl Iterator<Item = &Record> {
        self.events.iter()
    }

    /// Who had which CPU between two moments (ns since boot), up to the end of the branch: one
    /// lane per CPU of about `max_spans` spans at most. What is too short for its share is merged
    /// with what surrounds it.
    pub fn timeline(&self, from_ns: u64, to_ns: u64, max_spans: usize) -> Vec<Lane> {
        let branch = self.branch();
        branch
            .timeline
            .lanes(from_ns, to_ns, branch.log.end_ns(), max_spans)
    }

    /// All branches, in the order in which they began.
    pub fn branches(&self) -> Vec<BranchInfo> {
        let all = self.branches.iter().enumerate();
        all.map(|(at, branch)| branch.info(at == self.current))
            .collect()
    }

    /// Estimated bytes that the past takes: keyframes, logs, timelines.
    pub fn history_bytes(&self) -> usize {
        let rest: usize = self.branches.iter().map(Branch::bytes).sum();
        rest + self.keyframe_bytes()
    }

    /// Number of keyframes of the current branch.
    pub fn keyframes(&self) -> usize {
        self.branch().keyframes.len()
    }

    fn keyframe_bytes(&self) -> usize {
        keyframes::total_bytes(self.branches.iter().map(|branch| &branch.keyframes))
    }

    fn branch(&self) -> &Branch {
        // Invariant: `current` is a place in `branches`, which is never empty.
        &self.branches[self.current]
    }

    fn branch_mut(&mut self) -> &mut Branch {
        &mut self.branches[self.current]
    }

    fn end_cursor(&self) -> Cursor {
        Cursor {
            at: self.end(),
            clock: Clock::AtPosition,
        }
    }

    /// In the past, starts a branch that ends here.
    fn branch_off(&mut self) {
        if self.is_at_end() {
            return;
        }
        let Cursor { at, clock } = self.cursor;
        let reached = Reached {
            stop: match clock {
                Clock::AtPosition => Stop::Ticks,
                Clock::Waited => Stop::Until,
            },
            end_tick: self.machine.ticks(),
            end_ns: self.machine.now_ns(),
        };
        let mut branch = self.branch().clone();
        branch.id = self.next_branch;
        branch.from = at;
        branch.from_ns = reached.end_ns;
        branch.log.truncate(at, reached);
        branch.keyframes = branch.keyframes.up_to(at);
        branch.timeline.cut_at(&self.machine);
        let known = branch
            .clock
            .partition_point(|(_, tick)| *tick <= reached.end_tick);
        branch.clock.truncate(known);
        self.next_branch += 1;
        self.current = self.branches.len();
        self.branches.push(branch);
        self.cursor = self.end_cursor();
    }

    /// Keeps the machine if replay from the last keyframe would take long. `at` is where it
    /// stands, at the end of the log.
    fn keep_if_due(&mut self, at: Position) {
        if self.ticks_to_keyframe(at) > 0 {
            return;
        }
        let (machine, serial) = (self.machine.clone(), self.next_keyframe);
        self.next_keyframe += 1;
        self.branch_mut().keyframes.push(at, machine, serial);
        self.keep_within_bounds();
    }

    /// Bounds the estimated bytes of all keyframes; 96 MiB unless told otherwise. Fewer keyframes
    /// make seeking slower, never impossible.
    pub fn limit_keyframes(&mut self, bytes_max: usize) {
        self.keyframe_bytes_max = bytes_max;
        self.keep_within_bounds();
    }

    fn keep_within_bounds(&mut self) {
        while self.keyframe_bytes() > self.keyframe_bytes_max {
            if !self.drop_keyframes() {
                break;
            }
        }
    }

    /// How many ticks from `at` the next keyframe is due.
    fn ticks_to_keyframe(&self, at: Position) -> u64 {
        let Some(last) = self.branch().keyframes.at_or_before(at) else {
            return 0;
        };
        let commands = at.command.saturating_sub(last.position.command) as u64;
        let ticks = self.machine.ticks().saturating_sub(last.machine.ticks());
        let cost = ticks.saturating_add(commands.saturating_mul(keyframes::COMMAND_TICKS));
        self.spacing_ticks.saturating_sub(cost)
    }

    /// Makes room: first at the cost of the branches that are not looked at, then of this one.
    /// `false` if there is nothing to drop.
    fn drop_keyframes(&mut self) -> bool {
        let before = self.keyframe_bytes();
        let current = self.branch().keyframes.clone();
        for branch in &mut self.branches {
            branch.keyframes.keep_shared_with(&current);
        }
        if self.keyframe_bytes() < before {
            return true;
        }
        self.spacing_ticks = self.spacing_ticks.saturating_mul(2);
        let keyframes = &mut self.branch_mut().keyframes;
        let had = keyframes.len();
        keyframes.thin();
        let kept = keyframes.clone();
        for branch in &mut self.branches {
            branch.keyframes.keep_shared_with(&kept);
        }
        kept.len() < had
    }
}
