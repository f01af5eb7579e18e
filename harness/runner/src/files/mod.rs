//! Files and folders that a run may touch: whose they are, how they are opened, copied and removed.
//! It must not know what a run does with them.

pub mod guarded;
pub mod hash;
pub mod lock;
pub mod names;
pub mod own;
pub mod parallel;
pub mod scratch;
pub mod tree;
