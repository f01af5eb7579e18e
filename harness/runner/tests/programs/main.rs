//! Real jobs with programs that a machine may lack: `redis-server` behind a service, and tools that
//! take long to build. Without them these tests are ignored, or fail where none may be missing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../jobs/support.rs"]
#[allow(dead_code, reason = "each test file uses its own part")]
mod support;

mod copies;
mod launchers;
mod redis;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lukewarm_testing::{Installed, Missing, tests};

fn main() -> ExitCode {
    lukewarm_testing::run(tests![
        copies::copies_share_a_service_and_have_equal_keys,
        copies::a_copy_that_starts_when_another_has_ended_compiles_nothing_again,
        copies::a_copy_that_starts_later_checks_out_later,
        copies::copies_spend_one_minutes_limit_together,
        copies::copies_without_a_service_share_nothing,
        redis::sccache_with_redis,
        redis::sccache_with_a_redis_that_is_full,
        redis::a_redis_that_dies_fails_its_job_and_is_there_again_for_the_next,
        redis::sccache_with_a_disk_before_its_redis,
        launchers::mbx_with_its_local_disk,
        launchers::mbx_reports_each_command_of_a_job,
    ])
}

/// A program that `install.sh` installs.
fn program(name: &str) -> Result<PathBuf, Missing> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients");
    let script = "harness/cache-services/tests/clients/install.sh";
    Installed::new("LUKEWARM_CLIENTS", &folder, script).program(name)
}
