//! What a scene does by itself, before its first step and when asked to show the way: the
//! visitor's own means, written down.

use crate::Fault;
use crate::expr::Expr;
use crate::file::Part;
use crate::token::{Token, Tokens, expected};

/// A text with expressions in braces: `"kill {pid(word)}"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Value(Expr),
}

/// How far a single step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Tick,
    Crossing,
    Syscall,
    Switch,
}

/// A program's n-th process by PID, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    pub comm: String,
    pub nth: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command line for init, as by a launch button.
    Launch(Template),
    /// Keys for a program's window.
    Type(Whom, Template),
    /// A command in the host's shell.
    Host(Template),
    /// A command in a shell inside the first container.
    Inside(Template),
    /// The same command in both.
    Both(Template),
    /// Closes a program's window.
    Close(Whom),
    Select(Whom),
    /// Looks through a process's eyes, or no longer.
    Eyes(Option<Whom>),
    /// unshare(2) of one kind of namespace in a living process.
    Isolate(String, String),
    /// A CPU more, or one less.
    Plug,
    Unplug,
    WaitNs(u64),
    WaitUntil(Expr),
    /// Until every CPU is idle.
    WaitRest,
    Step(Mark),
    /// The same keys on a machine that was booted with this setting changed: `mmu=none`.
    Machine(String),
    /// Brings a panel to the front.
    Part(Part),
    /// Points at a frame in the memory panel.
    Point(Expr),
    /// Lets the memory panel follow an address, in hexadecimal.
    Look(Template),
}

impl Action {
    /// # Errors
    /// What is expected and what stands there.
    pub fn read(from: &mut Tokens) -> Result<Action, Fault> {
        let verb = from.word("an action")?;
        Ok(match verb.as_str() {
            "launch" => Action::Launch(template(from)?),
            "type" => Action::Type(whom(from)?, template(from)?),
            "host" => Action::Host(template(from)?),
            "inside" => Action::Inside(template(from)?),
            "both" => Action::Both(template(from)?),
            "close" => Action::Close(whom(from)?),
            "select" => Action::Select(whom(from)?),
            "eyes" if from.take_word("off") => Action::Eyes(None),
            "eyes" => Action::Eyes(Some(whom(from)?)),
            "isolate" => {
                Action::Isolate(from.word("a program")?, from.word("a kind of namespace")?)
            }
            "plug" => Action::Plug,
            "unplug" => Action::Unplug,
            "wait" => wait(from)?,
            "step" => Action::Step(mark(from)?),
            "machine" => Action::Machine(setting(from)?),
            "part" => Action::Part(Part::read(&from.word("a part")?)?),
            "point" => Action::Point(Expr::read(from)?),
            "look" => Action::Look(template(from)?),
            other => return Err(format!("no action is called {other}")),
        })
    }
}

/// `word`, `word 2` or `word,2`
fn whom(from: &mut Tokens) -> Result<Whom, Fault> {
    let comm = from.word("a program")?;
    let has_comma = from.take(",");
    let nth = match from.peek() {
        Some(Token::Int(number @ 1..)) => usize::try_from(*number).unwrap_or(usize::MAX),
        other if has_comma => return Err(expected("which, from 1", other.cloned())),
        _ => return Ok(Whom { comm, nth: 1 }),
    };
    from.next();
    Ok(Whom { comm, nth })
}

fn wait(from: &mut Tokens) -> Result<Action, Fault> {
    if from.is_at_end() {
        return Ok(Action::WaitRest);
    }
    if from.take_word("until") {
        return Ok(Action::WaitUntil(Expr::read(from)?));
    }
    let length = from.word("a time such as 20ms, or until")?;
    let ms = length
        .strip_suffix("ms")
        .and_then(|n| n.parse::<u64>().ok());
    match ms {
        Some(ms @ ..=60_000) => Ok(Action::WaitNs(ms * 1_000_000)),
        _ => Err(format!("{length} is no time of at most 60000ms")),
    }
}

fn mark(from: &mut Tokens) -> Result<Mark, Fault> {
    Ok(
        match from.word("crossing, tick, syscall or switch")?.as_str() {
            "crossing" => Mark::Crossing,
            "tick" => Mark::Tick,
            "syscall" => Mark::Syscall,
            "switch" => Mark::Switch,
            other => return Err(format!("there is no step to the next {other}")),
        },
    )
}

/// `mmu=none` is three tokens.
fn setting(from: &mut Tokens) -> Result<String, Fault> {
    let name = from.word("a boot setting")?;
    if !from.take("=") {
        return Err(expected("=", from.next()));
    }
    let value = match from.next() {
        Some(Token::Word(value)) => value,
        Some(Token::Int(number)) => number.to_string(),
        other => return Err(expected("a value", other)),
    };
    Ok(format!("{name}={value}"))
}

fn template(from: &mut Tokens) -> Result<Template, Fault> {
    let text = from.text("a text in quotes")?;
    let mut pieces = Vec::new();
    for (at, part) in text.split('{').enumerate() {
        if at == 0 {
            pieces.push(Piece::Text(part.into()));
            continue;
        }
        let Some((inner, after)) = part.split_once('}') else {
            return Err("a brace is not closed".into());
        };
        let mut tokens = Tokens::of(inner)?;
        pieces.push(Piece::Value(Expr::read(&mut tokens)?));
        tokens.end()?;
        pieces.push(Piece::Text(after.into()));
    }
    Ok(Template(pieces))
}
