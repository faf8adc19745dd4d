//! Expressions over the machine's state: goals, answers of bets, arguments of texts.

use crate::Fault;
use crate::token::{Token, Tokens, expected};

/// What may be asked of the machine or the page. The first argument is the name of a program
/// unless said otherwise, a number after it chooses among several by PID, from 1; a program that
/// does not run gives 0 or an empty text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Living processes of this name.
    Tasks,
    /// Ended, but not yet waited for.
    Zombies,
    /// How many have ended since the step began.
    Ended,
    /// How many a signal has ended since the step began: `killed(excel, SIGSEGV)`.
    Killed,
    /// PID on the host.
    Pid,
    /// PID in its own PID namespace, 0 if that is the host's.
    Inner,
    /// Resident pages.
    Pages,
    /// Minor faults.
    Faults,
    /// Frame that the document lies in.
    Frame,
    /// Address of the document.
    Address,
    /// The document's bytes as text.
    Document,
    /// What a terminal shows: a program's, `host`'s or `inside`'s.
    Screen,
    /// CPU time in ns.
    CpuTime,
    /// CPUs that are plugged in.
    Cpus,
    /// Tasks on a CPU right now.
    Running,
    /// Tasks that could run: on a CPU or waiting for one.
    Runnable,
    /// Free frames.
    Free,
    /// Groups drawn as a yellow box.
    Containers,
    /// Crossings between ring 3 and ring 0 since the step began.
    Crossings,
    /// Switches from one task to another since the step began.
    Switches,
    /// 1 if it is chosen on the stage.
    Selected,
    /// 1 if one looks through its eyes.
    Eyes,
    /// Kinds of namespaces in which it is not with init.
    Namespaces,
    /// 1 if the machine has halted.
    Halted,
    /// 1 if the machine has an MMU.
    Mmu,
    /// Pages in swap.
    Swapped,
    /// Major faults.
    MajorFaults,
    /// Page-table frames.
    Tables,
    /// Every process that the task list has.
    All,
    /// System calls by the name of the first argument since the step began.
    Calls,
    /// Milliseconds since boot.
    Now,
    /// Lines of `screen` that contain the second argument.
    Lines,
    /// 1 if the first can see the second: it has a PID for it, and its /proc shows it.
    Sees,
    /// How many processes it can see.
    Visible,
    /// The host name that it sees.
    Hostname,
    /// Pages that are mapped, touched or not.
    Mapped,
    /// Runs of neighbouring frames that its pages lie in.
    Runs,
    /// `running`, `runnable`, `sleeping`, `uninterruptible`, `stopped`, `zombie`, or nothing.
    State,
    /// The system call that it is in, or nothing.
    Call,
    /// Frames of RAM.
    Total,
    /// Ring of the first CPU that runs a task; 0 when all are idle.
    Ring,
    /// Name of the task on the first CPU, or nothing.
    Current,
    /// The number that the first program has in the PID namespace of the second, 0 if none.
    SeenAs,
    /// Frames that hold pages of files and that no process maps.
    Cached,
    /// Its pages that other processes map too.
    Shared,
    /// KiB of its pages, those that n processes map counted as 1/n.
    Pss,
    /// Pages in the swap area, of all processes.
    Slots,
    /// The frame that is pointed at in the memory panel, 0 if none.
    Pointed,
    /// Frame of the n-th table, from 1, on the way to the address that the memory panel follows;
    /// the one after the last table is the page's: `table(word, 2, 5)`.
    Table,
    /// The flags at the end of that way by their names, `P R/W U/S`; empty where it ends early.
    Flags,
    /// Translations found in the TLBs, and those looked up in the tables.
    Hits,
    Misses,
    /// Times that something in a TLB was dropped.
    Flushes,
    /// Its translations that the TLBs remember.
    Remembered,
}

const FACTS: [(&str, Fact); 54] = [
    ("tasks", Fact::Tasks),
    ("zombies", Fact::Zombies),
    ("ended", Fact::Ended),
    ("killed", Fact::Killed),
    ("pid", Fact::Pid),
    ("inner", Fact::Inner),
    ("pages", Fact::Pages),
    ("faults", Fact::Faults),
    ("frame", Fact::Frame),
    ("address", Fact::Address),
    ("document", Fact::Document),
    ("screen", Fact::Screen),
    ("cpu_time", Fact::CpuTime),
    ("cpus", Fact::Cpus),
    ("running", Fact::Running),
    ("runnable", Fact::Runnable),
    ("free", Fact::Free),
    ("containers", Fact::Containers),
    ("crossings", Fact::Crossings),
    ("switches", Fact::Switches),
    ("selected", Fact::Selected),
    ("eyes", Fact::Eyes),
    ("namespaces", Fact::Namespaces),
    ("halted", Fact::Halted),
    ("mmu", Fact::Mmu),
    ("swapped", Fact::Swapped),
    ("major_faults", Fact::MajorFaults),
    ("tables", Fact::Tables),
    ("all", Fact::All),
    ("calls", Fact::Calls),
    ("now", Fact::Now),
    ("lines", Fact::Lines),
    ("sees", Fact::Sees),
    ("visible", Fact::Visible),
    ("hostname", Fact::Hostname),
    ("mapped", Fact::Mapped),
    ("runs", Fact::Runs),
    ("state", Fact::State),
    ("call", Fact::Call),
    ("total", Fact::Total),
    ("ring", Fact::Ring),
    ("current", Fact::Current),
    ("seen_as", Fact::SeenAs),
    ("cached", Fact::Cached),
    ("shared", Fact::Shared),
    ("pss", Fact::Pss),
    ("slots", Fact::Slots),
    ("pointed", Fact::Pointed),
    ("table", Fact::Table),
    ("flags", Fact::Flags),
    ("hits", Fact::Hits),
    ("misses", Fact::Misses),
    ("flushes", Fact::Flushes),
    ("remembered", Fact::Remembered),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Contains,
    Plus,
    Minus,
    /// Of whole numbers; by 0 it gives 0.
    Over,
}

/// Operators by how tightly they bind, loosest first.
const LEVELS: [&[(&str, Op)]; 5] = [
    &[("or", Op::Or)],
    &[("and", Op::And)],
    &[
        ("==", Op::Equal),
        ("!=", Op::Unequal),
        ("<=", Op::LessEqual),
        (">=", Op::GreaterEqual),
        ("<", Op::Less),
        (">", Op::Greater),
        ("contains", Op::Contains),
    ],
    &[("+", Op::Plus), ("-", Op::Minus)],
    &[("/", Op::Over)],
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    Int(i64),
    Text(String),
    /// Of a `let` or `keep`.
    Name(String),
    Fact(Fact, Vec<String>),
    Not(Box<Expr>),
    Binary(Op, Box<(Expr, Expr)>),
    /// Condition, then, else.
    If(Box<(Expr, Expr, Expr)>),
}

/// Deepest nesting of parentheses.
const DEPTH_MAX: usize = 16;

impl Expr {
    /// # Errors
    /// What is expected and what stands there.
    pub fn read(from: &mut Tokens) -> Result<Expr, Fault> {
        binary(from, 0, 0)
    }

    /// Calls `visit` for every name that is used.
    pub fn names(&self, visit: &mut dyn FnMut(&str)) {
        match self {
            Expr::Int(_) | Expr::Text(_) | Expr::Fact(..) => {}
            Expr::Name(name) => visit(name),
            Expr::Not(inner) => inner.names(visit),
            Expr::Binary(_, sides) => {
                sides.0.names(visit);
                sides.1.names(visit);
            }
            Expr::If(parts) => {
                parts.0.names(visit);
                parts.1.names(visit);
                parts.2.names(visit);
            }
        }
    }
}

fn binary(from: &mut Tokens, level: usize, depth: usize) -> Result<Expr, Fault> {
    let Some(operators) = LEVELS.get(level) else {
        return unary(from, depth);
    };
    let mut left = binary(from, level + 1, depth)?;
    'more: loop {
        for (sign, op) in *operators {
            if from.take(sign) || from.take_word(sign) {
                let right = binary(from, level + 1, depth)?;
                left = Expr::Binary(*op, Box::new((left, right)));
                continue 'more;
            }
        }
        return Ok(left);
    }
}

fn unary(from: &mut Tokens, depth: usize) -> Result<Expr, Fault> {
    if depth > DEPTH_MAX {
        return Err("too many parentheses".into());
    }
    if from.take("(") {
        let inner = binary(from, 0, depth + 1)?;
        return match from.take(")") {
            true => Ok(inner),
            false => Err(expected(")", from.next())),
        };
    }
    if from.take_word("not") {
        return Ok(Expr::Not(Box::new(unary(from, depth + 1)?)));
    }
    if from.take_word("if") {
        let condition = binary(from, 0, depth + 1)?;
        keyword(from, "then")?;
        let then = binary(from, 0, depth + 1)?;
        keyword(from, "else")?;
        let otherwise = binary(from, 0, depth + 1)?;
        return Ok(Expr::If(Box::new((condition, then, otherwise))));
    }
    match from.next() {
        Some(Token::Int(number)) => Ok(Expr::Int(number)),
        Some(Token::Text(text)) => Ok(Expr::Text(text)),
        Some(Token::Word(word)) if from.take("(") => {
            let fact = FACTS.iter().find(|(name, _)| *name == word);
            let (_, fact) = fact.ok_or_else(|| format!("nothing is known as {word}()"))?;
            Ok(Expr::Fact(*fact, arguments(from)?))
        }
        Some(Token::Word(word)) => Ok(Expr::Name(word)),
        other => Err(expected("a value", other)),
    }
}

fn keyword(from: &mut Tokens, word: &str) -> Result<(), Fault> {
    match from.take_word(word) {
        true => Ok(()),
        false => Err(expected(word, from.next())),
    }
}

fn arguments(from: &mut Tokens) -> Result<Vec<String>, Fault> {
    let mut arguments = Vec::new();
    while !from.take(")") {
        if !arguments.is_empty() && !from.take(",") {
            return Err(expected(", or )", from.next()));
        }
        arguments.push(match from.next() {
            Some(Token::Word(word) | Token::Text(word)) => word,
            Some(Token::Int(number)) => number.to_string(),
            other => return Err(expected("an argument", other)),
        });
    }
    Ok(arguments)
}
