//! What a scene may ask of the machine and of the page, and expressions over it.

use super::tally::Tally;
use crate::lab::worlds;
use scene::{Expr, Fact, Op};
use sim_core::Session;
use sim_core::view::{self, EntryBits, FrameKind, TaskRow, TaskState, TlbView, WindowView};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Int(i64),
    Text(String),
}

impl Value {
    pub fn text(self) -> String {
        match self {
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text,
        }
    }

    fn int(&self) -> i64 {
        match self {
            Value::Int(number) => *number,
            Value::Text(text) => text.trim().parse().unwrap_or(0),
        }
    }

    pub fn frame(&self) -> Option<u64> {
        u64::try_from(self.int()).ok().filter(|frame| *frame > 0)
    }

    fn holds(&self) -> bool {
        match self {
            Value::Int(number) => *number != 0,
            Value::Text(text) => !text.is_empty(),
        }
    }
}

/// What the visitor has chosen on the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub selected: Option<u64>,
    pub eyes: Option<u64>,
    /// In the memory panel: the frame pointed at, and the address followed.
    pub frame: Option<u64>,
    pub addr: Option<u64>,
}

/// Everything that an expression is computed from.
pub struct Facts<'a> {
    pub session: &'a Session,
    pub chosen: Chosen,
    pub tally: &'a Tally,
    pub lets: &'a [(String, Expr)],
    pub kept: &'a [(String, Value)],
    pub tasks: Vec<TaskRow>,
}

/// Deepest nesting of names that use names.
const DEPTH_MAX: usize = 8;

impl Facts<'_> {
    pub fn value(&self, expr: &Expr) -> Value {
        self.value_at(expr, 0)
    }

    pub fn holds(&self, expr: &Expr) -> bool {
        self.value(expr).holds()
    }

    /// What a text's `{ $name }` stands for.
    pub fn named(&self, name: &str) -> Option<Value> {
        self.named_at(name, 0)
    }

    fn named_at(&self, name: &str, depth: usize) -> Option<Value> {
        if let Some((_, value)) = self.kept.iter().rev().find(|(n, _)| n == name) {
            return Some(value.clone());
        }
        let (_, expr) = self.lets.iter().find(|(n, _)| n == name)?;
        (depth < DEPTH_MAX).then(|| self.value_at(expr, depth + 1))
    }

    fn value_at(&self, expr: &Expr, depth: usize) -> Value {
        let flag = |holds: bool| Value::Int(i64::from(holds));
        match expr {
            Expr::Int(number) => Value::Int(*number),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Name(name) => self.named_at(name, depth).unwrap_or(Value::Int(0)),
            Expr::Fact(fact, arguments) => self.fact(*fact, arguments),
            Expr::Not(inner) => flag(!self.value_at(inner, depth).holds()),
            Expr::If(parts) => {
                let (condition, then, otherwise) = &**parts;
                let taken = if self.value_at(condition, depth).holds() {
                    then
                } else {
                    otherwise
                };
                self.value_at(taken, depth)
            }
            Expr::Binary(op, sides) => {
                let left = self.value_at(&sides.0, depth);
                let right = self.value_at(&sides.1, depth);
                let (a, b) = (left.int(), right.int());
                match op {
                    Op::Or => flag(left.holds() || right.holds()),
                    Op::And => flag(left.holds() && right.holds()),
                    Op::Equal => flag(equal(left, right)),
                    Op::Unequal => flag(!equal(left, right)),
                    Op::Less => flag(a < b),
                    Op::LessEqual => flag(a <= b),
                    Op::Greater => flag(a > b),
                    Op::GreaterEqual => flag(a >= b),
                    Op::Contains => flag(left.text().contains(&right.text())),
                    Op::Plus => Value::Int(a.saturating_add(b)),
                    Op::Minus => Value::Int(a.saturating_sub(b)),
                    Op::Over => Value::Int(a.checked_div(b).unwrap_or(0)),
                }
            }
        }
    }

    /// Living tasks of a name, in order of their PIDs.
    fn living(&self, comm: &str) -> impl Iterator<Item = &TaskRow> {
        let alive = |t: &&TaskRow| t.state != TaskState::Zombie;
        self.tasks
            .iter()
            .filter(move |t| &*t.comm == comm)
            .filter(alive)
    }

    /// The task that a scene means by a program's name.
    pub fn task(&self, comm: &str, nth: usize) -> Option<&TaskRow> {
        self.living(comm).nth(nth)
    }

    pub fn window(&self, comm: &str, nth: usize) -> Option<WindowView> {
        view::windows(self.session.machine())
            .into_iter()
            .filter(|w| w.comm == comm)
            .nth(nth)
    }

    fn screen(&self, whose: &str, nth: usize) -> Vec<String> {
        let tty = match whose {
            "host" => Some(worlds::HOST_TTY),
            "inside" => worlds::inside(self.session).and_then(|(_, tty)| tty),
            comm => {
                return self
                    .window(comm, nth)
                    .map_or(Vec::new(), |w| w.screen.lines);
            }
        };
        tty.map_or(Vec::new(), |tty| {
            view::terminal(self.session.machine(), tty).lines
        })
    }

    fn fact(&self, fact: Fact, arguments: &[String]) -> Value {
        let machine = self.session.machine();
        let first = arguments.first().map_or("", String::as_str);
        let second = arguments.get(1).map_or("", String::as_str);
        let nth = second.parse::<usize>().unwrap_or(1).saturating_sub(1);
        let task = || self.task(first, nth);
        let number = |of: &dyn Fn(&TaskRow) -> i64| task().map_or(0, of);
        let states = |is: &dyn Fn(TaskState) -> bool| {
            self.tasks.iter().filter(|t| is(t.state)).count() as i64
        };
        let third = arguments.get(2).map_or("", String::as_str);
        let space = || view::address_space(machine, task()?.task);
        let way = || {
            let document = || Some(self.document(first, nth)?.addr);
            view::walk(machine, task()?.task, self.chosen.addr.or_else(document)?)
        };
        let tlb =
            |of: &dyn Fn(&TlbView) -> u64| view::tlb(machine).iter().map(of).sum::<u64>() as i64;
        let is_task = |id: Option<u64>| i64::from(id.is_some() && id == task().map(|t| t.task));
        Value::Int(match fact {
            Fact::Tasks => self.living(first).count() as i64,
            Fact::All => self.tasks.len() as i64,
            Fact::Zombies => self
                .tasks
                .iter()
                .filter(|t| &*t.comm == first && t.state == TaskState::Zombie)
                .count() as i64,
            Fact::Ended => self.tally.ended(first, None),
            Fact::Killed => self.tally.ended(first, Some(second)),
            Fact::Pid => number(&|t| i64::from(t.pid)),
            Fact::Inner => number(&|t| t.inner_pid.map_or(0, i64::from)),
            Fact::Pages => number(&|t| t.rss_pages as i64),
            Fact::Faults => number(&|t| t.minor_faults as i64),
            Fact::Tables => number(&|t| t.table_frames as i64),
            Fact::CpuTime => number(&|t| t.cpu_time_ns as i64),
            Fact::Namespaces => number(&|t| t.namespaces.len() as i64),
            Fact::Frame => self.document(first, nth).map_or(0, |d| d.pfn as i64),
            Fact::Address => {
                let addr = self.document(first, nth).map(|d| d.addr);
                return Value::Text(addr.map_or(String::new(), |addr| format!("{addr:#x}")));
            }
            Fact::Document => {
                let bytes = self.document(first, nth).map(|d| d.bytes);
                // A stray cell leaves more than letters.
                let text = bytes.map(|b| String::from_utf8_lossy(&b).replace(char::is_control, ""));
                return Value::Text(text.unwrap_or_default());
            }
            Fact::Screen => return Value::Text(self.screen(first, nth).join("\n")),
            Fact::Lines => self
                .screen(first, 0)
                .iter()
                .filter(|line| line.contains(second))
                .count() as i64,
            Fact::Cpus => view::cpus(machine).len() as i64,
            Fact::Running => states(&|state| state == TaskState::Running),
            Fact::Runnable => states(&|s| matches!(s, TaskState::Running | TaskState::Runnable)),
            Fact::Free => view::machine(machine).free_frames as i64,
            Fact::Containers => {
                worlds::containers(&view::tasks(self.session.machine())).len() as i64
            }
            Fact::Crossings => self.tally.crossings(),
            Fact::Switches => self.tally.switches(),
            Fact::Calls => self.tally.calls(first),
            Fact::Selected => is_task(self.chosen.selected),
            Fact::Eyes => is_task(self.chosen.eyes),
            Fact::Halted => i64::from(machine.halted().is_some()),
            Fact::Mapped => number(&|t| t.vm_pages as i64),
            Fact::Runs => task().map_or(0, |t| runs(self.session, t.task)),
            Fact::Total => machine.ram_frames() as i64,
            Fact::State => {
                return Value::Text(task().map_or("", |t| state(t.state)).into());
            }
            Fact::Call => return Value::Text(task().map_or("", |t| t.call).into()),
            Fact::Visible => self.eyes(first, nth).map_or(0, |e| e.tasks.len() as i64),
            Fact::Hostname => {
                let eyes = self.eyes(first, nth);
                return Value::Text(eyes.map_or(String::new(), |e| e.hostname));
            }
            Fact::Sees => i64::from(self.number_in(second, first) != 0),
            Fact::SeenAs => self.number_in(first, second),
            Fact::Ring => {
                let cpus = view::cpus(machine);
                let busy = cpus.iter().find(|c| c.task.is_some());
                busy.map_or(0, |c| i64::from(c.ring))
            }
            Fact::Current => {
                let first = view::cpus(machine).into_iter().next();
                return Value::Text(first.map_or(String::new(), |c| c.comm));
            }
            Fact::Cached => self.frames(None, |c| c.kind == FrameKind::PageCache),
            Fact::Shared => task().map_or(0, |t| {
                self.frames(Some(t.task), |c| c.selected && c.kind == FrameKind::Shared)
            }),
            Fact::Mmu => i64::from(view::machine(machine).mmu == view::Mmu::Paging),
            Fact::Swapped => space().map_or(0, |s| s.counts.swapped as i64),
            Fact::Pss => space().map_or(0, |s| (s.counts.pss_bytes / 1024) as i64),
            Fact::MajorFaults => number(&|t| t.major_faults as i64),
            Fact::Slots => view::disk(machine).used.len() as i64,
            Fact::Pointed => self.chosen.frame.map_or(0, |frame| frame as i64),
            Fact::Table => {
                let level = third.parse().unwrap_or(1usize);
                let frame = way().and_then(|walk| walk.way().nth(level.saturating_sub(1)));
                frame.map_or(0, |frame| frame as i64)
            }
            Fact::Flags => {
                let bits = way().and_then(|walk| Some(walk.steps.get(3)?.bits()));
                let named = EntryBits::NAMED.iter();
                let set = named.filter(|(_, bit)| bits.is_some_and(|bits| bits.has(*bit)));
                let names: Vec<&str> = set.map(|(name, _)| *name).collect();
                return Value::Text(names.join(" "));
            }
            Fact::Hits => tlb(&|cpu| cpu.hits),
            Fact::Misses => tlb(&|cpu| cpu.misses),
            Fact::Flushes => tlb(&|cpu| cpu.flushes),
            Fact::Remembered => task().map_or(0, |t| {
                tlb(&|cpu| {
                    cpu.entries
                        .iter()
                        .filter(|e| e.task == Some(t.task))
                        .count() as u64
                })
            }),
            Fact::Now => (self.session.now_ns() / 1_000_000) as i64,
        })
    }

    fn eyes(&self, comm: &str, nth: usize) -> Option<view::EyesView> {
        view::eyes(self.session.machine(), self.task(comm, nth)?.task)
    }

    /// The number of one program in the PID namespace of another; 0 for none.
    fn number_in(&self, comm: &str, whose: &str) -> i64 {
        let pid = self
            .task(comm, 0)
            .and_then(|t| self.eyes(whose, 0)?.pid_of(t.task));
        pid.map_or(0, i64::from)
    }

    fn frames(&self, of: Option<u64>, is: impl Fn(&view::FrameCell) -> bool) -> i64 {
        let machine = self.session.machine();
        let ram = view::ram(machine, of);
        ram.cells.iter().filter(|cell| is(cell)).count() as i64
    }

    /// Of the task, not of its window: a fork has none.
    fn document(&self, comm: &str, nth: usize) -> Option<view::DocumentBytes> {
        view::address_space(self.session.machine(), self.task(comm, nth)?.task)?.document
    }
}

/// Runs of neighbouring frames that a task's pages lie in, its page tables left out.
fn runs(session: &Session, task: u64) -> i64 {
    let machine = session.machine();
    let ram = view::ram(machine, Some(task));
    let mut count = 0;
    let mut was = false;
    for cell in &ram.cells {
        let is = cell.selected && cell.kind != view::FrameKind::PageTable;
        count += i64::from(is && !was);
        was = is;
    }
    count
}

fn state(state: TaskState) -> &'static str {
    match state {
        TaskState::Running => "running",
        TaskState::Runnable => "runnable",
        TaskState::Sleeping => "sleeping",
        TaskState::Uninterruptible => "uninterruptible",
        TaskState::Stopped => "stopped",
        TaskState::Zombie => "zombie",
    }
}

fn equal(left: Value, right: Value) -> bool {
    left == right || left.text() == right.text()
}
