//! What we write for others, read by them: JUnit by the schema of Jenkins, hyperfine's JSON by its
//! own scripts, workflows by actionlint, manifests by the schema of Kubernetes, Markdown by a
//! parser of GitHub's tables. A consumer that is missing makes its tests ignored; `install.sh`
//! fetches all.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "consumers are found and run here, and only here")]

mod engines;
#[path = "../made/mod.rs"]
mod made;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use lukewarm_testing::{Installed, Missing, Tried, tests};
use pulldown_cmark::{Event, Options, Parser, Tag};

fn main() -> ExitCode {
    lukewarm_testing::run(tests![
        junit_is_what_the_schema_of_jenkins_wants,
        hyperfines_own_scripts_read_a_run,
        tables_are_tables_on_github,
        engines::actionlint_has_nothing_to_say_of_shards,
        engines::manifests_are_what_the_schema_of_kubernetes_wants,
        engines::hadolint_has_nothing_to_say_of_the_image,
        engines::a_workflow_measures_in_shards_and_merges_as_its_shells_do,
        engines::pods_measure_in_shards_are_evicted_and_merge,
        workflows::workflows_can_write_little_and_take_actions_by_their_hash,
        workflows::actionlint_has_nothing_to_say_of_the_action_and_the_workflows,
        workflows::actionlint_has_nothing_to_say_of_what_is_recommended,
        workflows::examples_give_the_action_what_it_takes,
    ])
}

/// What `install.sh` fetches.
fn installed() -> Installed {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/consumers");
    let script = "harness/cli/tests/consumers/install.sh";
    Installed::new("LUKEWARM_CONSUMERS", &folder, script)
}

/// A file or folder that it fetches.
fn consumer(name: &str) -> Result<PathBuf, Missing> {
    installed().file(name)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What the program prints, however it ends.
fn lukewarm(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_lukewarm")).args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn published() -> String {
    made::published_folder().display().to_string()
}

/// The gate's answers in a format, one of each kind: better, worse, not decided, not valid.
fn answers(format: &str) -> Vec<String> {
    let results = tempfile::tempdir().unwrap();
    let before = made::run(results.path(), "before", made::unchanged);
    let slower = made::run(results.path(), "slower", made::slower);
    let few = made::run(results.path(), "few", |job| job.attempt.iteration = 1);
    let broken = made::run(results.path(), "broken", |job| {
        for check in &mut job.checks {
            check.held = Some(false);
            // What tools print may hold anything: XML has no way to write some of it.
            check.seen.push_str("\u{1b}[31m\0\u{ffff}]]> <b>\n\"");
        }
    });
    let pairs = [(&slower, &before), (&before, &slower), (&before, &few), (&before, &broken)];
    let answer = |(baseline, candidate): &(&PathBuf, &PathBuf)| {
        let sides = [baseline, candidate].map(|it| it.display().to_string());
        lukewarm(&["compare", &sides[0], &sides[1], "--format", format])
    };
    pairs.iter().map(answer).collect()
}

fn junit_is_what_the_schema_of_jenkins_wants() -> Tried {
    let (schema, xmllint) = (consumer("junit-10.xsd")?, installed().program("xmllint")?);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answer.xml");
    let check = |text: &str| {
        fs::write(&file, text).unwrap();
        let mut xmllint = Command::new(&xmllint);
        xmllint.args(["--noout", "--schema"]).arg(&schema).arg(&file).output().unwrap()
    };
    let answers = answers("junit");
    for (text, wanted) in answers.iter().zip(["<testcase ", "<failure ", "<skipped ", "<error "]) {
        assert!(text.contains(wanted), "no {wanted} in {text}");
        let output = check(text);
        assert!(output.status.success(), "{}\n{text}", said(&output));
    }
    let wrong = answers[1].replace("<failure ", "<fault ").replace("</failure>", "</fault>");
    assert!(!check(&wrong).status.success(), "the schema lets pass anything");
    Ok(())
}

fn hyperfines_own_scripts_read_a_run() -> Tried {
    let (scripts, python) = (consumer("hyperfine")?, consumer("python")?);
    let python3 = installed().program("python3")?;
    let text = lukewarm(&["report", &published(), "--format", "hyperfine"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.json");
    let read = |script: &str, text: &str| {
        fs::write(&file, text).unwrap();
        let mut python3 = Command::new(&python3);
        python3.arg(scripts.join(script)).arg(&file).env("PYTHONPATH", &python);
        let output = python3.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let made: serde_json::Value = serde_json::from_str(&text).unwrap();
    let results = made["results"].as_array().unwrap();
    let statistics = read("advanced_statistics.py", &text);
    for result in results {
        let command = result["command"].as_str().unwrap();
        assert!(statistics.contains(command), "no {command} in {statistics}");
    }
    let two = serde_json::json!({ "results": results[..2] });
    let welch = read("welch_ttest.py", &two.to_string());
    assert!(welch.contains("\nt = ") && welch.contains("(p "), "{welch}");
    Ok(())
}

fn tables_are_tables_on_github() -> Tried {
    let mut texts = answers("markdown");
    texts.push(lukewarm(&["report", &published(), "--format", "markdown"]));
    let mut tables = 0;
    for text in &texts {
        // What stands in columns, and what a parser of GitHub's Markdown makes rows of.
        let typed: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        let is_rule = |line: &&&str| line.chars().all(|c| "|-: ".contains(c));
        let rules = typed.iter().filter(is_rule).count();
        let (mut rows, mut begun) = (0, 0);
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Table(_)) => begun += 1,
                Event::Start(Tag::TableHead | Tag::TableRow) => rows += 1,
                _ => {}
            }
        }
        assert_eq!((begun, rows), (rules, typed.len() - rules), "{text}");
        // A cell too many is dropped by GitHub, without a word.
        let lines: Vec<&str> = text.lines().collect();
        for table in lines.chunk_by(|a, b| a.starts_with('|') == b.starts_with('|')) {
            let bars = |line: &&str| line.replace("\\|", "").matches('|').count();
            let wanted = bars(&table[0]);
            assert!(!table[0].starts_with('|') || table.iter().all(|it| bars(it) == wanted));
        }
        tables += begun;
    }
    assert!(tables >= 3, "{tables} tables were found");
    Ok(())
}
