//! The program as people use it: commands, exit codes, what is printed where.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod interrupted;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use interrupted::interrupt;
use lukewarm_model::Metric;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lukewarm");

fn lukewarm() -> Command {
    let mut command = Command::new(PROGRAM);
    command.timeout(Duration::from_secs(600));
    command
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// The arguments of the smallest real run of a workspace, into a results folder.
fn smallest(workspace: &str, out: &Path) -> Vec<String> {
    let out = out.display().to_string();
    let words = ["run", "none", "persistent-target", "-w", workspace, "--story", "short"];
    words.iter().chain(&["-n", "1", "--out", out.as_str()]).map(ToString::to_string).collect()
}

/// The one results folder below `out`.
fn only_run(out: &Path) -> PathBuf {
    let mut runs: Vec<PathBuf> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

/// Every file below a folder but the logs, with its content.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            match entry.path() {
                path if path.ends_with("logs") => {}
                path if path.is_dir() => open.push(path),
                path => files.push((path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_run_leaves_every_file_and_they_can_be_made_again() {
    let place = tempfile::Builder::new().prefix("results with a space").tempdir().unwrap();
    let output = lukewarm().args(smallest("tiny", place.path())).output().unwrap();
    let (table, talk) = said(&output);
    assert!(output.status.success(), "{talk}");
    assert!(table.contains("persistent-target") && table.contains("100 %"), "{table}");
    assert!(table.contains("too few"), "{table}");
    assert!(!table.contains('\u{1b}') && !talk.contains('\u{1b}'), "colours without a terminal");
    assert!(
        talk.contains("iteration 1 of 1, job 4 of 4: tiny/") && talk.contains(" left"),
        "{talk}"
    );
    let run = only_run(place.path());
    for file in [
        "run.json",
        "journal.jsonl",
        "samples.csv",
        "summary.json",
        "summary.md",
        "report.html",
        "charts/wall-tiny.svg",
        "charts/reuse-tiny.svg",
        "logs",
    ] {
        assert!(run.join(file).exists(), "{file} is missing");
    }
    has_every_metric(&run);
    let told: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(told["host"]["details"]["page_cache"], "warm");
    assert!(fs::read_to_string(run.join("report.html")).unwrap().contains("page cache: warm"));
    let before = contents(&run);
    fs::remove_file(run.join("report.html")).unwrap();
    fs::write(run.join("summary.md"), "edited").unwrap();
    let again = lukewarm().arg("report").arg(&run).output().unwrap();
    assert!(again.status.success());
    assert_eq!(said(&again).0, table);
    assert!(before == contents(&run), "the files made again differ");
}

/// Each scenario and job has every metric, but for what only a wrapper, a restored archive or
/// several copies of a job have.
fn has_every_metric(run: &Path) {
    let text = fs::read_to_string(run.join("samples.csv")).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|it| it.split(',').collect()).collect();
    for scenario in ["none", "persistent-target"] {
        for job in ["cold", "unchanged"] {
            for metric in Metric::ALL {
                let key = [scenario, job, "", metric.name()];
                let found = rows.iter().any(|row| [row[1], row[4], row[7], row[8]] == key);
                let of_tools =
                    ["wrapper_", "restored_", "hit_ratio", "duplicate_", "refused_writes"];
                let wanted = !of_tools.iter().any(|it| metric.name().starts_with(it));
                assert_eq!(found, wanted, "{scenario} {job} {metric}");
            }
        }
    }
}

#[test]
fn every_mistake_is_named_at_once_before_anything_runs() {
    let words = ["run", "scache-local", "--workspace", "tyni", "--story", "long", "-n", "0"];
    let output = lukewarm().args(words).output().unwrap();
    let (table, talk) = said(&output);
    assert_eq!(output.status.code(), Some(4));
    assert!(table.is_empty());
    for wanted in ["`sccache-local`?", "`tiny`?", "unknown story `long`", "--iterations"] {
        assert!(talk.contains(wanted), "no {wanted} in {talk}");
    }
}

#[test]
fn an_old_tool_and_a_missing_one_are_named() {
    let old = lukewarm().args(["run", "sccache-github-actions@0.8.1", "-w", "tiny"]).output();
    let old = old.unwrap();
    assert_eq!(old.status.code(), Some(4));
    assert!(said(&old).1.contains("0.8.2 or newer"), "{}", said(&old).1);
    let words = ["run", "sccache-local", "-w", "tiny", "--tool", "sccache=/no/such/sccache"];
    let missing = lukewarm().args(words).output().unwrap();
    assert_eq!(missing.status.code(), Some(4));
    assert!(said(&missing).1.contains("/no/such/sccache"), "{}", said(&missing).1);
    let of_nothing = lukewarm().args(["tools", "--tool", "scache=/bin/true"]).output().unwrap();
    assert_eq!(of_nothing.status.code(), Some(4));
    let told = said(&of_nothing).1;
    assert!(
        told.contains("--tool scache=/bin/true") && told.contains("kache, mbx, sccache"),
        "{told}"
    );
    let earlier = lukewarm().args(["tools", "--sccache", "/opt/sccache"]).output().unwrap();
    assert_eq!(earlier.status.code(), Some(4));
    let told = said(&earlier).1;
    assert!(told.contains("use `--tool sccache=/opt/sccache`"), "{told}");
}

#[test]
fn lists_and_plans_are_for_people_and_machines() {
    let output = lukewarm().args(["list", "--json"]).output().unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // What is listed can be chosen, each by its name.
    for scenario in list["scenarios"].as_array().unwrap() {
        let name = scenario["name"].as_str().unwrap();
        let (plan, talk) = said(&lukewarm().args(["check", name, "-w", "tiny"]).output().unwrap());
        assert!(plan.contains(name), "{name}: {talk}");
    }
    let (plan, _) = said(&lukewarm().args(["check", "--quick"]).output().unwrap());
    assert!(plan.contains("within 3 min") && plan.contains("estimate:"), "{plan}");
    let (tools, _) = said(&lukewarm().arg("tools").output().unwrap());
    assert!(tools.lines().any(|line| line.starts_with("sccache ")), "{tools}");
}

#[test]
fn a_check_reads_a_workspace_and_neither_builds_nor_writes_in_it() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let package = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
    };
    write("Cargo.toml", "[workspace]\nmembers = [\"app\", \"base\"]\nresolver = \"2\"\n");
    let on = "[dependencies]\nbase = { path = \"../base\" }\n";
    write("app/Cargo.toml", &package("app", on));
    write("app/src/main.rs", "this does not compile\n");
    write("base/Cargo.toml", &package("base", ""));
    write("base/src/lib.rs", "pub fn f() {}\n");
    let checked = lukewarm().arg("check").arg("-w").arg(place.path()).output().unwrap();
    let (said, talk) = said(&checked);
    assert!(checked.status.success(), "{talk}");
    for line in [
        "2 members: app, base",
        "2 units of members, by their manifests, and other packages: there is no lock file yet",
        "leaf body in `app` (no member depends on it, and it depends on 1)",
        "in `base` (1 member depends on it): a public function at the end of base/src/lib.rs",
        "unknown yet",
        "`lukewarm check --time` builds once",
    ] {
        assert!(said.contains(line), "no `{line}` in\n{said}");
    }
    let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn the_doctor_speaks_to_people_and_machines() {
    let scratch = tempfile::tempdir().unwrap();
    let ask = |words: &[&str]| {
        let mut doctor = lukewarm();
        doctor.arg("doctor").args(words).arg("--scratch").arg(scratch.path());
        doctor.output().unwrap()
    };
    let (text, _) = said(&ask(&[]));
    assert!(text.contains("toolchain: rustc 1.") && text.contains("page cache: warm"), "{text}");
    assert!(text.contains("the calibration load took"), "{text}");
    let told: serde_json::Value = serde_json::from_slice(&ask(&["--json"]).stdout).unwrap();
    assert!(told["host"]["cores"].as_u64().unwrap() >= 1);
    assert_eq!(told["host"]["details"]["page_cache"], "warm");
    assert!(told["toolchain"]["rustc"].as_str().unwrap().starts_with("rustc 1."));
    let probes = told["calibration"].as_array().unwrap();
    assert!(probes.len() == lukewarm_session::LOADS as usize);
    assert!(probes.iter().all(|it| it["wall"].as_f64().unwrap() > 0.0));
    let warnings = told["warnings"].as_array().unwrap();
    assert!(warnings.iter().all(|it| !it["advice"].as_str().unwrap().is_empty()));
}

#[test]
fn reserved_names_and_nonsense_end_with_four() {
    for words in [&["serve", "ftp"][..], &["compare", "a", "b"], &["measure"], &["run", "--x"]] {
        let output = lukewarm().args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{words:?}");
    }
    assert!(lukewarm().arg("--help").output().unwrap().status.success());
}

#[test]
fn cargo_can_call_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-lukewarm"));
    let output = command.args(["lukewarm", "list"]).output().unwrap();
    assert!(said(&output).0.contains("sccache-webdav"));
}

#[test]
fn a_corrupted_record_is_named_with_its_line() {
    let place = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../analysis/testdata/example");
    let text = fs::read_to_string(example.join("journal.jsonl")).unwrap();
    let broken = text.replacen("\"fact\":\"job\"", "\"fact\":\"jib\"", 1);
    assert_ne!(broken, text);
    fs::write(place.path().join("journal.jsonl"), broken).unwrap();
    let output = lukewarm().arg("report").arg(place.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let (_, talk) = said(&output);
    assert!(talk.contains("journal.jsonl") && talk.contains('2'), "{talk}");
    let output = lukewarm().args(["report", "no-such-run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn a_workspace_that_does_not_build_ends_with_three_and_says_why() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("broken");
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = "[package]\nname = \"broken\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/main.rs"), "fn main() { let answer: u8 = \"text\"; }\n").unwrap();
    let out = place.path().join("out");
    let output = lukewarm().args(smallest(&folder.display().to_string(), &out)).output().unwrap();
    let (table, talk) = said(&output);
    assert_eq!(output.status.code(), Some(3), "{talk}");
    assert!(table.contains("mismatched types"), "{table}");
    assert!(table.contains("failed"), "{table}");
    assert!(!folder.join("target").exists() && !folder.join("Cargo.lock").exists());
    assert!(only_run(&out).join("report.html").exists());
}

/// Starts the smallest run without waiting for it.
#[expect(clippy::disallowed_methods, reason = "a test sends it a signal")]
fn start(out: &Path, rest: &[&str]) -> std::process::Child {
    std::process::Command::new(PROGRAM)
        .args(smallest("tiny", out))
        .args(rest)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let runs = [start(one.path(), &[]), start(two.path(), &[])];
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output).1);
    }
}

#[test]
fn ctrl_c_stops_children_and_reports_what_was_measured() {
    let place = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir_in("/var/tmp").unwrap();
    let scratch_name = scratch.path().display().to_string();
    let run = start(place.path(), &["--budget", "10m", "--scratch", &scratch_name]);
    let output = interrupt(run, place.path(), 2);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output).1);
    let run = only_run(place.path());
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("cancelled"), "the report does not say so");
    let left = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
        fs::read_to_string(entry.path().join("environ")).is_ok_and(|it| it.contains(&scratch_name))
    });
    assert_eq!(left.count(), 0, "processes were left behind");
    let left = fs::read_dir(scratch.path()).unwrap().map(|it| it.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".lukewarm-scratch"], "scratch was left behind");
}
