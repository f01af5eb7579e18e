//! What every crate of strata speaks of: files, sizes, tables and what can go wrong.
//! Owns these nouns; it reads no folder and prints nothing.

mod entry;
mod error;
mod size;
mod table;

pub use entry::Entry;
pub use error::Error;
pub use size::Size;
pub use table::{Row, Table};
