//! `lukewarm recommend` as its users call it: exit codes, formats, workflows and diffs, by a
//! journal that is made of the published run.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]

mod made;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lukewarm_model::{RawRecord, RunFacts};
use lukewarm_record::Writer;
use serde_json::Value;

/// The published run, its first block so many times with a small wobble.
fn run(results: &Path, id: &str, blocks: u32, change: impl Fn(&mut RawRecord)) -> PathBuf {
    let mut record = lukewarm_record::read(&made::published_folder()).unwrap();
    record.run = RunFacts { id: id.to_owned(), ..record.run };
    record.end = None;
    record.jobs.retain(|job| job.attempt.iteration == 1);
    change(&mut record);
    let mut writer = Writer::create(results, &record.run).unwrap();
    for iteration in 1..=blocks {
        for (number, job) in record.jobs.iter().enumerate() {
            let mut job = job.clone();
            job.attempt.iteration = iteration;
            let wobble = 1.0 + 0.002 * ((iteration as usize * 7 + number * 5) % 11) as f64;
            job.steps.iter_mut().for_each(|step| step.wall.0 *= wobble);
            writer.job(&job).unwrap();
        }
    }
    writer.folder().to_owned()
}

fn recommend(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    command.arg("recommend").args(words).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    stdout(output) + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_run_that_decides_names_a_way_with_its_ratio_savings_and_prices() {
    let results = tempfile::tempdir().unwrap();
    let folder = run(results.path(), "2026-11-27T000000-decided-00000001", 12, |_| {});
    let folder = folder.to_str().unwrap();
    let output = recommend(&[folder, "--jobs-per-month", "3000", "--runner", "linux-4-core"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = stdout(&output).replace('\n', " ");
    for wanted in [
        "On cli, use actions-cache: it takes 0.4",
        "Faster still is persistent-target",
        "Projected for 3,000 jobs a month",
        "The bill on linux-4-core: 36.00 USD instead of 36.00 USD",
        "Prices of 2026-",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let output = recommend(&[folder, "--format", "json"]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let of = &answer["workspaces"][0];
    assert_eq!(of["choice"]["scenario"], "actions-cache");
    assert!(of["savings"]["seconds"].as_f64().unwrap() > 0.0);
    assert_eq!(answer["prices"]["runner"], "linux-2-core", "the run had two CPUs");
    let markdown = stdout(&recommend(&[folder, "--format", "markdown"]));
    assert!(markdown.contains("|--:|") && markdown.contains("On cli, use actions"), "{markdown}");
}

#[test]
fn the_mix_decides_and_the_newest_run_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let results = root.path().join("results");
    fs::create_dir(&results).unwrap();
    fs::create_dir_all(root.path().join("scenarios")).unwrap();
    run(&results, "2026-11-26T000000-older-00000002", 1, |_| {});
    run(&results, "2026-11-27T000000-newer-00000003", 12, |_| {});
    let root = root.path().to_str().unwrap();
    let output = recommend(&["--root", root, "--mix", "cold=1"]);
    let text = stdout(&output).replace('\n', " ");
    assert!(text.contains("newer") && text.contains("100 % cold (as given)"), "{}", said(&output));
    assert!(text.contains("use no cache"), "{text}");
    let output = recommend(&["--root", root, "--mix", "warm=1"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(said(&output).contains("its jobs are cold, unchanged"), "{}", said(&output));
    let output = recommend(&["--root", root, "--runner", "linux-3-core"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(said(&output).contains("did you mean") || said(&output).contains("linux-2-core"));
}

#[test]
fn a_record_that_cannot_carry_an_answer_says_what_to_run() {
    let results = tempfile::tempdir().unwrap();
    let none = run(results.path(), "2026-11-27T000000-none-00000004", 12, |record| {
        record.run.plan.reference = None;
    });
    let output = recommend(&[none.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("has no reference"), "{}", said(&output));
    assert!(said(&output).contains("lukewarm run none persistent-target"), "{}", said(&output));
    let empty = tempfile::tempdir().unwrap();
    let output = recommend(&["--root", empty.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
}

#[test]
fn a_workflow_is_printed_and_one_that_is_there_is_changed_by_a_diff_that_applies() {
    let results = tempfile::tempdir().unwrap();
    let folder = run(results.path(), "2026-11-27T000000-flow-00000005", 12, |_| {});
    let folder = folder.to_str().unwrap();
    let workflow = stdout(&recommend(&[folder, "--workflow"]));
    assert!(workflow.contains("uses: actions/cache@"), "{workflow}");
    assert!(workflow.contains("- run: cargo build --workspace --locked\n"), "{workflow}");
    let file = results.path().join("ci.yml");
    fs::write(&file, &workflow).unwrap();
    let words = [folder, "--scenario", "sccache-github-actions", "--diff"];
    let output = recommend(&[&words[..], &[file.to_str().unwrap()]].concat());
    let diff = stdout(&output);
    assert!(diff.contains("-        uses: actions/cache@"), "{diff}{}", said(&output));
    assert!(diff.contains("+      RUSTC_WRAPPER: sccache\n"), "{diff}");
    fs::write(&file, "on: push\njobs:\n  a:\n    steps: []\n").unwrap();
    let output = recommend(&[&words[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(4));
    assert!(said(&output).contains("line 4"), "{}", said(&output));
}
