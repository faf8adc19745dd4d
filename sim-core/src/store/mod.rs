//! Storage that makes a machine cheap to clone: chunks are shared until written.

mod cow;
mod digest;
mod slab;
mod sorted;
mod sparse;

pub use cow::CowVec;
pub(crate) use cow::{is_same, own};
pub use digest::{StableHasher, digest_of};
pub use slab::{Key, Slab};
pub use sorted::{SortedMap, sorted, sorted_by_key};
pub use sparse::{Blank, Sparse};
