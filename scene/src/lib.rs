//! Scenes are files: what to boot with, what is shown, steps with a bet, a goal and a way to it.
//! This crate reads them and their texts, and says where one has a mistake. It knows nothing of
//! the machine: the page evaluates the expressions and carries out the actions.
//!
//! - [`read`]: a scene file
//! - [`texts::read`]: the words of a scene in one language
//! - [`check::check`]: whether a scene and its words in both languages fit together
//! - [`prose`]: the pointers within a text

mod action;
pub mod check;
mod expr;
mod file;
pub mod prose;
pub mod texts;
mod token;

pub use action::{Action, Mark, Piece, Template, Whom};
pub use expr::{Expr, Fact, Op};
pub use file::{Bet, Goal, Pace, Part, Parts, Scene, Step, read};

use std::fmt;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneError {
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for SceneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

impl std::error::Error for SceneError {}

/// What is wrong within a line; the reader of the file adds where.
type Fault = String;
