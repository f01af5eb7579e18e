//! Real jobs: the sample workspace `tiny`, real cargo, real sccache and real archives against
//! the emulated services. One slow test a tool.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod archives;
mod changes;
mod checkouts;
mod commands;
mod edits;
mod foreign;
mod homes;
mod outputs;
mod runs;
mod rust_cache;
mod support;
mod wrappers;
