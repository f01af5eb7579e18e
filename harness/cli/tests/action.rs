//! The composite action's step, as GitHub would run it, on a repository of our own.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const ACTION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../action");

fn git(folder: &Path, words: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
    Command::new("git").current_dir(folder).args(who).args(words).assert().success();
}

#[test]
fn the_step_measures_answers_and_lets_pass_what_does_not_decide() {
    let place = tempfile::tempdir().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-workspaces/tiny");
    let repository = place.path().join("a repository");
    fs::create_dir(&repository).unwrap();
    for entry in ["Cargo.toml", "Cargo.lock", "crates", "texts"] {
        Command::new("cp").arg("-r").arg(sample.join(entry)).arg(&repository).assert().success();
    }
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", "base"]);
    let file = |name: &str| place.path().join(name);
    let step = |inconclusive: &str| {
        let mut step = Command::new("bash");
        step.arg(format!("{ACTION}/measure.sh"))
            .env("LUKEWARM", env!("CARGO_BIN_EXE_lukewarm"))
            .env("GITHUB_ACTION_PATH", ACTION)
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("RUNNER_TEMP", file("temp"))
            .env("AGAINST", "git:HEAD")
            .env("WORKSPACE", &repository)
            .env("SCENARIO", "")
            .env("STORY", "short")
            .env("BUDGET", "1s")
            .env("THRESHOLDS", "")
            .env("INCONCLUSIVE", inconclusive);
        step.output().unwrap()
    };
    let passed = step("pass");
    let said = String::from_utf8_lossy(&passed.stderr);
    assert_eq!(passed.status.code(), Some(0), "{said}");
    let told = String::from_utf8_lossy(&passed.stdout);
    assert!(told.contains("::warning title=lukewarm::No regression is certain"), "{told}");
    assert_eq!(fs::read_to_string(file("output")).unwrap(), "exit-code=2\n");
    let summary = fs::read_to_string(file("summary")).unwrap();
    assert!(summary.starts_with("## lukewarm: compared with the baseline"), "{summary}");
    assert_eq!(step("fail").status.code(), Some(2));
}

#[test]
fn every_input_reaches_the_step() {
    let action = fs::read_to_string(format!("{ACTION}/action.yml")).unwrap();
    let script = fs::read_to_string(format!("{ACTION}/measure.sh")).unwrap();
    for input in
        ["workspace", "against", "scenario", "story", "budget", "thresholds", "inconclusive"]
    {
        let name = input.to_uppercase();
        assert!(action.contains(&format!("{name}: ${{{{ inputs.{input} }}}}")), "{input}");
        assert!(script.contains(&format!("${name}")), "{input}");
    }
}
