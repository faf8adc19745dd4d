//! Memory, shared memory and messages.

use super::Op;

pub const OPS: &[(&str, Op)] = &[];
