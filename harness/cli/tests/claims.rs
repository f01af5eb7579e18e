//! `lukewarm claims` as people use it: the plan, a real small answer, published verdicts made
//! again, and everything that can be wrong with what it is given.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod interrupted;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use assert_cmd::Command;
use interrupted::{interrupt, recorded_jobs};
use lukewarm_model::{RunEnd, StopReason, TimeSpent, Timestamp};
use lukewarm_record::Writer;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn lukewarm(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lukewarm")).args(words).output().unwrap()
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// A root of its own: the project's scenarios, the samples, and one claim of this text.
fn small_root(claim: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&root().join("scenarios"), &place.path().join("scenarios"));
    let samples = place.path().join("sample-workspaces");
    for sample in ["tiny", "cli", "service", "soundness"] {
        copy(&root().join("sample-workspaces").join(sample), &samples.join(sample));
    }
    let claims = place.path().join("scenarios/claims");
    fs::remove_dir_all(&claims).unwrap();
    fs::create_dir(&claims).unwrap();
    fs::write(claims.join("x1.toml"), claim).unwrap();
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

const CLAIM: &str = "
title = 'A kept folder is all <b>fresh</b>'
claim = 'Nothing is compiled where nothing changed.'
source = 'a test'
date = '2026'
tested = 'locally'
conditions = 'none'
essay = 'Look at the units.'

[[experiment]]
workspace = 'tiny'
story = 'short'
scenarios = ['none', 'persistent-target']

[[predicate]]
says = 'units compiled <script>alert(1)</script>'
value = 'units_miss persistent-target unchanged'
exactly = 0

[[predicate]]
says = 'wall-clock'
value = 'wall persistent-target unchanged'
over = 'wall none unchanged'
";

#[test]
fn a_claim_is_measured_once_judged_and_judged_again() {
    let place = small_root(CLAIM);
    let results = place.path().join("results");
    let words = |more: &[&'static str]| -> Vec<String> {
        let root = place.path().display().to_string();
        let words = ["--root", root.as_str(), "claims", "X1"].map(str::to_owned);
        words.into_iter().chain(more.iter().map(|it| (*it).to_owned())).collect()
    };
    let run = |more: &[&'static str]| {
        let words = words(more);
        lukewarm(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let plan = run(&["--plan"]);
    assert!(said(&plan).0.contains("claims-tiny-short: 2 cases, 2 jobs"), "{}", said(&plan).0);
    assert!(!results.exists(), "a plan runs nothing");
    let first = run(&["--quick"]);
    let (table, talk) = said(&first);
    assert_eq!(first.status.code(), Some(0), "{talk}");
    assert!(table.starts_with("X1   reproduced: A kept folder"), "{table}");
    assert!(table.contains("explored, not registered: it is not registered"), "{table}");
    assert!(table.contains("units compiled") && table.contains("exactly 0: holds"), "{table}");
    assert!(table.contains("[2 values]"), "what repeats is measured twice: {table}");
    assert!(table.ends_with("1 claim: 1 reproduced\n"), "{table}");
    let folder = folders(&results).into_iter().find(|it| it.join("claims.html").exists()).unwrap();
    let page = fs::read_to_string(folder.join("claims.html")).unwrap();
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;"), "markup is text");
    assert!(!page.contains("all <b>fresh"), "markup is text");
    // The run that was made serves the same claim again.
    let runs = || folders(&results).iter().filter(|it| it.join("journal.jsonl").exists()).count();
    assert_eq!(runs(), 1);
    let (again, talk) = said(&run(&["--quick"]));
    assert_eq!((runs(), again), (1, table), "{talk}");
    assert!(talk.contains("nothing is left to be measured"), "{talk}");
    // A run that another build of this program made does not: it is another program.
    let made = folders(&results).into_iter().find(|it| it.join("journal.jsonl").exists());
    let journal = made.unwrap().join("journal.jsonl");
    let own = fs::read_to_string(&journal).unwrap();
    // As an earlier lukewarm wrote it, or the edit would be noticed.
    let bare = |line: &str| format!("{}}}\n", line.rsplit_once(",\"sum\":").unwrap().0);
    let other: String = own.lines().map(bare).collect();
    let field = "\"executable\":\"";
    for (now, wanted) in [(field, "nothing is left"), ("\"executable\":\"0", "1 run")] {
        fs::write(&journal, other.replacen(field, now, 1)).unwrap();
        let plan = said(&run(&["--plan", "--quick"])).0;
        assert!(plan.contains(wanted), "{now}: {plan}");
    }
    fs::write(&journal, own).unwrap();
    // A result that was edited by hand is no evidence.
    let run_folder = folders(&results).into_iter().find(|it| it.join("journal.jsonl").exists());
    let journal = run_folder.unwrap().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let edited = text.replacen("\"fresh\":true", "\"fresh\":false", 1);
    assert_ne!(edited, text);
    fs::write(&journal, edited).unwrap();
    let from = results.display().to_string();
    let root = place.path().display().to_string();
    let refused = lukewarm(&["--root", &root, "claims", "--from", &from]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(said(&refused).1.contains("journal.jsonl"), "{}", said(&refused).1);
}

fn folders(results: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(results).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test sends it a signal")]
fn the_same_command_goes_on_with_a_run_that_was_cut_off() {
    let place = small_root(CLAIM);
    let (root, results) = (place.path().display().to_string(), place.path().join("results"));
    let words = ["--root", &root, "claims", "x1", "--quick"];
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    let cut_off = command.spawn().unwrap();
    let output = interrupt(cut_off, &results, 1);
    let journal = || {
        let mut runs = folders(&results);
        runs.retain(|it| it.join("journal.jsonl").exists());
        assert_eq!(runs.len(), 1, "{runs:?}");
        fs::read_to_string(runs[0].join("journal.jsonl")).unwrap()
    };
    let (table, talk) = said(&output);
    assert_eq!(output.status.code(), Some(3), "{talk}");
    assert!(table.starts_with("X1   inconclusive"), "{table}");
    assert!(talk.contains("the same `lukewarm claims` (without `--again`) resumes it"), "{talk}");
    let before = journal();
    assert!((1..8).contains(&recorded_jobs(&results)), "it was not cut off");
    let output = lukewarm(&words);
    let (table, talk) = said(&output);
    assert_eq!(output.status.code(), Some(0), "{talk}");
    assert!(talk.contains("is resumed where it was interrupted"), "{talk}");
    assert!(table.starts_with("X1   reproduced"), "{table}");
    assert!(journal().starts_with(&before), "what was measured stays");
    assert_eq!(recorded_jobs(&results), 8, "{talk}");
}

#[test]
fn a_claim_is_registered_in_its_file_and_stays_so() {
    let place = small_root(CLAIM);
    let root = place.path().display().to_string();
    let register = || said(&lukewarm(&["--root", &root, "claims", "--register", "x1"])).0;
    assert!(register().starts_with("x1: registered at 2"));
    let file = place.path().join("scenarios/claims/x1.toml");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(CLAIM.trim_end()) && text.contains("[registered]\nat = "), "{text}");
    assert!(register().contains("unchanged since"), "once is enough");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::write(&file, text.replace("exactly = 0", "exactly = 1")).unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let from = nothing.path().display().to_string();
    let judged = said(&lukewarm(&["--root", &root, "claims", "--from", &from])).0;
    assert!(judged.contains("its text or bounds were changed since 2"), "{judged}");
}

/// What is told of D7, and its page, of a run with a journal of these lines that was cancelled.
fn cancelled(lines: &[&str]) -> (String, String) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("cancelled");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
    let end = RunEnd {
        ended: Timestamp::default(),
        stopped: Some(StopReason::Cancelled),
        enough: None,
        time: TimeSpent::default(),
        warnings: Vec::new(),
        machine: None,
        published: None,
    };
    Writer::resume(&folder).unwrap().end(&end).unwrap();
    let from = place.path().display().to_string();
    let answer = said(&lukewarm(&["claims", "d7", "--from", &from])).0;
    (answer, fs::read_to_string(place.path().join("claims.md")).unwrap())
}

/// A published run with looks at 2, 8 and 24, as if it had been cancelled before them.
#[test]
fn what_a_cancelled_run_measured_is_preliminary_wherever_it_is_told() {
    let published = folders(&root().join("results/published/claims"));
    let is_run = |it: &PathBuf| it.to_string_lossy().contains("claims-cli-short-release-2-8-24");
    let run = published.iter().find(|it| is_run(it)).unwrap();
    let journal = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    let lines: Vec<&str> = journal.lines().collect();
    let up_to = |iteration: u32| {
        let begins = |line: &&str| line.contains(&format!("\"iteration\":{iteration},"));
        &lines[..lines.iter().position(begins).unwrap()]
    };
    let (answer, page) = cancelled(up_to(2));
    assert!(answer.starts_with("D7   inconclusive"), "{answer}");
    assert!(answer.contains("preliminary"), "{answer}");
    assert!(page.contains("stopped before its plan was complete: cancelled"), "{page}");
    assert!(page.contains("the run was cancelled after iteration 1, before its"), "{page}");
    let (answer, page) = cancelled(up_to(7));
    assert!(answer.starts_with("D7   inconclusive"), "{answer}");
    assert!(page.contains("stopped before its plan was complete: cancelled"), "{page}");
    assert!(page.contains("pairs, of which"), "{page}");
}

#[test]
fn what_is_wrong_is_named() {
    let refused = |words: &[&str], reason: &str| {
        let output = lukewarm(words);
        assert_eq!(output.status.code(), Some(4), "{words:?}");
        let text = said(&output).1;
        assert!(text.contains(reason), "{words:?}: {text}");
    };
    refused(&["claims", "d99"], "unknown claim `d99`; did you mean");
    refused(&["claims", "--from", "/no/such/folder"], "/no/such/folder");
    refused(&["claims", "--from", "results", "--quick"], "cannot be used with");
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("page.md"), "no markers").unwrap();
    let (from, page) = (place.path().display().to_string(), place.path().join("page.md"));
    let page = page.display().to_string();
    refused(&["claims", "d1", "--from", &from, "--into", &page], "`<!-- claims -->`");
    // Without results nothing is decided, and nothing is invented.
    let nothing = lukewarm(&["claims", "d1", "--from", &from]);
    let (table, _) = said(&nothing);
    assert!(table.contains("D1   inconclusive") && table.contains("not measured"), "{table}");
    let broken = CLAIM.replace("units_miss", "units_missed");
    let place = small_root(&broken);
    let root = place.path().display().to_string();
    refused(&["--root", &root, "claims"], "x1.toml:");
    refused(&["--root", &root, "claims"], "unknown metric `units_missed`; did you mean");
}
