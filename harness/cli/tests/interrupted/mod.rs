//! Runs that are told to end in their midst. By SIGTERM: tests that run in the background may have
//! SIGINT ignored, and then lukewarm leaves it so.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// Jobs that are in the journals of the runs in a folder.
pub fn recorded_jobs(results: &Path) -> usize {
    let entries = fs::read_dir(results).into_iter().flatten().flatten();
    let texts = entries.filter_map(|it| fs::read_to_string(it.path().join("journal.jsonl")).ok());
    texts.map(|text| text.matches("\"fact\":\"job\"").count()).sum()
}

/// Interrupts a run when so many jobs are recorded, and waits for its end.
#[expect(clippy::disallowed_methods, reason = "a test sends a signal")]
pub fn interrupt(run: Child, results: &Path, jobs: usize) -> Output {
    let deadline = Instant::now() + Duration::from_secs(120);
    while recorded_jobs(results) < jobs && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    let pid = run.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    run.wait_with_output().unwrap()
}
