//! Network.

use super::Op;

pub const OPS: &[(&str, Op)] = &[];
