//! `lukewarm ci`: what it refuses, what it prints, and that the book shows just that.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::str::contains;

/// The words by which the examples of the book were made.
const EXAMPLES: [(&str, &str, &[&str]); 3] = [
    ("ci github --shards 4 none actions-cache --workspace ./ -n 20", "github", &["lukewarm.yml"]),
    (
        "ci kubernetes --shards 4 --image registry.example/lukewarm:0.1.0 none sccache-s3 -n 20",
        "kubernetes",
        &["lukewarm.yaml"],
    ),
    (
        "ci slurm --shards 4 none sccache-local --workspace ../project -n 20 -- cargo test",
        "slurm",
        &["lukewarm-shards.sh", "lukewarm-merge.sh"],
    ),
];

fn lukewarm(line: &str) -> Command {
    let mut program = Command::cargo_bin("lukewarm").unwrap();
    program.args(line.split(' '));
    program
}

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/how-to/engines")
}

#[test]
fn the_book_shows_what_is_printed() {
    for (line, engine, names) in EXAMPLES {
        let output = lukewarm(line).output().unwrap();
        assert!(output.status.success(), "{engine}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let shown: String = names
            .iter()
            .map(|name| {
                let head = if names.len() > 1 { format!("#### {name}\n") } else { String::new() };
                let path = book().join(name);
                let text = fs::read_to_string(&path).unwrap_or_default();
                head + &text
            })
            .collect();
        assert!(
            printed == shown,
            "`lukewarm {line}` prints something else than the files of {engine} in {}:\n{printed}",
            book().display()
        );
    }
}

#[test]
fn files_are_written_under_their_names() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("a/b");
    for (line, engine, names) in EXAMPLES {
        let out = format!("ci {engine} --out {} ", folder.display());
        let line = line.replacen(&format!("ci {engine} "), &out, 1);
        lukewarm(&line).assert().success().stdout("");
        for name in names {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            let written = text.lines().filter(|it| !it.starts_with("# Made by"));
            let shown = fs::read_to_string(book().join(name)).unwrap();
            let shown = shown.lines().filter(|it| !it.starts_with("# Made by"));
            assert!(written.eq(shown), "{name} is written otherwise than it is printed");
        }
    }
}

#[test]
fn what_no_engine_could_run_is_refused() {
    for (line, wanted) in [
        ("ci github --shards 300 none", "300 shards: GitHub runs from 1 to 256"),
        ("ci slurm --shards 0 none", "0 shards: Slurm runs from 1 to 1000"),
        ("ci slurm --shards 2 --image a none", "`--image` is for `lukewarm ci kubernetes` only"),
        ("ci kubernetes --shards 2 --runs-on a none", "`--runs-on` is for `lukewarm ci github`"),
        ("ci github --shards 2 --name A none", "`A` cannot be the name of jobs"),
        ("ci github --shards 2 --time-limit 1m none", "at least 5 minutes"),
        ("ci github --shards 2 none --out x", "`--out` cannot be an argument of every shard"),
        ("ci github --shards 2 none --publish x", "`--publish` cannot be an argument of every"),
        ("ci slurm --shards 2 none --shard 1/2", "`--shard` cannot be an argument of every shard"),
        ("ci kubernetes --shards 2 none --scratch x", "`--scratch` cannot be an argument"),
        ("ci slurm --shards 4 none -n 3", "1 of 4 shards would have nothing to measure"),
        ("ci github --shards 2 none --no-such-option", "'--no-such-option'"),
        ("ci github --shards 2 none -w ${{x}}", "GitHub would replace"),
        ("ci github none", "--shards <N>"),
        ("ci jenkins --shards 2 none", "'jenkins'"),
    ] {
        lukewarm(line).assert().code(4).stdout("").stderr(contains(wanted));
    }
}

#[test]
fn the_command_of_the_jobs_is_the_shards_too() {
    let output = lukewarm("ci slurm --shards 2 -n 3 none -- cargo test --no-run").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("  -n 3 none -- cargo test --no-run\n"), "{text}");
}
