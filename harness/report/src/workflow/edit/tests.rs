//! Workflows before and after, and what is refused.

use lukewarm_model::{PinnedAction, WorkflowStep};

use super::*;

const ACTIONS: [&str; 2] = ["actions/cache", "mozilla-actions/sccache-action"];

/// Steps with one action and variables.
fn steps(
    repository: &'static str,
    with: &[(&str, &str)],
    environment: &[(&str, &str)],
) -> WorkflowSteps {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let action = PinnedAction { repository, commit: "0123abcd", version: "v1" };
    let step = WorkflowStep { name: "Cache".to_owned(), action, with: pairs(with) };
    WorkflowSteps { before: vec![step], environment: pairs(environment), notes: Vec::new() }
}

fn sccache() -> WorkflowSteps {
    let environment = [("CARGO_INCREMENTAL", "0"), ("RUSTC_WRAPPER", "sccache")];
    steps("mozilla-actions/sccache-action", &[("version", "v0.16.0")], &environment)
}

fn archive() -> WorkflowSteps {
    let key = "${{ runner.os }}-cargo-${{ hashFiles('**/Cargo.lock') }}";
    steps("actions/cache", &[("path", "~/.cargo/registry\ntarget/"), ("key", key)], &[])
}

fn edited(text: &str, wanted: &WorkflowSteps) -> Result<WorkflowEdit, WorkflowError> {
    edit_workflow(text, wanted, &ACTIONS)
}

const PLAIN: &str = "\
# Ours.
name: CI
on: [push]

jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v5
    - run: npm test # no cargo here

  test:   # the one
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5

      # Needs the toolchain.
      - name: Test
        run: |
          echo '- not a step'
          cargo test --workspace
";

#[test]
fn a_job_that_runs_cargo_gets_the_steps_before_its_first_call_and_all_else_stays() {
    let edit = edited(PLAIN, &sccache()).unwrap();
    assert_eq!(edit.jobs, ["test"]);
    let diff = edit.diff(PLAIN, ".github/workflows/ci.yml");
    assert!(diff.starts_with("--- a/.github/workflows/ci.yml\n+++ b/.github/workflows/ci.yml\n"));
    let removed = diff.lines().filter(|it| it.starts_with('-') && !it.starts_with("---"));
    assert_eq!(removed.count(), 0, "{diff}");
    let added: Vec<&str> = diff
        .lines()
        .filter_map(|it| it.strip_prefix('+').filter(|it| !it.starts_with("++")))
        .collect();
    let wanted = [
        "    env:",
        "      CARGO_INCREMENTAL: \"0\"",
        "      RUSTC_WRAPPER: sccache",
        "      - name: Cache",
        "        uses: mozilla-actions/sccache-action@0123abcd # v1",
        "        with:",
        "          version: v0.16.0",
    ];
    assert_eq!(added, wanted, "{diff}");
    let patch = diffy::Patch::from_str(&diff).unwrap();
    assert_eq!(diffy::apply(PLAIN, &patch).unwrap(), edit.text);
    // Once more changes nothing.
    assert_eq!(edited(&edit.text, &sccache()).unwrap().text, edit.text);
}

#[test]
fn one_way_is_replaced_by_another_in_its_place_and_back() {
    let with = edited(PLAIN, &sccache()).unwrap().text;
    let other = edited(&with, &archive()).unwrap().text;
    assert!(!other.contains("sccache") && !other.contains("RUSTC_WRAPPER"), "{other}");
    assert!(!other.contains("env:"), "an empty table is not left: {other}");
    assert!(other.contains("key: ${{ runner.os }}-cargo-${{ hashFiles('**/Cargo.lock') }}"));
    let none = edited(&other, &WorkflowSteps::default()).unwrap().text;
    assert_eq!(none, PLAIN);
}

#[test]
fn line_ends_and_caches_of_other_programs_stay() {
    let text = PLAIN.replace(
        "      # Needs the toolchain.",
        "      - uses: actions/cache@v4\n        with:\n          path: node_modules\n          key: n\n",
    );
    let text = text.replace('\n', "\r\n");
    let edit = edited(&text, &archive()).unwrap();
    assert!(edit.text.contains("path: node_modules\r\n"));
    assert_eq!(edit.text.matches('\n').count(), edit.text.matches("\r\n").count());
}

#[test]
fn what_the_whole_workflow_sets_is_set_back_in_the_job() {
    let text = PLAIN.replace("jobs:", "env:\n  RUSTC_WRAPPER: sccache # all\n\njobs:");
    let edit = edited(&text, &archive()).unwrap();
    assert!(edit.text.contains("    env:\n      RUSTC_WRAPPER: \"\"\n    steps:"), "{}", edit.text);
    let kept = edited(&text, &sccache()).unwrap().text;
    assert_eq!(kept.matches("RUSTC_WRAPPER").count(), 1, "{kept}");
}

#[test]
fn what_cannot_be_read_for_certain_is_refused_with_its_line() {
    let refused = |text: &str| edited(text, &sccache()).unwrap_err().to_string();
    for (from, to, wanted) in [
        ("    steps:\n      - uses", "    steps: [a]\n      - uses", "line 14: "),
        ("      - name: Test", "      - {run: cargo test}\n      - name: Test", "line 18: a step"),
        ("      - name: Test", "      - *again\n      - name: Test", "line 18: a step"),
        ("      - name: Test", "\t- name: Test", "line 18: a tab"),
        ("        run: |", "        env: {A: 1}\n        run: |", "line 19: `env`"),
        (
            "        run: |",
            "        env:\n          RUSTC_WRAPPER: x\n        run: |",
            "line 20: the step itself sets RUSTC_WRAPPER",
        ),
        ("  test:   # the one", "  test: *job", "line 12: a job"),
        ("jobs:", "job:", "line 1: no key `jobs`"),
    ] {
        assert!(PLAIN.contains(from), "{from}");
        let said = refused(&PLAIN.replacen(from, to, 1));
        assert!(said.starts_with(wanted), "{to}: {said}");
    }
    let said = refused(&PLAIN.replace("cargo test", "make test"));
    assert_eq!(said, "no job of the file has a step that runs cargo");
}
