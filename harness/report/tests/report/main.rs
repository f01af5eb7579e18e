//! What a reader of a report sees, for the example run and for findings made by hand from it.

mod by_hand;
mod headline;
mod machines;
mod page;
mod summary;
mod terminal;
