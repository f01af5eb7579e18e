//! Every exit code of the commands that measure or judge, as `docs/reference/exit-codes.md` has
//! them: a table of what happened, the command, and how it must end.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod made;
mod scripts;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use lukewarm_model::{
    Bytes, ContentDigest, Failure, FailureKind, JobFacts, JobOutputs, OutputFile, OutputManifest,
    RunEnd, Seconds, Step, StopReason, TimeSpent,
};
use made::{slower, unchanged};

/// How a run of the table ended.
#[derive(Clone, Copy)]
enum End {
    Whole,
    Stopped,
    CutOff,
}

/// A run made of the published one, with its end.
fn run(results: &Path, id: &str, end: End, change: impl Fn(&mut JobFacts)) -> String {
    let nothing = Seconds(0.0);
    let stopped = match end {
        End::Stopped => Some(StopReason::Cancelled),
        _ => None,
    };
    let facts = RunEnd {
        ended: "2026-11-27T00:00:00Z".parse().unwrap(),
        stopped,
        enough: None,
        time: TimeSpent { measured: nothing, laying: nothing, own: nothing },
        warnings: Vec::new(),
        machine: None,
        published: None,
    };
    let end = match end {
        End::CutOff => None,
        _ => Some(&facts),
    };
    made::whole(results, id, end, change).display().to_string()
}

fn fails(job: &mut JobFacts) {
    if job.case == "cli/sccache-webdav" && job.attempt.iteration == 1 {
        job.failure = Some(Failure {
            step: Some(Step::Build),
            kind: FailureKind::Build,
            message: "cargo ended with 101".to_owned(),
            last_lines: Vec::new(),
        });
    }
}

fn wrong(job: &mut JobFacts) {
    if job.case == "cli/sccache-webdav" && job.attempt.iteration == 2 {
        job.checks.iter_mut().for_each(|check| check.held = Some(false));
    }
}

fn wrong_in_priming(job: &mut JobFacts) {
    if job.case == "cli/sccache-webdav" && job.attempt.iteration == 0 {
        job.checks.iter_mut().for_each(|check| check.held = Some(false));
    }
}

fn unchecked(job: &mut JobFacts) {
    job.checks.iter_mut().for_each(|check| check.held = None);
}

fn unchecked_once(job: &mut JobFacts) {
    if job.case == "cli/sccache-webdav" && job.job == "cold" {
        unchecked(job);
    }
}

fn unchecked_reference(job: &mut JobFacts) {
    if job.case == "cli/none" {
        unchecked(job);
    }
}

/// A job that made one program with this content.
fn made(job: &mut JobFacts, digest: u128) {
    let bytes = Bytes(10);
    let file = OutputFile { path: "debug/app".into(), digest: ContentDigest(digest), bytes };
    job.outputs = Some(JobOutputs {
        digest: ContentDigest(digest),
        manifest: Some(OutputManifest::new(vec![file]).into()),
        files: 1,
        bytes,
        took: Seconds(0.01),
    });
}

fn wrong_output(job: &mut JobFacts) {
    let is_warm = job.case == "cli/sccache-webdav" && job.job != "cold";
    made(job, if is_warm && job.attempt.iteration == 2 { 9 } else { 1 });
}

fn wrong_in_priming_pass(job: &mut JobFacts) {
    let is_warm = job.case == "cli/sccache-webdav" && job.job != "cold";
    made(job, if is_warm && job.attempt.iteration == 0 { 9 } else { 1 });
}

struct Case {
    what: &'static str,
    words: Vec<String>,
    code: i32,
}

fn case(what: &'static str, words: &[&str], code: i32) -> Case {
    Case { what, words: words.iter().map(ToString::to_string).collect(), code }
}

#[track_caller]
fn check(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for Case { what, words, code } in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_lukewarm")).args(&words).output().unwrap();
        if output.status.code() != Some(code) {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            wrong.push(format!("{what}: {words:?}: {:?}, not {code}: {said}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn run_and_report_end_by_what_may_be_believed() {
    let place = tempfile::tempdir().unwrap();
    let scratch = place.path().join("scratch").display().to_string();
    let results = place.path();
    let runs = [
        ("sound", run(results, "a", End::Whole, unchanged), 0),
        ("one unchecked row is a remark", run(results, "b", End::Whole, unchecked_once), 0),
        ("a job failed", run(results, "c", End::Whole, fails), 3),
        ("a job is degraded", run(results, "d", End::Whole, wrong), 3),
        ("a priming job is degraded", run(results, "e", End::Whole, wrong_in_priming), 3),
        ("every job has a remark", run(results, "f", End::Whole, unchecked), 0),
        ("the reference has remarks", run(results, "g", End::Whole, unchecked_reference), 0),
        ("an output is wrong", run(results, "j", End::Whole, wrong_output), 1),
        ("an output of priming is wrong", run(results, "k", End::Whole, wrong_in_priming_pass), 1),
        ("stopped early", run(results, "h", End::Stopped, unchanged), 3),
        ("cut off", run(results, "i", End::CutOff, unchanged), 3),
    ];
    let mut cases = Vec::new();
    for (what, folder, code) in &runs {
        cases.push(case(what, &["report", folder, "-q"], *code));
        for format in ["json", "markdown", "hyperfine", "csv-wide"] {
            cases.push(case(what, &["report", folder, "--format", format], *code));
        }
        // A run that has come to its end is only told again.
        if !["stopped early", "cut off"].contains(what) {
            cases.push(case(what, &["run", "--resume", folder, "--scratch", &scratch], *code));
        }
    }
    for words in [&["report", "no-such-run"][..], &["run", "--resume", "no-such-run"]] {
        cases.push(case("no such run", words, 4));
    }
    cases.push(case("no such scenario", &["run", "nosuch"], 4));
    cases.push(case("no such option", &["report", "--nosuch"], 4));
    check(cases);
}

#[test]
fn compare_ends_by_the_gates_answer() {
    let place = tempfile::tempdir().unwrap();
    let results = place.path();
    let before = run(results, "before", End::Whole, unchanged);
    let same = run(results, "same", End::Whole, unchanged);
    let slow = run(results, "slow", End::Whole, slower);
    let few = run(results, "few", End::Whole, |job| job.attempt.iteration = 1);
    let failed = run(results, "failed", End::Whole, fails);
    let degraded = run(results, "degraded", End::Whole, wrong);
    let mut cases = Vec::new();
    for format in ["human", "json", "markdown", "github", "junit"] {
        let words = |candidate: &str| {
            ["compare", &before, candidate, "--format", format].map(str::to_owned).to_vec()
        };
        let table = [
            ("nothing got worse", &same, 0),
            ("slower", &slow, 1),
            ("too few samples", &few, 2),
            ("a job failed", &failed, 3),
            ("a job is degraded", &degraded, 3),
        ];
        cases.extend(table.map(|(what, run, code)| Case { what, words: words(run), code }));
    }
    cases.push(case("no such run", &["compare", &before, "no-such-run"], 4));
    cases.push(case("no such scenario", &["compare", &format!("{before}:nosuch"), &same], 4));
    cases.push(case("nothing to compare with", &["compare", &before], 4));
    check(cases);
}

#[test]
fn claims_end_by_whether_each_is_decided() {
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/published/claims");
    let place = tempfile::tempdir().unwrap();
    // The answer is written beside the runs: not into the published ones.
    for run in fs::read_dir(published).unwrap().flatten().filter(|it| it.path().is_dir()) {
        let journal = run.path().join("journal.jsonl");
        if journal.exists() {
            let folder = place.path().join(run.file_name());
            fs::create_dir(&folder).unwrap();
            fs::copy(journal, folder.join("journal.jsonl")).unwrap();
        }
    }
    let from = place.path().display().to_string();
    let nothing = tempfile::tempdir().unwrap();
    let empty = nothing.path().display().to_string();
    check(vec![
        case("decided", &["claims", "c10", "--from", &from], 0),
        case("only planned", &["claims", "d1", "--plan"], 0),
        case("not decided", &["claims", "c12", "--from", &from], 2),
        case("one of them is not decided", &["claims", "c10", "c12", "--from", &from], 2),
        case("nothing was measured", &["claims", "d1", "--from", &empty], 2),
        case("no such claim", &["claims", "d99"], 4),
        case("no such folder", &["claims", "--from", "/no/such/folder"], 4),
    ]);
}

/// A measuring command whose builds fail ends with 3, and what the compiler printed acts nowhere.
#[test]
fn measuring_what_does_not_build_ends_with_three() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let workspace = place.path().join("fake");
    scripts::workspace(&workspace);
    let path = scripts::toolchain(place.path(), scripts::FAILS);
    let [workspace, out] = [workspace, place.path().join("out")].map(|it| it.display().to_string());
    let scratch = place.path().join("scratch").display().to_string();
    let places = ["--scratch", &scratch, "--out", &out];
    let run = ["run", "none", "persistent-target", "-w", &workspace, "-n", "1"];
    for words in [&run[..], &["claims", "d3", "--quick", "--again"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_lukewarm"))
            .args(words)
            .args(places)
            .env("PATH", &path)
            .env("XDG_CACHE_HOME", place.path().join("cache"))
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(3), "{words:?}: {said}");
        assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "{words:?}: {said:?}");
        assert!(said.lines().all(|line| !line.trim_start().starts_with("::")), "{said}");
    }
}
