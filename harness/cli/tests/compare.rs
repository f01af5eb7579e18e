//! The regression gate as people and CI use it: every exit code, every format.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod made;

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use made::{run, run_on, slower, unchanged};

fn compare(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lukewarm")).arg("compare").args(words).output().unwrap()
}

fn compared(baseline: &Path, candidate: &Path, rest: &[&str]) -> (i32, String) {
    let sides = [baseline, candidate].map(|it| it.display().to_string());
    let words: Vec<&str> = sides.iter().map(String::as_str).chain(rest.iter().copied()).collect();
    let output = compare(&words);
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

#[test]
fn each_answer_has_its_exit_code() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let (code, said) = compared(&before, &run(results.path(), "same", unchanged), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.ends_with("Nothing got worse.\n"), "{said}");
    let (code, said) = compared(&before, &run(results.path(), "slower", slower), &[]);
    assert_eq!(code, 1, "{said}");
    assert!(said.ends_with("8 metrics got worse.\n"), "{said}");
    let few = run(results.path(), "few", |job| job.attempt.iteration = 1);
    let (code, said) = compared(&before, &few, &[]);
    assert_eq!(code, 2, "{said}");
    let failed = run(results.path(), "failed", |job| {
        if job.attempt.iteration == 3 {
            job.checks.iter_mut().for_each(|check| check.held = Some(false));
        }
    });
    let (code, said) = compared(&before, &failed, &[]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("No answer is possible"), "{said}");
    let (code, said) = compared(&before, &results.path().join("missing"), &[]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("missing has no journal.jsonl"), "{said}");
}

#[test]
fn thresholds_say_what_is_let_pass() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let now = run(results.path(), "now", slower);
    let file = results.path().join("thresholds.toml");
    let path = file.display().to_string();
    fs::write(&file, "[tolerance]\nwall = '30 %'\n").unwrap();
    let (code, said) = compared(&before, &now, &["--thresholds", &path]);
    assert_eq!(code, 0, "{said}");
    fs::write(&file, "[tolerance]\nwal = '30 %'\n").unwrap();
    let (code, said) = compared(&before, &now, &["--thresholds", &path]);
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("thresholds.toml:2:1: unknown metric `wal`; did you mean `wall`?"),
        "{said}"
    );
}

#[test]
fn every_format_says_the_same() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let now = run(results.path(), "now", slower);
    let format = |word| compared(&before, &now, &["--format", word]);
    for word in ["human", "json", "markdown", "github", "junit"] {
        assert_eq!(format(word).0, 1, "{word}");
    }
    let json: serde_json::Value = serde_json::from_str(&format("json").1).unwrap();
    assert_eq!(json["answer"], "regression");
    let worse = json["changes"].as_array().unwrap().iter().filter(|it| it["verdict"] == "worse");
    assert_eq!(worse.count(), 8);
    let github = format("github").1;
    assert_eq!(
        github.lines().filter(|line| line.starts_with("::error title=Regression::")).count(),
        8
    );
    assert!(github.ends_with("::error title=lukewarm::8 metrics got worse.\n"), "{github}");
    let markdown = format("markdown").1;
    assert_eq!(markdown.lines().filter(|line| line.ends_with("| worse |")).count(), 8);
    let junit = format("junit").1;
    assert_eq!(junit.matches("<failure ").count(), 8, "{junit}");
    let (code, said) = format("junot");
    assert_eq!(code, 4);
    assert!(said.contains("unknown format `junot`; did you mean `junit`?"), "{said}");
}

#[test]
fn an_answer_is_appended_where_it_is_wanted() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let summary = results.path().join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let path = summary.display().to_string();
    let now = run(results.path(), "now", unchanged);
    let format = format!("markdown={path}");
    let (code, said) = compared(&before, &now, &["--format", "github", "--format", &format]);
    assert_eq!((code, said.as_str()), (0, "::notice title=lukewarm::Nothing got worse.\n"));
    let text = fs::read_to_string(&summary).unwrap();
    assert!(
        text.starts_with("before\n## lukewarm") && text.contains("Nothing got worse"),
        "{text}"
    );
}

#[test]
fn other_machines_are_named_and_their_times_left_out() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let now = run_on(results.path(), "now", "Other 1.0", slower);
    let (code, said) = compared(&before, &now, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("times of these runs are not comparable: kernel was"), "{said}");
    let (code, said) = compared(&before, &now, &["--across-hosts"]);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn times_of_another_machine_mood_are_no_regression() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let now = run(results.path(), "now", |job| {
        slower(job);
        job.probe.as_mut().unwrap().wall.0 *= 1.2;
    });
    let (code, said) = compared(&before, &now, &[]);
    assert_eq!(code, 2, "{said}");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("calibration load took 0.35 s before and 0.42 s now"), "{said}");
    assert!(said.contains("`lukewarm compare --against`"), "{said}");
    // Nor is it one where the machines are asked to be left out of account.
    let (code, said) = compared(&before, &now, &["--across-hosts"]);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn a_value_that_was_seen_once_is_no_regression() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let once = |iterations: u32| {
        move |job: &mut lukewarm_model::JobFacts| {
            job.attempt.iteration = job.attempt.iteration.min(iterations);
            let ledgers = job.steps.iter_mut().filter_map(|step| step.ledger.as_mut());
            ledgers.filter(|it| it.requests > 0).for_each(|it| it.requests += 1);
        }
    };
    let (code, said) = compared(&before, &run(results.path(), "once", once(1)), &[]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = compared(&before, &run(results.path(), "twice", once(2)), &[]);
    assert_eq!(code, 1, "{said}");
}

fn lukewarm(words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lukewarm")).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), said + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn results_of_a_newer_lukewarm_are_refused_by_every_reader() {
    let results = tempfile::tempdir().unwrap();
    let run = run(results.path(), "new", unchanged);
    let journal = run.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("{\"v\":1,", "{\"v\":2,", 1)).unwrap();
    let folder = run.display().to_string();
    for words in
        [["report", &folder, "-q"], ["compare", &folder, &folder], ["run", "--resume", &folder]]
    {
        let (code, said) = lukewarm(&words);
        assert_eq!(code, Some(4), "{words:?}: {said}");
        let wanted = "journal.jsonl:1 is of format version 2, and this lukewarm reads up to 1: use the \
                      lukewarm that wrote it, or a newer one";
        assert!(said.contains(wanted), "{words:?}: {said}");
    }
}

#[test]
fn results_that_were_cut_off_are_reported_and_say_so() {
    let results = tempfile::tempdir().unwrap();
    let run = run(results.path(), "part", unchanged);
    let journal = run.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, &text[..text.len() - 10]).unwrap();
    let (code, said) = lukewarm(&["report", &run.display().to_string()]);
    assert_eq!(code, Some(3), "{said}");
    let summary = fs::read_to_string(run.join("summary.json")).unwrap();
    assert!(summary.contains("the journal's last line was cut off and is left out"), "{summary}");
    assert!(summary.contains("did not run: the run was interrupted"), "{summary}");
}

#[test]
fn a_run_that_was_edited_by_hand_is_no_side_of_a_comparison() {
    let results = tempfile::tempdir().unwrap();
    let before = run(results.path(), "before", unchanged);
    let now = run(results.path(), "now", slower);
    let journal = now.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("\"wall\":", "\"wall\":1", 1)).unwrap();
    let (code, said) = compared(&before, &now, &[]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("journal.jsonl:2 does not fit its checksum"), "{said}");
}

#[test]
fn scenarios_of_one_run_are_compared_in_pairs() {
    let results = tempfile::tempdir().unwrap();
    let run = run(results.path(), "run", unchanged).display().to_string();
    let side = |scenario: &str| format!("{run}:{scenario}");
    let both = |before: &str, now: &str| compared(Path::new(before), Path::new(now), &[]);
    let (code, said) = both(&side("none"), &side("sccache-webdav"));
    assert!([0, 1].contains(&code), "{said}");
    assert!(
        said.contains("cli/none → cli/sccache-webdav") && said.contains("in one run"),
        "{said}"
    );
    for (before, now, wanted) in [
        (side("none"), side("none"), "there is nothing to compare"),
        (side("none"), side("sccache-webdaw"), "did you mean `sccache-webdav`?"),
        (run.clone(), run.clone(), "name two of its scenarios"),
        (run.clone(), side("none"), "name one on both sides, or on none"),
    ] {
        let (code, said) = both(&before, &now);
        assert_eq!(code, 4, "{said}");
        assert!(said.contains(wanted), "{said}");
    }
}
