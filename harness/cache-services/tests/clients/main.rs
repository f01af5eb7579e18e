//! Unmodified real clients against the emulated services: what they get, and what the ledger
//! says of them. A client that is missing is skipped with one line; `install.sh` fetches all.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod actions_cache;
mod boto3;
mod builders;
mod ccache;
mod curl;
mod litmus;
mod machine;
mod rclone;
mod sccache;
mod table;
