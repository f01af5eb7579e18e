//! What every crate of tally speaks of: words, and rows of a table.
//! Owns the two nouns and how they are read and printed; counting belongs to `tally-count`.

mod row;
mod word;

pub use row::{Row, render};
pub use word::{Word, words};
