//! Unmodified real clients against the emulated services: what they get, and what the ledger
//! says of them. A client that is missing makes its tests ignored; `install.sh` fetches
//! all.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod actions_cache;
mod boto3;
mod builders;
mod ccache;
mod curl;
mod kache;
mod litmus;
mod machine;
mod rclone;
mod redis;
mod sccache;
mod table;

use std::process::ExitCode;

use lukewarm_testing::tests;

fn main() -> ExitCode {
    let of_table =
        tests![table::every_case_is_a_test_that_there_is, table::the_readme_has_the_table];
    lukewarm_testing::run(table::CLIENTS.iter().map(|it| it.test).chain(of_table))
}
