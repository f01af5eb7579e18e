//! Commands other than `cargo build --workspace`, and variables: their units, what wrappers do with
//! them, what proves an edit, and that a secret is written nowhere.

use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{JobObservation, Outcomes, Tools};
use lukewarm_model::{
    CargoCommand, CargoTask, JobFacts, JobVariable, JobVariables, Origin, Plan, RawRecord, Step,
    UnitKind, VariableValue, Visibility,
};
use lukewarm_runner::{Processes, Settings};

use crate::foreign::{foreign, foreign_plan};
use crate::support::{fresh, plan, record_in, record_with, scenario, user};

fn command(task: CargoTask, args: &[&str]) -> CargoCommand {
    let args = args.iter().map(|word| (*word).to_owned()).collect();
    CargoCommand { toolchain: None, task, args }
}

/// A copy of `tiny` with the jobs cold, unchanged and core-signature, without a cache and with
/// sccache on its local disk.
fn record_of(commands: Vec<CargoCommand>) -> (tempfile::TempDir, RawRecord) {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = foreign(place.path());
    let scenarios = vec![scenario("none", "none", None), scenario("local", "sccache", None)];
    let mut plan = foreign_plan(&folder, scenarios);
    plan.story.jobs.retain(|job| job.name != "leaf-body");
    plan.commands = commands;
    let record = record_in(plan, place.path(), &Processes::default());
    (place, record)
}

fn job<'r>(record: &'r RawRecord, case: &str, job: &str) -> &'r JobFacts {
    let case = format!("tiny/{case}");
    let facts = record.jobs.iter().find(|it| it.case == case && it.job == job).unwrap();
    assert!(facts.failure.is_none(), "{case} {job}: {:?}", facts.failure);
    facts
}

fn kinds(facts: &JobFacts, kind: UnitKind) -> u64 {
    facts.units.iter().filter(|unit| unit.kind == kind).count() as u64
}

fn outcomes(facts: &JobFacts) -> Outcomes {
    let scenario = scenario("local", "sccache", None);
    let observed = JobObservation { job: facts, scenario: &scenario };
    Tools::shipped().find("sccache").unwrap().evaluate(&observed).unwrap().outcomes
}

/// Whether an edit was found in what was built; none where nothing would show it.
fn edit_built(facts: &JobFacts) -> Option<bool> {
    facts.checks.iter().find(|check| check.name == "edit built").unwrap().held
}

/// Libraries hit in an unchanged job, and nothing else does.
fn libraries_hit(record: &RawRecord) {
    let cold = outcomes(job(record, "local", "cold"));
    assert_eq!((cold.hits, cold.fresh), (0, 0), "{cold:?}");
    assert!(cold.misses > 0, "{cold:?}");
    let warm = outcomes(job(record, "local", "unchanged"));
    assert_eq!((warm.hits, warm.misses, warm.fresh), (cold.misses, 0, 0), "{warm:?}");
}

#[test]
fn a_check_writes_metadata_whose_libraries_a_wrapper_keeps() {
    let (_place, record) = record_of(vec![command(CargoTask::Check, &["--all-targets"])]);
    libraries_hit(&record);
    let cold = job(&record, "local", "cold");
    // The harness of each library and of the program is checked beside what it tests.
    assert!(kinds(cold, UnitKind::Bin) > kinds(cold, UnitKind::Lib), "{:?}", cold.units);
    assert_eq!(edit_built(job(&record, "none", "core-signature")), Some(true));
    assert_eq!(cold.commands.len(), 1);
}

#[test]
fn clippy_is_a_compiler_to_a_wrapper() {
    let lint = command(CargoTask::Clippy, &["--workspace", "--", "-W", "clippy::all"]);
    let (_place, record) = record_of(vec![lint]);
    libraries_hit(&record);
    assert_eq!(edit_built(job(&record, "local", "core-signature")), Some(true));
}

#[test]
fn several_commands_are_one_build_step_and_each_has_its_time() {
    let commands = vec![
        command(CargoTask::Check, &["--workspace"]),
        command(CargoTask::Test, &["--no-run", "--workspace", "--all-targets"]),
        command(CargoTask::Doc, &["--no-deps", "--workspace"]),
    ];
    let (_place, record) = record_of(commands);
    libraries_hit(&record);
    let cold = job(&record, "none", "cold");
    // What the first command made and the others find fresh comes from no cache.
    assert_eq!(fresh(cold), 0, "{:?}", cold.units);
    assert!(kinds(cold, UnitKind::Doc) >= 3 && kinds(cold, UnitKind::Lib) >= 6, "{:?}", cold.units);
    assert_eq!(cold.commands.len(), 3);
    let build = cold.steps.iter().find(|step| step.step == Step::Build).unwrap();
    let sum: f64 = cold.commands.iter().map(|it| it.wall.0).sum();
    assert!(sum > 0.0 && sum <= build.wall.0, "{sum} of {}", build.wall);
    assert_eq!(edit_built(job(&record, "none", "core-signature")), Some(true));
}

#[test]
fn a_test_that_fails_is_a_failed_build_whose_words_are_kept() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = foreign(place.path());
    let library = folder.join("crates/core/src/lib.rs");
    let text = std::fs::read_to_string(&library).unwrap();
    let test = "#[test]\nfn never() {\n    assert_eq!(1, 2, \"the reason\");\n}\n";
    std::fs::write(&library, format!("{text}\n{test}")).unwrap();
    let mut plan = foreign_plan(&folder, vec![scenario("none", "none", None)]);
    plan.story.jobs.truncate(1);
    plan.commands = vec![command(CargoTask::Test, &["-p", "tally-core"])];
    let record = record_in(plan, place.path(), &Processes::default());
    let failure = record.jobs[0].failure.as_ref().unwrap();
    assert_eq!(failure.message, "`cargo test -p tally-core` ended with code 101");
    let said = failure.last_lines.join("\n");
    assert!(said.contains("the reason"), "{said}");
}

#[test]
fn a_command_that_leaves_members_out_builds_the_others() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = foreign(place.path());
    // A member for another target alone: it does not compile here.
    let member = folder.join("crates/wasm");
    std::fs::create_dir_all(member.join("src")).unwrap();
    let manifest = "[package]\nname = \"wasm\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(member.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(member.join("src/lib.rs"), "compile_error!(\"for wasm alone\");\n").unwrap();
    std::fs::remove_file(folder.join("Cargo.lock")).unwrap();
    let mut plan = foreign_plan(&folder, vec![scenario("none", "none", None)]);
    plan.story.jobs.truncate(1);
    plan.commands =
        vec![command(CargoTask::Build, &["--workspace", "--exclude", "wasm", "--release"])];
    let record = record_in(plan, place.path(), &Processes::default());
    let cold = job(&record, "none", "cold");
    assert!(cold.units.iter().all(|unit| unit.package != "wasm"), "{:?}", cold.units);
    assert!(cold.units.len() > 4);
}

/// A package whose build script needs a variable, and prints it and a secret.
fn needs_variables(place: &Path) -> PathBuf {
    let folder = place.join("needs");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = "[package]\nname = \"needs\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/lib.rs"), "pub const V: &str = env!(\"SEEN\");\n").unwrap();
    let script = r#"fn main() {
        let commit = std::env::var("CI_COMMIT").expect("CI_COMMIT must be set");
        let token = std::env::var("API_TOKEN").unwrap_or_default();
        println!("cargo::rustc-env=SEEN={commit}");
        println!("cargo::warning=commit {commit} token {token}");
        if commit == "broken" { panic!("no {token}"); }
    }"#;
    std::fs::write(folder.join("build.rs"), script).unwrap();
    folder
}

fn record_with_variables(place: &Path, commit: &str) -> RawRecord {
    let mut plan: Plan = plan(vec![scenario("none", "none", None)]);
    let workspace = &mut plan.workspaces[0];
    workspace.folder = needs_variables(place);
    workspace.origin = Origin::Foreign;
    workspace.verify = None;
    workspace.mutations.clear();
    plan.story.jobs.truncate(1);
    plan.commands = vec![command(CargoTask::Build, &["-v"])];
    let of = |value: &str, visibility| JobVariable { value: value.to_owned(), visibility };
    let variables = [
        ("CI_COMMIT".to_owned(), of(commit, Visibility::Recorded)),
        ("API_TOKEN".to_owned(), of("hunter2-of-the-test", Visibility::Secret)),
    ];
    let settings = Settings {
        cache: place.join("cache"),
        scratch: place.join("runs"),
        tools: Tools::shipped(),
        named_tools: Vec::new(),
        variables: JobVariables(variables.into()),
        job_timeout: None,
        user: user(),
        processes: Processes::default(),
    };
    record_with(plan, settings, &place.join("logs"), &mut |_: &lukewarm_runner::Event| Ok(()))
        .unwrap()
}

/// All that is kept of a run, in one text.
fn kept(place: &Path, record: &RawRecord) -> String {
    let mut text = format!("{record:?}");
    for entry in walkdir::WalkDir::new(place.join("logs")).into_iter().flatten() {
        if entry.file_type().is_file() {
            text.push_str(&std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    text
}

#[test]
fn a_build_gets_its_variables_and_a_secret_is_written_nowhere() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let record = record_with_variables(place.path(), "0123abc");
    assert!(record.jobs[0].failure.is_none(), "{:?}", record.jobs[0].failure);
    let text = kept(place.path(), &record);
    assert!(text.contains("commit 0123abc token ***"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(record.run.variables["CI_COMMIT"], VariableValue::Plain("0123abc".to_owned()));
    assert!(matches!(record.run.variables["API_TOKEN"], VariableValue::Digest(_)));
}

#[test]
fn a_failure_does_not_show_a_secret() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let record = record_with_variables(place.path(), "broken");
    let failure = record.jobs[0].failure.as_ref().unwrap();
    assert!(failure.last_lines.join("\n").contains("no ***"), "{failure:?}");
    let text = kept(place.path(), &record);
    assert!(!text.contains("hunter2"), "{text}");
}
