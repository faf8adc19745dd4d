//! The machine of a case, its actors by name, and time until they answer.

use crate::case::{Params, Step};
use crate::hands::{Came, Halt, Hands, Notes};
use crate::ops;
use serde_json::{Map, Value, json};
use sim_core::kernel::boot::World as BootWorld;
use sim_core::kernel::rule::{Rule, Verdict};
use sim_core::kernel::{Answer, FrameOrder, Injection};
use sim_core::{BootOptions, Command, Event, Machine, Sink, observe};
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Frames of the machine: 24 GiB, as the recorded one had.
const RAM_FRAMES: u64 = 24 << 18;
/// Ticks after which a step is given up. Real steps take a few hundred.
const TICKS_MAX: u64 = 500_000;

/// A process with a name.
#[derive(Clone, Debug)]
pub struct Actor {
    pub name: String,
    /// Stable id of its task.
    pub task: u64,
    /// Its number in the first PID namespace.
    pub pid: i32,
    pub notes: Notes,
    /// Signals handled since the last `siglog`, fork or exec, in the order of their handlers.
    pub handled: Vec<String>,
    /// STATUS once it is a zombie or gone.
    pub ended: Option<String>,
    busy: Option<Busy>,
}

/// An operation that has not answered yet.
#[derive(Clone, Debug)]
struct Busy {
    op: String,
    params: Params,
    came: Vec<Came>,
}

/// What an operation came to.
enum Outcome {
    Done(Result<Value, String>),
    Blocked,
    Died,
}

/// A machine with names for its processes.
pub struct World {
    pub machine: Machine,
    pub actors: Vec<Actor>,
    /// Namespaces in the order in which `ctl ns` showed them, per type.
    pub namespaces: BTreeMap<&'static str, Vec<u64>>,
    sink: Sink,
    /// wait(2) status of every task that has exited.
    statuses: BTreeMap<u64, i32>,
    /// Tasks made since it was last emptied: parent, child, number in the first PID namespace.
    forks: Vec<(u64, u64, i32)>,
    /// Whether the invariants are recounted after every step.
    pub checks: Checks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    EveryStep,
    Never,
}

impl World {
    /// The world before the first step.
    ///
    /// # Errors
    /// The machine halts or never comes to rest.
    pub fn new(options: &BootOptions, checks: Checks) -> Result<Self, String> {
        let machine = Machine::boot(&BootOptions {
            cpus: 1,
            ram_frames: RAM_FRAMES,
            // Frames in order: the tables of those in use stay small, and so do the recounts.
            frame_order: FrameOrder::Linear,
            world: BootWorld::Bare,
            ..options.clone()
        });
        let mut world = Self {
            machine,
            actors: Vec::new(),
            namespaces: BTreeMap::new(),
            sink: Sink::full(),
            statuses: BTreeMap::new(),
            forks: Vec::new(),
            checks,
        };
        world.settle()?;
        let task = observe::task_with_pid(&world.machine, 1).ok_or("no process 1")?;
        world.actors.push(Actor::new("init", task, 1));
        crate::ctl::number_namespaces(&mut world, task);
        let Ok(calls) = ops::signals_of_the_runtime(|_| Ok::<_, Infallible>(true));
        for call in calls {
            world.inject(0, call.into());
            world.settle()?;
        }
        Ok(world)
    }

    /// From here on, the checks of every step are kept for [`World::refusals`].
    pub fn collect_rules(&mut self) {
        self.sink = Sink::explain();
    }

    /// The rules that refused something since it was last asked.
    pub fn refusals(&mut self) -> Vec<Rule> {
        let checks = self.sink.checks().map(|checks| checks.take());
        let checks = checks.unwrap_or_default().into_iter();
        let refused = checks.filter(|check| check.verdict == Verdict::Refused);
        refused.map(|check| check.rule).collect()
    }

    pub fn actor(&self, name: &str) -> Option<&Actor> {
        self.actors.iter().find(|actor| actor.name == name)
    }

    /// Carries out a step. `None` when its actor is missing, has ended or is blocked, because of
    /// an earlier difference.
    ///
    /// # Errors
    /// The step makes no sense, or the machine broke.
    pub fn step(&mut self, step: &Step) -> Result<Option<Value>, String> {
        let mut out = if step.actor == "ctl" {
            let answer = crate::ctl::observe(self, &step.op, &step.params);
            Some(match answer {
                Ok(value) => json!({ "ret": value }),
                Err(Halt::Errno(errno)) => json!({ "err": errno.name() }),
                Err(Halt::Bad(reason)) => return Err(reason),
                Err(Halt::Needs(_)) => return Err("the observer does not act".into()),
            })
        } else {
            self.act(step)?
        };
        self.settle()?;
        self.finish(&step.actor, out.as_mut())?;
        if self.checks == Checks::EveryStep {
            self.machine.check_invariants()?;
        }
        Ok(out)
    }

    fn act(&mut self, step: &Step) -> Result<Option<Value>, String> {
        let found = self.actors.iter().position(|a| a.name == step.actor);
        let ready = found.filter(|at| {
            let actor = &self.actors[*at];
            actor.ended.is_none() && actor.busy.is_none()
        });
        let Some(at) = ready else {
            // The operation is checked all the same: a mistake in a case is always told.
            ops::check(&step.op)?;
            return Ok(None);
        };
        let busy = Busy {
            op: step.op.clone(),
            params: step.params.clone(),
            came: Vec::new(),
        };
        Ok(Some(match self.go_on(at, busy)? {
            Outcome::Done(Ok(value)) => json!({ "ret": value }),
            Outcome::Done(Err(errno)) => json!({ "err": errno }),
            Outcome::Blocked => json!({ "blocked": true }),
            Outcome::Died => {
                self.settle()?;
                let status = self.end(at);
                json!({ "died": status })
            }
        }))
    }

    /// Runs an operation as far as it gets.
    fn go_on(&mut self, at: usize, mut busy: Busy) -> Result<Outcome, String> {
        let task = self.actors[at].task;
        if busy.came.is_empty() {
            self.forks.clear();
        }
        loop {
            let mut notes = self.actors[at].notes.clone();
            let mut hands = Hands::new(
                &busy.params,
                &mut notes,
                &self.machine,
                task,
                &mut busy.came,
            );
            match ops::run(&busy.op, &mut hands) {
                Ok(value) => {
                    self.actors[at].notes = notes;
                    let value = self.after(at, &busy, value);
                    return Ok(Outcome::Done(Ok(value)));
                }
                Err(Halt::Errno(errno)) => {
                    return Ok(Outcome::Done(Err(errno.name().to_string())));
                }
                Err(Halt::Bad(reason)) => return Err(reason),
                Err(Halt::Needs(what)) => {
                    self.inject(at, what);
                    // What it has set going may end it, but only after it has answered; a signal
                    // to itself ends it before.
                    let answer = self.settle_hearing(task)?;
                    if answer.is_none() && observe::is_dead(&self.machine, task) {
                        return Ok(Outcome::Died);
                    }
                    match answer.or_else(|| self.answer(task)) {
                        Some(answer) => busy.came.push(Came::Answer(answer)),
                        None => {
                            self.actors[at].busy = Some(busy);
                            return Ok(Outcome::Blocked);
                        }
                    }
                }
            }
        }
    }

    /// What an operation means for names and notes, once it has succeeded.
    fn after(&mut self, at: usize, busy: &Busy, value: Value) -> Value {
        match busy.op.as_str() {
            "fork" => {
                let task = self.actors[at].task;
                let made = self.forks.iter().find(|(parent, _, _)| *parent == task);
                if let (Some((_, child, pid)), Some(name)) =
                    (made.copied(), busy.params.text_or_none("as"))
                {
                    let notes = self.actors[at].notes.clone();
                    let mut actor = Actor::new(&name, child, pid);
                    actor.notes = notes;
                    self.actors.push(actor);
                }
                value
            }
            "exec" => {
                self.actors[at].notes.regions.clear();
                self.actors[at].handled.clear();
                value
            }
            "siglog" => json!(std::mem::take(&mut self.actors[at].handled)),
            _ => value,
        }
    }

    /// What the actor's last injection came to. One that has stopped itself does not tell before
    /// it goes on.
    fn answer(&self, task: u64) -> Option<Answer> {
        let is_stopped = observe::state(&self.machine, task) == Some('T');
        observe::answer(&self.machine, task).filter(|_| !is_stopped)
    }

    fn inject(&mut self, at: usize, act: Injection) {
        let pid = self.actors[at].pid;
        self.apply(&Command::Inject { pid, act });
    }

    /// Gives the machine a command and hears what happens.
    pub fn apply(&mut self, command: &Command) {
        self.machine.apply(command, &mut self.sink);
        let (Sink::Full(records) | Sink::Explain { records, .. }) = &mut self.sink else {
            return;
        };
        for record in records.drain(..) {
            match record.event {
                Event::Exit { task, status } => {
                    self.statuses.insert(task.as_u64(), status);
                }
                Event::Fork { parent, child, pid } => {
                    self.forks.push((parent.as_u64(), child.as_u64(), pid));
                }
                Event::SignalHandle { task, signal } => {
                    let task = task.as_u64();
                    // The runtime's own handlers note nothing.
                    let is_noted = observe::is_handled(&self.machine, task, signal);
                    let actor = self.actors.iter_mut().find(|a| a.task == task);
                    if let Some(actor) = actor.filter(|_| is_noted) {
                        actor.handled.push(ops::signal_text(signal));
                    }
                }
                _ => {}
            }
        }
    }

    /// Lets time run until nothing can run any more.
    ///
    /// # Errors
    /// The machine halts, or does not come to rest.
    pub fn settle(&mut self) -> Result<(), String> {
        self.settle_hearing(u64::MAX).map(|_| ())
    }

    /// As [`World::settle`]: what a task has answered on the way, whatever became of it since.
    fn settle_hearing(&mut self, task: u64) -> Result<Option<Answer>, String> {
        let mut heard = None;
        for _ in 0..TICKS_MAX {
            heard = heard.or_else(|| observe::returned(&self.machine, task));
            if self.machine.is_idle() {
                return Ok(heard);
            }
            if let Some(invariant) = self.machine.halted() {
                return Err(format!("the machine has halted: {invariant}"));
            }
            self.apply(&Command::Advance {
                until_ns: u64::MAX,
                max_ticks: 1,
            });
        }
        Err(format!("does not come to rest in {TICKS_MAX} ticks"))
    }

    /// Notes the end of an actor.
    fn end(&mut self, at: usize) -> String {
        let task = self.actors[at].task;
        let status = self.statuses.get(&task).copied().unwrap_or(0);
        let status = ops::end_text(status);
        self.actors[at].ended = Some(status.clone());
        self.actors[at].busy = None;
        status
    }

    /// Who ended because of a step, and which calls returned.
    fn finish(&mut self, actor: &str, mut out: Option<&mut Value>) -> Result<(), String> {
        let (mut ended, mut woke) = (Map::new(), Map::new());
        // A call that goes on may end or wake others.
        loop {
            let mut is_quiet = true;
            for at in 0..self.actors.len() {
                let task = self.actors[at].task;
                if self.actors[at].ended.is_none() && observe::is_dead(&self.machine, task) {
                    let status = self.end(at);
                    if self.actors[at].name != actor {
                        ended.insert(self.actors[at].name.clone(), status.into());
                    }
                    is_quiet = false;
                }
                if self.actors[at].busy.is_none() {
                    continue;
                }
                let Some(answer) = self.answer(task) else {
                    continue;
                };
                let Some(mut busy) = self.actors[at].busy.take() else {
                    continue;
                };
                busy.came.push(Came::Answer(answer));
                let names = self.actors.len();
                let gone_on = self.go_on(at, busy)?;
                // A child gets its name only from a fork that answers in its own step.
                self.actors.truncate(names);
                if let Outcome::Done(result) = gone_on {
                    let result = match result {
                        Ok(value) => json!({ "ret": value }),
                        Err(errno) => json!({ "err": errno }),
                    };
                    let name = self.actors[at].name.clone();
                    if name != actor {
                        woke.insert(name, result);
                    } else if let Some(out) = &mut out {
                        // What it woke has let it go on in turn.
                        **out = result;
                    }
                }
                self.settle()?;
                is_quiet = false;
            }
            if is_quiet {
                break;
            }
        }
        if let Some(Value::Object(out)) = out {
            if !ended.is_empty() {
                out.insert("ended".into(), ended.into());
            }
            if !woke.is_empty() {
                out.insert("woke".into(), woke.into());
            }
        }
        Ok(())
    }
}

impl Actor {
    fn new(name: &str, task: u64, pid: i32) -> Self {
        Self {
            name: name.to_string(),
            task,
            pid,
            notes: Notes::default(),
            handled: Vec::new(),
            ended: None,
            busy: None,
        }
    }
}
